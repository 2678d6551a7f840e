"""Runs beside each other, on this machine and on others, and users who share it."""

import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

import tests_integration
from tests_integration.engine import metadata
from tests_integration.engine.clock import stamp
from tests_integration.engine.metadata import MetadataError
from tests_integration.selftests.hostile.told import hostile
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waiting import DEADLINE, Waiting, begun
from tests_integration.selftests.waves import Wave, git, three_branches

NOBODY = 65534
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")
BEGAN = stamp(datetime.now(UTC) - timedelta(minutes=90))


def started(wave: Wave, *arguments: str, name: str = "wave") -> "subprocess.Popen[str]":
    """A run of the wave's plan that goes on beside others."""
    command = [sys.executable, "-m", "pytest", "--plan", str(wave.write(name)), *arguments]
    return subprocess.Popen(
        command,
        cwd=wave.folder,
        env={**os.environ, "OUTSIDE": str(wave.folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def heard(process: "subprocess.Popen[str]", text: str) -> str:
    """The line with this text, as soon as the run has said it."""
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if text in line:
            return line
    raise AssertionError(f"never said {text!r}: {''.join(said)}")


@hostile("two runs of one plan at once", "the second waits and says for whom, then looks at the remotes afresh")
def test_a_second_run_waits_and_looks_afresh(waiting: Waiting) -> None:
    del waiting.wave.document["publish"]
    second = started(waiting.wave)
    line = heard(second, "waits for another run")
    assert f"process {waiting.process.pid} of " in line
    assert f" on {socket.gethostname()}, since 20" in line
    assert "in the stage build (--no-wait does not wait)" in line
    moved = waiting.wave.commit("effort/E2-split-002", {"late.txt": "late\n"})
    waiting.release()
    output, _ = second.communicate(timeout=DEADLINE)
    assert second.returncode == 0, output
    assert "wave: goes on after " in output
    record = json.loads((waiting.wave.folder / "reports" / "wave" / "record.json").read_text(encoding="utf-8"))
    assert record["sources"]["E2-split-002"]["commit"] == moved
    assert record["plan"]["publish"] == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@hostile("Ctrl-C or SIGTERM while a run waits", "it ends at once; what the other run has written stays as it is")
def test_a_run_that_waits_can_be_ended(waiting: Waiting, number: int) -> None:
    second = started(waiting.wave)
    heard(second, "waits for another run")
    before = (waiting.wave.folder / "reports" / "wave" / "record.json").read_bytes()
    second.send_signal(number)
    output, _ = second.communicate(timeout=DEADLINE)
    assert second.returncode == pytest.ExitCode.INTERRUPTED
    assert "Traceback" not in output
    assert (waiting.wave.folder / "reports" / "wave" / "record.json").read_bytes() == before


@hostile(
    "a session of several plans on workers of pytest-xdist, while another run has one of them",
    "waits as a whole, then ends right",
)
def test_a_session_with_workers_waits(waiting: Waiting) -> None:
    del waiting.wave.document["publish"]
    other = str(waiting.wave.write("other"))
    second = started(waiting.wave, "--plan", other, "-n", "2")
    line = heard(second, "waits for another run")
    assert line.startswith(f"wave: waits for another run of plans/wave.yaml: process {waiting.process.pid} of ")
    waiting.release()
    output, _ = second.communicate(timeout=DEADLINE)
    assert second.returncode == 0, output
    done = Run(0, output, waiting.wave.folder)
    assert [done.record(name)["verdict"] for name in ("wave", "other")] == ["SUCCESS", "SUCCESS"]
    assert waiting.process.wait(DEADLINE) == 0


def of_another_host(wave: Wave, seen: datetime) -> Path:
    """Metadata that say that a run on another host is in progress, last seen then."""
    file = wave.folder / "reports" / "wave" / "metadata.json"
    file.parent.mkdir(parents=True)
    owner = {"host": "elsewhere", "pid": 4711, "began": 1.0}
    attempt = {"started_at": BEGAN, "overall_result": "IN_PROGRESS", "owner": owner}
    said = {"last_progress_check": stamp(seen), "integration_attempts": [attempt]}
    file.write_text(json.dumps(said), encoding="utf-8")
    return file


@hostile("a run on another host, which cannot be seen from here", "counts as alive for an hour after its last progress")
def test_a_run_on_another_host_is_told_by_its_last_sign_of_life(stacked: Wave) -> None:
    plan = str(stacked.write())
    file = of_another_host(stacked, datetime.now(UTC) - timedelta(minutes=50))
    before = file.read_bytes()
    refused = run(stacked.folder, "--plan", plan, "--no-wait")
    assert refused.exit == 1
    assert f"is in progress: process 4711 on elsewhere, since {BEGAN}, says {file}" in refused.output
    assert "counts as such for 60 minutes after " in refused.output
    assert file.read_bytes() == before
    gone = datetime.now(UTC) - timedelta(minutes=61)
    file.write_bytes(before.replace(json.loads(before)["last_progress_check"].encode(), stamp(gone).encode()))
    assert run(stacked.folder, "--plan", plan, "--no-wait").exit == 0
    attempts = json.loads(file.read_text(encoding="utf-8"))["integration_attempts"]
    assert [one["overall_result"] for one in attempts] == ["INCOMPLETE", "SUCCESS"]
    assert attempts[0]["completed_at"] == stamp(gone)


@hostile(
    "two plans that make one remote and keep one metadata file, side by side",
    "both are published and remembered; nothing half-made is left",
)
def test_two_plans_share_a_remote_that_is_made_and_a_metadata_file(stacked: Wave) -> None:
    left = stacked.folder / f".made.git.{'0' * 32}"
    left.mkdir()
    runs = []
    for name in ("one", "two"):
        stacked.document["remotes"] = {"origin": {"path": "../made.git", "create_from": "../origin.git"}}
        stacked.document["integration"] = f"integration-{name}"
        stacked.document["metadata"] = {"file": "../state.json", "at": f"/waves/{name}"}
        runs.append(started(stacked, name=name))
    outputs = [process.communicate(timeout=DEADLINE)[0] for process in runs]
    assert [process.returncode for process in runs] == [0, 0], outputs
    made = git(stacked.folder / "made.git", "for-each-ref", "--format=%(refname:short)").split()
    assert {"integration-one", "integration-two"} <= set(made)
    waves = json.loads((stacked.folder / "state.json").read_text(encoding="utf-8"))["waves"]
    assert {name: waves[name]["last_attempt_result"] for name in waves} == {"one": "SUCCESS", "two": "SUCCESS"}
    assert [file.name for file in stacked.folder.glob(".made*")] == []


@hostile(
    "a neighbour who lies in wait in /tmp", "nothing of a name that can be guessed is made there, and nothing left"
)
def test_nothing_is_left_in_the_temporary_folder(stacked: Wave, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    assert run(stacked.folder, "--plan", str(stacked.write()), environment={"TMPDIR": str(temporary)}).exit == 0
    assert list(temporary.iterdir()) == []


def as_nobody(work: Callable[[], str]) -> str:
    """What comes of it when another user of this machine does it, in a process of its own."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            told = work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent has to hear of it
            told = f"{type(error).__name__}: {error}"
        os.write(theirs, told.encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as stream:
        told = stream.read()
    os.waitpid(child, 0)
    return told


def remembered(file: Path, at: str) -> str:
    metadata.update(file, at, lambda past: {**past, "by": os.getuid()})
    return "remembered"


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that every user of this machine can read; pytest's own is closed to others."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    yield place
    rmtree(place)


def run_as_nobody(folder: Path, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run the system's Python as another user, who is at home in this folder, with what these tests have installed."""
    paths = [sysconfig.get_path("purelib"), str(Path(tests_integration.__file__).parents[1])]
    return subprocess.run(
        ["/usr/bin/python3", *command],
        cwd=folder,
        env={"PATH": os.defpath, "HOME": str(folder), "PYTHONPATH": os.pathsep.join(paths), **variables},
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@needs_root
@hostile(
    "two users who run one plan file at once, each in a folder of their own",
    "neither waits for the other, and both come to the same commit",
)
def test_two_users_run_one_plan(open_to_all: Path) -> None:
    theirs = open_to_all / "theirs"
    theirs.mkdir()
    os.chown(theirs, NOBODY, NOBODY)
    try:
        readable = run_as_nobody(theirs, "-c", "import tests_integration.hooks")
    except OSError as error:
        pytest.skip(f"another user has no Python here: {error}")
    if readable.returncode:
        pytest.skip(f"another user cannot use what is installed here: {readable.stdout.splitlines()[-1]}")
    wave = three_branches(open_to_all / "wave")
    git(wave.origin, "bundle", "create", "--quiet", str(wave.folder / "wave.bundle"), "--all")
    wave.document["remotes"] = {"origin": "../wave.bundle"}
    del wave.document["publish"]
    with begun(wave) as ours:
        ours.told.touch()
        plan = str(wave.folder / "plans" / "wave.yaml")
        done = run_as_nobody(theirs, "-m", "pytest", "--plan", plan, OUTSIDE=str(wave.folder))
        assert done.returncode == 0, done.stdout
        assert ours.process.poll() is None
        ours.release()
        assert ours.process.wait(DEADLINE) == 0
    tips = [Run(0, "", folder).record("wave")["tip"] for folder in (theirs, wave.folder)]
    assert tips[0] == tips[1]


@needs_root
@hostile("two users with one metadata file", "both are remembered where the file is theirs to write; else it is told")
def test_two_users_share_a_metadata_file() -> None:
    place = Path("/tmp") / f"shared-{os.getpid()}"  # noqa: S108 - pytest's own folder is closed to others
    place.mkdir(mode=0o700)
    try:
        place.chmod(0o777)
        file = place / "state.json"
        remembered(file, "/root")
        refused = as_nobody(partial(remembered, file, "/nobody"))
        assert refused == f"{MetadataError.__name__}: {file}: Permission denied"
        file.chmod(0o666)
        assert as_nobody(partial(remembered, file, "/nobody")) == "remembered"
        remembered(file, "/root")
        said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        assert said == {"root": {"by": 0}, "nobody": {"by": NOBODY}}
        assert [one.name for one in place.iterdir()] == ["state.json"]
    finally:
        for one in place.iterdir():
            one.unlink()
        place.rmdir()
