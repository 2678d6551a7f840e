"""Stage merge: every branch is found, and merges into what was merged before it."""

from collections.abc import Mapping

import pytest

from tests_integration.criteria.judge import Remark, fail, require
from tests_integration.facts import Integration, Source
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Branch

pytestmark = pytest.mark.merge


def test_source_is_found(sources: Mapping[str, Source], source: str) -> None:
    """The base or branch is on its remote, at the approved commit where the plan names one."""
    require(sources[source].commit, f"{sources[source].source}: {sources[source].problem}")


@pytest.mark.building
def test_branch_merges(integration: Integration, sources: Mapping[str, Source], branch: Branch) -> None:
    """The branch merges without an unsettled conflict, and its known fixes apply."""
    if not sources[branch.id].commit or integration.base is None:
        pytest.skip(f"blocked: {branch.id if integration.base else 'the base'} was not found")
    parked = next((parked for parked in integration.parked if parked.branch == branch.id), None)
    if parked and parked.waits_for:
        pytest.skip(f"blocked: {branch.id} is {parked.problem}")
    if parked:
        fail(parked.problem)


def test_branch_is_whole(integration: Integration, plan: Plan, remark: Remark) -> None:
    """The integration branch is there, with all that belongs on it; nothing stood in its way."""
    if integration.base is None:
        pytest.skip("blocked: the base was not found")
    if integration.parked:
        used = {conflict.rule for merge in integration.merges for conflict in merge.conflicts}
        used |= {conflict.rule for parked in integration.parked for conflict in parked.conflicts}
        for number, rule in enumerate(plan.resolve, 1):
            if number not in used:
                remark(f"rule {number} ({rule.action}) is unused so far: no conflict of the merges made is for it")
        parked = ", ".join(parked.branch for parked in integration.parked)
        pytest.skip(f"blocked: parked, so that the others could be merged: {parked}")
    require(integration.tip, integration.problem)
