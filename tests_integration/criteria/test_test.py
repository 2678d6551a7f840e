"""Stage test: the branch, checked out clean, passes the plan's own test commands."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests_integration.criteria.gates import require_passed, require_unchanged, reuses
from tests_integration.criteria.judge import Remark
from tests_integration.facts import Gate
from tests_integration.plan.model import Plan
from tests_integration.repository.ask import History

pytestmark = pytest.mark.test


def test_test_passes(  # noqa: PLR0913, PLR0917 - a criterion names all that it asks for
    tested: Gate, number: int, history: History, plan: Plan, tips: Mapping[str, str], reports: Path, remark: Remark
) -> None:
    """The test command exits 0 within its deadline, in a clean checkout of the branch (R291)."""
    require_passed(tested, number, history, plan, tips, reports)
    if told := reuses(tested, number):
        remark(told)


def test_test_changes_no_tracked_file(tested: Gate) -> None:
    """The test leaves every file that git tracks as it was."""
    require_unchanged(tested)
