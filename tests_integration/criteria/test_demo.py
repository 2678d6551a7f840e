"""Stage demo: the demonstration is on the branch, is explained, runs, and shows what it should (R291)."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests_integration.criteria.gates import require_passed, require_unchanged
from tests_integration.criteria.judge import require
from tests_integration.facts import Gate
from tests_integration.plan.model import Plan
from tests_integration.repository.ask import History, content, entry
from tests_integration.repository.entry import is_text_file

pytestmark = pytest.mark.demo


def test_demo_script_is_present(history: History, plan: Plan) -> None:
    """The demo script is a file on the branch (R291)."""
    found = entry(history.repo, history.tip, plan.demo.script)
    require(is_text_file(found), f"the branch has no file {plan.demo.script}")


def test_demo_script_is_executable(history: History, plan: Plan) -> None:
    """The demo script is executable in the branch's own tree, not only in somebody's folder (R291)."""
    found = entry(history.repo, history.tip, plan.demo.script)
    mode = found.mode if found else "missing"
    require(
        mode == "100755", f"{plan.demo.script} is {mode} on the branch; it must be 100755 (git update-index --chmod=+x)"
    )


def test_demo_is_documented(history: History, plan: Plan) -> None:
    """The demo's document is on the branch and not empty (R291)."""
    found = entry(history.repo, history.tip, plan.demo.document)
    require(is_text_file(found), f"the branch has no file {plan.demo.document}")
    require(found and content(history.repo, found.blob).strip(), f"{plan.demo.document} is empty")


def test_demo_runs(demonstrated: Gate, history: History, plan: Plan, tips: Mapping[str, str], reports: Path) -> None:
    """The demo script exits 0 within its deadline, in a clean checkout of the branch (R291)."""
    require_passed(demonstrated, 1, history, plan, tips, reports)


def test_demo_shows(demonstrated: Gate, text: str, reports: Path) -> None:
    """The demo's output contains the text that the plan asks for."""
    command = demonstrated.commands[0]
    output = (reports / command.log).read_text(encoding="utf-8", errors="replace")
    require(text in output, f"the demo's output does not contain {text!r}; see {reports / command.log}")


def test_demo_changes_no_tracked_file(demonstrated: Gate) -> None:
    """The demo leaves every file that git tracks as it was."""
    require_unchanged(demonstrated)
