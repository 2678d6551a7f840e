"""Whether what stands in a checkout is what git would write there now, in all that anybody could tell.

Nothing that a command can set is believed, times and sizes neither: every byte is read.
"""

import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from git import Repo

from tests_integration.repository.entry import LINK, SUBMODULE, Entry
from tests_integration.repository.git import git

FOLDER = "040000"
READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CHUNK = 1 << 20
FS_IOC_GETFLAGS = 0x80086601
BY_ITSELF = 0x100C1000
"""Flags of ioctl_iflags(2) that a file system sets by itself: how it keeps a content, how it finds names."""

CONVERTING = ("eol", "ident", "working-tree-encoding")
"""Attributes that let git write something else than it holds (gitattributes(5)); filters do not, none is known."""

PLAIN = {"unspecified", "unset", "lf"}
"""Their values that do not."""


class Marks(NamedTuple):
    """What can be told of a file, link or folder beside its name and content; `links` are names of a file or link."""

    mode: int
    owner: tuple[int, int]
    links: int
    attributes: tuple[tuple[str, bytes], ...]
    flags: int


class Tree(NamedTuple):
    """What a commit holds.

    Attributes:
        entries: files by path, links and submodules among them, in git's order.
        sizes: bytes of the files and links.
        converted: paths of those that git writes in another form than it holds.
        folders: that they stand in.
    """

    entries: Mapping[str, Entry]
    sizes: Mapping[str, int]
    converted: frozenset[str]
    folders: frozenset[str]

    def holds(self, path: str, place: str, new: Mapping[str, Marks] | None = None) -> os.stat_result | None:
        """What the system tells of the file or link at a place, where it has the very bytes that git holds.

        Args:
            path: in the commit.
            place: where it is looked for.
            new: where given, it also is to be marked as one that is new, as `marks_of_new` tells.
        """
        if path not in self.sizes:
            return None
        mode, blob = self.entries[path]
        with suppress(OSError):
            seen = place if mode == LINK else os.open(place, READING)
            try:
                found = _stat(seen)
                if found.st_size == self.sizes[path] and (new is None or _marks(seen, found) == new[mode]):
                    return found if _digest(seen, found) == blob else None
            finally:
                _close(seen)
        return None


def tree_at(store: Repo, commit: str) -> Tree:
    """What a commit holds."""
    entries, sizes = {}, {}
    for row in git(store, "ls-tree", "-r", "-l", "-z", "--full-tree", commit).split(b"\0")[:-1]:
        meta, _, name = row.partition(b"\t")
        mode, _, blob, size = meta.decode().split()
        entries[os.fsdecode(name)] = Entry(mode, blob)
        if mode != SUBMODULE:
            sizes[os.fsdecode(name)] = int(size)
    return Tree(entries, sizes, _converted(store, commit, entries), frozenset(_folders(entries)))


def marks_of_new(folder: Path) -> dict[str, Marks]:
    """How new files, links and folders here are marked, by the mode that git has for each.

    Raises:
        OSError: none can be made.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as scratch:
        places = {mode: f"{scratch}/{mode}" for mode in ("100644", "100755", LINK, FOLDER)}
        for mode, allowed in (("100644", 0o666), ("100755", 0o777)):
            os.close(os.open(places[mode], os.O_WRONLY | os.O_CREAT | os.O_EXCL, allowed))
        Path(places[LINK]).symlink_to("x")
        Path(places[FOLDER]).mkdir()
        return {mode: _marks_at(place, mode) for mode, place in places.items()}


def is_new_folder(place: str, new: Mapping[str, Marks]) -> bool:
    """Whether a folder stands there that is marked as a new one."""
    with suppress(OSError):
        return _marks_at(place, FOLDER) == new[FOLDER]
    return False


def _marks_at(place: str, mode: str) -> Marks:
    seen = place if mode == LINK else os.open(place, READING)
    try:
        return _marks(seen, _stat(seen))
    finally:
        _close(seen)


def _stat(seen: int | str) -> os.stat_result:
    return os.fstat(seen) if isinstance(seen, int) else os.lstat(seen)


def _close(seen: int | str) -> None:
    if isinstance(seen, int):
        os.close(seen)


def _marks(seen: int | str, found: os.stat_result) -> Marks:
    """How it is marked; `seen` is a link's name, or what else there is, opened."""
    follow = isinstance(seen, int)
    names = os.listxattr(seen, follow_symlinks=follow)
    attributes = tuple((name, os.getxattr(seen, name, follow_symlinks=follow)) for name in sorted(names))
    links = 1 if stat.S_ISDIR(found.st_mode) else found.st_nlink
    return Marks(found.st_mode, (found.st_uid, found.st_gid), links, attributes, _flags(seen))


def _flags(seen: int | str) -> int:
    with suppress(OSError):  # not every file system has some
        if isinstance(seen, int):
            return int.from_bytes(fcntl.ioctl(seen, FS_IOC_GETFLAGS, bytes(8))[:4], "little") & ~BY_ITSELF
    return 0


def _digest(seen: int | str, found: os.stat_result) -> str:
    """The id that git has for a file (SHA-1, as the suite's own stores have it) or a link, as it is on disk."""
    made = hashlib.sha1(b"blob %d\0" % found.st_size, usedforsecurity=False)
    if isinstance(seen, str):
        made.update(os.fsencode(os.readlink(seen)))  # noqa: PTH115 - `Path` would make `a` of `./a`
        return made.hexdigest()
    while chunk := os.read(seen, CHUNK):
        made.update(chunk)
    return made.hexdigest()


def _converted(store: Repo, commit: str, entries: Iterable[str]) -> frozenset[str]:
    """Paths whose attributes, as the commit has them, let git write something else than it holds."""
    if not any(path.rpartition("/")[2] == ".gitattributes" for path in entries):
        return frozenset()
    with tempfile.TemporaryDirectory() as scratch:
        env = {"GIT_INDEX_FILE": f"{scratch}/index"}
        git(store, "read-tree", commit, env=env)
        paths = b"".join(os.fsencode(path) + b"\0" for path in entries)
        fields = git(store, "check-attr", "-z", "--stdin", "--cached", *CONVERTING, stdin=paths, env=env).split(b"\0")
    rows = zip(fields[::3], fields[2::3], strict=False)
    return frozenset(os.fsdecode(path) for path, value in rows if os.fsdecode(value) not in PLAIN)


def _folders(paths: Iterable[str]) -> Iterator[str]:
    known = {""}
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder not in known:
            known.add(folder)
            yield folder
            folder = folder.rpartition("/")[0]
