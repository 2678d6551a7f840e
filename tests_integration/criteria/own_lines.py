"""Lines that a merge adds or removes on its own account (R361)."""

from tests_integration.criteria.expected import settled_by_rules
from tests_integration.criteria.judge import automatic_of
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Branch
from tests_integration.repository.ask import Commit, History, changed_lines
from tests_integration.repository.merge import union_merge


def own_lines(history: History, plan: Plan, branch: Branch, merge: Commit) -> int:
    """How many lines of a merge are neither git's nor a whole file removed or a side taken.

    Lines picked by hand (`take: recorded`) are counted against git's union of both sides.
    """
    automatic = automatic_of(history, merge)
    changed = history.by_hand[merge.id]
    if not changed:
        return 0
    rules = settled_by_rules(plan, branch, automatic)
    recorded = [path for path, number in rules.items() if plan.resolve[number - 1].take == "recorded"]
    whole = {*plan.named_by_fixes(branch), *rules}
    whole |= {name for conflict in automatic.conflicts if conflict.path in rules for name in conflict.aside}
    edited = changed_lines(history.repo, automatic.tree, merge.tree, changed.keys() - whole)
    if not recorded:
        return edited
    union = union_merge(history.repo, merge.parents[0], merge.parents[1])
    return edited + changed_lines(history.repo, union.tree, merge.tree, recorded)
