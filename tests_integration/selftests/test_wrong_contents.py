"""Integrations made by hand, wrong in what a merge or the last commit holds: exactly the criteria it breaks fail."""

from collections.abc import Iterator

import pytest

from tests_integration.selftests.given_back import assert_same_or_told
from tests_integration.selftests.hand import by_hand
from tests_integration.selftests.test_wrong_branches import Wrong, assert_caught, without_ids
from tests_integration.selftests.waves import Built, Wave, every_kind_of_fix, failures, integrated

MERGE = "the merge of {0}, # (Merge {0}), is not what the plan declares:\n  "
EDITED = MERGE + "{1}: its content differs from git's own merge, and no declared fix says so"
DECLARED = MERGE + "{1}: is not what the declared rules and fixes make of it"
LOST = "merge_holds_nothing_else[{0}] earlier_work_is_kept[{0}]"

WRONG_MERGES = {
    "a file that merged cleanly is edited": Wrong(
        "E1; E2a; E2b; E3; E4; echo more >> two.txt; amend; demo",
        "merge_holds_nothing_else[E4]",
        EDITED.format("E4", "two.txt") + "\n    diff --git a/two.txt b/two.txt\n    index f719efd..2312e0b 100644"
        "\n    --- a/two.txt\n    +++ b/two.txt\n    @@ -1 +1,2 @@\n     two\n    +more",
    ),
    "one character of a file that merged cleanly is edited": Wrong(
        "E1; E2a; E2b; E3; E4; sed --in-place s/two/twO/ two.txt; amend; demo",
        "merge_holds_nothing_else[E4]",
        EDITED.format("E4", "two.txt"),
    ),
    "an editor drops the end of the last line": Wrong(
        "E1; E2a; E2b; E3; E4; printf two > two.txt; amend; demo",
        "merge_holds_nothing_else[E4]",
        EDITED.format("E4", "two.txt"),
    ),
    "a conflict is settled by hand": Wrong(
        "E1; E2a; E2b; E3; echo both > lock.txt; amend; E4; demo",
        "merge_holds_nothing_else[E3]",
        DECLARED.format("E3", "lock.txt"),
    ),
    "the other side of a conflict is taken": Wrong(
        "E1; E2a; E2b; E3; git checkout --quiet HEAD^1 lock.txt; amend; E4; demo",
        "merge_holds_nothing_else[E3]",
        DECLARED.format("E3", "lock.txt"),
    ),
    "a branch is merged with `-X ours`": Wrong(
        "E1; E2a; E2b; merge E3 --strategy-option ours || git rm --quiet twin.txt; save 'Merge E3'; E4; demo",
        "merge_holds_nothing_else[E3]",
        DECLARED.format("E3", "lock.txt"),
    ),
    "a branch is merged with `-s ours`": Wrong(
        "E1; E2a; E2b; E3; merge E4 --strategy ours; demo",
        "merge_holds_nothing_else[E4]",
        MERGE.format("E4") + "demos/NOTES.md: removed, which no declared fix does\n"
        "  four.txt: removed, which no declared fix does",
    ),
    "conflict markers are left": Wrong(
        "E1; E2a; E2b; merge E3 || rm twin.txt; save 'Merge E3'; E4; demo",
        "no_conflict_markers merge_holds_nothing_else[E3]",
        "lines with <<<<<<< and >>>>>>> are in\n  lock.txt, since # (Merge E3)",
    ),
    "a file is added": Wrong(
        "E1; E2a; E2b; E3; E4; echo new > pkg.txt; amend; demo",
        "merge_holds_nothing_else[E4]",
        MERGE.format("E4") + "pkg.txt: a new file, which neither git's merge nor a declared fix brings",
    ),
    "a file of an earlier branch is dropped": Wrong(
        "E1; E2a; E2b; E3; E4; git rm --quiet one.txt; amend; demo",
        LOST.format("E4"),
        MERGE.format("E4") + "one.txt: removed, which no declared fix does",
    ),
    "lines of an earlier branch are lost": Wrong(
        "E1; E2a; E2b; E3; sed --in-place d two.txt; amend; E4; demo",
        "earlier_work_is_kept[E3] merge_holds_nothing_else[E3]",
        "the merge of E3, # (Merge E3), undoes what was merged before it:\n"
        "  two.txt, of E2-split-001 (merge #): 1 line gone: `two`\n"
        "It is not the doing of E3: git's own merge keeps it. Merge it again (R361).",
    ),
    "an old copy of a file is put into a merge": Wrong(
        "E1; E2a; E2b; E3; E4; git checkout --quiet origin/main -- lock.txt; amend; demo",
        LOST.format("E4"),
        EDITED.format("E4", "lock.txt"),
    ),
    "a file is moved": Wrong(
        "E1; E2a; E2b; E3; E4; git mv four.txt 4.txt; amend; demo",
        "merge_holds_nothing_else[E4]",
        MERGE.format("E4") + "4.txt: a new file, which neither git's merge nor a declared fix brings\n"
        "  four.txt: removed, which no declared fix does",
    ),
    "a file is made executable": Wrong(
        "E1; E2a; E2b; E3; E4; chmod +x one.txt; amend; demo",
        "merge_holds_nothing_else[E4]",
        MERGE.format("E4") + "one.txt: its mode is 100755 instead of 100644",
    ),
    "a file becomes a link": Wrong(
        "E1; E2a; E2b; E3; E4; ln --force --symbolic one.txt two.txt; amend; demo",
        LOST.format("E4"),
        MERGE.format("E4") + "two.txt: a link instead of a file, which no declared fix says",
    ),
    "a fix is forgotten": Wrong(
        "merge E1; E2a; E2b; E3 ; E4; demo",
        "fix_is_in_its_merge[BUG-1] merge_holds_nothing_else[E1] merge_holds_nothing_else[E2-split-001]"
        " merge_holds_nothing_else[E2-split-002]",
        "BUG-1: twin.txt is still there in # (Merge E1), the merge of E1; it is removed in # (Merge E3) instead",
    ),
    "a fix is forgotten for good": Wrong(
        "merge E1; E2a; E2b; merge E3 --no-commit || git checkout --quiet --theirs lock.txt twin.txt; save 'Merge E3';"
        " E4; demo",
        "deleted_files_stay_deleted[BUG-1] fix_is_in_its_merge[BUG-1]"
        + "".join(f" merge_holds_nothing_else[{name}]" for name in ("E1", "E2-split-001", "E2-split-002", "E3", "E4")),
        "BUG-1 deleted twin.txt, but the tip # has it again: twin.txt (since # (Merge E3))",
    ),
    "a fix comes one commit late": Wrong(
        "merge E1; git rm --quiet twin.txt; save 'Fix BUG-1'; E2a; E2b; E3; E4; demo",
        "fix_is_in_its_merge[BUG-1] merge_holds_nothing_else[E1] merges_in_planned_order",
        "BUG-1: twin.txt is still there in # (Merge E1), the merge of E1; it is removed in # (Fix BUG-1) instead",
    ),
    "a fix is in the wrong merge": Wrong(
        "merge E1; E2a; git rm --quiet twin.txt; amend; E2b; E3; E4; demo",
        "fix_is_in_its_merge[BUG-1] merge_holds_nothing_else[E1]",
        "BUG-1: twin.txt is still there in # (Merge E1), the merge of E1;"
        " it is removed in # (Merge E2-split-001) instead",
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
    "a patch is applied in the next merge": Wrong(
        "E1; E2a; merge E2-split-002; E3; git apply ../plans/three.patch; amend; E4; demo",
        "fix_is_in_its_merge[BUG-2] merge_holds_nothing_else[E2-split-002] merge_holds_nothing_else[E3]",
        "BUG-2 changed nothing in # (Merge E2-split-002): git's own merge is the same without it",
    ),
    "a patch is applied in part": Wrong(
        "E1; E2a; merge E2-split-002; sed -i s/1/one/ three.txt; amend; E3; E4; demo",
        "merge_holds_nothing_else[E2-split-002]",
        DECLARED.format("E2-split-002", "three.txt"),
    ),
    "a patch is edited before it is applied": Wrong(
        "E1; E2a; merge E2-split-002; sed 's/+one/+uno/' ../plans/three.patch | git apply; amend; E3; E4; demo",
        "merge_holds_nothing_else[E2-split-002]",
        DECLARED.format("E2-split-002", "three.txt"),
    ),
    "a patch is taken back in a later merge": Wrong(
        "E1; E2a; E2b; E3; git apply --reverse ../plans/three.patch; amend; E4; demo",
        "merge_holds_nothing_else[E3] fix_is_in_its_merge[BUG-2]",
        EDITED.format("E3", "three.txt"),
    ),
    "a patched file has more than the patch": Wrong(
        "E1; E2a; E2b; echo ten >> three.txt; amend; E3; E4; demo",
        "merge_holds_nothing_else[E2-split-002]",
        DECLARED.format("E2-split-002", "three.txt"),
    ),
    "a side is taken in the wrong merge": Wrong(
        "E1; E2a; E2b; merge E3 || git checkout --quiet --ours lock.txt; rm twin.txt; save 'Merge E3'; E4;"
        " git checkout --quiet origin/effort/E3 -- lock.txt; amend; demo",
        "merge_holds_nothing_else[E3] merge_holds_nothing_else[E4]",
        DECLARED.format("E3", "lock.txt"),
    ),
    "a later branch brings a deleted file back": Wrong(
        "E1; E2a; E2b; merge E3 --no-commit || git checkout --quiet --theirs lock.txt; save 'Merge E3'; E4; demo",
        "deleted_files_stay_deleted[BUG-1] merge_holds_nothing_else[E3] merge_holds_nothing_else[E4]",
        "BUG-1 deleted twin.txt, but the tip # has it again: twin.txt (since # (Merge E3))",
    ),
    "a deleted file is fetched back by hand": Wrong(
        "E1; E2a; E2b; E3; E4; git checkout --quiet origin/effort/E1 -- twin.txt; amend; demo",
        "deleted_files_stay_deleted[BUG-1] merge_holds_nothing_else[E4]",
        "BUG-1 deleted twin.txt, but the tip # has it again: twin.txt (since # (Merge E4))",
    ),
    "the merges change too many lines": Wrong(
        "E1; E2a; E2b; E3; E4; seq 47 >> two.txt; amend; demo",
        "own_lines_stay_within_limit merge_holds_nothing_else[E4]",
        "the merges change 51 lines of their own; the plan allows 50:\n  # (Merge E2-split-002): 4\n  # (Merge E4): 47",
    ),
}

WRONG_LAST_COMMITS = {
    "the demo's commit brings a deleted file back": Wrong(
        "E1; E2a; E2b; E3; E4; echo twin > twin.txt; demo",
        "infrastructure_adds_only_its_files deleted_files_stay_deleted[BUG-1]",
        "# (Add demo) changes twin.txt, which is not in `demo.create`",
    ),
    "the demo's commit touches another file": Wrong(
        "E1; E2a; E2b; E3; E4; echo more >> two.txt; demo",
        "infrastructure_adds_only_its_files",
        "# (Add demo) changes two.txt, which is not in `demo.create`",
    ),
    "the demo's commit overwrites what a branch brought": Wrong(
        "E1; E2a; E2b; E3; E4; cp ../plans/infrastructure/demos/NOTES.md demos; demo",
        "infrastructure_adds_only_its_files",
        "# (Add demo) changes demos/NOTES.md, which the branches bring",
    ),
    "the demo's commit adds something else under a planned name": Wrong(
        "E1; E2a; E2b; E3; E4; files; echo more >> demos/DEMO.md; demo",
        "infrastructure_adds_only_its_files",
        "# (Add demo) adds demos/DEMO.md, but not as it is in `demo.create`",
    ),
    "the demo's commit changes a mode": Wrong(
        "E1; E2a; E2b; E3; E4; files; chmod +x demos/DEMO.md; demo",
        "infrastructure_adds_only_its_files",
        "# (Add demo) adds demos/DEMO.md with another mode than in `demo.create`",
    ),
    "the demo's commit does not say what it is": Wrong(
        "E1; E2a; E2b; E3; E4; files; save 'Add demo'",
        "infrastructure_adds_only_its_files",
        "# (Add demo) is no merge and does not say what it is",
    ),
    "the demo is not executable": Wrong(
        "E1; E2a; E2b; E3; E4; demo; chmod -x demos/demo.sh; amend",
        "demo_script_is_executable",
        "demos/demo.sh is 100644 on the branch; it must be 100755 (git update-index --chmod=+x)",
    ),
    "the demo is missing": Wrong(
        "E1; E2a; E2b; E3; E4",
        "demo_script_is_present demo_script_is_executable demo_is_documented infrastructure_adds_only_its_files",
        "the branch has no file demos/demo.sh",
    ),
    "the demo has no script": Wrong(
        "E1; E2a; E2b; E3; E4; demo; git rm --quiet demos/demo.sh; amend",
        "demo_script_is_present demo_script_is_executable infrastructure_adds_only_its_files",
        "the branch has no file demos/demo.sh",
    ),
    "the demo's script is a link": Wrong(
        "E1; E2a; E2b; E3; E4; demo; ln --force --symbolic ../one.txt demos/demo.sh; amend",
        "demo_script_is_present demo_script_is_executable infrastructure_adds_only_its_files",
        "the branch has no file demos/demo.sh",
    ),
    "the demo has no document": Wrong(
        "E1; E2a; E2b; E3; E4; demo; git rm --quiet demos/DEMO.md; amend",
        "demo_is_documented infrastructure_adds_only_its_files",
        "the branch has no file demos/DEMO.md",
    ),
    "the demo's document is empty": Wrong(
        "E1; E2a; E2b; E3; E4; demo; echo > demos/DEMO.md; amend",
        "demo_is_documented infrastructure_adds_only_its_files",
        "demos/DEMO.md is empty",
    ),
}


KINDS = WRONG_MERGES | WRONG_LAST_COMMITS


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    with integrated(every_kind_of_fix(tmp_path_factory.mktemp("right") / "wave")) as built:
        yield built


@pytest.mark.parametrize("wrong", KINDS.values(), ids=KINDS)
def test_wrong_contents_fail_the_criteria_that_they_break(wrong: Wrong, right: Built) -> None:
    tip = by_hand(right, wrong.script)
    assert_caught(wrong, failures(right, tip))
    assert_same_or_told(right, tip)


@pytest.mark.parametrize(
    ("added", "says"),
    [(50, ""), (51, "the merges change 51 lines of their own; the plan allows 50:\n  # (Merge E1: Title of E1): 51")],
)
def test_a_patch_counts_its_lines(wave: Wave, added: int, says: str) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    patch = f"--- a/one.txt\n+++ b/one.txt\n@@ -1 +1,{added + 1} @@\n one\n" + "+more\n" * added
    (wave.folder / "plans" / "long.patch").write_text(patch, encoding="utf-8")
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "short", "after": "E1", "patch": "long.patch"}]
    with integrated(wave) as built:
        assert built.integration.tip
        found = failures(built, built.integration.tip)
    assert {name: without_ids(text) for name, text in found.items()} == (
        {"own_lines_stay_within_limit": says} if says else {}
    )
