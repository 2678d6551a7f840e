"""Writes the forms of a record into the plan's report folder, each in one piece or not at all."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree

from tests_integration.files import replace, replace_among_others
from tests_integration.plan.model import Plan
from tests_integration.record import intoto, markdown, replay, worklog
from tests_integration.record.model import Record
from tests_integration.record.operations import operations
from tests_integration.record.seal import sealed

MADE = '<meta name="generator" content="waveproof">'
"""Stands in every page of ours."""

RECORD = "record.json"
REPORT = "report.html"
INDEX = "index.html"
LOGS = "logs"
HISTORY = "history"
VERIFIED = "verified"
KEPT = 30
PLACE = "%Y-%m-%dT%H-%M-%S.%fZ"
SUMMARY = "summary.md"
WORK_LOG = "work-log.md"
REPLAY = "replay.sh"
METADATA = "metadata.json"
INTOTO = "record.intoto.jsonl"
FORMS = (RECORD, REPORT, SUMMARY, WORK_LOG, REPLAY, INTOTO, LOGS)
"""What a run leaves in the report folder of a plan, the record first; metadata and earlier runs are not of one run."""


def report_folder(reports: Path, name: str, *, verified: bool) -> Path:
    """Report folder of a plan; what is judged has one of its own, so that the record of building stays."""
    return reports / name / VERIFIED if verified else reports / name


def write_forms(folder: Path, plan: Plan | None, record: Record) -> None:
    """Write `record.json`, `summary.md`, `work-log.md` and, of a finished branch, `replay.sh` and the statements.

    Raises:
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / RECORD, sealed(record).model_dump_json(indent=2, by_alias=True) + "\n")
    _write(folder / SUMMARY, markdown.summary(record, folder))
    steps = operations(plan, record) if plan and record.base and not (record.attempt and record.attempt.judging) else []
    if plan and steps:
        _write(folder / WORK_LOG, worklog.text(plan, record, steps))
    else:
        (folder / WORK_LOG).unlink(missing_ok=True)
    if plan and steps and record.tip:
        _write(folder / REPLAY, replay.script(plan, record, steps))
    else:
        (folder / REPLAY).unlink(missing_ok=True)
    if record.tip:
        _write(folder / INTOTO, intoto.lines(record, _digests(folder, (RECORD, SUMMARY, WORK_LOG, REPLAY))))
    else:
        (folder / INTOTO).unlink(missing_ok=True)


def write_index(reports: Path, page: str) -> None:
    """Write `index.html`, the list of all plans.

    Raises:
        OSError: it cannot be written, or is somebody else's.
    """
    file = reports / INDEX
    if file.exists() and MADE not in file.read_text(encoding="utf-8", errors="replace"):
        raise FileExistsError(f"{file} is there, and waveproof did not write it; --reports DIR names another folder")
    replace_among_others(file, _encoded(page))


def write_page(folder: Path, page: str) -> None:
    """Write the report of one plan, where the session's own report is of several.

    Raises:
        OSError: the file cannot be written.
    """
    _write(folder / REPORT, page)


def set_aside(folder: Path) -> None:
    """Move the record of an earlier run to `history`, so that the next one neither loses it nor is taken for it.

    The newest thirty are kept.

    Raises:
        OSError: a file cannot be moved.
    """
    left = [folder / name for name in FORMS if (folder / name).exists()]
    if not left:
        return
    history = folder / HISTORY
    place = _next_place(history, datetime.fromtimestamp(left[0].stat().st_mtime, UTC))
    place.mkdir(parents=True)
    for file in left:
        file.rename(place / file.name)
    for old in sorted(place for place in history.iterdir() if place.is_dir())[:-KEPT]:
        rmtree(old)


def _next_place(history: Path, made: datetime) -> Path:
    """Named after when the record was made, and behind all that are kept, also where the clock was set back."""
    free = [time for place in history.glob("*") if (time := _just_after(place.name))]
    return history / max([made, *free]).strftime(PLACE)


def _just_after(name: str) -> datetime | None:
    try:
        return datetime.strptime(name, PLACE).replace(tzinfo=UTC) + timedelta(microseconds=1)
    except (ValueError, OverflowError):  # not from here
        return None


def _digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    there = [name for name in names if (folder / name).exists()]
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in there}


def _write(file: Path, text: str) -> None:
    replace(file, _encoded(text))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", errors="backslashreplace")
