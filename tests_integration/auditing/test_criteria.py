"""The criteria: which there are, what follows from their outcomes, and the verdict."""

from tests_integration import __version__
from tests_integration.auditing.claims import require, require_same, undecided
from tests_integration.auditing.expected import judging_only, told_keys, wanted_keys
from tests_integration.criteria.catalogue import described
from tests_integration.plan.stages import STAGES
from tests_integration.record.ledger import PlanLedger
from tests_integration.record.model import CriterionFact, Record, sentence, verdict

OUTCOMES = frozenset({"passed", "failed", "blocked", "not-run"})


def test_every_criterion_is_told(record: Record) -> None:
    """The record has every criterion once for everything that it is about, in the order in which they run."""
    require_same("criteria", told_keys(record), wanted_keys(record), "plan and criteria give")
    if record.attempt:
        require_same("judging", bool(record.attempt.judging), judging_only(record), "its criteria say")


def test_criteria_are_in_their_own_words(record: Record) -> None:
    """Stage and description of each criterion are those that this waveproof has for it."""
    wrote = record.environment.get("waveproof")
    if wrote != __version__:
        undecided(f"waveproof {wrote} wrote the record; this is {__version__}, which may say it otherwise")
    known = {name: (one.stage, one.description) for name, one in described().items()}
    for one in record.criteria:
        require_same(one.criterion, (one.stage, one.description), known.get(one.criterion), "it is")


def test_outcome_fits_the_others(record: Record) -> None:
    """What failed says why, what passed says nothing, and nothing ran behind a stage that failed."""
    for one in record.criteria:
        require(one.outcome in OUTCOMES, f"{_name(one)}: {one.outcome!r} is no outcome")
        says_why = one.outcome in {"failed", "blocked"}
        require(bool(one.message) == says_why, f"{_name(one)} {one.outcome}: {one.message!r}")
        require(one.seconds >= 0, f"{_name(one)} took {one.seconds} s")
        idle = not (one.seconds or one.remarks)
        require(one.outcome != "not-run" or idle, f"{_name(one)} did not run, but left something")
    ledger = PlanLedger(list(record.criteria))
    for stage in STAGES:
        if reason := ledger.blocked_by(stage):
            for one in record.criteria:
                right = one.outcome == "not-run" or (one.outcome, one.message) == ("blocked", reason)
                require(one.stage != stage or right, f"{_name(one)} is {one.outcome} ({one.message}), but {reason}")


def test_nothing_was_left_out(record: Record) -> None:
    """Only a rehearsal leaves criteria out; any other run that did not come to its end lacks the last ones."""
    ran = [one.outcome != "not-run" for one in record.criteria]
    if record.attempt is None or record.attempt.rehearsal:
        require(not all(ran) or not record.plan.branches, "every criterion ran, so it was no rehearsal")
        require(record.verdict != "SUCCESS", "a rehearsal is no success")
        return
    gap = next((one for one, did in zip(record.criteria, ran, strict=True) if not did), None)
    came_so_far = ran[: sum(ran)]
    require(all(came_so_far), f"{_name(gap) if gap else ''} did not run, but later ones did")


def test_verdict_follows_from_the_criteria(record: Record) -> None:
    """Verdict and sentence are what the outcomes of the criteria give; only what is not finished was interrupted."""
    unfinished = any(one.outcome == "not-run" for one in record.criteria)
    require(record.interrupted in {"", *STAGES}, f"{record.interrupted!r} is no stage")
    require(unfinished or not record.interrupted, "it was interrupted, but every criterion was judged")
    require_same("verdict", record.verdict, verdict(record.criteria), "its criteria give")
    judging = record.attempt.judging if record.attempt else ""
    require_same(
        "sentence",
        record.sentence,
        sentence(record.plan.heading, record.criteria, judging, record.interrupted),
        "they give",
    )
    plan = record.plan
    heading = f"{plan.title}, attempt {plan.attempt}" if plan.branches else f"Plan {plan.name}"
    require_same("heading", plan.heading, heading, "its plan gives")


def _name(one: CriterionFact) -> str:
    return f"{one.criterion}[{one.subject}]" if one.subject else one.criterion
