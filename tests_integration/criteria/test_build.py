"""Stage build: the branch, checked out clean, passes the plan's own build commands."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests_integration.criteria.gates import require_passed, require_unchanged, reuses
from tests_integration.criteria.judge import Remark
from tests_integration.facts import Gate
from tests_integration.plan.model import Plan
from tests_integration.repository.ask import History

pytestmark = pytest.mark.build


def test_build_passes(  # noqa: PLR0913, PLR0917 - a criterion names all that it asks for
    built: Gate, number: int, history: History, plan: Plan, tips: Mapping[str, str], reports: Path, remark: Remark
) -> None:
    """The build command exits 0 within its deadline, in a clean checkout of the branch (R291)."""
    require_passed(built, number, history, plan, tips, reports)
    if told := reuses(built, number):
        remark(told)


def test_build_changes_no_tracked_file(built: Gate) -> None:
    """The build leaves every file that git tracks as it was."""
    require_unchanged(built)
