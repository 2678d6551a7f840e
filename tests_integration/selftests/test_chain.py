"""Merges in one git process that answers at once are the same as each in a process of its own, and none hangs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests_integration.engine.integrate import integrate
from tests_integration.repository import chain
from tests_integration.repository.chain import Chain, streaming
from tests_integration.repository.git import GitError
from tests_integration.repository.merge import automatic_merge
from tests_integration.selftests.conflict_kinds import KINDS
from tests_integration.selftests.waves import Wave, git, integrated

BRANCHES = 16

LOGGING = """#!/bin/sh
echo "$*" >> "{log}"
exec {git} "$@"
"""

KEEPING_BACK = """#!/bin/sh
shift
exec "$@"
"""
"""A stdbuf that changes nothing."""


def on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, **programs: str) -> None:
    """Put programs before all others."""
    folder.mkdir(exist_ok=True)
    for name, text in programs.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def answers_at_once() -> None:
    if not shutil.which("stdbuf"):
        pytest.skip("git answers at once from 2.49 on, or with stdbuf")


@pytest.mark.usefixtures("answers_at_once")
@pytest.mark.parametrize("kind", KINDS)
def test_one_after_the_other_is_the_same_as_each_on_its_own(wave: Wave, kind: str) -> None:
    KINDS[kind](wave)
    with integrated(wave) as built, Chain(built.store) as merges:
        one, two = built.tips["E1"], built.tips["E2"]
        pairs = [(one, two), (built.tips["base"], one), (two, one), (one, two)]
        merges.merge(*pairs[0])
        begun = merges._stream  # noqa: SLF001
        assert [merges.merge(*pair) for pair in pairs] == [automatic_merge(built.store, *pair) for pair in pairs]
        assert merges._stream is begun is not None  # noqa: SLF001


@pytest.mark.usefixtures("answers_at_once")
def test_what_cannot_be_merged_is_told_and_the_next_is_merged(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"})
    git(wave.work, "switch", "--quiet", "--orphan", "effort/E3")
    wave.save("effort/E3")
    wave.plan_for("E3")
    with integrated(wave) as built, Chain(built.store) as merges:
        one, two, orphan = (built.tips[name] for name in ("E1", "E2", "E3"))
        for theirs, said in ((orphan, "unrelated histories"), ("1" * 40, "not something we can merge|its answer has")):
            assert merges.merge(one, two) == automatic_merge(built.store, one, two)
            with pytest.raises(GitError, match=said) as streamed:
                merges.merge(one, theirs)
            with pytest.raises(GitError) as alone:
                automatic_merge(built.store, one, theirs)
            assert str(streamed.value) == str(alone.value)
        assert merges.merge(two, one) == automatic_merge(built.store, two, one)


def many(wave: Wave) -> Wave:
    for n in range(BRANCHES):
        wave.branch(f"E{n}", {f"{n}.txt": f"{n}\n"})
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "x", "after": "E0", "delete": ["0.txt"]}]
    return wave


@pytest.mark.usefixtures("answers_at_once")
def test_a_chain_needs_no_process_a_merge(wave: Wave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with integrated(many(wave)) as built:
        log = tmp_path / "log"
        on_path(tmp_path / "bin", monkeypatch, git=LOGGING.format(log=log, git=shutil.which("git")))
        built.store.git.clear_cache()
        streaming()
        log.unlink()
        assert integrate(built.plan, built.store, built.sources) == built.integration
        lines = log.read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("merge-tree --write-tree -z --stdin") for line in lines) == 1
    assert len(lines) < BRANCHES, lines


def test_a_git_that_keeps_its_answers_back_is_found_out(
    wave: Wave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with integrated(many(wave)) as built:
        monkeypatch.setattr(chain, "DEADLINE", 0.2)
        monkeypatch.setattr(chain, "FLUSHES", (1000,))
        on_path(tmp_path / "bin", monkeypatch, stdbuf=KEEPING_BACK)
        if buffers():
            assert streaming() == ()
        assert integrate(built.plan, built.store, built.sources) == built.integration


def buffers() -> bool:
    """Whether this git keeps its answers back."""
    version = subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout.split()[2]
    return tuple(map(int, version.split(".")[:2])) < (2, 49)


def test_without_stdbuf_each_merge_has_its_process(wave: Wave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with integrated(many(wave)) as built:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "git").symlink_to(str(shutil.which("git")))
        monkeypatch.setattr(chain, "FLUSHES", (1000,))
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        assert streaming() == ()
        assert integrate(built.plan, built.store, built.sources) == built.integration


@pytest.mark.usefixtures("answers_at_once")
def test_a_git_that_dies_is_begun_again(wave: Wave) -> None:
    with integrated(many(wave)) as built, Chain(built.store) as merges:
        pair = built.tips["E1"], built.tips["E2"]
        alone = automatic_merge(built.store, *pair)
        for _ in range(2):
            assert merges.merge(*pair) == alone
            assert merges._stream  # noqa: SLF001
            merges._stream.process.kill()  # noqa: SLF001
            assert merges.merge(*pair) == alone
