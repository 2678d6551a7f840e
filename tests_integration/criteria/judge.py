"""What criteria share: how one fails, which merge is a branch's own, what in it is not git's own."""

import re
from collections.abc import Mapping
from typing import NoReturn

import pytest
from git import Repo

from tests_integration.plan.model import Branch, Fix, Plan
from tests_integration.repository.ask import Change, Commit, Entry, History, changes, entries, is_ancestor, last_change
from tests_integration.repository.git import GitError
from tests_integration.repository.merge import AutomaticMerge
from tests_integration.repository.trees import patched
from tests_integration.text import visible

MENTIONED = 8


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
        inside = is_ancestor(history.repo, tip, history.tip)
        reached = "its commits are in, but not by a merge commit of their own" if inside else "it is not in"
        fail(f"{branch.id} (tip {tip}) is not merged: {reached}")
    if len(merges) > 1:
        fail(f"{branch.id} is merged {len(merges)} times: {listed(merges)}")
    if len(merges[0].parents) != 2:  # noqa: PLR2004
        count = len(merges[0].parents)
        fail(f"{merges[0].short} has {count} parents; a merge of one branch has two")
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


def undeclared(history: History, plan: Plan, branch: Branch, merge: Commit) -> dict[str, str]:
    """What a merge holds beyond git's own merge and the branch's declared fixes (R361).

    Returns:
        What is wrong, by path.
    """
    store = history.repo
    automatic = automatic_of(history, merge)
    wanted = _declared(store, plan, branch, merge, automatic.tree)
    there = entries(store, merge.tree, wanted) if wanted else {}
    as_declared = {path for path, entry in wanted.items() if there.get(path) == entry}
    wrong = {
        conflict.path: f"a {conflict.kind} conflict was settled, but the plan does not say how"
        for conflict in automatic.conflicts
    }
    wrong |= {path: _difference(change) for path, change in changes(store, automatic.tree, merge.tree).items()}
    wrong |= dict.fromkeys(wanted, "is not what the declared fixes make of it")
    return {path: text for path, text in wrong.items() if path not in as_declared}


def touched(store: Repo, plan: Plan, fix: Fix, tree: str) -> set[str]:
    """The paths that a fix may change in this tree."""
    if fix.patch:
        return set(changes(store, tree, _patched(store, plan, fix, tree)))
    return {*fix.delete, *((*fix.take.ours, *fix.take.theirs) if fix.take else ())}


def _declared(store: Repo, plan: Plan, branch: Branch, merge: Commit, automatic: str) -> dict[str, Entry | None]:
    """What the fixes, this merge's and earlier deletions, make of the paths that they touch."""
    wanted: dict[str, Entry | None] = dict.fromkeys(plan.gone_after(branch))
    tree = automatic
    for fix in plan.fixes_of(branch):
        if fix.take:
            for commit, paths in zip(merge.parents, (fix.take.ours, fix.take.theirs), strict=True):
                found = entries(store, commit, paths) if paths else {}
                wanted |= {path: found.get(path) for path in paths}
        if fix.patch:
            before, tree = tree, _patched(store, plan, fix, tree)
            wanted |= {path: change.after for path, change in changes(store, before, tree).items() if change.before}
    return wanted


def _patched(store: Repo, plan: Plan, fix: Fix, tree: str) -> str:
    try:
        return patched(store, tree, (plan.folder / str(fix.patch)).read_bytes())
    except GitError as error:
        fail(f"{fix.id}: {fix.patch} does not apply to git's own merge: {error.output}")


def _difference(change: Change) -> str:
    if change.before is None:
        return "a new file, which neither git's merge nor a declared fix brings"
    if change.after is None:
        return "removed, which no declared fix does"
    if change.before.blob == change.after.blob:
        return f"its mode is {change.after.mode} instead of {change.before.mode}"
    return "its content differs from git's own merge, and no declared fix says so"


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
    log = re.sub(r"/\S*/checkout/", "", log)
    named = dict.fromkeys(name.removeprefix("./") for name in re.findall(r"[\w.@+-]+(?:/[\w.@+-]+)*\.\w+", log))
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
