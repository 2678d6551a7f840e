"""What settling a merge's conflicts sets and removes, told again from the words of the record."""

import re
from collections.abc import Container, Mapping
from pathlib import Path

from tests_integration.auditing.evidence import ClaimError, Evidence
from tests_integration.facts import ConflictFact, EditFact, MergeFact
from tests_integration.repository.ask import entries, entry
from tests_integration.repository.changes import Change
from tests_integration.repository.entry import SUBMODULE, Entry
from tests_integration.repository.merge import AutomaticMerge, Conflict
from tests_integration.repository.resolutions import Merging, Resolver, told_losses, without_aside

BY_RULE = re.compile(r"(?P<take>ours|theirs|union|delete|recorded) by rule (?P<rule>[1-9][0-9]*)")
BY_FIX = re.compile(r"(?P<did>deleted|ours taken|theirs taken) by (?P<fix>\S+)")
INDEX = re.compile(r"index ([0-9a-f]{4,})\.\.([0-9a-f]{4,})( [0-9]{6})?")

Row = tuple[str, str, str, bool]
"""An edit: path, mode, id of the content, and whether the content is written out."""


def rows(edits: tuple[EditFact, ...]) -> list[Row]:
    """Edits as the record tells them."""
    return [(edit.path, edit.mode, edit.blob, bool(edit.content)) for edit in edits]


def settling(evidence: Evidence, merge: MergeFact) -> list[Row]:
    """The edits that follow from what the record says of each conflict; those of `recorded` are taken from its edits.

    Raises:
        ClaimError: no rule settles a conflict in the way that is told.
        GitError: git cannot merge the parents.
    """
    automatic = evidence.automatic(merge.parents)
    ours, theirs = merge.parents
    resolver = Resolver(Merging(evidence.repo, ours, theirs, automatic, Path("recorded")))
    edits: dict[str, Entry | None] = {}
    for told, conflict in zip(merge.conflicts, automatic.conflicts, strict=True):
        edits |= _settlement(resolver, merge, told, conflict)
    return _rows(edits, _sides(automatic))


def losses(evidence: Evidence, merge: MergeFact) -> list[tuple[str, ...]]:
    """What settling each conflict threw away of either side."""
    automatic = evidence.automatic(merge.parents)
    ours, theirs = merge.parents
    merging = Merging(evidence.repo, ours, theirs, automatic, Path("recorded"))
    return evidence.once(
        ("losses", merge.parents, merge.tree),
        lambda: [told_losses(merging, conflict, merge.tree, merge.branch) for conflict in automatic.conflicts],
    )


def _settlement(
    resolver: Resolver, merge: MergeFact, told: ConflictFact, conflict: Conflict
) -> Mapping[str, Entry | None]:
    if BY_FIX.fullmatch(told.settled) and not told.rule:
        return without_aside(conflict) if conflict.ours or conflict.theirs else {conflict.path: None}
    by_rule = BY_RULE.fullmatch(told.settled)
    if not by_rule or int(by_rule["rule"]) != told.rule:
        raise ClaimError(f"{told.path}: nothing settles a conflict as {told.settled!r} by rule {told.rule}")
    if by_rule["take"] == "recorded":
        return _remembered(resolver.merging, merge, conflict)
    settlement = resolver.settlement(conflict, by_rule["take"])
    if settlement.problem:
        raise ClaimError(f"{told.path}: {by_rule['take']} does not settle it: {settlement.problem}")
    return settlement.edits


def _remembered(merging: Merging, merge: MergeFact, conflict: Conflict) -> Mapping[str, Entry | None]:
    """The file that git had remembered: any content, in the mode of the file with the markers."""
    marked = entry(merging.repo, merging.automatic.tree, conflict.path)
    blob = next((edit.blob for edit in merge.edits if edit.path == conflict.path), "")
    if marked is None or not blob:
        raise ClaimError(f"{conflict.path}: nothing that was recorded settles it")
    return {conflict.path: Entry(marked.mode, blob)}


def effect(evidence: Evidence, changed: Mapping[str, Change], sides: tuple[str, ...]) -> list[Row]:
    """The edits that make one tree of another; what a side of the merge has at a path is not written out."""
    found = {path: change.after for path, change in changed.items()}
    known: set[str] = set()
    if any(found.values()):
        known = {file.blob for side in sides for file in _entries(evidence, side, tuple(found)).values()}
    return _rows(found, known)


def _entries(evidence: Evidence, commit: str, paths: tuple[str, ...]) -> dict[str, Entry]:
    return evidence.once(("entries", commit, paths), lambda: entries(evidence.repo, commit, paths))


def is_same_patch(said: str, full: str) -> bool:
    """Whether two patches say the same, the first with ids as short as the git that wrote it found enough."""
    lines, wanted = said.split("\n"), full.split("\n")
    return len(lines) == len(wanted) and all(map(_is_same_line, lines, wanted))


def _is_same_line(line: str, full: str) -> bool:
    short, long = INDEX.fullmatch(line), INDEX.fullmatch(full)
    if not short or not long:
        return line == full
    return long[1].startswith(short[1]) and long[2].startswith(short[2]) and short[3] == long[3]


def _sides(automatic: AutomaticMerge) -> set[str]:
    sides = [side for one in automatic.conflicts for side in (one.base, one.ours, one.theirs)]
    return {side.blob for side in sides if side}


def _rows(edits: Mapping[str, Entry | None], known: Container[str]) -> list[Row]:
    return [(path, *_told(file, known)) for path, file in edits.items()]


def _told(file: Entry | None, known: Container[str]) -> tuple[str, str, bool]:
    return (file.mode, file.blob, file.blob not in known and file.mode != SUBMODULE) if file else ("", "", False)
