"""The R520 object in its JSON file: read, and replaced in place, atomically, with the rest byte for byte."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock

from tests_integration import files
from tests_integration.engine.jsonpointer import NotThereError, replaced, value_at

T = TypeVar("T")

Attempts = dict[str, Any]
"""The object that R520 describes."""


class MetadataError(Exception):
    """A metadata file that cannot be kept; the text says where and why."""


def read(file: Path, at: str) -> Attempts:
    """The object at this pointer; empty where there is none yet.

    Raises:
        MetadataError: the file cannot be read, is not JSON, or something else than an object is there.
    """
    value = _wrapped(file, lambda: value_at(_text(file), at))
    if not isinstance(value, dict | None):
        raise MetadataError(f"{file}: {at or 'the whole file'} is no JSON object")
    return value or {}


def update(file: Path, at: str, lock: Path, change: Callable[[Attempts], Attempts]) -> None:
    """Replace the object by what `change` makes of it.

    Args:
        file: made where it is not there yet.
        at: JSON pointer.
        lock: a file of the suite's own, so that plans that share a metadata file wait for each other.
        change: from the object as it is to the object as it is to be.

    Raises:
        MetadataError: as for `read`, or the file cannot be written.
    """
    with FileLock(lock):
        wanted = change(read(file, at))
        text = _wrapped(file, lambda: replaced(_text(file), at, wanted))
        _wrapped(file, lambda: _write(file, text))


def rest(file: Path, at: str) -> str:
    """SHA-256 of the file's text with the object taken out: of what an update leaves as it is.

    Raises:
        MetadataError: as for `read`.
    """
    text = _wrapped(file, lambda: replaced(_text(file), at, None))
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _text(file: Path) -> str:
    if not file.exists():
        return "{}\n"
    return files.content(file, files.STATE).decode("utf-8", errors="surrogateescape")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    new.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    if file.exists():
        new.chmod(file.stat().st_mode)
    new.replace(file)


def _wrapped(file: Path, work: Callable[[], T]) -> T:
    try:
        return work()
    except NotThereError as error:
        raise MetadataError(f"{file}: {error}") from None
    except OSError as error:
        raise MetadataError(f"{file}: {error.strerror}") from None
