"""From a YAML file to a Plan, or to every mistake in it."""

import hashlib
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tests_integration.plan.document import digest
from tests_integration.plan.document import document as said
from tests_integration.plan.mistakes import TOLD, Mark, Mistake, Place, PlanRejectedError, nearest
from tests_integration.plan.model import Plan, PlanDocument
from tests_integration.plan.read import Document, read
from tests_integration.plan.references import findings
from tests_integration.plan.values import ID

WORDINGS = {
    "dict_type": "must be a mapping of names to values",
    "greater_than_equal": "must be {ge} or more, not {value}",
    "int_parsing": "must be a whole number, not {value!r}",
    "int_parsing_size": "must be a number of fewer digits",
    "int_type": "must be a whole number, not {value!r}",
    "literal_error": "must be {expected}, not {value!r}",
    "missing": "is missing",
    "model_type": "must be a mapping of keys to values",
    "string_pattern_mismatch": "{value!r} is not a full commit id (40 or 64 hexadecimal digits)",
    "string_type": "must be text",
    "too_long": "has more than {max_length} entries, the most that a plan may have",
    "too_short": "needs at least one entry",
    "tuple_type": "must be a list",
    "value_error": "{error}",
}
"""What pydantic finds, in the words of plans."""


RESERVED = {"index.html", "report.html"}
"""Names of pages in the reports folder, where each plan has a folder of its name."""


def load(file: Path) -> Plan:
    """Read a plan.

    Args:
        file: the plan's YAML file.

    Raises:
        PlanRejectedError: with every mistake of the file, each with line and column.
    """
    return _loaded(file)[0]


def _loaded(file: Path) -> tuple[Plan, Document]:
    document = read(file)
    mistakes = [*document.mistakes, *_mistakes_of_name(file)]
    content = None
    if isinstance(document.data, dict):
        wrong = findings(document.data, file.parent)
        mistakes += (Mistake(document.mark(place), place, text) for place, text in islice(wrong, TOLD + 1))
        try:
            content = PlanDocument.model_validate(document.data)
        except ValidationError as error:
            found = (_mistake(document, detail) for detail in error.errors() if not _follows(detail))
            told = {mistake.place for mistake in document.mistakes}
            mistakes += islice((mistake for mistake in found if mistake.place not in told), TOLD + 1)
    else:
        mistakes.append(Mistake(Mark(1, 1), (), "must be a mapping of keys to values; `version: 1` is the first"))
    if mistakes or content is None:
        raise PlanRejectedError(file, mistakes)
    values = {name: getattr(content, name) for name in PlanDocument.model_fields}
    plan = Plan.model_construct(**values, name=file.stem, file=file.absolute(), digest="", files={})
    files = _files(plan)
    return plan.model_copy(update={"digest": digest(said(content), files), "files": files}), document


class Given(NamedTuple):
    """A plan's file, and what came of reading it.

    Attributes:
        file: as it was given.
        name: stem of the file, made safe for case ids.
        plan: None where it was rejected.
        refusal: every mistake, one a line; empty where there is a plan.
        sha256: of the file as it was read; empty where it was rejected.
        document: where each value of the plan is written.
        mistakes: of a rejected plan.
    """

    file: Path
    name: str
    plan: Plan | None
    refusal: str = ""
    sha256: str = ""
    document: Document | None = None
    mistakes: tuple[Mistake, ...] = ()


def give(file: Path) -> Given:
    """Read a plan, and keep its mistakes instead of raising them."""
    try:
        plan, document = _loaded(file)
    except PlanRejectedError as error:
        return Given(file, safe_name(file.stem), None, str(error), mistakes=error.mistakes)
    return Given(file, file.stem, plan, sha256=document.sha256, document=document)


def safe_name(stem: str) -> str:
    """The name of a plan by its file's, made safe for case ids."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", stem)


def _mistakes_of_name(file: Path) -> Iterator[Mistake]:
    if not ID.fullmatch(file.stem):
        text = f"the file's name gives the plan its name; {file.stem!r} may hold letters, digits, '.', '_' and '-' only"
        yield Mistake(Mark(1, 1), (), text)
    elif file.stem in RESERVED:
        yield Mistake(
            Mark(1, 1), (), f"a plan cannot be called {file.stem}: that is what a page beside its record is called"
        )


def _mistake(document: Document, detail: ErrorDetails) -> Mistake:
    of_key = detail["loc"][-1:] == ("[key]",)
    place = detail["loc"][:-1] if of_key else detail["loc"]
    while place and place not in document.values and place[:-1] not in document.values:
        place = place[:-1]
    if detail["type"] == "extra_forbidden":
        name = str(place[-1])
        return Mistake(document.mark(place, of_key=True), place, f"is not a key here{nearest(name, _keys(place[:-1]))}")
    return Mistake(document.mark(place, of_key=of_key), place, _wording(detail))


def _follows(detail: ErrorDetails) -> bool:
    """A list that is only too short because entries of it are wrong: these are told already."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _wording(detail: ErrorDetails) -> str:
    if detail["input"] is None and detail["type"] != "missing":
        return "is empty"
    context: dict[str, object] = detail.get("ctx", {})
    if "expected" in context:
        context["expected"] = str(context["expected"]).replace("'", "")
    return WORDINGS[detail["type"]].format(value=detail["input"], **context)


def _keys(place: Place) -> set[str]:
    """The keys that a mapping at this place may have."""
    model: type[BaseModel] | None = PlanDocument
    for step in place:
        if model and step in (fields := {field.alias or name: field for name, field in model.model_fields.items()}):
            model = _model_in(fields[str(step)].annotation)
    return {field.alias or name for name, field in model.model_fields.items()} if model else set()


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for inner in get_args(annotation) if (model := _model_in(inner))), None)


def _recorded(plan: Plan) -> dict[str, Path]:
    if not any(rule.take == "recorded" for rule in plan.resolve):
        return {}
    if plan.resolutions.is_symlink():  # what is recorded is read from plain files in plain folders only
        return {}
    found = (file for file in sorted(plan.resolutions.rglob("*")) if file.is_file() and not file.is_symlink())
    return {str(file.relative_to(plan.folder)): file for file in found}


def _files(plan: Plan) -> dict[str, str]:
    """SHA-256 of each file that the plan takes in, by path as seen from its folder."""
    patches = {fix.patch: plan.folder / fix.patch for fix in plan.fixes if fix.patch}
    taken_in = (plan.infrastructure | _recorded(plan) | patches).values()
    return {os.path.relpath(file, plan.folder): _sha256(file) for file in taken_in}


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
