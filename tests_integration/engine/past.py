"""What the metadata remember of earlier attempts (R520), also of those that nobody ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests_integration.engine import states
from tests_integration.engine.clock import moment, now, stamp
from tests_integration.engine.metadata import Attempts, MetadataError
from tests_integration.engine.owners import is_alive
from tests_integration.engine.states import Event, State

Entry = dict[str, Any]


def entries(past: Attempts) -> list[Entry]:
    """The attempts, oldest first.

    Raises:
        MetadataError: something else stands in their place.
    """
    found = past.get("integration_attempts") or []
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise MetadataError("integration_attempts is no list of objects")
    return list(found)


def since_success(attempts: list[Entry]) -> list[Entry]:
    """Those that came after the last success."""
    successes = [n for n, attempt in enumerate(attempts) if attempt.get("overall_result") == State.SUCCESS]
    return attempts[successes[-1] + 1 :] if successes else attempts


def in_progress(past: Attempts) -> Entry | None:
    """The attempt that another run is in the middle of; None where there is none, or its run is gone."""
    last = (entries(past) or [{}])[-1]
    return last if states.is_open(states.state_of(last)) and _alive(last, past) else None


def last_sign(past: Attempts) -> datetime | None:
    """When the last attempt was last seen to go on, if that can be told."""
    try:
        return max(moment(past["last_progress_check"]), moment(entries(past)[-1]["started_at"]))
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def closed(past: Attempts) -> tuple[list[Entry], list[str]]:
    """Earlier attempts, with those that nobody ended closed as interrupted; and the warnings so far."""
    attempts, warnings = entries(past), list(past.get("progress_warnings") or [])
    seen = last_sign(past)
    for n, attempt in enumerate(attempts):
        state = states.state_of(attempt)
        if states.is_open(state) and not _alive(attempt, past):
            started = attempt.get("started_at")
            warnings.append(f"the attempt started at {started} was interrupted")
            ended = stamp(seen) if seen and n == len(attempts) - 1 else started
            told = states.kept(states.after(state, Event.LOSE, State.INTERRUPTED))
            attempts[n] = {**attempt, **told, "completed_at": ended}
    return attempts, warnings


def used_up(attempts: list[Entry], most: int, hours: int) -> str:
    """That so many attempts, or what they took, are all that the plan allows; empty where there is room for more.

    Args:
        attempts: those since the last success.
        most: attempts that the plan allows.
        hours: that it allows them in all.
    """
    if len(attempts) >= most:
        return (
            f"{len(attempts)} attempts since the last success have failed; the plan allows {most} (`limits.attempts`)"
        )
    if (seconds := spent(attempts)) >= hours * 3600:
        return (
            f"{seconds / 3600:.1f} hours were spent on attempts since the last success; the plan allows {hours}"
            " (`limits.hours`)"
        )
    return ""


def spent(attempts: list[Entry]) -> float:
    """Seconds that these took."""
    return sum(_seconds(attempt) for attempt in attempts)


def between(start: datetime, end: datetime) -> float:
    """Seconds from one time to another; none where the clock was set back."""
    return max(0.0, (end - start).total_seconds())


def _alive(attempt: Mapping[str, Any], past: Attempts) -> bool:
    return is_alive(attempt.get("owner"), last_sign(past), now())


def _seconds(attempt: Mapping[str, Any]) -> float:
    try:
        return between(moment(attempt["started_at"]), moment(attempt["completed_at"]))
    except (KeyError, TypeError, ValueError):  # written by somebody else, or never ended
        return 0
