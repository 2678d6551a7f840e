"""The one write to a remote: the integration branch, under a lease, read back."""

from git import Repo

from tests_integration.repository.git import git
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
    ref = f"refs/heads/{branch}"
    options = ("--atomic", "--no-verify", "--no-follow-tags", "--recurse-submodules=no")
    git(store, "push", *options, f"--force-with-lease={ref}:", "--", url, f"{commit}:{ref}")


def read_back(store: Repo, url: str, branch: str) -> str | None:
    """What the remote has under this branch name now; None where it has none.

    Raises:
        GitError: the remote cannot be read.
    """
    return heads(store, url).get(branch)
