"""What network or machine fail in passing is done again, within bounds; what is wrong is not, and no gate ever is."""

import errno
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests_integration.engine.sources import look_up
from tests_integration.facts import RetryFact
from tests_integration.plan.load import load
from tests_integration.repository import retries
from tests_integration.repository.git import GitError, scrubbed_environment
from tests_integration.repository.retries import Retries, is_passing
from tests_integration.repository.store import open_store
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.waiting import DEADLINE
from tests_integration.selftests.waves import Wave, see_outside

FULL = "remote: fatal: write error: No space left on device"


def failed(said: str, code: int = 128) -> GitError:
    return GitError(("git", "fetch"), code, said)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how long it was waited; nobody waits."""
    found: list[float] = []
    monkeypatch.setattr(retries, "pause", found.append)
    return found


def tries(errors: list[Exception], most: int = 3, *, remote: bool = True) -> tuple[str, list[RetryFact]]:
    """What comes of something that fails so, one time after the other, and then succeeds."""
    heard: list[RetryFact] = []
    left = list(errors)

    def work() -> str:
        if left:
            raise left.pop(0)
        return "done"

    try:
        return Retries(most, heard.append).of("`git fetch` of x", work, remote=remote), heard
    except (GitError, OSError) as error:
        return f"failed: {error}", heard


def test_what_fails_in_passing_is_done_again_after_longer_and_longer_waits(waits: list[float]) -> None:
    done, heard = tries([failed("fatal: no\nfatal: Could not resolve host: x"), OSError(errno.EAGAIN, "Try later")])
    assert (done, waits) == ("done", [1, 4])
    assert [one.told for one in heard] == [
        "`git fetch` of x failed in passing, and was tried again after 1 s: fatal: Could not resolve host: x",
        "`git fetch` of x failed in passing, and was tried again after 4 s: Try later",
    ]


@pytest.mark.parametrize(("most", "waited"), [(0, []), (3, [1, 4, 16]), (5, [1, 4, 16, 60, 60])])
def test_what_goes_on_to_fail_has_failed_in_the_end(most: int, waited: list[float], waits: list[float]) -> None:
    done, heard = tries([failed(f"{FULL} {n}") for n in range(9)], most)
    assert done.startswith("failed: ")
    assert done.endswith(f"on device {most}"), "the last failure counts"
    assert (waits, len(heard)) == (waited, most)


@pytest.mark.parametrize(
    "error",
    [
        failed("fatal: Authentication failed for 'https://x'"),
        failed("fatal: repository 'https://x' not found"),
        failed(" ! [rejected] main -> main (stale info)"),
        failed("remote: declined by hook"),
        failed("error: RPC failed; HTTP 403 curl 22 The requested URL returned error: 403"),
        failed("fatal: the remote end hung up unexpectedly", -15),
        OSError(errno.EACCES, "Permission denied"),
    ],
    ids=str,
)
def test_what_would_be_said_again_is_not_tried_again(error: Exception, waits: list[float]) -> None:
    done, heard = tries([error])
    assert done.startswith("failed: ")
    assert (waits, heard) == ([], [])


def test_between_folders_there_is_no_network() -> None:
    assert is_passing(failed("fatal: early EOF"))
    assert not is_passing(failed("fatal: early EOF"), remote=False)
    assert is_passing(failed(FULL), remote=False)


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, list[float]]]:
    """A port where nobody answers until it has been waited once; then git-daemon(1) serves what is below the folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    waited: list[float] = []
    running: list[subprocess.Popen[bytes]] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        command = ["git", "daemon", "--export-all", "--listen=127.0.0.1", f"--port={port}", f"--base-path={tmp_path}"]
        running.append(subprocess.Popen([*command, str(tmp_path)], stderr=subprocess.DEVNULL))
        until = time.monotonic() + DEADLINE
        while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < until:
            time.sleep(0.01)

    monkeypatch.setattr(retries, "pause", pause)
    yield port, waited
    for process in running:
        process.terminate()
        process.wait()


def test_a_remote_that_answers_late_is_waited_for(daemon: tuple[int, list[float]], wave: Wave) -> None:
    port, waited = daemon
    wave.branch("E1", {"one.txt": "one\n"})
    wave.document["remotes"]["origin"] = f"git://127.0.0.1:{port}/wave/origin.git"
    plan = load(wave.write())
    heard: list[RetryFact] = []
    with scrubbed_environment(), open_store(wave.folder / "store.git") as store:
        store.retries = Retries(3, heard.append)
        sources = look_up(plan, store)
    assert [source.problem for source in sources.values()] == ["", ""]
    assert waited == [1]
    assert [one.what for one in heard] == [f"`git ls-remote` of git://127.0.0.1:{port}/wave/origin.git"]
    assert "Connection refused" in heard[0].problem


def full_at_first(wave: Wave) -> Path:
    """Let the remote's disk be full when it is pushed to for the first time; where it counts the pushes."""
    pushes = wave.folder / "pushes"
    hook = wave.origin / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    line = f"echo push >> {pushes}; test $(wc -l < {pushes}) -gt 1 || {{ echo 'No space left on device' >&2; exit 1; }}"
    hook.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    hook.chmod(0o755)
    return pushes


def test_a_push_that_is_done_again_is_told_in_every_form(stacked: Wave) -> None:
    pushes = full_at_first(stacked)
    done = run(stacked.folder, "--plan", str(stacked.write()))
    assert done.exit == 0, done.output
    assert pushes.read_text(encoding="utf-8") == "push\npush\n"
    record, folder = done.record("wave"), stacked.folder / "reports" / "wave"
    (retry,) = record["retries"]
    assert (retry["waited"], record["publication"]["status"]) == (1.0, "pushed")
    told = "failed in passing, and was tried again after 1 s"
    assert f"note: `git push` of {stacked.origin} {told}: remote: No space left on device" in done.output
    for form in ("report.html", "summary.md", "work-log.md"):
        assert told in (folder / form).read_text(encoding="utf-8")


def test_a_plan_may_want_nothing_done_again(stacked: Wave) -> None:
    pushes = full_at_first(stacked)
    stacked.document["limits"] = {"retries": 0}
    done = run(stacked.folder, "--plan", str(stacked.write()))
    assert (done.record("wave")["verdict"], done.record("wave")["retries"]) == ("PUSH_FAILED", [])
    assert pushes.read_text(encoding="utf-8") == "push\n"


def test_no_gate_is_done_again_whatever_it_says(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "echo run >> $OUTSIDE/ran; echo No space left on device; exit 28"}]
    stacked.document["limits"] = {"trials": 0}
    see_outside(stacked)
    done = run(stacked.folder, "--plan", str(stacked.write()))
    assert (done.record("wave")["verdict"], done.record("wave")["retries"]) == ("BUILD_GATE_FAILURE", [])
    assert (stacked.folder / "ran").read_text(encoding="utf-8") == "run\n"
