"""What the selftests of this room share."""

from pathlib import Path

import pytest

from tests_integration.engine.commands import Room
from tests_integration.engine.isolation import LEVELS, Level
from tests_integration.selftests.rooms import require, room_in


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> Level:
    """A level of isolation that this machine has; bubblewrap is a Debian package of that name."""
    found: Level = request.param
    require(found)
    return found


@pytest.fixture
def room(tmp_path: Path, level: Level) -> Room:
    """An empty checkout."""
    return room_in(tmp_path, level=level)


@pytest.fixture
def shut(tmp_path: Path) -> Room:
    """An empty checkout at the best level."""
    require("bubblewrap")
    return room_in(tmp_path, level="bubblewrap")
