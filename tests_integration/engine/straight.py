"""An integration that was made in other ways than by merges of one branch each, as the merges that a plan can give."""

from collections.abc import Mapping
from typing import NamedTuple

from tests_integration.engine.obstacles import SQUASHED, infrastructure
from tests_integration.plan.model import Located
from tests_integration.repository.ask import Commit, History
from tests_integration.repository.commits import Committer
from tests_integration.repository.git import GitError
from tests_integration.repository.merge import automatic_merge
from tests_integration.text import visible

OWN = "a commit of its own, a squash, or a cherry-pick"
TWO = 2
NOBODY = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "waveproof"), ("EMAIL", "waveproof@invalid"), ("DATE", "@0 +0000"))
}


class Straight(NamedTuple):
    """What a plan can give in the place of an integration.

    Attributes:
        history: of merges of one branch each, and infrastructure; in the store alone, where it is not as it was.
        was: what its commits stand for, by id.
        notes: what was put in the place of what.
        problems: commits in whose place nothing can be put.
    """

    history: History
    was: Mapping[str, Commit]
    notes: list[str]
    problems: list[str]


class _Merge(NamedTuple):
    """A merge to be made: the tip that it merges, its tree and message, and the commit that it stands for."""

    tip: str
    tree: str
    message: str
    was: Commit


def straightened(history: History, heads: Mapping[Located, str]) -> Straight:
    """The integration by merges of one branch each, if it is not made of them already; the tip's tree is the same.

    A merge of several branches becomes a merge for each; a branch that the base was fast-forwarded to is merged; a
    commit between the merges becomes part of the merge before it.

    Args:
        history: of the integration; its store gets the commits.
        heads: the commits of the repository's other branches.
    """
    last = infrastructure(history)
    if all(len(commit.parents) == TWO or commit == last for commit in history.commits):
        return Straight(history, {}, [], [])
    return _Straightening(history, heads).straight()


class _Straightening:
    def __init__(self, history: History, heads: Mapping[Located, str]) -> None:
        self.history = history
        self.committer = Committer(history.repo, NOBODY)
        merged = {tip for merge in history.merges for tip in merge.parents[1:]}
        self.known = {tip: f"{place.remote}/{place.branch}" for place, tip in heads.items() if tip not in merged}
        self.made: list[_Merge] = []
        self.early: list[Commit] = []
        self.notes: list[str] = []
        self.problems: list[str] = []

    def straight(self) -> Straight:
        forwarded = self._forwarded()
        beyond = self.history.commits[len(forwarded) :]
        last = infrastructure(self.history) if beyond else None
        for commit in forwarded:
            self._add_forwarded(commit)
        for commit in beyond:
            if len(commit.parents) == TWO:
                self._add(_Merge(commit.parents[1], commit.tree, commit.message, commit))
            elif len(commit.parents) > TWO:
                self._add_each(commit)
            elif commit != last:
                self._fold(commit)
        return self._written(last)

    def _forwarded(self) -> tuple[Commit, ...]:
        """The commits right on the base that are a branch's, up to the last tip of one."""
        plain = next((n for n, one in enumerate(self.history.commits) if len(one.parents) > 1), None)
        single = self.history.commits[:plain]
        ends = [n for n, commit in enumerate(single, 1) if commit.id in self.known]
        return single[: ends[-1]] if ends else ()

    def _add_forwarded(self, commit: Commit) -> None:
        if branch := self.known.get(commit.id):
            self.made.append(_Merge(commit.id, commit.tree, "", commit))
            self.notes.append(
                f"{commit.short} is no merge: {branch} was fast-forwarded, so that no merge says what it brought; the"
                " plan merges it"
            )

    def _add(self, merge: _Merge) -> None:
        self.made.append(merge)
        for commit in self.early:
            self._note_folded(commit, f"the merge after it, {merge.was.short}")
        self.early.clear()

    def _add_each(self, commit: Commit) -> None:
        """The merges of one branch each that come to a merge of several; git has to make all but the last alone."""
        tips = commit.parents[1:]
        onto = self._commit_all()
        for tip in tips[:-1]:
            try:
                automatic = automatic_merge(self.history.repo, onto, tip)
            except GitError as error:
                self.problems.append(f"{commit.short}: git cannot merge its parents: {visible(error.output)}")
                return
            if automatic.conflicts:
                self.problems.append(
                    f"{commit.short} merges {len(tips)} branches at once, of which {tip[:12]} conflicts with those"
                    " before it; a plan merges one at a time: merge each with --no-ff"
                )
                return
            self._add(_Merge(tip, automatic.tree, "", commit))
            onto = self.committer.commit(automatic.tree, "", (onto, tip))
        self._add(_Merge(tips[-1], commit.tree, "", commit))
        self.notes.append(f"{commit.short} merges {len(tips)} branches at once; the plan merges one after the other")

    def _fold(self, commit: Commit) -> None:
        """Let a commit be part of the merge before it; of the one after it, where there is none before."""
        if branch := self.known.get(commit.id):
            self.problems.append(
                f"{commit.short} is no merge: {branch} was begun on this integration and fast-forwarded, so that no"
                " merge says what it brought. Begin it on the base, and merge it with --no-ff (R270)"
            )
        elif SQUASHED.search(commit.message):
            self.problems.append(
                f"{commit.short} is no merge: by its message, a branch was squashed into it. A plan has one merge a"
                " branch: merge that branch with --no-ff in its place"
            )
        elif self.made:
            before = self.made[-1]
            self.made[-1] = before._replace(tree=commit.tree)
            self._note_folded(commit, f"the merge before it, {before.was.short}")
        else:
            self.early.append(commit)

    def _note_folded(self, commit: Commit, merge: str) -> None:
        self.notes.append(
            f"{commit.short} is no merge: {OWN}. A plan has none, so what it changes is made part of {merge}; if it is"
            " code, put it on a branch, and merge that with --no-ff (R361)"
        )

    def _written(self, last: Commit | None) -> Straight:
        self.problems += [
            f"{commit.short} is no merge: {OWN}. A plan has one merge a branch: put what it brings on a branch, and"
            " merge that with --no-ff"
            for commit in self.early
        ]
        was: dict[str, Commit] = {}
        tip = self._commit_all(was)
        if last:
            tip = self.committer.commit(last.tree, last.message, (tip,))
            was[tip] = last
        return Straight(History(self.history.repo, self.history.base, tip), was, self.notes, self.problems)

    def _commit_all(self, was: dict[str, Commit] | None = None) -> str:
        """The last of the merges so far, written; what each stands for is told."""
        tip = self.history.base
        for merge in self.made:
            tip = self.committer.commit(merge.tree, merge.message, (tip, merge.tip))
            if was is not None:
                was[tip] = merge.was
        return tip
