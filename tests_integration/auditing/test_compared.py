"""The run before: what the record says of it fits what it says of itself."""

from tests_integration.auditing.claims import require, require_same, undecided
from tests_integration.auditing.evidence import Evidence
from tests_integration.record.compare import how_it_moved, is_slower
from tests_integration.record.comparison import Comparison
from tests_integration.record.model import Record
from tests_integration.repository.ancestry import gone_and_new


def test_branches_moved_as_told(evidence: Evidence, compared: Comparison) -> None:
    """Between its tip then and its tip now, each branch has lost and got so many commits."""
    for moved in compared.moved or ():
        before, after = moved.before, moved.after
        if not before or not after or moved.gone is None:
            continue
        if not evidence.has(before):
            undecided(f"{evidence.url} has no commit {before} any more")
        found = gone_and_new(evidence.repo, before, after)
        require_same(f"moved: {moved.id}", (moved.gone, moved.new), found)
        require_same(f"moved: {moved.id}", moved.how, how_it_moved(before, after, *(found or (None, None))))


def test_comparison_fits(record: Record, compared: Comparison) -> None:
    """What changed since the run before is now as this record has it."""
    known = bool(compared.tip and record.tip)
    require_same("same_tip", compared.same_tip, compared.tip == record.tip if known else None, "both tips say")
    outcomes = {(one.criterion, one.subject): (one.stage, one.outcome) for one in record.criteria}
    for one in compared.changed:
        told = (one.stage, one.after)
        require_same(f"changed: {one.name}", told, outcomes.get((one.criterion, one.subject)), "its criteria say")
        require({one.before, one.after} == {"passed", "failed"}, f"{one.name} is said to have changed, and has not")
    for moved in compared.moved or ():
        now = record.sources[moved.id].commit if moved.id in record.sources else None
        require_same(f"moved: {moved.id}", moved.after, now, "its sources say")
    for slower in compared.slower:
        require(is_slower(slower.before, slower.after), f"{slower.what} is said to be slower, and is not")
    still = compared.moved == () and not compared.plan_changed
    turned_red = tuple(one for one in compared.changed if one.after == "failed")
    require_same("unstable", compared.unstable, turned_red if still else (), "what moved and changed says")
