"""The R520 object in its JSON file: read, and replaced in place, atomically, with the rest byte for byte."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tests_integration import bounded
from tests_integration.engine.jsonpointer import NotThereError, replaced, value_at
from tests_integration.files import create, held, replace

T = TypeVar("T")

Attempts = dict[str, Any]
"""The object that R520 describes."""

EMPTY = "{}\n"
PATIENCE = 60
"""Seconds that an update waits for those of other plans and users, where nothing else is said."""


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


class Rests(NamedTuple):
    """What a metadata file held beside the object before an update and after it, each as `rest` tells it."""

    before: str
    after: str


def update(file: Path, at: str, change: Callable[[Attempts], Attempts], patience: float = PATIENCE) -> Rests:
    """Replace the object by what `change` makes of it; plans and users that share the file wait for each other.

    Args:
        file: made where it is not there yet.
        at: JSON pointer.
        change: from the object as it is to the object as it is to be.
        patience: seconds to wait for the others.

    Returns:
        What stands beside the object, which nobody else could change in the meantime.

    Raises:
        MetadataError: as for `read`, or the file cannot be written.
    """
    return _wrapped(file, lambda: _update(file, at, change, patience))


def rest(file: Path, at: str) -> str:
    """SHA-256 of the file's text with the object taken out: of what an update leaves as it is.

    Raises:
        MetadataError: as for `read`.
    """
    text = _wrapped(file, lambda: replaced(_text(file), at, None))
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _update(file: Path, at: str, change: Callable[[Attempts], Attempts], patience: float) -> Rests:
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        create(file, EMPTY.encode())
    with held(file, patience):
        wanted, before = change(read(file, at)), rest(file, at)
        replace(file, replaced(_text(file), at, wanted).encode("utf-8", errors="surrogateescape"))
        return Rests(before, rest(file, at))


def _text(file: Path) -> str:
    if not file.exists():
        return EMPTY
    return bounded.content(file, bounded.STATE).decode("utf-8", errors="surrogateescape")


def _wrapped(file: Path, work: Callable[[], T]) -> T:
    try:
        return work()
    except NotThereError as error:
        raise MetadataError(f"{file}: {error}") from None
    except OSError as error:
        raise MetadataError(f"{file}: {error.strerror or error}") from None
