"""What the selftests of this room share."""

import pytest

from tests_integration.engine.isolation import LEVELS, Level, lacking


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> Level:
    """A level of isolation that this machine has; bubblewrap is a Debian package of that name."""
    found: Level = request.param
    if found == "bubblewrap" and "on the PATH" in (why := lacking(found, network=False)):
        pytest.skip(why)
    return found
