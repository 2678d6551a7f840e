"""The suite's own bare store, and what it asks of remotes and of the user's clone."""

import glob
import uuid
from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree

from git import Repo

from tests_integration.files import held
from tests_integration.repository.damage import is_store, make_afresh
from tests_integration.repository.git import git, new_repository, opened
from tests_integration.repository.remote import require_sound, speak
from tests_integration.url import Url

FETCHING = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")

PATIENCE = 600
"""Seconds to wait for another plan that makes the same repository."""


def open_store(folder: Path) -> Repo:
    """The bare store in this folder, made where none is there that git takes for one; close it after use."""
    if not is_store(folder):
        make_afresh(folder)
    return opened(folder)


def clear(folder: Path) -> None:
    """Remove what a git that was killed has left in a store: locks that nobody holds, objects that it did not finish.

    Args:
        folder: the store; nobody else may be using it.
    """
    for left in ("*.lock", "refs/**/*.lock", "objects/??/tmp_obj_*", "objects/pack/tmp_*", "objects/info/*.lock"):
        for file in folder.glob(left):
            file.unlink(missing_ok=True)


def create_bare(path: Path, origin: Path) -> None:
    """Make a bare repository with every branch of another repository or bundle; it appears whole or not at all.

    What a run that died has left half-made beside it is removed.

    Raises:
        GitError: the origin cannot be read.
        OSError: the folder cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with held(path.parent, PATIENCE):
        for left in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 32}"):
            rmtree(left, ignore_errors=True)
        if not path.exists():
            _create_bare(path, origin)


def _create_bare(path: Path, origin: Path) -> None:
    folder = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        folder.mkdir()
        with new_repository(folder, bare=True) as made:
            speak(made, ("fetch", *FETCHING), str(origin), "+refs/heads/*:refs/heads/*")
        folder.rename(path)
    finally:
        rmtree(folder, ignore_errors=True)


def heads(store: Repo, url: str) -> dict[str, str]:
    """Branches of a remote and their tips (git-ls-remote(1)).

    Raises:
        GitError: the remote cannot be reached or is no repository.
    """
    lines = speak(store, ("ls-remote", "--heads"), url).decode(errors="surrogateescape").split("\n")[:-1]
    rows = (line.split("\t", 1) for line in lines)
    return {ref.removeprefix("refs/heads/"): commit for commit, ref in rows}


def fetch_branches(store: Repo, url: str, refs: Mapping[str, str]) -> None:
    """Fetch these branches of a remote, and nothing else, each to a ref of the store.

    Raises:
        GitError: the remote cannot be reached, or has no such branch.
    """
    refspecs = [f"+refs/heads/{branch}:{ref}" for branch, ref in refs.items()]
    speak(store, ("fetch", *FETCHING), url, *refspecs)


def fetch_all_branches(store: Repo, url: str, folder: str) -> None:
    """Fetch every branch of a remote that has some, to refs below `folder`.

    Raises:
        GitError: the remote cannot be reached.
    """
    speak(store, ("fetch", *FETCHING), url, f"+refs/heads/*:{folder}/*")


def fetch_commit(store: Repo, url: str, commit: str) -> None:
    """Fetch a commit by its id.

    Raises:
        GitError: the remote cannot be reached, has no such commit, or gives out branches only.
    """
    speak(store, ("fetch", *FETCHING), url, f"+{commit}:refs/waveproof-commits/{commit}")


def clone_names(store: Repo, clone: Path) -> frozenset[str]:
    """Names of the remotes that a local clone has.

    Raises:
        GitError: there is no clone.
    """
    return frozenset(git(store, "-C", str(clone), "remote").decode().split())


def clone_config(store: Repo, clone: Path) -> str:
    """The config of a local clone (git-config(1), `--list --null`), with the secrets that people keep in it.

    Raises:
        GitError: there is no clone.
    """
    return git(store, "-C", str(clone), "config", "--list", "--null", "--local").decode(errors="replace")


def clone_url(store: Repo, clone: Path, name: str, *, push: bool) -> Url:
    """Where a remote of a local clone is fetched from or pushed to (git-remote(1)).

    Raises:
        GitError: the clone has no such remote, or its URL is none that is taken.
    """
    direction = ("--push",) if push else ()
    said = git(store, "-C", str(clone), "remote", "get-url", *direction, "--", name)
    url = Url(said.decode(errors="surrogateescape").removesuffix("\n"))
    require_sound(url)
    return url
