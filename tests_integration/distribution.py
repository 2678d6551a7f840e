"""Keeps a plan whole on one worker of pytest-xdist; imported only where that is installed.

Its own `--dist loadgroup` puts the group into the case's id in a way that pytest 9 no longer sees, so the plan is read
from the id itself.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling


class WholePlans(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Sends all cases of a plan to the same worker.

    Attributes:
        names: of the plans of the session.
    """

    def __init__(self, config: pytest.Config, log: Producer, names: list[str]) -> None:
        super().__init__(config, log)
        self.names = names

    def _split_scope(self, nodeid: str) -> str:
        """The plan of a case: the longest name that its id begins with."""
        case = nodeid.partition("[")[2].rstrip("]")
        return max((name for name in self.names if f"{case}-".startswith(f"{name}-")), key=len, default=nodeid)
