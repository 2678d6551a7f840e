"""Whether the suite's own store is whole, and how it is made afresh: all in it can be fetched and built again."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from shutil import rmtree

from git import Git, Repo

from tests_integration.repository.git import GitError, git, new_repository
from tests_integration.text import visible

WITHOUT_GRAPH = ("-c", "core.commitGraph=false")
"""Lets git look at what is there, not at what the commit-graph says of it."""

HASH, BLOCK = 20, 1 << 20
"""Bytes of a hash, and so many at a time are read."""

NO_DAMAGE = re.compile(r"notice:|warning|dangling|(error|warning) in (blob|commit|tag|tree) ")
"""What git-fsck(1) tells of a repository that is whole, objects that strangers have written among it."""


def is_store(folder: Path) -> bool:
    """Whether git takes this for a repository, and can read its refs."""
    question = ("git", f"--git-dir={folder}", "for-each-ref", "--count=1", "--format=%(refname)")
    return Git().execute(question, with_exceptions=False, with_extended_output=True)[0] == 0


def damage(store: Repo, *, packs: bool = False) -> str:
    """What is broken in the store, in git's words; empty where nothing is.

    What killed processes and full disks leave is found by looking at refs, at loose objects and at the ends of packs,
    which costs little (git-fsck(1), `--no-full`). A commit-graph that is not as git wrote it is removed: git would
    believe what it says, and does without it.

    Args:
        store: the store.
        packs: look at all that is in packs, too; that takes its time.
    """
    _require_graph(Path(store.git_dir, "objects", "info", "commit-graphs"))
    how = "--full" if packs else "--no-full"
    question = ("git", *WITHOUT_GRAPH, "fsck", how, "--no-dangling", "--no-progress")
    code, out, err = store.git.execute(question, with_exceptions=False, with_extended_output=True)
    lines = f"{err}\n{out}".splitlines() if code else []
    return next((visible(line) for line in lines if line and not NO_DAMAGE.match(line)), "")


def _require_graph(folder: Path) -> None:
    """Remove a commit-graph that is damaged; git names each of its files by the hash that it ends with."""
    chain = folder / "commit-graph-chain"
    if chain.exists() and not all(_is_as_named(folder, name) for name in _text(chain).splitlines()):
        rmtree(folder, ignore_errors=True)


def _is_as_named(folder: Path, name: str) -> bool:
    """Whether a file of a commit-graph ends with the hash of all before, and that is its name."""
    file = folder / f"graph-{name}.graph"
    if not re.fullmatch("[0-9a-f]{40}", name) or not file.is_file():
        return False
    with file.open("rb") as stream:
        left = file.stat().st_size - HASH
        found = hashlib.sha1(usedforsecurity=False)
        while left > 0 and (block := stream.read(min(left, BLOCK))):
            found.update(block)
            left -= len(block)
        return found.hexdigest() == name == stream.read().hex()


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def lack(store: Repo, commits: Iterable[str]) -> str:
    """What of the files of these commits is not in the store, in git's words; empty where all is."""
    try:
        stdin = "\n".join(commits).encode()
        git(store, *WITHOUT_GRAPH, "rev-list", "--objects", "--no-walk", "--quiet", "--stdin", stdin=stdin)
    except GitError as error:
        return error.output.splitlines()[-1]
    return ""


def make_afresh(folder: Path) -> None:
    """Make an empty store; what was there is removed.

    Raises:
        OSError: it cannot be.
    """
    if folder.is_dir():
        rmtree(folder)
    folder.unlink(missing_ok=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new_repository(folder, bare=True).close()
