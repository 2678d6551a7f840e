"""Clocks that are set back: no duration is negative, no history lost, and nothing is blocked for ever."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from tests_integration.engine import attempts, past
from tests_integration.engine.owners import UNSEEN, is_alive, owner
from tests_integration.record.write import HISTORY, KEPT, RECORD, set_aside
from tests_integration.selftests.diary import Diary
from tests_integration.selftests.hostile import set_back
from tests_integration.selftests.hostile.told import hostile
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.waves import Wave

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def diary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Diary:
    return Diary.by_its_own_clock(tmp_path, monkeypatch)


@hostile(
    "a clock that is set back two hours while the build runs, and then set right",
    "no duration is negative, the record holds, and nights are compared in the order in which they were",
)
def test_a_clock_that_is_set_back_during_a_run(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    plan = str(wave.write())
    second = run(wave.folder, "-p", set_back.__name__, "--plan", plan)
    assert second.exit == 0, second.output
    record = second.record("wave")
    assert record["metadata"]["last_progress_check"] < record["attempt"]["started_at"], "or the clock was not set back"
    spent = [record["seconds"], record["metadata"]["integration_duration_seconds"]]
    spent += [one["seconds"] for kind in ("criteria", "stages", "commands") for one in record[kind]]
    assert min(spent) >= 0
    assert max(spent) < 7200
    assert record["metadata"]["last_progress_check"] < record["started_at"] <= record["attempt"]["started_at"]
    audit = run(wave.folder, "--record", "reports/wave/record.json", "--repository", str(wave.origin))
    assert audit.exit == 0, audit.output
    third = run(wave.folder, "--plan", plan)
    assert third.exit == 0, third.output
    assert third.record("wave")["compared"]["started_at"] == record["started_at"]


@hostile("thirty records that are dated in the future", "the next one comes behind them, and is not the one dropped")
def test_records_of_the_future_do_not_drop_those_of_today(tmp_path: Path) -> None:
    for n in range(KEPT + 1):
        (tmp_path / RECORD).write_text(f"{n}", encoding="utf-8")
        os.utime(tmp_path / RECORD, (4e9 - n, 4e9 - n))
        set_aside(tmp_path)
    (tmp_path / HISTORY / "9999-12-31T23-59-59.999999Z").mkdir()
    (tmp_path / RECORD).write_text("today", encoding="utf-8")
    set_aside(tmp_path)
    kept = sorted((tmp_path / HISTORY).glob("2*"))
    assert [(place / RECORD).read_text(encoding="utf-8") for place in kept[-2:]] == [f"{KEPT}", "today"]


@pytest.mark.parametrize(
    ("seen", "alive"), [(0, True), (UNSEEN - 1, True), (UNSEEN, False), (1 - UNSEEN, True), (-UNSEEN, False)]
)
@hostile("a run of another host that is dated in the future", "counts as gone where that is by more than an hour")
def test_an_attempt_of_the_future_does_not_block_for_ever(seen: int, *, alive: bool) -> None:
    assert is_alive({"host": "elsewhere"}, NOW - timedelta(seconds=seen), NOW) is alive


@hostile("a clock that is set back between two runs, while the first goes on", "the first is still seen to be alive")
def test_a_process_is_known_whatever_the_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    by, booted, began = owner(), psutil.boot_time(), psutil.Process().create_time()
    for place in ("psutil.boot_time", "psutil._pslinux.boot_time"):
        monkeypatch.setattr(place, lambda: booted - 7200)
    assert psutil.Process().create_time() < began - 7000, "or the clock was not set back"
    assert is_alive(by, None, NOW)
    assert not is_alive({**by, "began": float(by["began"]) + 0.01}, None, NOW)


@hostile("a clock that is set back between the start of an attempt and its end", "the attempt took no time")
def test_no_attempt_takes_less_than_no_time(diary: Diary) -> None:
    fact = diary.start()
    diary.now -= timedelta(hours=2)
    diary.finish(fact, "PUSH_FAILED")
    assert diary.kept["integration_duration_seconds"] == 0
    assert diary.refusal() == ""


@hostile("a command that runs for more than an hour", "shows other hosts once a minute that its run goes on")
def test_a_command_that_runs_for_hours_gives_signs(diary: Diary) -> None:
    give = attempts.signs(diary.start(), diary.seconds)
    written = set()
    for _ in range(0, 2 * UNSEEN, attempts.EVERY // 2):
        diary.now += timedelta(seconds=attempts.EVERY // 2)
        give()
        written.add(diary.kept["last_progress_check"])
    assert past.last_sign(diary.kept) == diary.now
    assert len(written) == 1 + 2 * UNSEEN // attempts.EVERY


def test_a_sign_that_cannot_be_given_is_left_out(diary: Diary) -> None:
    give = attempts.signs(diary.start(), diary.seconds)
    diary.file.write_text("broken by the command", encoding="utf-8")
    diary.now += timedelta(hours=1)
    give()
    assert diary.file.read_text(encoding="utf-8") == "broken by the command"
