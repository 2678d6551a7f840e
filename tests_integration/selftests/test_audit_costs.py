"""How many git processes the audit runs: a few a plan, and a few for each conflict or fix; none for each branch."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests_integration.selftests.waves import Wave, failures, integrated

SETTLED = 1
"""Processes for a conflict or a fix at most."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The git commands that this process starts from here on."""
    commands: list[str] = []
    start = subprocess.Popen.__init__

    def told(self: "subprocess.Popen[bytes]", args: list[str], *others: Any, **more: Any) -> None:
        commands.append(next(word for word in args[1:] if not word.startswith("-")))
        start(self, args, *others, **more)

    monkeypatch.setattr(subprocess.Popen, "__init__", told)
    return commands


def processes(folder: Path, started: list[str], branches: int, *, settled: int = 0, moved: bool = False) -> list[str]:
    """What is started to judge a wave of so many branches, half of them in one stack.

    Args:
        folder: of the wave.
        started: the commands of this process.
        branches: how many.
        settled: how many of them conflict, which a rule settles; the first of all has a fix.
        moved: whether the base has moved on since they were begun.
    """
    wave = Wave(folder)
    wave.commit("main", {"twin.txt": "twin\n"})
    for n in range(branches):
        parent = "base" if n <= branches // 2 else f"E{n - 1}"
        conflicting = {"shared.txt": f"{n}\n"} if 0 < n <= settled + 1 else {}
        wave.branch(f"E{n}", {f"{n}.txt": f"{n}\n", **conflicting}, parent=parent)
    if moved:
        wave.commit("main", {"later.txt": "later\n"})
    wave.document["resolve"] = [{"paths": ["shared.txt"], "take": "theirs", "drops": True}]
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "twice", "after": "E0", "delete": ["twin.txt"]}]
    with integrated(wave) as built:
        begun = len(started)
        assert failures(built, str(built.integration.tip)) == {}
        return started[begun:]


@pytest.mark.parametrize("moved", [False, True])
def test_the_audit_starts_no_process_a_branch(tmp_path: Path, started: list[str], moved: bool) -> None:  # noqa: FBT001
    few, many = (processes(tmp_path / str(n), started, n, moved=moved) for n in (4, 16))
    assert sorted(few) == sorted(many)


def test_a_settled_conflict_costs_a_few_processes(tmp_path: Path, started: list[str]) -> None:
    none, some = (processes(tmp_path / str(n), started, 16, settled=n) for n in (0, 6))
    assert len(some) - len(none) <= 6 * SETTLED
