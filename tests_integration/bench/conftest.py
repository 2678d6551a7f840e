"""What all benchmarks share: scenes, sessions, and the table that is printed at the end."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests_integration.bench import rows, scenes
from tests_integration.bench.scenes import Fetched, Scene
from tests_integration.starting import add_markers

MEASURED = pytest.StashKey[dict[str, float]]()


def pytest_configure(config: pytest.Config) -> None:
    """Take up what was measured before with the very same code; know the markers of criteria, which scenes import.

    Raises:
        pytest.UsageError: several would be measured at once.
    """
    if getattr(config.option, "numprocesses", None) or hasattr(config, "workerinput"):
        raise pytest.UsageError("tests_integration/bench measures time, one thing after the other: leave out -n")
    add_markers(config)
    config.stash[MEASURED] = rows.measured_before(config.cache.get(rows.KEPT, None) if config.cache else None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    config = terminalreporter.config
    measured = config.stash[MEASURED]
    if config.cache:
        config.cache.set(rows.KEPT, {"code": rows.code(), "measured": measured})
    sizes = "" if scenes.FULL else " (small sizes, which the targets are not for)"
    terminalreporter.section(f"figures{sizes}")
    for line in rows.table(measured):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def measured(pytestconfig: pytest.Config) -> dict[str, float]:
    """Seconds, counts and megabytes by name."""
    return pytestconfig.stash[MEASURED]


Timed = Callable[..., Any]


@pytest.fixture
def timed(benchmark: BenchmarkFixture, measured: dict[str, float]) -> Timed:
    """Measures a call under a name: the median of some rounds, each with its own `setup`; what the last one returns."""

    def go(name: str, function: Callable[..., Any], rounds: int, setup: Callable[[], Any] | None = None) -> Any:
        result = benchmark.pedantic(function, setup=setup, rounds=rounds)
        measured[name] = cast("Any", benchmark.stats).stats.median
        return result

    return go


@pytest.fixture(scope="session")
def kept(pytestconfig: pytest.Config) -> Path:
    """Where generated repositories are kept from run to run."""
    assert pytestconfig.cache, "the repositories are kept in pytest's cache"
    return pytestconfig.cache.mkdir("bench")


@pytest.fixture(scope="session", params=scenes.SCENES)
def scene(request: pytest.FixtureRequest, kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A wave to measure on."""
    return scenes.scene(request.param, kept, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def fetched(scene: Scene) -> Iterator[Fetched]:
    """The scene, fetched into a store in which nothing was merged yet."""
    with scenes.fetched(scene, scene.folder / "fetched.git") as made:
        yield made
