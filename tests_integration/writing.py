"""How `pytest --plan … --write-plan` goes: the plan as it was understood is written as YAML, and nothing is run."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests_integration.options import plans_named, require_tools
from tests_integration.plan.load import Given, give
from tests_integration.plan.mistakes import Place
from tests_integration.plan.read import Document
from tests_integration.plan.written import written
from tests_integration.starting import clone, require_taken, surroundings, variables
from tests_integration.text import visible
from tests_integration.url import is_path

OPTION = "--write-plan"

PATHS: tuple[Place, ...] = (("repository",), ("demo", "create"), ("metadata", "file"), ("known_fixes",))
"""Values that are paths as seen from the plan's file; so are patches of fixes and remotes that are no URLs."""


def run(config: pytest.Config) -> int:
    """Write the plan that `--plan` names; the exit code is 0.

    Raises:
        pytest.UsageError: the options do not fit together, or there is no plan to write, with all that is open in it.
    """
    require_tools(OPTION)
    named = plans_named(config)
    if len(named) != 1:
        raise pytest.UsageError(f"{OPTION} needs --plan with one plan, and there are {len(named)}")
    (source,) = named.values()
    file = config.invocation_params.dir / config.option.write_plan
    _require_free(file)
    given = give(source, clone(config), surroundings(config), variables(config))
    require_taken(config, [given])
    if given.plan is None or given.document is None:
        raise pytest.UsageError(
            f"{OPTION} {file}: nothing is written, since the plan is not whole:\n{visible(given.refusal)}"
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text(given, given.document, file), encoding="utf-8")
    except OSError as error:
        raise pytest.UsageError(f"{OPTION}: {error.filename or file} cannot be written: {error.strerror}") from None
    again = give(file, variables=variables(config))
    sys.stdout.write(visible(_told(source, file, again)) + "\n")
    return int(pytest.ExitCode.OK if again.plan else pytest.ExitCode.TESTS_FAILED)


def _require_free(file: Path) -> None:
    if file.suffix not in {".yaml", ".yml"}:
        raise pytest.UsageError(f"{OPTION} {file}: a plan is a .yaml file")
    if file.exists() or file.is_symlink():
        raise pytest.UsageError(f"{OPTION} {file}: it is there already; nothing is overwritten")


def _told(source: Path, file: Path, again: Given) -> str:
    if again.plan is None:
        return f"{file} is written from {source}, and is not sound where it stands:\n{again.refusal}"
    return f"{file} is written from {source}; run it with --plan"


def text(given: Given, document: Document, file: Path) -> str:
    """The plan as YAML for another place, each value with the line that it came from, and why it is so."""
    data = document.data if isinstance(document.data, dict) else {}
    moved = _seen_from(file.parent, given.file.parent, _with_variables(data, document))
    remarks = {place: _remark(document, place) for place in _leaves(moved)}
    promised = ["What it promises, and the criteria that prove it:", *(f"  {line}" for line in document.promises)]
    known = ["What has to be known of it:", *(f"  {line}" for line in document.remarks)]
    heading = [f"Read from {given.file.name}, whose lines the remarks count."]
    heading += promised if document.promises else []
    heading += known if document.remarks else []
    return written(moved, {place: remark for place, remark in remarks.items() if remark}, "\n".join(heading))


def _with_variables(value: Any, document: Document, place: Place = ()) -> Any:
    """The plan with its variables in place of their values, which may be secrets."""
    if isinstance(value, dict):
        return {key: _with_variables(inner, document, (*place, key)) for key, inner in value.items()}
    return document.written[place][0] if place in document.written else value


def _leaves(value: object, place: Place = ()) -> list[Place]:
    """Places that have a line of their own in the file: texts, and lists of texts."""
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, (*place, key))]
    if isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        return [leaf for n, inner in enumerate(value) for leaf in _leaves(inner, (*place, n))]
    return [place]


def _remark(document: Document, place: Place) -> str:
    if place == ("version",):
        return ""
    return document.reasons.get(place) or document.reasons.get((*place, 0)) or f"line {document.mark(place).line}"


def _seen_from(folder: Path, before: Path, data: Mapping[str, object]) -> dict[str, object]:
    """The plan with its relative paths as seen from another folder."""

    def moved(value: object) -> object:
        relative = isinstance(value, str) and is_path(value) and not value.startswith(("/", "${"))
        return os.path.relpath(before / str(value), folder) if relative else value

    def inside(value: object, place: Place) -> object:
        if isinstance(value, dict):
            return {key: inside(inner, (*place, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [inside(inner, (*place, n)) for n, inner in enumerate(value)]
        is_patch = place[0] == "fixes" and place[-1] == "patch"
        return moved(value) if place in PATHS or place[0] == "remotes" or is_patch else value

    return {key: inside(value, (key,)) for key, value in data.items()}
