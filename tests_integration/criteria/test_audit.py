"""Stage audit: the branch is what the plan promised and nothing else, as git alone tells it."""

from collections.abc import Mapping

import pytest
from git import Repo

from tests_integration.criteria.dropped import dropped_by
from tests_integration.criteria.expected import step_of, undeclared
from tests_integration.criteria.fixed import elsewhere, gone_from_signature, is_stale, settles, undone_at_tip
from tests_integration.criteria.inner import Discard, discards
from tests_integration.criteria.judge import (
    Remark,
    adds_nothing,
    fail,
    listed,
    merge_to_judge,
    own_merge,
    require,
)
from tests_integration.criteria.kept import Loss, told, undone
from tests_integration.criteria.minimal import test_fix_is_still_needed, test_rule_is_still_needed  # noqa: F401
from tests_integration.criteria.own_lines import own_lines
from tests_integration.criteria.portable import unportable_paths
from tests_integration.criteria.traps import traps
from tests_integration.plan.model import Plan
from tests_integration.plan.offer import rule_line
from tests_integration.plan.parts import Branch, Fix, Resolve
from tests_integration.repository.ancestry import Ancestry
from tests_integration.repository.ask import (
    Commit,
    History,
    content,
    entries,
    integration_commits,
    is_ancestor,
    last_change,
    missing_commits,
    shown,
    with_conflict_markers,
)
from tests_integration.repository.entry import is_text_file
from tests_integration.repository.reverts import reverted_in_base
from tests_integration.text import counted

pytestmark = pytest.mark.audit

PATCH_LINES = 60

INFRASTRUCTURE = "\nIntegration-Infrastructure: R291"
"""The trailer that says what the one commit beside the merges is for."""


def test_branch_starts_at_base(history: History, plan: Plan) -> None:
    """The oldest commit of the integration stands straight on the base."""
    require(
        history.commits or not is_ancestor(history.repo, history.tip, history.base) or history.tip == history.base,
        f"the base {plan.base} ({history.base}) contains this integration ({history.tip}) already: what was merged can"
        " no longer be told from the base",
    )
    start = history.starts_at
    behind = missing_commits(history.repo, history.base, start) if start else []
    moved = f": {counted(len(behind), 'commit')} behind it; integrate afresh" if behind else ""
    require(
        start == history.base, f"the integration starts at {start}, not at the base {plan.base} ({history.base}){moved}"
    )


def test_branch_is_merged_once(history: History, tips: Mapping[str, str], branch: Branch) -> None:
    """The branch's tip is in through exactly one merge commit of its own, with two parents."""
    own_merge(history, branch, tips[branch.id])


def test_merges_in_planned_order(history: History, plan: Plan, tips: Mapping[str, str]) -> None:
    """The merges stand in the plan's order, with nothing beside them but one infrastructure commit at the end."""
    planned = [tips[branch.id] for branch in plan.branches]
    strangers = [commit for commit in history.merges if commit.parents[1] not in planned]
    require(not strangers, f"merged, but not planned: {listed(strangers)}")
    merged = [commit.parents[1] for commit in history.merges]
    require(
        merged == [tip for tip in planned if tip in merged],
        f"the merges stand in another order: {listed(history.merges)}",
    )
    singles = [commit for commit in history.commits if len(commit.parents) < 2]  # noqa: PLR2004
    unnamed = [commit for commit in singles if INFRASTRUCTURE not in commit.message]
    require(
        singles in ([], list(history.commits[-1:])),
        f"no merge, and not the one infrastructure commit at the end: {listed(unnamed or singles)}",
    )


def test_efforts_come_before_dependents(history: History, plan: Plan, tips: Mapping[str, str]) -> None:
    """Every split of an effort was merged before any effort that depends on it (R306)."""
    place = {commit.parents[1]: n for n, commit in enumerate(history.commits) if len(commit.parents) > 1}
    merged = [branch for branch in plan.branches if tips[branch.id] in place]
    effort = {branch.id: branch.effort for branch in plan.branches}
    for branch in merged:
        wanted = {effort[parent] for parent in branch.parent if parent in effort}
        for other in (other for other in merged if other.effort in wanted) if wanted else ():
            before = other.effort != branch.effort or other.split < branch.split
            require(
                not before or place[tips[other.id]] < place[tips[branch.id]],
                f"{branch.id} was merged before {other.id}, which it depends on",
            )


def test_parents_are_as_declared(
    ancestry: Ancestry, history: History, plan: Plan, branch: Branch, remark: Remark
) -> None:
    """The branch contains its declared parents and no branch that it does not declare.

    A parent that has moved on since is named (the base only where the plan declares it as the parent), and so is a
    branch that adds nothing because another one brought it in.
    """
    if text := adds_nothing(history, ancestry, branch):
        remark(text)
    for parent in branch.parent:
        if parent == "base":
            behind = ancestry.behind_base(branch.id) if "parent" in branch.model_fields_set else 0
            where = f"the base {plan.base}"
        else:
            behind = 0 if ancestry.contains(branch.id, ancestry.tips[parent]) else ancestry.behind(branch.id, parent)
            where = f"its parent {parent}"
            require(
                not behind or ancestry.shares(branch.id, parent),
                f"{branch.id} declares the parent {parent}, but has none of its commits: {ancestry.tips[branch.id]}"
                f" does not contain {ancestry.tips[parent]}.\n"
                f"Declare what it really stands on, or rebase it on {parent}.",
            )
        if behind:
            remark(f"{branch.id} is stale: {where} has moved on, {counted(behind, 'commit')} since")
    declared = plan.lineage[branch.id]
    brought = {other for parent in branch.parent if parent != "base" for other in ancestry.contained(parent)}
    strangers = [other for other in ancestry.contained(branch.id) if other not in declared | brought]
    require(
        not strangers,
        f"{branch.id} contains {' and '.join(strangers)}, which it does not declare: its merge brings them in too.\n"
        f"Add to its `parent` in the plan, or take them out of {branch.source}.",
    )
    for other, count in ancestry.shared(plan.lineage)[branch.id].items():
        both = f"{branch.id} shares {counted(count, 'commit')} with {other}"
        remark(f"{both}, and neither is declared as the parent of the other")


def test_merge_holds_nothing_else(
    history: History, plan: Plan, tips: Mapping[str, str], branch: Branch, remark: Remark
) -> None:
    """The merge's tree is git's own merge plus the declared resolutions and fixes, path by path (R361).

    What the branch brings that changes how git merges is named; it has no effect on the merges that this one is held
    against.
    """
    merge = merge_to_judge(history, branch, tips[branch.id])
    for trap in traps(history.repo, history.changes[merge.id]):
        remark(f"{branch.id} changes what git does with files: {trap} (merge {merge.id[:12]})")
    wrong = undeclared(history, plan, branch, merge)
    lines = [f"  {shown(path)}: {text}" for path, text in sorted(wrong.paths.items())]
    head = f"the merge of {branch.id}, {merge.short}, is not what the plan declares:"
    require(not lines, "\n".join([head, *lines, *_shortened(wrong.patch)]))


def test_rule_drops_only_what_it_may(
    history: History, plan: Plan, tips: Mapping[str, str], rule: tuple[int, Resolve], remark: Remark
) -> None:
    """What the rule throws away of either side is declared with `drops: true`; a rule that settles nothing is named."""
    number, resolve = rule
    used, lost = dropped_by(history, plan, tips, number)
    if not used:
        remark(f"rule {number} ({resolve.action}) is unused: no conflict of this run is for it")
    head = f"rule {number} ({resolve.action}) drops what branches added:"
    advice = "Say `drops: true` in the rule if that is meant."
    require(resolve.drops or not lost, "\n".join([head, *lost, advice]))
    if lost:
        remark("\n".join([head.rstrip(":") + ", as it says:", *lost]))


def test_earlier_work_is_kept(
    history: History, ancestry: Ancestry, plan: Plan, tips: Mapping[str, str], branch: Branch, remark: Remark
) -> None:
    """Nothing that an earlier branch or the base brought is silently undone by this one; its open edits are named."""
    merge = merge_to_judge(history, branch, tips[branch.id])
    thrown = list(discards(ancestry, plan, branch))
    _require_no_discard(branch, [discard for discard in thrown if not discard.conflicted])
    lost = undone(history, plan, branch, merge)
    if lost:
        names = {tips[other.id]: other.id for other in plan.branches}
        _require_no_silent_loss(history, plan, names, merge, [loss for loss in lost if loss.silent])
        remark(f"{branch.id} removes lines of earlier branches by commits of its own:\n{told(history, names, lost)}")
    if thrown:
        remark(f"{branch.id} settled conflicts of its own:\n" + "\n".join(map(str, thrown)))
    asked = ancestry.reverts_in_base and not ancestry.contains(branch.id, history.base)
    reverted = reverted_in_base(history.repo, history.base, tips[branch.id]) if asked else ()
    require(
        not reverted,
        f"{branch.id} has commits that the base has reverted, so that merging it does not bring them back:"
        f" {listed(reverted)}\nRevert the revert on the branch, or take the branch out of the plan.",
    )


def _require_no_discard(branch: Branch, thrown: list[Discard]) -> None:
    lines = "\n".join(map(str, thrown))
    require(
        not thrown,
        f"{branch.id} undoes by merges of its own what others brought:\n{lines}\nMend it on the branch (R300);"
        f" {_declared_as(branch.id, [discard.path for discard in thrown])}",
    )


def _require_no_silent_loss(
    history: History, plan: Plan, names: Mapping[str, str], merge: Commit, silent: list[Loss]
) -> None:
    if not silent:
        return
    branch = plan.branch(names[merge.parents[1]])
    paths = [loss.path for loss in silent]
    advice = (
        f"{branch.id} contains the earlier work and has lost it, by a revert, an old copy, or the wrong side of a"
        f" merge.\nMend it there (R300); {_declared_as(branch.id, paths)}"
    )
    if undeclared(history, plan, branch, merge).paths.keys() >= set(paths):
        advice = f"It is not the doing of {branch.id}: git's own merge keeps it. Merge it again (R361)."
    head = f"the merge of {branch.id}, {merge.short}, undoes what was merged before it:"
    fail(f"{head}\n{told(history, names, silent)}\n{advice}")


def _declared_as(branch: str, paths: list[str]) -> str:
    line = rule_line(list(dict.fromkeys(paths)), "ours", branch, drops=True)
    return f"or, if it is meant, declare it under `resolve:`\n  {line}"


def test_fix_is_in_its_merge(history: History, plan: Plan, tips: Mapping[str, str], fix: Fix, remark: Remark) -> None:
    """The fix took effect in the merge that it names and is still in effect at the tip; a stale one is named (R521)."""
    branch = plan.branch(fix.after)
    merge = merge_to_judge(history, branch, tips[branch.id])
    there = entries(history.repo, merge.tree, [*fix.delete, *fix.needs])
    for path in fix.delete:
        where = f"{merge.short}, the merge of {branch.id}{elsewhere(history, merge, path)}"
        require(path not in there, f"{fix.id}: {path} is still there in {where}")
    for path in fix.needs:
        require(path in there, f"{fix.id} needs {path}, which is not there in {merge.short}")
    step = step_of(history, plan, fix, branch, merge)
    for path in gone_from_signature(history, step):
        remark(f"{fix.id} has a signature that names {path}, which is not there in the merge of {branch.id}")
    if is_stale(history, plan, step, merge):
        remark(f"{fix.id} is stale: {branch.id} has no such problem any more; take the fix out of the plan")
        return
    effect = step.paths & history.by_hand[merge.id].keys()
    held = effect or settles(history, fix, merge)
    require(held, f"{fix.id} changed nothing in {merge.short}: git's own merge is the same without it")
    back = undone_at_tip(history, step, merge)
    require(not back, f"{fix.id} ({fix.action}) is undone at the tip {history.tip[:12]}: {', '.join(back)}")


def test_deleted_files_stay_deleted(history: History, fix: Fix) -> None:
    """What the fix deleted is still gone at the tip; no later branch brought it back."""
    back = sorted(entries(history.repo, history.tip, fix.delete)) if fix.delete else []
    changed_by = last_change(history) if back else {}
    since = ", ".join(f"{path} (since {changed_by[path].short})" if path in changed_by else path for path in back)
    require(not back, f"{fix.id} deleted {', '.join(back)}, but the tip {history.tip[:12]} has it again: {since}")


def test_own_lines_stay_within_limit(history: History, plan: Plan, tips: Mapping[str, str]) -> None:
    """The integration's own edits stay within `limits.changed_lines`; a whole file removed or taken is none (R361)."""
    by_merge = {
        merge: lines
        for branch in plan.branches
        if (merge := merge_to_judge(history, branch, tips[branch.id]))
        and (lines := own_lines(history, plan, branch, merge))
    }
    lines, limit = sum(by_merge.values()), plan.limits.changed_lines
    where = "\n".join(f"  {merge.short}: {count}" for merge, count in by_merge.items())
    require(lines <= limit, f"the merges change {lines} lines of their own; the plan allows {limit}:\n{where}")


def test_infrastructure_adds_only_its_files(history: History, plan: Plan, store: Repo) -> None:
    """The one commit beside the merges adds what is lacking of the plan's demo and documents, and says so (R291)."""
    last = history.commits[-1] if history.commits and len(history.commits[-1].parents) == 1 else None
    if last:
        _require_own_files(history, plan, store, last)
    there = entries(store, history.tip, plan.infrastructure) if plan.infrastructure else {}
    missing = sorted(plan.infrastructure.keys() - there.keys())
    require(not missing, f"the branch has no {', '.join(missing)}, which `demo.create` adds where it is lacking")


def _require_own_files(history: History, plan: Plan, store: Repo, last: Commit) -> None:
    require(
        INFRASTRUCTURE in last.message,
        f"{last.short} is no merge and does not say what it is\nIts message lacks `{INFRASTRUCTURE.strip()}`.",
    )
    planned = plan.infrastructure
    for path, change in history.changes[last.id].items():
        file = planned.get(path)
        require(file, f"{last.short} changes {shown(path)}, which is not in `demo.create`")
        require(change.before is None, f"{last.short} changes {path}, which the branches bring")
        after = change.after if is_text_file(change.after) else None
        same = file and after and content(store, after.blob) == file.read_bytes()
        require(same, f"{last.short} adds {path}, but not as it is in `demo.create`")
        right = file and after and (path == plan.demo.script or after.mode == plan.mode_of(path, file))
        require(right, f"{last.short} adds {path} with another mode than in `demo.create`")


def test_no_conflict_markers(history: History) -> None:
    """No file that the integration changed holds the markers of an unsettled conflict."""
    now = {path: change.after for path, change in history.changed.items()}
    marked = sorted(with_conflict_markers(history.repo, now))
    changed_by = last_change(history) if marked else {}
    lines = [f"  {shown(path)}, since {changed_by[path].short}" for path in marked]
    require(not marked, "\n".join(["lines with <<<<<<< and >>>>>>> are in", *lines]))


def test_paths_are_portable(history: History, plan: Plan) -> None:
    """No path that the integration brings meets another one, or fails to be a name, on some file system."""
    changed_by = last_change(history)
    wrong = unportable_paths(history, plan.limits.unportable_paths)
    lines = [f"  {shown(path)}, since {changed_by[path].short}: {text}" for path, text in wrong.items()]
    advice = "Rename them on their branch; or, if they are wanted, name them in `limits: {unportable_paths: […]}`."
    require(not wrong, "\n".join(["paths are in that not every file system can hold:", *lines, advice]))


def test_branches_are_not_integrations(history: History, ancestry: Ancestry, plan: Plan) -> None:
    """No branch contains commits of an integration, this one or another: they are never a source (R270)."""
    found = [one for one in integration_commits(history, ancestry.tips.values()) if ancestry.holders(one.id)]
    for branch in plan.branches:
        commits = [commit for commit in found if ancestry.contains(branch.id, commit.id)]
        require(
            not commits,
            f"{branch.id} contains {listed(commits)}, which are integrations; they are never a source (R270)",
        )


def _shortened(patch: str) -> list[str]:
    lines = [f"    {line}" for line in patch.splitlines()]
    more = [f"    … {len(lines) - PATCH_LINES} more lines"] if len(lines) > PATCH_LINES else []
    return lines[:PATCH_LINES] + more
