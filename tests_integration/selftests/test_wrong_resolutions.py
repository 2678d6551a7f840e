"""Conflicts settled otherwise than the plan says, and rules that drop work: exactly the criteria they break fail."""

from collections.abc import Callable

import pytest

from tests_integration.selftests.given_back import assert_same_or_told
from tests_integration.selftests.hand import by_hand
from tests_integration.selftests.test_wrong_branches import Wrong, assert_caught
from tests_integration.selftests.test_wrong_sources import AFTER_E1, LINES, side_by_side
from tests_integration.selftests.waves import Wave, failures, git, integrated

SUBMODULE = "160000,{},lib"
DECLARED = "the merge of {0}, # (Merge {0}), is not what the plan declares:\n  {1}"


def with_rule(**rule: object) -> Callable[[Wave], None]:
    """E1 and E2 that conflict in `shared.txt`, and a rule for it."""

    def wave_with_rule(wave: Wave) -> None:
        side_by_side(wave)
        wave.document["resolve"] = [{"paths": ["shared.txt"], **rule}]

    return wave_with_rule


def with_a_conflict_that_hides_a_loss(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": f"{LINES}six\n"})
    wave.branch("E3", {"shared.txt": f"one{LINES[1:]}six\n"}, parent="E1")
    wave.branch("E2", {"shared.txt": f"eins{LINES[1:]}"})
    git(wave.work, "merge", "--quiet", "--strategy", "ours", "--message", "Bring E1 in", "effort/E1")
    wave.save("effort/E2")
    wave.document["branches"][-1]["parent"] = "E1"
    wave.document["resolve"] = [{"paths": ["shared.txt"], "take": "union"}]


def with_a_script(wave: Wave) -> None:
    wave.branch("E1", {"run": "#!/bin/sh\n"})
    (wave.work / "run").chmod(0o755)
    wave.commit("effort/E1", {})


def with_a_submodule(wave: Wave) -> None:
    wave.switch("main")
    git(wave.work, "update-index", "--add", "--cacheinfo", SUBMODULE.format("1" * 40))
    git(wave.work, "commit", "--quiet", "--message", "Use lib")
    git(wave.work, "push", "--quiet", str(wave.origin), "main")
    (wave.work / "lib").mkdir()
    wave.branch("E1", {"one.txt": "one\n"})


def with_union_for_its_files(wave: Wave) -> None:
    wave.branch("E1", {".gitattributes": "*.txt merge=union\n", "shared.txt": f"{LINES}six\n"})
    wave.branch("E2", {"shared.txt": f"{LINES}sechs\n"})


def with_a_patch_that_adds_a_line(wave: Wave) -> None:
    wave.branch("E1", {"list.txt": "a\nb\n"})
    patch = "--- a/list.txt\n+++ b/list.txt\n@@ -1,2 +1,3 @@\n a\n b\n+c\n"
    (wave.folder / "plans" / "c.patch").write_text(patch, encoding="utf-8")
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "no c", "after": "E1", "patch": "c.patch"}]


WRONG_RESOLUTIONS = {
    "a rule drops lines of an earlier branch": Wrong(
        "",
        "rule_drops_only_what_it_may[rule-1]",
        "rule 1 (theirs of shared.txt) drops what branches added:\n"
        "  shared.txt, in the merge of E2 (#): 1 line of E1: `six`",
        with_rule(take="theirs"),
    ),
    "a rule drops lines of the branch": Wrong(
        "",
        "rule_drops_only_what_it_may[rule-1]",
        "rule 1 (ours of shared.txt) drops what branches added:\n"
        "  shared.txt, in the merge of E2 (#): 1 line of E2: `sechs`",
        with_rule(take="ours"),
    ),
    "a rule deletes what two branches wrote": Wrong(
        "",
        "rule_drops_only_what_it_may[rule-1]",
        "rule 1 (delete of shared.txt) drops what branches added:\n"
        "  shared.txt, in the merge of E2 (#): 1 line of E1: `six`\n"
        "  shared.txt, in the merge of E2 (#): 1 line of E2: `sechs`",
        with_rule(take="delete"),
    ),
    "a branch has lost lines of an earlier one in a file that conflicts": Wrong(
        "",
        "earlier_work_is_kept[E2]",
        "E2 undoes by merges of its own what others brought:\n"
        "  shared.txt: # (Bring E1 in) threw away the change of E1",
        with_a_conflict_that_hides_a_loss,
    ),
    "a side is taken that no rule names": Wrong(
        "merge E1; merge E2 || git checkout --quiet --theirs .; save 'Merge E2'; demo",
        "merge_holds_nothing_else[E2]",
        DECLARED.format("E2", "shared.txt: a content conflict was settled, but the plan does not say how"),
        side_by_side,
    ),
    "another side is taken than a rule says": Wrong(
        AFTER_E1.format("--strategy-option theirs"),
        "merge_holds_nothing_else[E2]",
        DECLARED.format("E2", "shared.txt: is not what the declared rules and fixes make of it"),
        with_rule(take="ours", drops=True),
    ),
    "a rule is followed, and more is edited in the same file": Wrong(
        "merge E1; merge E2 -X theirs --no-commit; sed --in-place s/1/eins/ shared.txt; save 'Merge E2'; demo",
        "merge_holds_nothing_else[E2]",
        DECLARED.format("E2", "shared.txt: is not what the declared rules and fixes make of it"),
        with_rule(take="theirs", drops=True),
    ),
    "attributes of a branch settle a conflict behind everybody's back": Wrong(
        AFTER_E1.format(""),
        "merge_holds_nothing_else[E2]",
        DECLARED.format("E2", "shared.txt: a content conflict was settled, but the plan does not say how"),
        with_union_for_its_files,
    ),
    "a script loses its mode in a merge": Wrong(
        "merge E1; chmod -x run; amend; demo",
        "merge_holds_nothing_else[E1]",
        DECLARED.format("E1", "run: its mode is 100644 instead of 100755"),
        with_a_script,
    ),
    "a submodule is moved in a merge": Wrong(
        f"merge E1; git update-index --cacheinfo {SUBMODULE.format('2' * 40)}; git commit --amend --no-edit; files;"
        " git add demos; git commit -m 'Add demo' -m 'Integration-Infrastructure: R291'",
        "merge_holds_nothing_else[E1]",
        DECLARED.format("E1", "lib: its content differs from git's own merge, and no declared fix says so"),
        with_a_submodule,
    ),
    "a fix is applied twice": Wrong(
        "merge E1; git apply ../plans/c.patch; amend; git diff -U0 HEAD^2 | git apply --unidiff-zero; amend; demo",
        "merge_holds_nothing_else[E1]",
        DECLARED.format("E1", "list.txt: is not what the declared rules and fixes make of it"),
        with_a_patch_that_adds_a_line,
    ),
}


@pytest.mark.parametrize("wrong", WRONG_RESOLUTIONS.values(), ids=WRONG_RESOLUTIONS)
def test_a_wrong_resolution_fails_the_criteria_that_it_breaks(wrong: Wrong, wave: Wave) -> None:
    assert wrong.wave
    wrong.wave(wave)
    with integrated(wave) as built:
        tip = by_hand(built, wrong.script) if wrong.script else built.integration.tip
        assert tip, built.integration
        assert_caught(wrong, failures(built, tip))
        assert_same_or_told(built, tip)
