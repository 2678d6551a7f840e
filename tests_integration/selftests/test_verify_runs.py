"""Verifications one after another, beside building, of several plans, and of some criteria only."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.verifying import VERIFIED, build, by_hand_wave, left_behind, refs, verify
from tests_integration.selftests.waiting import DEADLINE, Waiting
from tests_integration.selftests.waves import Wave, git


@pytest.fixture
def built(stacked: Wave) -> Wave:
    """A wave that this suite has built and published."""
    assert build(stacked).exit == 0
    return stacked


@pytest.fixture
def by_hand(tmp_path: Path) -> Wave:
    """A wave that Anna has integrated by hand, rightly."""
    return by_hand_wave(tmp_path / "wave")


def metadata(wave: Wave) -> bytes:
    return (wave.folder / "reports" / "wave" / "metadata.json").read_bytes()


def test_a_second_verification_sets_the_first_aside(built: Wave) -> None:
    folder = built.folder / "reports" / "wave"
    before = left_behind(folder)
    verify(built)
    first = (folder / "verified" / "record.json").read_bytes()
    verify(built, "origin/main")
    (kept,) = (folder / "verified" / "history").iterdir()
    assert (kept / "record.json").read_bytes() == first
    assert {file.name for file in kept.iterdir()} == {
        "logs",
        "record.intoto.jsonl",
        "record.json",
        "report.html",
        "summary.md",
    }
    assert left_behind(folder) == before
    assert not (folder / "history").exists()


def test_a_verification_is_no_attempt(built: Wave) -> None:
    before = metadata(built)
    for arguments in ((), ("origin/main",), ("--force-attempt", "why"), ("--until", "audit")):
        verify(built, *arguments)
    del built.document["publish"]
    assert verify(built).exit == 1
    assert metadata(built) == before


def test_attempts_used_up_and_unchanged_failures_keep_nobody_from_judging(by_hand: Wave) -> None:
    by_hand.document["limits"] = {"attempts": 1}
    assert build(by_hand).exit == 1, "another branch has the name"
    before = metadata(by_hand)
    assert "the plan allows 1 (`limits.attempts`)" in build(by_hand).output
    assert verify(by_hand).exit == 0
    assert metadata(by_hand) == before


def test_metadata_that_cannot_be_read_keep_nobody_from_judging(by_hand: Wave) -> None:
    by_hand.document["metadata"] = {"file": "../state.json", "at": "/waves/one"}
    (by_hand.folder / "state.json").write_text("{", encoding="utf-8")
    assert verify(by_hand).exit == 0
    assert (by_hand.folder / "state.json").read_text(encoding="utf-8") == "{"


def test_a_verification_waits_its_turn(waiting: Waiting) -> None:
    beside = verify(waiting.wave, "origin/main", "--no-wait")
    waiting.release()
    assert waiting.process.wait(DEADLINE) == 0
    assert beside.exit == 1
    assert f"another run of plans/wave.yaml is in progress: process {waiting.process.pid} of " in beside.output


@pytest.fixture
def two_plans(by_hand: Wave) -> Wave:
    """Two plans of the same wave; the branch of the second is not there."""
    by_hand.write("first")
    by_hand.document["integration"] = "second-integration"
    by_hand.write("second")
    return by_hand


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")])
def test_several_plans_are_judged_each_by_its_own(two_plans: Wave, workers: tuple[str, ...]) -> None:
    before = refs(two_plans.origin)
    done = run(two_plans.folder, *workers, "--plan", "plans", "--verify")
    assert done.exit == 1
    assert done.record("first/verified")["verdict"] == "SUCCESS"
    assert done.record("first/verified")["judged"]["built_by"] == ["Anna <anna@example.org>"]
    assert done.outcomes("second/verified")["failed"] == ["branch_is_whole[]"]
    assert refs(two_plans.origin) == before
    assert [file.name for file in (two_plans.folder / "reports" / "first").iterdir()] == ["verified"]
    assert (two_plans.folder / "reports" / "report.html").exists()


def test_one_reference_is_judged_by_every_plan(two_plans: Wave) -> None:
    done = run(two_plans.folder, "--plan", "plans", "--verify", "origin/wave-integration")
    assert done.exit == 0, done.output
    assert {done.record(f"{plan}/verified")["verdict"] for plan in ("first", "second")} == {"SUCCESS"}


@pytest.mark.parametrize("some", [("--until", "audit"), ("-k", "E1"), ("-m", "demo"), ("-m", "record")])
def test_a_part_of_the_criteria_proves_nothing(by_hand: Wave, some: tuple[str, ...]) -> None:
    done = verify(by_hand, *some)
    assert done.exit == 0, done.output
    assert done.record(VERIFIED)["verdict"] == "INCOMPLETE"
    assert ": not proven, " in done.output


@pytest.mark.parametrize("some", [("-m", "audit"), ("-m", "record"), ("-m", "demo")])
def test_a_part_of_the_criteria_is_red_without_a_traceback(by_hand: Wave, some: tuple[str, ...]) -> None:
    git(by_hand.origin, "branch", "-D", "effort/E4")
    done = verify(by_hand, "origin/main", *some)
    assert done.exit == 1
    assert "Traceback" not in done.output
    assert "Error" not in done.output


def test_junit_xml_has_what_was_judged(by_hand: Wave) -> None:
    done = verify(by_hand, "--junitxml", "junit.xml")
    cases = list(ET.parse(by_hand.folder / "junit.xml").iter("testcase"))  # noqa: S314 - pytest wrote it
    assert len(cases) == len(done.outcomes(VERIFIED)["passed"])
    assert not any(case.attrib["name"].startswith("test_branch_merges") for case in cases)


def test_collect_only_lists_what_would_be_judged(by_hand: Wave) -> None:
    done = verify(by_hand, "--collect-only")
    assert done.exit == 0
    assert "  audit    E1: The branch's tip is in through exactly one merge commit" in done.output
    assert "known fixes apply" not in done.output
    assert not (by_hand.folder / "reports").exists()


def test_a_plan_with_mistakes_is_rejected(by_hand: Wave) -> None:
    del by_hand.document["title"]
    done = verify(by_hand)
    assert done.exit == 1
    assert verdict_of(done) == "PLAN_REJECTED"


def verdict_of(done: Run) -> str:
    """What the record says, or nothing."""
    file = done.folder / "reports" / VERIFIED / "record.json"
    return str(json.loads(file.read_text(encoding="utf-8"))["verdict"])
