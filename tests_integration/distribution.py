"""Keeps a plan whole on one worker of pytest-xdist; imported only where that is installed.

Its own `--dist loadgroup` puts the group into the case's id in a way that pytest 9 no longer sees, so the plan is read
from the id itself. What is handed out is a plan at a time, and the one that took longest the last time comes first, so
that no worker is left with a long one at the end.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests_integration.session import Session


class WholePlans(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Sends all cases of a plan to the same worker, whatever `--dist` says.

    Attributes:
        suite: its plans.
        seconds: how long each plan took the last time.
    """

    def __init__(self, config: pytest.Config, log: Producer, suite: Session, seconds: dict[str, float]) -> None:
        super().__init__(config, log)
        self.suite = suite
        self.seconds = seconds
        self._places: dict[Any, dict[str, int]] = {}
        self._ids: dict[str, str] = {}

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        """Take in what a worker has collected; where the suite stands on its machine is no matter."""
        cases = [nodeid.rpartition("::")[2] for nodeid in collection]
        if self.collection is not None and cases != self.collection:  # it would be given what it has not
            del self.assigned_work[node]
            node.shutdown()
            return
        super().add_node_collection(node, cases)
        self._ids.update(zip(cases, collection, strict=True))
        self._places[node] = {case: n for n, case in enumerate(cases)}

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """Let a plan go once all of it is done, and give the worker the next."""
        del duration
        case = self.registered_collections[node][item_index]
        plan, unit = self._split_scope(case), self.assigned_work[node]
        unit[plan][case] = True
        if all(unit[plan].values()):
            del unit[plan]
        self._reschedule(node)

    def remove_node(self, node: Any) -> str | None:
        """Take a worker out; the id of the case that it died in, or None.

        No other worker goes on in the middle of its plan: what was proven of that died with it.
        """
        workload = self.assigned_work.pop(node)
        crashed = next((case for unit in workload.values() for case, done in unit.items() if not done), None)
        if crashed is not None:
            del workload[self._split_scope(crashed)]
            self.workqueue.update(workload)
            for other in self.nodes:
                self._reschedule(other)
        return None if crashed is None else self._ids[crashed]

    def _assign_work_unit(self, node: Any) -> None:
        plan = max(self.workqueue, key=self._weight)
        unit = self.assigned_work[node][plan] = self.workqueue.pop(plan)
        node.send_runtest_some([self._places[node][case] for case in unit])

    def _weight(self, plan: str) -> tuple[float, int]:
        return self.seconds.get(plan, 0.0), len(self.workqueue[plan])

    def _split_scope(self, nodeid: str) -> str:
        """The plan of a case."""
        return self.suite.cases[nodeid][0] if nodeid in self.suite.cases else nodeid

    def _check_nodes_have_same_collection(self) -> bool:
        first, *others = self.registered_collections.items()
        odd = [node for node, cases in others if cases != first[1]]
        for node in odd:
            text = (
                f"{node.gateway.id} has other cases than {first[0].gateway.id}, and nothing is run where they differ:"
                " see that all have the same plans and the same version of the suite"
            )
            report = pytest.CollectReport(nodeid=node.gateway.id, outcome="failed", longrepr=text, result=[])
            self.config.hook.pytest_collectreport(report=report)
        return not odd
