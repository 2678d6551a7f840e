"""R306: every split of an effort before what depends on it, the splits in their own order; and circles."""

from graphlib import TopologicalSorter
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests_integration.plan import order
from tests_integration.plan.parts import Branch

quick = settings(derandomize=True, database=None, deadline=None, max_examples=60)


def branches(*lines: str) -> list[Branch]:
    """Branches in this order, each given as `id`, or `id on parent, parent`."""
    split = [line.partition(" on ") for line in lines]
    return [
        Branch.model_validate(
            {"id": name, "title": name, "from": f"o/{name}", "parent": parents.split(", ") if parents else "base"}
        )
        for name, _, parents in split
    ]


def violations(*lines: str) -> list[str]:
    return [text for _, text in order.violations(branches(*lines))]


class Wave(NamedTuple):
    """A wave in an order that holds.

    Attributes:
        needs: the efforts that each effort depends on.
        order: branches, merged from first to last.
    """

    needs: dict[str, set[str]]
    order: list[Branch]


@st.composite
def waves(draw: st.DrawFn) -> Wave:
    """Efforts of one to three splits that depend on each other without a circle, stacked as people stack them."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=6))
    names = [f"E{n}" for n in range(len(sizes))]
    needs = {name: draw(st.sets(st.sampled_from(names[:n]))) if n else set() for n, name in enumerate(names)}
    splits = {name: [f"{name}-split-{n + 1:03}" for n in range(size)] for name, size in zip(names, sizes, strict=True)}
    lines = []
    shuffled = {name: needs[name] for name in draw(st.permutations(names))}
    for name in TopologicalSorter(shuffled).static_order():
        for n, split in enumerate(splits[name]):
            of_others = [draw(st.sampled_from(splits[need])) for need in sorted(needs[name]) if n == 0]
            parents = [*of_others, *splits[name][max(0, n - 1) : n]] or ["base"]
            lines.append(f"{split} on {', '.join(parents)}")
    return Wave(needs, branches(*lines))


@quick
@given(waves())
def test_an_order_of_whole_efforts_that_follows_the_dependencies_holds(wave: Wave) -> None:
    assert list(order.violations(wave.order)) == []
    assert order.cycle(wave.order) == []


@quick
@given(waves(), st.data())
def test_a_needed_split_moved_after_its_dependent_is_named(wave: Wave, data: st.DataObject) -> None:
    dependents = [branch for branch in wave.order if wave.needs[branch.effort] and branch.split == 1]
    assume(dependents)
    dependent = data.draw(st.sampled_from(dependents))
    needed = data.draw(st.sampled_from([b for b in wave.order if b.effort in wave.needs[dependent.effort]]))
    late = [branch for branch in wave.order if branch is not needed]
    late.insert(late.index(dependent) + 1, needed)
    text = f"{dependent.id} depends on effort {needed.effort}, but {needed.id} is merged after it (R306)"
    assert (dependent, text) in list(order.violations(late))


@quick
@given(waves(), st.data())
def test_splits_that_change_places_are_named(wave: Wave, data: st.DataObject) -> None:
    pairs = [(a, b) for a in wave.order for b in wave.order if a.effort == b.effort and a.split < b.split]
    assume(pairs)
    lower, higher = data.draw(st.sampled_from(pairs))
    swapped = [{lower.id: higher, higher.id: lower}.get(branch.id, branch) for branch in wave.order]
    told = [text for branch, text in order.violations(swapped) if branch is higher]
    assert any(text.startswith(f"{higher.id} is merged before ") and lower.id in text for text in told)


@quick
@given(waves(), st.data())
def test_a_parent_on_top_of_its_child_closes_a_circle_that_is_shown(wave: Wave, data: st.DataObject) -> None:
    stacked = [branch for branch in wave.order if branch.parent != ("base",)]
    assume(stacked)
    child = data.draw(st.sampled_from(stacked))
    parent = child.parent[0]
    parents = {branch.id: {*branch.parent} for branch in wave.order} | {parent: {child.id}}
    circle = order.cycle([branch.model_copy(update={"parent": tuple(parents[branch.id])}) for branch in wave.order])
    assert circle[0] == circle[-1]
    assert all(above in parents[below] for below, above in pairwise(circle))
    assert len(circle) > 1


def test_a_split_of_a_needed_effort_that_comes_too_late_is_named() -> None:
    assert violations("E1-split-001", "E2 on E1-split-001", "E1-split-002 on E1-split-001") == [
        "E2 depends on effort E1, but E1-split-002 is merged after it (R306)"
    ]


def test_an_effort_that_comes_too_early_is_told_once_at_its_first_split() -> None:
    late = branches("E1-split-001", "E2-split-001 on E1-split-001", "E2-split-002 on E2-split-001", "E1-split-002")
    assert [branch.id for branch, _ in order.violations(late)] == ["E2-split-001"]


def test_all_missing_splits_are_named_in_one_line() -> None:
    assert violations("E1-split-001", "E2 on E1-split-001", "E1-split-002", "E1-split-003") == [
        "E2 depends on effort E1, but E1-split-002 and E1-split-003 are merged after it (R306)"
    ]


def test_an_effort_depends_on_what_any_of_its_splits_is_stacked_on() -> None:
    assert violations("E2-split-001", "E1", "E2-split-002 on E1") == [
        "E2-split-001 depends on effort E1, but E1 is merged after it (R306)"
    ]


def test_efforts_whose_splits_need_each_other_have_no_order() -> None:
    assert violations("E1-split-001", "E2-split-001 on E1-split-001", "E1-split-002 on E2-split-001") == [
        "E1-split-001 depends on effort E2, but E2-split-001 is merged after it (R306)",
        "E2-split-001 depends on effort E1, but E1-split-002 is merged after it (R306)",
    ]


def test_splits_are_ordered_by_number_and_not_by_text() -> None:
    assert violations("E1-split-2", "E1-split-010") == []
    assert violations("E1-split-10", "E1-split-9") == [
        "E1-split-10 is merged before E1-split-9 of its own effort E1 (R306)"
    ]


def test_splits_of_efforts_that_do_not_depend_may_be_mixed() -> None:
    assert violations("E1-split-001", "E2-split-001", "E1-split-002", "E2-split-002") == []


@pytest.mark.parametrize(
    ("lines", "circle"),
    [
        (["E1 on E1"], ["E1", "E1"]),
        (["E1 on E2", "E2 on E1"], ["E1", "E2", "E1"]),
        (["E1", "E2 on E1, E4", "E3 on E2", "E4 on E3"], ["E2", "E4", "E3", "E2"]),
        (["E1 on E2", "E2 on base", "E3 on E9"], []),
    ],
)
def test_a_circle_of_parents_is_shown_from_child_to_parent(lines: list[str], circle: list[str]) -> None:
    assert order.cycle(branches(*lines)) == circle
