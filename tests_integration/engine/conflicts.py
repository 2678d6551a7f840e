"""Settles the conflicts of a merge as the plan's fixes and rules say (R361)."""

from typing import NamedTuple

from tests_integration.facts import ConflictFact
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Branch
from tests_integration.repository.ask import shown
from tests_integration.repository.entry import Entry
from tests_integration.repository.merge import Conflict
from tests_integration.repository.resolutions import Merging, Resolver, Settlement, without_aside


class Unsettled(NamedTuple):
    """A conflict that the plan leaves open, and why the rule that names it, if one does, does not settle it."""

    conflict: Conflict
    problem: str
    rule: int

    @property
    def fact(self) -> ConflictFact:
        """For the record."""
        return ConflictFact(path=shown(self.conflict.path), kind=self.conflict.kind, rule=self.rule)


class Judged(NamedTuple):
    """The conflicts of a merge.

    Attributes:
        settled: each with what settled it.
        edits: what that sets or removes in git's own merge.
        unsettled: the others.
    """

    settled: tuple[ConflictFact, ...]
    edits: dict[str, Entry | None]
    unsettled: tuple[Unsettled, ...]


def judged(plan: Plan, branch: Branch, merging: Merging, deleted: frozenset[str]) -> Judged:
    """What the plan says of each conflict: a fix that deletes the file or takes a side of it, else the first rule.

    Args:
        plan: has rules and fixes.
        branch: whose merge it is.
        merging: the merge.
        deleted: paths that fixes delete, in this merge or an earlier one.
    """
    by_fix = settled_by_fixes(plan, branch, deleted)
    resolver = Resolver(merging)
    settled: list[ConflictFact] = []
    unsettled: list[Unsettled] = []
    edits: dict[str, Entry | None] = {}
    for conflict in merging.automatic.conflicts:
        fact = ConflictFact(path=shown(conflict.path), kind=conflict.kind)
        if conflict.path in by_fix:
            edits |= without_aside(conflict) if conflict.ours or conflict.theirs else {conflict.path: None}
            settled.append(fact.model_copy(update={"settled": by_fix[conflict.path]}))
            continue
        number, settlement, text = _by_rule(plan, branch, resolver, conflict)
        if settlement.problem:
            unsettled.append(Unsettled(conflict, text, number))
        else:
            edits |= settlement.edits
            settled.append(fact.model_copy(update={"settled": text, "rule": number}))
    return Judged(tuple(settled), edits, tuple(unsettled))


def settled_by_fixes(plan: Plan, branch: Branch, deleted: frozenset[str]) -> dict[str, str]:
    """The paths whose conflicts fixes settle in the merge of a branch, each with how; `deleted` as for `judged`."""
    by_fix: dict[str, str] = {}
    for fix in plan.fixes:
        by_fix.update(dict.fromkeys(deleted.intersection(fix.delete), f"deleted by {fix.id}"))
    for fix in plan.fixes_of(branch):
        for side in ("ours", "theirs"):
            by_fix.update(dict.fromkeys(getattr(fix.take, side, ()), f"{side} taken by {fix.id}"))
    return by_fix


def _by_rule(plan: Plan, branch: Branch, resolver: Resolver, conflict: Conflict) -> tuple[int, Settlement, str]:
    if (found := plan.rule_for(branch, conflict.path)) is None:
        return 0, Settlement({}, "no rule names it"), ""
    number, rule = found
    settlement = resolver.settlement(conflict, rule.take)
    if settlement.problem:
        return number, settlement, f"rule {number} (take: {rule.take}) does not settle it: {settlement.problem}"
    return number, settlement, f"{rule.take} by rule {number}"
