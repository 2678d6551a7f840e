"""The attempt (R520): what it was built from, and what is remembered of it."""

from datetime import datetime
from typing import Any

from tests_integration.auditing.claims import criterion_of, require, require_same, undecided
from tests_integration.auditing.planned import JUDGED, lock_of
from tests_integration.facts import AttemptFact
from tests_integration.record.model import Record, headline, statuses

STAMP = "%Y-%m-%dT%H:%M:%SZ"
DONE = {"SUCCESS": {"COMPLETE"}, "INCOMPLETE": {"RETRY_INTEGRATION", "ESCALATE"}}
PUSH = {"RETRY_INTEGRATION", "MANUAL_INTERVENTION", "ESCALATE"}


def test_attempt_is_of_these_inputs(record: Record, attempt: AttemptFact) -> None:
    """Number, plan, known fixes, base and tips are those that the rest of the record tells."""
    require_same("attempt", attempt.number, record.plan.attempt, "its plan says")
    may = criterion_of(record, "attempt_may_start")
    require(not attempt.refused, f"an attempt that is refused leaves no record: {attempt.refused}")
    require(not may or may.outcome != "failed" or attempt.refused, "it was refused, and was not")
    known = {"catalogue": record.plan.catalogue} if record.plan.catalogue else {}
    known |= {"--lock": lock.digest} if (lock := lock_of(record)) else {}
    keys = ["plan", *known, *(key for key in record.sources if key != JUDGED)]
    if record.sources:
        require_same("inputs", sorted(attempt.inputs), sorted(keys), "its sources are")
    own = {"plan": record.plan.digest, **known}
    require_same("inputs", {key: attempt.inputs.get(key) for key in own}, own, "its plan says")
    found = {key: source.commit for key, source in record.sources.items() if source.commit and key != JUDGED}
    require_same("inputs", {key: attempt.inputs.get(key) for key in found}, found, "its sources say")


def test_attempt_is_remembered(record: Record, attempt: AttemptFact) -> None:
    """The metadata tell of this attempt what the record does: when it began, its result, its tip, what follows."""
    past = record.metadata
    entries = past.get("integration_attempts")
    own = [one for one in entries if _run(one) == attempt.run] if isinstance(entries, list) else []
    if not attempt.counts:
        require(not own, "a rehearsal, and judging, leave no attempt in the metadata")
        undecided("this run counts as no attempt; what the metadata hold is of others")
    require(len(own) == 1, f"the metadata have {len(own)} attempts of this run")
    entry = _entry(record, attempt)
    require_same("metadata", {key: own[0].get(key) for key in entry}, entry, "it was")
    if entries and own[0] is not entries[-1]:
        undecided("another attempt was begun since")
    wanted = _last(record, attempt, entries or [])
    require_same("metadata", {key: past.get(key) for key in wanted}, wanted, "it was")
    pending = past.get("bugs_pending_fix")
    kept = {one.get("id"): one for one in pending if isinstance(one, dict)} if isinstance(pending, list) else {}
    for bug in record.bugs:
        require_same(f"bugs_pending_fix: {bug.id}", kept.get(bug.id), bug.model_dump(mode="json"), "its gate says")
    _require_next(record, past)


def _run(entry: object) -> object:
    return entry.get("run") if isinstance(entry, dict) else None


def _entry(record: Record, attempt: AttemptFact) -> dict[str, Any]:
    """What is remembered of an attempt."""
    interrupted = record.verdict == "INCOMPLETE" and bool(record.interrupted)
    return {
        "attempt_number": attempt.number,
        "started_at": attempt.started_at,
        "merge_commit_sha": record.tip,
        **statuses(record.criteria),
        "overall_result": record.verdict,
        "interrupted": interrupted,
        "record_judged": not interrupted,
        "bugs_created": [bug.id for bug in record.bugs if bug.new],
        "cascade_triggered": False,
        "inputs": attempt.inputs,
        "owner": attempt.owner,
    }


def _last(record: Record, attempt: AttemptFact, entries: list[Any]) -> dict[str, Any]:
    """What is remembered of the last attempt."""
    success = record.verdict == "SUCCESS"
    failed = [headline(one) for one in record.failed]
    reason = failed[0] if failed else f"{record.plan.name}: not every criterion was judged"
    results = [one.get("overall_result") if isinstance(one, dict) else None for one in entries[:-1]]
    since = results[::-1].index("SUCCESS") if "SUCCESS" in results else len(results)
    return {
        "last_integration_attempt": attempt.started_at,
        "integration_started_at": attempt.started_at,
        "merge_commit_sha": record.tip,
        "last_attempt_result": record.verdict,
        "last_progress_check": entries[-1].get("completed_at"),
        "integration_duration_seconds": _seconds(attempt.started_at, entries[-1].get("completed_at")),
        "integration_complete": success,
        "manual_override": attempt.forced or None,
        "attempt_count": since + 1,
        "retry_reason": "" if success else reason,
        **({"bugs_pending_fix": []} if success else {}),
    }


def _seconds(start: str, end: object) -> int | None:
    """From one time to another; nothing where one of them is none."""
    try:
        spent = datetime.strptime(str(end), STAMP) - datetime.strptime(start, STAMP)  # noqa: DTZ007
        return max(0, int(spent.total_seconds()))
    except ValueError:
        return None


def _require_next(record: Record, past: dict[str, Any]) -> None:
    follows = past.get("next_action")
    may = DONE.get(record.verdict, PUSH if record.verdict == "PUSH_FAILED" else {"WAIT_FOR_FIXES", "ESCALATE"})
    require(follows in may, f"{follows} does not follow on {record.verdict}")
    require_same("ready_for_retry", past.get("ready_for_retry"), follows == "RETRY_INTEGRATION", "what follows says")
