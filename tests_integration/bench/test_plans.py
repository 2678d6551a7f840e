"""A night's plans up to the audit, on one worker of pytest-xdist and on two; and a thousand plans only collected."""

from pathlib import Path

import pytest

from tests_integration.bench import generate, scenes, sessions
from tests_integration.bench.conftest import Timed

PLANS = scenes.MANY.branches // scenes.SIX


@pytest.fixture(scope="module")
def night(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with plans for a night in `plans`, each with branches of its own, and with more in `collected`."""
    folder = tmp_path_factory.mktemp("night")
    scenes.borrow(scenes.generated(scenes.MANY, kept) / "origin.git", folder)
    for place, number in (("plans", PLANS), ("collected", scenes.COLLECTED)):
        for n in range(number):
            first = n % PLANS * scenes.SIX
            generate.write_wave(folder / place / f"plan{n:04}.yaml", range(first, first + scenes.SIX))
    return folder


@pytest.mark.benchmark(group="plans of a night")
@pytest.mark.parametrize("workers", [1, 2])
def test_workers(timed: Timed, night: Path, workers: int) -> None:
    folder = sessions.afresh(night)

    def whole_night() -> None:
        ended = sessions.run(folder, "-q", "--plan", str(night / "plans"), "--until", "audit", workers=workers)
        assert ended.exit == 0, ended.output

    timed(f"plans on {workers}", whole_night, 1)


@pytest.mark.benchmark(group="collection")
def test_collection(timed: Timed, night: Path) -> None:
    folder = sessions.afresh(night)

    def collect() -> None:
        ended = sessions.run(folder, "-q", "--plan", str(night / "collected"), "--collect-only")
        assert ended.exit == 0, ended.output

    timed("plans collected", collect, 3)
