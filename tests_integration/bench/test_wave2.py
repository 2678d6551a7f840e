"""What the suite itself takes in a first run of wave 2: the whole run less the plan's own commands, which are Go's."""

import time
from pathlib import Path
from statistics import median

import pytest

from tests_integration.bench import sessions
from tests_integration.bench.conftest import Timed
from tests_integration.selftests.running_plans import copy_of_plans

ROUNDS = 3


@pytest.mark.benchmark(group="wave 2")
def test_wave2(timed: Timed, measured: dict[str, float], tmp_path: Path) -> None:
    own: list[float] = []
    folder = copy_of_plans(sessions.afresh(tmp_path))
    sessions.run(folder, "--plan", "plans/wave2.yaml")  # fills Go's cache

    def first_run() -> None:
        begun = time.perf_counter()
        ended = sessions.run(folder, "--plan", "plans/wave2.yaml")
        whole = time.perf_counter() - begun
        assert ended.exit == 0, ended.output
        own.append(whole - sum(command["seconds"] for command in ended.record("wave2")["commands"]))

    timed("wave 2 with its commands", first_run, ROUNDS, lambda: sessions.forget(folder, sessions.afresh(tmp_path)))
    measured["wave 2"] = median(own)
