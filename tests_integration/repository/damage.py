"""Whether the suite's own store is whole, and how it is made afresh: all in it can be fetched and built again."""

import re
from collections.abc import Iterable
from pathlib import Path
from shutil import rmtree

from git import Git, Repo

from tests_integration.repository.git import GitError, git, new_repository
from tests_integration.text import visible

NO_DAMAGE = re.compile(r"notice:|warning|dangling|(error|warning) in (blob|commit|tag|tree) ")
"""What git-fsck(1) tells of a repository that is whole, objects that strangers have written among it."""


def is_store(folder: Path) -> bool:
    """Whether git takes this for a repository, and can read its refs."""
    question = ("git", f"--git-dir={folder}", "for-each-ref", "--count=1", "--format=%(refname)")
    return Git().execute(question, with_exceptions=False, with_extended_output=True)[0] == 0


def damage(store: Repo, *, packs: bool = False) -> str:
    """What is broken in the store, in git's words; empty where nothing is.

    What killed processes and full disks leave is found by looking at refs, at loose objects and at the ends of packs,
    which costs little (git-fsck(1), `--no-full`).

    Args:
        store: the store.
        packs: look at all that is in packs, too; that takes its time.
    """
    question = ("git", "fsck", "--full" if packs else "--no-full", "--no-dangling", "--no-progress")
    code, out, err = store.git.execute(question, with_exceptions=False, with_extended_output=True)
    lines = f"{err}\n{out}".splitlines() if code else []
    return next((visible(line) for line in lines if line and not NO_DAMAGE.match(line)), "")


def lack(store: Repo, commits: Iterable[str]) -> str:
    """What of the files of these commits is not in the store, in git's words; empty where all is."""
    try:
        git(store, "rev-list", "--objects", "--no-walk", "--quiet", "--stdin", stdin="\n".join(commits).encode())
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
