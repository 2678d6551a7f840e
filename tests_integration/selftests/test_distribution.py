"""Plans on several workers of one machine: each stays whole, and none is lost or green when its worker dies."""

import os
import re
from pathlib import Path

from tests_integration.selftests.running_plans import Run, run_apart
from tests_integration.selftests.test_index import Page
from tests_integration.selftests.waves import Wave, git

KILLER = """
import os, signal
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    if hasattr(item.config, "workerinput") and item.name == {case!r}:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def arm(folder: Path, case: str) -> None:
    """Have the worker that is started in a folder killed when it comes to a case."""
    (folder / "killer.py").write_text(KILLER.format(case=case), encoding="utf-8")


def distributed(wave: Wave, *arguments: str, path: str = "") -> Run:
    """Run the wave's plans on workers that are armed, from the folder of the wave."""
    environment = {"PYTHONPATH": str(wave.folder), "PATH": path or os.environ["PATH"], "WITHHELD": "by the caller"}
    return run_apart(wave.folder, "-p", "xdist", "-p", "killer", "--plan", "plans", *arguments, environment=environment)


def four_plans(wave: Wave) -> None:
    """`a` is good, the build of `b` is where its worker is killed, that of `c` fails, and `d` has a mistake."""
    wave.branch("E1", {"one.txt": "one\n"})
    for name, build in (("a", "true"), ("b", "true"), ("c", "false")):
        wave.document |= {"integration": f"integration-{name}", "build": [{"run": build}]}
        wave.write(name)
    wave.document["colour"] = "blue"
    wave.write("d")


def test_a_session_tells_of_every_plan_also_where_a_worker_is_killed(wave: Wave) -> None:
    four_plans(wave)
    arm(wave.folder, "test_build_passes[b-1]")
    result = distributed(wave, "-n", "2", "--dist", "each", "-v")
    reports = wave.folder / "reports"
    workers = {plan: set(re.findall(rf"\[(gw\d)\] .* \S+\[{plan}[-\]]", result.output)) for plan in "abcd"}
    verdicts = {plan: result.record(plan)["verdict"] for plan in "abcd"}
    report = (reports / "report.html").read_text(encoding="utf-8")
    killed = result.record("b")
    assert result.exit == 1
    assert "--dist each is not followed: a plan stays whole on a worker, and each is run once" in result.output
    assert [len(names) for names in workers.values()] == [1, 1, 1, 1]
    assert set().union(*workers.values()) >= {"gw0", "gw1"}
    told = {plan: result.record(plan)["environment"]["worker"].partition(" on ")[0] for plan in "abcd"}
    assert told == {plan: name for plan, (name,) in workers.items()}
    assert verdicts == {"a": "SUCCESS", "b": "INCOMPLETE", "c": "BUILD_GATE_FAILURE", "d": "PLAN_REJECTED"}
    assert killed["interrupted"] == "build"
    assert killed["metadata"]["last_attempt_result"] == "INCOMPLETE"
    assert result.outcomes("b")["blocked"] == ["build_passes[1]"]
    assert {fact["stage"] for fact in killed["criteria"] if fact["outcome"] == "passed"} == {"plan", "merge", "audit"}
    assert "the worker that ran this plan is gone (gw" in result.output.partition("= integration =")[2]
    refs = git(wave.origin, "for-each-ref", "--format=%(refname:short)").split()
    assert [ref for ref in refs if ref.startswith("integration")] == ["integration-a"]
    assert Page(reports).names == ["c", "d", "b", "a"]
    assert all(f"integration-{plan}" in report for plan in "abc")


def test_a_machine_that_cannot_be_used_is_told_in_words(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.write("a")
    arm(wave.folder, "")
    result = distributed(wave, "--tx", "popen//python=false")
    assert result.exit != 0
    assert "INTERNALERROR" not in result.output
    assert "a machine cannot be used, of popen//python=false" in result.output
