"""Does again what machine or network have failed in passing: speaking to remotes, writing a checkout; never a gate."""

import errno
import re
import time
from collections.abc import Callable
from typing import TypeVar

from git import Repo

from tests_integration.facts import RetryFact
from tests_integration.repository.git import GitError

T = TypeVar("T")

FIRST, FACTOR, LONGEST = 1, 4, 60
"""Seconds to wait before the second time; how much longer each time; and never longer than that."""

NETWORK = re.compile(
    "could not resolve host|temporary failure in name resolution|connection (?:refused|reset|timed out|closed)"
    "|network is unreachable|no route to host|operation (?:timed out|too slow)|hung up unexpectedly|early eof"
    "|returned error: (?:429|5[0-9][0-9])|rpc failed; (?:http (?:429|5[0-9][0-9])|curl)|ssl_error_syscall|kex_exchange",
    re.IGNORECASE,
)
MACHINE = re.compile(
    "no space left on device|disk quota exceeded|resource temporarily unavailable|cannot allocate memory"
    "|too many open files|(?:unable to|cannot) fork",
    re.IGNORECASE,
)
"""How git says that network or machine are at fault; whatever else it says, it would say again."""

ERRORS = {errno.EAGAIN, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE}

Heard = Callable[[RetryFact], None]


def pause(seconds: float) -> None:
    """Wait; the one place that does so between two tries."""
    time.sleep(seconds)


class Retries:
    """How often something is done again, and who is told of it.

    Args:
        most: tries after the first, of each thing.
        heard: told of each before it is waited for.
    """

    def __init__(self, most: int = 0, heard: Heard = lambda _: None) -> None:
        self.most = most
        self.heard = heard

    def of(self, what: str, work: Callable[[], T], *, remote: bool = True) -> T:
        """What `work` returns, done again with longer and longer waits where it fails in passing.

        Args:
            what: is done, for people; no secrets.
            work: may be done twice.
            remote: whether a network is between here and there.

        Raises:
            GitError, OSError: it failed otherwise, or the last time too.
        """
        for wait in (min(FIRST * FACTOR**n, LONGEST) for n in range(self.most)):
            try:
                return work()
            except (GitError, OSError) as error:
                if not is_passing(error, remote=remote):
                    raise
                self.heard(RetryFact(what=what, problem=_told(error), waited=wait))
            pause(wait)
        return work()


ONCE = Retries()


class Patient(Repo):
    """A repository in which is done again what failed in passing.

    Attributes:
        retries: how often.
    """

    retries: Retries = ONCE


def retries_of(repo: Repo) -> Retries:
    """How often it is tried in this repository; once where nobody has said more."""
    return repo.retries if isinstance(repo, Patient) else ONCE


def is_passing(error: GitError | OSError, *, remote: bool = True) -> bool:
    """Whether machine or network are at fault, so that the same may succeed in a moment."""
    if isinstance(error, OSError):
        return error.errno in ERRORS
    if error.exit < 0:  # somebody has ended it, such as whoever interrupts the run
        return False
    return bool(MACHINE.search(error.output) or (remote and NETWORK.search(error.output)))


def _told(error: GitError | OSError) -> str:
    """The line that says so."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    lines = [line for line in error.output.splitlines() if MACHINE.search(line) or NETWORK.search(line)]
    return (lines or [error.output])[0].strip()
