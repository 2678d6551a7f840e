"""How the plan's commands are shut in: by bubblewrap where that works, else by unshare(1), else as processes alone."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tests_integration.engine import inside
from tests_integration.plan.model import Plan
from tests_integration.repository.checkout import removed

Level = Literal["bubblewrap", "unshare", "processes"]

LEVELS: tuple[Level, ...] = ("bubblewrap", "unshare", "processes")
"""From the best to what every system has."""

TOOLS = {"bubblewrap": "bwrap", "unshare": "unshare"}
PACKAGES = {"bubblewrap": "bubblewrap", "unshare": "util-linux"}

PRIVATE = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - these are what commands do not share
"""Folders for files in passing: commands have one of their own in the place of all of them."""

KERNEL = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus")
"""Where root can change the kernel's settings, in namespaces too."""

SOCKETS = "/run"
"""Where other programs can be talked to."""

RESOLVER = Path("/etc/resolv.conf")


class Cell(NamedTuple):
    """What commands see, and what they may write to.

    Attributes:
        level: how they are shut in.
        network: whether they reach the network.
        checkout: their working directory.
        home: their HOME.
        objects: objects of the store, which the checkout borrows.
        hidden: folders that they do not see: the caller's home, and those of other plans.
        shared: folders outside that they may write to, by the variable that names each.
    """

    level: Level
    network: bool
    checkout: Path
    home: Path
    objects: Path
    hidden: tuple[Path, ...] = ()
    shared: Mapping[str, Path] = {}

    @property
    def tmp(self) -> Path:
        """Folder for what is in passing; at the best level it is their /tmp, under that name alone."""
        return self.checkout.parent / "tmp"

    @property
    def tmpdir(self) -> Path:
        """The same, under the name by which they know it."""
        return Path(PRIVATE[0]) if self.level == "bubblewrap" else self.tmp

    @property
    def apart(self) -> tuple[str, ...]:
        """Names of the namespaces that are their own (namespaces(7))."""
        if self.level == "processes":
            return ()
        return ("ipc", "mnt", "pid", "user", *(() if self.network else ("net",)))

    def reaches(self, place: Path) -> bool:
        """Whether commands may be able to write to a file, or into a folder, beside their checkout and HOME."""
        place = place.resolve()
        shared = any(place.is_relative_to(one) or one.is_relative_to(place) for one in self.shared.values())
        return shared or self.level != "bubblewrap"

    @property
    def told(self) -> str:
        """What is enforced, for people."""
        if self.level == "processes":
            return "processes: ended with their command; other processes, file system and network open"
        own = ", ".join(name.upper() for name in sorted(self.apart) if name not in {"mnt", "user", "net"})
        network = "network open" if self.network else "no network"
        if self.level == "unshare":
            return f"unshare: {own}, mount and user namespaces of their own; {network}; file system open"
        shared = f"; shared with the caller: {', '.join(sorted(self.shared))}" if self.shared else ""
        return (
            f"bubblewrap: {own}, mount and user namespaces of their own; system read-only, home and tmp private;"
            f" {network}{shared}"
        )

    def orders(self, report: int) -> str:
        """What is to hold where the command runs, as `inside` takes it."""
        return json.dumps(
            {
                "report": report,
                "outside": inside.namespaces(),
                "apart": self.apart,
                "read_only": self.level == "bubblewrap",
                "hidden": [str(folder) for folder in self.hidden] if self.level == "bubblewrap" else [],
            }
        )


def cell(plan: Plan, store: Path, checkout: Path, home: Path, caller: Mapping[str, str]) -> Cell:
    """How the commands of a plan are shut in on this machine.

    Args:
        plan: whether they reach the network, and which of the caller's variables they get.
        store: from which the checkout borrows objects; beside it are
        checkout: where they run, and
        home: their HOME.
        caller: the caller's environment; a folder that one of the variables let through names is shared.
    """
    shared = {name: Path(caller[name]).resolve() for name in plan.pass_environment if _is_folder(caller.get(name, ""))}
    own = checkout.parent.resolve()
    hidden = (*_homes(caller), own.parent)
    return Cell(
        level(network=plan.network),
        plan.network,
        own / checkout.name,
        own / home.name,
        own / store.name / "objects",
        tuple(folder for folder in hidden if folder not in shared.values()),
        shared,
    )


def _is_folder(value: str) -> bool:
    return Path(value).is_absolute() and Path(value) != Path("/") and Path(value).is_dir()


def _homes(caller: Mapping[str, str]) -> Iterator[Path]:
    """Home folders of the caller: of the environment, and of the user."""
    homes = {caller.get("HOME", "")}
    with suppress(KeyError):  # a user without a name, as in containers
        homes.add(pwd.getpwuid(os.getuid()).pw_dir)
    for home in sorted(homes):
        if _is_folder(home) and not any(Path(folder).is_relative_to(home) for folder in ("/usr", "/etc", "/bin")):
            yield Path(home).resolve()


def make_ready(cell: Cell) -> None:
    """Make HOME and an empty folder for what is in passing, whatever commands at a lower level have put there."""
    if cell.home.is_symlink() or not cell.home.is_dir():
        removed(cell.home)
    removed(cell.tmp)
    cell.home.mkdir(parents=True, exist_ok=True)
    cell.tmp.mkdir()
    for private in map(Path, PRIVATE if cell.level == "bubblewrap" else ()):
        for link in _links_to_python([private]):
            place = cell.tmp / link.relative_to(private)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(link.readlink())


def begin(cell: Cell) -> None:
    """Leave of HOME what `.cache` holds, so that no run acts on what another one has set there, for git or a shell."""
    if cell.home.is_dir() and not cell.home.is_symlink():
        for entry in os.scandir(cell.home):
            if entry.name != ".cache" or not entry.is_dir(follow_symlinks=False):
                removed(Path(entry.path))


def words(cell: Cell, report: int, command: Iterable[str]) -> list[str]:
    """The command line that runs a command in its cell.

    Args:
        cell: how it is shut in.
        report: file descriptor that `inside` tells on.
        command: what is run.
    """
    shut_in = [str(Path(sys.executable).resolve()), "-I", "-S", inside.__file__, cell.orders(report), *command]
    if cell.level == "processes":
        return shut_in
    network = [] if cell.network else ["net"]
    if cell.level == "unshare":
        options = ["--user", "--map-current-user", "--keep-caps", "--pid", "--fork", "--kill-child", "--mount-proc"]
        return ["unshare", *options, "--ipc", "--uts", *(f"--{name}" for name in network), "--", *shut_in]
    options = ["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent"]
    options += [f"--unshare-{name}" for name in network]
    return ["bwrap", *options, "--cap-drop", "ALL", *_mounts(cell), "--chdir", str(cell.checkout), "--", *shut_in]


def _mounts(cell: Cell) -> Iterator[str]:
    """Options of bwrap(1): all read-only, and from the top down what is hidden, shown all the same, or written to."""
    yield from ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
    for place in KERNEL:
        yield from ("--ro-bind-try", place, place)
    emptied = {folder for folder in (Path(SOCKETS), *cell.hidden) if folder.is_dir()}
    private = {Path(name) for name in PRIVATE if Path(name).is_dir() and not Path(name).is_symlink()}
    suite = Path(inside.__file__).parents[1]  # all of it: a command that starts pytest finds its plugin
    needed = {Path(sys.prefix), Path(sys.base_prefix), suite, cell.objects, RESOLVER.resolve()}
    mounts: dict[Path, tuple[str, ...]] = {place: ("--ro-bind", os.devnull, str(place)) for place in _sockets()}
    mounts |= {folder: ("--tmpfs", str(folder)) for folder in emptied}
    mounts |= {folder: ("--bind", str(cell.tmp), str(folder)) for folder in private}
    for path in needed:
        if any(path.is_relative_to(folder) for folder in emptied | private):
            mounts[path] = ("--ro-bind-try", str(path), str(path))
    mounts |= {link: ("--symlink", str(link.readlink()), str(link)) for link in _links_to_python(emptied)}
    for folder in (*cell.shared.values(), cell.checkout, cell.home):
        mounts[folder] = ("--bind", str(folder), str(folder))
    for path in sorted(mounts, key=lambda path: len(path.parts)):
        if os.devnull not in mounts[path] or not any(path.is_relative_to(folder) for folder in emptied | private):
            yield from mounts[path]
    for folder in (Path("/dev"), *sorted(emptied)):
        yield from ("--remount-ro", str(folder))


def _links_to_python(covered: Iterable[Path]) -> Iterator[Path]:
    """Links by which this Python is found and that would be out of sight; scripts beside it begin with its name."""
    link = Path(sys.executable)
    while link.is_symlink():
        known = (Path(sys.prefix), Path(sys.base_prefix))
        if not any(link.is_relative_to(folder) for folder in known) and any(map(link.is_relative_to, covered)):
            yield link
        link = link.parent / link.readlink()


def _sockets() -> Iterator[Path]:
    """Where services of this machine listen (proc(5), /proc/net/unix), as far as it can be seen."""
    with suppress(OSError):
        for line in Path("/proc/net/unix").read_text(errors="replace").splitlines():
            place = Path(line.partition(" /")[2])
            if place.parts and (listening := Path("/") / place).is_socket():
                yield listening


def level(*, network: bool) -> Level:
    """The best level that holds on this machine."""
    return next(name for name in LEVELS if not lacking(name, network=network))


def refusal(plan: Plan) -> str:
    """Why the plan's commands may not be run on this machine; empty where they may."""
    why = lacking("bubblewrap", network=plan.network) if plan.isolation == "required" else ""
    return why and (
        f"the plan says `isolation: required`, and bubblewrap cannot shut commands in here: {why}\n"
        "Run it where that works, or leave `isolation` out: then its commands run at the level"
        f" `{level(network=plan.network)}`, and the record says so.\n"
        "Nothing was run; merging and the audit need no isolation: --until audit"
    )


@cache
def lacking(level: Level, *, network: bool) -> str:
    """Why commands cannot be shut in so, as was tried; empty where they can."""
    if level == "processes":
        return ""
    if not shutil.which(TOOLS[level]):
        return f"there is no {TOOLS[level]} on the PATH (Debian package {PACKAGES[level]})"
    with tempfile.TemporaryDirectory() as folder:
        checkout, home = (Path(folder, "plan", name).resolve() for name in ("checkout", "home"))
        checkout.mkdir(parents=True)
        made = Cell(level, network, checkout, home, checkout, hidden=(*_homes(os.environ),))
        home.mkdir()
        made.tmp.mkdir()
        return _tried(made)


def _tried(cell: Cell) -> str:
    reading, writing = os.pipe()
    with os.fdopen(reading) as report:
        try:
            command = words(cell, writing, ["true"])
            done = subprocess.run(command, pass_fds=[writing], capture_output=True, text=True, check=False)
        finally:
            os.close(writing)
        lines: list[dict[str, Any]] = [json.loads(line) for line in report]
    if lines and "problem" not in lines[0]:
        return ""
    return str(lines[0]["problem"]) if lines else (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
