"""Who made one side of a conflict: which branch, in which commit."""

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from tests_integration.facts import MergeFact
from tests_integration.repository.ask import content, is_ancestor
from tests_integration.repository.entry import is_text_file
from tests_integration.repository.git import git
from tests_integration.repository.merge import Conflict
from tests_integration.repository.resolutions import Merging, is_binary, name_on
from tests_integration.repository.trees import file_at
from tests_integration.text import visible


class Author(NamedTuple):
    """Who made something: id of a branch (or `the base`), and the commit."""

    branch: str
    commit: str
    subject: str

    def __str__(self) -> str:
        return f"{self.commit[:12]} {self.subject}"


class Clash(NamedTuple):
    """One place of a file that both sides changed: the lines of each."""

    ours: list[bytes]
    theirs: list[bytes]


class Blame:
    """Finds the authors of both sides of a merge.

    Args:
        merging: the merge.
        branch: id of the branch that is merged.
        done: the merges before it.
    """

    def __init__(self, merging: Merging, branch: str, done: Sequence[MergeFact]) -> None:
        self.merging = merging
        self.repo = merging.repo
        self.branch = branch
        self.done = done
        self._lines = lru_cache(self._lines_of)
        self._author = lru_cache(self._author_of)

    def of(self, conflict: Conflict, side: str, clashes: Iterable[Clash] = ()) -> list[Author]:
        """Who made a side (`ours`, `theirs`) of a conflict: its clashing lines where there are some, else the file."""
        found = [author for clash in clashes for author in self._of_clash(conflict, side, clash)]
        names = [name_on(self.merging, conflict, side), conflict.path, *conflict.related]
        if conflict.kind == "file location":
            names += [name.rpartition("/")[0] or name for name in conflict.related]
        if not found and (last := self._last(side, names)):
            found = [self._author(last, side)]
        return list(dict.fromkeys(found))

    def of_line(self, conflict: Conflict, side: str, path: str, line: bytes) -> Author | None:
        """Who made a line that a side has; of what has no lines, who made the file."""
        name = name_on(self.merging, conflict, side) if path == conflict.path else path
        commits = [commit for commit, text in self._lines(name, side) if text == line]
        last = commits[0] if commits else self._last(side, [name, path])
        return self._author(last, side) if last else None

    def _tips(self, side: str) -> tuple[str, str]:
        """The commit of a side, and that of the other."""
        sides = (self.merging.ours, self.merging.theirs)
        return sides if side == "ours" else sides[::-1]

    def _of_clash(self, conflict: Conflict, side: str, clash: Clash) -> Iterator[Author]:
        name = name_on(self.merging, conflict, side)
        lines = clash.ours if side == "ours" else clash.theirs
        text = self._lines(name, side)
        at = _place(lines, [line for _, line in text]) if lines else None
        commits = [commit for commit, _ in text[at : at + len(lines)]] if at is not None else []
        own = [commit for commit in dict.fromkeys(commits) if self._is_new(commit, side)]
        if not own and (remover := self._remover(conflict, name, side)):
            own = [remover]
        yield from (self._author(commit, side) for commit in own)

    def _is_new(self, commit: str, side: str) -> bool:
        return not is_ancestor(self.repo, commit, self._tips(side)[1])

    def _lines_of(self, name: str, side: str) -> list[tuple[str, bytes]]:
        """The lines of a file as a side has it, each with the commit that made it (git-blame(1))."""
        tip = self._tips(side)[0]
        found = file_at(self.repo, tip, name)
        if found is None or not is_text_file(found) or is_binary(content(self.repo, found.blob)):
            return []
        out = git(self.repo, "blame", "--line-porcelain", tip, "--", name)
        rows = re.findall(rb"^([0-9a-f]{40,64}) \d+ \d+.*\n(?:[^\t\n].*\n|\n)*\t(.*)$", out, re.MULTILINE)
        return [(commit.decode(), line) for commit, line in rows]

    def _remover(self, conflict: Conflict, name: str, side: str) -> str:
        """The newest commit of a side that removed lines of the base that the side has no more."""
        if not is_text_file(conflict.base) or conflict.base is None:
            return ""
        had = frozenset(content(self.repo, conflict.base.blob).split(b"\n"))
        gone = had - {line for _, line in self._lines(name, side)}
        tip, other = self._tips(side)
        mark = uuid.uuid4().hex  # a text may hold anything else, NUL too
        options = ("--no-merges", f"--format={mark}%H", "-p", "-U0", "--no-color", "--no-ext-diff")
        out = git(self.repo, "log", *options, tip, f"^{other}", "--", name)
        for told in out.split(mark.encode())[1:]:
            commit, _, patch = told.partition(b"\n")
            if gone.intersection(line[1:] for line in patch.split(b"\n") if line.startswith(b"-")):
                return commit.decode()
        return ""

    def _last(self, side: str, names: Iterable[str]) -> str:
        """The last commit of a side, merges left out, that touched one of these paths, or a folder of this name."""
        tip, other = self._tips(side)
        asked = ("log", "-1", "--no-merges", "--format=%H", tip, f"^{other}", "--")
        return git(self.repo, *asked, *dict.fromkeys(names)).decode().strip()

    def _author_of(self, commit: str, side: str) -> Author:
        subject = git(self.repo, "log", "-1", "--format=%s", commit, "--").decode(errors="replace")
        subject = visible(subject).strip()
        return Author(self._brought_by(commit) if side == "ours" else self.branch, commit, subject)

    def _brought_by(self, commit: str) -> str:
        """The earliest of the branches merged before that brought a commit; they contain each other, so halve them."""
        if not self.done or is_ancestor(self.repo, commit, self.done[0].parents[0]):
            return "the base"
        low, high = 0, len(self.done) - 1
        while low < high:
            middle = (low + high) // 2
            if is_ancestor(self.repo, commit, self.done[middle].commit):
                high = middle
            else:
                low = middle + 1
        return self.done[low].branch


def _place(lines: list[bytes], text: list[bytes]) -> int | None:
    return next((n for n in range(len(text)) if text[n : n + len(lines)] == lines), None)
