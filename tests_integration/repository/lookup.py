"""Objects, and files of trees by their paths, read through one `git cat-file --batch`; no process a question."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from git import Repo

from tests_integration.repository.entry import Entry
from tests_integration.repository.git import GitError, git

FOLDER = "040000"
"""Mode of a folder."""

Listing = dict[bytes, Entry]


def object_of(repo: Repo, name: str) -> tuple[str, bytes]:
    """Id and content of an object, read by a process that serves all questions and ends with the repository.

    Raises:
        GitError: there is no such object.
    """
    try:
        found: tuple[Any, ...] = repo.git.get_object_data(name)  # its id is bytes, whatever its type says
    except (OSError, ValueError) as error:  # what git has to say of it is not among its answers
        repo.git.clear_cache()
        git(repo, "cat-file", "-t", name)
        raise GitError(("git", "cat-file", "--batch"), 0, str(error)) from None
    return bytes(found[0]).decode(), bytes(found[3])


def files_at(repo: Repo, tree: str, paths: Iterable[str]) -> dict[str, Entry]:
    """Those of the paths at which a tree or commit has a file, a link or a submodule, in git's order.

    Raises:
        GitError: the tree, or a folder of it, cannot be read.
    """
    listings: dict[bytes, Listing] = {}
    files = {}
    for name, path in sorted((path.encode(errors="surrogateescape"), path) for path in paths):
        found = _found(repo, Entry(FOLDER, f"{tree}^{{tree}}"), name.split(b"/"), listings)
        if found and found.mode != FOLDER:
            files[path] = found
    return files


def _found(repo: Repo, top: Entry, parts: Iterable[bytes], listings: dict[bytes, Listing]) -> Entry | None:
    """What is at a path, given by its parts; `listings` has the folders that were read before, by their paths."""
    found: Entry | None = top
    folder = b""
    for part in parts:
        if found is None or found.mode != FOLDER:
            return None
        if folder not in listings:
            listings[folder] = _listing(repo, found.blob)
        found = listings[folder].get(part)
        folder += b"/" + part
    return found


def _listing(repo: Repo, tree: str) -> Listing:
    name, content = object_of(repo, tree)
    rows = _row(len(name) // 2).findall(content)
    return {name: Entry(mode.decode().zfill(6), blob.hex()) for mode, name, blob in rows}


@cache
def _row(size: int) -> re.Pattern[bytes]:
    """A row of a tree whose ids have so many bytes: mode, name, id."""
    return re.compile(rb"([0-7]{5,6}) ([^\0]+)\0(.{%d})" % size, re.DOTALL)
