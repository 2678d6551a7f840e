"""Stage merge: every branch is found, and merges into what was merged before it."""

from collections.abc import Mapping

import pytest

from tests_integration.criteria.judge import require
from tests_integration.facts import Integration, Source
from tests_integration.plan.model import Branch
from tests_integration.text import visible

pytestmark = pytest.mark.merge


def test_source_is_found(sources: Mapping[str, Source], source: str) -> None:
    """The base or branch is on its remote, at the approved commit where the plan names one."""
    require(sources[source].commit, f"{sources[source].source}: {sources[source].problem}")


def test_branch_merges(integration: Integration, branch: Branch) -> None:
    """The branch merges without an unsettled conflict, and its known fixes apply."""
    stop = integration.stop
    if stop and branch.id not in {merge.branch for merge in integration.merges}:
        if stop.branch != branch.id:
            pytest.skip(
                f"blocked: {stop.branch or 'the base'} stands in the way: {visible(stop.problem.splitlines()[0])}"
            )
        require(not stop, stop.problem)
