"""Which merges an audit may take from an earlier one: none that a command of a plan could have put there."""

from collections.abc import Iterator
from functools import partial

import pytest
from git import Repo

from tests_integration.engine.isolation import cell
from tests_integration.plan.model import Plan
from tests_integration.repository.merge import Merges, automatic_merges
from tests_integration.repository.vouched import Vouched, forget
from tests_integration.session import Session


@pytest.fixture(scope="session")
def merged(suite: Session, plan: Plan, store: Repo) -> Iterator[Merges]:
    """How the audit of a plan has git merge pairs of commits; kept from run to run where that is safe.

    Where the plan's commands could reach the stores, none is believed or kept, and what is kept in any store is dropped
    before they run and when they have ended.
    """
    space = suite.workspace(plan.name)
    if not cell(plan, *space[:3], suite.caller).reaches(suite.cache):
        yield Vouched(store, plan.name, fresh=suite.fresh).merges
        return
    forget(suite.cache)
    try:
        yield partial(automatic_merges, store)
    finally:
        forget(suite.cache)
