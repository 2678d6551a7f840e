"""Fixtures that selftests share."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests_integration.repository import retries
from tests_integration.selftests.waiting import waiting
from tests_integration.selftests.waves import Wave, three_branches
from tests_integration.starting import add_markers

__all__ = ["waiting"]

pytest_plugins = ["pytester"]


if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_configure(config: pytest.Config) -> None:
    """Selftests import criteria, whose markers are registered with a plan only."""
    add_markers(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """One worker more than there are cores: selftests wait for commands and browsers. Plans are left to xdist."""
    return None if config.option.plan else (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails in passing is tried again at once."""
    monkeypatch.setattr(retries, "pause", lambda _: None)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Chromium; tests that need it are skipped where it is not installed."""
    from tests_integration.selftests.browser import launched  # noqa: PLC0415 - with --plan, there may be no playwright

    with launched() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def go_cache(request: pytest.FixtureRequest) -> dict[str, str]:
    """Go's build cache, kept between runs of the selftests; the plans let it through."""
    return {"GOCACHE": str(request.config.cache.mkdir("selftests-go"))}


@pytest.fixture
def wave(tmp_path: Path) -> Wave:
    """A base without branches."""
    return Wave(tmp_path / "wave")


@pytest.fixture
def stacked(tmp_path: Path) -> Wave:
    """Three stacked branches and one known fix."""
    return three_branches(tmp_path / "wave")
