"""Runs one command of a plan where it is shut in, and tells the suite from there what holds and what was left.

A program of its own, of the standard library alone: `python -I -S inside.py ORDERS COMMAND…`, the orders as JSON:

- `report`: a file descriptor that lines of JSON go to, before the command starts and when it has ended;
- `outside`: the namespaces of the suite (namespaces(7)), by name;
- `apart`: names of those that are not to be the suite's here;
- `read_only`: whether the system is not to be written to;
- `hidden`: folders that are to hold no file here.

Where these do not hold, the command is not started.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
PR_SET_DUMPABLE, PR_SET_SECUREBITS, SECURE_NOROOT_LOCKED = 4, 28, 3
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
NOT_FOUND = 127
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
INTERFACE = struct.Struct("16sH14s")


def main(orders: dict[str, Any], command: list[str]) -> None:
    """Run the command to its end.

    Args:
        orders: see the module.
        command: what is run, in this process's environment and folder.
    """
    own = namespaces()
    os.set_inheritable(orders["report"], False)  # noqa: FBT003 - has no keyword
    with os.fdopen(orders["report"], "w") as report:
        if broken := _broken(orders, own):
            print(json.dumps({"problem": broken}), file=report, flush=True)
            return
        if "net" in orders["apart"]:
            _raise_loopback()
        _drop_capabilities(own_user="user" in orders["apart"])
        print(json.dumps({"pid": own.get("pid")}), file=report, flush=True)
        signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
        code = _run(command)
        print(json.dumps({"exit": code, "left": _left() if "pid" in orders["apart"] else []}), file=report, flush=True)


def namespaces() -> dict[str, int]:
    """The namespaces of this process by name, each as a number; empty where the system has none."""
    links = Path("/proc/self/ns")
    return {link.name: link.stat().st_ino for link in links.iterdir()} if links.is_dir() else {}


def _broken(orders: dict[str, Any], own: dict[str, int]) -> str:
    """What is not as it was ordered, for people; empty where all is."""
    shared = [name for name in orders["apart"] if own.get(name) == orders["outside"][name]]
    told = [f"the {name} namespace is the suite's" for name in shared]
    if orders["read_only"] and not os.statvfs("/").f_flag & os.ST_RDONLY:
        told.append("the system can be written to")
    return ", ".join([*told, *(f"{folder} can be read" for folder in orders["hidden"] if _holds_files(folder))])


def _holds_files(folder: str) -> bool:
    try:
        return any(entry.is_file(follow_symlinks=False) for entry in os.scandir(folder))
    except OSError:
        return False


def _raise_loopback() -> None:
    """Bring up `lo` in a network namespace (netdevice(7)); bubblewrap has done so, unshare(1) does not."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        _, flags, _ = INTERFACE.unpack(fcntl.ioctl(connection, SIOCGIFFLAGS, INTERFACE.pack(b"lo", 0, b"")))
        fcntl.ioctl(connection, SIOCSIFFLAGS, INTERFACE.pack(b"lo", flags | IFF_UP, b""))


def _drop_capabilities(*, own_user: bool) -> None:
    """Pass none on that unshare(1) has kept for this process, and let no command into it (prctl(2)).

    What holds the channel by which the end is told is closed to /proc/PID/fd and ptrace(2) of the same user; root has
    no more rights than others where the user namespace is its own. bubblewrap has dropped the capabilities itself.
    """
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None).prctl
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
        if own_user:
            prctl(PR_SET_SECUREBITS, SECURE_NOROOT_LOCKED, 0, 0, 0)


def _run(command: list[str]) -> int:
    """Run it to its end; its exit code, as a shell gives it where there is no such program."""
    try:
        started = os.posix_spawnp(command[0], command, os.environ, setsigdef=IGNORED_BY_PYTHON)
    except OSError as error:
        sys.stdout.write(f"{command[0]}: {error.strerror}; PATH is {os.environ.get('PATH', 'not set')}\n")
        return NOT_FOUND
    return _ended(started)


def _ended(command: int) -> int:
    """Wait for the command, and meanwhile for orphans that became children of this process; its exit code."""
    while True:
        pid, status = os.wait()
        if pid == command:
            return os.waitstatus_to_exitcode(status)


def _left() -> list[str]:
    """Names of the other processes of this PID namespace, but for the first, which began it."""
    names = []
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal() and int(entry.name) not in {1, os.getpid()}:
            with contextlib.suppress(OSError):
                name, state = Path(entry, "stat").read_text(errors="replace").partition("(")[2].rpartition(")")[::2]
                names += [] if state.split()[0] == "Z" else [name]
    return names


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
