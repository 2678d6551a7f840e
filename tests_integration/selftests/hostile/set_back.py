"""A pytest plugin whose clock is two hours behind from the first criterion of the build on."""

import time
from datetime import datetime, timedelta, tzinfo

import pytest
from _pytest import timing

from tests_integration.engine import clock, commands

BACK = 7200
right = time.time


class Behind(datetime):
    """Two hours behind."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """The time that it is not."""
        return datetime.now(tz) - timedelta(seconds=BACK)


def behind() -> float:
    """The same in seconds."""
    return right() - BACK


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Set the clock back where the build begins."""
    if item.path.stem == "test_build":
        time.time = behind
        vars(timing)["time"] = behind
        vars(clock)["datetime"] = vars(commands)["datetime"] = Behind
