"""The report of a wave: written by the suite, and opened in a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests_integration.bench import sessions
from tests_integration.bench.conftest import Timed
from tests_integration.bench.scenes import Scene
from tests_integration.bench.sessions import Ended
from tests_integration.record import html
from tests_integration.record.model import Record
from tests_integration.selftests.browser import launched, opened

pytestmark = [pytest.mark.benchmark(group="report"), pytest.mark.parametrize("scene", ["tree"], indirect=True)]
LOADED = "() => performance.timing.loadEventEnd - performance.timing.navigationStart"


@pytest.fixture(scope="session")
def ended(scene: Scene) -> Ended:
    """A session up to the audit."""
    folder = sessions.afresh(scene.folder)
    return sessions.run(folder, "-q", "--plan", str(scene.plan), "--until", "audit")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with launched() as chromium:
        yield chromium


def test_written(timed: Timed, ended: Ended) -> None:
    reports = ended.folder / "reports" / "wave"
    facts = Record.model_validate_json((reports / "record.json").read_bytes())
    timed("report written", lambda: html.record(facts, reports), 3)


def test_opened(timed: Timed, measured: dict[str, float], ended: Ended, browser: Browser) -> None:
    def load() -> float:
        with opened(browser, ended.folder / "reports" / "wave" / "report.html") as seen:
            return float(seen.evaluate(LOADED)) / 1000

    measured["report opened"] = timed("report opened and looked at", load, 3)
