"""New trees from old ones, through an index of their own that nobody else sees."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from git import Repo

from tests_integration.repository.entry import Entry
from tests_integration.repository.git import answer, git


def edited(repo: Repo, tree: str, edits: Mapping[str, Entry | None], *options: str) -> str:
    """The tree with each path set to an entry, or removed where it is None; a file takes the place of a folder.

    `options` are those of git-write-tree(1).
    """
    if not edits:
        return tree
    nothing = Entry("0", "0" * len(tree))
    lines = b"".join(_index_line(path, entry or nothing) for path, entry in edits.items())
    with tempfile.TemporaryDirectory() as folder:
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git(repo, "read-tree", tree, env=env)
        git(repo, "update-index", "--replace", "-z", "--index-info", stdin=lines, env=env)
        return git(repo, "write-tree", *options, env=env).decode().strip()


def patched(repo: Repo, tree: str, patch: bytes) -> str:
    """The tree with a patch applied (git-apply(1)).

    Raises:
        GitError: the patch does not apply.
    """
    with tempfile.TemporaryDirectory() as folder:
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git(repo, "read-tree", tree, env=env)
        git(repo, "apply", "--cached", "--whitespace=nowarn", "-", stdin=patch, env=env)
        return git(repo, "write-tree", env=env).decode().strip()


def is_applied(repo: Repo, tree: str, patch: bytes) -> bool:
    """Whether the tree has all that a patch would change already: it can be taken back (git-apply(1), --reverse)."""
    with tempfile.TemporaryDirectory() as folder:
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git(repo, "read-tree", tree, env=env)
        options = ("--cached", "--check", "--reverse", "--whitespace=nowarn")
        return answer(repo, "apply", *options, "-", stdin=patch, ok=(0, 1, 128), env=env)[0] == 0


def stored_blob(repo: Repo, content: bytes) -> str:
    """Id of a blob with this content, written to the repository."""
    return git(repo, "hash-object", "-w", "--stdin", "--no-filters", stdin=content).decode().strip()


def _index_line(path: str, entry: Entry) -> bytes:
    return f"{entry.mode} {entry.blob}\t{path}\0".encode(errors="surrogateescape")
