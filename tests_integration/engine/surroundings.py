"""What a clone or a bundle tells the reader of a document: remotes, how a project is built, full commit ids."""

import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from git import InvalidGitRepositoryError, NoSuchPathError

from tests_integration.engine.toolchain import toolchain
from tests_integration.plan.markdown.draft import Bundle, Surroundings
from tests_integration.plan.model import locate
from tests_integration.repository.git import GitError, git, opened, scrubbed_environment
from tests_integration.repository.store import clone_names, create_bare, heads
from tests_integration.steps import Step

MOST = 5000
"""Commits of a branch that are looked at, at most."""


def look(clone: Path, reports: Path = Path("reports")) -> Surroundings:
    """Ask a clone, or a bundle (git-bundle(1)); it is neither fetched into nor changed.

    Args:
        clone: a folder, or the file of a bundle.
        reports: folder of the records.

    Raises:
        LookupError: it is no repository, or cannot be read.
    """
    clone = clone.resolve()  # git is run in another folder
    if clone.is_file():
        return _look_into_bundle(clone, reports)
    try:
        with scrubbed_environment(), opened(clone) as repo:
            remotes = clone_names(repo, clone)
    except (InvalidGitRepositoryError, NoSuchPathError):
        raise LookupError(f"there is no repository in {str(clone)!r}") from None
    except GitError as error:
        raise LookupError(f"the clone {str(clone)!r} cannot be read: {error.output}") from None
    asked = _Clone(clone, remotes)
    return Surroundings(remotes, cache(asked.tools), cache(asked.commit), cache(asked.commits))


def _look_into_bundle(file: Path, reports: Path) -> Surroundings:
    folder = tempfile.TemporaryDirectory()  # removed with what asks it
    copy = Path(folder.name) / "copy.git"
    try:
        with scrubbed_environment():
            create_bare(copy, file)
            with opened(copy) as repo:
                branches = frozenset(heads(repo, str(copy)))
    except GitError as error:
        raise LookupError(f"the bundle {str(file)!r} cannot be read: {error.output}") from None
    asked = _Bundle(copy, branches, folder)
    return Surroundings(
        frozenset(), cache(asked.tools), cache(asked.commit), cache(asked.commits), Bundle(branches, reports)
    )


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

    def tools(self, source: str) -> dict[str, Step]:
        if not (source and (tip := self.commit(self.ref(source)))):
            return {}
        with scrubbed_environment(), opened(self.folder) as repo, suppress(GitError):
            return toolchain(repo, tip)
        return {}

    def commit(self, short: str) -> str:
        found = self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{short}^{{commit}}")
        return (found or b"").decode().strip()

    def commits(self, source: str, base: str) -> tuple[str, ...] | None:
        found = self.ask("rev-list", f"--max-count={MOST}", self.ref(source), f"^{self.ref(base)}")
        return None if found is None else tuple(found.decode().split())


class _Bundle(_Clone):
    """A copy of a bundle, whose branches are known by any remote."""

    def __init__(self, folder: Path, branches: frozenset[str], holds: tempfile.TemporaryDirectory[str]) -> None:
        super().__init__(folder, frozenset())
        self.branches = branches
        self.holds = holds

    def ref(self, source: str) -> str:
        """Where the copy has the branch of a `remote/branch`."""
        ends = (source[n + 1 :] for n, letter in enumerate(source) if letter == "/")
        return f"refs/heads/{next((end for end in ends if end in self.branches), source)}"
