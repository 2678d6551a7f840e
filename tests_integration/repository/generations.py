"""A store that plans of one project share, in generations: the newest is used, and none is emptied under its users.

Whoever uses a generation holds it from beginning to end (flock(2)); the kernel lets go of it for those who die. So only
what nobody uses is tidied up or removed, and where one is found damaged, whoever found it goes on in a next, empty one,
while the others end in theirs. Nobody waits for anybody, but for the seconds that tidying up takes.
"""

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree

from tests_integration.files import held
from tests_integration.repository.damage import is_store
from tests_integration.repository.git import GitError, git, new_repository, opened

PATIENCE = 600
"""Seconds to wait for another process that looks for a generation, or makes one."""

LOOSE, PACKS = 1000, 20
"""So many objects in files of their own, and packs, are left before they are packed together: each costs time."""

LEFT = ("*.lock", "refs/**/*.lock", "objects/??/tmp_obj_*", "objects/pack/*tmp*", "objects/info/**/*.lock")
"""What a git that was killed leaves: locks that nobody holds, objects that it did not finish."""


@contextmanager
def newest(shared: Path, after: int = 0) -> Iterator[Path]:
    """The newest generation, held; it is made where there is none, or none that git takes for a repository.

    Args:
        shared: folder of all generations; only folders with numbers for names are such.
        after: number of one that is damaged: a later one is wanted.

    Raises:
        OSError: none can be made.
    """
    while (descriptor := _held(folder := _found(shared, after))) is None:
        pass
    try:
        yield folder
        _tidy(folder, descriptor)
    finally:
        os.close(descriptor)


def number(folder: Path) -> int:
    """Which generation this is."""
    return int(folder.stem)


def lead(link: Path, folder: Path) -> None:
    """Let a link lead to a generation, in place of whatever is there; it is seen from wherever both are."""
    target = os.path.relpath(folder, link.parent)
    if link.is_symlink() and link.readlink() == Path(target):
        return
    if link.is_dir() and not link.is_symlink():
        rmtree(link)
    new = link.with_name(f".{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)


def clear(store: Path, *refs: str) -> None:
    """Remove locks that a run which was killed has left on the refs of a plan.

    Args:
        store: of the plan; others may be using it.
        refs: of the plan, or folders of such; nobody else is to be using these.
    """
    for ref in refs:
        for lock in (store / f"{ref}.lock", *(store / ref).rglob("*.lock")):
            lock.unlink(missing_ok=True)


def untidy(folder: Path) -> bool:
    """Whether there are so many objects in files of their own, or packs, that git becomes slow."""
    objects = folder / "objects"
    loose = sum(1 for _ in objects.glob("??/*"))
    return loose > LOOSE or len(list((objects / "pack").glob("*.pack"))) > PACKS


def _found(shared: Path, after: int) -> Path:
    """The folder of the newest generation, which may be removed at any time as long as it is not held."""
    shared.mkdir(parents=True, exist_ok=True)
    with held(shared, PATIENCE):
        numbers = sorted(number(folder) for folder in shared.glob("[1-9]*.git"))
        last = numbers[-1] if numbers else 0
        folder = shared / f"{last}.git"
        if last <= after or not is_store(folder):
            folder = shared / f"{max(last, after) + 1}.git"
            _make(folder)
        for old in shared.glob("[1-9]*.git"):
            if old != folder:
                _remove(old)
        return folder


def _make(folder: Path) -> None:
    """Make an empty store, whole or not at all; what others that died have left half-made is removed."""
    for left in folder.parent.glob(f".{'[0-9a-f]' * 32}"):
        rmtree(left, ignore_errors=True)
    new = folder.with_name(f".{uuid.uuid4().hex}")
    new_repository(new, bare=True).close()
    new.rename(folder)


def _remove(folder: Path) -> None:
    """Remove a generation, unless it is in use."""
    with suppress(BlockingIOError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)


def _held(folder: Path) -> int | None:
    """Hold a generation, together with others that use it; None where it has gone. Alone, clear what was left."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in (file for pattern in LEFT for file in folder.glob(pattern)):
                left.unlink(missing_ok=True)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if folder.exists() and os.path.samestat(os.fstat(descriptor), folder.stat()):
            return descriptor
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _tidy(folder: Path, descriptor: int) -> None:
    """Pack what has piled up, where nobody else uses it: git drops an object only when a pack has it (git-repack(1)).

    Also what no ref leads to, as merges are. Packs are put together as they grow (`--geometric`), so that a night's
    tidying up takes as long as a night's work, not as long as the store is large.
    """
    with suppress(BlockingIOError, FileNotFoundError, GitError):
        if untidy(folder):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with opened(folder) as store:
                git(store, "repack", "-d", "--quiet", "--geometric=2")
