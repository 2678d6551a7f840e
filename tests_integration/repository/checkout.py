"""A clean checkout of the branch, and whether commands have left it clean."""

import tempfile
from pathlib import Path
from shutil import rmtree

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
    if folder.exists():
        rmtree(folder)
    with new_repository(folder) as made:
        alternates = Path(made.git_dir, "objects", "info", "alternates")
        alternates.write_text(f"{Path(store.git_dir).absolute() / 'objects'}\n", encoding="utf-8")
        git(made, "update-ref", f"refs/heads/{branch}", commit)
        git(made, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
        git(made, "reset", "--quiet", "--hard")


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


def _changed_attributes(store: Repo, commit: str, folder: Path) -> set[str]:
    """`.gitattributes` that are not as in the commit: they could hide changes from git. It follows no links to them."""
    found = (path for path in folder.rglob(".gitattributes") if path.is_file() and not path.is_symlink())
    there = {path.relative_to(folder).as_posix(): path for path in found}
    tracked = entries(store, commit, there) if there else {}
    return {
        name
        for name, path in there.items()
        if name not in tracked or not _holds(path, content(store, tracked[name].blob))
    }


def _holds(file: Path, text: bytes) -> bool:
    return file.stat().st_size == len(text) and file.read_bytes() == text
