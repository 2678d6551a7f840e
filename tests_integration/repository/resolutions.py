"""What a rule makes of a conflict: the choice of a side, a union, a deletion, or what git remembers (R361)."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from git import Repo

from tests_integration.repository.ask import content, entries
from tests_integration.repository.entry import SUBMODULE, Entry, is_text_file
from tests_integration.repository.git import git
from tests_integration.repository.merge import AutomaticMerge, Conflict, union_merge
from tests_integration.repository.rerere import recalled
from tests_integration.repository.trees import file_at, files_at, stored_blob
from tests_integration.text import counted, visible

PLAIN = frozenset({"content", "add/add", "modify/delete", "binary"})
"""Kinds of conflicts whose sides are files of the branches as they are; with renames, git may merge them first.

So it does for one of these, too, where git names it with the names of a renamed file: one that was renamed on both
sides, and meets one that a side has added.
"""

SHOWN = 3
EXECUTABLE = b"(executable bit)"


class Settlement(NamedTuple):
    """What becomes of a conflict.

    Attributes:
        edits: paths of git's own merge that are set, or removed where None; they hold no part of the conflict after it.
        problem: why the conflict cannot be settled in this way; empty where it can.
    """

    edits: dict[str, Entry | None]
    problem: str = ""


class Merging(NamedTuple):
    """A merge with conflicts.

    Attributes:
        repo: holds its commits.
        ours: commit of what was merged before.
        theirs: the branch's tip.
        automatic: git's own merge of them.
        memory: folder of recorded resolutions.
    """

    repo: Repo
    ours: str
    theirs: str
    automatic: AutomaticMerge
    memory: Path


class Resolver:
    """Settles the conflicts of one merge; the merge with unions is made only where one is asked for."""

    def __init__(self, merging: Merging) -> None:
        self.merging = merging

    @cached_property
    def union(self) -> AutomaticMerge:
        """The same merge, with the lines of both sides where they conflict."""
        return union_merge(self.merging.repo, self.merging.ours, self.merging.theirs)

    def settlement(self, conflict: Conflict, take: str) -> Settlement:
        """What `take` (`ours`, `theirs`, `union`, `delete`, `recorded`) makes of a conflict."""
        if take in {"union", "recorded"}:
            if problem := not_two_texts(self.merging.repo, conflict):
                return Settlement({}, problem)
            return self._united(conflict) if take == "union" else self._recorded(conflict)
        if not (conflict.base or conflict.ours or conflict.theirs):
            problem = f"git could not tell where the files of {conflict.path} belong; only `theirs` leaves them"
            return Settlement({}, "" if take == "theirs" else problem)
        chosen = None if take == "delete" else side_of(self.merging, conflict, take)
        return Settlement(without_aside(conflict) | {conflict.path: chosen})

    def _united(self, conflict: Conflict) -> Settlement:
        if conflict.path in {left.path for left in self.union.conflicts}:
            return Settlement({}, f"git's union leaves a {conflict.kind} conflict")
        return Settlement({conflict.path: file_at(self.merging.repo, self.union.tree, conflict.path)})

    def _recorded(self, conflict: Conflict) -> Settlement:
        repo, tree = self.merging.repo, self.merging.automatic.tree
        marked = file_at(repo, tree, conflict.path)
        if marked is None:
            return Settlement({}, "git left no file with conflict markers")
        text = recalled(repo, self.merging.memory, content(repo, marked.blob))
        if text is None:
            return Settlement({}, f"{self.merging.memory.name} remembers nothing for it")
        return Settlement({conflict.path: Entry(marked.mode, stored_blob(repo, text, like=marked.blob))})


def without_aside(conflict: Conflict) -> dict[str, Entry | None]:
    """The edits that remove what git left aside of a conflict."""
    return dict.fromkeys(conflict.aside)


def side_of(merging: Merging, conflict: Conflict, side: str) -> Entry | None:
    """The file of a side (`ours` or `theirs`): git's own, unless that is a merge in itself that holds a conflict."""
    found, tip = (conflict.ours, merging.ours) if side == "ours" else (conflict.theirs, merging.theirs)
    if found is None or not is_text_file(found) or (conflict.kind in PLAIN and not conflict.related):
        return found
    marked = re.search(rb"^<{7,} ([0-9a-f]{40,64})(:.*)?$", content(merging.repo, found.blob), re.MULTILINE)
    return file_at(merging.repo, tip, conflict.path) if marked and marked[1].decode() == merging.ours else found


class Lost(NamedTuple):
    """Lines that one side added and that are gone; each with the path that it was at."""

    ours: list[tuple[str, bytes]]
    theirs: list[tuple[str, bytes]]


def lost(merging: Merging, conflict: Conflict, tree: str) -> Lost:
    """What either side of a conflict has beyond the base, and a tree that settles it has not; blank lines are left out.

    The content of a binary file, a link or a submodule counts as one line, and so does it that a file can be run. Of a
    renamed file, all its names count; of a file in the place of a folder, the folder's files too.

    Args:
        merging: the merge.
        conflict: one of its conflicts.
        tree: the merge's tree with the conflict settled.
    """
    repo = merging.repo
    names = names_of(merging, conflict)
    bases = [other.base for other in merging.automatic.conflicts if other.path in names]
    result = files_at(repo, tree, names)
    known = _all_lines(repo, bases) | _all_lines(repo, result.values())
    former = _former(merging, names.difference(result, (other.path for other in merging.automatic.conflicts)))
    folder = vanished(merging, conflict, tree)
    found = []
    for side, tip in (("ours", merging.ours), ("theirs", merging.theirs)):
        file = side_of(merging, conflict, side)
        lines = [(conflict.path, line) for line in (Counter(_lines(repo, file)) - known).elements()]
        seen = known | Counter(line for _, line in lines)
        for path, inner in files_at(repo, tip, sorted({*folder, *former})).items():
            own = Counter(_lines(repo, inner)) - (seen | former.get(path, Counter()))
            lines += [(path, line) for line in own.elements()]
        lines = [(path, line) for path, line in lines if line.strip()]
        found.append([one for one in lines if one[1] != EXECUTABLE or len(lines) == 1])
    return Lost(*found)


def told_losses(merging: Merging, conflict: Conflict, tree: str, branch: str) -> tuple[str, ...]:
    """What settling a conflict threw away of either side, for people; see `lost`."""
    sides = zip(("earlier work", branch), lost(merging, conflict, tree), strict=True)
    return tuple(visible(told(name, [line for _, line in lines])) for name, lines in sides if lines)


def told(name: str, lines: list[bytes]) -> str:
    """How many lines of somebody, and the first few of them."""
    texts = list(Counter(line.decode(errors="backslashreplace").strip() for line in lines))
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    quoted = ", ".join(f"`{text[:60]}`" for text in texts[:SHOWN])
    return f"{counted(len(lines), 'line')} of {name}: {quoted}{more}"


def name_on(merging: Merging, conflict: Conflict, side: str) -> str:
    """What the file is called on a side (`ours`, `theirs`): by its former name where the other side renamed it."""
    tip, file = (merging.ours, conflict.ours) if side == "ours" else (merging.theirs, conflict.theirs)
    if file is None or file_at(merging.repo, tip, conflict.path) is not None:
        return conflict.path
    there = entries(merging.repo, tip)
    same = [path for path, one in there.items() if one == file]
    return next((path for path in same if path in conflict.related), same[0] if same else conflict.path)


def names_of(merging: Merging, conflict: Conflict) -> frozenset[str]:
    """All names of the file that a conflict is about: git's, and those that it has on either side."""
    sides = (name_on(merging, conflict, side) for side in ("ours", "theirs"))
    return frozenset((conflict.path, *conflict.related, *sides))


def _former(merging: Merging, names: frozenset[str]) -> dict[str, Counter[bytes]]:
    """The lines that files had which are no more under their names; empty where there was no such file."""
    if not names:
        return {}
    base = git(merging.repo, "merge-base", merging.ours, merging.theirs).decode().strip()
    there = files_at(merging.repo, base, names)
    return {name: Counter(_lines(merging.repo, there.get(name))) for name in names}


def vanished(merging: Merging, conflict: Conflict, tree: str) -> list[str]:
    """Files of a folder that the conflict is about and that a tree has no more."""
    if conflict.kind != "file/directory":
        return []
    there = (path for path in entries(merging.repo, merging.automatic.tree) if path.startswith(f"{conflict.path}/"))
    return sorted({*there} - entries(merging.repo, tree).keys())


def _all_lines(repo: Repo, files: Iterable[Entry | None]) -> Counter[bytes]:
    return Counter(line for file in files for line in _lines(repo, file))


def _lines(repo: Repo, file: Entry | None) -> list[bytes]:
    if file is None:
        return []
    if not is_text_file(file):
        return [f"({'submodule' if file.mode == SUBMODULE else 'link'} {file.blob[:12]})".encode()]
    text = content(repo, file.blob)
    lines = [f"(binary content {file.blob[:12]})".encode()] if is_binary(text) else text.split(b"\n")
    return [*lines, EXECUTABLE] if file.mode == "100755" else lines


def is_binary(text: bytes) -> bool:
    """Whether git takes it for binary: a NUL in its first 8000 bytes."""
    return b"\0" in text[:8000]


def not_two_texts(repo: Repo, conflict: Conflict) -> str:
    """Why a conflict is not one between the lines of two files; empty where it is."""
    for side, file in (("ours", conflict.ours), ("theirs", conflict.theirs)):
        if file is None:
            return f"there is no file on the side of {side}"
        if not is_text_file(file):
            return f"the side of {side} is {'a submodule' if file.mode == SUBMODULE else 'a link'}, not a text"
        if is_binary(content(repo, file.blob)):
            return "the file is binary"
    return ""
