"""Commits that are made in this process, with the ids that git-commit-tree(1) would give them."""

from collections.abc import Mapping
from functools import cached_property

from git import Repo

from tests_integration.repository.git import git
from tests_integration.repository.objects import write

LAST_TWO = 0xFFFE
NONCHARACTERS = range(0xFDD0, 0xFDF0)


class Committer:
    """Makes commits of one author and one date.

    Args:
        repo: gets them.
        identity: author and committer, who are the same, and dates, as git takes them from its environment.
    """

    def __init__(self, repo: Repo, identity: Mapping[str, str]) -> None:
        self.repo = repo
        self.identity = identity

    def commit(self, tree: str, message: str, parents: tuple[str, ...]) -> str:
        """Id of a commit, written to the repository.

        Raises:
            GitError: git makes no such commit.
            OSError: it cannot be written.
        """
        if text := self.text(tree, message, parents):
            return write(self.repo, "commit", text, like=tree)
        onto = [word for parent in parents for word in ("-p", parent)]
        return git(self.repo, "commit-tree", *onto, tree, stdin=message.encode(), env=self.identity).decode().strip()

    def text(self, tree: str, message: str, parents: tuple[str, ...]) -> bytes | None:
        """The bytes of a commit; None where git would not take them as they are."""
        if not is_taken_as_it_is(self._people + message):
            return None
        onto = "".join(f"parent {parent}\n" for parent in parents)
        return f"tree {tree}\n{onto}{self._people}\n{message}".encode()

    @cached_property
    def _people(self) -> str:
        """The lines of author and committer, made of names by git: it leaves out what would not be read back."""
        person = git(self.repo, "var", "GIT_COMMITTER_IDENT", env=self.identity).decode()
        return f"author {person}committer {person}"


def is_taken_as_it_is(text: str) -> bool:
    """Whether git writes a text into a commit as it is: no NUL, which it refuses, no code points that it rewrites.

    These are what Unicode keeps out of texts for good (`find_invalid_utf8` in git's `commit.c`).
    """
    return (text.isascii() and "\0" not in text) or not any(map(_is_rewritten, map(ord, text)))


def _is_rewritten(code: int) -> bool:
    return not code or code & LAST_TWO == LAST_TWO or code in NONCHARACTERS
