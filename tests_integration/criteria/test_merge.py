"""Stage merge: every branch is found, and merges into what was merged before it."""

from collections.abc import Mapping

import pytest
from git import Repo

from tests_integration.criteria.judge import Remark, fail, require
from tests_integration.criteria.locked import made_with, require_nothing_moved, require_where_it_was
from tests_integration.facts import Integration, Source
from tests_integration.plan.lock import Lock
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Branch

pytestmark = pytest.mark.merge


def test_source_is_found(sources: Mapping[str, Source], source: str) -> None:
    """The base or branch is on its remote, at the approved commit where the plan names one."""
    require(sources[source].commit, f"{sources[source].source}: {sources[source].problem}")


def test_source_is_as_locked(sources: Mapping[str, Source], store: Repo, plan: Plan, locked: str) -> None:
    """The base or branch is where it was when the plan was locked."""
    require_where_it_was(store, plan, sources[locked])


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


def test_tree_is_as_locked(integration: Integration, sources: Mapping[str, Source], lock: Lock) -> None:
    """Where plan, base and branches are as they were locked, git's tree of the result is too."""
    require_nothing_moved(integration, sources, lock)
    require(
        integration.tree == lock.tree,
        f"no branch has moved, and the result is another all the same: the same plan, base and tips had the tree"
        f" {lock.tree} when they were locked, and have {integration.tree} now.\n{made_with(lock)}",
    )


@pytest.mark.building
def test_tip_is_as_locked(integration: Integration, sources: Mapping[str, Source], lock: Lock) -> None:
    """Where plan, base and branches are as they were locked, they give the same commit."""
    require_nothing_moved(integration, sources, lock)
    if integration.tree != lock.tree:
        pytest.skip("blocked: the tree is another (tree_is_as_locked)")
    require(
        integration.tip == lock.tip,
        f"no branch has moved, and the commit is another all the same, with the same tree: the same plan, base and tips"
        f" gave {lock.tip} when they were locked, and give {integration.tip} now.\n{made_with(lock)}",
    )
