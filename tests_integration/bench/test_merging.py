"""The chain of merges: by the suite, by the loop that a person would write, and by git when it knows all pairs."""

import shutil
from pathlib import Path

import pytest

from tests_integration.bench.conftest import Timed
from tests_integration.bench.generate import git, succeeds
from tests_integration.bench.scenes import Fetched, Scene
from tests_integration.bench.scenes import fetched as fetch
from tests_integration.engine.integrate import integrate
from tests_integration.engine.memory import Memory
from tests_integration.facts import Integration
from tests_integration.repository.store import open_store

pytestmark = pytest.mark.benchmark(group="merge stage")
AS_SOMEBODY = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "gc.auto=0")


@pytest.fixture(scope="session")
def merged(scene: Scene, fetched: Fetched) -> Integration:
    """What the suite makes of the scene, in a store of its own, `merged.git`; remembered in `memory`."""
    store = _copied(scene.folder / "fetched.git", scene.folder / "merged.git")
    return _integrate(fetched, store, scene.folder / "memory")


def test_by_the_suite(timed: Timed, scene: Scene, fetched: Fetched) -> None:
    store, memory = scene.folder / "copy.git", scene.folder / "new-memory"

    def afresh() -> None:
        _copied(scene.folder / "fetched.git", store)
        memory.unlink(missing_ok=True)

    timed(f"{scene.name} suite", lambda: _integrate(fetched, store, memory), 5, afresh)


def test_when_all_pairs_are_known(timed: Timed, scene: Scene, merged: Integration) -> None:
    pairs = "".join(f"{ours} {theirs}\n" for ours, theirs in (merge.parents for merge in merged.merges))

    def merge_all() -> str:
        return git(scene.folder / "merged.git", "merge-tree", "--write-tree", "-z", "--stdin", stdin=pairs)

    answers = timed(f"{scene.name} floor", merge_all, 5)
    assert answers.count(merged.merges[-1].tree_merged) == 1


@pytest.mark.parametrize("graph", ["", " with commit-graph"])
def test_by_the_loop(timed: Timed, scene: Scene, fetched: Fetched, merged: Integration, graph: str) -> None:
    if graph and scene.name == "tree":
        pytest.skip("it has no history")
    clone = scene.folder / f"by-hand{graph}"
    git(scene.folder, "clone", "--quiet", "--shared", "origin.git", str(clone))
    if graph:
        git(clone, "commit-graph", "write", "--reachable")
    git(clone, "switch", "--quiet", "--detach", merged.base or "")
    git(clone, "status", "--short")
    tips = [str(fetched.sources[branch.id].commit) for branch in fetched.plan.branches]

    def merge_all() -> None:
        for tip in tips:
            if not succeeds(clone, *AS_SOMEBODY, "merge", "--quiet", "--no-ff", "--no-edit", tip):
                git(clone, "merge", "--abort")

    timed(f"{scene.name} loop{graph}", merge_all, 1)
    if not merged.parked:
        assert git(clone, "rev-parse", "HEAD^{tree}") == merged.merges[-1].tree


@pytest.mark.usefixtures("merged")
def test_one_has_moved(timed: Timed, scene: Scene) -> None:
    store, memory = scene.folder / "moved.git", scene.folder / "moved-memory"

    def after_a_night() -> None:
        _copied(scene.folder / "merged.git", store)
        shutil.copy(scene.folder / "memory", memory)

    with scene.moved(), fetch(scene, scene.folder / "merged.git") as moved:
        timed(f"{scene.name} moved", lambda: _integrate(moved, store, memory), 5, after_a_night)


def _copied(store: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return Path(shutil.copytree(store, folder))


def _integrate(fetched: Fetched, store: Path, memory: Path) -> Integration:
    with open_store(store) as repo:
        made = integrate(fetched.plan, repo, fetched.sources, Memory(repo, fetched.plan, memory))
    assert made.merges
    return made
