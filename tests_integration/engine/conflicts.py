"""Which conflicts a plan settles by its fixes, and how the others are put to people."""

from collections.abc import Iterable

from tests_integration.facts import ConflictFact
from tests_integration.plan.model import Branch, Plan
from tests_integration.repository.ask import shown
from tests_integration.repository.merge import Conflict


def judged(plan: Plan, branch: Branch, conflicts: Iterable[Conflict]) -> tuple[ConflictFact, ...]:
    """The conflicts of a merge, each with the fix that settles it, if one does.

    A fix settles a conflict by deleting the file or by taking one side of it whole (R361).
    """
    by_fix: dict[str, str] = {}
    for fix in plan.fixes:
        by_fix.update(dict.fromkeys(plan.gone_after(branch).intersection(fix.delete), f"deleted by {fix.id}"))
    for fix in plan.fixes_of(branch):
        for side in ("ours", "theirs"):
            by_fix.update(dict.fromkeys(getattr(fix.take, side, ()), f"{side} taken by {fix.id}"))
    return tuple(
        ConflictFact(path=shown(conflict.path), kind=conflict.kind, settled=by_fix.get(conflict.path, ""))
        for conflict in conflicts
    )


def explained(branch: Branch, conflicts: Iterable[ConflictFact]) -> str:
    """What a person needs to know of the conflicts that nothing settles."""
    lines = [f"  {conflict.path} ({conflict.kind})" for conflict in conflicts]
    count = "1 file is" if len(lines) == 1 else f"{len(lines)} files are"
    return "\n".join(
        (
            f"{branch.id} ({branch.source}) does not merge into what was merged before it; {count} in conflict:",
            *lines,
            "Settle it on the effort's branch (merge what comes before it, R300), or declare a known fix for the file.",
        )
    )
