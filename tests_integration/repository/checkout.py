"""A clean checkout of the branch, and whether commands have left it clean."""

import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from git import Repo

from tests_integration.repository.ask import content, entries, shown
from tests_integration.repository.git import git, new_repository


def check_out(store: Repo, commit: str, branch: str, folder: Path) -> None:
    """Make a clean checkout, as a repository of its own that borrows the store's objects.

    Args:
        store: holds the commit.
        commit: checked out.
        branch: name of the local branch that HEAD is on.
        folder: made afresh; what was there is removed.
    """
    removed(folder)
    with new_repository(folder) as made:
        alternates = Path(made.git_dir, "objects", "info", "alternates")
        alternates.write_text(f"{Path(store.git_dir).absolute() / 'objects'}\n", encoding="utf-8")
        git(made, "update-ref", f"refs/heads/{branch}", commit)
        git(made, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
        git(made, "reset", "--quiet", "--hard")


def removed(folder: Path) -> None:
    """Remove a folder of the suite's own, whatever commands have made of it: deep, closed to its owner, or a link."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        _open_up(folder)
        subprocess.run(["rm", "-rf", "--", folder], check=True, capture_output=True)


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
    commands may have written to it.
    """
    if not folder.is_dir():
        return tuple(shown(path) for path in entries(store, commit))
    with tempfile.TemporaryDirectory() as scratch:
        env = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        tree = ("--work-tree", str(folder))
        git(store, *tree, "read-tree", commit, env=env)
        git(store, *tree, "update-index", "-q", "--refresh", env=env, ok=(0, 1))
        out = git(store, *tree, "diff-files", "--ignore-submodules=dirty", "--name-only", "-z", env=env)
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
