"""Whether the plan holds more than it needs, asked with `--minimal`; these stand in the stage `audit`."""

from collections.abc import Callable
from typing import Protocol

import pytest

from tests_integration.criteria.judge import Remark
from tests_integration.plan.parts import Fix, Resolve


class Need(Protocol):
    """Whether something of the plan is still needed; None where it cannot be judged, and why."""

    @property
    def needed(self) -> bool | None:
        """Whether it is."""

    @property
    def why(self) -> str:
        """For people."""


class Doubts(Protocol):
    """Drops one thing from the plan, and looks whether the wave stands without it."""

    without_fix: Callable[[Fix], Need]
    without_rule: Callable[[int, Resolve], Need]


@pytest.mark.building
def test_fix_is_still_needed(doubts: Doubts, doubted_fix: Fix, remark: Remark) -> None:
    """It is known whether the wave would stand without the known fix; where it would, that is told (`--minimal`)."""
    _tell(doubts.without_fix(doubted_fix), f"{doubted_fix.id} ({doubted_fix.action})", remark)


@pytest.mark.building
def test_rule_is_still_needed(doubts: Doubts, doubted_rule: tuple[int, Resolve], remark: Remark) -> None:
    """It is known whether the wave would stand without the rule; where it would, that is told (`--minimal`)."""
    number, rule = doubted_rule
    _tell(doubts.without_rule(number, rule), f"rule {number} ({rule.action})", remark)


def _tell(need: Need, what: str, remark: Remark) -> None:
    if need.needed is None:
        pytest.skip(f"blocked: whether {what} is still needed was not judged: {need.why}")
    if not need.needed:
        remark(f"{what} is no longer needed: {need.why}")
