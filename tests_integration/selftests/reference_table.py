"""Every key of plans and of the catalogue, every option and every criterion, as the README shows them.

They are written there by `python -m tests_integration.selftests.reference_table`.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests_integration.criteria.catalogue import described
from tests_integration.options import add_options
from tests_integration.plan.schema import text
from tests_integration.plan.stages import RESULTS
from tests_integration.selftests.marked import README, between

Json = Mapping[str, Any]


def with_tables(readme: str) -> str:
    """The README's text with the tables between their marks.

    Raises:
        ValueError: the marks are not there.
    """
    readme = between(readme, "<!-- keys -->\n", "<!-- end of keys -->", _table(_keys("plan.schema.json")))
    known = _table(_keys("known-fixes.schema.json"))
    readme = between(readme, "<!-- catalogue -->\n", "<!-- end of catalogue -->", known)
    readme = between(readme, "<!-- criteria -->\n", "<!-- end of criteria -->", _criteria())
    return between(readme, "<!-- options -->\n", "<!-- end of options -->", _options())


def _table(rows: Iterator[tuple[str, str, str]]) -> str:
    return "| key | is | such as |\n|---|---|---|\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _keys(name: str) -> Iterator[tuple[str, str, str]]:
    schema = json.loads(text(name))
    yield from _of(schema, schema["definitions"], "")


def _of(schema: Json, definitions: Json, path: str) -> Iterator[tuple[str, str, str]]:
    required = schema.get("required", ())
    for key, said in schema["properties"].items():
        needed = " **Needed.**" if key in required else ""
        default = said.get("default")
        told = f" Default: `{json.dumps(default)}`." if default not in (None, [], {}) else ""
        example = json.dumps(said["examples"][0], ensure_ascii=False).replace("|", "\\|")
        yield f"`{path}{key}`", f"{said['description']}{told}{needed}", f"`{example}`"
        inner, mark = _inner(said)
        if inner:
            yield from _of(_mapping(definitions[inner]), definitions, f"{path}{key}{mark}.")


def _inner(said: Json) -> tuple[str, str]:
    """Name of the definition that the value of a key is of, and how its path goes on: as it is, a list, by name."""
    for where, mark in ((said, ""), (said.get("items", {}), "[]"), (said.get("additionalProperties", {}), ".NAME")):
        if isinstance(where, Mapping) and (found := where.get("$ref") or where.get("allOf", [{}])[0].get("$ref")):
            return str(found).rpartition("/")[2], mark
    return "", ""


def _mapping(definition: Json) -> Json:
    return next((one for one in definition.get("anyOf", ()) if "properties" in one), definition)


def _options() -> str:
    parser = pytest.Parser(_ispytest=True)
    add_options(parser)
    rows = []
    for option in parser.getgroup("waveproof").options:
        said = option.attrs()
        value = f" {said['metavar']}" if said.get("metavar") else ""
        rows.append(f"| `{option.names()[0]}{value}` | {said['help']} |\n")
    return "| option | does |\n|---|---|\n" + "".join(rows)


def _criteria() -> str:
    rows = [
        f"| `{name}` | {one.description} | {'no' if one.building else 'yes'} | `{RESULTS[one.stage]}` |\n"
        for name, one in described().items()
    ]
    return "| criterion | what holds | with `--verify` | where it does not |\n|---|---|---|---|\n" + "".join(rows)


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
