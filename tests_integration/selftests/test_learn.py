"""Merges made by hand teach the plan how its conflicts are settled."""

from pathlib import Path

import pytest

from tests_integration import learn
from tests_integration.plan.load import load
from tests_integration.selftests.conflict_kinds import KINDS
from tests_integration.selftests.test_resolve_as_told import assert_integrated
from tests_integration.selftests.waves import Wave, failures, git, integrated

ALL = "one\ntwo\nthree\nand by hand\n"


@pytest.fixture
def conflicted(wave: Wave) -> Wave:
    """E1 and E2 add `f`, E3 and E1 add `g`; the plan takes what is recorded."""
    wave.branch("E1", {"f": "one\n", "g": "one\n"})
    wave.branch("E2", {"f": "two\n"})
    wave.branch("E3", {"g": "three\n"})
    wave.document["resolve"] = [{"paths": ["f", "g"], "take": "recorded"}]
    return wave


def by_hand(wave: Wave, *branches: str, settled: str = ALL) -> str:
    """A person integrates branches, settles each conflict in the same way, and pushes `by-hand`; the last merge."""
    git(wave.work, "switch", "--quiet", "--create", "by-hand", "main")
    for branch in branches:
        git(wave.work, "merge", "--quiet", "--no-ff", "--no-commit", f"effort/{branch}", fails=True)
        for name in git(wave.work, "diff", "--name-only", "--diff-filter=U").splitlines():
            (wave.work / name).write_text(settled)
        wave.save("by-hand", f"Merge {branch} by hand")
    return git(wave.work, "rev-parse", "HEAD")


def taught(wave: Wave, ref: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str], list[str]]:
    """Exit code of the command, and what it printed to either stream, with `#` for commits."""
    code = learn.main([str(wave.write()), ref])
    said = capsys.readouterr()
    return code, said.out.splitlines(), said.err.splitlines()


def images(wave: Wave) -> list[bytes]:
    """What was recorded."""
    return [file.read_bytes() for file in sorted((wave.folder / "plans" / "wave.resolutions").rglob("postimage*"))]


def test_an_integration_branch_teaches_all_its_merges(conflicted: Wave, capsys: pytest.CaptureFixture[str]) -> None:
    last = by_hand(conflicted, "E1", "E2", "E3")
    second = git(conflicted.work, "rev-parse", "HEAD^")
    assert taught(conflicted, "origin/by-hand", capsys) == (
        0,
        [
            f"learned f (add/add) in {second[:12]} (Merge E2 by hand)",
            f"learned g (add/add) in {last[:12]} (Merge E3 by hand)",
        ],
        [],
    )
    assert_integrated(conflicted)


def test_one_merge_teaches_itself_alone(conflicted: Wave, capsys: pytest.CaptureFixture[str]) -> None:
    by_hand(conflicted, "E1", "E2", "E3")
    second = git(conflicted.work, "rev-parse", "HEAD^")
    wanted = [f"learned f (add/add) in {second[:12]} (Merge E2 by hand)"]
    assert taught(conflicted, second, capsys) == (0, wanted, [])
    with integrated(conflicted) as built:
        assert [parked.branch for parked in built.integration.parked] == ["E3"]


def test_a_merge_that_stands_on_no_base_teaches_itself(conflicted: Wave, capsys: pytest.CaptureFixture[str]) -> None:
    git(conflicted.work, "switch", "--quiet", "--create", "by-hand", "effort/E2")
    git(conflicted.work, "merge", "--quiet", "--no-ff", "--no-commit", "effort/E1", fails=True)
    (conflicted.work / "f").write_text(ALL)
    merge = conflicted.save("by-hand", "Settle it on the branch")
    code, said, _ = taught(conflicted, merge, capsys)
    assert (code, said) == (0, [f"learned f (add/add) in {merge[:12]} (Settle it on the branch)"])
    del conflicted.document["branches"][2]
    assert_integrated(conflicted)


def test_a_branch_without_conflicts_teaches_nothing(conflicted: Wave, capsys: pytest.CaptureFixture[str]) -> None:
    by_hand(conflicted, "E1")
    said = "origin/by-hand holds no merge with a conflict between two texts; there is nothing to learn"
    assert taught(conflicted, "origin/by-hand", capsys) == (1, [], [said])
    assert not images(conflicted)


def test_a_conflict_that_cannot_be_learned_is_told(wave: Wave, capsys: pytest.CaptureFixture[str]) -> None:
    KINDS["binary"](wave)
    merge = by_hand(wave, "E1", "E2")
    said = f"left out f (binary) in {merge[:12]} (Merge E2 by hand): the file is binary"
    assert taught(wave, "origin/by-hand", capsys) == (1, [], [said])


def test_a_merge_that_left_the_markers_in_is_not_learned(conflicted: Wave, capsys: pytest.CaptureFixture[str]) -> None:
    merge = by_hand(conflicted, "E1", "E2", settled="<<<<<<< x\none\n=======\ntwo\n>>>>>>> y\n")
    said = f"left out f (add/add) in {merge[:12]} (Merge E2 by hand): git-rerere(1) does not take it"
    assert taught(conflicted, "origin/by-hand", capsys) == (1, [], [said])
    assert not images(conflicted)


def test_what_can_be_learned_is_learned_beside_what_cannot(wave: Wave, capsys: pytest.CaptureFixture[str]) -> None:
    wave.branch("E1", {"f": "one\n", "b": b"\0one"})
    wave.branch("E2", {"f": "two\n", "b": b"\0two"})
    by_hand(wave, "E1", "E2")
    code, said, errors = taught(wave, "origin/by-hand", capsys)
    assert (code, [line.split()[0] for line in said], errors) == (0, ["left", "learned"], [])


def test_a_plan_with_mistakes_is_refused_with_all_of_them(conflicted: Wave, capsys: pytest.CaptureFixture[str]) -> None:
    conflicted.document["resolve"][0]["take"] = "mine"
    conflicted.document["attempt"] = 0
    code, out, errors = taught(conflicted, "origin/by-hand", capsys)
    assert (code, out) == (1, [])
    assert [error.partition(" ")[2] for error in errors] == [
        "resolve[0].take: must be ours, theirs, union, delete or recorded, not 'mine'",
        "attempt: must be 1 or more, not 0",
    ]


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("origin/by-hnd", "there is no branch 'by-hnd' on the remote 'origin' ({origin}); did you mean 'by-hand'?"),
        ("nowhere/x", "no remote is known by the name before 'nowhere/x''s first '/'; known: origin"),
        ("0" * 40, "no remote of the plan gives out this commit (asked: origin); name a branch that is at it"),
        ("HEAD", "no remote is known by the name before 'HEAD''s first '/'; known: origin"),
    ],
)
def test_what_is_not_there_is_told(conflicted: Wave, ref: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    by_hand(conflicted, "E1")
    assert taught(conflicted, ref, capsys) == (1, [], [said.format(origin=conflicted.origin)])


@pytest.mark.parametrize(("last", "more"), [("5", ""), ("five", ", with what it changes outside of the conflict")])
def test_what_was_changed_outside_of_the_conflict_is_told(
    wave: Wave, last: str, more: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wave.branch("E1", {"shared.txt": "one\n2\n3\n4\n5\n"})
    wave.branch("E2", {"shared.txt": "two\n2\n3\n4\n5\n"})
    merge = by_hand(wave, "E1", "E2", settled=f"both\n2\n3\n4\n{last}\n")
    code, said, _ = taught(wave, "origin/by-hand", capsys)
    assert (code, said) == (0, [f"learned shared.txt (content) in {merge[:12]} (Merge E2 by hand){more}"])


def test_learning_again_replaces_what_was_learned(conflicted: Wave, capsys: pytest.CaptureFixture[str]) -> None:
    by_hand(conflicted, "E1", "E2")
    assert learn.main([str(conflicted.write()), "origin/by-hand"]) == 0
    git(conflicted.work, "switch", "--quiet", "main")
    git(conflicted.work, "branch", "--quiet", "-D", "by-hand")
    by_hand(conflicted, "E1", "E2", settled="two\none\n")
    _, said, _ = taught(conflicted, "origin/by-hand", capsys)
    assert said[-1].endswith(", in place of another settlement of the same conflict")
    assert images(conflicted) == [b"two\none\n"]


def test_lines_written_by_hand_count_against_the_limit(conflicted: Wave) -> None:
    by_hand(conflicted, "E1", "E2", "E3", settled="".join(f"{n}\n" for n in range(20)) + ALL)
    assert learn.main([str(conflicted.write()), "origin/by-hand"]) == 0
    conflicted.document["limits"] = {"changed_lines": 43}
    with integrated(conflicted) as built:
        (message,) = failures(built, str(built.integration.tip)).values()
    assert message.startswith("the merges change 44 lines of their own; the plan allows 43:\n")


def test_what_was_recorded_and_drops_lines_fails_unless_it_is_declared(conflicted: Wave) -> None:
    by_hand(conflicted, "E1", "E2", "E3", settled="three\n")
    assert learn.main([str(conflicted.write()), "origin/by-hand"]) == 0
    with integrated(conflicted) as built:
        (message,) = failures(built, str(built.integration.tip)).values()
    assert message.startswith("rule 1 (recorded of f, g) drops what branches added:\n")
    conflicted.document["resolve"][0]["drops"] = True
    assert_integrated(conflicted)


def test_what_is_recorded_is_part_of_the_plan(conflicted: Wave) -> None:
    before = load(conflicted.write()).digest
    by_hand(conflicted, "E1", "E2")
    assert learn.main([str(conflicted.write()), "origin/by-hand"]) == 0
    learned = load(conflicted.write()).digest
    (image,) = (conflicted.folder / "plans" / "wave.resolutions").rglob("postimage")
    image.write_text("changed\n")
    assert len({before, learned, load(conflicted.write()).digest}) == 3


def test_a_memory_that_no_rule_asks_for_is_no_part_of_the_plan(wave: Wave) -> None:
    before = load(_with_one_branch(wave)).digest
    (wave.folder / "plans" / "wave.resolutions").mkdir()
    (wave.folder / "plans" / "wave.resolutions" / "file").write_text("x")
    assert load(wave.write()).digest == before


def _with_one_branch(wave: Wave) -> Path:
    wave.branch("E1", {"f": "one\n"})
    return wave.write()


def test_variables_are_given_as_to_a_run(conflicted: Wave, capsys: pytest.CaptureFixture[str]) -> None:
    by_hand(conflicted, "E1", "E2")
    conflicted.document["remotes"] = {"origin": "${WHERE}"}
    plan = str(conflicted.write())
    assert learn.main([plan, "origin/by-hand"]) == 1
    assert "needs the variable WHERE" in capsys.readouterr().err
    assert learn.main(["--set", "WHERE=../origin.git", plan, "origin/by-hand"]) == 0
    assert "learned f (add/add)" in capsys.readouterr().out
