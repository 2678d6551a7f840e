"""The README shows all that the selftests of this room try."""

import pytest

from tests_integration.selftests.hostile.kinds import BEGIN, END, README, kinds, table, with_table
from tests_integration.selftests.hostile.told import hostile


def test_the_readme_shows_every_kind() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0] == table(), (
        "run python -m tests_integration.selftests.hostile.kinds"
    )


def test_the_table_is_put_between_its_marks() -> None:
    assert with_table(f"before\n{BEGIN}old\n{END}\nafter\n") == f"before\n{BEGIN}{table()}{END}\nafter\n"


def test_a_text_without_marks_is_left_alone() -> None:
    with pytest.raises(ValueError, match="has no lines <!-- hostile kinds --> and <!-- end of hostile kinds -->"):
        with_table("no marks\n")


def test_nothing_is_told_twice() -> None:
    tried = next(iter(kinds()))
    with pytest.raises(ValueError, match="is told twice"):
        hostile(tried, "something else")(test_nothing_is_told_twice)


def test_a_row_can_be_read() -> None:
    rows = table().splitlines()
    assert all(row.count(" | ") == 2 for row in rows if not row.startswith("|---"))
    assert max(map(len, rows)) < 250
