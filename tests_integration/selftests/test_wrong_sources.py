"""Waves whose branches are wrong themselves, though git merges them: exactly the criteria that they break fail."""

import pytest

from tests_integration.criteria.test_merge import test_source_is_found as source_is_found
from tests_integration.selftests.given_back import assert_same_or_told
from tests_integration.selftests.hand import by_hand
from tests_integration.selftests.test_wrong_branches import Wrong, assert_caught, without_ids
from tests_integration.selftests.waves import Wave, failures, git, integrated

LINES = "1\n2\n3\n4\n5\n"


def stacked_on(wave: Wave, first: dict[str, str], second: dict[str, str | None]) -> None:
    """E1, and E2 that is stacked on it and says so."""
    wave.branch("E1", first)
    wave.branch("E2", second, parent="E1")


def side_by_side(wave: Wave) -> None:
    """E1 and E2 that conflict in `shared.txt`."""
    wave.branch("E1", {"shared.txt": f"{LINES}six\n"})
    wave.branch("E2", {"shared.txt": f"{LINES}sechs\n"})


def on_e1_without_saying_so(wave: Wave) -> None:
    stacked_on(wave, {"one.txt": "one\n"}, {"two.txt": "two\n"})
    wave.document["branches"][-1]["parent"] = "base"


def holding_a_third_branch(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"})
    git(wave.work, "merge", "--quiet", "--no-ff", "--message", "Get what E1 has", "effort/E1")
    wave.commit("effort/E2", {"three.txt": "three\n"})


def beside_e1_but_declared_on_it(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"})
    wave.document["branches"][-1]["parent"] = "E1"


def merged_e1_with_the_strategy_ours(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n", "shared.txt": "1\n2\n3\n4\nfive\n"})
    wave.branch("E2", {"shared.txt": "one\n2\n3\n4\n5\n"})
    git(wave.work, "merge", "--quiet", "--strategy", "ours", "--message", "Bring E1 in", "effort/E1")
    wave.commit("effort/E2", {"two.txt": "two\n"})
    wave.document["branches"][-1]["parent"] = "E1"


def merged_e1_and_kept_its_own_file(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": "one\n2\nthree\n4\n5\n"})
    wave.branch("E2", {"shared.txt": "1\n2\ndrei\n4\n5\n"})
    merged_e1_with_its_own_side(wave)


def merged_e1_and_kept_its_own_lines(wave: Wave) -> None:
    side_by_side(wave)
    merged_e1_with_its_own_side(wave)


def merged_e1_with_its_own_side(wave: Wave) -> None:
    git(wave.work, "merge", "--quiet", "--no-commit", "effort/E1", fails=True)
    git(wave.work, "checkout", "--ours", "shared.txt")
    wave.save("effort/E2", "Bring E1 in")
    wave.document["branches"][-1]["parent"] = "E1"


def reverting_e1(wave: Wave) -> None:
    stacked_on(wave, {"one.txt": "one\n", "shared.txt": f"{LINES}six\n"}, {"two.txt": "two\n"})
    git(wave.work, "revert", "--no-edit", "effort/E1")
    wave.save("effort/E2")


def reverting_lines_of_e1(wave: Wave) -> None:
    stacked_on(wave, {"shared.txt": f"{LINES}six\nseven\n"}, {"shared.txt": f"0\n{LINES}six\nseven\n"})
    git(wave.work, "revert", "--no-edit", "effort/E1")
    wave.save("effort/E2")


def with_an_old_copy(wave: Wave) -> None:
    stacked_on(wave, {"shared.txt": "1\n2\n3\n4\nfive\n"}, {"two.txt": "two\n", "shared.txt": LINES})


def with_an_edited_old_copy(wave: Wave) -> None:
    stacked_on(wave, {"shared.txt": "1\n2\n3\n4\nfive\n"}, {"shared.txt": f"0\n{LINES}"})


def with_a_file_of_e1_deleted(wave: Wave) -> None:
    stacked_on(wave, {"one.txt": "one\n", "more.txt": "more\n"}, {"two.txt": "two\n", "one.txt": None})


def with_markers(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "<<<<<<< HEAD\none\n=======\neins\n>>>>>>> mine\n"})


def with_names_that_differ_in_case(wave: Wave) -> None:
    wave.branch("E1", {"docs/Guide.md": "one\n"})
    wave.branch("E2", {"docs/guide.md": "two\n"})


def with_a_name_that_windows_reserves(wave: Wave) -> None:
    wave.branch("E1", {"notes/aux.txt": "one\n"})


def without_common_history(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    git(wave.work, "switch", "--quiet", "--orphan", "begin")
    (wave.work / "two.txt").write_text("two\n", encoding="utf-8")
    wave.save("effort/E2")
    wave.plan_for("E2")


def on_this_integration(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.switch("effort/E2")
    git(wave.work, "merge", "--quiet", "--no-ff", "--message", "Merge E1", "effort/E1")
    wave.commit("effort/E2", {"two.txt": "two\n"})
    wave.plan_for("E2", parent="E1")


def on_an_earlier_attempt(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    with integrated(wave) as first:
        git(wave.work, "fetch", "--quiet", str(first.store.git_dir), f"{first.integration.tip}:refs/heads/effort/first")
    wave.branch("E2", {"two.txt": "two\n"}, parent="first")
    wave.document |= {"attempt": 2, "date": "2025-10-07T00:00:00Z"}
    wave.document["branches"][-1]["parent"] = "E1"


UNDONE = "the merge of E2, # (Merge E2: Title of E2), undoes what was merged before it:\n  {}"
AFTER_E1 = "merge E1; merge E2 {}; demo"

WRONG_SOURCES = {
    "a branch contains another one and does not say so": Wrong(
        "",
        "parents_are_as_declared[E2]",
        "E2 contains E1, which it does not declare: its merge brings them in too.",
        on_e1_without_saying_so,
    ),
    "a branch has merged another one and does not say so": Wrong(
        "",
        "parents_are_as_declared[E2]",
        "E2 contains E1, which it does not declare: its merge brings them in too.",
        holding_a_third_branch,
    ),
    "a branch says it is stacked on another one and is not": Wrong(
        "",
        "parents_are_as_declared[E2]",
        "E2 declares the parent E1, but has none of its commits: # does not contain #.",
        beside_e1_but_declared_on_it,
    ),
    "a branch has merged an earlier one with `-s ours`": Wrong(
        "",
        "earlier_work_is_kept[E2]",
        "E2 undoes by merges of its own what others brought:\n"
        "  one.txt: # (Bring E1 in) threw away the change of E1\n"
        "  shared.txt: # (Bring E1 in) threw away the change of E1",
        merged_e1_with_the_strategy_ours,
    ),
    "a branch has merged an earlier one and kept its own file": Wrong(
        "",
        "earlier_work_is_kept[E2]",
        UNDONE.format("shared.txt, of E1 (merge #): 2 lines gone: `one`, `three`"),
        merged_e1_and_kept_its_own_file,
    ),
    "a branch has merged an earlier one and kept its own lines": Wrong(
        "",
        "earlier_work_is_kept[E2]",
        UNDONE.format("shared.txt, of E1 (merge #): 1 line gone: `six`"),
        merged_e1_and_kept_its_own_lines,
    ),
    "the revert of an earlier branch rides along": Wrong(
        "",
        "earlier_work_is_kept[E2]",
        UNDONE.format("one.txt, of E1 (merge #): is gone\n  shared.txt, of E1 (merge #): is as it was before"),
        reverting_e1,
    ),
    "the revert of an earlier branch rides along in a file with other edits": Wrong(
        "",
        "earlier_work_is_kept[E2]",
        UNDONE.format("shared.txt, of E1 (merge #): 2 lines gone: `six`, `seven`"),
        reverting_lines_of_e1,
    ),
    "an old copy of a file rides along": Wrong(
        "",
        "earlier_work_is_kept[E2]",
        UNDONE.format("shared.txt, of E1 (merge #): is as it was before"),
        with_an_old_copy,
    ),
    "an old copy of a file rides along, with edits": Wrong(
        "",
        "earlier_work_is_kept[E2]",
        UNDONE.format("shared.txt, of E1 (merge #): 1 line gone: `five`"),
        with_an_edited_old_copy,
    ),
    "a branch deletes a file of an earlier one": Wrong(
        "",
        "earlier_work_is_kept[E2]",
        UNDONE.format("one.txt, of E1 (merge #): is gone"),
        with_a_file_of_e1_deleted,
    ),
    "a branch brings conflict markers": Wrong(
        "",
        "no_conflict_markers",
        "lines with <<<<<<< and >>>>>>> are in\n  one.txt, since # (Merge E1: Title of E1)",
        with_markers,
    ),
    "two branches bring paths that differ in case only": Wrong(
        "",
        "paths_are_portable",
        "paths are in that not every file system can hold:\n"
        "  docs/Guide.md, since # (Merge E1: Title of E1): meets docs/guide.md"
        " where case or Unicode normalisation is ignored\n"
        "  docs/guide.md, since # (Merge E2: Title of E2): meets docs/Guide.md"
        " where case or Unicode normalisation is ignored",
        with_names_that_differ_in_case,
    ),
    "a branch brings a path that Windows cannot hold": Wrong(
        "",
        "paths_are_portable",
        "paths are in that not every file system can hold:\n"
        "  notes/aux.txt, since # (Merge E1: Title of E1): AUX is a device on Windows",
        with_a_name_that_windows_reserves,
    ),
    "a branch without common history is merged": Wrong(
        AFTER_E1.format("--allow-unrelated-histories"),
        "merge_holds_nothing_else[E2] earlier_work_is_kept[E2] own_lines_stay_within_limit",
        "git cannot merge the parents of # (Merge E2): fatal: refusing to merge unrelated histories",
        without_common_history,
    ),
    "a branch contains this integration": Wrong(
        AFTER_E1.format(""),
        "branches_are_not_integrations",
        "E2 contains # (Merge E1), which are integrations; they are never a source (R270)",
        on_this_integration,
    ),
    "a branch contains an earlier attempt": Wrong(
        "",
        "branches_are_not_integrations",
        "E2 contains # (Merge E1: Title of E1), # (Add demo and integration documents), which are integrations;"
        " they are never a source (R270)",
        on_an_earlier_attempt,
    ),
}


@pytest.mark.parametrize("wrong", WRONG_SOURCES.values(), ids=WRONG_SOURCES)
def test_a_wrong_source_fails_the_criteria_that_it_breaks(wrong: Wrong, wave: Wave) -> None:
    assert wrong.wave
    wrong.wave(wave)
    with integrated(wave) as built:
        tip = by_hand(built, wrong.script) if wrong.script else built.integration.tip
        assert tip, built.integration
        assert_caught(wrong, failures(built, tip))
        assert_same_or_told(built, tip)


def approved_before_it_moved(wave: Wave) -> None:
    tip = wave.branch("E1", {"one.txt": "one\n"})
    wave.document["branches"][-1]["commit"] = tip
    wave.commit("effort/E1", {"one.txt": "one more\n"})


WRONG_TIPS = {
    "a branch has moved on since it was approved": Wrong(
        "",
        "source_is_found[E1]",
        "origin/effort/E1: origin/effort/E1 is at #, but # was approved (`commit:` in the plan)",
        approved_before_it_moved,
    ),
}


@pytest.mark.parametrize("wrong", WRONG_TIPS.values(), ids=WRONG_TIPS)
def test_a_wrong_tip_is_refused(wrong: Wrong, wave: Wave) -> None:
    assert wrong.wave
    wrong.wave(wave)
    with integrated(wave) as built:
        assert built.integration.tip is None
        with pytest.raises(pytest.fail.Exception) as failed:
            source_is_found(built.sources, "E1")
    assert wrong.telling == "source_is_found[E1]"
    assert without_ids(str(failed.value)) == wrong.says
