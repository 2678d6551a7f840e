"""The R520 object as a model, and its JSON Schema.

Published by `python -m tests_integration.record.r520 > tests_integration/record/metadata.schema.json`.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tests_integration.engine.states import ROWS, WORDS
from tests_integration.facts import Bug

PUBLISHED = Path(__file__).with_name("metadata.schema.json")

Stamp = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
Commit = Annotated[str, Field(pattern="^([0-9a-f]{40}|[0-9a-f]{64})$")]
Status = Literal["SUCCESS", "FAILED", "NOT_RUN"]
Result = Annotated[str, Field(json_schema_extra={"enum": sorted(WORDS)})]
ACTIONS = sorted({"ESCALATE", *filter(None, (row.next_action for row in ROWS.values()))})
Action = Annotated[str, Field(json_schema_extra={"enum": list(ACTIONS)})]


def _where(key: str, said: object, then: dict[str, Any], otherwise: dict[str, Any]) -> dict[str, Any]:
    """A condition of JSON Schema: where a key says this, others are so, and else otherwise."""
    return {
        "if": {"properties": {key: {"const": said}}, "required": [key]},
        "then": {"properties": then},
        "else": {"properties": otherwise},
    }


class _Open(BaseModel):
    """An object in which others may keep keys of their own."""

    model_config = ConfigDict(extra="allow", json_schema_serialization_defaults_required=True)


class Entry(_Open):
    """One attempt. Further keys of ours: `owner` (the process that makes it), `healing` (which attempt it is to heal).

    Attributes:
        inputs: what it depends on: digests of the plan and of the known fixes, tips of base and branches.
        run: names it; record and metadata have the same.
        record_judged: whether all of it is judged, the record too.
        interrupted: whether its run was ended before it could judge.
    """

    model_config = ConfigDict(
        json_schema_extra=_where(
            "overall_result", "IN_PROGRESS", {"completed_at": {"type": "null"}}, {"completed_at": {"type": "string"}}
        )
    )

    attempt_number: int = Field(ge=1)
    started_at: Stamp
    completed_at: Stamp | None
    merge_status: Status
    merge_commit_sha: Commit | None
    build_status: Status
    test_status: Status
    demo_status: Status
    overall_result: Result
    bugs_created: list[str]
    cascade_triggered: bool
    inputs: dict[str, str]
    run: str
    record_judged: bool
    interrupted: bool


class Metadata(_Open):
    """The object of R520.

    Attributes:
        bugs_pending_fix: what failures are documented as (R266); ids by themselves are somebody else's.
        bugs_fixed: what was pending when an attempt succeeded.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                _where(
                    "last_attempt_result",
                    "SUCCESS",
                    {"integration_complete": {"const": True}, "bugs_pending_fix": {"maxItems": 0}},
                    {"integration_complete": {"const": False}},
                ),
                _where(
                    "next_action",
                    "RETRY_INTEGRATION",
                    {"ready_for_retry": {"const": True}},
                    {"ready_for_retry": {"const": False}},
                ),
            ]
        }
    )

    last_integration_attempt: Stamp
    merge_commit_sha: Commit | None
    last_attempt_result: Result
    bugs_pending_fix: list[Bug | str]
    bugs_fixed: list[Bug | str]
    ready_for_retry: bool
    retry_reason: str
    integration_started_at: Stamp
    integration_duration_seconds: int = Field(ge=0)
    attempt_count: int = Field(ge=0)
    max_attempts: int = Field(ge=1)
    time_limit_hours: int = Field(ge=1)
    last_progress_check: Stamp
    progress_warnings: list[str]
    next_action: Action | None
    manual_override: str | None
    integration_complete: bool
    integration_attempts: list[Entry] = Field(min_length=1)


def text() -> str:
    """The schema of the object as it is written; others may add keys of their own (Draft 2020-12)."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Metadata.model_json_schema(mode="serialization"),
        "title": "Attempts at an integration (R520)",
    }
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
