"""What a clone tells the reader of a document: its remotes, what lies at the top of a branch, full commit ids."""

from contextlib import suppress
from functools import cache
from pathlib import Path

from git import InvalidGitRepositoryError, NoSuchPathError

from tests_integration.plan.markdown.draft import Surroundings
from tests_integration.plan.model import locate
from tests_integration.repository.git import GitError, git, opened, scrubbed_environment
from tests_integration.repository.store import clone_names

MOST = 5000
"""Commits of a branch that are looked at, at most."""


def look(clone: Path) -> Surroundings:
    """Ask a clone; it is neither fetched into nor changed.

    Raises:
        LookupError: it is no repository, or cannot be read.
    """
    clone = clone.resolve()  # git is run in another folder
    try:
        with scrubbed_environment(), opened(clone) as repo:
            remotes = clone_names(repo, clone)
    except (InvalidGitRepositoryError, NoSuchPathError):
        raise LookupError(f"there is no repository in {str(clone)!r}") from None
    except GitError as error:
        raise LookupError(f"the clone {str(clone)!r} cannot be read: {error.output}") from None
    asked = _Clone(clone, remotes)
    return Surroundings(remotes, cache(asked.top), cache(asked.commit), cache(asked.commits))


class _Clone:
    def __init__(self, folder: Path, remotes: frozenset[str]) -> None:
        self.folder = folder
        self.remotes = remotes

    def ask(self, *arguments: str) -> bytes | None:
        """What git says, or nothing where it knows nothing."""
        with scrubbed_environment(), opened(self.folder) as repo, suppress(GitError):
            return git(repo, *arguments)
        return None

    def ref(self, source: str) -> str:
        """Where the clone keeps what it has last fetched of a `remote/branch`."""
        place = locate(source, self.remotes | {"."})
        if place is None:
            return f"refs/remotes/{source}"
        return f"refs/heads/{place.branch}" if place.remote == "." else f"refs/remotes/{place.remote}/{place.branch}"

    def top(self, source: str) -> frozenset[str]:
        found = self.ask("ls-tree", "-z", "--name-only", self.ref(source)) if source else None
        return frozenset((found or b"").decode(errors="replace").split("\0")) - {""}

    def commit(self, short: str) -> str:
        found = self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{short}^{{commit}}")
        return (found or b"").decode().strip()

    def commits(self, source: str, base: str) -> tuple[str, ...] | None:
        found = self.ask("rev-list", f"--max-count={MOST}", self.ref(source), f"^{self.ref(base)}")
        return None if found is None else tuple(found.decode().split())
