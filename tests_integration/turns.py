"""One run of a plan at a time: its checkout, its records and its refs are its own; the next one waits, or is refused.

The whole session takes its turn before anything is looked at, for all its plans in one order, so that no two sessions
wait for each other; and it has it until its last record is written.
"""

import getpass
import json
import os
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tests_integration.engine import metadata, past
from tests_integration.engine.clock import now, stamp
from tests_integration.engine.metadata import MetadataError
from tests_integration.engine.owners import UNSEEN, is_here
from tests_integration.engine.sources import notes_of, refs_of
from tests_integration.files import replace
from tests_integration.plan.load import Given
from tests_integration.repository.generations import clear
from tests_integration.session import Session

GLANCE = 0.5
EVERY = 60
"""Seconds between two looks at whether it is our turn, and between two lines that say that it is not."""

Tell = Callable[[str], None]


def take(suite: Session, tell: Tell, *, wait: bool, givens: Sequence[Given]) -> ExitStack:
    """Have the turn for these plans; those that are not to be waited for are kept in `suite.refusals`.

    Args:
        suite: its folders.
        tell: says a line to whoever watches.
        wait: whether to wait where another run has the turn.
        givens: plans of the session.

    Returns:
        Gives all turns back when it is closed.

    Raises:
        OSError: the suite's own folder cannot be used.
    """
    turns = ExitStack()
    try:
        for given in sorted(givens, key=lambda given: suite.workspace(given.name).lock):
            _take(suite, given, turns, tell if wait else None)
    except BaseException:
        turns.close()
        raise
    return turns


def come_to(suite: Session, name: str, stage: str) -> None:
    """Let those who wait know in which stage this run is."""
    file = suite.workspace(name).turn
    with suppress(OSError):
        replace(file, json.dumps({**_read(file), "stage": stage}).encode())


def _take(suite: Session, given: Given, turns: ExitStack, tell: Tell | None) -> None:
    space = suite.workspace(given.name)
    lock = FileLock(space.lock)
    began = said = 0.0
    while other := _other(suite, given, lock):
        if tell is None:
            suite.refusals[given.name] = f"another run of {given.file} is in progress: {other}; wait for its end"
            lock.release(force=True)
            return
        began = began or time.monotonic()
        if not said or time.monotonic() - said >= EVERY:
            tell(f"{given.name}: waits for another run of {given.file}: {other} (--no-wait does not wait)")
            said = time.monotonic()
        time.sleep(GLANCE)
    turns.callback(lock.release, force=True)
    if given.plan:
        clear(space.store, refs_of(given.plan), notes_of(given.plan))
    replace(space.turn, json.dumps(_about()).encode())
    turns.callback(space.turn.unlink, missing_ok=True)
    if tell and began:
        tell(f"{given.name}: goes on after {time.monotonic() - began:.0f} s")


def _other(suite: Session, given: Given, lock: FileLock) -> str:
    """Who has the turn, for people; empty where it is ours: here the lock tells, of other places the metadata."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return _shown(_read(Path(lock.lock_file).with_name(suite.workspace(given.name).turn.name)))
    try:
        return "" if suite.verify is not None else _elsewhere(*suite.metadata_of(given.name), forced=bool(suite.forced))
    except MetadataError:
        return ""  # a criterion will say so


def _elsewhere(file: Path, at: str, *, forced: bool) -> str:
    kept = metadata.read(file, at)
    attempt = past.in_progress(kept)
    if attempt is None:
        return ""
    by, since = attempt["owner"], attempt.get("started_at")
    if is_here(by):
        return f"process {by.get('pid')} on {by.get('host')}, since {since}, says {file}"
    if forced:
        return ""
    return (
        f"process {by.get('pid')} on {by.get('host')}, since {since}, says {file}; from here nobody can see whether it"
        f" is alive, so that it counts as such for {UNSEEN // 60} minutes after {kept['last_progress_check']};"
        " --force-attempt REASON starts all the same"
    )


def _about() -> dict[str, Any]:
    return {"pid": os.getpid(), "user": _user(), "host": socket.gethostname(), "since": stamp(now()), "stage": "plan"}


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # neither a variable nor an entry in passwd(5)
        return str(os.getuid())


def _read(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _shown(about: dict[str, Any]) -> str:
    if not about:
        return "one that has just begun"
    who = f"process {about.get('pid')} of {about.get('user')} on {about.get('host')}"
    return f"{who}, since {about.get('since')}, in the stage {about.get('stage')}"
