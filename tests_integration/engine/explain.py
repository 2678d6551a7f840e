"""Puts unsettled conflicts to people: what clashes, who made each side, and the plan lines that settle it."""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from tests_integration.engine.blame import Author, Blame, Clash
from tests_integration.engine.conflicts import Unsettled
from tests_integration.facts import MergeFact
from tests_integration.plan.model import Plan
from tests_integration.plan.offer import by_depth, rule_line
from tests_integration.plan.parts import Branch
from tests_integration.repository.ask import content, shown
from tests_integration.repository.entry import LINK, SUBMODULE, Entry, is_text_file
from tests_integration.repository.git import git
from tests_integration.repository.merge import Conflict
from tests_integration.repository.resolutions import (
    EXECUTABLE,
    PLAIN,
    Merging,
    Resolver,
    is_binary,
    lost,
    name_on,
    not_two_texts,
)
from tests_integration.repository.trees import edited, file_at
from tests_integration.text import counted, visible

HUNKS = 2
LINES = 6
FILES = 12
TAKES = ("ours", "theirs", "union", "delete")
MEANS = {
    "ours": "keep what {earlier} brought",
    "theirs": "take what {branch} brings",
    "union": "the lines of both, those of {earlier} first",
    "delete": "remove it",
}


class _Item(NamedTuple):
    """What is one conflict to people: for git it is two or three where a file was renamed in two ways."""

    first: Unsettled
    conflicts: tuple[Conflict, ...]
    earlier: tuple[Author, ...]
    own: tuple[Author, ...]
    clashes: tuple[Clash, ...]

    @property
    def by(self) -> str:
        """Who made the other side."""
        return _and(dict.fromkeys(author.branch for author in self.earlier)) or "what was merged before"


class Explainer:
    """Explains the unsettled conflicts of one merge.

    Args:
        plan: what is integrated.
        branch: what does not merge.
        merging: the merge that was tried.
        done: the merges before it.
    """

    def __init__(self, plan: Plan, branch: Branch, merging: Merging, done: Sequence[MergeFact]) -> None:
        self.plan = plan
        self.branch = branch
        self.merging = merging
        self.resolver = Resolver(merging)
        self.blame = Blame(merging, branch.id, done)

    def explain(self, unsettled: Sequence[Unsettled]) -> str:
        """All that a person needs to settle them, the first line on its own being the message."""
        groups = list(chain(*by_depth([*_groups(unsettled)], lambda group: group[0].conflict.path)))
        items = [self._item(group) for group in groups[:FILES]]
        first, more = items[0].first.conflict, len(groups) - 1
        files = f" and in {more} more file{'s' if more > 1 else ''}" if more else ""
        head = (
            f"{self.branch.id} ({self.branch.source}) does not merge: {first.kind} conflict in {shown(first.path)}"
            f" with {items[0].by}{files}"
        )
        parts = ["\n".join(self._told(item)) for item in items]
        if len(groups) > FILES:
            parts.append("And in " + ", ".join(shown(group[0].conflict.path) for group in groups[FILES:]))
        others = _and(dict.fromkeys(author.branch for item in items for author in item.earlier))
        advice = f"Or settle it on the branch of {self.branch.id}: merge {others or 'them'} into it there (R300)."
        return "\n\n".join([head, *parts, advice])

    def _item(self, group: Sequence[Unsettled]) -> _Item:
        conflicts = tuple(left.conflict for left in group)
        clashes = tuple(_clashes(self._marked(conflicts)))
        earlier, own = (self.blame.of(conflicts[0], side, clashes) for side in ("ours", "theirs"))
        return _Item(group[0], conflicts, tuple(earlier), tuple(own), clashes)

    def _told(self, item: _Item) -> Iterator[str]:
        conflict = item.first.conflict
        yield f"{shown(conflict.path)} ({conflict.kind}): {self._what(item)}"
        yield from (f"    {line}" for line in self._hunks(item))
        yield from (f"  {author.branch} made its side in {author}" for author in (*item.earlier, *item.own))
        if item.first.problem:
            yield f"  {item.first.problem}"
        before = f", before rule {item.first.rule}" if item.first.rule else ""
        lines = list(self._plan_lines(item))
        yield f"  To settle it in the plan, {'one of these' if len(lines) > 1 else 'this'} under `resolve:`{before}"
        yield from (f"    {line}" for line in lines)

    def _what(self, item: _Item) -> str:
        conflict, earlier, own = item.first.conflict, item.by, self.branch.id
        adder, other = (earlier, own) if conflict.ours else (own, earlier)
        former = _and(shown(path) for path in conflict.related)
        names = self._new_names(conflict) if conflict.kind == "rename/rename" else {}
        if len(names) == 2:  # noqa: PLR2004 - one of them may be removed again, or in the way of another file
            return f"{earlier} renamed it to {names['ours']}, {own} renamed it to {names['theirs']}"
        if conflict.kind == "rename/delete":
            return f"{adder} renamed {former} to it, {other} removed {former}"
        if conflict.kind == "file location":
            return f"{adder} added it as {former}, {other} renamed that folder, so git suggests this place"
        if conflict.kind == "directory rename split":
            moved = own if self._has_folder(self.merging.ours, conflict.path) else earlier
            adder = earlier if moved == own else own
            return f"{moved} moved the files of this folder to several others, {adder} added files to it"
        both = f"{earlier} {self._state(conflict, 'ours')}, {own} {self._state(conflict, 'theirs')}"
        nested = conflict.kind == "rename involved in collision"
        return f"{both}; it comes from {former}, changed on both sides" if nested else both

    def _new_names(self, conflict: Conflict) -> dict[str, str]:
        """What either side has renamed a file to."""
        ends = [one for one in self.merging.automatic.conflicts if one.path in {conflict.path, *conflict.related}]
        return {"ours" if one.ours else "theirs": shown(one.path) for one in ends if one.ours or one.theirs}

    def _has_folder(self, tip: str, path: str) -> bool:
        return bool(git(self.merging.repo, "ls-tree", "-d", "--full-tree", tip, "--", path))

    def _state(self, conflict: Conflict, name: str) -> str:
        """What a side did to the path."""
        side, other = (conflict.ours, conflict.theirs) if name == "ours" else (conflict.theirs, conflict.ours)
        if side is None:
            folder = conflict.kind == "file/directory"
            return "has a folder there" if folder else "removed it" if conflict.base else "has no such file"
        did = "added it" if conflict.base is None else "left it" if side == conflict.base else "changed it"
        called = name_on(self.merging, conflict, name)
        there = f" (there called {shown(called)})" if called != conflict.path else ""
        return did + self._as_what(side, other, "to" if did == "changed it" else "as") + there

    def _as_what(self, side: Entry, other: Entry | None, preposition: str) -> str:
        if side.mode == SUBMODULE:
            return f" {preposition} submodule commit {side.blob[:12]}"
        text = content(self.merging.repo, side.blob)
        if side.mode == LINK:
            return f" {preposition} a link to {shown(text.decode(errors='surrogateescape'))}"
        if is_binary(text):
            return f" ({len(text)} bytes, binary)"
        if other and other.mode != side.mode:
            return f" {preposition} {'an executable' if side.mode == '100755' else 'a plain'} file"
        return ""

    def _hunks(self, item: _Item) -> Iterator[str]:
        for clash in item.clashes[:HUNKS]:
            earlier = self.blame.of(item.first.conflict, "ours", [clash])
            yield f"<<<<<<< {_and(dict.fromkeys(author.branch for author in earlier)) or item.by}, merged before"
            yield from _short(clash.ours)
            yield "======="
            yield from _short(clash.theirs)
            yield f">>>>>>> {self.branch.id}"
        if (more := len(item.clashes) - HUNKS) > 0:
            yield f"… and {more} more place{'s' if more > 1 else ''}"

    def _marked(self, conflicts: Sequence[Conflict]) -> bytes:
        """The text of the conflicted file as git merged it."""
        names = [one.path for one in conflicts if one.ours and (one.kind == "rename/rename" or one.kind in PLAIN)]
        found = file_at(self.merging.repo, self.merging.automatic.tree, names[0]) if names else None
        return content(self.merging.repo, found.blob) if found and is_text_file(found) else b""

    def _plan_lines(self, item: _Item) -> Iterator[str]:
        conflict = item.first.conflict
        paths = [one.path for one in item.conflicts]
        within = self._within(paths)
        offered = set()
        for take in TAKES:
            settlements = [self.resolver.settlement(one, take) for one in item.conflicts]
            if any(settlement.problem for settlement in settlements):
                continue
            edits = {path: file for settlement in settlements for path, file in settlement.edits.items()}
            tree = edited(self.merging.repo, self.merging.automatic.tree, edits)
            if tree in offered:
                continue
            offered.add(tree)
            losses = self._losses(item, tree)
            drops = f"; drops {_and(losses)}{within}" if losses else within
            yield f"{rule_line(paths, take, self.branch.id, drops=bool(losses))}  # {self._means(item, take)}{drops}"
        if item.clashes and not not_two_texts(self.merging.repo, conflict):
            line = rule_line(paths, "recorded", self.branch.id)
            yield f"{line}  # as merged by hand and pushed as REMOTE/BRANCH, once learned by"
            yield f"    # python -m tests_integration.learn {shlex.quote(_from_here(self.plan.file))} REMOTE/BRANCH"

    def _within(self, paths: Sequence[str]) -> str:
        """Of which other conflicts a line for these paths speaks too, since they are in a folder of such a name."""
        every = [conflict.path for conflict in self.merging.automatic.conflicts]
        inner = [shown(one) for one in every if any(one.startswith(f"{path}/") for path in paths)]
        return f"; below a rule for {_and(inner)}, which it would settle too" if inner else ""

    def _means(self, item: _Item, take: str) -> str:
        conflict, earlier, own = item.first.conflict, item.by, self.branch.id
        adder, other = (earlier, own) if conflict.ours else (own, earlier)
        side, who = (conflict.ours, earlier) if take == "ours" else (conflict.theirs, own)
        if conflict.kind == "rename/rename":
            name = self._new_names(conflict).get(take)
            return f"name it {name}, as {who} did" if name else "remove it under both names"
        if conflict.kind == "directory rename split":
            return "leave all files where they were put"
        if take in {"ours", "theirs"} and conflict.kind == "file location":
            return f"at {shown(conflict.path)}" if side else "leave it out"
        if take in {"ours", "theirs"} and conflict.kind == "file/directory":
            return f"the file of {adder}, no folder" if side else f"the folder of {other}, no file"
        if take in {"ours", "theirs"} and side is None:
            return f"remove it, as {who} did"
        return MEANS[take].format(earlier=earlier, branch=own)

    def _losses(self, item: _Item, tree: str) -> list[str]:
        """What is dropped if the conflict is settled so, branch by branch."""
        lines: dict[str, list[bytes]] = {}
        for conflict in item.conflicts:
            earlier, own = lost(self.merging, conflict, tree)
            for path, line in earlier:
                author = self.blame.of_line(conflict, "ours", path, line)
                lines.setdefault(author.branch if author else item.by, []).append(line)
            for _, line in own:
                lines.setdefault(self.branch.id, []).append(line)
        return [f"{_count(some)} of {name}" for name, some in lines.items()]


def _groups(unsettled: Sequence[Unsettled]) -> Iterator[list[Unsettled]]:
    """The conflicts, those of one renamed file together."""
    told: set[str] = set()
    for left in unsettled:
        if left.conflict.path not in told:
            others = left.conflict.related if left.conflict.kind == "rename/rename" else ()
            group = [left, *(one for one in unsettled if one.conflict.path in others)]
            told.update(one.conflict.path for one in group)
            yield group


def _from_here(file: Path) -> str:
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)


def _and(words: Iterable[str]) -> str:
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _clashes(marked: bytes) -> Iterator[Clash]:
    """Both sides of each place between git's conflict markers."""
    if is_binary(marked):
        return
    sides, inside, size = Clash([], []), -1, 7
    for line in marked.split(b"\n"):
        if inside < 0 and (begin := re.match(rb"(<{7,}) [0-9a-f]{40}", line)):
            sides, inside, size = Clash([], []), 0, len(begin[1])
        elif inside == 0 and line.rstrip(b"\r") == b"=" * size:
            inside = 1
        elif inside == 1 and re.match(rb">{%d} [0-9a-f]{40}" % size, line):
            yield sides
            inside = -1
        elif inside >= 0:
            sides[inside].append(line)


def _short(lines: list[bytes]) -> Iterator[str]:
    texts = [visible(line.decode(errors="backslashreplace").rstrip("\r")) for line in lines]
    yield from texts[:LINES]
    if len(texts) > LINES:
        yield f"… {len(texts) - LINES} more lines"


def _count(lines: list[bytes]) -> str:
    if lines == [EXECUTABLE]:
        return "the executable bit"
    if len(lines) == 1 and re.match(rb"\((binary content|link|submodule) ", lines[0]):
        return "the content"
    return counted(len(lines), "line")
