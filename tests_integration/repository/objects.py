"""Objects of a repository, read and written without a process for each (git-cat-file(1), gitrepository-layout(5))."""

import hashlib
import io
import re
import uuid
import zlib
from collections.abc import Mapping
from pathlib import Path

from git import Repo

from tests_integration.repository.git import GitError, git

OBJECT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
FORMS = {40: "sha1", 64: "sha256"}
"""What objects are hashed with, by how many digits their ids have."""

FASTEST = 1
"""How hard a loose object is compressed; git's own `core.looseCompression`."""


def read(repo: Repo, name: str) -> tuple[str, bytes]:
    """Kind (`blob`, `tree`, `commit`, `tag`) and bytes of an object, through one `git cat-file --batch` for all.

    Raises:
        GitError: there is no such object, or git cannot read it.
    """
    if not OBJECT_ID.fullmatch(name):
        raise GitError(("git", "cat-file", "--batch"), 0, f"{name!r} is no object's id")
    try:
        _, kind, _, data = repo.git.get_object_data(name)
    except (ValueError, OSError) as error:
        if " missing" not in str(error):  # git died of it; the next question gets another one
            repo.git.clear_cache()
        raise GitError(("git", "cat-file", "--batch"), 0, f"object {name} cannot be read: {error}") from None
    return kind.decode() if isinstance(kind, bytes) else kind, data


def is_there(repo: Repo, name: str) -> bool:
    """Whether the repository has an object, through one `git cat-file --batch-check` for all."""
    try:
        return bool(OBJECT_ID.fullmatch(name) and repo.git.get_object_header(name))
    except ValueError:
        return False


def commits_there(repo: Repo, commits: Mapping[str, str]) -> dict[str, bytes]:
    """The bytes of those of many commits that the repository has, and whose trees it has, in one process for all.

    Args:
        repo: is asked.
        commits: ids, each with the id of a tree that has to be there too; what is no id is not there.
    """
    pairs = [pair for pair in commits.items() if all(map(OBJECT_ID.fullmatch, pair))]
    asked = "".join(f"contents {commit}\ninfo {tree}\n" for commit, tree in pairs).encode()
    told = io.BytesIO(git(repo, "cat-file", "--batch-command", "--buffer", stdin=asked) if pairs else b"")
    there = {}
    for commit, _ in pairs:
        kind, data = _next(told)
        if _next(told, of_content=False)[0] == "tree" and kind == "commit":
            there[commit] = data
    return there


def _next(told: io.BytesIO, *, of_content: bool = True) -> tuple[str, bytes]:
    """Kind and bytes of the object that git tells of next; no kind where it is missing."""
    _, kind, *size = told.readline().decode().split()
    if not size:
        return "", b""
    return kind, told.read(int(size[0]) + 1)[:-1] if of_content else b""


def write(repo: Repo, kind: str, data: bytes, like: str) -> str:
    """Write an object where git looks for it, whole or not at all; as git does, without waiting for the disk.

    Args:
        repo: a repository of the suite's own.
        kind: of the object.
        data: its bytes.
        like: id of another object there; it tells what ids are made of.

    Returns:
        Its id.

    Raises:
        OSError: it cannot be written; then nothing is left of it.
    """
    whole = f"{kind} {len(data)}\0".encode() + data
    name = hashlib.new(FORMS[len(like)], whole, usedforsecurity=False).hexdigest()
    file = Path(repo.git_dir, "objects", name[:2], name[2:])
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        new = file.with_name(f"tmp_obj_{uuid.uuid4().hex}")  # `store.clear` removes what a killed run leaves
        try:
            new.write_bytes(zlib.compress(whole, FASTEST))
            new.chmod(0o444)
            new.replace(file)
        finally:
            new.unlink(missing_ok=True)
    return name
