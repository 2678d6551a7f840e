"""What a person reads of each kind of conflict: what clashes, who made which side, and what to paste into the plan."""

import re
from pathlib import Path

import pytest

from tests_integration.selftests.conflict_kinds import KINDS, LONG
from tests_integration.selftests.pasting import TextWave, explanation, offered
from tests_integration.selftests.waves import Wave, git, integrated

TEXTS = dict(
    section.split("\n\n", 1)
    for section in Path(__file__).with_name("conflict_texts.txt").read_text(encoding="utf-8").split("\n## ")[1:]
)
"""The explanation of each kind; `#` stands for a commit."""


def readable(problem: str) -> str:
    """The explanation with `#` for commits, and without the folder of the test."""
    return re.sub(r"\b[0-9a-f]{12}\b", "#", re.sub(r"/\S*/plans/", "plans/", problem))


def made_by(problem: str, branch: str) -> list[str]:
    """Subjects of the commits in which a branch is said to have made its side."""
    return re.findall(rf"^  {branch} made its side in [0-9a-f]{{12}} (.*)$", problem, re.MULTILINE)


def labels(problem: str) -> list[str]:
    """Who is said to have made the other side of each place."""
    return re.findall(r"^    <{7} (.*), merged before$", problem, re.MULTILINE)


def changed(number: int, text: str) -> str:
    """The long text with one line changed."""
    return LONG.replace(f"{number}\n", f"{text}\n")


def test_every_kind_has_its_text() -> None:
    assert TEXTS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_conflict_is_put_to_people(kind: str, tmp_path: Path) -> None:
    assert readable(explanation(TextWave(tmp_path / "wave", KINDS[kind]))) == TEXTS[kind].rstrip("\n")


def test_the_commit_that_made_the_clashing_lines_is_named_not_the_last_one_in_the_file(wave: Wave) -> None:
    wave.commit("main", {"f": LONG})
    wave.commit("effort/E1", {"f": changed(4, "one")}, parent="main", message="Change the fourth")
    wave.branch("E1", {"f": changed(4, "one") + "more\n"})
    wave.branch("E3", {"f": "three\n" + LONG})
    wave.branch("E2", {"f": changed(4, "two")})
    said = explanation(wave)
    assert said.startswith("E2 (origin/effort/E2) does not merge: content conflict in f with E1\n")
    assert (labels(said), made_by(said, "E1"), made_by(said, "E3")) == (["E1"], ["Change the fourth"], [])


def test_each_place_names_the_branch_that_made_it(wave: Wave) -> None:
    wave.commit("main", {"f": LONG})
    wave.branch("E1", {"f": changed(1, "one")})
    wave.branch("E3", {"f": changed(8, "three")})
    wave.branch("E2", {"f": changed(1, "two").replace("8\n", "two\n")})
    said = explanation(wave)
    assert said.startswith("E2 (origin/effort/E2) does not merge: content conflict in f with E1 and E3\n")
    assert labels(said) == ["E1", "E3"]
    assert (made_by(said, "E1"), made_by(said, "E3")) == (["Work on effort/E1"], ["Work on effort/E3"])
    assert said.endswith("merge E1 and E3 into it there (R300).")


def test_what_a_line_drops_is_told_branch_by_branch(wave: Wave) -> None:
    wave.commit("main", {"f": LONG})
    wave.branch("E1", {"f": changed(4, "one")})
    wave.branch("E3", {"f": LONG + "three\nthree more\n"})
    wave.branch("E2", {"f": changed(4, "two")})
    assert offered(explanation(wave))["f"]["theirs"].endswith("; drops 1 line of E1 and 2 lines of E3")


def test_lines_that_an_earlier_branch_removed_are_its_side(wave: Wave) -> None:
    wave.commit("main", {"f": LONG})
    wave.commit("effort/E1", {"f": LONG.replace("4\n", "")}, parent="main", message="Remove the fourth")
    wave.branch("E1", {"f": LONG.replace("4\n", "") + "more\n"})
    wave.branch("E3", {"f": "three\n" + LONG})
    wave.branch("E2", {"f": changed(4, "two")})
    said = explanation(wave)
    assert (labels(said), made_by(said, "E1")) == (["E1"], ["Remove the fourth"])


def test_the_base_is_named_where_it_made_the_other_side(wave: Wave) -> None:
    wave.commit("main", {"f": LONG})
    wave.branch("E2", {"f": changed(4, "two")})
    wave.branch("E1", {"one.txt": "one\n"})
    wave.document["branches"].reverse()
    wave.commit("main", {"f": changed(4, "base")}, message="Move the base on")
    said = explanation(wave)
    assert said.startswith("E2 (origin/effort/E2) does not merge: content conflict in f with the base\n")
    assert made_by(said, "the base") == ["Move the base on"]
    assert said.endswith("Or settle it on the branch of E2: merge the base into it there (R300).")


def test_the_first_of_stacked_branches_is_named_that_brought_the_lines(wave: Wave) -> None:
    wave.commit("main", {"f": LONG})
    wave.branch("E1", {"f": changed(4, "one")})
    wave.branch("E3", {"three.txt": "three\n"}, parent="E1")
    wave.branch("E2", {"f": changed(4, "two")})
    assert labels(explanation(wave)) == ["E1"]


def test_lines_that_a_known_fix_made_belong_to_its_merge(wave: Wave) -> None:
    wave.commit("main", {"f": LONG})
    wave.branch("E1", {"one.txt": "one\n"})
    patch = "--- a/f\n+++ b/f\n@@ -3,3 +3,3 @@\n 3\n-4\n+fixed\n 5\n"
    (wave.folder / "plans" / "bug.patch").write_text(patch)
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "four", "after": "E1", "patch": "bug.patch"}]
    wave.branch("E2", {"f": changed(4, "two")})
    assert made_by(explanation(wave), "E1") == ["Merge E1: Title of E1"]


def test_lines_made_in_a_merge_on_the_branch_are_found(wave: Wave) -> None:
    wave.commit("main", {"f": LONG})
    wave.branch("E1", {"f": changed(4, "one")})
    wave.commit("side", {"side.txt": "side\n"})
    wave.switch("effort/E2", "main")
    git(wave.work, "merge", "--quiet", "--no-ff", "--no-commit", "side")
    (wave.work / "f").write_text(changed(4, "two"))
    wave.save("effort/E2", "Merge side, and more")
    wave.plan_for("E2")
    assert made_by(explanation(wave), "E2") == ["Merge side, and more"]


def test_long_sides_and_many_places_are_shortened(wave: Wave) -> None:
    for branch in ("main", "effort/E1", "effort/E2"):
        wave.commit(branch, {"f": "".join(f"{branch}\n" * 9 + LONG for _ in range(3))})
    wave.plan_for("E1")
    wave.plan_for("E2")
    said = explanation(wave)
    assert said.count("\n    … 3 more lines\n") == 4
    assert "\n    … and 1 more place\n" in said


def test_of_many_files_the_first_dozen_is_explained_and_the_others_are_named(wave: Wave) -> None:
    names = [f"f{number:02}" for number in range(15)]
    wave.branch("E1", dict.fromkeys(names, "one\n"))
    wave.branch("E2", dict.fromkeys(names, "two\n"))
    said = explanation(wave)
    assert said.startswith("E2 (origin/effort/E2) does not merge: add/add conflict in f00 with E1 and in 14 more files")
    assert list(offered(said)) == names[:12]
    assert "\n\nAnd in f12, f13, f14\n\n" in said


def test_what_a_stranger_wrote_is_shown_and_does_not_act(wave: Wave) -> None:
    wave.branch("E1", {"f": b"\x1b[31mone\xff\r\n"})
    wave.branch("E2", {"f": "two\n"})
    with integrated(wave) as built:
        assert "\\x1b[31mone\\xff\n" in built.integration.parked[0].problem


def test_the_plan_is_named_as_seen_from_where_one_stands(wave: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(wave.folder)
    KINDS["content"](wave)
    assert "# python -m tests_integration.learn plans/wave.yaml REMOTE/BRANCH" in explanation(wave)


def test_a_rule_that_does_not_settle_it_says_why_and_where_the_new_one_goes(wave: Wave) -> None:
    KINDS["binary"](wave)
    wave.document["resolve"] = [{"paths": ["x"], "take": "ours"}, {"paths": ["f"], "take": "union"}]
    said = explanation(wave)
    assert "\n  rule 2 (take: union) does not settle it: the file is binary\n" in said
    assert "\n  To settle it in the plan, one of these under `resolve:`, before rule 2\n" in said
