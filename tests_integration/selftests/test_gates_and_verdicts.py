"""What a failure in each stage comes to: the criterion that fails, what is blocked by it, verdict and metadata."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests_integration.plan.stages import STAGES
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import DEMO, Wave, git, see_outside, three_branches

Change = Callable[[Wave], object]

VERDICTS = ["MERGE_FAILED", "BUILD_GATE_FAILURE", "TEST_GATE_FAILURE", "DEMO_GATE_FAILURE", "PUSH_FAILED"]


def go(wave: Wave, *arguments: str) -> Run:
    """Run the wave's plan; the reports are in the wave's folder."""
    return run(wave.folder, "--plan", str(wave.write()), *arguments)


def metadata(wave: Wave) -> dict[str, Any]:
    """The R520 object that the last run has left."""
    return dict(json.loads((wave.folder / "reports" / "wave" / "metadata.json").read_text(encoding="utf-8")))


def message(done: Run, criterion: str, subject: str = "") -> str:
    """What a criterion said."""
    facts = done.record("wave")["criteria"]
    return next(str(fact["message"]) for fact in facts if (fact["criterion"], fact["subject"]) == (criterion, subject))


def failing(stage: str, line: str) -> Change:
    def change(wave: Wave) -> None:
        wave.document[stage] = [{"run": line}]

    return change


def demo(text: str) -> Change:
    def change(wave: Wave) -> None:
        (wave.folder / "plans" / "infrastructure" / "demos" / "demo.sh").write_text(text, encoding="utf-8")

    return change


def demo_without_script(wave: Wave) -> None:
    (wave.folder / "plans" / "infrastructure" / "demos" / "demo.sh").unlink()


def demo_that_a_branch_brings_without_its_bit(wave: Wave) -> None:
    wave.branch("E3", {"demos/demo.sh": DEMO})


def conflict(wave: Wave) -> None:
    wave.branch("E3", {"one.txt": "three\n", "two.txt": "three\n"})
    wave.branch("E4", {"four.txt": "four\n"})


def missing_branch(wave: Wave) -> None:
    wave.document["branches"][2]["from"] = "origin/effort/E2-split-003"


def other_tip_than_approved(wave: Wave) -> None:
    wave.document["branches"][2]["commit"] = "0" * 40


def taken_name(wave: Wave) -> None:
    git(wave.origin, "branch", "wave-integration", "main")


class Case(NamedTuple):
    """A wave that fails: what is wrong, the criteria that fail, and what is said of it.

    Attributes:
        retry: whether another attempt may start without any change.
        follows: the next action.
    """

    change: Change
    failed: str
    verdict: str
    says: str
    retry: bool = False
    follows: str = "WAIT_FOR_FIXES"


CASES = {
    "build": Case(failing("build", "exit 3"), "build_passes[1]", "BUILD_GATE_FAILURE", "`exit 3` exited 3"),
    "build past its deadline": Case(
        lambda wave: wave.document.update(build=[{"run": "read < /dev/zero", "timeout": "1s"}]),
        "build_passes[1]",
        "BUILD_GATE_FAILURE",
        "`read < /dev/zero` was ended at its deadline of 1 s",
    ),
    "build that changes a file": Case(
        failing("build", "echo more >> base.txt"),
        "build_changes_no_tracked_file[]",
        "BUILD_GATE_FAILURE",
        "the build changed files that git tracks, so it did not judge the branch: base.txt",
    ),
    "test": Case(failing("test", "exit 3"), "test_passes[1]", "TEST_GATE_FAILURE", "`exit 3` exited 3"),
    "test that removes a file": Case(
        failing("test", "rm base.txt"),
        "test_changes_no_tracked_file[]",
        "TEST_GATE_FAILURE",
        "the test changed files that git tracks, so it did not judge the branch: base.txt",
    ),
    "demo": Case(demo(f"{DEMO}exit 3\n"), "demo_runs[]", "DEMO_GATE_FAILURE", "`./demos/demo.sh` exited 3"),
    "demo that shows something else": Case(
        demo("#!/bin/sh\necho two\n"),
        "demo_shows[text-1]",
        "DEMO_GATE_FAILURE",
        "the demo's output does not contain 'shows one'; see ",
    ),
    "demo that changes a file": Case(
        demo(f"{DEMO}chmod +x base.txt\n"),
        "demo_changes_no_tracked_file[]",
        "DEMO_GATE_FAILURE",
        "the demo changed files that git tracks, so it did not judge the branch: base.txt",
    ),
    "demo without a script": Case(
        demo_without_script,
        "demo_script_is_present[] demo_script_is_executable[] demo_runs[] demo_shows[text-1]",
        "DEMO_GATE_FAILURE",
        "the branch has no file demos/demo.sh",
    ),
    "demo that is not executable": Case(
        demo_that_a_branch_brings_without_its_bit,
        "demo_script_is_executable[] demo_runs[] demo_shows[text-1]",
        "DEMO_GATE_FAILURE",
        "demos/demo.sh is 100644 on the branch; it must be 100755 (git update-index --chmod=+x)",
    ),
    "conflict": Case(
        conflict,
        "branch_merges[E3]",
        "MERGE_FAILED",
        "E3 (origin/effort/E3) does not merge: add/add conflict in one.txt with E1 and in 1 more file\n\n",
    ),
    "missing branch": Case(
        missing_branch,
        "source_is_found[E2-split-002]",
        "MERGE_FAILED",
        "there is no branch 'effort/E2-split-003' on the remote 'origin'",
    ),
    "other tip than approved": Case(
        other_tip_than_approved,
        "source_is_found[E2-split-002]",
        "MERGE_FAILED",
        f"but {'0' * 40} was approved (`commit:` in the plan)",
    ),
    "branch name that is taken": Case(
        taken_name,
        "branch_is_published[origin]",
        "PUSH_FAILED",
        "wave-integration is there already, at ",
        retry=False,
        follows="MANUAL_INTERVENTION",
    ),
}


class Ended(NamedTuple):
    """A run of a wave that fails, and where the name of the integration branch was before it."""

    case: Case
    wave: Wave
    run: Run
    published_before: str


@pytest.fixture(scope="module", params=list(CASES))
def ended(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    case = CASES[request.param]
    wave = three_branches(tmp_path_factory.mktemp("ended") / "wave")
    case.change(wave)
    before = published(wave)
    return Ended(case, wave, go(wave), before)


def published(wave: Wave) -> str:
    return git(wave.origin, "branch", "--list", "wave-integration", "--format=%(objectname)")


def test_a_failure_fails_its_own_criteria_and_no_other(ended: Ended) -> None:
    first = ended.case.failed.split()[0]
    assert ended.run.exit == 1
    assert set(ended.run.outcomes("wave")["failed"]) == set(ended.case.failed.split())
    assert ended.case.says in message(ended.run, *first.rstrip("]").split("["))
    assert ended.run.record("wave")["verdict"] == ended.case.verdict


def test_a_failure_blocks_every_later_stage_and_is_named_there(ended: Ended) -> None:
    criteria = ended.run.record("wave")["criteria"]
    stage = next(fact["stage"] for fact in criteria if fact["outcome"] == "failed")
    later = [fact for fact in criteria if STAGES.index(fact["stage"]) > STAGES.index(stage)]
    culprit = ended.case.failed.split()[0].removesuffix("[]")
    assert {fact["outcome"] for fact in later} == {"blocked"}
    assert {fact["message"].partition(": ")[0] for fact in later} == {f"{stage} failed"}
    assert all(fact["message"].startswith(f"{stage} failed: {culprit}: ") for fact in later)


def test_a_failure_publishes_nothing(ended: Ended) -> None:
    assert published(ended.wave) == ended.published_before


def test_the_metadata_say_how_a_failure_ended_and_what_follows(ended: Ended) -> None:
    kept = metadata(ended.wave)
    assert kept["last_attempt_result"] == kept["integration_attempts"][-1]["overall_result"] == ended.case.verdict
    assert (kept["ready_for_retry"], kept["next_action"]) == (ended.case.retry, ended.case.follows)
    assert kept["integration_complete"] is False
    assert ended.case.says.splitlines()[0].rstrip(":") in kept["retry_reason"]


def test_the_metadata_say_which_gates_have_run(ended: Ended) -> None:
    gates = ["merge", "build", "test", "demo"]
    before = VERDICTS.index(ended.case.verdict)
    wanted = ["SUCCESS"] * before + ["FAILED"] + ["NOT_RUN"] * 4
    attempt = metadata(ended.wave)["integration_attempts"][-1]
    assert [attempt[f"{gate}_status"] for gate in gates] == wanted[:4]


def test_what_depends_on_a_conflict_is_parked_with_it_and_the_others_are_merged(stacked: Wave) -> None:
    conflict(stacked)
    stacked.branch("E5", {"five.txt": "five\n"}, parent="E3")
    done = go(stacked)
    outcomes = done.outcomes("wave")
    assert outcomes["failed"] == ["branch_merges[E3]"]
    assert {"branch_merges[E5]", "branch_is_whole[]"} <= set(outcomes["blocked"])
    assert "branch_merges[E4]" in outcomes["passed"]
    assert message(done, "branch_merges", "E5") == "E5 is parked with E3, on which it depends"
    assert "  parked: E3, E5 (with E3); the others were merged\n" in done.output
    assert [merge["branch"] for merge in done.record("wave")["merges"]] == ["E1", "E2-split-001", "E2-split-002", "E4"]


def test_what_is_missing_is_told_once(stacked: Wave) -> None:
    missing_branch(stacked)
    done = go(stacked)
    assert message(done, "branch_merges", "E2-split-002") == "E2-split-002 was not found"
    assert {"branch_merges[E2-split-002]", "branch_is_whole[]"} <= set(done.outcomes("wave")["blocked"])


def test_a_missing_base_is_told_once(stacked: Wave) -> None:
    stacked.document["base"] = "origin/gone"
    done = go(stacked)
    assert done.outcomes("wave")["failed"] == ["source_is_found[base]"]
    assert message(done, "branch_merges", "E1") == "the base was not found"


def test_a_failing_build_names_the_branch_that_brought_the_file(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "echo './two.txt:3: undefined: two'; echo 'base.txt:1: note'; exit 1"}]
    said = message(go(stacked), "build_passes", "1")
    merge = json.loads((stacked.folder / "reports" / "wave" / "record.json").read_text())["merges"][1]["commit"]
    assert f"two.txt came with E2-split-001, Title of E2-split-001 (merge {merge[:12]})" in said
    assert "base.txt came with the base (origin/main)" in said


def test_commands_after_a_failing_one_do_not_run(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "exit 3"}, {"run": "touch $OUTSIDE/ran"}]
    stacked.document["test"] = [{"run": "touch $OUTSIDE/ran"}]
    see_outside(stacked)
    done = go(stacked)
    assert done.outcomes("wave")["failed"] == ["build_passes[1]"]
    assert message(done, "build_passes", "2") == "`exit 3` failed before it"
    assert not (stacked.folder / "ran").exists()
