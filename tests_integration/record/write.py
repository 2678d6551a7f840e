"""Writes the forms of a record into the plan's report folder, each in one piece or not at all."""

import os
from pathlib import Path

from tests_integration.plan.model import Plan
from tests_integration.record import markdown, replay, worklog
from tests_integration.record.model import Record
from tests_integration.record.operations import operations

RECORD = "record.json"
SUMMARY = "summary.md"
WORK_LOG = "work-log.md"
REPLAY = "replay.sh"


def write_forms(folder: Path, plan: Plan | None, record: Record) -> None:
    """Write `record.json`, `summary.md`, `work-log.md` and, of a finished branch, `replay.sh`.

    Raises:
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / RECORD, record.model_dump_json(indent=2, by_alias=True) + "\n")
    _write(folder / SUMMARY, markdown.summary(record))
    steps = operations(plan, record) if plan and record.base else []
    if plan and steps:
        _write(folder / WORK_LOG, worklog.text(plan, record, steps))
    else:
        (folder / WORK_LOG).unlink(missing_ok=True)
    if plan and record.tip:
        _write(folder / REPLAY, replay.script(plan, record, steps))
    else:
        (folder / REPLAY).unlink(missing_ok=True)


def _write(file: Path, text: str) -> None:
    new = file.with_name(f".{file.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    new.replace(file)
