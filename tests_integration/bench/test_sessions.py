"""Whole sessions up to the audit, the record written: the first, one when nothing has moved, one when a branch has."""

from pathlib import Path

import pytest

from tests_integration.bench import sessions
from tests_integration.bench.conftest import Timed
from tests_integration.bench.scenes import Scene
from tests_integration.bench.sessions import Ended

pytestmark = pytest.mark.benchmark(group="session --until audit")


@pytest.fixture(scope="session")
def folder(scene: Scene) -> Path:
    """Where the sessions of a scene run one after the other; a first one has let Python compile what it imports."""
    place = sessions.afresh(scene.folder)
    _until_audit(scene, place, "--collect-only")
    return place


def test_first(timed: Timed, measured: dict[str, float], scene: Scene, folder: Path) -> None:
    ended = timed(f"{scene.name} session", lambda: _until_audit(scene, folder), 1)
    judged = [fact for fact in ended.record("wave")["criteria"] if fact["outcome"] != "not-run"]
    measured[f"{scene.name} cases"] = len(judged)


def test_nothing_has_moved(timed: Timed, scene: Scene, folder: Path) -> None:
    _until_audit(scene, folder)
    timed(f"{scene.name} session again", lambda: _until_audit(scene, folder), 3)


def test_one_has_moved(timed: Timed, scene: Scene, folder: Path) -> None:
    with scene.moved():
        timed(f"{scene.name} session moved", lambda: _until_audit(scene, folder), 1)


def test_collected(timed: Timed, scene: Scene, folder: Path) -> None:
    timed(f"{scene.name} collected", lambda: _until_audit(scene, folder, "--collect-only"), 3)


def _until_audit(scene: Scene, folder: Path, *more: str) -> Ended:
    ended = sessions.run(folder, "-q", "--plan", str(scene.plan), "--until", "audit", *more)
    assert ended.exit == 0 or scene.name == "given", ended.output
    return ended
