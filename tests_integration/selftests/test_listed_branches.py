"""Which list of a document is the one of its branches, and what is read of a branch in a heading of its own."""

from pathlib import Path

import pytest

from tests_integration.selftests.plan_documents import WHOLE, made

ORDER = "## Branches to Integrate (ordered by R501 and dependencies)"
CREW, EXCLUDED = "1. phase1/wave2/crew (E1.2.1 - who sails)", "### Excluded Branches"


@pytest.mark.parametrize(
    ("heading", "told"),
    [
        ("## Order", "- id: E1.2.1"),
        ("## The Plan\n\nMerge these branches one by one:", "- id: E1.2.1"),
        ("## The Plan\n\nThese branches touch the pier:", ":11:1: branches: none is listed under a heading such as"),
        ("## The Plan\n\nThese branches are not merged:", ":11:1: branches: none is listed under a heading such as"),
        ("## The Plan", ":9:1: branches: none is listed under a heading such as `Merge Order`, and this list names"),
    ],
)
def test_a_list_is_of_branches_where_something_says_so(tmp_path: Path, heading: str, told: str) -> None:
    assert told in made(tmp_path, (ORDER, heading))


CALLED = "## Efforts\n\n### E1.1 Crew (`effort/E1.1-crew`)\n\nWho sails.\n\n### E1.2 Pay (`effort/E1.2-pay`)\n\n{}\n\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Pay, stacked on E1.1.", "id: E1.2 # line 14\n    title: Pay # line 14\n    from: origin/effort/E1.2-pay"),
        ("Pay, stacked on E1.1.", "parent: E1.1 # line 16"),
        ("Pay, based on effort/E1.1-crew, at last", "parent: E1.1 # line 16"),
        ("Pay, based on feedback", "line 14: E1.2: the base is taken for the parent"),
        ("- Parent: main\n- stacked on E1.1", ":17:1: branches[1].parent: line 16 says 'main', and this line 'E1.1'"),
    ],
)
def test_a_heading_with_an_effort_and_its_branch_is_of_that_branch(tmp_path: Path, line: str, told: str) -> None:
    listed = WHOLE[WHOLE.index(ORDER) : WHOLE.index(EXCLUDED)]
    assert told in made(tmp_path, (listed, CALLED.format(line)))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{} - optional", "E1.2.1 is listed, and 'optional' stands with it; is it merged?"),
        ("{}, if time permits", "E1.2.1 is listed, and 'if time permits' stands with it; is it merged?"),
        ("1. phase1/wave2/crew (E1.2.1 - TBD)", "E1.2.1 is listed, and 'TBD' stands with it; is it merged?"),
        ("1. phase1/wave2/crew (E1.2.1 - optional sails)", "title: optional sails"),
        ("{}\n   - Only if `make bench` improves.", "E1.2.1 is listed, and 'Only if' stands with it; is it merged?"),
        ("{}\n   - Status: in review", "E1.2.1 is listed, and 'in review' stands with it; is it merged?"),
        ("{}\n   - Status: not reviewed", "E1.2.1 is listed, and 'not reviewed' stands with it; is it merged?"),
        ("{}\n   - Status: ✅ reviewed", "title: who sails"),
        ("{}\n   - Delete `a/b.go` in its merge.", ":10:1: fixes: this deletes a/b.go, and is part of no fix"),
        ("{}\n   - Delete `a/b.go`", "contains: Delete a/b.go"),
    ],
)
def test_a_branch_of_which_it_is_open_is_asked_about(tmp_path: Path, line: str, told: str) -> None:
    assert told in made(tmp_path, (CREW, line.format(CREW)))


def test_a_status_is_asked_about_once(tmp_path: Path) -> None:
    assert made(tmp_path, (CREW, f"{CREW}\n   - Status: blocked by law")).count("is it merged?") == 1


LABELLED = (
    "## Branches\n\n* **Branch:** `origin/team/a`\n  **Commit:** e6f5cdd\n* **Branch:** `origin/team/b`\n  {}\n\n"
)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("**Parent:** team/a", "from: origin/team/a # line 10\n    commit: e6f5cdd000000000"),
        ("**Parent:** team/a", "from: origin/team/b # line 12\n    parent: a # line 13"),
        ("**Branch:** `origin/team/c`", ":13:1: branches[1].from: line 12 says 'origin/team/b', and this line"),
    ],
)
def test_a_list_may_say_branch_of_each_entry(tmp_path: Path, line: str, told: str) -> None:
    listed = WHOLE[WHOLE.index(ORDER) : WHOLE.index(EXCLUDED)]
    assert told in made(tmp_path, (listed, LABELLED.format(line)))


def test_of_another_branch_it_is_not(tmp_path: Path) -> None:
    listed = WHOLE[WHOLE.index(ORDER) : WHOLE.index(EXCLUDED)]
    other = CALLED.format("").replace("effort/E1", "cmd/E2")
    assert ":1:1: branches: none is listed;" in made(tmp_path, (listed, other))


def test_a_verb_before_a_branch_is_no_part_of_its_title(tmp_path: Path) -> None:
    assert "title: who sails" in made(tmp_path, (CREW, CREW.replace("1. ", "1. Merge ")))
