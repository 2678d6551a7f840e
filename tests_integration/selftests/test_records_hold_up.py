"""A record holds up, whatever commands, other tools and earlier runs did to what it is made of."""

import json
import signal
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests_integration.selftests.browser import look
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waiting import DEADLINE, Waiting
from tests_integration.selftests.waves import Wave, see_outside, three_branches


@pytest.fixture
def three(tmp_path: Path) -> Wave:
    """Three stacked branches and one known fix."""
    return three_branches(tmp_path / "wave")


def page(ran: Run, name: str = "wave") -> str:
    """The report of a plan."""
    return (ran.folder / "reports" / name / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("options", [[], ["-vvv", "--junit-xml", "reports/j.xml"], ["-vv", "-l"]])
def test_metadata_that_a_command_breaks_fail_in_words_and_leak_nothing(three: Wave, options: list[str]) -> None:
    token = uuid.uuid4().hex
    file = three.folder / "reports" / "wave" / "metadata.json"
    three.document["test"] = [{"run": f"echo no json > '{file}'"}]
    see_outside(three)
    ran = run(three.folder, "--plan", str(three.write()), *options, environment={"MY_TOKEN": token})
    assert ran.exit == 1
    assert "Traceback" not in ran.output
    assert [one for one in ran.outcomes("wave")["failed"] if "metadata" not in one] == []
    assert "the metadata cannot be" in ran.record("wave")["sentence"]
    assert token not in ran.output
    for left in three.folder.joinpath("reports").rglob("*"):
        assert not left.is_file() or token.encode() not in left.read_bytes()


@pytest.mark.parametrize("strange", [[1, "x"], "abc", 5, {"a": 1}])
def test_attempts_that_others_wrote_do_not_break_the_page(three: Wave, strange: object) -> None:
    file = three.folder / "reports" / "wave" / "metadata.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"integration_attempts": strange}), encoding="utf-8")
    ran = run(three.folder, "--plan", str(three.write()), "--until", "merge")
    assert "INTERNALERROR" not in ran.output
    assert "Merge graph" in page(ran)


@pytest.mark.parametrize(
    ("done", "said"),
    [
        ("rm {}", "(the log is gone)"),
        ("echo forged > {}", "(the log was changed after the command had ended, and is not shown)"),
        ("rm {0}; mkdir {0}", "(the log is gone)"),
        ("rm {0}; mkfifo {0}", "(the log is gone)"),
    ],
)
def test_a_log_that_a_later_command_changes_is_red_and_not_shown(three: Wave, done: str, said: str) -> None:
    log = three.folder / "reports" / "wave" / "logs" / "build-1.log"
    three.document["build"] = [{"run": "echo what it said"}]
    three.document["test"] = [{"run": done.format(f"'{log}'")}]
    see_outside(three)
    ran = run(three.folder, "--plan", str(three.write()))
    assert ran.outcomes("wave")["failed"] == ["record_tells_the_same[]"]
    assert "logs/build-1.log" in ran.record("wave")["sentence"]
    assert said in page(ran)
    assert "forged" not in page(ran).replace("echo forged", "")


def test_a_plan_that_is_refused_is_named_beside_a_green_one(browser: Browser, three: Wave) -> None:
    three.write("one")
    three.document |= {"integration": "other", "test": [{"run": "exit 1"}]}
    three.write("two")
    plans = ("--plan", "plans/one.yaml", "--plan", "plans/two.yaml")
    assert run(three.folder, *plans).exit == 1
    second = run(three.folder, *plans)
    assert "two: refused" in second.output
    assert "  Since " in second.output.split("two: refused")[0]
    assert "  Since " not in second.output.split("two: refused")[1]
    seen = look(browser, three.folder / "reports" / "report.html", scripts=False)
    assert "1 of 2 plans green" in seen.text
    assert "REFUSED" in seen.text
    assert "TEST_GATE_FAILURE" in page(second, "two")
    assert "SUCCESS" in page(second, "one")
    links = (three.folder / "reports" / "index.html").read_text(encoding="utf-8")
    assert 'href="one/report.html"' in links
    assert 'href="two/report.html"' in links


@pytest.mark.parametrize("reports", ["taken", "/proc/nope", "taken/below"])
def test_a_folder_that_cannot_hold_records_is_refused_in_words(three: Wave, reports: str) -> None:
    (three.folder / "taken").write_text("", encoding="utf-8")
    ran = run(three.folder, "--plan", str(three.write()), "--reports", reports)
    assert ran.exit == pytest.ExitCode.USAGE_ERROR
    assert "records cannot land in" in ran.output
    assert "Traceback" not in ran.output


def test_a_page_of_somebody_else_is_not_replaced(three: Wave) -> None:
    own = three.folder / "index.html"
    own.write_text("my own page", encoding="utf-8")
    ran = run(three.folder, "--plan", str(three.write()), "--reports", ".")
    assert own.read_text(encoding="utf-8") == "my own page"
    assert "waveproof did not write it" in ran.output


@pytest.mark.parametrize("name", ["index.html", "report.html"])
def test_a_plan_is_not_called_like_a_page(three: Wave, name: str) -> None:
    ran = run(three.folder, "--plan", str(three.write(name)))
    assert f"{name}.yaml:1:1: plan: a plan cannot be called {name}" in ran.output


def test_what_was_not_run_is_not_counted_among_what_holds(browser: Browser, tmp_path: Path) -> None:
    wave = Wave(tmp_path / "wave")
    for n in range(14):
        wave.branch(f"E{n}", {f"{n}.txt": "\n"})
    chosen = "plan_is_sound or source_is_found or attempt or E3 or E4"
    ran = run(wave.folder, "--plan", str(wave.write()), "-k", chosen)
    seen = look(browser, ran.folder / "reports" / "wave" / "report.html", scripts=False)
    merged = [one["outcome"] for one in ran.record("wave")["criteria"] if one["criterion"] == "branch_merges"]
    held = merged.count("passed")
    assert 0 < held < 14
    assert f"{held} hold" in seen.whole
    assert f"{14 - held} not run" in seen.whole


def test_what_turned_red_by_itself_is_not_blamed_on_a_branch(three: Wave) -> None:
    switch = three.folder / "broken"
    three.document["build"] = [{"run": f"! test -e '{switch}'"}]
    see_outside(three)
    assert run(three.folder, "--plan", str(three.write())).exit == 0
    switch.write_text("", encoding="utf-8")
    ran = run(three.folder, "--plan", str(three.write()))
    assert "Unstable: build_passes [1]" in ran.output
    assert "what to do: Look at what is no part of the plan and its branches" in ran.output
    assert "(R300)" not in (three.folder / "reports/wave/summary.md").read_text(encoding="utf-8").split("What to do")[1]


def test_an_interrupted_run_says_in_which_stage(waiting: Waiting) -> None:
    waiting.process.send_signal(signal.SIGINT)
    assert waiting.process.wait(DEADLINE) == pytest.ExitCode.INTERRUPTED
    ran = Run(2, waiting.said(), waiting.wave.folder)
    record = ran.record("wave")
    assert record["interrupted"] == "build"
    assert record["sentence"].startswith("Selftest Wave, attempt 1: interrupted in the stage build, ")
    assert record["sentence"] in ran.output
    assert record["sentence"] in page(ran)
