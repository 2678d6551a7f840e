"""Fixtures that selftests share."""

from pathlib import Path

import pytest

from tests_integration.selftests.waves import Wave, three_branches

pytest_plugins = ["pytester"]


@pytest.fixture
def wave(tmp_path: Path) -> Wave:
    """A base without branches."""
    return Wave(tmp_path / "wave")


@pytest.fixture
def stacked(tmp_path: Path) -> Wave:
    """Three stacked branches and one known fix."""
    return three_branches(tmp_path / "wave")
