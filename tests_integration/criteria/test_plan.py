"""Stage plan: what was promised makes sense, and another attempt is allowed."""

import pytest

from tests_integration.criteria.judge import Remark, require
from tests_integration.facts import AttemptFact
from tests_integration.plan.load import Given

pytestmark = pytest.mark.plan


def test_plan_is_sound(given: Given, remark: Remark) -> None:
    """The plan is read without a mistake: keys, references, order of efforts and splits (R306).

    What a document left to be decided is named, and what it promises that no criterion proves.
    """
    require(given.plan, given.refusal)
    for text in given.document.remarks if given.document else ():
        remark(text)


def test_attempt_may_start(attempt: AttemptFact) -> None:
    """Nobody else runs this plan; attempts and hours are left, and something changed since a failure (R520)."""
    require(not attempt.refused, attempt.refused)
