"""Auditing four hundred branches, beside merging them: it takes no more than three times as long.

Run: `.venv/bin/pytest tests_integration/bench`.
"""

from collections.abc import Iterator
from timeit import timeit

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests_integration.engine.integrate import integrate
from tests_integration.selftests.waves import Built, Wave, failures, git, integrated

BRANCHES = 400
FILES = 3000


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Four hundred branches on a base of three thousand files, the second half in one stack; one fix."""
    wave = Wave(tmp_path_factory.mktemp("bench") / "wave")
    wave.commit("main", {f"folder{n % 50}/file{n}.txt": f"{n}\n" * 20 for n in range(FILES)})
    for n in range(BRANCHES):
        parent = "base" if n < BRANCHES // 2 else f"E{n - 1}"
        wave.branch(f"E{n}", {f"folder{n % 50}/new{n}.txt": f"{n}\n"}, parent=parent)
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "twice", "after": "E0", "delete": ["folder0/file0.txt"]}]
    git(wave.origin, "gc", "--quiet")
    with integrated(wave) as built:
        yield built


@pytest.mark.benchmark(group="400 branches")
def test_merge(benchmark: BenchmarkFixture, built: Built) -> None:
    result = benchmark.pedantic(integrate, (built.plan, built.store, built.sources), rounds=1)
    assert len(result.merges) == BRANCHES


@pytest.mark.benchmark(group="400 branches")
def test_audit(benchmark: BenchmarkFixture, built: Built) -> None:
    merging = timeit(lambda: integrate(built.plan, built.store, built.sources), number=1)
    auditing = timeit(lambda: benchmark.pedantic(judge, (built,), rounds=1), number=1)
    assert auditing <= 3 * merging


def judge(built: Built) -> None:
    """Ask every criterion of the audit."""
    assert failures(built, str(built.integration.tip)) == {}
