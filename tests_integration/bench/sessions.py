"""Whole sessions of pytest, as a user starts them who has installed waveproof and nothing for its selftests."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

OF_THE_TESTS = ("benchmark", "hypothesispytest", "playwright", "base_url")
"""Plugins that only the selftests need."""

WITHHELD = ("GITHUB_", "PYTEST_", "PYTHON", "WAVEPROOF_")


class Ended(NamedTuple):
    """A session that has ended.

    Attributes:
        exit: pytest's exit code.
        output: all that it printed.
        folder: in which it was started.
    """

    exit: int
    output: str
    folder: Path

    def record(self, name: str) -> dict[str, Any]:
        """The record of a plan."""
        return dict(json.loads((self.folder / "reports" / name / "record.json").read_text(encoding="utf-8")))


def command(*arguments: str, workers: int = 0) -> list[str]:
    """What starts a session; workers of pytest-xdist, or none."""
    off = [word for name in OF_THE_TESTS for word in ("-p", f"no:{name}")]
    side_by_side = ["-n", str(workers)] if workers else ["-p", "no:xdist"]
    return [sys.executable, "-m", "pytest", *off, *side_by_side, *arguments]


def environment() -> dict[str, str]:
    """The caller's environment, without what changes how Python, pytest or the suite run."""
    return {name: value for name, value in os.environ.items() if not name.startswith(WITHHELD)}


def run(folder: Path, *arguments: str, workers: int = 0) -> Ended:
    """Run a session in a folder, to its end."""
    done = subprocess.run(
        command(*arguments, workers=workers),
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(errors="replace"), folder)


def forget(folder: Path, aside: Path) -> None:
    """Let the next session in a folder find nothing of earlier ones but what commands of plans have cached.

    Args:
        folder: of the sessions.
        aside: an empty folder; what is forgotten stays there.
    """
    for name in (".pytest_cache", "reports"):
        (folder / name).rename(aside / name)
    for cache in (aside / ".pytest_cache").rglob("home/.cache"):
        place = folder / cache.relative_to(aside)
        place.parent.mkdir(parents=True)
        cache.rename(place)


def afresh(folder: Path) -> Path:
    """An empty folder for sessions, in which nothing is remembered of any other."""
    place = folder / f"session-{len(list(folder.glob('session-*')))}"
    place.mkdir()
    return place
