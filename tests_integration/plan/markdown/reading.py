"""From a Markdown document to what a plan's YAML file would hold, or to questions (see the README)."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from tests_integration.plan.markdown.branches import read_branches
from tests_integration.plan.markdown.commands import ask_about_deeds
from tests_integration.plan.markdown.draft import Draft, Surroundings
from tests_integration.plan.markdown.entries import OF_MERGE, belongs_to_listing
from tests_integration.plan.markdown.fixes import is_of_fix, read_fixes
from tests_integration.plan.markdown.gates import read_gates
from tests_integration.plan.markdown.header import facts, read_bases, read_header
from tests_integration.plan.markdown.outcome import Promise, read_outcome
from tests_integration.plan.markdown.outline import OutlineError, Section, outline
from tests_integration.plan.markdown.rules import read_rules
from tests_integration.plan.markdown.settled import own_block, settle
from tests_integration.plan.markdown.sources import known_remotes, publish_beside
from tests_integration.plan.markdown.unread import tell_unread
from tests_integration.plan.mistakes import Mark, Mistake, Place, PlanRejectedError
from tests_integration.plan.model import PlanDocument, locate
from tests_integration.plan.parts import Branch
from tests_integration.plan.read import Document, text_of
from tests_integration.text import without_password

ORDER = list(PlanDocument.model_fields)
OF_BRANCH = [field.alias or name for name, field in Branch.model_fields.items()]

MANY = 3
"""Values that are named one by one, where one reason is for all of them."""

Look = Callable[[Path], Surroundings]
"""Tells what is known of a clone or a bundle; raises LookupError with why nothing is."""


def read_markdown(file: Path, repository: Path | None, look: Look) -> Document:
    """Read a plan from a Markdown document.

    Args:
        file: the document.
        repository: a clone or bundle that goes before what the document says, as `--repository` does.
        look: tells what is known of it.

    Raises:
        PlanRejectedError: the document cannot be read at all; what is open in it is among the mistakes.
    """
    text = text_of(file).removeprefix("\ufeff")
    try:
        root = outline(text)
    except OutlineError as error:
        raise PlanRejectedError(file, [Mistake(Mark(error.line, 1), (), str(error))]) from None
    own = own_block(file, root)
    settled = dict(own.data) if isinstance(own.data, dict) else {}
    if repository is not None:
        settled["repository"] = os.path.relpath(repository, file.parent)
    said = settled.get("repository")
    around, problem = Surroundings(), ""
    if isinstance(said, str):
        try:
            around = look(file.parent / said)
        except LookupError as error:
            problem = str(error)
    draft = Draft(file, around, settled)
    promises = _read(draft, root)
    settle(draft, own)
    _put_repository(draft, own, repository, problem)
    return _document(draft, own, promises, hashlib.sha256(text.encode()).hexdigest())


def _read(draft: Draft, root: Section) -> list[Promise]:
    listing = belongs_to_listing(root)
    fixing = {id(inner) for section in root.all() if is_of_fix(section) for inner in section.all()}
    wave = facts(root, (section for section in root.all() if id(section) not in listing | fixing))
    read_header(draft, wave)
    read_bases(draft, wave)
    entries = read_branches(draft, root)
    read_fixes(draft, root, entries)
    read_rules(draft, root, entries)
    read_gates(draft, root, listing, wave.heading.number)
    promises = read_outcome(draft, root, entries)
    ask_about_deeds(
        draft, root, {line.number for entry in entries for line in entry.beside if not OF_MERGE.search(line.text)}
    )
    tell_unread(draft, root)
    return promises


def _put_repository(draft: Draft, own: Document, repository: Path | None, problem: str) -> None:
    """The clone that is named; where none is, and remotes are, it is asked for once, not at every branch."""
    place: Place = ("repository",)
    if draft.around.bundle:
        draft.data.pop("repository", None)
        publish_beside(draft)
        return
    if "repository" in draft.settled:
        draft.data["repository"] = draft.settled["repository"]
        if repository is not None:
            draft.put(place, draft.data["repository"], 0, "--repository")
        if problem:
            draft.questions.append(Mistake(own.mark(place), place, problem))
        return
    known = known_remotes(draft)
    sources = [draft.data.get("base"), *(branch.get("from") for branch in draft.data.get("branches", []))]  # type: ignore[attr-defined]
    if unknown := [source for source in sources if isinstance(source, str) and not locate(source, known)]:
        remotes = ", ".join(dict.fromkeys(source.partition("/")[0] for source in unknown))
        text = f"which clone has the remotes {remotes}? `--repository PATH` or `repository: PATH` settles it"
        draft.questions.append(Mistake(draft.marks.get(("base",), Mark(1, 1)), place, text))
        draft.data["repository"] = "."  # the plan is refused; each of these would be told once more otherwise


def _document(draft: Draft, own: Document, promises: list[Promise], sha256: str) -> Document:
    branches = draft.data.get("branches")
    if isinstance(branches, list):
        draft.data["branches"] = [
            _sorted(branch, OF_BRANCH) if isinstance(branch, dict) else branch for branch in branches
        ]
    marks = {place: mark if mark.line else Mark(1, 1) for place, mark in draft.marks.items()} | {(): Mark(1, 1)}
    told = [*draft.remarks, *_told_reasons(draft)]
    return Document(
        _sorted(draft.data, ORDER),
        marks,
        marks | draft.keys,
        (*own.mistakes, *draft.questions),
        sha256,
        {place: _with_line(draft.marks[place].line, reason) for place, reason in draft.reasons.items()},
        tuple(map(without_password, told)),
        tuple(
            without_password(f"line {one.line}, {one.text}: {', '.join(one.criteria) or 'nothing'}") for one in promises
        ),
    )


def _sorted(data: dict[str, object], order: list[str]) -> dict[str, object]:
    return {key: data[key] for key in sorted(data, key=lambda key: order.index(key) if key in order else len(order))}


def _told_reasons(draft: Draft) -> list[str]:
    """What was decided, one remark for each reason, with the values that it is for."""
    by_reason: dict[str, list[Place]] = {}
    for place, reason in draft.reasons.items():
        by_reason.setdefault(reason, []).append(place)
    return [f"{_shown(draft, places)}: {reason}" for reason, places in by_reason.items()]


def _shown(draft: Draft, places: list[Place]) -> str:
    """The values that one reason is for; of many, the keys that hold them."""
    if len(places) > MANY:
        return ", ".join(dict.fromkeys(str(place[0]) for place in places))
    return ", ".join(_path(draft.marks[place], place) for place in places)


def _path(mark: Mark, place: Place) -> str:
    path = Mistake(mark, place, "").path
    return f"{path} (line {mark.line})" if mark.line else path


def _with_line(line: int, reason: str) -> str:
    return f"line {line}: {reason}" if line else reason
