"""R520: may this attempt start, and what is remembered of it, so that nobody repeats a failure for hours."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from tests_integration.engine import metadata
from tests_integration.engine.clock import moment, now, stamp
from tests_integration.engine.metadata import Attempts, MetadataError, Rests
from tests_integration.engine.owners import is_alive
from tests_integration.facts import AttemptFact, Integration, Source
from tests_integration.plan.model import Plan

RETRIED = {"PUSH_FAILED", "INCOMPLETE"}
"""Results that the same inputs may turn into a success: nothing was judged and found wanting."""

NEXT_ACTIONS = {
    "SUCCESS": "COMPLETE",
    "PUSH_FAILED": "RETRY_INTEGRATION",
    "INCOMPLETE": "RETRY_INTEGRATION",
    "PLAN_REJECTED": "MANUAL_INTERVENTION",
}
"""What follows a result; every other result waits for fixes on the effort branches (R300)."""

EVERY = 60
"""Seconds from one sign of life to the next, while a command runs."""

UNSETTLED = {"merge_status": "NOT_RUN", "build_status": "NOT_RUN", "test_status": "NOT_RUN", "demo_status": "NOT_RUN"}


JUDGED = "record_judged"
"""Key of an attempt that says whether all of it is judged; until then, SUCCESS may yet turn out to be interrupted."""


class Outcome(NamedTuple):
    """How an attempt ended.

    Attributes:
        result: a result word of R520.
        statuses: `merge_status`, `build_status`, `test_status`, `demo_status`: SUCCESS, FAILED or NOT_RUN.
        reason: the first failure, in one line; empty on success.
        refused: whether the remote has something else under the branch's name, which trying again will not change.
    """

    result: str
    statuses: Mapping[str, str]
    reason: str
    refused: bool = False


def inputs(plan: Plan, sources: Mapping[str, Source]) -> dict[str, str]:
    """What the branch is built from: the plan (without comments), base and tips."""
    return {"plan": plan.digest} | {key: source.commit or "missing" for key, source in sources.items()}


def refusal(plan: Plan, past: Attempts, current: Mapping[str, str], reports: Path) -> str:
    """Why another attempt may not start (R520); empty where it may.

    Args:
        plan: its limits count.
        past: the metadata object as it is.
        current: inputs of the attempt that wants to start.
        reports: folder of the last attempt's record.
    """
    attempts = _since_success({"integration_attempts": _closed(past)[0]})
    last = attempts[-1] if attempts else {}
    result = last.get("overall_result")
    if result and result not in {*RETRIED, "IN_PROGRESS"} and last.get("inputs") == current:
        return (
            f"attempt {last['attempt_number']} ended with {result} at {last['completed_at']}, and nothing that it was"
            f" built from has changed since: {past.get('retry_reason')}\n"
            f"The same inputs would fail again. Its record: {reports}\n"
            f"A change would be: a commit on the base or on one of the {len(current) - 2} branches, another plan"
            " (comments do not count), or other files that the plan adds.\n"
            "To try all the same: --force-attempt REASON"
        )
    if len(attempts) >= plan.limits.attempts:
        return (
            f"{len(attempts)} attempts since the last success have failed; the plan allows {plan.limits.attempts}"
            f" (`limits.attempts`). The last: {result}, {past.get('retry_reason')}\n"
            f"Its record: {reports}\nTo try all the same: --force-attempt REASON"
        )
    spent = _spent(attempts)
    if spent >= plan.limits.hours * 3600:
        return (
            f"{spent / 3600:.1f} hours were spent on attempts since the last success; the plan allows"
            f" {plan.limits.hours} (`limits.hours`).\nThe last attempt's record: {reports}\n"
            "To try all the same: --force-attempt REASON"
        )
    return ""


def start(attempt: AttemptFact, plan: Plan) -> None:
    """Write that the attempt is in progress; one that a killed run left so is closed as interrupted.

    Raises:
        MetadataError: the file cannot be kept.
    """

    def change(past: Attempts) -> Attempts:
        closed, warnings = _closed(past)
        entry: Attempts = {
            "attempt_number": attempt.number,
            "started_at": attempt.started_at,
            "completed_at": None,
            "merge_commit_sha": None,
            **UNSETTLED,
            "overall_result": "IN_PROGRESS",
            "bugs_created": [],
            "cascade_triggered": False,
            "inputs": attempt.inputs,
            "run": attempt.run,
            "owner": attempt.owner,
        }
        return {
            **past,
            "last_integration_attempt": attempt.started_at,
            "merge_commit_sha": None,
            "last_attempt_result": "IN_PROGRESS",
            "bugs_pending_fix": past.get("bugs_pending_fix", []),
            "ready_for_retry": False,
            "retry_reason": _retry_reason(attempt, closed),
            "integration_started_at": attempt.started_at,
            "integration_duration_seconds": 0,
            "attempt_count": len(_since_success({"integration_attempts": closed})) + 1,
            "max_attempts": plan.limits.attempts,
            "time_limit_hours": plan.limits.hours,
            "last_progress_check": attempt.started_at,
            "progress_warnings": warnings,
            "next_action": None,
            "manual_override": attempt.forced or None,
            "integration_complete": False,
            "integration_attempts": [*closed, entry],
        }

    metadata.update(Path(attempt.file), attempt.at, change)


def go_on(attempt: AttemptFact, patience: float = metadata.PATIENCE) -> None:
    """Write that the attempt is alive.

    Args:
        attempt: that goes on.
        patience: seconds to wait for those who write in the same file.

    Raises:
        MetadataError: the file cannot be kept.
    """

    def change(past: Attempts) -> Attempts:
        own = any(
            entry.get("run") == attempt.run and entry.get("overall_result") == "IN_PROGRESS" for entry in _entries(past)
        )
        return {**past, "last_progress_check": stamp(now())} if own else past

    metadata.update(Path(attempt.file), attempt.at, change, patience)


def signs(attempt: AttemptFact, seconds: Callable[[], float] = time.monotonic) -> Callable[[], None]:
    """Lets the attempt be seen to be alive while it does one thing for long.

    Args:
        attempt: that goes on.
        seconds: tells how time goes by.

    Returns:
        To be called as often as one likes; it writes once in `EVERY` seconds. What cannot be written at once is left
        for the next time: that the attempt ends has to be written anyhow.
    """
    last = seconds()

    def give() -> None:
        nonlocal last
        if attempt.counts and seconds() - last >= EVERY:
            last = seconds()
            with suppress(MetadataError):
                go_on(attempt, patience=0)

    return give


def finish(
    attempt: AttemptFact, integration: Integration | None, outcome: Outcome, *, record_judged: bool = True
) -> Rests:
    """Write how the attempt ended.

    Args:
        attempt: that ended.
        integration: what it built.
        outcome: how it ended.
        record_judged: False where that its record holds is still to be proven: a run that dies until then was
            interrupted.

    Returns:
        What stands beside it in the metadata, before and after.

    Raises:
        MetadataError: the file cannot be kept.
    """

    def change(past: Attempts) -> Attempts:
        attempts = _entries(past)
        ended = now()
        tip = integration.tip if integration else None
        success = outcome.result == "SUCCESS"
        own = max((n for n, entry in enumerate(attempts) if entry.get("run") == attempt.run), default=None)
        if own is None:
            raise MetadataError(f"{attempt.file}: somebody has removed the attempt that began at {attempt.started_at}")
        completed = {
            **attempts[own],
            "completed_at": stamp(ended),
            "merge_commit_sha": tip,
            **outcome.statuses,
            "overall_result": outcome.result,
            "inputs": attempt.inputs,
            JUDGED: record_judged,
        }
        spent = _spent([*_since_success({"integration_attempts": attempts[:own]}), completed])
        used_up = not success and (
            past["attempt_count"] >= past["max_attempts"] or spent >= past["time_limit_hours"] * 3600
        )
        return {
            **past,
            "merge_commit_sha": tip,
            "last_attempt_result": outcome.result,
            "bugs_pending_fix": [] if success else past["bugs_pending_fix"],
            "ready_for_retry": outcome.result in RETRIED and not used_up and not outcome.refused,
            "retry_reason": outcome.reason,
            "integration_duration_seconds": int(_between(moment(attempt.started_at), ended)),
            "last_progress_check": stamp(ended),
            "next_action": "ESCALATE" if used_up else _next_action(outcome),
            "integration_complete": success,
            "integration_attempts": [*attempts[:own], completed, *attempts[own + 1 :]],
        }

    return metadata.update(Path(attempt.file), attempt.at, change)


def _entries(past: Attempts) -> list[dict[str, Any]]:
    entries = past.get("integration_attempts") or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise MetadataError("integration_attempts is no list of objects")
    return list(entries)


def _since_success(past: Attempts) -> list[dict[str, Any]]:
    attempts = _entries(past)
    successes = [n for n, attempt in enumerate(attempts) if attempt.get("overall_result") == "SUCCESS"]
    return list(attempts[successes[-1] + 1 :]) if successes else list(attempts)


def _next_action(outcome: Outcome) -> str:
    return "MANUAL_INTERVENTION" if outcome.refused else NEXT_ACTIONS.get(outcome.result, "WAIT_FOR_FIXES")


def in_progress(past: Attempts) -> dict[str, Any] | None:
    """The attempt that another run is in the middle of; None where there is none, or its run is gone."""
    last = (_entries(past) or [{}])[-1]
    return last if _is_open(last) and _alive(last, past) else None


def last_sign(past: Attempts) -> datetime | None:
    """When the last attempt was last seen to go on, if that can be told."""
    try:
        return max(moment(past["last_progress_check"]), moment(_entries(past)[-1]["started_at"]))
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def _alive(attempt: Mapping[str, Any], past: Attempts) -> bool:
    return is_alive(attempt.get("owner"), last_sign(past), now())


def _closed(past: Attempts) -> tuple[list[dict[str, Any]], list[str]]:
    """Earlier attempts, with those that nobody ended closed as interrupted; and the warnings so far."""
    attempts, warnings = _entries(past), list(past.get("progress_warnings") or [])
    seen = last_sign(past)
    for n, attempt in enumerate(attempts):
        if _is_open(attempt) and not _alive(attempt, past):
            started = attempt.get("started_at")
            warnings.append(f"the attempt started at {started} was interrupted")
            ended = stamp(seen) if seen and n == len(attempts) - 1 else started
            closed = {"overall_result": "INCOMPLETE", "completed_at": ended, JUDGED: False}
            attempts[n] = {**attempt, **closed}
    return attempts, warnings


def _is_open(attempt: Mapping[str, Any]) -> bool:
    """Whether its run, if that is gone, was interrupted."""
    result = attempt.get("overall_result")
    return bool(result == "IN_PROGRESS" or (result == "SUCCESS" and attempt.get(JUDGED) is False))


def _retry_reason(attempt: AttemptFact, earlier: list[dict[str, Any]]) -> str:
    if attempt.forced:
        return f"forced: {attempt.forced}"
    if not earlier:
        return "first attempt"
    before = earlier[-1].get("inputs", {})
    changed = [key for key in attempt.inputs if before.get(key) != attempt.inputs[key]]
    return f"changed since the last attempt: {', '.join(changed)}" if changed else "run again with the same inputs"


def _spent(attempts: list[dict[str, Any]]) -> float:
    return sum(_seconds(attempt) for attempt in attempts)


def _seconds(attempt: Mapping[str, Any]) -> float:
    try:
        return _between(moment(attempt["started_at"]), moment(attempt["completed_at"]))
    except (KeyError, TypeError, ValueError):  # written by somebody else, or never ended
        return 0


def _between(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds())
