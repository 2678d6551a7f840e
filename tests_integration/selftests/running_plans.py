"""Runs pytest on plans as a user would, in a folder and an environment of the test's choosing."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

PLANS = Path(__file__).parents[2] / "plans"


class Run(NamedTuple):
    """A finished run: exit code, all that it printed, and the folder that it was started in."""

    exit: int
    output: str
    folder: Path

    def record(self, plan: str) -> dict[str, Any]:
        """The plan's `record.json`."""
        return dict(json.loads((self.folder / "reports" / plan / "record.json").read_text(encoding="utf-8")))

    def outcomes(self, plan: str) -> dict[str, list[str]]:
        """Criteria of a plan by outcome, each as `criterion[subject]`."""
        found: dict[str, list[str]] = {}
        for criterion in self.record(plan)["criteria"]:
            found.setdefault(criterion["outcome"], []).append(f"{criterion['criterion']}[{criterion['subject']}]")
        return found


def copy_of_plans(folder: Path) -> Path:
    """A folder with the project's plans in it, as in a fresh clone."""
    shutil.copytree(PLANS, folder / "plans")
    return folder


def run(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Run:
    """Run pytest in a folder; `environment` is added to the caller's, who may be a job of GitHub Actions.

    It runs in a process that has everything imported already, for half of the time; nothing of it comes back here.
    Commands of plans that let `OUTSIDE` through see the folder, and may write there.
    """
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            _become(folder, arguments, environment or {}, said.fileno())
        _, status = os.waitpid(child, 0)
        said.seek(0)
        return Run(os.waitstatus_to_exitcode(status), said.read().decode(errors="replace"), folder)


def run_apart(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Run:
    """The same in a process that starts from nothing, as a user's does: what is known once a process is found anew."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:xdist", *arguments],
        cwd=folder,
        env=_variables(folder) | {**(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return Run(done.returncode, done.stdout.decode(errors="replace"), folder)


def _variables(folder: Path) -> dict[str, str]:
    callers = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    return {**callers, "OUTSIDE": str(folder)}


def _become(folder: Path, arguments: tuple[str, ...], environment: Mapping[str, str], said: int) -> None:
    try:
        os.chdir(folder)
        variables = _variables(folder) | {**environment}
        os.environ.clear()
        os.environ.update(variables)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, stream in ((0, nothing), (1, said), (2, said)):
            os.dup2(stream, number)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        code = int(pytest.main(["-p", "no:xdist", *arguments]))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)
