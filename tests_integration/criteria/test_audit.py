"""Stage audit: the branch is what the plan promised and nothing else, as git alone tells it."""

from collections.abc import Mapping

import pytest
from git import Repo

from tests_integration.criteria.judge import automatic_of, listed, own_merge, require, touched, undeclared
from tests_integration.plan.model import Branch, Fix, Plan
from tests_integration.repository.ask import (
    History,
    changed_lines,
    changes,
    content,
    entries,
    integration_commits,
    last_change,
    shown,
    with_conflict_markers,
)

pytestmark = pytest.mark.audit


def test_branch_starts_at_base(history: History) -> None:
    """The oldest commit of the integration stands straight on the base."""
    require(
        history.starts_at == history.base,
        f"the integration starts at {history.starts_at}, not at the base {history.base}",
    )


def test_branch_is_merged_once(history: History, tips: Mapping[str, str], branch: Branch) -> None:
    """The branch's tip is in through exactly one merge commit of its own, with two parents."""
    own_merge(history, branch, tips[branch.id])


def test_merges_in_planned_order(history: History, plan: Plan, tips: Mapping[str, str]) -> None:
    """The merges stand in the plan's order, with nothing beside them but one infrastructure commit at the end."""
    planned = [tips[branch.id] for branch in plan.branches]
    merges = [commit for commit in history.commits if len(commit.parents) > 1]
    strangers = [commit for commit in merges if commit.parents[1] not in planned]
    require(not strangers, f"merged, but not planned: {listed(strangers)}")
    require([commit.parents[1] for commit in merges] == planned, f"the merges stand in another order: {listed(merges)}")
    singles = [commit for commit in history.commits[:-1] if len(commit.parents) < 2]  # noqa: PLR2004
    require(not singles, f"no merge, and not the infrastructure at the end: {listed(singles)}")


def test_efforts_come_before_dependents(history: History, plan: Plan, tips: Mapping[str, str]) -> None:
    """Every split of an effort was merged before any effort that depends on it (R306)."""
    place = {commit.parents[1]: n for n, commit in enumerate(history.commits) if len(commit.parents) > 1}
    merged = [branch for branch in plan.branches if tips[branch.id] in place]
    effort = {branch.id: branch.effort for branch in plan.branches}
    for branch in merged:
        wanted = {effort[parent] for parent in branch.parent if parent in effort}
        for other in merged:
            before = other.effort in wanted and (other.effort != branch.effort or other.split < branch.split)
            require(
                not before or place[tips[other.id]] < place[tips[branch.id]],
                f"{branch.id} was merged before {other.id}, which it depends on",
            )


def test_merge_holds_nothing_else(history: History, plan: Plan, tips: Mapping[str, str], branch: Branch) -> None:
    """The merge's tree is git's own merge plus the declared fixes, path by path (R361)."""
    merge = own_merge(history, branch, tips[branch.id])
    wrong = undeclared(history, plan, branch, merge)
    lines = [f"  {shown(path)}: {text}" for path, text in sorted(wrong.items())]
    require(not wrong, "\n".join([f"the merge of {branch.id}, {merge.short}, is not what the plan declares:", *lines]))


def test_fix_is_in_its_merge(history: History, plan: Plan, tips: Mapping[str, str], fix: Fix) -> None:
    """The fix was needed where the plan puts it, took effect in that very merge, and what it needs was there (R521)."""
    branch = next(branch for branch in plan.branches if branch.id == fix.after)
    merge = own_merge(history, branch, tips[branch.id])
    automatic = automatic_of(history, merge).tree
    there = entries(history.repo, merge.tree, [*fix.delete, *fix.needs])
    for path in fix.delete:
        require(path not in there, f"{fix.id}: {path} is still there in {merge.short}, the merge of {branch.id}")
    for path in fix.needs:
        require(path in there, f"{fix.id} needs {path}, which is not there in {merge.short}")
    effect = touched(history.repo, plan, fix, automatic) & changes(history.repo, automatic, merge.tree).keys()
    require(effect, f"{fix.id} changed nothing in {merge.short}: git's own merge is the same without it")


def test_deleted_files_stay_deleted(history: History, fix: Fix) -> None:
    """What the fix deleted is still gone at the tip; no later branch brought it back."""
    back = sorted(entries(history.repo, history.tip, fix.delete)) if fix.delete else []
    require(not back, f"{fix.id} deleted {', '.join(back)}, but the tip {history.tip[:12]} has it again")


def test_own_lines_stay_within_limit(history: History, plan: Plan, tips: Mapping[str, str]) -> None:
    """The integration's own edits stay within `limits.changed_lines`; a whole file removed or taken is none (R361)."""
    lines = 0
    for branch in plan.branches:
        merge = own_merge(history, branch, tips[branch.id])
        automatic = automatic_of(history, merge).tree
        whole = {*plan.gone_after(branch)}
        for fix in plan.fixes_of(branch):
            whole |= set() if fix.patch else touched(history.repo, plan, fix, automatic)
        edited = changes(history.repo, automatic, merge.tree).keys() - whole
        lines += changed_lines(history.repo, automatic, merge.tree, edited)
    limit = plan.limits.changed_lines
    require(lines <= limit, f"the merges change {lines} lines of their own; the plan allows {limit}")


def test_infrastructure_adds_only_its_files(history: History, plan: Plan, store: Repo) -> None:
    """The one commit beside the merges adds demo and documents of the plan's folder, unchanged, and says so (R291)."""
    last = history.commits[-1] if history.commits and len(history.commits[-1].parents) == 1 else None
    if not last:
        return
    require(
        "\nIntegration-Infrastructure: R291" in last.message, f"{last.short} is no merge and does not say what it is"
    )
    planned = plan.infrastructure
    for path, change in changes(store, last.parents[0], last.id).items():
        file = planned.get(path)
        require(file, f"{last.short} changes {path}, which is not in `demo.create`")
        require(change.before is None, f"{last.short} changes {path}, which the branches bring")
        same = file and change.after and content(store, change.after.blob) == file.read_bytes()
        require(same, f"{last.short} adds {path}, but not as it is in `demo.create`")
        right = file and change.after and (path == plan.demo.script or change.after.mode == plan.mode_of(path, file))
        require(right, f"{last.short} adds {path} with another mode than in `demo.create`")


def test_no_conflict_markers(history: History, store: Repo) -> None:
    """No file that the integration changed holds the markers of an unsettled conflict."""
    changed = changes(store, history.base, history.tip)
    marked = sorted(with_conflict_markers(store, history.tip, changed))
    changed_by = last_change(history) if marked else {}
    lines = [f"  {shown(path)}, since {changed_by[path].short}" for path in marked]
    require(not marked, "\n".join(["lines with <<<<<<< and >>>>>>> are in", *lines]))


def test_branches_are_not_integrations(history: History, plan: Plan, tips: Mapping[str, str]) -> None:
    """No branch contains commits of an integration, this one or another: they are never a source (R270)."""
    inside = integration_commits(history, [tips[branch.id] for branch in plan.branches])
    for branch in plan.branches:
        commits = inside.get(tips[branch.id], ())
        require(
            not commits,
            f"{branch.id} contains {listed(commits)}, which are integrations; they are never a source (R270)",
        )
