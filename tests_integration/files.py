"""Files that appear whole or not at all, and that one process at a time may replace."""

import fcntl
import glob
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

GLANCE = 0.05
NEW = ".new"
BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Names this run of this machine (random(4)); where there is none, its host name has to do."""


def ground(folder: Path) -> str:
    """Names a folder among those of all machines: who gives the same name has the very same folder before him.

    Raises:
        OSError: it is not there.
    """
    machine = BOOT.read_text(encoding="ascii").strip() if BOOT.exists() else socket.gethostname()
    found = folder.stat()
    return f"{machine}:{found.st_dev}:{found.st_ino}"


def replace(file: Path, content: bytes) -> None:
    """Put a file in place in one piece; a run that dies while it writes leaves the old one.

    What such a run has left of the new one is removed: whoever writes a file is the only one who does.

    Raises:
        OSError: it cannot be written; then nothing is left of the new one.
    """
    for left in file.parent.glob(f".{glob.escape(file.name)}.*"):
        if left.suffix == NEW or left.suffix[1:].isdigit():
            left.unlink(missing_ok=True)
    new = file.with_name(f".{file.name}{NEW}")
    try:
        with new.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if file.exists():
            new.chmod(file.stat().st_mode)
        new.replace(file)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def replace_among_others(file: Path, content: bytes) -> None:
    """The same for a file that other processes of this machine may write at the same time; the last one stands.

    Raises:
        OSError: it cannot be written; then nothing is left of the new one.
    """
    for left in file.parent.glob(f".{glob.escape(file.name)}.*"):
        if left.suffix[1:].isdigit() and not psutil.pid_exists(int(left.suffix[1:])):
            left.unlink(missing_ok=True)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        new.write_bytes(content)
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def create(file: Path, content: bytes) -> None:
    """Make a file in one piece, unless it is there already.

    Raises:
        OSError: it cannot be written.
    """
    new = file.with_name(f".{file.name}.{threading.get_native_id()}")
    try:
        new.write_bytes(content)
        os.link(new, file)
    except (FileNotFoundError, FileExistsError):
        if not file.exists():
            raise
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def held(file: Path, seconds: float) -> Iterator[None]:
    """Hold a file that others replace too, or a folder that others make things in.

    Nothing is left beside it, and the kernel lets go of it when its holder dies. Where somebody has replaced the file
    while this waited, it is the new one that is held.

    Args:
        file: or folder; held, by whatever process, user or plan.
        seconds: to wait at most.

    Raises:
        TimeoutError: somebody else has held it for so long.
        OSError: it is not there, or cannot be opened for writing.
    """
    deadline = time.monotonic() + seconds
    while (descriptor := _locked(file)) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"another process has held it for {seconds:.0f} s")
        time.sleep(GLANCE)
    try:
        yield
    finally:
        os.close(descriptor)


def _locked(file: Path) -> int | None:
    how = os.O_RDONLY if file.is_dir() else os.O_RDWR  # to lock a file, NFS has it open for writing
    descriptor = os.open(file, how | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), file.stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None
