"""Runs a replay script as a stranger would: with plain git, in an empty home, on a clone that it makes itself."""

import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import sh
from git import Repo


class Replay(NamedTuple):
    """The commit that a replay ended with (None where it did not come so far), and all that it printed."""

    tip: str | None
    output: str


def replay(store: Repo, script: Path) -> Replay:
    """Run a script that takes a repository and prints the id of the branch that it built, last.

    Args:
        store: holds base and branches; it is cloned, not changed.
        script: written by `record.replay`.
    """
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "TMPDIR": home}
        try:
            bash = sh.bash.bake(_err_to_out=True, _tty_out=False, _decode_errors="replace")  # paths are any bytes
            output = str(bash(str(script), store.git_dir, _env=environment))
        except sh.ErrorReturnCode as error:
            return Replay(None, error.stdout.decode(errors="replace"))
    lines = output.split()
    return Replay(lines[-1] if lines else None, output)
