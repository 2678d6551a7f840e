"""Stage plan: what was promised makes sense, and another attempt is allowed."""

import pytest

from tests_integration.criteria.judge import require
from tests_integration.facts import AttemptFact
from tests_integration.plan.load import Given

pytestmark = pytest.mark.plan


def test_plan_is_sound(given: Given) -> None:
    """The plan is read without a mistake: keys, references, order of efforts and splits (R306)."""
    require(given.plan, given.refusal)


def test_attempt_may_start(attempt: AttemptFact) -> None:
    """Nobody else runs this plan; attempts and hours are left, and something changed since a failure (R520)."""
    require(not attempt.refused, attempt.refused)
