"""Bisection over a row of states, the first good and the last bad, of which some cannot be judged (git-bisect(1))."""

from collections.abc import Callable
from typing import NamedTuple

MOST_SKIPPED = 8
"""States between the last good one and the first bad one that are found to be neither, before it is left at that."""


class Span(NamedTuple):
    """Where it turns bad: after `good` (-1 where none is known to be good), by `bad` at the latest."""

    good: int
    bad: int

    @property
    def narrow(self) -> bool:
        """Whether they are neighbours."""
        return self.good == self.bad - 1 and self.good >= 0


def span(last: int, outcomes: dict[int, str]) -> Span:
    """Where it turns bad, as far as that is known.

    Args:
        last: number of the last state, which is bad.
        outcomes: of some states: passed, failed, or anything else where it is neither.
    """
    good = max((place for place, outcome in outcomes.items() if outcome == "passed"), default=-1)
    bad = min((place for place, outcome in outcomes.items() if outcome == "failed" and place > good), default=last)
    return Span(good, bad)


def narrowed(last: int, look: Callable[[int], None], outcomes: Callable[[], dict[int, str]]) -> Span:
    """Look at one state after the other until it is known where it turns bad, as far as it can be.

    Args:
        last: number of the last state, which is bad; the first is 0.
        look: looks at a state.
        outcomes: of all states that were looked at, as they are seen by now.
    """
    while True:
        seen = outcomes()
        found = span(last, seen)
        inner = range(max(found.good + 1, 0), found.bad)
        open_ = [place for place in inner if place not in seen]
        if not open_ or len(inner) - len(open_) > MOST_SKIPPED:
            return found
        middle = (found.good + found.bad) // 2
        look(min(open_, key=lambda place: (abs(place - middle), place)))
