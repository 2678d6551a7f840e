"""Merging sixty branches: the engine in memory, and `git merge --no-ff` in a work tree.

Run: `.venv/bin/pytest tests_integration/bench`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests_integration.engine.integrate import integrate
from tests_integration.selftests.waves import Built, Wave, git, integrated

BRANCHES = 60
FILES = 3000


@pytest.fixture(scope="module")
def wave(tmp_path_factory: pytest.TempPathFactory) -> Wave:
    """Sixty branches on a base of three thousand files."""
    wave = Wave(tmp_path_factory.mktemp("bench") / "wave")
    wave.commit("main", {f"folder{n % 50}/file{n}.txt": f"{n}\n" * 20 for n in range(FILES)})
    for n in range(BRANCHES):
        wave.branch(f"E{n}", {f"folder{n % 50}/new{n}.txt": f"{n}\n"})
    return wave


@pytest.fixture(scope="module")
def built(wave: Wave) -> Iterator[Built]:
    """The wave, fetched and integrated once."""
    with integrated(wave) as built:
        yield built


@pytest.mark.benchmark(group="merge 60 branches")
def test_by_the_engine(benchmark: BenchmarkFixture, built: Built) -> None:
    result = benchmark.pedantic(integrate, (built.plan, built.store, built.sources), rounds=3)
    assert len(result.merges) == BRANCHES


@pytest.mark.benchmark(group="merge 60 branches")
def test_by_hand(benchmark: BenchmarkFixture, wave: Wave, built: Built, tmp_path: Path) -> None:
    folder = tmp_path / "by-hand"
    git(tmp_path, "clone", "--quiet", str(wave.origin), str(folder))

    def merge_all() -> None:
        git(folder, "switch", "--quiet", "--force-create", "by-hand", "origin/main")
        for branch in built.plan.branches:
            git(folder, "merge", "--quiet", "--no-ff", "--no-edit", built.tips[branch.id])

    benchmark.pedantic(merge_all, rounds=3)
    assert git(folder, "rev-list", "--count", "--merges", "HEAD") == str(BRANCHES)
