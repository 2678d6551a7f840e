"""The table of the states of R520, as the README shows it.

It is written there by `python -m tests_integration.selftests.states_table`.
"""

from pathlib import Path

from tests_integration.engine.states import RESULTS, ROWS, TRANSITIONS, Event, State, ready_for_retry
from tests_integration.selftests.marked import between

README = Path(__file__).parents[2] / "README.md"
BEGIN = "<!-- states -->\n"
END = "<!-- end of states -->"
EVENTS = (Event.END, Event.LOSE)
"""What makes a difference; where a run starts, it is in progress."""

NOTHING = "-"
HEAD = ("state", "means", "same inputs start again", *EVENTS, "`next_action`", "`ready_for_retry`")


def table() -> str:
    """The table as Markdown: each state, what may happen in it, and what follows from it."""
    rows = [HEAD, *map(_row, State)]
    lines = [f"| {' | '.join(row)} |\n" for row in rows]
    return "".join([lines[0], f"|{'---|' * len(HEAD)}\n", *lines[1:]])


def with_table(text: str) -> str:
    """The README's text with the table between its marks.

    Raises:
        ValueError: the marks are not there.
    """
    return between(text, BEGIN, END, table())


def _row(state: State) -> tuple[str, ...]:
    row = ROWS[state]
    to = (_states(TRANSITIONS.get((state, event), frozenset()) - {state}) for event in EVENTS)
    action = f"`{row.next_action}`" if row.next_action else NOTHING
    return _name(state), row.told, _word(said=row.again), *to, action, _word(said=ready_for_retry(row.next_action))


def _states(states: frozenset[State]) -> str:
    if len(states) > len(RESULTS) // 2:
        return "its result"
    return ", ".join(_name(state) for state in State if state in states) or NOTHING


def _name(state: State) -> str:
    word, comma, more = state.partition(",")
    return f"`{word}`{comma}{more}" if word.isupper() else str(state)


def _word(*, said: bool) -> str:
    return "yes" if said else "no"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
