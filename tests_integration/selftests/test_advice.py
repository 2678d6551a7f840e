"""What to do next is said in every case, is true there, and names who can do it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests_integration.criteria.catalogue import cases
from tests_integration.plan.load import give
from tests_integration.record.advice import what_to_do
from tests_integration.record.gather import plan_fact
from tests_integration.record.model import CriterionFact, Record, verdict
from tests_integration.selftests.rooms import require
from tests_integration.selftests.running_plans import PLANS, run
from tests_integration.selftests.verifying import by_hand_wave
from tests_integration.selftests.waves import Wave, every_kind_of_fix, three_branches


def advice(wave: Wave, *arguments: str, plan: str = "wave") -> str:
    """What to do after a run, as every form of it says."""
    done = run(wave.folder, "--plan", str(wave.write()), *arguments)
    said = what_to_do(Record.model_validate(done.record(plan)))
    assert f"\n  what to do: {said}\n" in done.output or done.exit == 0
    text = (done.folder / "reports" / plan / "summary.md").read_text(encoding="utf-8")
    assert f"\nWhat to do: {said[:10]}" in text
    return said


def changed(**more: Any) -> Callable[[Wave], None]:
    """Change entries of the plan."""
    return lambda wave: wave.document.update(more)


def conflicting(wave: Wave) -> None:
    wave.branch("E3", {"one.txt": "three\n"})
    wave.branch("E4", {"two.txt": "four\n"})


def misfitting(wave: Wave) -> None:
    wave.document["fixes"][0]["needs"] = ["gone.txt"]


def taken(wave: Wave) -> None:
    wave.commit("wave-integration", {"other.txt": "by somebody else"})


def refusing(wave: Wave) -> None:
    (wave.origin / "hooks").mkdir(exist_ok=True)
    (wave.origin / "hooks" / "pre-receive").write_text("#!/bin/sh\nexit 1\n")
    (wave.origin / "hooks" / "pre-receive").chmod(0o755)


def undoing(wave: Wave) -> None:
    wave.branch("E3", {"one.txt": "one\nof E3\n"}, parent="E1")
    wave.branch("E4", {"one.txt": "one\nof E4\n"}, parent="E1")
    wave.document["resolve"] = [{"paths": ["one.txt"], "take": "theirs"}]


CASES: dict[str, tuple[Callable[[Wave], None], str]] = {
    "a mistake": (changed(titel="x"), "Correct the plan, every mistake"),
    "missing": (changed(base="origin/nowhere"), "Look at where the plan says that base is ("),
    "conflicts": (conflicting, "Settle the conflicts of E3 and E4: the record has the lines to paste under `resolve:`"),
    "a fix": (misfitting, "Correct what the failure of E1 names, a fix in the plan or the branch"),
    "a loss": (undoing, "Let another side be taken, or have the branch bring both"),
    "the build": (
        changed(build=[{"run": "echo two.txt:1: bad; echo one.txt:1: bad; exit 3"}]),
        "Repair it on E2-split-001 or E1, which brought files that the log names (R300)",
    ),
    "a silent build": (changed(build=[{"run": "exit 3"}]), "Repair it on the branch that it comes from (R300)"),
    "a log that lies": (
        changed(build=[{"run": "echo 'x.txt came with E1, Title (merge 000000000000)'; exit 3"}]),
        "Repair it on the branch that it comes from (R300)",
    ),
    "the deadline": (changed(test=[{"run": "sleep 60", "timeout": "1s"}]), "See in logs/test-1.log what took so long"),
    "no command": (changed(test=[{"run": "no-such-command"}]), "See in logs/test-1.log which command was not found"),
    "changes": (changed(build=[{"run": "echo >> base.txt"}]), "Have the build write elsewhere"),
    "taken": (taken, "Integrate on a fresh branch (raise `attempt`, name another `integration`), or delete"),
    "no push": (refusing, "See to it that origin can be reached and takes the branch"),
}


@pytest.mark.parametrize("name", CASES)
def test_it_fits_what_failed(stacked: Wave, name: str) -> None:
    change, said = CASES[name]
    change(stacked)
    assert advice(stacked).startswith(said)


def test_after_a_success_there_is_nothing_to_do(stacked: Wave) -> None:
    assert advice(stacked) == "Nothing: review wave-integration on origin with this record."


def test_a_plan_that_publishes_nothing_says_so(stacked: Wave) -> None:
    del stacked.document["publish"]
    assert advice(stacked).endswith("The plan has no `publish`, so the branch was pushed nowhere.")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no-such-command", "What is in the caller's home is there for commands if a variable"),
        ("/usr/bin/env python3 -c 'import socket; socket.create_connection((\"192.0.2.1\", 9))'", "`network: true`"),
        ("touch /usr/x", "Commands can write to their checkout, HOME and TMPDIR"),
    ],
    ids=["not found", "network", "read-only"],
)
def test_what_commands_are_kept_from_is_told_where_they_fail_for_it(stacked: Wave, line: str, said: str) -> None:
    require("bubblewrap")
    stacked.document["build"] = [{"run": line}]
    assert said in advice(stacked)


@pytest.mark.parametrize("part", [("--until", "demo"), ("-k", "E1"), ("-m", "merge")], ids=str)
def test_a_rehearsal_is_to_be_run_whole(stacked: Wave, part: tuple[str, ...]) -> None:
    assert advice(stacked, *part).startswith("Run it without -k, -m and --until")


def test_what_others_built_is_integrated_afresh(tmp_path: Path) -> None:
    wave = by_hand_wave(tmp_path / "wave", "E1; E2a; E2b; E3; demo")
    assert advice(wave, "--verify", plan="wave/verified").startswith("Have the branch integrated afresh")


def test_what_is_to_be_judged_has_to_be_there(tmp_path: Path) -> None:
    wave = every_kind_of_fix(tmp_path / "wave")
    said = advice(wave, "--verify", "origin/nowhere", plan="wave/verified")
    assert said.startswith("Look at what --verify names, origin/nowhere,")


@pytest.mark.parametrize(
    ("limits", "said"),
    [({}, "Repair what made the last attempt fail"), ({"attempts": 1}, "Have a person look into why it keeps failing")],
    ids=["unchanged", "used up"],
)
def test_a_refused_attempt_is_told_the_way_out(tmp_path: Path, limits: dict[str, int], said: str) -> None:
    wave = three_branches(tmp_path / "wave")
    wave.document |= {"build": [{"run": "exit 3"}], "limits": limits}
    run(wave.folder, "--plan", str(wave.write()))
    if limits:
        wave.commit("effort/E1", {"more.txt": "more\n"})
    done = run(wave.folder, "--plan", str(wave.write()))
    assert "\nwave: refused; nothing was done, the earlier record is as it was\n" in done.output
    assert f"\n  what to do: {said}" in done.output


def test_a_metadata_file_that_is_none_is_to_be_mended(stacked: Wave) -> None:
    stacked.document["metadata"] = {"file": "state.json"}
    (stacked.folder / "plans" / "state.json").write_text("[")
    done = run(stacked.folder, "--plan", str(stacked.write()))
    assert (
        "\n  what to do: Make what the failure names a file that can be read and written, and run again.\n"
        in done.output
    )


@pytest.mark.parametrize("verify", [None, ""])
def test_every_criterion_has_one(verify: str | None) -> None:
    given = give(PLANS / "wave2.yaml")
    for case in cases(given.plan, verify):
        failed = CriterionFact(
            criterion=case.criterion, subject=case.subject, stage=case.stage, description="", outcome="failed"
        )
        record = Record(
            plan=plan_fact(given),
            verdict=verdict([failed]),
            sentence="",
            branch="",
            criteria=(failed,),
            started_at="",
            seconds=0,
        )
        assert what_to_do(record).endswith((".", "REASON."))
