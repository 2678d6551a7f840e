"""The JSON Schemas beside the plans: what the models say, of draft 7, with words and an example for every key."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from pydantic import TypeAdapter

from tests_integration.plan.examples import EXAMPLES
from tests_integration.plan.known import CatalogueDocument
from tests_integration.plan.model import PlanDocument
from tests_integration.plan.schema import SCHEMAS, text
from tests_integration.selftests import bad_plans, good_plans
from tests_integration.selftests.running_plans import PLANS

README = (PLANS.parent / "README.md").read_text(encoding="utf-8")
MODELS = {"plan.schema.json": PlanDocument, "known-fixes.schema.json": CatalogueDocument}


class Core(yaml.SafeLoader):
    """YAML as editors read it (1.2, core schema): there are no times."""


Core.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if not tag.endswith(":timestamp")]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def wrong(name: str, said: str) -> list[str]:
    """What a schema says against a YAML text."""
    validator = Draft7Validator(json.loads(text(name)))
    return [error.message for error in validator.iter_errors(yaml.load(said, Core))]  # noqa: S506 - it is a safe one


def keys(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that a schema knows, and what it says of it; references are followed."""
    whole = json.loads(text(name))
    for holder, schema in [("", whole), *whole["definitions"].items()]:
        mapping = next((one for one in schema.get("anyOf", ()) if "properties" in one), schema)
        for key, said in mapping["properties"].items():
            yield f"{holder}.{key}", said


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_beside_the_plans_is_the_models_own(name: str) -> None:
    assert (PLANS / name).read_text(encoding="utf-8") == text(name)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_is_of_draft_7_as_editors_take_it(name: str) -> None:
    schema = json.loads(text(name))
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(schema)
    assert not re.findall(r'\$defs|"null"|\(\?P<|prefixItems|"default": null', text(name))
    beside = [one for one in re.findall(r"\{[^{}]*\"\$ref\"[^{}]*\}", text(name)) if "," in one]
    assert not beside, "draft 7 ignores what stands beside $ref"


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_has_words_and_an_example_that_holds(name: str) -> None:
    whole = json.loads(text(name))
    for key, said in keys(name):
        assert re.fullmatch(r"[A-Z`].{8,}", said["description"]), key
        (example,) = said["examples"]
        problems = Draft7Validator({**said, "definitions": whole["definitions"]}).iter_errors(example)
        assert not [error.message for error in problems], key
        if "default" in said:
            assert Draft7Validator({**said, "definitions": whole["definitions"]}).is_valid(said["default"]), key


def test_the_models_take_the_examples() -> None:
    models = {one.__name__: one for model in MODELS.values() for one in known(model)}
    for model, examples in EXAMPLES.items():
        fields = {field.alias or name: field for name, field in models[model].model_fields.items()}
        for key, example in examples.items():
            told = example if isinstance(example, dict | list | bool) else str(example)
            TypeAdapter(fields[key].rebuild_annotation()).validate_python(told)


@pytest.mark.parametrize("file", sorted(PLANS.glob("*.yaml")), ids=lambda file: str(file.name))
def test_the_plans_hold(file: Path) -> None:
    name = "known-fixes.schema.json" if file.name == "known-fixes.yaml" else "plan.schema.json"
    assert wrong(name, file.read_text(encoding="utf-8")) == []


def test_the_plans_of_the_readme_and_of_the_selftests_hold() -> None:
    first, catalogue = [one for one in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if "version: 1" in one]
    assert "yaml-language-server: $schema=plan.schema.json" in first.splitlines()[0]
    assert "JSON Schema draft 7" in README
    assert wrong("plan.schema.json", first) == []
    assert wrong("known-fixes.schema.json", catalogue) == []
    assert wrong("plan.schema.json", good_plans.PLAN) == []
    assert wrong("plan.schema.json", good_plans.EVERY_KEY) == []


@pytest.mark.parametrize("bad", bad_plans.KEYS, ids=lambda bad: str(bad.why))
def test_wrong_keys_are_seen(bad: bad_plans.Bad) -> None:
    if any(re.search("is missing|is not a key", mistake) for mistake in bad.mistakes):
        assert wrong("plan.schema.json", bad.text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("timeout: 60s", "timeout: 60"),
        ("date: 2025-10-06T04:20:05Z", "date: 2025-10-06"),
        ("delete: [twin.txt]", "delete: twin.txt"),
        ("version: 1", "version: 2"),
        ("  remote: origin", "  remote: "),
        ("  origin: ../origin.git", "  origin: {uri: ../origin.git}"),
    ],
)
def test_wrong_values_are_seen(old: str, new: str) -> None:
    assert old in good_plans.PLAN
    assert wrong("plan.schema.json", good_plans.PLAN.replace(old, new))


def known(model: type[Any]) -> Iterator[type[Any]]:
    """All models that plans and catalogues are made of."""
    root = model.__mro__[1]
    below = [root]
    while below:
        one = below.pop()
        yield one
        below += one.__subclasses__()
