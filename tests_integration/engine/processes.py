"""Finds every process that a command has started, however far it went, and ends it."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

MARK = "WAVEPROOF_COMMAND"
"""Variable that the processes of a command inherit; its value is the command's own."""

GLANCE = 0.05
PATIENCE = 60.0
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


class Brood(NamedTuple):
    """By what the processes of one command are known.

    Attributes:
        token: value of `MARK` in their environment.
        session: that they began in.
        before: children that the suite had before.
        namespace: number of their PID namespace; None where it is the suite's.
    """

    token: str
    session: int
    before: frozenset[int]
    namespace: int | None = None


def adopt_orphans() -> None:
    """Become the parent of what a command leaves behind, however it detached itself (prctl(2), Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_suite(number: signal.Signals) -> None:
    """Have this process get a signal when the suite has ended, however that came about (prctl(2), Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def children() -> frozenset[int]:
    """Processes that the suite has started or adopted."""
    return frozenset(child.pid for child in psutil.Process().children())


def frozen(brood: Brood) -> list[int]:
    """The processes of a command, which are stopped while they are looked for: it may be starting more and more."""
    _signal_group(brood, signal.SIGSTOP)
    try:
        return members(brood)
    finally:
        _signal_group(brood, signal.SIGCONT)


def members(brood: Brood) -> list[int]:
    """The processes of a command as far as they can be found at a glance: of its namespace, and descendants."""
    parents = {process.pid: process.info["ppid"] for process in psutil.process_iter(["ppid"])}
    if brood.namespace is None:
        found = {brood.session} | (children() - brood.before)
    else:
        found = {pid for pid in parents if _namespace(pid) == brood.namespace}
    return sorted(_with_descendants(found, parents))


def end_all(brood: Brood) -> tuple[list[str], list[str]]:
    """End every process of a command; names of those that were found alive, and of those that would not end.

    A process in the kernel's hands (a dead network file system) cannot be ended; it is not waited for longer than a
    minute.
    """
    names: list[str] = []
    deadline = time.monotonic() + PATIENCE
    _signal_group(brood, signal.SIGSTOP)
    while alive := list(_alive(brood)):
        _signal_group(brood, signal.SIGKILL)
        if time.monotonic() > deadline:
            return names, [name for _, name in alive]
        for process, name in alive:
            names.append(name)
            with suppress(psutil.Error):
                process.kill()
        time.sleep(GLANCE)
    _bury(children() - brood.before - {brood.session})
    return names, []


def _bury(orphans: frozenset[int]) -> None:
    """Take note of the end of adopted processes, which else stay in the system's table."""
    for pid in orphans:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def _signal_group(brood: Brood, number: signal.Signals) -> None:
    """Reach all processes of the group at once, those too that are just being forked."""
    with suppress(OSError):
        os.killpg(brood.session, number)


def _alive(brood: Brood) -> Iterator[tuple[psutil.Process, str]]:
    """Processes of the brood that run: with its mark, of its session or namespace, or the suite's new children."""
    processes = {process.pid: process for process in psutil.process_iter(["ppid", "name", "status"])}
    parents = {pid: process.info["ppid"] for pid, process in processes.items()}
    found = {pid for pid in processes if _belongs(processes[pid], brood)} | (children() - brood.before)
    for pid in sorted(_with_descendants(found, parents)):
        if pid in processes and processes[pid].info["status"] != psutil.STATUS_ZOMBIE:
            yield processes[pid], processes[pid].info["name"]


def _with_descendants(found: set[int], parents: dict[int, int]) -> set[int]:
    while more := {pid for pid, parent in parents.items() if parent in found and pid not in found}:
        found = found | more
    return found


def _belongs(process: psutil.Process, brood: Brood) -> bool:
    if brood.namespace is not None and _namespace(process.pid) == brood.namespace:
        return True
    try:
        return os.getsid(process.pid) == brood.session or process.environ().get(MARK) == brood.token
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return False


def _namespace(pid: int) -> int | None:
    try:
        return Path(f"/proc/{pid}/ns/pid").stat().st_ino
    except OSError:  # it has ended, or is somebody else's
        return None
