"""What takes earlier work back: lines that commits removed, and commits that say that they revert others."""

import re
import uuid
from collections.abc import Iterable
from typing import NamedTuple

from git import Repo

from tests_integration.repository.ask import Commit, commit_at, log
from tests_integration.repository.git import few, git


def commits_between(repo: Repo, below: str, tip: str) -> frozenset[str]:
    """All commits that a tip has and another commit has not."""
    return frozenset(git(repo, "rev-list", tip, f"^{below}", "--").decode().split())


class Edit(NamedTuple):
    """Lines that a commit removed and added, without their ends, and the commit that it says it reverts, or empty."""

    removed: frozenset[bytes]
    added: frozenset[bytes]
    reverts: str


def edits_between(repo: Repo, below: str, tip: str, paths: Iterable[str]) -> list[Edit]:
    """What each commit that a tip has and another has not changed in these paths.

    Of a merge, only where it is like none of its parents: where a side is taken, nobody has edited anything.
    """
    mark = uuid.uuid4().hex  # a text may hold anything else, NUL too
    options = ("--cc", f"--format={mark}%B{mark}", "-p", "-U0", "--no-renames", "--no-color", "--no-ext-diff")
    fields = git(repo, "log", *options, tip, f"^{below}", "--", *few(paths)).split(mark.encode())[1:]
    return [_edit(message, patch) for message, patch in zip(fields[::2], fields[1::2], strict=True)]


def _edit(message: bytes, patch: bytes) -> Edit:
    claim = re.search(rb"This reverts commit ([0-9a-f]{40,64})", message)
    hunk = re.search(rb"^@(@+) ", patch, re.MULTILINE)
    parents = len(hunk[1]) if hunk else 1
    removed, added = (_signed(patch, sign, parents) for sign in (b"-", b"+"))
    return Edit(removed, added, claim[1].decode() if claim else "")


def _signed(patch: bytes, sign: bytes, parents: int) -> frozenset[bytes]:
    """The lines of a patch that have this sign for one of the parents at least."""
    signs = re.compile(rb"(?! {%d})[ %b]{%d}(.*?)\r?" % (parents, sign, parents))
    return frozenset(found[1] for found in map(signs.fullmatch, patch.split(b"\n")) if found)


def reverted_in_base(repo: Repo, base: str, tip: str) -> tuple[Commit, ...]:
    """Commits of the base, unknown to a branch, that revert the branch's own work, and were not reverted themselves.

    A branch's own is what its first parents lead to and those of the base do not.
    """
    claims = {}
    for commit in log(repo, "--grep=^This reverts commit ", base, f"^{tip}"):
        if match := re.search(r"^This reverts commit ([0-9a-f]{40,64})", commit.message, re.MULTILINE):
            claims[commit.id] = (commit, match[1])
    if not claims:
        return ()
    undone = {reverted for _, reverted in claims.values()}
    own = _first_parents(repo, tip) - _first_parents(repo, base)
    return tuple(
        commit
        for commit, reverted in claims.values()
        if commit.id not in undone and own.intersection(_brought_by(repo, reverted))
    )


def _first_parents(repo: Repo, commit: str) -> set[str]:
    return set(git(repo, "rev-list", "--first-parent", commit, "--").decode().split())


def _brought_by(repo: Repo, commit: str) -> list[str]:
    """The commits whose changes a commit brought: of a merge, those that it merged in."""
    if commit_at(repo, commit) != commit:
        return []
    _, *parents = git(repo, "rev-list", "--no-walk", "--parents", commit, "--").decode().split()
    return parents[1:] or [commit]
