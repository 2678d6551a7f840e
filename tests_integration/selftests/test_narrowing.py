"""Bisection with states that cannot be judged, against what is true of every row; and which failures are one."""

from itertools import product
from math import ceil, log2

import pytest

from tests_integration.engine.narrowing import Span, narrowed
from tests_integration.logs import fail_alike, most_telling, said


def search(states: str) -> tuple[Span, int]:
    """Narrow a row of states (`g`ood, `b`ad, `?`), the first good; what was found, and how many were looked at."""
    word = {"g": "passed", "b": "failed", "?": "otherwise"}
    seen = {0: word[states[0]]}

    def look(place: int) -> None:
        assert place not in seen
        seen[place] = word[states[place]]

    found = narrowed(len(states) - 1, look, lambda: dict(seen))
    return found, len(seen) - 1


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20, 64])
def test_every_first_bad_state_is_found_in_as_few_looks_as_can_be(count: int) -> None:
    for first in range(1, count + 1):
        found, looks = search("g" * first + "b" * (count - first + 1))
        assert found == Span(first - 1, first)
        assert found.narrow
        assert looks <= ceil(log2(count))


@pytest.mark.parametrize("count", range(2, 9))
def test_with_states_that_cannot_be_judged_no_wrong_one_is_named(count: int) -> None:
    for first, skipped in product(range(1, count + 1), product("x?", repeat=count - 1)):
        inner = ["?" if skip == "?" else "g" if place < first else "b" for place, skip in enumerate(skipped, 1)]
        found, _ = search("".join(["g", *inner, "b"]))
        assert found.good < first <= found.bad
        assert set(inner[found.good : found.bad - 1]) <= {"?"}


def test_with_none_known_to_be_good_nothing_is_narrow() -> None:
    found, _ = search("??b")
    assert found == Span(-1, 2)
    assert not found.narrow


def test_too_many_that_cannot_be_judged_end_it() -> None:
    _, looks = search("g" + "?" * 40 + "b")
    assert looks < 12


ALIKE = [
    ("a.go:3:1: undefined: x", "a.go:9:7: undefined: x", True),
    ("a.go:3:1: undefined: x", "a.go:3:1: undefined: y", False),
    ("a.go:3:1: undefined: x\nb.go:1:1: no", "c.go:1:1: other\na.go:4:1: undefined: x", True),
    ("--- FAIL: TestOne (0.01s)\nFAIL", "--- FAIL: TestOne (1.20s)\nFAIL", True),
    ("--- FAIL: TestOne (0.01s)\nFAIL", "--- FAIL: TestTwo (0.01s)\nFAIL", False),
    ("a.c:1:2: warning: unused\nthe one", "a.c:1:2: warning: unused\nthe other", False),
    ("missing one\nFAILED", "missing two\nFAILED", False),
    ("missing one\nmake: *** [all] Error 2", "missing two\nmake: *** [all] Error 2", False),
    ("12:03:44 starting\nthe one", "12:05:01 starting\nthe other", False),
    ("e1.txt is broken", "e2.txt is broken", False),
    ("after 12.5 s: no answer", "after 3 s: no answer", True),
    ("", "", True),
]


@pytest.mark.parametrize(("one", "other", "alike"), ALIKE)
def test_failures_are_alike_by_what_tells_of_them(one: str, other: str, alike: bool) -> None:  # noqa: FBT001
    assert fail_alike(said(one, 1), said(other, 1), frozenset()) is alike
    assert fail_alike(said(other, 1), said(one, 1), frozenset()) is alike


def test_where_no_line_tells_the_exit_code_has_to_be_the_same() -> None:
    assert not fail_alike(said("no", 1), said("no", 2), frozenset())


def test_a_time_points_into_no_file() -> None:
    assert most_telling("12:03:44 starting\nmain.go:3:1: no\nend") == "main.go:3:1: no"
