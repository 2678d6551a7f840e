"""The report of four hundred branches with 5 MB of build log: under 6 MB, written and opened in under two seconds.

Run: `.venv/bin/pytest -s tests_integration/bench/test_report.py`; opening needs Chromium.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from pytest_benchmark.fixture import BenchmarkFixture

from tests_integration.record import html
from tests_integration.record.model import Record
from tests_integration.selftests.browser import launched, opened
from tests_integration.selftests.report_kinds import page
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import Wave

BRANCHES = 400
LARGEST = 6 << 20
LONGEST = 2.0
LOADED = "() => performance.timing.loadEventEnd - performance.timing.navigationStart"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A whole run of four hundred branches."""
    wave = Wave(tmp_path_factory.mktemp("bench") / "wave")
    for n in range(BRANCHES):
        wave.branch(f"E{n}", {f"{n}.txt": f"{n}\n"}, parent=f"E{n - 1}" if n > BRANCHES // 2 else "base")
    wave.document["build"] = [{"run": "yes 'a line of a build log' | head -c 5000000"}]
    return run(wave.folder, "--plan", str(wave.write()))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with launched() as chromium:
        yield chromium


@pytest.mark.benchmark(group="the report of 400 branches")
def test_write(benchmark: BenchmarkFixture, ran: Run) -> None:
    reports = ran.folder / "reports" / "wave"
    facts = Record.model_validate_json((reports / "record.json").read_bytes())
    text = benchmark.pedantic(html.record, (facts, reports), {"several": False}, rounds=3)
    assert len(text.encode()) < LARGEST


@pytest.mark.benchmark(group="the report of 400 branches")
def test_open(benchmark: BenchmarkFixture, ran: Run, browser: Browser) -> None:
    def load() -> float:
        with opened(browser, page(ran)) as seen:
            return float(seen.evaluate(LOADED)) / 1000

    seconds = benchmark.pedantic(load, rounds=3)
    size = page(ran).stat().st_size
    print(f"\n{size / 1e6:.2f} MB, loaded in {seconds:.2f} s")
    assert size < LARGEST
    assert seconds < LONGEST
