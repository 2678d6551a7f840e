"""How far commands are shut in, on machines that allow more or less of it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests_integration.selftests.hostile.told import hostile
from tests_integration.selftests.rooms import require
from tests_integration.selftests.running_plans import Run, run_apart
from tests_integration.selftests.waves import Wave

Without = Callable[..., dict[str, str]]


@pytest.fixture
def without(tmp_path: Path) -> Without:
    """The environment of a machine that lacks some programs."""

    def _without(*names: str) -> dict[str, str]:
        folder = tmp_path / "bin"
        folder.mkdir()
        for place in reversed(os.environ["PATH"].split(os.pathsep)):
            for file in Path(place).iterdir() if Path(place).is_dir() else ():
                if file.name not in names and "pyenv" not in place:
                    (folder / file.name).unlink(missing_ok=True)
                    (folder / file.name).symlink_to(file)
        assert not any(shutil.which(name, path=str(folder)) for name in names)
        return {"PATH": str(folder)}

    return _without


def go(wave: Wave, environment: dict[str, str], *options: str) -> Run:
    return run_apart(wave.folder, "--plan", str(wave.write()), *options, environment=environment)


@hostile("a machine without bubblewrap", "unshare(1) gives namespaces; the record says so, and that files are open")
def test_without_bubblewrap_there_is_unshare(stacked: Wave, without: Without) -> None:
    require("unshare")
    done = go(stacked, without("bwrap"))
    assert done.exit == 0, done.output
    told = done.record("wave")["environment"]["isolation"]
    assert told == "unshare: IPC, PID, mount and user namespaces of their own; no network; file system open"


@hostile("a machine without bubblewrap and unshare", "commands run as processes; the record says that all is open")
def test_without_namespaces_there_are_processes(stacked: Wave, without: Without) -> None:
    done = go(stacked, without("bwrap", "unshare"))
    assert done.exit == 0, done.output
    told = done.record("wave")["environment"]["isolation"]
    assert told == "processes: ended with their command; other processes, file system and network open"
    assert f"<dd>{told}</dd>" in (done.folder / "reports" / "wave" / "report.html").read_text(encoding="utf-8")


@hostile("`isolation: required` on a machine without bubblewrap", "nothing is run, and nothing counts as an attempt")
def test_a_plan_can_require_isolation(stacked: Wave, without: Without) -> None:
    require("unshare")
    stacked.document |= {"isolation": "required", "build": [{"run": "touch built"}]}
    environment = without("bwrap")
    done = go(stacked, environment)
    assert done.exit == 1
    assert "bubblewrap cannot shut commands in here: there is no bwrap on the PATH (Debian package bubblewrap)" in (
        done.output
    )
    assert "the level `unshare`, and the record says so" in done.output
    assert not (stacked.folder / "reports" / "wave" / "metadata.json").exists()
    assert not list(stacked.folder.rglob("built"))
    assert go(stacked, environment, "--until", "audit").exit == 0


def test_a_plan_that_requires_isolation_runs_where_it_is(stacked: Wave) -> None:
    require("bubblewrap")
    stacked.document["isolation"] = "required"
    assert go(stacked, {}).exit == 0


@hostile("a test that sets up git in its HOME for the next run to trip over", "is forgotten; `.cache` is kept")
def test_a_run_finds_nothing_of_the_last_one_in_its_home(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "test ! -e ~/.gitconfig"}, {"run": "git config --global core.fsmonitor x"}]
    stacked.document["test"] = [{"run": "grep fsmonitor ~/.gitconfig; mkdir -p ~/.cache; echo run >> ~/.cache/runs"}]
    assert [go(stacked, {}).exit for _ in range(2)] == [0, 0]
    assert [file.read_text() for file in stacked.folder.rglob(".cache/runs")] == ["run\nrun\n"]
