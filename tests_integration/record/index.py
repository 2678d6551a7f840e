"""`reports/index.html`: every plan with its last verdict and a strip of its past runs, without any script."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from tests_integration.record.earlier import Earlier, UnreadableError, brief, read, runs
from tests_integration.record.html import TEMPLATES, asset, policy
from tests_integration.record.write import HISTORY, KEPT, RECORD, REPORT, SUMMARY, VERIFIED
from tests_integration.text import counted

MARKS = {"good": "✔", "bad": "✘", "open": "\N{EN DASH}", "lost": "?"}
ATTENTION = ("bad", "lost", "open", "good")
"""Tones in the order in which plans are listed."""

NOTHING: Mapping[Path, str] = {}

MINUTE, HOUR = 60, 60
"""In seconds, and in minutes."""


class Run(NamedTuple):
    """One run of a plan.

    Attributes:
        tone: good, bad, open (nothing failed, but not all ran) or lost (its record cannot be read).
        word: the verdict.
        when: it began, UTC; empty where nobody knows.
        link: to its report, summary or record; empty where there is none.
        record: what was read, or None.
        problem: why nothing could be read, or empty.
    """

    tone: str
    word: str
    when: str
    link: str
    record: Earlier | None = None
    problem: str = ""

    @property
    def mark(self) -> str:
        """Says the tone without colour."""
        return MARKS[self.tone]

    @property
    def told(self) -> str:
        """The run in a few words."""
        return f"{self.word}, {_readable(self.when) if self.when else 'nobody knows when'}"


class Row(NamedTuple):
    """A plan as built, or as verified.

    Attributes:
        name: of the plan, that is of its folder.
        verified: whether these are judgements of a branch that somebody else built.
        last: the last run.
        links: label and address of each form of its record.
        past: earlier runs, oldest first.
    """

    name: str
    verified: bool
    last: Run
    links: tuple[tuple[str, str], ...]
    past: tuple[Run, ...]


def page(reports: Path, pages: Mapping[Path, Path], at: str, unsettled: Mapping[Path, str] = NOTHING) -> str:
    """The list as HTML; everything in it is escaped, and nothing that a record says becomes an address.

    Args:
        reports: the folder of all plans.
        pages: reports that are about to be written, by the folder of their plan.
        at: now, UTC.
        unsettled: why the record that stands in the folder of a plan is not that of its last run, by folder.

    Raises:
        OSError: the folder cannot be read.
    """
    folders = dict.fromkeys([*_folders(reports), *unsettled])
    rows = [row for one in folders if (row := _row(reports, one, pages.get(one), unsettled.get(one, "")))]
    rows.sort(key=lambda row: (ATTENTION.index(row.last.tone), row.name, row.verified))
    style = asset("palette.css") + asset("index.css")
    return TEMPLATES.get_template("index.html.j2").render(
        rows=rows,
        tone=rows[0].last.tone if rows else "open",
        marks=MARKS,
        sentence=_sentence(rows),
        style=style,
        policy=policy(style),
        at=at,
        duration=duration,
        readable=_readable,
    )


def duration(seconds: float) -> str:
    """Seconds for people."""
    if round(seconds, 1) < MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), MINUTE)
    hours = minutes // HOUR
    return f"{hours} h {minutes % HOUR} min" if hours else f"{minutes} min {rest} s"


def _folders(reports: Path) -> list[Path]:
    plans = sorted(folder for folder in reports.iterdir() if folder.is_dir() and not folder.name.startswith("."))
    return [folder for plan in plans for folder in (plan, plan / VERIFIED)]


def _row(reports: Path, folder: Path, page: Path | None, unsettled: str) -> Row | None:
    """The plan in a folder; None where it is none, that is, where no run ever left a record."""
    verified = folder.name == VERIFIED and folder.parent != reports
    name = brief((folder.parent if verified else folder).name)
    try:
        kept = [place for place in runs(folder)[-KEPT:] if os.path.lexists(place / RECORD)]
        past = tuple(_past(reports, place) for place in kept)
    except OSError as error:
        last = Run("lost", "UNREADABLE", "", "", problem=f"{HISTORY} cannot be read: {error.strerror}")
        return Row(name, verified, last, (), ())
    standing = os.path.lexists(folder / RECORD)
    if unsettled:  # where it stands, it will not stay
        past += (_past(reports, folder)._replace(link=""),) if standing else ()
        return Row(name, verified, Run("lost", "NO RECORD", "", "", problem=unsettled), (), past)
    if standing:
        return Row(name, verified, _run(reports, folder, page), _links(reports, folder, page), past)
    if not past:
        return None
    problem = "the last run has left no record: it is in progress, or was killed"
    return Row(name, verified, Run("lost", "NO RECORD", "", "", problem=problem), (), past)


def _past(reports: Path, folder: Path) -> Run:
    """An earlier run, for its mark; read once, since it does not change."""
    file = folder / RECORD
    try:
        found = file.stat()
    except OSError:
        return _run(reports, folder)
    return _marked(reports, folder, found.st_mtime_ns, found.st_size)


@cache
def _marked(reports: Path, folder: Path, _changed: int, _size: int) -> Run:
    return _run(reports, folder)._replace(record=None)


def _run(reports: Path, folder: Path, page: Path | None = None) -> Run:
    link = next((address for _, address in _links(reports, folder, page)), "")
    try:
        record = _read(reports, folder / RECORD)
    except UnreadableError as why:
        return Run("lost", "UNREADABLE", "", link, problem=f"the record cannot be read: {why}")
    return Run(record.tone, record.verdict, record.started_at, link, record)


def _read(reports: Path, file: Path) -> Earlier:
    if not _is_inside(reports, file):
        raise UnreadableError("it leads out of the reports folder")
    return read(file)


def _links(reports: Path, folder: Path, page: Path | None) -> tuple[tuple[str, str], ...]:
    """The forms of a record that are there, the one to read first first."""
    files = {"report": page or folder / REPORT, "summary": folder / SUMMARY, "record": folder / RECORD}
    return tuple(
        (label, address)
        for label, file in files.items()
        if (file == page or file.is_file()) and (address := _address(reports, file))
    )


def _address(reports: Path, file: Path) -> str:
    """Where a file is as seen from the list, for a link; empty where it is elsewhere."""
    if not _is_inside(reports, file):
        return ""
    return quote(os.fsencode(os.path.relpath(file, reports)))


def _is_inside(reports: Path, file: Path) -> bool:
    return file.resolve().is_relative_to(reports.resolve())


def _readable(stamp: str) -> str:
    return f"{stamp[:10]} {stamp[11:16]} UTC"


def _sentence(rows: list[Row]) -> str:
    if not rows:
        return "No plan has been run yet"
    others = len({row.name for row in rows if row.last.tone != "good"})
    total = counted(len({row.name for row in rows}), "plan")
    return f"{total}, {others} not green" if others else f"{total}, all green"
