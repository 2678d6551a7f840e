"""Work that is taken back where no diff shows it: by merges on a branch, by the base, by a rule that says too much."""

import pytest

from tests_integration.selftests.test_wrong_branches import without_ids
from tests_integration.selftests.waves import Wave, failures, git, integrated

LINES = "".join(f"line {n}\n" for n in range(1, 10))


def judged(wave: Wave) -> tuple[dict[str, str], list[str]]:
    """Criteria that the engine's branch fails, each by the first two lines, and the remarks; commit ids as `#`."""
    remarks: list[str] = []
    with integrated(wave) as built:
        assert built.integration.tip, built.integration.parked
        found = failures(built, built.integration.tip, remark=remarks.append)
    heads = {name: without_ids("\n".join(text.splitlines()[:2])) for name, text in found.items()}
    return heads, [without_ids(text) for text in remarks]


def merged_with_ours(wave: Wave, other: str) -> None:
    git(wave.work, "merge", "--quiet", "--strategy", "ours", "--message", f"Bring {other} in", other)
    wave.save("effort/E2")
    wave.document["branches"][-1]["parent"] = "E1"


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("f.txt", {"f.txt": LINES.replace("line 5\nline 6\n", "")}),
        ("g.txt", {"g.txt": None}),
        ("asset", {"asset": b"\0one"}),
    ],
)
def test_a_merge_on_a_branch_that_undoes_an_earlier_one_is_told(
    wave: Wave, path: str, first: dict[str, str | bytes | None]
) -> None:
    wave.commit("main", {"f.txt": LINES, "g.txt": "g\n", "asset": b"\0base"})
    wave.branch("E1", first)
    wave.branch("E2", {"f.txt": f"first\n{LINES}", "two.txt": "two\n"})
    merged_with_ours(wave, "effort/E1")
    assert judged(wave)[0] == {
        "earlier_work_is_kept[E2]": "E2 undoes by merges of its own what others brought:\n"
        f"  {path}: # (Bring effort/E1 in) threw away the change of E1"
    }


def test_a_merge_on_a_branch_that_undoes_the_bases_own_work_is_told(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"})
    wave.commit("main", {"shared.txt": "1\n2\nfixed\n4\n5\n"})
    wave.switch("effort/E2")
    merged_with_ours(wave, "main")
    wave.document["branches"][-1]["parent"] = "base"
    assert judged(wave)[0] == {
        "earlier_work_is_kept[E2]": "E2 undoes by merges of its own what others brought:\n"
        "  shared.txt: # (Bring main in) threw away the change of the base"
    }


def test_an_own_side_that_was_chosen_in_a_conflict_is_a_remark(wave: Wave) -> None:
    wave.commit("main", {"g.txt": "g\n"})
    wave.branch("E1", {"g.txt": None})
    wave.branch("E2", {"g.txt": "more\n"})
    git(wave.work, "merge", "--quiet", "--no-commit", "effort/E1", fails=True)
    wave.save("effort/E2", "Bring E1 in")
    wave.document["branches"][-1]["parent"] = "E1"
    chosen = "E2 settled conflicts of its own:\n  g.txt: # (Bring E1 in) chose its own side of a conflict with E1"
    assert judged(wave) == ({}, [chosen])


def test_what_the_rule_for_the_branch_gives_up_is_no_failure(wave: Wave) -> None:
    wave.commit("main", {"g.txt": "g\n"})
    wave.branch("E1", {"g.txt": None})
    wave.branch("E2", {"two.txt": "two\n"})
    merged_with_ours(wave, "effort/E1")
    wave.document["resolve"] = [{"paths": ["/g.txt"], "take": "ours", "in": ["E2"], "drops": "true"}]
    assert judged(wave)[0] == {}


def test_a_branch_that_the_base_has_reverted_is_told(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.switch("main")
    git(wave.work, "merge", "--quiet", "--no-ff", "--message", "Bring E1 in", "effort/E1")
    git(wave.work, "revert", "--no-edit", "--mainline", "1", "HEAD")
    wave.save("main")
    wave.branch("E2", {"two.txt": "two\n"})
    assert judged(wave)[0] == {
        "earlier_work_is_kept[E1]": "E1 has commits that the base has reverted, so that merging it does not bring"
        ' them back: # (Revert "Bring E1 in")\nRevert the revert on the branch, or take the branch out of the plan.'
    }
    wave.switch("main")
    git(wave.work, "revert", "--no-edit", "HEAD~1")
    wave.save("main")
    assert judged(wave)[0] == {}


def test_a_rule_for_conflicts_excuses_no_loss_without_one(wave: Wave) -> None:
    wave.commit("main", {"go.mod": "a v1\n"})
    wave.branch("E1", {"go.mod": "a v2\n"})
    wave.branch("E2", {"go.mod": "a v1\n"}, parent="E1")
    wave.document["resolve"] = [{"paths": ["go.mod"], "take": "theirs", "drops": "true"}]
    found, remarks = judged(wave)
    assert found.keys() == {"earlier_work_is_kept[E2]"}
    assert remarks == ["rule 1 (theirs of go.mod) is unused: no conflict of this run is for it"]
    wave.document["resolve"][0]["in"] = ["E2"]
    found, remarks = judged(wave)
    assert found == {}
    undone = "  go.mod, in the merge of E2 (#), without a conflict, of E1 (merge #): is as it was before"
    assert remarks == [f"rule 1 (theirs of go.mod) drops what branches added, as it says:\n{undone}"]


def test_a_fix_that_only_adds_lines_and_is_dropped_is_undone(wave: Wave) -> None:
    wave.branch("E1", {"f.txt": LINES})
    wave.branch("E2", {"f.txt": LINES.replace("line 5\n", "five\n")})
    patch = "--- a/f.txt\n+++ b/f.txt\n@@ -4,3 +4,4 @@\n line 4\n line 5\n+guard\n line 6\n"
    (wave.folder / "plans" / "guard.patch").write_text(patch, encoding="utf-8")
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "no guard", "after": "E1", "patch": "guard.patch"}]
    wave.document["resolve"] = [{"paths": ["f.txt"], "take": "theirs", "drops": "true"}]
    assert judged(wave)[0] == {"fix_is_in_its_merge[BUG-1]": "BUG-1 (apply guard.patch) is undone at the tip #: f.txt"}


def test_a_lost_line_that_stands_elsewhere_too_is_lost(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": "1\n2\n3\n4\n5\nreturn nil\n"})
    wave.branch("E2", {"shared.txt": "1\n2\n3\n4\n5\nreturn\n"})
    git(wave.work, "merge", "--quiet", "--no-commit", "effort/E1", fails=True)
    git(wave.work, "checkout", "--quiet", "--ours", "shared.txt")
    wave.save("effort/E2", "Bring E1 in")
    wave.commit("effort/E2", {"other.txt": "func\nreturn nil\n"})
    wave.document["branches"][-1]["parent"] = "E1"
    assert judged(wave)[0] == {
        "earlier_work_is_kept[E2]": "the merge of E2, # (Merge E2: Title of E2), undoes what was merged before it:\n"
        "  shared.txt, of E1 (merge #): 1 line gone: `return nil`"
    }
