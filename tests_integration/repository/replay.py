"""Runs a replay script as a stranger would: with plain git, in an empty home, on a clone that it makes itself."""

import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import sh
from git import Repo

from tests_integration.repository.git import borrow, new_repository


class Replay(NamedTuple):
    """The commit that a replay ended with (None where it did not come so far), and all that it printed."""

    tip: str | None
    output: str


def replay(store: Repo, script: Path) -> Replay:
    """Run a script that takes a repository and prints the id of the branch that it built, last.

    Args:
        store: holds base and branches. What borrows its objects is cloned, not the store itself: another plan may be
            writing to it, and files in passing are none that can be cloned.
        script: written by `record.replay`.
    """
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "TMPDIR": home}
        lent = Path(home, "lent.git")
        with new_repository(lent, bare=True) as repo:
            borrow(repo, store)
        try:
            bash = sh.bash.bake(_err_to_out=True, _tty_out=False, _decode_errors="replace")  # paths are any bytes
            output = str(bash(str(script), str(lent), _env=environment))
        except sh.ErrorReturnCode as error:
            return Replay(None, error.stdout.decode(errors="replace"))
    lines = output.split()
    return Replay(lines[-1] if lines else None, output)
