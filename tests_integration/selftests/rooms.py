"""Rooms in which selftests run commands as plans do, at the level of isolation of their choice."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests_integration.engine import isolation
from tests_integration.engine.commands import Progress, Room, run
from tests_integration.engine.isolation import Cell, Level
from tests_integration.engine.limits import Bounds
from tests_integration.facts import CommandFact
from tests_integration.plan.parts import Command

PLAIN = {
    "bubblewrap": ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"],
    "unshare": ["unshare", "--user", "--map-current-user", "--pid", "--fork", "--mount-proc", "--net"],
}
"""The least that each level needs, without the suite's own options."""

ENOUGH = Bounds(seconds=60, memory=4 << 30, processes=500, output=64 << 20, disk=1 << 30)


def require(level: Level) -> None:
    """Skip the test where the machine has no such isolation: not installed, or not allowed to any program."""
    if level == "processes":
        return
    tool, *plain = PLAIN[level]
    if not shutil.which(tool):
        pytest.skip(isolation.lacking(level, network=False))
    done = subprocess.run([tool, *plain, "true"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this machine lets {tool} make no namespaces: {done.stderr.strip()}")


def room_in(
    folder: Path, commit: str = "", level: Level | None = None, *, network: bool = False, store: Path | None = None
) -> Room:
    """A room in a folder, with an empty checkout where there is none yet."""
    objects = (store or folder) / "objects"
    checkout, home = folder / "checkout", folder / "home"
    checkout.mkdir(parents=True, exist_ok=True)
    cell = Cell(level or isolation.level(network=network), network, checkout, home, objects)
    isolation.make_ready(cell)
    return Room(commit, cell, folder / "reports")


def unseen(_run: str, _seconds: float, _line: str) -> None:
    """Look at no progress."""


def go(
    room: Room, line: str, environment: dict[str, str], bounds: Bounds = ENOUGH, progress: Progress = unseen
) -> CommandFact:
    """Run a line as the first command of a build."""
    command = Command(run=line, timeout=bounds.seconds)
    return run("build", command, "build-1.log", room, environment, progress, bounds)


def tried(room: Room, line: str, bounds: Bounds = ENOUGH) -> CommandFact:
    """The same with nothing but PATH and HOME in the environment."""
    return go(room, line, {"PATH": os.environ["PATH"], "HOME": str(room.cell.home)}, bounds)
