"""The writes to a remote, each under a lease and read back: the integration branch, and notes where they are wanted."""

from git import Repo

from tests_integration.repository.notes import NOTES
from tests_integration.repository.remote import speak
from tests_integration.repository.store import heads


def push(store: Repo, url: str, branch: str, commit: str) -> None:
    """Create a branch on a remote; one that is there already is never overwritten.

    Args:
        store: holds the commit.
        url: of the remote.
        branch: created there under its full ref name.
        commit: what the branch is to be.

    Raises:
        GitError: the remote refused, is out of reach, or the branch has come to be there in the meantime.
    """
    _push(store, url, f"refs/heads/{branch}", commit)


def push_notes(store: Repo, url: str, notes: str, before: str | None) -> None:
    """Move the notes of a remote on.

    Args:
        store: holds the notes.
        url: of the remote.
        notes: commit that they are to be at.
        before: commit that the remote has them at; None where it has none.

    Raises:
        GitError: the remote refused, is out of reach, or has other notes by now.
    """
    _push(store, url, NOTES, notes, before or "")


def _push(store: Repo, url: str, ref: str, commit: str, before: str = "") -> None:
    options = ("--atomic", "--no-verify", "--no-follow-tags", "--recurse-submodules=no")
    speak(store, ("push", *options, f"--force-with-lease={ref}:{before}"), url, f"{commit}:{ref}")


def read_back(store: Repo, url: str, branch: str) -> str | None:
    """What the remote has under this branch name now; None where it has none.

    Raises:
        GitError: the remote cannot be read.
    """
    return heads(store, url).get(branch)
