"""Poor machines: no room, no right to write, no home, no clock to rely on. Clear words, nothing lost."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests_integration.selftests.hostile.told import case, hostile
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import Wave, git, integrated

NAMESPACE = ["unshare", "--mount", "--fork"]


def is_possible(command: Sequence[str]) -> bool:
    """Whether this machine lets us mount in a namespace of our own."""
    try:
        return subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


needs_mounts = pytest.mark.skipif(not is_possible(NAMESPACE), reason="nobody may mount here, not even for itself")


def run_after(wave: Wave, script: str, *arguments: str) -> Run:
    """Run the plan in a mount namespace of its own, after lines of bash: that is how small or closed disks are made."""
    line = f'{script}\nexec "$@"'
    command = [*NAMESPACE, "bash", "-euc", line, "bash", sys.executable, "-m", "pytest", "-p", "no:xdist"]
    done = subprocess.run(
        [*command, "--plan", str(wave.write()), *arguments],
        cwd=wave.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return Run(done.returncode, done.stdout.decode(errors="replace"), wave.folder)


def small(folder: Path, size: str) -> str:
    return f"mkdir -p {folder}; mount -t tmpfs -o size={size} tmpfs {folder}"


def closed(folder: Path) -> str:
    return f"mkdir -p {folder}; mount --bind {folder} {folder}; mount -o remount,ro,bind {folder}"


CACHE, REPORTS = Path(".pytest_cache"), Path("reports")


@needs_mounts
@pytest.mark.parametrize(
    ("script", "says"),
    [
        case(__name__, "no room in the cache folder", "No space left on device", small(CACHE, "64k")),
        case(__name__, "little room in the cache folder", "No space left on device", small(CACHE, "300k")),
        case(__name__, "no room in the reports folder", "No space left on device", small(REPORTS, "4k")),
        case(__name__, "little room in the reports folder", "No space left on device", small(REPORTS, "24k")),
        case(__name__, "a cache folder that is read-only", "Read-only file system", closed(CACHE)),
        case(__name__, "a reports folder that is read-only", "Read-only file system", closed(REPORTS)),
    ],
)
def test_a_disk_that_takes_nothing_is_told(wave: Wave, script: str, says: str) -> None:
    wave.branch("E1", {"one.txt": "one\n", "large.txt": os.urandom(200_000).hex()})
    wave.document["limits"]["retries"] = 0
    done = run_after(wave, script)
    assert done.exit in {1, 4}, done.output
    assert says in done.output
    assert "Traceback" not in done.output, done.output
    assert "INTERNALERROR" not in done.output
    assert "BUILD_GATE_FAILURE" not in done.output
    healed = run(wave.folder, "--plan", str(wave.write()))
    assert healed.exit == 0, healed.output


POOR = {
    "no home, no temporary folder, no locale": (
        "umask 077; exec 0<&-; unset HOME LANG",
        {"LC_ALL": "C", "TMPDIR": "/nonexistent"},
    ),
    "everybody may write, Turkish, one column": (
        "umask 000",
        {"HOME": "/nonexistent", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR", "COLUMNS": "1"},
    ),
    "a user whom nobody knows": ('exec unshare --user --map-user=4711 --map-group=4711 "$@"', {"LOGNAME": ""}),
}


@hostile("no HOME, no temporary folder, locale C, tr_TR, umask 077 and 000, no stdin, one column", "the same commit")
@pytest.mark.parametrize("kind", POOR)
def test_a_poor_surrounding_changes_nothing(wave: Wave, kind: str) -> None:
    script, variables = POOR[kind]
    if "unshare" in script and not is_possible(["unshare", "--user", "--map-user=4711"]):
        pytest.skip("nobody may have a namespace of users here")
    wave.branch("E1", {"größe.txt": "größe\n"})
    wave.document["title"] = "Größe ✓"
    done = run_in(wave, script, variables)
    assert done.exit == 0, done.output
    with integrated(wave, "again") as built:
        assert git(wave.origin, "rev-parse", "wave-integration") == built.integration.tip
    assert done.record("wave")["plan"]["title"] == "Größe ✓"
    modes = {file.name: file.stat().st_mode & 0o777 for file in (wave.folder / "reports" / "wave").glob("*.*")}
    common = 0o600 if "077" in script else 0o666 if "000" in script else 0o644
    assert set(modes.values()) == {common}, modes


def run_in(wave: Wave, script: str, variables: dict[str, str]) -> Run:
    """Run the plan from bash, after a line of it."""
    python = [sys.executable, "-m", "pytest", "-p", "no:xdist", "--plan", str(wave.write())]
    done = subprocess.run(
        ["bash", "-euc", f'{script}\nexec "$@"', "bash", *python],
        cwd=wave.folder,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return Run(done.returncode, done.stdout.decode(errors="replace"), wave.folder)


@hostile("stdin, stdout and stderr closed", "the attempt is closed, record and report are complete")
def test_what_nobody_reads_is_recorded(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    assert run_in(wave, "exec <&- >&- 2>&-", {}).exit == 0
    record = Run(0, "", wave.folder).record("wave")
    assert (record["verdict"], record["metadata"]["last_attempt_result"]) == ("SUCCESS", "SUCCESS")
    assert (wave.folder / "reports" / "wave" / "report.html").stat().st_size > 0


@hostile("no room at all in TMPDIR", "the run is green, and needs none")
@needs_mounts
def test_a_full_temporary_folder_is_no_obstacle(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    full = wave.folder / "full"
    fill = f"{small(full, '64k')}; cat /dev/zero > {full}/filled 2>/dev/null || export TMPDIR={full}"
    done = run_after(wave, f"{fill}; test $TMPDIR = {full}; ! echo more > {full}/more")
    assert done.exit == 0, done.output


@hostile("files of 8 KiB at most (RLIMIT_FSIZE, as a quota does)", "`File too large`; the next run is green")
def test_a_quota_is_told(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n", "large.txt": os.urandom(200_000).hex()})
    done = run_in(wave, "ulimit -f 8", {})
    assert done.exit == pytest.ExitCode.TESTS_FAILED, done.output
    assert "File too large" in done.output
    assert "Traceback" not in done.output, done.output
    healed = run(wave.folder, "--plan", str(wave.write()))
    assert healed.exit == 0, healed.output


@pytest.mark.parametrize("elsewhere", [False, True])
@hostile(
    "a folder that is deleted while a run that was started in it goes on",
    "the run is red and says what is gone; the next one is green",
)
def test_a_folder_that_is_deleted_during_the_run_is_told(wave: Wave, *, elsewhere: bool) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    here = wave.folder / "here"
    here.mkdir()
    reports = str(wave.folder / "reports") if elsewhere else "reports"
    if elsewhere:
        (wave.folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")  # then nothing of ours is in the folder
    hook = wave.origin / "hooks" / "post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ncat >/dev/null\nrm -rf '{here}'\n", encoding="utf-8")
    hook.chmod(0o755)
    done = run(here, "--plan", str(wave.write()), "--reports", reports)
    assert done.exit == pytest.ExitCode.TESTS_FAILED, done.output
    assert "this machine does not let the run go on: No such file or directory" in done.output
    assert "Traceback" not in done.output, done.output
    assert "INCOMPLETE  Selftest Wave" in done.output
    healed = run(here, "--plan", str(wave.write()), "--reports", reports)
    assert healed.exit == 0, healed.output


@hostile("a reader of stdout that goes away", "the run ends red, and the next one needs no cleaning")
def test_a_reader_that_goes_away_is_no_success(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    assert run_in(wave, "exec > >(exec true)", {}).exit != 0
    assert run_in(wave, "", {}).exit == 0


@hostile("Python that is kept from UTF-8", "is refused, with what to set")
def test_names_that_cannot_be_told_are_refused(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    done = run_in(wave, "", {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"})
    assert done.exit == pytest.ExitCode.USAGE_ERROR
    assert "--plan needs names of files in UTF-8, and Python was told ascii; unset PYTHONUTF8, or" in done.output
