"""Reads files that strangers chose: never a pipe or a device, never more than is meant to be there."""

import errno
from pathlib import Path
from stat import S_ISDIR, S_ISREG

PLAN = 1 << 20
"""Bytes of a plan at most; it is written by hand."""

STATE = 64 << 20
"""Bytes of a JSON file at most that others keep too."""

TAKEN_IN = 128 << 20
"""Bytes of a file at most that a plan takes in."""


def content(file: Path, largest: int) -> bytes:
    """What a regular file holds; links to one are followed.

    Args:
        file: may be anything, or nothing; a pipe or a device is not opened.
        largest: bytes that are read at most.

    Raises:
        OSError: it cannot be read, is no regular file, or holds more; `strerror` says which.
    """
    said = file.stat()
    if not S_ISREG(said.st_mode) and not S_ISDIR(said.st_mode):
        raise OSError(errno.EINVAL, "is a pipe or a device, not a file", str(file))
    with file.open("rb") as stream:
        found = stream.read(min(said.st_size, largest) + 1)  # what may be read takes room, even where it is not there
        if len(found) > said.st_size:  # it has grown, or says nothing of its size, as in /proc
            found += stream.read(largest + 1 - len(found))
    if len(found) > largest:
        raise OSError(errno.EFBIG, f"is larger than {largest >> 20} MiB", str(file))
    return found


def why_unreadable(error: OSError) -> str:
    """What is wrong with a file, to stand behind its name."""
    told = error.errno in {errno.EINVAL, errno.EFBIG}
    return str(error.strerror) if told else f"cannot be read: {error.strerror}"
