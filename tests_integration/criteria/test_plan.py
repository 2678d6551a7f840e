"""Stage plan: what was promised makes sense, and another attempt is allowed."""

import pytest

from tests_integration.criteria.judge import Remark, require
from tests_integration.facts import AttemptFact
from tests_integration.plan.document import document, locked_digest
from tests_integration.plan.load import Given
from tests_integration.plan.lock import Lock, lock_file
from tests_integration.plan.model import Plan

pytestmark = pytest.mark.plan


def test_plan_is_sound(given: Given, remark: Remark) -> None:
    """The plan is read without a mistake: keys, references, order of efforts and splits (R306).

    What a document left to be decided is named, and what it promises that no criterion proves.
    """
    require(given.plan, given.refusal)
    for text in given.document.remarks if given.document else ():
        remark(text)


def test_plan_is_as_locked(plan: Plan, lock: Lock) -> None:
    """The plan says what it said when it was locked, and takes in the same files; values of variables may differ."""
    digest = locked_digest(document(plan), plan.variables, plan.files)
    file = lock_file(plan.file).name
    now_there = [branch.id for branch in plan.branches]
    new, gone = [name for name in now_there if name not in lock.branches], sorted({*lock.branches} - {*now_there})
    told = [f"new: {', '.join(new)}"] if new else []
    told += [f"no more there: {', '.join(gone)}"] if gone else []
    require(
        digest == lock.plan,
        f"the plan has changed since it was locked in {file}: it was {lock.plan[:12]}, and is"
        f" {'; '.join([digest[:12], *told])} (comments do not count)\n"
        "If that is meant: --update-lock locks what it says now; with ids, no other branch may have moved.",
    )


def test_attempt_may_start(attempt: AttemptFact) -> None:
    """Nobody else runs this plan; attempts and hours are left, and something changed since a failure (R520)."""
    require(not attempt.refused, attempt.refused)
