"""Integrations that are right, with fixes, rules and stacked work: no criterion raises a false alarm."""

from collections.abc import Iterator

import pytest

from tests_integration.learn import main as learn
from tests_integration.selftests.given_back import back
from tests_integration.selftests.hand import by_hand
from tests_integration.selftests.test_right_branches import Change, Remarks, judged
from tests_integration.selftests.waves import Built, Wave, every_kind_of_fix, git, integrated

LINES = "1\n2\n3\n4\n5\n"
STALE = "E3 is stale: its parent E2-split-001 has moved on, 1 commit since"


def conflicting(wave: Wave, **rule: object) -> None:
    """E1 and E2 that both add a line to `shared.txt` in one place, and a rule that settles it."""
    wave.branch("E1", {"shared.txt": f"{LINES}six\n"})
    wave.branch("E2", {"shared.txt": f"{LINES}sechs\n"})
    wave.document["resolve"] = [{"paths": ["shared.txt"], **rule}]


def dropped(take: str, *lines: str) -> Remarks:
    """What is remarked of a rule that drops lines and says so."""
    told = [f"  shared.txt, in the merge of E2 (#): 1 line of {line}" for line in lines]
    return ("\n".join([f"rule 1 ({take} of shared.txt) drops what branches added, as it says:", *told]),)


def with_ours_taken(wave: Wave) -> Remarks:
    conflicting(wave, take="ours", drops=True)
    return dropped("ours", "E2: `sechs`")


def with_theirs_taken(wave: Wave) -> Remarks:
    conflicting(wave, take="theirs", drops=True)
    return dropped("theirs", "E1: `six`")


def with_both_deleted(wave: Wave) -> Remarks:
    conflicting(wave, take="delete", drops=True)
    return dropped("delete", "E1: `six`", "E2: `sechs`")


def with_a_union(wave: Wave) -> None:
    conflicting(wave, take="union")


def with_theirs_taken_that_has_ours(wave: Wave) -> None:
    conflicting(wave, take="theirs")
    wave.commit("effort/E2", {"shared.txt": f"{LINES}sechs\nsix\n"})


def with_a_rule_for_one_merge(wave: Wave) -> Remarks:
    conflicting(wave, take="union", **{"in": "E2"})
    wave.document["resolve"].append({"paths": ["*.txt"], "take": "ours", "in": "E1"})
    return ("rule 2 (ours of *.txt) is unused: no conflict of this run is for it",)


def with_an_unused_rule(wave: Wave) -> Remarks:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.document["resolve"] = [{"paths": ["go.sum"], "take": "union"}]
    return ("rule 1 (union of go.sum) is unused: no conflict of this run is for it",)


def with_a_modified_file_that_a_rule_deletes(wave: Wave) -> Remarks:
    wave.branch("E1", {"shared.txt": None})
    wave.branch("E2", {"shared.txt": f"{LINES}six\n"})
    wave.document["resolve"] = [{"paths": ["shared.txt"], "take": "delete", "drops": True}]
    return dropped("delete", "E2: `six`")


def with_a_binary_conflict(wave: Wave) -> Remarks:
    wave.commit("main", {"logo.png": b"\0base"})
    wave.branch("E1", {"logo.png": b"\0one"})
    wave.branch("E2", {"logo.png": b"\0two"})
    wave.document["resolve"] = [{"paths": ["*.png"], "take": "theirs", "drops": True}]
    lost = "  logo.png, in the merge of E2 (#): 1 line of E1: `(binary content #)`"
    return (f"rule 1 (theirs of *.png) drops what branches added, as it says:\n{lost}",)


def with_both_sides_taken(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": "E1\n", "one.txt": "one\n"})
    wave.branch("E2", {"shared.txt": "E2\n", "one.txt": "another\n"})
    take = {"ours": ["shared.txt"], "theirs": ["one.txt"]}
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "both", "after": "E2", "take": take}]


def with_a_conflict_settled_by_deletion(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": None})
    wave.branch("E2", {"shared.txt": "E2\n"})
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "old", "after": "E2", "delete": ["shared.txt"]}]


def with_a_fix_for_an_unusual_name(wave: Wave) -> None:
    wave.branch("E1", {"*": "star\n", "kept.txt": "kept\n"})
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "star", "after": "E1", "delete": ["*"]}]


def with_a_stale_deletion(wave: Wave) -> Remarks:
    wave.branch("E1", {"twin.txt": "twin\n", "one.txt": "one\n"})
    wave.commit("effort/E1", {"twin.txt": None})
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "twice", "after": "E1", "delete": ["twin.txt"]}]
    return ("BUG-1 is stale: E1 has no such problem any more; take the fix out of the plan",)


def with_a_stale_patch(wave: Wave) -> Remarks:
    wave.branch("E1", {"one.txt": "one\n"})
    patch = "--- a/one.txt\n+++ b/one.txt\n@@ -1 +1 @@\n-eins\n+one\n"
    (wave.folder / "plans" / "one.patch").write_text(patch, encoding="utf-8")
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "eins", "after": "E1", "patch": "one.patch"}]
    return ("BUG-1 is stale: E1 has no such problem any more; take the fix out of the plan",)


def with_a_side_that_is_there_already(wave: Wave) -> Remarks:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"one.txt": "one\n", "two.txt": "two\n"})
    fix = {"id": "BUG-1", "problem": "old", "after": "E2", "take": {"theirs": ["one.txt"]}}
    wave.document["fixes"] = [fix]
    return ("BUG-1 is stale: E2 has no such problem any more; take the fix out of the plan",)


def with_two_fixes_in_one_merge(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n", "twin.txt": "twin\n", "other.txt": "twin\n"})
    wave.document["fixes"] = [
        {"id": f"BUG-{n}", "problem": "twice", "after": "E1", "delete": [name]}
        for n, name in enumerate(("twin.txt", "other.txt"), 1)
    ]


def with_a_deleted_file_that_stays_on_a_stacked_branch(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n", "twin.txt": "twin\n"})
    wave.branch("E2", {"twin.txt": "twin, edited\n", "two.txt": "two\n"}, parent="E1")
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "twice", "after": "E1", "delete": ["twin.txt"]}]


def with_a_parent_that_moved_on(wave: Wave) -> Remarks:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"}, parent="E1")
    for n in range(2):
        wave.commit("effort/E1", {f"later-{n}.txt": "later\n"})
    return ("E2 is stale: its parent E1 has moved on, 2 commits since",)


def with_lines_of_its_parent_deleted(wave: Wave) -> Remarks:
    wave.branch("E1", {"one.txt": f"{LINES}debug\ntrace\n"})
    wave.branch("E2", {"two.txt": "two\n"}, parent="E1")
    wave.commit("effort/E2", {"one.txt": LINES}, message="Drop what was for debugging")
    lost = "  one.txt, of E1 (merge #): 2 lines gone: `debug`, `trace`"
    return (f"E2 removes lines of earlier branches by commits of its own:\n{lost}",)


def with_lines_of_its_parent_rewritten(wave: Wave) -> None:
    wave.branch("E1", {"one.py": "def f():\n    x = 1\n    return x\n"})
    wave.branch("E2", {"one.py": "def f():\n    return g(1)\n\n\ndef g(x):\n    return x\n"}, parent="E1")


def with_lines_of_its_parent_moved_to_another_file(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": f"{LINES}six\nseven\n"})
    wave.branch("E2", {"one.txt": LINES, "two.txt": "six\nseven\n"}, parent="E1")


def with_lines_of_its_parent_moved_up(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "a\nb\nc\nd\ne\nf\n"})
    wave.branch("E2", {"one.txt": "f\na\nb\nc\nd\ne\n"}, parent="E1")


def with_a_file_of_its_parent_renamed_and_edited(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": f"{LINES * 3}line\n"})
    wave.branch("E2", {"one.txt": f"{LINES * 3}better line\n"}, parent="E1")
    git(wave.work, "mv", "one.txt", "two.txt")
    wave.save("effort/E2")


def with_a_merge_that_unites_both_lines(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": f"{LINES}six\n"})
    wave.branch("E2", {"shared.txt": f"{LINES}sechs\n"})
    git(wave.work, "merge", "--quiet", "--no-commit", "effort/E1", fails=True)
    wave.commit("effort/E2", {"shared.txt": f"{LINES}six, sechs\n"}, message="Bring E1 in")
    wave.document["branches"][-1]["parent"] = "E1"


def with_a_merge_that_keeps_both_lines(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": f"{LINES}six\n"})
    wave.branch("E2", {"shared.txt": f"{LINES}sechs\n"})
    git(wave.work, "merge", "--quiet", "--no-commit", "effort/E1", fails=True)
    wave.commit("effort/E2", {"shared.txt": f"{LINES}six\nsechs\n"}, message="Bring E1 in")
    wave.document["branches"][-1]["parent"] = "E1"


def with_a_deletion_that_a_rule_names(wave: Wave) -> list[str]:
    wave.branch("E1", {"one.txt": "one\n", "old.txt": "old\n"})
    wave.branch("E2", {"old.txt": None, "two.txt": "two\n"}, parent="E1")
    wave.document["resolve"] = [{"paths": ["old.txt"], "take": "theirs", "in": ["E2"], "drops": True}]
    dropped = "  old.txt, in the merge of E2 (#), without a conflict, of E1 (merge #): is gone"
    return [f"rule 1 (theirs of old.txt) drops what branches added, as it says:\n{dropped}"]


def with_two_parents(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"})
    wave.branch("E3", {"three.txt": "three\n"}, parent="E2")
    git(wave.work, "merge", "--quiet", "--no-ff", "--message", "Bring E1 in", "effort/E1")
    wave.save("effort/E3")
    wave.document["branches"][-1]["parent"] = ["E1", "E2"]


def with_a_chain_that_names_its_last_parent_only(wave: Wave) -> None:
    for n in range(1, 5):
        wave.branch(f"E{n}", {f"{n}.txt": f"{n}\n"}, parent=f"E{n - 1}" if n > 1 else "base")


def with_another_order_that_is_allowed(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"}, parent="E1")
    wave.branch("E3", {"three.txt": "three\n"})
    branches = wave.document["branches"]
    branches.insert(0, branches.pop())


def with_an_approved_commit(wave: Wave) -> None:
    tip = wave.branch("E1", {"one.txt": "one\n"})
    wave.document["branches"][-1]["commit"] = tip


RIGHT = [value for name, value in globals().items() if name.startswith("with_")]


@pytest.mark.parametrize("change", RIGHT, ids=lambda change: change.__name__)
def test_a_wave_integrated_as_its_plan_says_raises_no_alarm(wave: Wave, change: Change) -> None:
    remarks = change(wave) or ()
    with integrated(wave) as built:
        assert built.integration.tip, built.integration
        assert judged(built, built.integration.tip) == ({}, list(remarks))
        assert back(built, built.integration.tip).why == ""


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    with integrated(every_kind_of_fix(tmp_path_factory.mktemp("right") / "wave")) as built:
        yield built


BY_HAND = {
    "as planned": "E1; E2a; E2b; E3; E4; demo",
    "by somebody else": "export GIT_AUTHOR_NAME=Else GIT_AUTHOR_DATE=2001-01-01T00:00:00 GIT_COMMITTER_NAME=Else;"
    " E1; E2a; E2b; E3; E4; demo",
    "at another time": "export GIT_COMMITTER_DATE=2038-01-19T03:14:08Z; E1; E2a; E2b; E3; E4; demo",
    "in another time zone": "export GIT_COMMITTER_DATE='1759312800 +1400'; E1; E2a; E2b; E3; E4; demo",
    "with other messages": 'merge() { git merge --quiet --no-ff --message "Bring in $1" ${@:2} origin/effort/$1; };'
    " E1; E2a; E2b; E3; E4; demo",
    "with git's own messages": "merge() { git merge --no-ff --no-edit ${@:2} origin/effort/$1; };"
    " E1; E2a; E2b; E3; E4; demo",
    "with signed-off messages": "merge() { git merge --no-ff --signoff -m $1 ${@:2} origin/effort/$1; };"
    " E1; E2a; E2b; E3; E4; demo",
    "with other settings": "git config merge.conflictStyle diff3; git config merge.stat no; E1; E2a; E2b; E3; E4; demo",
    "with rerere and patience": "git config rerere.enabled true; git config diff.algorithm patience;"
    " E1; E2a; E2b; E3; E4; demo",
    "with an option that does the same": "E1; E2a; E2b; merge E3 -X theirs || git rm --quiet twin.txt; save 'Merge E3';"
    " E4; demo",
    "with the older strategy": "E1; E2a; E2b; E3; merge E4 --strategy resolve; demo",
    "with a fix before the commit": "merge E1 --no-commit || true; git rm --quiet --force twin.txt; save 'Merge E1';"
    " E2a; E2b; E3; E4; demo",
    "with plumbing": "E1; E2a; E2b; E3; git reset --hard $(git commit-tree -p HEAD -p origin/effort/E4 -m 'Merge E4'"
    " $(git merge-tree --write-tree HEAD origin/effort/E4)); demo",
    "with a tag and a note": "E1; E2a; git tag half; git notes add -m 'half way'; E2b; E3; E4; demo",
}


@pytest.mark.parametrize("script", BY_HAND.values(), ids=BY_HAND)
def test_a_branch_made_by_hand_as_planned_raises_no_alarm(right: Built, script: str) -> None:
    tip = by_hand(right, script)
    assert judged(right, tip) == ({}, [STALE])
    assert back(right, tip).why == ""


def test_what_the_engine_makes_of_every_kind_of_fix_raises_no_alarm(right: Built) -> None:
    assert judged(right, str(right.integration.tip)) == ({}, [STALE])


def test_a_recorded_resolution_raises_no_alarm(wave: Wave) -> None:
    conflicting(wave, take="recorded")
    with integrated(wave) as parked:
        by_hand(parked, "merge E1; merge E2 || sed --in-place '/^[<=>]/d' shared.txt; save 'Merge E2'")
        git(wave.origin, "fetch", "--quiet", str(parked.store.git_dir), "refs/heads/clone-0:refs/heads/before")
    assert learn([str(wave.write()), "origin/before"]) == 0
    with integrated(wave) as built:
        assert built.integration.tip, built.integration
        assert judged(built, built.integration.tip) == ({}, [])
