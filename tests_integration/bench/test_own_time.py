"""What the suite itself takes in a run of wave 2: the whole run less the plan's own commands."""

from typing import cast

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests_integration.selftests.running_plans import copy_of_plans, run


@pytest.mark.benchmark(group="a run of wave 2")
def test_wave2(benchmark: BenchmarkFixture, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = copy_of_plans(tmp_path_factory.mktemp("bench"))
    ran = benchmark.pedantic(run, (folder, "--plan", "plans/wave2.yaml"), rounds=1)
    whole = float(cast("dict[str, float]", benchmark.stats)["mean"])
    own = whole - sum(command["seconds"] for command in ran.record("wave2")["commands"])
    assert ran.exit == 0
    print(f"\nthe run: {whole:.1f} s, of that the suite's own: {own:.1f} s")
