"""Peak memory of a session up to the audit: of pytest and of every process that it starts, git's own included.

Every two milliseconds the proportional set sizes (proc(5), `Pss` of smaps_rollup) of all that run are added up: what
a process has for itself, and its share of what it has together with others, pages of mapped files included.
"""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests_integration.bench import sessions
from tests_integration.bench.scenes import Scene

PAUSE = 0.002


def test_peak(measured: dict[str, float], scene: Scene) -> None:
    command = sessions.command("-q", "--plan", str(scene.plan), "--until", "audit")
    sums = list(_sampled(command, sessions.afresh(scene.folder)))
    measured[f"{scene.name} memory"] = max(sums) / 1e6


def _sampled(command: list[str], folder: Path) -> Iterator[int]:
    """Bytes of all processes of a command, again and again until it ends."""
    with psutil.Popen(command, cwd=folder, env=sessions.environment(), stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            yield sum(_bytes(one.pid) for one in (process, *process.children(recursive=True)))
            time.sleep(PAUSE)


def _bytes(process: int) -> int:
    """Of one process; none when it has ended."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) << 10
