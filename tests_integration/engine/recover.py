"""What a merge that somebody made holds beyond git's own: sides taken, files deleted, and what only a patch can say."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from git import Repo

from tests_integration.plan.values import repository_path
from tests_integration.repository.ask import Commit, changed_lines, content
from tests_integration.repository.changes import changes
from tests_integration.repository.entry import Entry
from tests_integration.repository.git import git
from tests_integration.repository.merge import AutomaticMerge, Conflict
from tests_integration.repository.rerere import MARKER, learn, recalled
from tests_integration.repository.resolutions import (
    Merging,
    Resolver,
    Settlement,
    is_binary,
    lost,
    not_two_texts,
    without_aside,
)
from tests_integration.repository.trees import edited, file_at, files_at

TAKES = ("ours", "theirs", "union", "delete")
PATCH = ("--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color")


class Rule(NamedTuple):
    """How one conflict was settled, and whether lines that a side had added are lost by it."""

    path: str
    take: str
    drops: bool


class Known(NamedTuple):
    """What is known of a merge before it is looked at.

    Attributes:
        deleted: paths that its message says a fix has deleted.
        taken: paths that its message says a fix has taken whole, and from which side.
        gone: paths that fixes of earlier merges delete; they are gone here too.
        later: trees that come after it.
        memory: folder of recorded resolutions, which gets those of this merge.
    """

    deleted: frozenset[str] = frozenset()
    taken: Mapping[str, str] = {}
    gone: frozenset[str] = frozenset()
    later: Sequence[str] = ()
    memory: Path = Path()


class Recovered(NamedTuple):
    """What a plan has to say of a merge, for the same tree.

    Attributes:
        rules: for the conflicts.
        deleted: files that a fix deletes.
        ours: files that a fix takes whole from what was merged before.
        theirs: files that a fix takes whole from the branch.
        patch: all else, or empty.
        patched: the paths that the patch is about.
        added: those of them that neither git nor a side of the merge brings; an integration adds no files (R361).
    """

    rules: tuple[Rule, ...]
    deleted: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()
    patch: bytes = b""
    patched: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def recovered(repo: Repo, merge: Commit, automatic: AutomaticMerge, known: Known) -> Recovered:
    """Compare a merge with git's own of its parents.

    Args:
        repo: holds the commits, and gets trees in between.
        merge: a commit with two parents.
        automatic: git's own merge of them.
        known: what is known before.

    Raises:
        GitError: git makes no tree of what the merge holds.
    """
    return _Recovering(repo, merge, automatic, known).recovered()


class _Recovering:
    def __init__(self, repo: Repo, merge: Commit, automatic: AutomaticMerge, known: Known) -> None:
        self.repo, self.merge, self.automatic, self.known = repo, merge, automatic, known
        self.merging = Merging(repo, merge.parents[0], merge.parents[1], automatic, known.memory)
        self.resolver = Resolver(self.merging)
        conflicted = {path for one in automatic.conflicts for path in (one.path, *one.aside)}
        self.differing = changes(repo, automatic.tree, merge.tree)
        paths = sorted({*self.differing, *conflicted, *known.deleted, *known.taken})
        self.there = files_at(repo, merge.tree, paths)
        self.ours, self.theirs = (files_at(repo, side, paths) for side in merge.parents[:2])
        absent = [path for path in paths if path not in self.there and is_nameable(path)]
        self.deletable = frozenset(absent) - _back_in(repo, known.later, absent)

    def recovered(self) -> Recovered:
        chosen = self._chosen()
        settled = edited(self.repo, self.automatic.tree, self._edits(chosen))
        settled = edited(self.repo, settled, dict.fromkeys(files_at(self.repo, settled, self.known.gone)))
        rest = changes(self.repo, settled, self.merge.tree)
        by_rule = {path for path, take in chosen.items() if take == "delete"} & self.deletable
        deleted = sorted({*self._by_fix["delete"], *by_rule, *self.deletable.intersection(rest)})
        taken = {side: self._taken(side, rest, deleted) for side in ("ours", "theirs")}
        fixed = edited(self.repo, settled, dict.fromkeys(deleted) | self._sides(taken))
        left = changes(self.repo, fixed, self.merge.tree)
        by_fix = {*deleted, *taken["ours"], *taken["theirs"]}
        return Recovered(
            rules=tuple(self._rules({path: take for path, take in chosen.items() if path not in by_fix})),
            deleted=tuple(deleted),
            ours=tuple(taken["ours"]),
            theirs=tuple(taken["theirs"]),
            patch=git(self.repo, "diff-tree", "-p", "-r", *PATCH, fixed, self.merge.tree, "--") if left else b"",
            patched=tuple(left),
            added=tuple(path for path, change in left.items() if change.before is None),
        )

    @cached_property
    def _by_fix(self) -> dict[str, list[str]]:
        """What the message says of fixes, as far as it is so."""
        taken = self.known.taken.items()
        return {
            "delete": [path for path in self.known.deleted if path in self.deletable],
            "ours": [path for path, side in taken if side == "ours" and self.there.get(path) == self.ours.get(path)],
            "theirs": [
                path for path, side in taken if side == "theirs" and self.there.get(path) == self.theirs.get(path)
            ],
        }

    def _chosen(self) -> dict[str, str]:
        """Which way each conflict was settled that neither the message nor an earlier fix has settled."""
        by_fix = {path for paths in self._by_fix.values() for path in paths} | self.known.gone
        return {one.path: self._choice(one) for one in self.automatic.conflicts if one.path not in by_fix}

    def _choice(self, conflict: Conflict) -> str:
        """The first way that gives what the merge holds; else the one that a patch has the least to do to."""
        ways: dict[str, Settlement] = {}
        for take in TAKES:
            way = self.resolver.settlement(conflict, take)
            if not way.problem:
                ways[take] = way
                if all(self.there.get(path) == entry for path, entry in way.edits.items()):
                    return take
        if self._is_recorded(conflict):
            return "recorded"
        return min(ways, key=lambda take: (self._absence(ways[take], conflict), self._distance(ways[take], conflict)))

    def _is_recorded(self, conflict: Conflict) -> bool:
        """Whether what the merge holds is remembered as the settlement of a conflict between texts, from now on.

        A conflict that holds another one is left out: its text names commits, and those of the plan's run are others.
        """
        marked, settled = file_at(self.repo, self.automatic.tree, conflict.path), self.there.get(conflict.path)
        if not marked or not settled or marked.mode != settled.mode or not_two_texts(self.repo, conflict):
            return False
        texts = content(self.repo, marked.blob), content(self.repo, settled.blob)
        if len(set(MARKER.findall(texts[0]))) > 1 or is_binary(texts[1]):
            return False
        memory = self.known.memory
        if (known := recalled(self.repo, memory, texts[0])) is None and learn(self.repo, memory, *texts):
            known = recalled(self.repo, memory, texts[0])
        return known == texts[1]

    def _absence(self, way: Settlement, conflict: Conflict) -> bool:
        """Whether a patch would have to add the file, which no fix may (R361)."""
        return conflict.path in self.there and way.edits.get(conflict.path) is None

    def _distance(self, way: Settlement, conflict: Conflict) -> int:
        tree = edited(self.repo, self.automatic.tree, way.edits)
        return changed_lines(self.repo, tree, self.merge.tree, [conflict.path])

    def _edits(self, chosen: Mapping[str, str]) -> dict[str, Entry | None]:
        edits: dict[str, Entry | None] = {}
        for conflict in self.automatic.conflicts:
            if take := chosen.get(conflict.path):
                edits |= self.resolver.settlement(conflict, take).edits
            else:
                edits |= without_aside(conflict) if conflict.ours or conflict.theirs else {conflict.path: None}
        return edits

    def _taken(self, side: str, rest: Iterable[str], deleted: Iterable[str]) -> list[str]:
        """Paths at which the merge holds what a side has, and neither git nor a rule does; of two sides the first."""
        found = self.ours if side == "ours" else self.theirs
        open_ones = [path for path in rest if path not in deleted and is_nameable(path)]
        same = {path for path in open_ones if self.there.get(path) == found.get(path)}
        if side == "theirs":
            same -= {path for path in same if self.there.get(path) == self.ours.get(path)}
        return sorted({*self._by_fix[side], *same})

    def _sides(self, taken: Mapping[str, Iterable[str]]) -> dict[str, Entry | None]:
        ours: dict[str, Entry | None] = {path: self.ours.get(path) for path in taken["ours"]}
        return ours | {path: self.theirs.get(path) for path in taken["theirs"]}

    def _rules(self, chosen: Mapping[str, str]) -> Iterable[Rule]:
        for conflict in self.automatic.conflicts:
            if take := chosen.get(conflict.path):
                yield Rule(conflict.path, take, any(lost(self.merging, conflict, self.merge.tree)))


def is_nameable(path: str) -> bool:
    """Whether a fix can name a path."""
    try:
        return repository_path(path) == path
    except ValueError:
        return False


def _back_in(repo: Repo, later: Iterable[str], paths: Iterable[str]) -> frozenset[str]:
    """The paths at which one of the later trees has a file: what a fix deletes stays deleted."""
    return frozenset(path for tree in later for path in files_at(repo, tree, paths))
