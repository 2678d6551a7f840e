"""Whose an attempt is, and whether its run goes on."""

import socket
from datetime import datetime
from typing import Any

import psutil

UNSEEN = 3600
"""Seconds for which a run on another host counts as going on after its last sign of life.

So much may its clock be ahead of ours; a sign that is dated later comes from a clock that was wrong.
"""


def owner() -> dict[str, str | int | float]:
    """This process, so that others can tell whether it is still there."""
    process = psutil.Process()
    return {"host": socket.gethostname(), "pid": process.pid, "began": _began(process)}


def is_here(by: object) -> bool:
    """Whether a run is a process of this host, so that it can be seen whether it is alive."""
    return isinstance(by, dict) and by.get("host") == socket.gethostname()


def is_alive(by: Any, seen: datetime | None, now: datetime) -> bool:
    """Whether a run goes on; on another host, where no process is seen, by its last sign of life.

    Args:
        by: its owner, as `owner` gives it; or whatever else stands in its place.
        seen: when it gave its last sign, if that can be told.
        now: the time.
    """
    if not isinstance(by, dict):
        return False
    if not is_here(by):
        return "host" in by and seen is not None and abs((now - seen).total_seconds()) < UNSEEN
    try:
        process = psutil.Process(int(by["pid"]))
        return bool(_began(process) == by["began"] and process.status() != psutil.STATUS_ZOMBIE)
    except (psutil.Error, KeyError, TypeError, ValueError):
        return False


def _began(process: psutil.Process) -> float:
    """Seconds from the machine's start to that of a process, which no clock that is set changes."""
    return round(process.create_time() - psutil.boot_time(), 2)
