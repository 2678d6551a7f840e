"""The published JSON Schema of the R520 object: the model's own, and true of what is written."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests_integration.criteria.test_record import R520_ATTEMPT_FIELDS, R520_FIELDS
from tests_integration.record.r520 import PUBLISHED, text
from tests_integration.selftests.diary import Diary

SCHEMA = json.loads(PUBLISHED.read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def problems(kept: object) -> list[str]:
    """What the schema finds wrong, each with its place."""
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(kept)]


@pytest.fixture
def diary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Diary:
    return Diary.by_its_own_clock(tmp_path, monkeypatch)


def test_the_published_schema_is_the_models_own() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == text()
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_has_every_name_that_r520_gives() -> None:
    assert set(SCHEMA["required"]) >= R520_FIELDS
    assert set(SCHEMA["$defs"]["Entry"]["required"]) >= R520_ATTEMPT_FIELDS


def test_what_is_written_is_as_the_schema_says(diary: Diary) -> None:
    for result in ("TEST_GATE_FAILURE", "PUSH_FAILED", "SUCCESS"):
        begun = diary.start(forced="once more")
        assert problems(diary.kept) == []
        diary.finish(begun, result)
        assert problems(diary.kept) == []
    diary.finish(diary.start(), "INCOMPLETE", interrupted=True)
    diary.start()
    assert problems(diary.kept) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda kept: kept.pop("next_action"), "$"),
        (lambda kept: kept.update(last_attempt_result="FINE"), "$.last_attempt_result"),
        (lambda kept: kept.update(next_action="SLEEP"), "$.next_action"),
        (lambda kept: kept.update(ready_for_retry=True), "$.ready_for_retry"),
        (lambda kept: kept.update(integration_complete=True), "$.integration_complete"),
        (lambda kept: kept.update(bugs_pending_fix=[{"id": "BUG-1"}]), "$.bugs_pending_fix[0]"),
        (
            lambda kept: kept["integration_attempts"][0].update(completed_at=None),
            "$.integration_attempts[0].completed_at",
        ),
        (
            lambda kept: kept["integration_attempts"][0].update(started_at="today"),
            "$.integration_attempts[0].started_at",
        ),
        (lambda kept: kept["integration_attempts"][0].pop("interrupted"), "$.integration_attempts[0]"),
        (lambda kept: kept["integration_attempts"].clear(), "$.integration_attempts"),
    ],
)
def test_an_object_that_says_something_else_is_not(
    change: Callable[[dict[str, Any]], object], place: str, diary: Diary
) -> None:
    diary.attempt("TEST_GATE_FAILURE")
    kept = copy.deepcopy(diary.kept)
    change(kept)
    (problem,) = problems(kept)
    assert problem.startswith(f"{place}: ")
