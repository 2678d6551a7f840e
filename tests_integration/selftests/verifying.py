"""Runs `--verify` as a user would, on branches that a person made with plain git."""

import os
import subprocess
from pathlib import Path

from tests_integration.selftests.hand import BY_HAND
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import PERSON, QUIET, Wave, every_kind_of_fix, git

CORRECT = "E1; E2a; E2b; E3; E4; demo"
"""The whole wave of `every_kind_of_fix`, integrated by hand as the plan says."""

ANNA = {"GIT_COMMITTER_NAME": "Anna", "GIT_COMMITTER_EMAIL": "anna@example.org"}
VERIFIED = "wave/verified"


def by_hand_wave(folder: Path, script: str = CORRECT) -> Wave:
    """A wave that Anna has integrated by hand, and pushed under the name that the plan publishes."""
    wave = every_kind_of_fix(folder)
    integrate_by_hand(wave, script)
    return wave


def integrate_by_hand(wave: Wave, script: str, name: str = "wave-integration") -> str:
    """Have Anna integrate the wave with bash and plain git, and push the branch; its tip."""
    clone = wave.folder / f"anna-{len(list(wave.folder.glob('anna-*')))}"
    git(wave.folder, "clone", "--quiet", str(wave.origin), str(clone))
    git(clone, "switch", "--quiet", "--create", "integration", "origin/main")
    done = subprocess.run(
        ["bash", "-euc", BY_HAND + script],
        cwd=clone,
        env={"PATH": os.environ["PATH"]} | PERSON | QUIET | ANNA,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
    git(clone, "push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{name}")
    return git(clone, "rev-parse", "HEAD")


def build(wave: Wave, *arguments: str) -> Run:
    """Build the wave with the suite; the reports are in the wave's folder."""
    return run(wave.folder, "--plan", str(wave.write()), *arguments)


def verify(wave: Wave, *arguments: str) -> Run:
    """Judge the published branch, or what the arguments say."""
    return run(wave.folder, "--plan", str(wave.write()), "--verify", *arguments)


def message(done: Run, criterion: str, subject: str = "") -> str:
    """What a criterion said of the judged branch."""
    facts = done.record(VERIFIED)["criteria"]
    return next(str(fact["message"]) for fact in facts if (fact["criterion"], fact["subject"]) == (criterion, subject))


def left_behind(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with what it holds; what was verified is not looked at."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "verified" not in file.parts
    }


def refs(repository: Path) -> str:
    """All refs of a repository."""
    return git(repository, "for-each-ref", "--format=%(refname) %(objectname)")
