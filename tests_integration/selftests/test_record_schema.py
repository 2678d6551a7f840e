"""The published JSON Schema of records: made from the models, true of every kind of record and of nothing else."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests_integration.record.model import Record
from tests_integration.record.schema import PUBLISHED, text
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.verifying import VERIFIED
from tests_integration.selftests.waves import Wave, every_kind_of_fix

SCHEMA = json.loads(PUBLISHED.read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)

Change = Callable[[dict[str, Any]], object]


def as_planned(wave: Wave) -> str:
    del wave
    return "SUCCESS"


def build_fails(wave: Wave) -> str:
    wave.document["build"] = [{"run": "echo broken; exit 3"}]
    return "BUILD_GATE_FAILURE"


def conflict_is_parked(wave: Wave) -> str:
    wave.branch("E9", {"one.txt": "nine\n"})
    return "MERGE_FAILED"


def plan_is_rejected(wave: Wave) -> str:
    wave.document["branches"][0]["parent"] = "E9"
    return "PLAN_REJECTED"


def problems(record: object) -> list[str]:
    """What the schema finds wrong, each with its place."""
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(record)]


@pytest.fixture(scope="module")
def green(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The record of a wave with every kind of fix, and conflicts."""
    wave = every_kind_of_fix(tmp_path_factory.mktemp("green") / "wave")
    return run(wave.folder, "--plan", str(wave.write())).record("wave")


def test_the_published_schema_is_the_models_own() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == text()


def test_the_published_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_names_its_version() -> None:
    assert SCHEMA["properties"]["schema_version"]["const"] == Record.model_fields["schema_version"].default


@pytest.mark.parametrize("kind", [as_planned, build_fails, conflict_is_parked, plan_is_rejected])
def test_a_record_is_as_the_schema_says(kind: Callable[[Wave], str], tmp_path: Path) -> None:
    wave = every_kind_of_fix(tmp_path / "wave")
    verdict = kind(wave)
    record = run(wave.folder, "--plan", str(wave.write())).record("wave")
    assert record["verdict"] == verdict
    assert problems(record) == []


def test_the_record_of_a_rehearsal_is_as_the_schema_says(stacked: Wave) -> None:
    record = run(stacked.folder, "--plan", str(stacked.write()), "--until", "merge").record("wave")
    assert record["verdict"] == "INCOMPLETE"
    assert problems(record) == []


def test_the_record_of_a_verification_is_as_the_schema_says(stacked: Wave) -> None:
    run(stacked.folder, "--plan", str(stacked.write()))
    record = run(stacked.folder, "--plan", str(stacked.write()), "--verify").record(VERIFIED)
    assert record["judged"]
    assert problems(record) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda record: record.pop("criteria"), "$"),
        (lambda record: record.update(mood="good"), "$"),
        (lambda record: record.update(schema_version=1), "$.schema_version"),
        (lambda record: record.update(verdict="FINE"), "$.verdict"),
        (lambda record: record.update(seconds="soon"), "$.seconds"),
        (lambda record: record["criteria"][3].update(outcome="skipped"), "$.criteria[3].outcome"),
        (lambda record: record["criteria"][0].update(stage="deploy"), "$.criteria[0].stage"),
        (lambda record: record["commands"][0].update(stage="publish"), "$.commands[0].stage"),
        (lambda record: record["publication"].update(status="done"), "$.publication"),
        (lambda record: record["merges"][0].pop("tree_merged"), "$.merges[0]"),
        (lambda record: record["merges"][1].update(parents=None), "$.merges[1].parents"),
        (lambda record: record["plan"].update(document=[]), "$.plan.document"),
    ],
)
def test_a_record_that_says_something_else_is_not(green: dict[str, Any], change: Change, place: str) -> None:
    record = copy.deepcopy(green)
    change(record)
    (problem,) = problems(record)
    assert problem.startswith(f"{place}: ")
