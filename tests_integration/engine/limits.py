"""What a command may use, and whether it uses more: time, memory, processes, output, disk."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

import psutil

from tests_integration.engine.processes import Brood, frozen, members
from tests_integration.plan.parts import Limits
from tests_integration.repository.checkout import files
from tests_integration.text import size

Limit = Literal["time", "memory", "processes", "output", "disk"]

BLOCK = 512
"""Bytes in which a file's place on disk is counted (stat(2), st_blocks)."""

ANYWAY = 1.0
"""Seconds between two looks at the command itself where the machine gives no cause: its neighbours may make room."""

SPARE = 128 << 20
"""Bytes that are left free on a disk, whatever a plan allows: other programs need some."""


class Bounds(NamedTuple):
    """What one command may use: seconds, bytes of memory, processes, bytes of output, bytes written to disk."""

    seconds: int
    memory: int
    processes: int
    output: int
    disk: int

    @property
    def told(self) -> str:
        """For people."""
        return (
            f"{self.seconds} s, {size(self.memory)} of memory, {self.processes} processes, {size(self.output)} of"
            f" output, {size(self.disk)} on disk"
        )


class Hit(NamedTuple):
    """The limit that a command has reached, and what it did, in words."""

    limit: Limit
    told: str


def bounds(limits: Limits, seconds: int) -> Bounds:
    """What a command may use by its plan; of memory, where the plan says nothing, three quarters of the machine's."""
    memory = limits.memory or psutil.virtual_memory().total * 3 // 4
    return Bounds(seconds, memory, limits.processes, limits.output, limits.disk)


class Watch:
    """Looks now and then what a command uses: first at what the whole machine uses, which costs next to nothing.

    Args:
        bounds: what it may use.
        log: file that its output goes to.
        folders: those that it writes to.
    """

    def __init__(self, bounds: Bounds, log: Path, folders: tuple[Path, ...]) -> None:
        self.bounds = bounds
        self.log = log
        self.folders = folders
        self.started = time.monotonic()
        self.began = time.time()
        self.look_at = ANYWAY
        self.others = len(psutil.pids())
        self.available = psutil.virtual_memory().available
        self.free = self._free()

    @property
    def seconds(self) -> float:
        """Since the command was started."""
        return time.monotonic() - self.started

    def output(self) -> Hit | None:
        """Whether more was printed than is allowed."""
        if self.log.stat().st_size <= self.bounds.output:
            return None
        return Hit("output", f"it printed more than {size(self.bounds.output)}, the plan's `limits.output`")

    def hit(self, brood: Brood) -> Hit | None:
        """The limit that is reached by now, if any.

        Args:
            brood: the command's processes, which are looked for only where there is cause.
        """
        if self.seconds > self.bounds.seconds:
            return Hit("time", f"it took longer than {self.bounds.seconds} s, its `timeout`")
        anyway = self.seconds >= self.look_at
        if anyway:
            self.look_at = self.seconds + ANYWAY
        return (
            self.output() or self._processes(brood, anyway=anyway) or self._memory(brood, anyway=anyway) or self._disk()
        )

    def _processes(self, brood: Brood, *, anyway: bool) -> Hit | None:
        allowed, running = self.bounds.processes, len(psutil.pids())
        self.others = min(self.others, running)
        many = running - self.others > allowed
        if not (many or anyway) or len(frozen(brood) if many else members(brood)) <= allowed:
            return None
        return Hit("processes", f"it ran more than {allowed} processes, the plan's `limits.processes`")

    def _memory(self, brood: Brood, *, anyway: bool) -> Hit | None:
        allowed, available = self.bounds.memory, psutil.virtual_memory().available
        self.available = max(self.available, available)
        if not anyway and self.available - available <= allowed // 2:
            return None
        pids = members(brood)
        if sum(_resident(pid) for pid in pids) <= allowed or (used := sum(_own(pid) for pid in pids)) <= allowed:
            return None
        return Hit("memory", f"it used {size(used)} of memory; the plan's `limits.memory` is {size(allowed)}")

    def _disk(self) -> Hit | None:
        free = self._free()
        for disk, (place, spare) in free.items():
            if spare < SPARE and disk in self.free and spare < self.free[disk][1]:
                return Hit("disk", f"the disk is full but for {size(spare)}; {place} is on it")
        if _total(self.free) - _total(free) <= self.bounds.disk:
            return None
        written = sum(_written(self.folders, self.began))
        if written <= self.bounds.disk:
            self.free = free
            return None
        return Hit("disk", f"it wrote {size(written)} to disk; the plan's `limits.disk` is {size(self.bounds.disk)}")

    def _free(self) -> dict[int, tuple[Path, int]]:
        """Bytes that are free on each disk that the command writes to, by the disk's number, with a folder on it."""
        free: dict[int, tuple[Path, int]] = {}
        for place in (self.log.parent, *self.folders):
            with suppress(OSError):
                found = os.statvfs(place)
                free.setdefault(place.stat().st_dev, (place, found.f_bavail * found.f_frsize))
        return free


def _total(free: Mapping[int, tuple[Path, int]]) -> int:
    return sum(spare for _, spare in free.values())


def _resident(pid: int) -> int:
    """Bytes of memory in which the process stands; what it shares with others is counted for each."""
    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0


def _own(pid: int) -> int:
    """The same, with what is shared divided among those that share it, where the system tells (proc(5), Pss)."""
    with suppress(psutil.Error):
        found = psutil.Process(pid).memory_full_info()
        return int(getattr(found, "pss", found.rss))
    return _resident(pid)


def _written(folders: tuple[Path, ...], since: float) -> Iterator[int]:
    """Bytes on disk of each file that was written to since then."""
    for folder in folders:
        for entry in files(folder):
            with suppress(OSError):
                found = entry.stat(follow_symlinks=False)
                if found.st_ctime >= since:
                    yield found.st_blocks * BLOCK
