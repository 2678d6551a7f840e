"""Which commit brought the lines that a later one removed, read from an integration branch in one pass of git-log(1).

Only what the chain changed is read. A file of the base is known by line numbers alone: `_Origins` begins as one run of
lines without end that the base brought, and every hunk cuts a piece out of it.
"""

import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from git import Repo

from tests_integration.repository.git import git

LOG = (
    *("log", "--first-parent", "--root", "--reverse", "--topo-order", "--format=%H", "--no-color"),
    *("-z", "--raw", "--patch", "--unified=0", "--inter-hunk-context=0", "--no-textconv"),
    *("--find-renames", "--no-rename-empty", "-l7000", "--submodule=short", "--ignore-submodules=none"),
)
"""Paths are read from the raw rows, where they stand as they are; hunks from the patches, which have the same order.

A merge differs from its first parent alone (git-log(1), `--first-parent`). An empty file that went and another that
came are not taken for a rename, as nothing says so. The limit of renames is that of merges.
"""

KINDS = {b"A": "added", b"D": "deleted", b"M": "modified", b"R": "renamed"}

UNCOUNTED = sys.maxsize
"""Lines of a file that is known to be there, and no more."""

COMMIT = re.compile(rb"[\0\n]*([0-9a-f]{40,})\0")
ROW = re.compile(rb"[\0\n]*:\d+ \d+ [0-9a-f]+ [0-9a-f]+ ([ADMRT])\d*\0")
NAME = re.compile(rb"([^\0]+)\0")
PATCH = re.compile(
    rb"[\0\n]*diff --git .*\n"
    rb"(?:(?:old mode|new mode|deleted file|new file|similarity|rename from|rename to|index|---|\+\+\+) .*\n)*"
    rb"(Binary files .*\n)?"
)
HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@.*\n")
UNENDED = re.compile(rb"\\ .*\n")
END = re.compile(rb"[\0\n]*\Z")


class Line(NamedTuple):
    """A removed line.

    Attributes:
        text: with its line end, which the last line of a file may lack.
        origin: the hunk of the chain that brought it; None: it was there at the base.
    """

    text: bytes
    origin: "Hunk | None"


@dataclass(frozen=True, eq=False, slots=True)
class Hunk:
    """One place where a commit of the chain differs from its first parent; no two are equal.

    Attributes:
        commit: id of the commit.
        path: of the file after the commit; where it was deleted, before.
        start: how many lines of the file after the commit stand above the added ones.
        removed: lines of the file before the commit.
        added: lines of the file after the commit, as `Line.text`.
    """

    commit: str
    path: str
    start: int
    removed: tuple[Line, ...] = field(repr=False)  # they know hunks that know lines, and so on down the chain
    added: tuple[bytes, ...] = field(repr=False)


class FileChange(NamedTuple):
    """What a commit of the chain did to a file. A file that became a link, or the like, was deleted and added.

    Attributes:
        path: after the commit; where the file was deleted, before.
        before: its former path, another one where git finds a rename.
        kind: `added`, `deleted`, `modified` (be it the mode alone) or `renamed` (be it with further changes).
        binary: its lines are not told; it has one hunk without lines, the origin of all that is in it then.
        hunks: from top to bottom.
        origins: commits of the chain that shaped the file as it stood before, under this or former names, oldest first.
    """

    path: str
    before: str
    kind: str
    binary: bool
    hunks: tuple[Hunk, ...]
    origins: tuple[str, ...]


def provenance(repo: Repo, base: str, tip: str) -> dict[str, tuple[FileChange, ...]]:
    """What each commit on the first-parent chain from base to tip (ids or full refs) changed, and whose lines went.

    Returns:
        By id of every first-parent commit that `tip` has beyond `base`, oldest first.

    Raises:
        GitError: git cannot read them.
        ValueError: git printed what is not understood.
    """
    log = _Log(git(repo, *LOG, f"{base}..{tip}", "--"))
    files: dict[str, _File] = {}
    found = {}
    while commit := log.next(COMMIT):
        name = commit[1].decode()
        found[name] = tuple(_change(files, name, row, log) for row in tuple(log.rows()))
    log.end()
    return found


class _Row(NamedTuple):
    """A path that a commit changed, and how."""

    path: str
    before: str
    kind: str


class _Edit(NamedTuple):
    """A hunk as git prints it."""

    start: int
    removed: tuple[bytes, ...]
    added: tuple[bytes, ...]


class _Log:
    """What git printed, read from front to back; lines are counted, so no content is taken for anything else."""

    def __init__(self, out: bytes) -> None:
        self._out = out
        self._at = 0

    def next(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        """Step over the pattern, if it comes next."""
        found = pattern.match(self._out, self._at)
        self._at = found.end() if found else self._at
        return found

    def rows(self) -> Iterator[_Row]:
        """The raw rows that come next, one for each patch that follows them."""
        while found := self.next(ROW):
            before = path = self._name()
            if found[1] == b"T":
                yield _Row(path, before, "deleted")
                yield _Row(path, before, "added")
            else:
                yield _Row(self._name() if found[1] == b"R" else path, before, KINDS[found[1]])

    def patch_is_binary(self) -> bool:
        """Step over the head of a patch, to its hunks, and tell whether it has none to show."""
        return bool(self._needed(PATCH)[1])

    def edits(self) -> Iterator[_Edit]:
        """The hunks that come next."""
        while found := self.next(HUNK):
            removed, start, added = (int(number or 1) for number in found.groups())
            first = start - 1 if added else start
            yield _Edit(first, self._lines(removed), self._lines(added))

    def end(self) -> None:
        """Make sure that all was read."""
        self._needed(END)

    def _name(self) -> str:
        return self._needed(NAME)[1].decode(errors="surrogateescape")

    def _needed(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        if found := self.next(pattern):
            return found
        raise ValueError(f"git log printed what is not understood: {self._out[self._at : self._at + 200]!r}")

    def _lines(self, count: int) -> tuple[bytes, ...]:
        lines = []
        for _ in range(count):
            end = self._out.index(b"\n", self._at) + 1
            lines.append(self._out[self._at + 1 : end])
            self._at = end
        if self.next(UNENDED):
            lines[-1] = lines[-1][:-1]
        return tuple(lines)


_Run = tuple[int, Hunk | None]


class _Origins:
    """Where the lines of a file came from, as runs of lines of one origin."""

    def __init__(self, runs: Iterable[_Run]) -> None:
        self._runs = deque(runs)

    def edited(self, commit: str, path: str, edits: Iterable[_Edit]) -> tuple["_Origins", tuple[Hunk, ...]]:
        """The same after these edits, from top to bottom, and their hunks; it is used up."""
        after: list[_Run] = []
        hunks = []
        length = 0
        for edit in edits:
            after += self._take(edit.start - length)
            origins = [origin for count, origin in self._take(len(edit.removed)) for _ in range(count)]
            hunks.append(Hunk(commit, path, edit.start, tuple(map(Line, edit.removed, origins)), edit.added))
            after.append((len(edit.added), hunks[-1]))
            length = edit.start + len(edit.added)
        return _Origins([*after, *self._runs]), tuple(hunks)

    def _take(self, count: int) -> Iterator[_Run]:
        while count:
            length, origin = self._runs.popleft()
            taken = min(count, length)
            if taken < length:
                self._runs.appendleft((length - taken, origin))
            yield taken, origin
            count -= taken


class _File(NamedTuple):
    """A file as the chain left it so far, and the commits that shaped it."""

    lines: _Origins
    commits: tuple[str, ...]


def _change(files: dict[str, _File], commit: str, row: _Row, log: _Log) -> FileChange:
    """Read what happened to a file, and remember how it stands now; one not known yet is as the base has it."""
    file = files.pop(row.before, _File(_Origins([(UNCOUNTED, None)]), ()))
    binary = log.patch_is_binary()
    lines, hunks = file.lines.edited(commit, row.path, log.edits())
    if binary:
        hunks = (Hunk(commit, row.path, 0, (), ()),)
        lines = _Origins([(UNCOUNTED, hunks[0])])
    if row.kind != "deleted":
        files[row.path] = _File(lines, (*file.commits, commit))
    return FileChange(row.path, row.before, row.kind, binary, hunks, file.commits)
