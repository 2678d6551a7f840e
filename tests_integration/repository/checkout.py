"""A clean checkout of the branch, and whether commands have left it clean."""

import errno
import os
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from git import Repo

from tests_integration.repository.ask import content, entries, shown
from tests_integration.repository.git import GitError, git, new_repository
from tests_integration.repository.likeness import Marks, Tree, is_new_folder, marks_of_new, tree_at
from tests_integration.repository.stat_index import stat_index

GIT = ".git"
SECOND = 10**9
AT_ONCE = 1000
"""Folders that one command removes."""


def check_out(store: Repo, commit: str, branch: str, folder: Path) -> None:
    """Make a clean checkout, as a repository of its own that borrows the store's objects.

    Of what is there, files stay that are what git would write now, in every byte and in all else that can be told; the
    rest is removed, the repository first of all. As all files are given one and the same time, nobody can tell which
    have stayed. Where what comes of it is not the commit and nothing else, or anything is odd, all is made afresh.

    Args:
        store: holds the commit.
        commit: checked out.
        branch: name of the local branch that HEAD is on.
        folder: nobody else is using it.

    Raises:
        GitError: the store does not give out what the commit holds.
        OSError: this machine does not let it be made.
    """
    tree = tree_at(store, commit)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = marks_of_new(folder.parent)
    with suppress(OSError, GitError):
        if kept := _kept(tree, folder, new):
            _fill(store, commit, branch, folder, tree, kept)
            if _is_the_commit(tree, folder, kept, new):
                return
    removed(folder)
    _fill(store, commit, branch, folder, tree, frozenset())


def _kept(tree: Tree, folder: Path, new: Mapping[str, Marks]) -> frozenset[str]:
    """Remove all that git would not write just so; paths of the files and links that stay."""
    kept: set[str] = set()
    odd: list[Path] = []
    inner = [""] if is_new_folder(str(folder), new) else []
    while inner:
        inside = inner.pop()
        for entry in os.scandir(folder / inside):
            path = f"{inside}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                stays = path in tree.folders and is_new_folder(entry.path, new)
                inner += [f"{path}/"] if stays else []
            else:
                stays = path not in tree.converted and bool(tree.holds(path, entry.path, new))
                kept.update([path] if stays else [])
            odd += [] if stays else [Path(entry.path)]
    if kept:
        removed(*odd)
    return frozenset(kept)


def _fill(store: Repo, commit: str, branch: str, folder: Path, tree: Tree, kept: frozenset[str]) -> None:
    """Make the repository, have git write what is not there, and give all files one time, which its index knows.

    It lies a second back, or git could not tell whether a file was changed after it had looked at it.
    """
    with new_repository(folder) as made:
        alternates = Path(made.git_dir, "objects", "info", "alternates")
        alternates.write_text(f"{Path(store.git_dir).absolute() / 'objects'}\n", encoding="utf-8")
        git(made, "update-ref", f"refs/heads/{branch}", commit)
        git(made, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
        git(made, "read-tree", commit)
        missing = b"".join(os.fsencode(path) + b"\0" for path in tree.entries if path not in kept)
        git(made, "checkout-index", "--quiet", "--force", "-z", "--stdin", stdin=missing)
        Path(made.git_dir, "index").write_bytes(stat_index(tree.entries, _timed(folder, tree)))


def _timed(folder: Path, tree: Tree) -> dict[str, os.stat_result]:
    """Give all files and links one time; what the system then tells of them."""
    time_ns = time.time_ns() - SECOND
    found = {}
    for path in tree.sizes:
        place = f"{folder}/{path}"
        with suppress(FileNotFoundError):
            os.utime(place, ns=(time_ns, time_ns), follow_symlinks=False)
            found[path] = os.lstat(place)
    return found


def _is_the_commit(tree: Tree, folder: Path, kept: frozenset[str], new: Mapping[str, Marks]) -> bool:
    """Whether a checkout holds what the commit does, and nothing else; what was kept has been read already."""
    there: set[str] = set()
    inner = [""]
    while inner:
        inside = inner.pop()
        for entry in os.scandir(folder / inside):
            path = f"{inside}{entry.name}"
            if entry.is_dir(follow_symlinks=False) and path in tree.folders and is_new_folder(entry.path, new):
                inner.append(f"{path}/")
            elif path in kept or path in tree.converted or _is_whole(tree, path, entry, new):
                there.add(path)
            elif path != GIT:
                return False
    return there == tree.entries.keys()


def _is_whole(tree: Tree, path: str, entry: os.DirEntry[str], new: Mapping[str, Marks]) -> bool:
    """Whether a file or link is what the commit holds; of a submodule, an empty folder is."""
    if path in tree.sizes:
        return bool(tree.holds(path, entry.path, new))
    return path in tree.entries and is_new_folder(entry.path, new) and not any(os.scandir(entry.path))


def removed(*places: Path) -> None:
    """Remove what is the suite's own, whatever commands have made of it: deep, closed to its owner, or a link.

    Raises:
        OSError: it cannot be.
    """
    folders = [place for place in places if place.is_dir() and not place.is_symlink()]
    for place in places:
        if place not in folders:
            place.unlink(missing_ok=True)
    for folder in folders:
        _open_up(folder)
    for n in range(0, len(folders), AT_ONCE):
        done = subprocess.run(["rm", "-rf", "--", *folders[n : n + AT_ONCE]], check=False, capture_output=True)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()[-1]
            raise OSError(errno.EPERM, said, str(folders[n]))


def _open_up(folder: Path) -> None:
    """Let every folder in it be looked into and changed by its owner."""
    folders = [str(folder)]
    while folders:
        with suppress(OSError):
            place = folders.pop()
            Path(place).chmod(stat.S_IRWXU)
            with os.scandir(place) as entries:
                folders += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]


def changed_files(store: Repo, commit: str, folder: Path) -> tuple[str, ...]:
    """Tracked files of the commit that differ in the checkout, or are missing from it.

    Judged with the store's own settings and an index of its own; the checkout's repository is not asked, because
    commands may have written to it. Git has to look at those files only that do not hold its very bytes.
    """
    if not folder.is_dir():
        return tuple(shown(path) for path in entries(store, commit))
    tree = tree_at(store, commit)
    whole = {path: tree.holds(path, f"{folder}/{path}") for path in tree.sizes if path not in tree.converted}
    with tempfile.TemporaryDirectory() as scratch:
        index = Path(scratch) / "index"
        index.write_bytes(stat_index(tree.entries, {path: found for path, found in whole.items() if found}))
        env = {"GIT_INDEX_FILE": str(index)}
        options = ("--work-tree", str(folder))
        git(store, *options, "update-index", "-q", "--refresh", env=env, ok=(0, 1))
        out = git(store, *options, "diff-files", "--ignore-submodules=dirty", "--name-only", "-z", env=env)
    changed = {path.decode(errors="surrogateescape") for path in out.split(b"\0")[:-1]}
    return tuple(shown(path) for path in sorted(changed | _changed_attributes(store, commit, folder)))


def files(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Every file in a folder, however deep; folders that cannot be looked into are left out."""
    folders = [str(folder)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    yield entry


def _changed_attributes(store: Repo, commit: str, folder: Path) -> set[str]:
    """`.gitattributes` that are not as in the commit: they could hide changes from git."""
    attributes = (entry for entry in files(folder) if entry.name == ".gitattributes")
    there = {Path(entry.path).relative_to(folder).as_posix(): Path(entry.path) for entry in attributes}
    tracked = entries(store, commit, there) if there else {}
    return {
        name
        for name, path in there.items()
        if name not in tracked or not _holds(path, content(store, tracked[name].blob))
    }


def _holds(file: Path, text: bytes) -> bool:
    return file.stat().st_size == len(text) and file.read_bytes() == text
