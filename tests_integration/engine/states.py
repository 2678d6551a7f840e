"""R520 as a table: what an integration can be in, what may happen to it there, and what follows from that.

The state is what the metadata say of the last attempt. The README has the table, made from here.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

RETRY = "RETRY_INTEGRATION"

JUDGED = "record_judged"
"""Key of an attempt that says whether all of it is judged; until then, SUCCESS may yet turn out to be interrupted."""

INTERRUPTED = "interrupted"
"""Key of an attempt that says whether its run was ended before it could judge."""


class State(StrEnum):
    """Where an integration stands; most are the result words of R520."""

    NEW = "no attempt yet"
    IN_PROGRESS = "IN_PROGRESS"
    RECORDING = "SUCCESS, not recorded yet"
    SUCCESS = "SUCCESS"
    PLAN_REJECTED = "PLAN_REJECTED"
    MERGE_FAILED = "MERGE_FAILED"
    AUDIT_FAILED = "AUDIT_FAILED"
    BUILD_GATE_FAILURE = "BUILD_GATE_FAILURE"
    TEST_GATE_FAILURE = "TEST_GATE_FAILURE"
    DEMO_GATE_FAILURE = "DEMO_GATE_FAILURE"
    PUSH_FAILED = "PUSH_FAILED"
    INCOMPLETE = "INCOMPLETE"
    INTERRUPTED = "INCOMPLETE, interrupted"
    FOREIGN = "any other word"


class Event(StrEnum):
    """What may happen to an integration."""

    START = "a run starts"
    END = "its run ends"
    LOSE = "its run is gone"


class Row(NamedTuple):
    """What is to be known of a state.

    Attributes:
        told: what it means, for people.
        next_action: of R520; None while nothing can be said.
        again: whether another attempt may start although nothing has changed since.
    """

    told: str
    next_action: str | None
    again: bool = False


FIXES = "WAIT_FOR_FIXES"
ROWS: Mapping[State, Row] = {
    State.NEW: Row("nothing is remembered", None, again=True),
    State.IN_PROGRESS: Row("a run is at it, or was killed", None),
    State.RECORDING: Row("all holds; the record is still judged", "COMPLETE"),
    State.SUCCESS: Row("all criteria hold", "COMPLETE", again=True),
    State.PLAN_REJECTED: Row("a mistake in the plan, or it is not as locked", "MANUAL_INTERVENTION"),
    State.MERGE_FAILED: Row("a source is not there, or a branch does not merge", FIXES),
    State.AUDIT_FAILED: Row("the branch is not what the plan says", FIXES),
    State.BUILD_GATE_FAILURE: Row("the build fails", FIXES),
    State.TEST_GATE_FAILURE: Row("a test fails", FIXES),
    State.DEMO_GATE_FAILURE: Row("the demo fails", FIXES),
    State.PUSH_FAILED: Row("the remote did not take the branch", RETRY, again=True),
    State.INCOMPLETE: Row("something was not judged, or the record failed", RETRY, again=True),
    State.INTERRUPTED: Row("ended before it was judged; an attempt all the same", RETRY, again=True),
    State.FOREIGN: Row("somebody else wrote it", FIXES),
}
"""Every state."""

RESULTS = frozenset(ROWS) - {State.NEW, State.IN_PROGRESS, State.FOREIGN}
"""What an attempt can end with."""

WORDS = frozenset(map(str, RESULTS - {State.RECORDING, State.INTERRUPTED})) | {str(State.IN_PROGRESS)}
"""What `overall_result` can be."""

TRANSITIONS: Mapping[tuple[State, Event], frozenset[State]] = {
    **{(state, Event.START): frozenset({State.IN_PROGRESS}) for state in ROWS},
    **{(state, Event.END): frozenset({state}) for state in RESULTS},
    (State.IN_PROGRESS, Event.END): RESULTS,
    (State.IN_PROGRESS, Event.LOSE): frozenset({State.INTERRUPTED}),
    (State.RECORDING, Event.END): frozenset({State.SUCCESS, State.INCOMPLETE, State.INTERRUPTED}),
    (State.RECORDING, Event.LOSE): frozenset({State.INTERRUPTED}),
    (State.SUCCESS, Event.END): frozenset({State.SUCCESS, State.INTERRUPTED}),
    (State.INTERRUPTED, Event.END): RESULTS,
}
"""What may follow. A run that seemed to be gone may end after all. What has ended may be told so twice, and a success
may be taken back: its worker died before it could tell the last of it."""


class ImpossibleError(Exception):
    """Something happened that R520 has no word for; the text says in which state."""


def state_of(attempt: Mapping[str, Any] | None) -> State:
    """Where an integration stands whose last attempt this is; None where there was none."""
    if attempt is None:
        return State.NEW
    word = attempt.get("overall_result")
    if word == State.SUCCESS and attempt.get(JUDGED) is False:
        return State.RECORDING
    if word == State.INCOMPLETE and attempt.get(INTERRUPTED) is True:
        return State.INTERRUPTED
    return State(word) if isinstance(word, str) and word in WORDS else State.FOREIGN


def ending(result: str, *, interrupted: bool = False, judged: bool = True) -> State:
    """The state that a run leaves which ends with this word of R520."""
    if interrupted and result == State.INCOMPLETE:
        return State.INTERRUPTED
    return State.RECORDING if result == State.SUCCESS and not judged else State(result)


def after(state: State, event: Event, to: State) -> State:
    """The state `to`, where the table has it.

    Raises:
        ImpossibleError: it does not follow on this event in this state.
    """
    if to not in TRANSITIONS.get((state, event), ()):
        raise ImpossibleError(f"an attempt that is {state!s} cannot become {to!s} when {event!s}")
    return to


def kept(state: State) -> dict[str, Any]:
    """How the attempt says it in the metadata."""
    words = {State.RECORDING: State.SUCCESS, State.INTERRUPTED: State.INCOMPLETE}
    return {
        "overall_result": str(words.get(state, state)),
        JUDGED: state not in {State.RECORDING, State.INTERRUPTED, State.IN_PROGRESS},
        INTERRUPTED: state is State.INTERRUPTED,
    }


def is_open(state: State) -> bool:
    """Whether a run is, or was, at it: if that run is gone, it was interrupted."""
    return (state, Event.LOSE) in TRANSITIONS


def next_action(state: State, *, used_up: bool = False, taken: bool = False) -> str | None:
    """What follows (R520).

    Args:
        state: after the attempt.
        used_up: whether the attempts or the hours are.
        taken: whether the remote has something else under the branch's name, which trying again will not change.
    """
    if used_up and state not in {State.SUCCESS, State.RECORDING}:
        return "ESCALATE"
    if taken and state is State.PUSH_FAILED:
        return "MANUAL_INTERVENTION"
    return ROWS[state].next_action


def ready_for_retry(action: str | None) -> bool:
    """Whether an automation may try again by itself, by what follows."""
    return action == RETRY
