"""A run that is in the middle of its build, for as long as a selftest wants."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests_integration.engine.processes import MARK
from tests_integration.selftests.waves import Wave, see_outside

DEADLINE = 60
"""Seconds after which a test that waits in vain fails; nothing takes as long where all is well."""


class Waiting:
    """A run whose build says that it has begun, and then waits until it is told to go on."""

    def __init__(self, wave: Wave) -> None:
        self.wave = wave
        self.begun, self.go_on, self.told = (wave.folder / name for name in ("begun", "go-on", "told"))
        for fifo in (self.begun, self.go_on):
            os.mkfifo(fifo)
        self.output = wave.folder / "output"
        self.line = os.open(self.go_on, os.O_RDWR)
        line = f"test -e {self.told} || {{ echo > {self.begun}; read < {self.go_on}; }}"
        wave.document["build"] = [{"run": line, "timeout": f"{DEADLINE}s"}]
        see_outside(wave)
        command = [sys.executable, "-m", "pytest", "--plan", str(wave.write())]
        environment = {**os.environ, "OUTSIDE": str(wave.folder)}
        self.process = subprocess.Popen(command, cwd=wave.folder, env=environment, stdout=self.output.open("wb"))
        heard = os.open(self.begun, os.O_RDONLY | os.O_NONBLOCK)
        assert select.select([heard], [], [], DEADLINE)[0], "the build has not begun"
        os.close(heard)

    def said(self) -> str:
        """What the run has printed so far."""
        return self.output.read_text(encoding="utf-8")

    def release(self) -> None:
        """Let the build go on."""
        self.told.touch()
        os.write(self.line, b"go on\n")


@contextmanager
def begun(wave: Wave) -> Iterator[Waiting]:
    """A run that has begun to build; at the end, no process of it is left."""
    run = Waiting(wave)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.wait()
        os.close(run.line)
        for process in commands_of(wave.folder):
            with suppress(psutil.NoSuchProcess):  # it has just ended
                process.kill()


@pytest.fixture
def waiting(stacked: Wave) -> Iterator[Waiting]:
    with begun(stacked) as run:
        yield run


def commands_of(folder: Path) -> list[psutil.Process]:
    """Processes that the commands of a plan in this folder have started and that are alive."""
    return [process for process in psutil.process_iter() if is_command_in(folder, process)]


def is_command_in(folder: Path, process: psutil.Process) -> bool:
    try:
        variables = {} if process.status() == psutil.STATUS_ZOMBIE else process.environ()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return MARK in variables and variables.get("HOME", "").startswith(str(folder))
