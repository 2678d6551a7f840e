"""Merges that a branch holds itself, and the work of others that it threw away in them."""

from collections.abc import Iterator
from typing import NamedTuple

from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Branch
from tests_integration.repository.ancestry import Ancestry
from tests_integration.repository.ask import Commit, entries, shown
from tests_integration.repository.changes import changes


class Discard(NamedTuple):
    """A file in which a merge on a branch took its own side, although git's own merge has the other one's change.

    Attributes:
        path: of the file.
        merge: on the branch.
        whose: whose change it was: another branch of the plan, or the base.
        conflicted: whether git could not merge the file, so that somebody had to choose.
    """

    path: str
    merge: Commit
    whose: str
    conflicted: bool

    def __str__(self) -> str:
        choice = "chose its own side of a conflict with" if self.conflicted else "threw away the change of"
        return f"  {shown(self.path)}: {self.merge.short} {choice} {self.whose}"


def discards(ancestry: Ancestry, plan: Plan, branch: Branch) -> Iterator[Discard]:
    """What the merges that this branch was the first to hold threw away of other branches and of the base."""
    for merge, automatic in ancestry.inner_merges:
        if ancestry.first_holder(merge.id) != branch.id or not (whose := _whose(ancestry, merge)):
            continue
        conflicted = {conflict.path for conflict in automatic.conflicts}
        paths = sorted(conflicted | changes(ancestry.repo, automatic.tree, merge.tree).keys())
        made, own = (entries(ancestry.repo, tree, paths) if paths else {} for tree in (merge.tree, merge.parents[0]))
        for path in paths:
            if made.get(path) == own.get(path) and not _is_declared(plan, branch, path):
                yield Discard(path, merge, whose, path in conflicted)


def _is_declared(plan: Plan, branch: Branch, path: str) -> bool:
    rule = plan.rule_for(branch, path)
    return rule is not None and rule[1].drops and branch.id in rule[1].merges


def _whose(ancestry: Ancestry, merge: Commit) -> str:
    """Whose work the other side of a merge on a branch is, the first to hold it; empty where it is the branch's own."""
    other = merge.parents[1]
    if not ancestry.is_beyond(other):
        return "the base"
    holders = ancestry.holders(merge.id)
    return next((name for name in ancestry.holders(other) if name not in holders), "")
