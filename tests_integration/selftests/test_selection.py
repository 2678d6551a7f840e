"""How plans and criteria are chosen on the command line, and what a run of some of them is worth."""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests_integration.criteria.catalogue import cases
from tests_integration.plan.load import load
from tests_integration.plan.stages import STAGES
from tests_integration.selftests.waves import Wave, git, see_outside, three_branches

ROOT = Path(__file__).parents[2]

OF_A_BRANCH = {
    "source_is_found",
    "branch_merges",
    "branch_is_merged_once",
    "parents_are_as_declared",
    "merge_holds_nothing_else",
    "earlier_work_is_kept",
}
"""Criteria that are judged for each branch."""


def run(pytester: pytest.Pytester, *arguments: str | Path) -> pytest.RunResult:
    """Run pytest as a user would; what it ran, see `outcomes`."""
    return pytester.runpytest_subprocess("--junitxml", "junit.xml", *arguments)


def outcomes(pytester: pytest.Pytester) -> dict[str, str]:
    """What the last run has run, in order: passed, failed or skipped by `test_function[id]`."""
    found = {}
    for case in ET.parse(pytester.path / "junit.xml").iter("testcase"):  # noqa: S314 - pytest wrote it
        ends = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}]
        found[case.attrib["name"]] = {"failure": "failed"}.get(ends[0], ends[0]) if ends else "passed"
    return found


def record(pytester: pytest.Pytester, plan: str = "wave") -> dict[str, Any]:
    return dict(json.loads((pytester.path / "reports" / plan / "record.json").read_text(encoding="utf-8")))


def is_published(wave: Wave) -> bool:
    return bool(git(wave.origin, "branch", "--list", "wave-integration"))


def in_plan_order(file: Path) -> list[str]:
    plan = load(file)
    return [f"test_{case.criterion}[{plan.name}{f'-{case.subject}' if case.subject else ''}]" for case in cases(plan)]


def two_plans(wave: Wave) -> tuple[Path, Path]:
    first = wave.write("first")
    wave.document["integration"] = "second-integration"
    return first, wave.write("second")


def test_collect_only_lists_the_plan_to_read(pytester: pytest.Pytester, stacked: Wave) -> None:
    result = pytester.runpytest_subprocess("--collect-only", "--plan", stacked.write())
    result.stdout.fnmatch_lines(
        [
            "wave: Selftest Wave, attempt 1",
            "  origin/main -> wave-integration",
            "  1. E1  Title of E1  <- origin/effort/E1, BUG-1: delete twin.txt",
            "  2. E2-split-001  Title of E2-split-001  <- origin/effort/E2-split-001",
            "  3. E2-split-002  Title of E2-split-002  <- origin/effort/E2-split-002",
            "  plan     The plan is read without a mistake:*",
            "  merge    base: The base or branch is on its remote,*",
            "  audit    BUG-1: What the fix deleted is still gone at the tip;*",
            "  record   `record.json` names the base*",
        ],
        consecutive=False,
    )
    assert result.ret == 0


def test_collect_only_touches_nothing(pytester: pytest.Pytester, stacked: Wave) -> None:
    result = pytester.runpytest_subprocess("--collect-only", "--plan", stacked.write())
    assert not (pytester.path / "reports").exists()
    result.stdout.no_fnmatch_line("*refused*")


def test_criteria_run_in_plan_order(pytester: pytest.Pytester, stacked: Wave) -> None:
    file = stacked.write()
    assert run(pytester, "--plan", file).ret == 0
    assert list(outcomes(pytester)) == in_plan_order(file)
    assert "test_branch_merges[wave-E2-split-001]" in outcomes(pytester)


def test_other_plugins_choose_among_the_cases_and_plan_order_stays(pytester: pytest.Pytester, stacked: Wave) -> None:
    pytester.makepyfile(
        chooser="""
        def pytest_collection_modifyitems(config, items):
            gone = [item for item in items if "-E1]" in item.name]
            items[:] = [item for item in reversed(items) if item not in gone]
            config.hook.pytest_deselected(items=gone)
        """
    )
    plans = two_plans(stacked)
    arguments = [part for plan in plans for part in ("--plan", plan)]
    result = pytester.runpytest_subprocess("-p", "chooser", "--collect-only", "-q", *arguments)
    listed = [line.rpartition("::")[2] for line in result.outlines if "::" in line]
    assert listed == [case for plan in plans for case in in_plan_order(plan) if "-E1]" not in case]
    assert "deselected" in result.outlines[-1]


def test_cases_stand_where_pytest_would_find_them(pytester: pytest.Pytester, stacked: Wave) -> None:
    pytester.makepyfile(
        finder="""
        import os

        def pytest_runtest_setup(item):
            path, line, name = item.reportinfo()
            assert item.location == (os.path.relpath(path, item.config.rootpath), line, name)
        """
    )
    assert run(pytester, "-p", "finder", "--plan", stacked.write(), "--until", "merge").ret == 0
    assert set(outcomes(pytester).values()) == {"passed"}


@pytest.mark.parametrize(
    ("choice", "some"),
    [
        (("-k", "E1"), OF_A_BRANCH),
        (("-m", "build"), {"build_passes", "build_changes_no_tracked_file"}),
        (("-m", "demo", "-k", "shows or runs"), {"demo_runs", "demo_shows"}),
    ],
)
def test_some_criteria_prove_nothing(
    pytester: pytest.Pytester, stacked: Wave, choice: tuple[str, ...], some: set[str]
) -> None:
    file = stacked.write()
    result = run(pytester, "--plan", file, *choice)
    assert result.ret == 0
    assert {name.partition("[")[0].removeprefix("test_") for name in outcomes(pytester)} == some
    assert set(outcomes(pytester).values()) == {"passed"}
    assert record(pytester)["verdict"] == "INCOMPLETE"
    assert not is_published(stacked)
    assert not (pytester.path / "reports" / "wave" / "metadata.json").exists()
    every, some_of_them = len(in_plan_order(file)), len(outcomes(pytester))
    result.stdout.fnmatch_lines([f"INCOMPLETE *: not proven, {some_of_them} of {every} criteria were judged and hold*"])


def test_publishing_alone_trusts_nothing(pytester: pytest.Pytester, stacked: Wave) -> None:
    file = stacked.write()
    result = run(pytester, "--plan", file, "-m", "publish")
    before = sum(case.stage not in {"publish", "record"} for case in cases(load(file)))
    assert result.ret == 1
    assert outcomes(pytester)["test_branch_is_published[wave-origin]"] == "failed"
    result.stdout.fnmatch_lines(
        [f"origin: nothing was pushed: {before} criteria did not run and pass in this session: *"]
    )
    assert not is_published(stacked)


def test_one_criterion_left_out_is_enough_to_publish_nothing(pytester: pytest.Pytester, stacked: Wave) -> None:
    result = run(pytester, "--plan", stacked.write(), "--deselect", "test_audit.py::test_no_conflict_markers[wave]")
    result.stdout.fnmatch_lines(
        ["*nothing was pushed: 1 criteria did not run and pass in this session: no_conflict_markers"]
    )
    assert result.ret == 1
    assert not is_published(stacked)


@pytest.mark.parametrize("stage", STAGES[:-2])
def test_until_a_stage_runs_no_later_one(
    pytester: pytest.Pytester, stacked: Wave, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    stacked.document["build"] = [{"run": "echo build >> $OUTSIDE/ran"}]
    stacked.document["test"] = [{"run": "echo test >> $OUTSIDE/ran"}]
    see_outside(stacked)
    monkeypatch.setenv("OUTSIDE", str(pytester.path))
    result = run(pytester, "--plan", stacked.write(), "--until", stage)
    assert result.ret == 0
    judged = {fact["stage"] for fact in record(pytester)["criteria"] if fact["outcome"] == "passed"}
    assert judged == set(STAGES[: STAGES.index(stage) + 1])
    ran = (pytester.path / "ran").read_text().split() if (pytester.path / "ran").exists() else []
    assert ran == [gate for gate in ("build", "test") if gate in judged]
    assert record(pytester)["verdict"] == "INCOMPLETE"
    assert not is_published(stacked)
    assert not (pytester.path / "reports" / "wave" / "metadata.json").exists()


def test_until_publish_does_not_say_that_nothing_was_published(pytester: pytest.Pytester, stacked: Wave) -> None:
    result = run(pytester, "--plan", stacked.write(), "--until", "publish")
    assert result.ret == 0
    assert record(pytester)["publication"]["status"] == "pushed"
    assert "nothing was published" not in record(pytester)["sentence"]


def test_the_first_failure_ends_a_run_with_x(pytester: pytest.Pytester, stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "false"}]
    assert run(pytester, "--plan", stacked.write(), "-x").ret == 1
    assert list(outcomes(pytester).items())[-1] == ("test_build_passes[wave-1]", "failed")


def test_last_failed_runs_only_what_failed(
    pytester: pytest.Pytester, stacked: Wave, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacked.document["build"] = [{"run": "echo build >> $OUTSIDE/ran; false"}]
    see_outside(stacked)
    monkeypatch.setenv("OUTSIDE", str(pytester.path))
    run(pytester, "--plan", stacked.write())
    assert run(pytester, "--plan", stacked.write(), "--lf").ret == 1
    assert outcomes(pytester) == {"test_build_passes[wave-1]": "failed"}
    assert (pytester.path / "ran").read_text().split() == ["build", "build"]


def test_a_blocked_criterion_is_never_green(pytester: pytest.Pytester, stacked: Wave) -> None:
    stacked.document["branches"][1]["from"] = "origin/effort/gone"
    result = run(pytester, "--plan", stacked.write(), "-k", "branch_merges and split-002")
    assert result.ret == 1
    assert outcomes(pytester) == {"test_branch_merges[wave-E2-split-002]": "skipped"}
    assert record(pytester)["verdict"] == "INCOMPLETE"


def test_two_workers_each_have_a_whole_plan(pytester: pytest.Pytester, stacked: Wave) -> None:
    first, second = two_plans(stacked)
    result = run(pytester, "--plan", first, "--plan", second, "-n", "2", "-v")
    workers = defaultdict(set)
    for line in result.outlines:
        if line.startswith("[gw"):
            workers["first" if "[first" in line else "second"].add(line.split("]")[0])
    assert result.ret == 0
    assert [len(workers[plan]) for plan in ("first", "second")] == [1, 1]
    assert workers["first"] | workers["second"] == {"[gw0", "[gw1"}
    assert sorted(outcomes(pytester)) == sorted([*in_plan_order(first), *in_plan_order(second)])
    for plan in ("first", "second"):
        assert record(pytester, plan)["verdict"] == "SUCCESS"
        assert len(record(pytester, plan)["commands"]) == 3
        assert {fact["outcome"] for fact in record(pytester, plan)["criteria"]} == {"passed"}


@pytest.mark.parametrize(
    "given", ["plans/first.yaml plans/second.yaml", "plans", "plans/*.yaml", "plans/first.yaml plans"]
)
def test_plans_are_given_one_by_one_as_a_folder_or_as_a_glob(
    pytester: pytest.Pytester, stacked: Wave, given: str
) -> None:
    files = two_plans(stacked)
    arguments = [part for path in given.split() for part in ("--plan", f"{stacked.folder}/{path}")]
    assert run(pytester, *arguments, "--until", "plan").ret == 0
    assert list(outcomes(pytester)) == [name for file in files for name in in_plan_order(file)[:2]]


def test_plans_of_the_same_name_are_an_error_of_use(pytester: pytest.Pytester, stacked: Wave, tmp_path: Path) -> None:
    other = three_branches(tmp_path / "other")
    result = run(pytester, "--plan", stacked.write(), "--plan", other.write())
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --plan: 2 plans are called 'wave' and would share a record: *wave.yaml, *wave.yaml"]
    )


@pytest.mark.parametrize("path", ["gone.yaml", "empty", "*.yaml"])
def test_a_path_that_leads_to_no_plan_is_an_error_of_use(pytester: pytest.Pytester, path: str) -> None:
    (pytester.path / "empty").mkdir()
    result = run(pytester, "--plan", path)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --plan {path}: there is no plan (looked for {pytester.path}/{path})"])


def test_a_bad_plan_does_not_stop_a_good_one(pytester: pytest.Pytester, stacked: Wave) -> None:
    stacked.write("good")
    (stacked.folder / "plans" / "bad.yaml").write_text("version: 1\ntitle: Bad\n", encoding="utf-8")
    assert run(pytester, "--plan", stacked.folder / "plans").ret == 1
    assert [name for name, outcome in outcomes(pytester).items() if outcome != "passed"] == ["test_plan_is_sound[bad]"]
    assert (record(pytester, "bad")["verdict"], record(pytester, "good")["verdict"]) == ("PLAN_REJECTED", "SUCCESS")
    assert is_published(stacked)


def collected(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.chdir(ROOT)
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--collect-only", "-q", *arguments)
    result = pytester.run(*command)
    assert result.ret == 0
    return result.stdout.str()


def test_without_a_plan_the_suite_tests_itself(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    names = collected(pytester, monkeypatch)
    assert "selftests/test_selection.py::test_criteria_run_in_plan_order" in names
    assert "criteria/test_" not in names


def test_with_a_plan_no_selftest_is_collected(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, stacked: Wave
) -> None:
    reports = str(pytester.path / "reports")
    names = collected(pytester, monkeypatch, "--plan", str(stacked.write()), "--reports", reports)
    assert "test_plan.py::test_plan_is_sound[wave]" in names
    assert "selftests" not in names
