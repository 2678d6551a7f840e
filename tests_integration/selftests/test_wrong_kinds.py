"""Every criterion that judges a branch catches some kind of wrong one, and the README shows them all."""

from pathlib import Path

import pytest

from tests_integration.criteria.catalogue import cases
from tests_integration.plan.load import load
from tests_integration.selftests.running_plans import PLANS
from tests_integration.selftests.waves import branch_criteria
from tests_integration.selftests.wrong_kinds import BEGIN, END, README, TABLES, kinds, table, with_table


def test_the_readme_shows_every_kind() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0] == table(), (
        "run python -m tests_integration.selftests.wrong_kinds"
    )


def test_the_table_is_put_between_its_marks() -> None:
    assert with_table(f"before\n{BEGIN}old\n{END}\nafter\n") == f"before\n{BEGIN}{table()}{END}\nafter\n"


def test_a_text_without_marks_is_left_alone() -> None:
    with pytest.raises(ValueError, match="has no lines <!-- wrong kinds --> and <!-- end of wrong kinds -->"):
        with_table("no marks\n")


def test_no_kind_is_told_twice() -> None:
    assert sum(map(len, TABLES)) == len(dict(kinds()))


def test_there_are_as_many_kinds_as_were_promised() -> None:
    assert sum(map(len, TABLES)) >= 45


def test_a_row_can_be_read() -> None:
    rows = table().splitlines()
    assert all(row.count(" | ") == 2 for row in rows if not row.startswith("|---"))
    assert max(map(len, rows)) < 250


def test_every_criterion_catches_a_wrong_branch() -> None:
    caught = {name.partition("[")[0] for _, wrong in kinds() for name in wrong.fails.split()}
    criteria = {criterion.__name__.removeprefix("test_") for _, criterion in branch_criteria()}
    assert criteria <= caught


def test_every_criterion_named_is_one_of_the_catalogue() -> None:
    known = {case.criterion for case in cases(load(Path(PLANS) / "wave2.yaml"))} | {"rule_drops_only_what_it_may"}
    assert {name.partition("[")[0] for _, wrong in kinds() for name in wrong.fails.split()} <= known
