"""JSON Schemas of what lies in `plans/`, for editors: `python -m tests_integration.plan.schema plans` writes them.

They are of draft 7, which editors know, with what the models' docstrings say of each key and an example of it. Where a
schema is coarser than the models, `pytest --plan` tells.
"""

import json
import re
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from tests_integration.plan.examples import EXAMPLES
from tests_integration.plan.known import CatalogueDocument
from tests_integration.plan.model import PlanDocument
from tests_integration.plan.parts import Model
from tests_integration.plan.values import DURATION, SECONDS, SIZE, UNITS, plain

SCHEMAS: dict[str, tuple[type[BaseModel], str]] = {
    "plan.schema.json": (PlanDocument, "Integration plan, version 1"),
    "known-fixes.schema.json": (CatalogueDocument, "Catalogue of known fixes, version 1"),
}
"""Model and title, by name of the file."""

DRAFT = "http://json-schema.org/draft-07/schema#"
UNITS_OF = {plain(DURATION): SECONDS, plain(SIZE): UNITS}

Json = dict[str, Any]


class _WithoutTitles(GenerateJsonSchema):
    """Names of keys stand in capitals nowhere."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def text(name: str = "plan.schema.json") -> str:
    """A schema, as it stands in `plans/`."""
    model, title = SCHEMAS[name]
    said = model.model_json_schema(by_alias=True, ref_template="#/definitions/{model}", schema_generator=_WithoutTitles)
    definitions = said.pop("$defs")
    models = {one.__name__: one for one in _models(Model)}
    for key, schema in {model.__name__: said, **definitions}.items():
        _describe(models[key], schema)
    schema = {"$schema": DRAFT, **_of_draft_7({**said, "title": title, "definitions": definitions})}
    return json.dumps(schema, indent=2) + "\n"


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """All models that there are, this one's subclasses among them."""
    yield model
    for inner in model.__subclasses__():
        yield from _models(inner)


def _describe(model: type[BaseModel], schema: Json) -> None:
    """Put into the schema what docstrings say of the model and of each key, and the examples."""
    mapping = next((one for one in schema.get("anyOf", ()) if "properties" in one), schema)
    mapping["description"] = _paragraph(model)
    said = {key: told for one in reversed(model.__mro__) for key, told in _attributes(one)}
    examples = {key: value for one in reversed(model.__mro__) for key, value in EXAMPLES.get(one.__name__, {}).items()}
    for name, field in model.model_fields.items():
        key = field.alias or name
        told = re.sub(r" \(key `\w+`\)", "", said[name])
        mapping["properties"][key] |= {"description": f"{told[0].upper()}{told[1:]}", "examples": [examples[key]]}


def _paragraph(model: type[BaseModel]) -> str:
    return " ".join(cleandoc(model.__doc__ or "").split("\n\n")[0].split())


def _attributes(model: type) -> Iterator[tuple[str, str]]:
    """What the docstring of a model says of its attributes."""
    block = cleandoc(model.__doc__ or "").partition("Attributes:\n")[2]
    for name, told in re.findall(r"^    (\w+): (.*(?:\n     .*)*)", block, re.MULTILINE):
        yield name, " ".join(told.split())


def _of_draft_7(value: Any) -> Any:
    """The same for draft 7: nothing stands beside `$ref`, which would be ignored; and as plans are written.

    An empty value is a mistake in a plan, so none may be null; durations and sizes are written with their unit.
    """
    if isinstance(value, list):
        return [_of_draft_7(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    found = {key: _of_draft_7(inner) for key, inner in value.items()}
    choices = found.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        (other,) = (one for one in choices if one != {"type": "null"})
        found = {**other, **{key: inner for key, inner in found.items() if key != "anyOf"}}
    if isinstance(default := found.get("default"), dict) or default in ("", None):
        found.pop("default", None)  # what is told key by key below, or is no value that one could write
    else:
        found["default"] = _written(default, str(found.get("pattern")))
    if "$ref" in found and len(found) > 1:
        found = {"allOf": [{"$ref": found.pop("$ref")}], **found}
    return found


def _written(default: Any, pattern: str) -> Any:
    """A default as one would write it."""
    units = sorted(UNITS_OF.get(pattern, {}).items(), key=lambda unit: -unit[1])
    return next((f"{default // count}{unit}" for unit, count in units if default and default % count == 0), default)


if __name__ == "__main__":
    for name in SCHEMAS:
        Path(sys.argv[1], name).write_text(text(name), encoding="utf-8")
