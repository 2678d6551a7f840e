"""What the rules of a plan throw away where they settle conflicts, branch by branch."""

from collections.abc import Iterator, Mapping

from tests_integration.criteria.expected import settled_by_rules
from tests_integration.criteria.judge import automatic_of
from tests_integration.criteria.kept import Loss, brought_by_name, excused_by, losses
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Branch
from tests_integration.repository.ask import Commit, History, shown
from tests_integration.repository.merge import Conflict
from tests_integration.repository.resolutions import Merging, lost, names_of, told


def dropped_by(history: History, plan: Plan, tips: Mapping[str, str], number: int) -> tuple[int, list[str]]:
    """How many conflicts a rule (by its number, from 1) settled, and what it dropped, each a line for people."""
    rule = plan.resolve[number - 1]
    used = 0
    lines: list[str] = []
    for branch in plan.branches:
        for merge in history.merges_of(tips[branch.id]):
            automatic = automatic_of(history, merge)
            settled = settled_by_rules(plan, branch, automatic) if automatic.conflicts else {}
            for conflict in automatic.conflicts:
                if settled.get(conflict.path) == number:
                    used += 1
                    lines += _dropped(history, plan, tips, (branch, merge), conflict)
            if rule.drops and branch.id in rule.merges:
                conflicted = {conflict.path for conflict in automatic.conflicts}
                lost = [loss for loss in losses(history, merge) if loss.path not in conflicted]
                excused = [loss for loss in lost if excused_by(plan, branch, loss) == number]
                used += len(excused)
                lines += [_excused(history, tips, merge, branch, loss) for loss in excused]
    return used, lines


def _excused(history: History, tips: Mapping[str, str], merge: Commit, branch: Branch, loss: Loss) -> str:
    names = {tip: name for name, tip in tips.items() if name != "base"}
    by = brought_by_name(history, names, loss.origin)
    return (
        f"  {shown(loss.path)}, in the merge of {branch.id} ({merge.id[:12]}), without a conflict, of {by}: {loss.text}"
    )


def _dropped(
    history: History, plan: Plan, tips: Mapping[str, str], where: tuple[Branch, Commit], conflict: Conflict
) -> Iterator[str]:
    branch, merge = where
    automatic = automatic_of(history, merge)
    merging = Merging(history.repo, merge.parents[0], merge.parents[1], automatic, plan.resolutions)
    earlier, own = lost(merging, conflict, merge.tree)
    by_branch: dict[tuple[str, str], list[bytes]] = {}
    names = {tip: name for name, tip in tips.items() if name != "base"}
    called = names_of(merging, conflict)
    for path, line in earlier:
        origin = _origin(history, merge, called if path in called else frozenset({path}), line.rstrip(b"\r"))
        brought = _name(history, names, origin)
        by_branch.setdefault((path, brought), []).append(line)
    for path, line in own:
        by_branch.setdefault((path, branch.id), []).append(line)
    for (path, name), lines in by_branch.items():
        yield f"  {shown(path)}, in the merge of {branch.id} ({merge.id[:12]}): {told(name, lines)}"


def _origin(history: History, merge: Commit, paths: frozenset[str], text: bytes) -> str:
    """The commit of the integration that had brought what the merge removed from files; empty where the base did."""
    changes = [change for change in history.provenance.get(merge.id, ()) if paths & {change.path, change.before}]
    removed = [line for change in changes for hunk in change.hunks for line in hunk.removed]
    if line := next((line for line in removed if line.text.rstrip(b"\r\n") == text), None):
        return line.origin.commit if line.origin else ""
    return next((change.origins[-1] for change in changes if change.origins), "")


def _name(history: History, names: Mapping[str, str], origin: str) -> str:
    commit = next((commit for commit in history.commits if commit.id == origin), None)
    parents = commit.parents[1:] if commit else ()
    return next((names[parent] for parent in parents if parent in names), "the base")
