"""The merge graph: a row for everything that is merged, and every branch on what it is on."""

import re

import pytest

from tests_integration.facts import Integration
from tests_integration.plan.load import Given
from tests_integration.record.gather import gather
from tests_integration.record.graph import BEND, LINE, ROW, TIPS, Graph, drawn
from tests_integration.record.ledger import PlanLedger
from tests_integration.selftests.waves import Built, Wave, every_kind_of_fix, integrated


def graph(built: Built, integration: Integration | None = None) -> Graph:
    """The graph of what was built."""
    ledger = PlanLedger([])
    ledger.note("integration", integration or built.integration)
    given = Given(built.plan.file, built.plan.name, built.plan)
    return drawn(gather(given, ledger, (), environment={}, started_at="", seconds=0, metadata={}))


def row(n: int) -> int:
    """The middle of row `n`."""
    return n * ROW + ROW // 2


def test_each_merge_has_its_row(wave: Wave) -> None:
    wave.folder.joinpath("x").mkdir()
    with integrated(every_kind_of_fix(wave.folder / "x" / "wave")) as built:
        made = graph(built)
    ids = ["", "E1", "E2-split-001", "E2-split-002", "E3", "E4", ""]
    assert [row.id for row in made.rows] == ids
    assert [row.kind for row in made.rows] == ["base", *["merge"] * 5, "infrastructure"]
    assert [row.id for row in made.rows if row.fixed] == ["E1", "E2-split-002", "E3"]
    assert [row.tip for row in made.rows] == [False] * 6 + [True]
    assert made.line == f"M{LINE} {row(0)}V{row(6)}"
    assert made.merges == tuple(f"M{TIPS} {row(n)}H{LINE}" for n in range(1, 6))
    assert made.height == 7 * ROW


def test_the_last_merge_is_the_tip_where_nothing_is_added(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "1\n"})
    wave.branch("E2", {"two.txt": "2\n"})
    with integrated(wave) as built:
        made = graph(built, built.integration.model_copy(update={"infrastructure": None}))
    assert [row.id for row in made.rows if row.tip] == ["E2"]


def test_a_stack_is_one_straight_line(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "1\n"})
    wave.branch("E2", {"two.txt": "2\n"}, parent="E1")
    wave.branch("E3", {"three.txt": "3\n"}, parent="E2")
    with integrated(wave) as built:
        base, *stack = graph(built).parents
    assert base.startswith(f"M{LINE} {row(0)}H")
    assert stack == [f"M{TIPS} {row(1)}V{row(2)}", f"M{TIPS} {row(2)}V{row(3)}"]


def test_branches_of_one_parent_share_a_rail_and_others_have_their_own(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "1\n"})
    wave.branch("E2", {"two.txt": "2\n"})
    wave.branch("E3", {"three.txt": "3\n"}, parent="E1")
    wave.branch("E4", {"four.txt": "4\n"}, parent="E2")
    wave.branch("E5", {"five.txt": "5\n"}, parent="E1")
    with integrated(wave) as built:
        of_base, of_one, of_two = graph(built).parents
    rails = [re.findall(r"M(\d+) (\d+)Q", path) for path in (of_base, of_one, of_two)]
    ends = [[int(y) + BEND for _, y in rail] for rail in rails]
    assert ends == [[row(1), row(2)], [row(3), row(5)], [row(4)]]
    first, second, third = ({x for x, _ in rail} for rail in rails)
    assert len(first) == len(second) == len(third) == 1
    assert second != third
    assert second != first


def test_a_parked_branch_hangs_on_its_parent_and_not_on_the_line(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": "one\n"})
    wave.branch("E2", {"shared.txt": "two\n"})
    with integrated(wave) as built:
        made = graph(built)
    assert [row.kind for row in made.rows] == ["base", "merge", "parked"]
    assert made.line == f"M{LINE} {row(0)}V{row(1)}"
    assert len(made.merges) == 1
    assert f"H{TIPS}" in made.parents[0]
    assert not any(row.tip for row in made.rows)


@pytest.mark.parametrize(("count", "rows"), [(60, 60), (61, 60), (90, 60)])
def test_up_to_sixty_branches_all_are_drawn(wave: Wave, count: int, rows: int) -> None:
    for n in range(count):
        wave.branch(f"E{n}", {f"{n}.txt": "\n"}, parent=f"E{n - 1}" if n in {45, 80} else "base")
    with integrated(wave) as built:
        made = graph(built)
    drawn_rows = made.rows[1:-1]
    assert len(drawn_rows) == rows
    gaps = [row.left_out for row in drawn_rows if row.kind == "gap"]
    assert gaps == ([] if count == 60 else [count - 59])
    assert drawn_rows[-1].id == f"E{count - 1}"
