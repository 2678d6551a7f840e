"""Many merges in one process are the same as each on its own, on every git."""

import os
import shutil
from pathlib import Path

import pytest

from tests_integration.repository.git import GitError
from tests_integration.repository.merge import automatic_merge, automatic_merges
from tests_integration.selftests.conflict_kinds import KINDS
from tests_integration.selftests.waves import Wave, git, integrated

OLD_GIT = """#!/bin/sh
case "$*" in merge-tree*--stdin*) echo "error: unknown option \\`stdin'" >&2; exit 129 ;; esac
exec {git} "$@"
"""
"""What git 2.38 says to an option that 2.39 brought; everything else is git's own."""


@pytest.fixture
def old_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(OLD_GIT.format(git=shutil.which("git")), encoding="utf-8")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize("kind", KINDS)
def test_at_once_is_the_same_as_one_by_one(wave: Wave, kind: str) -> None:
    KINDS[kind](wave)
    with integrated(wave) as built:
        one, two = built.tips["E1"], built.tips["E2"]
        pairs = [(one, two), (built.tips["base"], one), (two, one)]
        together = automatic_merges(built.store, pairs)
        assert together == [automatic_merge(built.store, *pair) for pair in pairs]
        assert together[0] != together[1]


def test_a_git_that_merges_one_by_one_only_gives_the_same(wave: Wave, request: pytest.FixtureRequest) -> None:
    KINDS["content"](wave)
    with integrated(wave) as built:
        pairs = [(built.tips["E1"], built.tips["E2"]), (built.tips["base"], built.tips["E1"])]
        together = automatic_merges(built.store, pairs)
        request.getfixturevalue("old_git")
        assert automatic_merges(built.store, pairs) == together


def test_one_pair_that_cannot_be_merged_does_not_take_the_others_along(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"})
    git(wave.work, "switch", "--quiet", "--orphan", "effort/E3")
    wave.save("effort/E3")
    wave.plan_for("E3")
    with integrated(wave) as built:
        one, two, orphan = (built.tips[name] for name in ("E1", "E2", "E3"))
        first, error, last = automatic_merges(built.store, [(one, two), (one, orphan), (two, one)])
        assert isinstance(error, GitError)
        assert "unrelated histories" in error.output
        assert [first, last] == [automatic_merge(built.store, one, two), automatic_merge(built.store, two, one)]


def test_no_pairs_need_no_git(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    with integrated(wave) as built:
        assert automatic_merges(built.store, []) == []
