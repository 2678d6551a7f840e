"""Attempts that overlap, are interrupted, or come back (R520)."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests_integration.engine.attempts import RefusedError
from tests_integration.engine.metadata import MetadataError
from tests_integration.engine.owners import owner
from tests_integration.selftests.diary import Diary


@pytest.fixture
def diary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Diary:
    return Diary.by_its_own_clock(tmp_path, monkeypatch)


def test_another_run_that_goes_on_is_not_joined(diary: Diary) -> None:
    first = diary.start(owner=owner())
    told = diary.refusal()
    assert told.startswith(f"attempt 1 is in progress, by process {os.getpid()} on ")
    assert "; it was last seen to go on at 2025-10-06T04:00:00Z\nTo try all the same: --force-attempt REASON" in told
    with pytest.raises(RefusedError, match="attempt 1 is in progress"):
        diary.start()
    diary.finish(first, "SUCCESS")
    assert [entry["overall_result"] for entry in diary.kept["integration_attempts"]] == ["SUCCESS"]


def test_of_two_runs_that_were_let_through_at_once_one_starts(diary: Diary) -> None:
    assert (diary.refusal(), diary.refusal()) == ("", "")
    diary.start(owner=owner())
    with pytest.raises(RefusedError):
        diary.start()
    assert diary.kept["attempt_count"] == 1


def test_a_run_that_is_forced_beside_another_is_what_the_metadata_go_on_to_tell_of(diary: Diary) -> None:
    first = diary.start(owner=owner(), run="first")
    second = diary.start("nobody is there", owner=owner(), run="second")
    diary.finish(first, "TEST_GATE_FAILURE")
    assert (diary.kept["last_attempt_result"], diary.kept["next_action"]) == ("IN_PROGRESS", None)
    diary.finish(second, "SUCCESS")
    assert [entry["overall_result"] for entry in diary.kept["integration_attempts"]] == ["TEST_GATE_FAILURE", "SUCCESS"]
    assert diary.kept["integration_complete"] is True


def test_an_interrupted_attempt_is_marked_and_counts(diary: Diary) -> None:
    diary.finish(diary.start(), "INCOMPLETE", interrupted=True)
    assert (diary.last["overall_result"], diary.last["interrupted"], diary.kept["attempt_count"]) == (
        "INCOMPLETE",
        True,
        1,
    )
    assert (diary.kept["next_action"], diary.refusal()) == ("RETRY_INTEGRATION", "")
    diary.finish(diary.start(), "BUILD_GATE_FAILURE", interrupted=True)
    assert diary.last["interrupted"] is False, "it failed before it was interrupted"
    assert diary.kept["attempt_count"] == 2


def test_a_run_that_seemed_to_be_gone_may_end_after_all(diary: Diary) -> None:
    first = diary.start(run="first")
    diary.start(run="second")
    diary.finish(first, "SUCCESS")
    one, two = diary.kept["integration_attempts"]
    assert (one["overall_result"], one["interrupted"]) == ("SUCCESS", False)
    assert (two["overall_result"], diary.kept["last_attempt_result"]) == ("IN_PROGRESS", "IN_PROGRESS")


def test_a_killed_run_is_closed_by_the_next_with_a_warning(diary: Diary) -> None:
    diary.start()
    diary.now += timedelta(hours=2)
    assert diary.refusal() == ""
    diary.start()
    killed, running = diary.kept["integration_attempts"]
    assert (killed["overall_result"], running["overall_result"]) == ("INCOMPLETE", "IN_PROGRESS")
    assert (killed["interrupted"], running["interrupted"]) == (True, False)
    assert killed["completed_at"] == "2025-10-06T04:00:00Z"
    assert diary.kept["progress_warnings"] == ["the attempt started at 2025-10-06T04:00:00Z was interrupted"]
    assert (diary.kept["attempt_count"], diary.kept["retry_reason"]) == (2, "run again with the same inputs")


def test_a_failure_that_was_told_is_not_turned_into_a_success(diary: Diary) -> None:
    begun = diary.start()
    diary.finish(begun, "TEST_GATE_FAILURE")
    with pytest.raises(MetadataError, match=r"cannot end so: an attempt that is TEST_GATE_FAILURE cannot become SUCC"):
        diary.finish(begun, "SUCCESS")
    assert diary.kept["last_attempt_result"] == "TEST_GATE_FAILURE"
