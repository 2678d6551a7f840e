"""R520: may this attempt start, and what is remembered of it, so that nobody repeats a failure for hours."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests_integration.engine import bugs, metadata, states
from tests_integration.engine.clock import moment, now, stamp
from tests_integration.engine.metadata import Attempts, MetadataError, Rests
from tests_integration.engine.past import (
    Entry,
    between,
    closed,
    entries,
    in_progress,
    last_sign,
    since_success,
    spent,
    used_up,
)
from tests_integration.engine.states import ROWS, Event, State
from tests_integration.facts import AttemptFact, Bug, Integration, Source
from tests_integration.plan.catalogue import DEFAULT
from tests_integration.plan.model import Plan

EVERY = 60
"""Seconds from one sign of life to the next, while a command runs."""

UNSETTLED = {"merge_status": "NOT_RUN", "build_status": "NOT_RUN", "test_status": "NOT_RUN", "demo_status": "NOT_RUN"}

CATALOGUE, LOCK = "catalogue", "--lock"
"""Keys of the inputs under which the known fixes stand that the plan may look up, and the lock that it is held to."""


HEALING = "healing"
"""Key of an attempt that `--heal` made with a known fix more: of which run, and with which fix."""


class RefusedError(Exception):
    """An attempt that may not start; the text says why."""


class Outcome(NamedTuple):
    """How an attempt ended.

    Attributes:
        result: a result word of R520.
        statuses: `merge_status`, `build_status`, `test_status`, `demo_status`: SUCCESS, FAILED or NOT_RUN.
        reason: the first failure, in one line; empty on success.
        refused: whether the remote has something else under the branch's name, which trying again will not change.
        interrupted: whether the run was ended before it could judge.
        bugs: what failures of gates are documented as.
    """

    result: str
    statuses: Mapping[str, str]
    reason: str
    refused: bool = False
    interrupted: bool = False
    bugs: tuple[Bug, ...] = ()


def inputs(plan: Plan, sources: Mapping[str, Source]) -> dict[str, str]:
    """What the attempt depends on, by content: the plan (without comments), base, tips; known fixes and lock if any.

    The fixes change nothing in the branch; they change what is known of its failure, and what can be done about it.
    """
    known = {CATALOGUE: plan.catalogue.digest} if plan.catalogue.digest else {}
    known |= {LOCK: plan.lock.digest} if plan.lock else {}
    return {"plan": plan.digest} | known | {key: source.commit or "missing" for key, source in sources.items()}


def refusal(plan: Plan, past: Attempts, current: Mapping[str, str], reports: Path) -> str:
    """Why another attempt may not start (R520); empty where it may.

    Args:
        plan: its limits count.
        past: the metadata object as it is.
        current: inputs of the attempt that wants to start.
        reports: folder of the last attempt's record.
    """
    if other := in_progress(past):
        return _busy(other, past)
    attempts = since_success(closed(past)[0])
    last = attempts[-1] if attempts else {}
    own = next((one for one in reversed(attempts) if HEALING not in one), {})
    if own and own.get("inputs") == current and not ROWS[states.state_of(own)].again:
        return (
            f"attempt {own['attempt_number']} ended with {own['overall_result']} at {own['completed_at']}, and"
            f" nothing that it was built from has changed since{'' if own is last else '; what was tried then'}:"
            f" {past.get('retry_reason')}\n"
            f"The same inputs would fail again. Its record: {reports}\n"
            f"A change would be: {_changes(plan)}.\n"
            "To try all the same: --force-attempt REASON"
        )
    if told := used_up(attempts, plan.limits.attempts, plan.limits.hours):
        return (
            f"{told}. The last: {last.get('overall_result')}, {past.get('retry_reason')}\n"
            f"Its record: {reports}\nTo try all the same: --force-attempt REASON"
        )
    return ""


def _busy(other: Entry, past: Attempts) -> str:
    by, seen = other["owner"], last_sign(past)
    return (
        f"attempt {other.get('attempt_number')} is in progress, by process {by.get('pid')} on {by.get('host')}, since"
        f" {other.get('started_at')}; it was last seen to go on at {stamp(seen) if seen else 'no known time'}\n"
        "To try all the same: --force-attempt REASON"
    )


def _changes(plan: Plan) -> str:
    """What would make another attempt one with other inputs, for people."""
    branches = f"one of the {len(plan.branches)} branches" if len(plan.branches) > 1 else "the branch"
    known = f"other known fixes ({plan.catalogue.file})" if plan.catalogue.file else f"known fixes ({DEFAULT})"
    return (
        f"a commit on the base or on {branches}, another plan (comments do not count), other files that the plan adds,"
        f" or {known}"
    )


def start(attempt: AttemptFact, plan: Plan, reports: Path) -> None:
    """Write that the attempt is in progress; one that a killed run left so is closed as interrupted.

    Whether it may is asked again while nobody else can write: of two runs that start at once, one is refused.

    Args:
        attempt: that starts; one that is forced is not refused.
        plan: its limits count.
        reports: folder of the last attempt's record.

    Raises:
        RefusedError: it may not.
        MetadataError: the file cannot be kept.
    """

    def change(past: Attempts) -> Attempts:
        if not attempt.forced and (why := refusal(plan, past, attempt.inputs, reports)):
            raise RefusedError(why)
        earlier, warnings = closed(past)
        before = states.state_of(earlier[-1] if earlier else None)
        state = states.after(before, Event.START, State.IN_PROGRESS)
        entry: Entry = {
            "attempt_number": attempt.number,
            "started_at": attempt.started_at,
            "completed_at": None,
            "merge_commit_sha": None,
            **UNSETTLED,
            **states.kept(state),
            "bugs_created": [],
            "cascade_triggered": False,
            "inputs": attempt.inputs,
            "run": attempt.run,
            "owner": attempt.owner,
        }
        action = states.next_action(state)
        return {
            **past,
            "last_integration_attempt": attempt.started_at,
            "merge_commit_sha": None,
            "last_attempt_result": str(state),
            bugs.PENDING: past.get(bugs.PENDING) or [],
            bugs.FIXED: past.get(bugs.FIXED) or [],
            "ready_for_retry": states.ready_for_retry(action),
            "retry_reason": _retry_reason(attempt, earlier),
            "integration_started_at": attempt.started_at,
            "integration_duration_seconds": 0,
            "attempt_count": len(since_success(earlier)) + 1,
            "max_attempts": plan.limits.attempts,
            "time_limit_hours": plan.limits.hours,
            "last_progress_check": attempt.started_at,
            "progress_warnings": warnings,
            "next_action": action,
            "manual_override": attempt.forced or None,
            "integration_complete": False,
            "integration_attempts": [*earlier, entry],
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
            entry.get("run") == attempt.run and entry.get("overall_result") == "IN_PROGRESS" for entry in entries(past)
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
        attempts, ended = entries(past), now()
        own = max((n for n, entry in enumerate(attempts) if entry.get("run") == attempt.run), default=None)
        if own is None:
            raise MetadataError(f"{attempt.file}: somebody has removed the attempt that began at {attempt.started_at}")
        state = _became(attempts[own], outcome, record_judged=record_judged)
        completed = {
            **attempts[own],
            "completed_at": stamp(ended),
            "merge_commit_sha": integration.tip if integration else None,
            **outcome.statuses,
            **states.kept(state),
            "bugs_created": [bug.id for bug in outcome.bugs if bug.new],
            "inputs": attempt.inputs,
        }
        told = {
            **past,
            **bugs.kept(past, outcome.bugs, fixed_at=stamp(ended) if outcome.result == State.SUCCESS else ""),
            "integration_attempts": [*attempts[:own], completed, *attempts[own + 1 :]],
        }
        if attempts[own + 1 :]:  # another run was forced to start meanwhile: what the object says is about that one
            return told
        action = states.next_action(state, used_up=_used_up(told), taken=outcome.refused)
        return told | {
            "merge_commit_sha": completed["merge_commit_sha"],
            "last_attempt_result": outcome.result,
            "ready_for_retry": states.ready_for_retry(action),
            "retry_reason": outcome.reason,
            "integration_duration_seconds": int(between(moment(attempt.started_at), ended)),
            "last_progress_check": stamp(ended),
            "next_action": action,
            "integration_complete": outcome.result == State.SUCCESS,
        }

    return metadata.update(Path(attempt.file), attempt.at, change)


def _became(own: Entry, outcome: Outcome, *, record_judged: bool) -> State:
    state = states.ending(outcome.result, interrupted=outcome.interrupted, judged=record_judged)
    try:
        return states.after(states.state_of(own), Event.END, state)
    except states.ImpossibleError as error:
        raise MetadataError(f"the attempt that began at {own.get('started_at')} cannot end so: {error}") from None


def _used_up(past: Attempts) -> bool:
    seconds = spent(since_success(entries(past)))
    return bool(past["attempt_count"] >= past["max_attempts"] or seconds >= past["time_limit_hours"] * 3600)


def _retry_reason(attempt: AttemptFact, earlier: list[Entry]) -> str:
    if attempt.forced:
        return f"forced: {attempt.forced}"
    if not earlier:
        return "first attempt"
    before = earlier[-1].get("inputs")
    before = before if isinstance(before, dict) else {}
    changed = [key for key in {**attempt.inputs, **before} if before.get(key) != attempt.inputs.get(key)]
    return f"changed since the last attempt: {', '.join(changed)}" if changed else "run again with the same inputs"
