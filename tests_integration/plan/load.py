"""From a YAML file, or a Markdown document, to a Plan, or to every mistake in it."""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from tests_integration.plan.catalogue import read_catalogue
from tests_integration.plan.document import as_pointers, digest
from tests_integration.plan.document import document as said
from tests_integration.plan.known import EMPTY
from tests_integration.plan.lock import ENDING, read_lock
from tests_integration.plan.markdown.draft import Surroundings
from tests_integration.plan.mistakes import TOLD, Mark, Mistake, PlanRejectedError
from tests_integration.plan.model import Plan, PlanDocument
from tests_integration.plan.read import Document, read
from tests_integration.plan.references import findings
from tests_integration.plan.validated import validated
from tests_integration.plan.values import ID
from tests_integration.plan.variables import Variables, as_written, filled

RESERVED = {"index.html", "report.html"}
"""Names of pages in the reports folder, where each plan has a folder of its name."""


MARKDOWN = {".md", ".markdown"}
"""How documents are called that become plans."""


def load(file: Path) -> Plan:
    """Read a plan.

    Args:
        file: the plan's YAML file.

    Raises:
        PlanRejectedError: with every mistake of the file, each with line and column.
    """
    return _loaded(file, None, _see_nothing, None)[0]


def _see_nothing(_clone: Path) -> Surroundings:
    return Surroundings()


def _read(
    file: Path, repository: Path | None, look: Callable[[Path], Surroundings], variables: Variables | None
) -> Document:
    if file.suffix in MARKDOWN:
        from tests_integration.plan.markdown.reading import read_markdown  # noqa: PLC0415 - parsers take long to import

        return filled(read_markdown(file, repository, look), variables or Variables())
    document = filled(read(file), variables or Variables())
    if repository is not None and isinstance(document.data, dict):
        document.data["repository"] = os.path.relpath(repository, file.parent)
    return document


def _loaded(
    file: Path, repository: Path | None, look: Callable[[Path], Surroundings], variables: Variables | None
) -> tuple[Plan, Document]:
    document = _read(file, repository, look, variables)
    content, wrong = validated(document, PlanDocument)
    mistakes = [*document.mistakes, *_mistakes_of_name(file)]
    catalogue = EMPTY
    if isinstance(document.data, dict):
        led_nowhere = findings(document.data, file.parent, content)
        mistakes += (Mistake(document.mark(place), place, text) for place, text in islice(led_nowhere, TOLD + 1))
        catalogue, of_catalogue = read_catalogue(file.parent, document.data.get("known_fixes"))
        mistakes += (Mistake(document.mark(place), place, text) for place, text in of_catalogue)
    lock, of_lock = read_lock(file)
    mistakes += (Mistake(document.mark(place), place, text) for place, text in of_lock)
    mistakes += islice(wrong, TOLD + 1)
    if mistakes or content is None:
        raise PlanRejectedError(file, (as_written(document, mistake) for mistake in mistakes))
    values = {name: getattr(content, name) for name in PlanDocument.model_fields}
    plan = Plan.model_construct(
        **values, name=file.stem, file=file.absolute(), digest="", files={}, catalogue=catalogue, lock=lock
    )
    files = _files(plan)
    update = {"digest": digest(said(content), files), "files": files, "variables": as_pointers(document.written)}
    return plan.model_copy(update=update), document


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


def give(
    file: Path,
    repository: Path | None = None,
    look: Callable[[Path], Surroundings] = _see_nothing,
    variables: Variables | None = None,
) -> Given:
    """Read a plan, and keep its mistakes instead of raising them.

    Args:
        file: YAML, or a Markdown document.
        repository: a clone that goes before the plan's own.
        look: tells what is known of a clone, for documents.
        variables: that the plan may take; those of the environment where none are given.
    """
    try:
        plan, document = _loaded(file, repository, look, variables)
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
    elif file.stem.endswith(ENDING):
        text = f"is the lock of a plan and none itself; the plan is {file.stem.removesuffix(ENDING)}.yaml"
        yield Mistake(Mark(1, 1), (), text)
    elif file.stem in RESERVED:
        yield Mistake(
            Mark(1, 1), (), f"a plan cannot be called {file.stem}: that is what a page beside its record is called"
        )


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
    found = hashlib.sha256()
    with file.open("rb") as stream:
        while part := stream.read(1 << 16):
            found.update(part)
    return found.hexdigest()
