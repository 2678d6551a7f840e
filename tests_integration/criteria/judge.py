"""What criteria share: how one fails, which merge is a branch's own, what a failed command's log is about."""

from collections.abc import Callable, Mapping
from typing import NoReturn

import pytest

from tests_integration.criteria.missing import why_not_merged
from tests_integration.logs import paths_named
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Branch
from tests_integration.repository.ancestry import Ancestry
from tests_integration.repository.ask import Commit, History, entries, last_change
from tests_integration.repository.git import GitError
from tests_integration.repository.merge import AutomaticMerge
from tests_integration.text import visible

MENTIONED = 8

Remark = Callable[[str], None]
"""Tells the reviewer something that is no failure but has to be known."""


def fail(message: str) -> NoReturn:
    """Fail the criterion with this message, in which nothing that a stranger wrote can act."""
    pytest.fail(visible(message), pytrace=False)


def require(held: object, message: str) -> None:
    """Fail the criterion with this message, and nothing else, where it does not hold."""
    if not held:
        fail(message)


def own_merge(history: History, branch: Branch, tip: str) -> Commit:
    """The one merge commit of a branch; the criterion fails where there is not exactly one."""
    merges = history.merges_of(tip)
    if not merges:
        fail(f"{branch.id} (tip {tip}) is not merged: {why_not_merged(history, tip)}")
    if len(merges) > 1:
        fail(f"{branch.id} is merged {len(merges)} times: {listed(merges)}")
    if len(merges[0].parents) != 2:  # noqa: PLR2004
        count = len(merges[0].parents)
        fail(f"{branch.id} is merged by {merges[0].short}, which has {count} parents; a merge of one branch has two")
    return merges[0]


def merge_to_judge(history: History, branch: Branch, tip: str) -> Commit:
    """The one merge commit of a branch; where there is not exactly one, what asks is blocked: `own_merge` says why."""
    merges = history.merges_of(tip)
    if len(merges) != 1 or len(merges[0].parents) != 2:  # noqa: PLR2004
        pytest.skip(f"blocked: {branch.id} is not merged as it should be (branch_is_merged_once)")
    return merges[0]


def listed(commits: tuple[Commit, ...] | list[Commit]) -> str:
    """Commits for a message."""
    return ", ".join(commit.short for commit in commits)


def automatic_of(history: History, merge: Commit) -> AutomaticMerge:
    """Git's own merge of a merge commit's parents; the criterion fails where git cannot merge them."""
    try:
        return history.automatic_merge(merge)
    except GitError as error:
        fail(f"git cannot merge the parents of {merge.short}: {error.output}")


def is_in_already(history: History, merge: Commit) -> bool:
    """Whether git's own merge leaves everything as it was before."""
    try:
        automatic = history.automatic_merge(merge)
    except GitError:
        return False
    if automatic.tree == merge.tree:
        return not history.changes[merge.id]
    return not automatic.conflicts and automatic.tree == history.tree_before(merge)


def adds_nothing(history: History, ancestry: Ancestry, branch: Branch) -> str:
    """That the merge of a branch changes nothing, and who has brought it in; empty where it does, or is missing."""
    tip = ancestry.tips[branch.id]
    merge = next(iter(history.merges_of(tip)), None)
    if not merge or not is_in_already(history, merge):
        return ""
    before = {earlier.parents[1] for earlier in history.merges[: history.merges.index(merge)]}
    by = next((other for other, held in ancestry.tips.items() if held in before and ancestry.contains(other, tip)), "")
    return f"{branch.id} adds nothing: {f'{by} has brought it in' if by else 'what it brings was in before it'}"


def brought_by(history: History, plan: Plan, tips: Mapping[str, str], log: str) -> list[str]:
    """Which branch brought the files that a log names, one line a file that is on the branch.

    Args:
        history: of the integration branch.
        plan: has the branches' titles.
        tips: by branch id.
        log: output of a failed command.
    """
    by_tip = {tips[branch.id]: branch for branch in plan.branches}
    changed = last_change(history)
    named = paths_named(log.splitlines())
    tracked = entries(history.repo, history.tip, named) if named else {}
    there = [path for path in named if path in tracked]
    lines = []
    for path in there[:MENTIONED]:
        commit = changed.get(path)
        branch = next((by_tip[parent] for parent in commit.parents[1:] if parent in by_tip), None) if commit else None
        if branch and commit:
            lines.append(f"{path} came with {branch.id}, {branch.title} (merge {commit.id[:12]})")
        else:
            lines.append(f"{path} came with {commit.short if commit else f'the base ({plan.base})'}")
    return lines
