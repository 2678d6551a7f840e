"""One run after another, and one beside another (R520)."""

import json
import signal
from typing import Any

import pytest

from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waiting import DEADLINE, Waiting, commands_of
from tests_integration.selftests.waves import Wave, git, see_outside


def go(wave: Wave, *arguments: str) -> Run:
    """Run the wave's plan; the reports are in the wave's folder."""
    return run(wave.folder, "--plan", str(wave.write()), *arguments)


def metadata(wave: Wave) -> dict[str, Any]:
    """The R520 object that the last run has left."""
    return dict(json.loads((wave.folder / "reports" / "wave" / "metadata.json").read_text(encoding="utf-8")))


@pytest.fixture
def failing(stacked: Wave) -> Wave:
    """A wave whose build fails, and counts how often it runs."""
    stacked.document["build"] = [{"run": "echo run >> $OUTSIDE/ran; exit 3"}]
    see_outside(stacked)
    return stacked


def runs(wave: Wave) -> int:
    """How often the build of `failing` ran."""
    return (wave.folder / "ran").read_text(encoding="utf-8").count("run")


def test_the_same_inputs_are_not_tried_again(failing: Wave) -> None:
    go(failing)
    folder = failing.folder / "reports" / "wave"
    before = {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    again = go(failing)
    assert again.exit == 1
    assert runs(failing) == 1
    assert {"record.json", "report.html", "metadata.json", "build-1.log"} <= before.keys()
    assert {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before
    for text in (
        "attempt 1 ended with BUILD_GATE_FAILURE at ",
        "and nothing that it was built from has changed since: the build fails: ",
        f"Its record: {folder}",
        "A change would be: a commit on the base or on one of the 3 branches, another plan",
        "To try all the same: --force-attempt REASON",
        "wave: refused; nothing was done, the earlier record is as it was",
    ):
        assert text in again.output


def test_a_forced_attempt_runs_again_and_says_why(failing: Wave) -> None:
    go(failing)
    assert go(failing, "--force-attempt", "the runner had no disk").exit == 1
    assert runs(failing) == 2
    kept = metadata(failing)
    assert (kept["manual_override"], kept["attempt_count"]) == ("the runner had no disk", 2)
    assert [attempt["overall_result"] for attempt in kept["integration_attempts"]] == ["BUILD_GATE_FAILURE"] * 2


def test_a_branch_that_moved_allows_another_attempt(failing: Wave) -> None:
    go(failing)
    failing.commit("effort/E1", {"one.txt": "better\n"})
    go(failing)
    assert runs(failing) == 2
    assert metadata(failing)["attempt_count"] == 2


def test_a_comment_in_the_plan_allows_no_other_attempt(failing: Wave) -> None:
    go(failing)
    file = failing.write()
    file.write_text(f"# tried once\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
    assert run(failing.folder, "--plan", str(file)).exit == 1
    assert runs(failing) == 1


def test_green_twice_is_the_same_commit(stacked: Wave) -> None:
    first, second = (go(stacked) for _ in range(2))
    assert (first.exit, second.exit) == (0, 0)
    assert git(stacked.origin, "rev-parse", "wave-integration") == second.record("wave")["tip"]
    assert second.record("wave")["publication"]["status"] == "unchanged"
    kept = metadata(stacked)
    assert [attempt["overall_result"] for attempt in kept["integration_attempts"]] == ["SUCCESS", "SUCCESS"]
    assert len({attempt["merge_commit_sha"] for attempt in kept["integration_attempts"]}) == 1


def test_a_second_run_is_refused_while_the_first_is_in_progress(waiting: Waiting) -> None:
    second = go(waiting.wave, "--no-wait")
    waiting.release()
    assert waiting.process.wait(DEADLINE) == 0
    assert second.exit == 1
    assert f"another run of plans/wave.yaml is in progress: process {waiting.process.pid} of " in second.output
    kept = metadata(waiting.wave)
    assert [attempt["overall_result"] for attempt in kept["integration_attempts"]] == ["SUCCESS"]


def test_a_run_after_one_that_was_killed_says_so_and_goes_on(waiting: Waiting) -> None:
    waiting.process.send_signal(signal.SIGKILL)
    waiting.process.wait()
    assert metadata(waiting.wave)["last_attempt_result"] == "IN_PROGRESS"
    waiting.release()
    assert go(waiting.wave).exit == 0
    kept = metadata(waiting.wave)
    started = kept["integration_attempts"][0]["started_at"]
    assert [attempt["overall_result"] for attempt in kept["integration_attempts"]] == ["INCOMPLETE", "SUCCESS"]
    assert [attempt["interrupted"] for attempt in kept["integration_attempts"]] == [True, False]
    assert kept["progress_warnings"] == [f"the attempt started at {started} was interrupted"]


def test_an_interrupt_leaves_no_process_and_closes_the_metadata(waiting: Waiting) -> None:
    assert commands_of(waiting.wave.folder)
    waiting.process.send_signal(signal.SIGINT)
    assert waiting.process.wait(DEADLINE) == pytest.ExitCode.INTERRUPTED
    assert commands_of(waiting.wave.folder) == []
    kept = metadata(waiting.wave)
    assert (kept["last_attempt_result"], kept["ready_for_retry"]) == ("INCOMPLETE", True)
    assert kept["integration_attempts"][-1]["completed_at"]
    assert kept["integration_attempts"][-1]["interrupted"] is True
