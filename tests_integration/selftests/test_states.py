"""R520 as a table: it has every word, leads everywhere, and is what the README shows."""

import pytest

from tests_integration.engine import states
from tests_integration.engine.states import RESULTS, ROWS, TRANSITIONS, WORDS, Event, ImpossibleError, State
from tests_integration.plan import stages
from tests_integration.selftests.states_table import README, with_table


def test_the_readme_shows_the_states() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_table(text) == text, "python -m tests_integration.selftests.states_table"


def test_every_word_that_a_stage_gives_an_attempt_is_a_state() -> None:
    assert {"SUCCESS", "IN_PROGRESS", *stages.RESULTS.values()} == WORDS
    assert ROWS.keys() == set(State)


def test_every_state_is_come_to_and_left() -> None:
    reached = {State.NEW}
    for _ in State:
        reached |= {to for (state, _), follow in TRANSITIONS.items() if state in reached for to in follow}
    assert reached == set(State) - {State.FOREIGN}
    assert all(TRANSITIONS[state, Event.START] == {State.IN_PROGRESS} for state in State)


@pytest.mark.parametrize("state", sorted(RESULTS))
def test_what_is_kept_of_a_state_is_read_as_that_state(state: State) -> None:
    assert states.state_of(states.kept(state)) is state


@pytest.mark.parametrize("entry", [{}, {"overall_result": "FINE"}, {"overall_result": ["SUCCESS"]}])
def test_what_others_wrote_is_a_state_too(entry: dict[str, object]) -> None:
    assert states.state_of(entry) is State.FOREIGN


@pytest.mark.parametrize("state", sorted(RESULTS - {State.SUCCESS, State.RECORDING, State.INTERRUPTED}))
def test_what_has_failed_is_no_success_in_the_end(state: State) -> None:
    assert states.after(state, Event.END, state) is state
    with pytest.raises(ImpossibleError, match=r"^an attempt that is \w+ cannot become SUCCESS when its run ends$"):
        states.after(state, Event.END, State.SUCCESS)


def test_what_is_used_up_is_for_people_and_a_success_is_not_used_up() -> None:
    assert {states.next_action(state, used_up=True) for state in RESULTS} == {"ESCALATE", "COMPLETE"}
    assert states.next_action(State.PUSH_FAILED, taken=True) == "MANUAL_INTERVENTION"
    ready = {state for state in State if states.ready_for_retry(states.next_action(state))}
    assert ready == {State.PUSH_FAILED, State.INCOMPLETE, State.INTERRUPTED}
    assert not any(states.ready_for_retry(states.next_action(state, used_up=True)) for state in State)
