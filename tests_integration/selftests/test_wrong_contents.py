"""Integrations made by hand, wrong in what a merge or the last commit holds: exactly the criteria it breaks fail."""

import re
from collections.abc import Iterator

import pytest

from tests_integration.selftests.test_wrong_branches import WRONG, Wrong
from tests_integration.selftests.waves import (
    Built,
    Wave,
    branch_criteria,
    by_hand,
    every_kind_of_fix,
    failures,
    integrated,
)

MERGE = "the merge of {}, # (Merge {}), is not what the plan declares:\n  "

WRONG_MERGES = {
    "a file that merged cleanly is edited": Wrong(
        "E1; E2a; E2b; E3; E4; echo more >> two.txt; amend; demo",
        "merge_holds_nothing_else[E4]",
        MERGE.format("E4", "E4") + "two.txt: its content differs from git's own merge, and no declared fix says so",
    ),
    "a conflict is settled by hand": Wrong(
        "E1; E2a; E2b; E3; echo both > lock.txt; amend; E4; demo",
        "merge_holds_nothing_else[E3]",
        MERGE.format("E3", "E3") + "lock.txt: is not what the declared fixes make of it",
    ),
    "the other side of a conflict is taken": Wrong(
        "E1; E2a; E2b; E3; git checkout --quiet HEAD^1 lock.txt; amend; E4; demo",
        "merge_holds_nothing_else[E3]",
        MERGE.format("E3", "E3") + "lock.txt: is not what the declared fixes make of it",
    ),
    "conflict markers are left": Wrong(
        "E1; E2a; E2b; merge E3 || rm twin.txt; save 'Merge E3'; E4; demo",
        "no_conflict_markers merge_holds_nothing_else[E3]",
        "lines with <<<<<<< and >>>>>>> are in\n  lock.txt, since # (Merge E3)",
    ),
    "a file is added": Wrong(
        "E1; E2a; E2b; E3; E4; echo new > pkg.txt; amend; demo",
        "merge_holds_nothing_else[E4]",
        MERGE.format("E4", "E4") + "pkg.txt: a new file, which neither git's merge nor a declared fix brings",
    ),
    "a file is dropped": Wrong(
        "E1; E2a; E2b; E3; E4; git rm --quiet one.txt; amend; demo",
        "merge_holds_nothing_else[E4]",
        MERGE.format("E4", "E4") + "one.txt: removed, which no declared fix does",
    ),
    "all of a branch is dropped": Wrong(
        "E1; E2a; E2b; E3; merge E4 --strategy ours; demo",
        "merge_holds_nothing_else[E4]",
        MERGE.format("E4", "E4") + "demos/NOTES.md: removed, which no declared fix does\n"
        "  four.txt: removed, which no declared fix does",
    ),
    "a file is moved": Wrong(
        "E1; E2a; E2b; E3; E4; git mv four.txt 4.txt; amend; demo",
        "merge_holds_nothing_else[E4]",
        MERGE.format("E4", "E4") + "4.txt: a new file, which neither git's merge nor a declared fix brings\n"
        "  four.txt: removed, which no declared fix does",
    ),
    "a file is made executable": Wrong(
        "E1; E2a; E2b; E3; E4; chmod +x one.txt; amend; demo",
        "merge_holds_nothing_else[E4]",
        MERGE.format("E4", "E4") + "one.txt: its mode is 100755 instead of 100644",
    ),
    "a file becomes a link": Wrong(
        "E1; E2a; E2b; E3; E4; ln --force --symbolic one.txt two.txt; amend; demo",
        "merge_holds_nothing_else[E4]",
        MERGE.format("E4", "E4") + "two.txt: its content differs from git's own merge, and no declared fix says so",
    ),
    "a fix is forgotten": Wrong(
        "merge E1; E2a; E2b; E3 ; E4; demo",
        "fix_is_in_its_merge[BUG-1] merge_holds_nothing_else[E1] merge_holds_nothing_else[E2-split-001]"
        " merge_holds_nothing_else[E2-split-002]",
        "BUG-1: twin.txt is still there in # (Merge E1), the merge of E1",
    ),
    "a fix is forgotten for good": Wrong(
        "merge E1; E2a; E2b; merge E3 --no-commit || git checkout --quiet --theirs lock.txt twin.txt; save 'Merge E3';"
        " E4; demo",
        "deleted_files_stay_deleted[BUG-1] fix_is_in_its_merge[BUG-1]"
        + "".join(f" merge_holds_nothing_else[{name}]" for name in ("E1", "E2-split-001", "E2-split-002", "E3", "E4")),
        "BUG-1 deleted twin.txt, but the tip # has it again",
    ),
    "a fix comes one commit late": Wrong(
        "merge E1; git rm --quiet twin.txt; save 'Fix BUG-1'; E2a; E2b; E3; E4; demo",
        "fix_is_in_its_merge[BUG-1] merge_holds_nothing_else[E1] merges_in_planned_order",
        "BUG-1: twin.txt is still there in # (Merge E1), the merge of E1",
    ),
    "a fix is in the wrong merge": Wrong(
        "merge E1; E2a; git rm --quiet twin.txt; amend; E2b; E3; E4; demo",
        "fix_is_in_its_merge[BUG-1] merge_holds_nothing_else[E1]",
        "BUG-1: twin.txt is still there in # (Merge E1), the merge of E1",
    ),
    "what a fix needs is gone": Wrong(
        "E1; git rm --quiet one.txt; amend; E2a; E2b; E3; E4; demo",
        "fix_is_in_its_merge[BUG-1] merge_holds_nothing_else[E1]",
        "BUG-1 needs one.txt, which is not there in # (Merge E1)",
    ),
    "a patch is not applied": Wrong(
        "E1; E2a; merge E2-split-002; E3; E4; demo",
        "fix_is_in_its_merge[BUG-2] merge_holds_nothing_else[E2-split-002]",
        "BUG-2 changed nothing in # (Merge E2-split-002): git's own merge is the same without it",
    ),
    "a patch is applied in part": Wrong(
        "E1; E2a; merge E2-split-002; sed -i s/1/one/ three.txt; amend; E3; E4; demo",
        "merge_holds_nothing_else[E2-split-002]",
        MERGE.format("E2-split-002", "E2-split-002") + "three.txt: is not what the declared fixes make of it",
    ),
    "a patched file has more than the patch": Wrong(
        "E1; E2a; E2b; echo ten >> three.txt; amend; E3; E4; demo",
        "merge_holds_nothing_else[E2-split-002]",
        MERGE.format("E2-split-002", "E2-split-002") + "three.txt: is not what the declared fixes make of it",
    ),
    "a later branch brings a deleted file back": Wrong(
        "E1; E2a; E2b; merge E3 --no-commit || git checkout --quiet --theirs lock.txt; save 'Merge E3'; E4; demo",
        "deleted_files_stay_deleted[BUG-1] merge_holds_nothing_else[E3] merge_holds_nothing_else[E4]",
        "BUG-1 deleted twin.txt, but the tip # has it again",
    ),
    "the merges change too many lines": Wrong(
        "E1; E2a; E2b; E3; E4; seq 47 >> two.txt; amend; demo",
        "own_lines_stay_within_limit merge_holds_nothing_else[E4]",
        "the merges change 51 lines of their own; the plan allows 50",
    ),
}

WRONG_LAST_COMMITS = {
    "it brings a deleted file back": Wrong(
        "E1; E2a; E2b; E3; E4; echo twin > twin.txt; demo",
        "infrastructure_adds_only_its_files deleted_files_stay_deleted[BUG-1]",
        "# (Add demo) changes twin.txt, which is not in `demo.create`",
    ),
    "it touches another file": Wrong(
        "E1; E2a; E2b; E3; E4; echo more >> two.txt; demo",
        "infrastructure_adds_only_its_files",
        "# (Add demo) changes two.txt, which is not in `demo.create`",
    ),
    "it overwrites what a branch brought": Wrong(
        "E1; E2a; E2b; E3; E4; cp ../plans/infrastructure/demos/NOTES.md demos; demo",
        "infrastructure_adds_only_its_files",
        "# (Add demo) changes demos/NOTES.md, which the branches bring",
    ),
    "it adds something else under a planned name": Wrong(
        "E1; E2a; E2b; E3; E4; files; echo more >> demos/DEMO.md; demo",
        "infrastructure_adds_only_its_files",
        "# (Add demo) adds demos/DEMO.md, but not as it is in `demo.create`",
    ),
    "the infrastructure changes a mode": Wrong(
        "E1; E2a; E2b; E3; E4; files; chmod +x demos/DEMO.md; demo",
        "infrastructure_adds_only_its_files",
        "# (Add demo) adds demos/DEMO.md with another mode than in `demo.create`",
    ),
    "it does not say what it is": Wrong(
        "E1; E2a; E2b; E3; E4; files; save 'Add demo'",
        "infrastructure_adds_only_its_files",
        "# (Add demo) is no merge and does not say what it is",
    ),
    "it is not executable": Wrong(
        "E1; E2a; E2b; E3; E4; demo; chmod -x demos/demo.sh; amend",
        "demo_script_is_executable",
        "demos/demo.sh is 100644 on the branch; it must be 100755 (git update-index --chmod=+x)",
    ),
    "it is missing": Wrong(
        "E1; E2a; E2b; E3; E4",
        "demo_script_is_present demo_script_is_executable demo_is_documented",
        "the branch has no file demos/demo.sh",
    ),
    "it has no script": Wrong(
        "E1; E2a; E2b; E3; E4; demo; git rm --quiet demos/demo.sh; amend",
        "demo_script_is_present demo_script_is_executable",
        "the branch has no file demos/demo.sh",
    ),
    "its script is a link": Wrong(
        "E1; E2a; E2b; E3; E4; demo; ln --force --symbolic ../one.txt demos/demo.sh; amend",
        "demo_script_is_present demo_script_is_executable infrastructure_adds_only_its_files",
        "the branch has no file demos/demo.sh",
    ),
    "it has no document": Wrong(
        "E1; E2a; E2b; E3; E4; demo; git rm --quiet demos/DEMO.md; amend",
        "demo_is_documented",
        "the branch has no file demos/DEMO.md",
    ),
    "its document is empty": Wrong(
        "E1; E2a; E2b; E3; E4; demo; echo > demos/DEMO.md; amend",
        "demo_is_documented infrastructure_adds_only_its_files",
        "demos/DEMO.md is empty",
    ),
}


KINDS = WRONG_MERGES | {f"demo commit: {name}": wrong for name, wrong in WRONG_LAST_COMMITS.items()}


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    with integrated(every_kind_of_fix(tmp_path_factory.mktemp("right") / "wave")) as built:
        yield built


@pytest.mark.parametrize("wrong", KINDS.values(), ids=KINDS)
def test_wrong_contents_fail_the_criteria_that_they_break(wrong: Wrong, right: Built) -> None:
    found = failures(right, by_hand(right, wrong.script))
    assert set(found) == set(wrong.fails.split())
    assert re.sub(r"\b([0-9a-f]{40}|[0-9a-f]{12})\b", "#", found[wrong.fails.split()[0]]) == wrong.says


def test_every_criterion_catches_a_wrong_branch() -> None:
    caught = {name.partition("[")[0] for wrong in (*WRONG.values(), *KINDS.values()) for name in wrong.fails.split()}
    criteria = {criterion.__name__.removeprefix("test_") for _, criterion in branch_criteria()}
    assert criteria - caught == {"branches_are_not_integrations"}, "which has tests of its own"


@pytest.mark.parametrize(
    ("added", "says"), [(50, ""), (51, "the merges change 51 lines of their own; the plan allows 50")]
)
def test_a_patch_counts_its_lines(wave: Wave, added: int, says: str) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    patch = f"--- a/one.txt\n+++ b/one.txt\n@@ -1 +1,{added + 1} @@\n one\n" + "+more\n" * added
    (wave.folder / "plans" / "long.patch").write_text(patch, encoding="utf-8")
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "short", "after": "E1", "patch": "long.patch"}]
    with integrated(wave) as built:
        assert built.integration.tip
        found = failures(built, built.integration.tip)
    assert found == ({"own_lines_stay_within_limit": says} if says else {})
