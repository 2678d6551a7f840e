"""Texts, trees and folders that strangers made: none is an option, leads outside, or ends in a traceback."""

import subprocess
from pathlib import Path

import pytest

from tests_integration.criteria.judge import brought_by
from tests_integration.learn import main as learn
from tests_integration.selftests.waves import Wave, failures, git, integrated

PADDING = ("x" * 79 + "\n") * 120


def test_a_text_in_a_conflict_is_no_option_of_git(wave: Wave, tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("precious\n", encoding="utf-8")
    base = f"{PADDING}keep\nA\nB\nC\nkeep too\n{PADDING}"
    wave.commit("main", {"f.txt": base})
    wave.branch("E1", {"f.txt": base.replace("B\n", "B changed\n")})
    hidden = f"{PADDING}text\0--output={victim}\n"
    wave.branch("E2", {"f.txt": base.replace("A\nB\nC\n", "").replace(PADDING, hidden, 1)})
    with integrated(wave) as built:
        (parked,) = built.integration.parked
    assert "E2 (origin/effort/E2) does not merge: content conflict in f.txt with E1" in parked.problem
    assert victim.read_text(encoding="utf-8") == "precious\n"


@pytest.mark.parametrize(
    ("log", "named"),
    [
        ("one.txt:1: bad", ["one.txt"]),
        ("/home/me/checkout/one.txt:1: bad", ["one.txt"]),
        ("./one.txt:1: bad", ["one.txt"]),
        ("../src/one.txt:3: bad", []),
        ("a/../../one.txt:3: bad", []),
        ("." * (1 << 16), []),
    ],
)
def test_any_log_can_be_asked_for_the_files_that_it_names(stacked: Wave, log: str, named: list[str]) -> None:
    with integrated(stacked) as built:
        lines = brought_by(built.history, built.plan, built.tips, log)
    assert [line.split(" ", 1)[0] for line in lines] == named


@pytest.mark.parametrize("name", [b"..", b".git"])
def test_a_tree_that_leads_outside_parks_its_branch(wave: Wave, name: bytes) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    blob = git(wave.work, "hash-object", "-w", "--stdin", stdin=b"evil\n")
    inner = _tree(wave, b"100644 victim\0" + bytes.fromhex(blob))
    raw = subprocess.run(["git", "cat-file", "tree", "main^{tree}"], cwd=wave.work, capture_output=True, check=True)
    tree = _tree(wave, b"40000 " + name + b"\0" + bytes.fromhex(inner) + raw.stdout)
    evil = git(wave.work, "commit-tree", "-p", "main", "-m", "evil", tree)
    git(wave.work, "push", "--quiet", "--force", str(wave.origin), f"{evil}:refs/heads/effort/E2")
    wave.plan_for("E2")
    with integrated(wave) as built:
        assert built.integration.tip is None
        assert built.integration.parked or built.integration.problem


def _tree(wave: Wave, content: bytes) -> str:
    return git(wave.work, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=content)


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_a_fix_can_choose_a_side_of_a_submodule(wave: Wave, side: str) -> None:
    for branch, digit in (("main", "1"), ("effort/E1", "2"), ("effort/E2", "3")):
        wave.switch(branch)
        git(wave.work, "update-index", "--add", "--cacheinfo", f"160000,{digit * 40},lib")
        git(wave.work, "commit", "--quiet", "--message", f"Work on {branch}")
        git(wave.work, "push", "--quiet", "--force", str(wave.origin), f"HEAD:refs/heads/{branch}")
    wave.plan_for("E1")
    wave.plan_for("E2")
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "lib", "after": "E2", "take": {side: ["lib"]}}]
    with integrated(wave) as built:
        assert built.integration.tip, built.integration.parked
        assert failures(built, built.integration.tip) == {}


def test_resolutions_are_not_learned_through_a_link(
    wave: Wave, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wave.branch("E1", {"shared.txt": "one\n2\n3\n4\n5\n"})
    wave.branch("E2", {"shared.txt": "two\n2\n3\n4\n5\n"})
    plan = wave.write()
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(wave.origin), str(clone))
    git(clone, "merge", "--quiet", "--no-ff", "--message", "Merge E1", "origin/effort/E1")
    git(clone, "merge", "--quiet", "--no-ff", "origin/effort/E2", fails=True)
    (clone / "shared.txt").write_text("both\n2\n3\n4\n5\n", encoding="utf-8")
    git(clone, "commit", "--quiet", "--all", "--message", "Merge E2")
    git(clone, "push", "--quiet", "origin", "HEAD:by-hand")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (plan.parent / "wave.resolutions").symlink_to(elsewhere)
    assert learn([str(plan), "origin/by-hand"]) == 1
    assert "wave.resolutions" in capsys.readouterr().err
    assert list(elsewhere.iterdir()) == []
