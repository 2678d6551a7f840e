"""Merges one after the other, each on top of the last: in one git process where git answers at once."""

import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import IO, Self

from git import Repo

from tests_integration.repository.git import GitError, git_numbers, new_repository, not_around
from tests_integration.repository.merge import MERGE_TREE, AutomaticMerge, automatic_merge, read_next
from tests_integration.repository.objects import write

FLUSHES = (2, 49)
"""The git that sends each answer of `merge-tree --stdin` as soon as it has it; earlier ones keep them back."""

UNBUFFERED = ("stdbuf", "-o0", "git")
"""How an earlier git is made to do so, where it is linked as coreutils' stdbuf(1) needs it."""

DEADLINE = 5.0
"""Seconds in which git has to merge a commit with itself, to be taken for one that answers at once."""

EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The tree without entries, which git knows without having it."""
NOBODY = "nobody <nobody> 0 +0000"

CHUNK = 1 << 16


def streaming() -> tuple[str, ...]:
    """How git is started to merge pair after pair and to answer at once; empty where it does not, as was tried."""
    return _tried(shutil.which("git"), shutil.which(UNBUFFERED[0]))


@cache
def _tried(git: str | None, stdbuf: str | None) -> tuple[str, ...]:
    command = ("git",) if git_numbers()[:2] >= FLUSHES else UNBUFFERED if git and stdbuf else ()
    return command if command and _answers_at_once(command) else ()


def _answers_at_once(command: tuple[str, ...]) -> bool:
    with tempfile.TemporaryDirectory() as folder, new_repository(Path(folder), bare=True) as repo:
        text = f"tree {EMPTY}\nauthor {NOBODY}\ncommitter {NOBODY}\n\n"
        commit = write(repo, "commit", text.encode(), like=EMPTY)
        stream = _Stream(repo, command, time.monotonic() + DEADLINE)
        try:
            return stream.merge(commit, commit).tree == EMPTY
        except GitError:
            return False
        finally:
            stream.end()


class Chain:
    """Merges pairs of commits, each as `automatic_merge` does; a context, since it keeps a process.

    Args:
        repo: holds the commits, also those that are written to it meanwhile.
    """

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self._stream: _Stream | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    @cached_property
    def command(self) -> tuple[str, ...]:
        """Git as it answers at once, tried when the first merge is to be made; empty for a process for each merge."""
        return streaming()

    def merge(self, ours: str, theirs: str) -> AutomaticMerge:
        """Merge two commits as `git merge` would.

        Raises:
            GitError: git cannot merge them at all (no common history, a missing object).
        """
        if not self.command:
            return automatic_merge(self.repo, ours, theirs)
        try:
            self._stream = self._stream or _Stream(self.repo, self.command)
            return self._stream.merge(ours, theirs)
        except GitError:  # what git cannot merge ends its process; asked on its own, it says why
            self._end()
            return automatic_merge(self.repo, ours, theirs)
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        if self._stream:
            self._stream.end()
            self._stream = None


class _Stream:
    """One `git merge-tree --stdin`."""

    def __init__(self, repo: Repo, command: tuple[str, ...], deadline: float = float("inf")) -> None:
        self.deadline = deadline
        self.process = subprocess.Popen(
            [*command, *MERGE_TREE, "--stdin"],
            cwd=repo.git_dir,
            env=os.environ | not_around(repo.git_dir),
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.fields = self._answers()

    def merge(self, ours: str, theirs: str) -> AutomaticMerge:
        """Ask for a merge, and wait for the answer.

        Raises:
            GitError: git has ended, or says something else.
        """
        try:
            _pipe(self.process.stdin).write(f"{ours} {theirs}\n".encode())
        except OSError as error:
            raise GitError(("git", *MERGE_TREE, "--stdin"), self.process.poll() or 0, str(error)) from None
        return read_next(self.fields, (ours, theirs))

    def _answers(self) -> Iterator[bytes]:
        """The fields that git sends, until it ends, or the deadline passes."""
        pipe, begun = _pipe(self.process.stdout).fileno(), b""
        while (patience := self.deadline - time.monotonic()) > 0:
            if patience < float("inf") and not select.select([pipe], [], [], patience)[0]:
                return
            if not (chunk := os.read(pipe, CHUNK)):
                return
            *fields, begun = (begun + chunk).split(b"\0")
            yield from fields

    def end(self) -> None:
        """End git, whatever it is at."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            _pipe(pipe).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None, "both were asked for"  # noqa: S101
    return pipe
