"""Known fixes inside the merges: what they do to the tree, and how they say that they do not fit."""

from typing import Any

import pytest

from tests_integration.repository.ask import content, entries, entry
from tests_integration.selftests.waves import Built, Wave, integrated

PATCH = "--- a/shared.txt\n+++ b/shared.txt\n@@ -2,3 +2,3 @@\n 2\n-3\n+three\n 4\n"
RESULT = "1\n2\nthree\n4\n5\n"


def fix(wave: Wave, after: str, **what: Any) -> None:
    """Add a known fix to the plan; the first is BUG-1."""
    fixes = wave.document.setdefault("fixes", [])
    fixes.append({"id": f"BUG-{len(fixes) + 1}", "problem": "a problem", "after": after, **what})


def text(built: Built, path: str, merge: int = -1) -> str | None:
    """The file's text in a merge commit, the last if none is named."""
    found = entry(built.store, built.integration.merges[merge].commit, path)
    return content(built.store, found.blob).decode() if found else None


def stopped(wave: Wave) -> str:
    """Why the wave cannot be integrated."""
    with integrated(wave) as built:
        assert built.integration.parked
        return built.integration.parked[0].problem


def test_a_file_is_deleted_inside_the_merge(stacked: Wave) -> None:
    with integrated(stacked) as built:
        merge = built.integration.merges[0]
        assert entry(built.store, merge.tree_merged, "twin.txt")
        assert entries(built.store, merge.commit).keys() == {"base.txt", "shared.txt", "one.txt"}
        assert len(built.history.commits) == 4


def test_the_fact_says_what_the_fix_did(stacked: Wave) -> None:
    stacked.document["fixes"][0]["proven"] = "wave 1"
    with integrated(stacked) as built:
        (fact,) = built.integration.merges[0].fixes
    assert (fact.id, fact.action, fact.proven) == ("BUG-1", "delete twin.txt", "wave 1")
    assert fact.diff == (
        "diff --git a/twin.txt b/twin.txt\ndeleted file mode 100644\nindex "
        "cbdabfe..0000000\n--- a/twin.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-twin\n"
    )


@pytest.mark.parametrize(("side", "wanted"), [("ours", "one\n"), ("theirs", "two\n")])
def test_a_conflict_is_settled_by_taking_a_side(wave: Wave, side: str, wanted: str) -> None:
    wave.branch("E1", {"shared.txt": "one\n", "other.txt": "one\n"})
    wave.branch("E2", {"shared.txt": "two\n"})
    fix(wave, "E2", take={side: ["shared.txt"]})
    with integrated(wave) as built:
        assert text(built, "shared.txt") == wanted
        assert text(built, "other.txt") == "one\n"
        assert built.integration.merges[1].resolved == (f"shared.txt: {side} taken by BUG-1",)


def test_a_side_is_taken_whole_where_git_merges_on_its_own(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": "one\n2\n3\n4\n5\n"})
    wave.branch("E2", {"shared.txt": "1\n2\n3\n4\nfive\n"})
    fix(wave, "E2", take={"theirs": ["shared.txt"]})
    with integrated(wave) as built:
        assert text(built, "shared.txt") == "1\n2\n3\n4\nfive\n"


def test_a_mode_is_taken_with_its_side(wave: Wave) -> None:
    wave.branch("E1", {"run.sh": "same\n"})
    wave.switch("effort/E2", "main")
    (wave.work / "run.sh").write_text("same\n")
    (wave.work / "run.sh").chmod(0o755)
    wave.save("effort/E2")
    wave.plan_for("E2")
    fix(wave, "E2", take={"theirs": ["run.sh"]})
    with integrated(wave) as built:
        found = entry(built.store, str(built.integration.tip), "run.sh")
        assert found
        assert found.mode == "100755"


@pytest.mark.parametrize(
    ("side", "one", "two"),
    [("ours", None, "two\n"), ("theirs", "one\n", None)],
    ids=["ours-deleted-it", "theirs-deleted-it"],
)
def test_taking_the_side_that_deleted_a_file_deletes_it(
    wave: Wave, side: str, one: str | None, two: str | None
) -> None:
    wave.branch("E1", {"shared.txt": one})
    wave.branch("E2", {"shared.txt": two})
    fix(wave, "E2", take={side: ["shared.txt"]})
    with integrated(wave) as built:
        assert built.integration.tip
        assert text(built, "shared.txt") is None


def test_a_file_that_only_the_branch_brings_is_left_out_by_taking_ours(wave: Wave) -> None:
    wave.branch("E1", {"new.txt": "new\n"})
    fix(wave, "E1", take={"ours": ["new.txt"]})
    with integrated(wave) as built:
        assert text(built, "new.txt") is None


def test_a_conflict_is_settled_by_deleting_the_file(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": "one\n"})
    wave.branch("E2", {"shared.txt": "two\n"})
    fix(wave, "E2", delete=["shared.txt"])
    with integrated(wave) as built:
        assert text(built, "shared.txt") is None
        assert built.integration.merges[1].resolved == ("shared.txt: deleted by BUG-1",)


def test_a_conflict_beside_the_settled_one_still_stops(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": "one\n", "base.txt": "one\n"})
    wave.branch("E2", {"shared.txt": "two\n", "base.txt": "two\n"})
    fix(wave, "E2", take={"ours": ["shared.txt"]})
    assert stopped(wave).startswith("E2 (origin/effort/E2) does not merge: content conflict in base.txt with E1\n")


def test_a_conflict_of_another_merge_is_not_settled(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": "one\n"})
    wave.branch("E2", {"shared.txt": "two\n"})
    fix(wave, "E1", take={"theirs": ["shared.txt"]})
    assert stopped(wave).startswith("E2 (origin/effort/E2) does not merge")


def test_a_patch_is_applied_inside_the_merge(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    (wave.folder / "plans" / "bug.patch").write_text(PATCH)
    fix(wave, "E1", patch="bug.patch")
    with integrated(wave) as built:
        assert text(built, "shared.txt") == RESULT
        assert built.integration.merges[0].fixes[0].diff.endswith("@@ -1,5 +1,5 @@\n 1\n 2\n-3\n+three\n 4\n 5\n")


def test_fixes_of_one_merge_are_applied_one_after_the_other(wave: Wave) -> None:
    wave.branch("E1", {"twin.txt": "twin\n", "shared.txt": "1\n2\nthird\n4\n5\n"})
    (wave.folder / "plans" / "bug.patch").write_text(PATCH)
    fix(wave, "E1", take={"ours": ["shared.txt"]})
    fix(wave, "E1", patch="bug.patch")
    fix(wave, "E1", delete=["twin.txt"])
    with integrated(wave) as built:
        assert text(built, "shared.txt") == RESULT
        assert text(built, "twin.txt") is None
        assert [fact.id for fact in built.integration.merges[0].fixes] == ["BUG-1", "BUG-2", "BUG-3"]


def test_names_are_taken_as_they_are_written(wave: Wave) -> None:
    names = ["*.txt", ":(top)x", "a b'c\".txt", "größe.txt"]
    wave.branch("E1", dict.fromkeys([*names, "kept.txt"], "one\n"))
    fix(wave, "E1", delete=names)
    with integrated(wave) as built:
        there = entries(built.store, built.integration.merges[0].commit)
        assert there.keys() == {"base.txt", "shared.txt", "kept.txt"}


def test_a_file_to_delete_that_is_not_there_is_told_with_the_nearest(stacked: Wave) -> None:
    stacked.document["fixes"][0]["delete"] = ["twins.txt"]
    assert stopped(stacked) == "BUG-1 deletes twins.txt, which this merge does not hold; did you mean 'twin.txt'?"


def test_a_needed_file_that_is_not_there_is_told(stacked: Wave) -> None:
    stacked.document["fixes"][0]["needs"] = ["two.txt"]
    assert stopped(stacked) == "BUG-1 needs two.txt, which is not there after this merge; is it out of date?"


def test_a_needed_file_that_an_earlier_fix_deletes_is_told(stacked: Wave) -> None:
    fix(stacked, "E1", delete=["one.txt"], needs=["twin.txt"])
    assert stopped(stacked).startswith("BUG-2 needs twin.txt, which is not there")


def test_a_file_to_take_that_neither_side_holds_is_told(stacked: Wave) -> None:
    fix(stacked, "E2-split-001", take={"ours": ["nowhere.txt"]})
    assert stopped(stacked) == "BUG-2 takes nowhere.txt, which neither side of this merge holds"


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        (PATCH.replace("-3", "-drei"), "error: patch failed: shared.txt:2\nerror: shared.txt: patch does not apply"),
        (PATCH.replace("shared", "nowhere"), "error: nowhere.txt: does not exist in index"),
        ("no patch\n", 'error: No valid patches in input (allow with "--allow-empty")'),
    ],
    ids=["other-lines", "other-file", "no-patch"],
)
def test_a_patch_that_does_not_apply_is_told_in_gits_words(wave: Wave, patch: str, said: str) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    (wave.folder / "plans" / "bug.patch").write_text(patch)
    fix(wave, "E1", patch="bug.patch")
    assert stopped(wave) == f"BUG-1: bug.patch does not apply here: {said}"
