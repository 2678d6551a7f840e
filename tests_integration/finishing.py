"""The end of a session: the records, the report, the exit code."""

from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

import pytest
from pytest_html.basereport import BaseReport

from tests_integration import shards
from tests_integration.engine.clock import now, stamp
from tests_integration.files import replace
from tests_integration.record import html, index
from tests_integration.record.gather import plan_fact
from tests_integration.record.model import Record
from tests_integration.record.write import RECORD, set_aside, write_forms, write_page
from tests_integration.record.write import write_index as write_list
from tests_integration.session import Session

Records = dict[str, Record]
Parts = Callable[[str], str]


def records(session: Session) -> Records:
    """The records of the session's plans, by name."""
    return {given.name: session.record(given.name, session.ledgers[given.name].criteria()) for given in session.givens}


def kept(session: Session, records: Records) -> Records:
    """Those that are written; a plan whose attempt was refused keeps its earlier one."""
    return {name: record for name, record in records.items() if not session.refused(name)}


def parts(session: Session, records: Records) -> Parts:
    """The records that are written, each as a fragment of HTML, made when it is asked for and not twice."""

    @cache
    def part(name: str) -> str:
        return html.record(records[name], session.folder(name))

    return part


def write(session: Session, records: Records, parts: Parts) -> list[str]:
    """Write the forms of every record, and of several plans each its own page; what could not be written."""
    problems = []
    several = len(session.givens) > 1
    for name, record in kept(session, records).items():
        try:
            if "attempt" not in session.ledgers[name].facts:
                set_aside(session.folder(name))
            write_forms(session.folder(name), session.given(name).plan, record)
            if several:
                write_page(session.folder(name), html.document(record.plan.heading, parts(name)))
        except OSError as error:
            problems.append(f"the record of {name} could not be written: {error}")
    return problems


def begin(session: Session) -> None:
    """Say in the report folder what has begun.

    Raises:
        pytest.UsageError: it cannot be said there which share of the plans this job runs.
    """
    _begin_index(session)
    try:
        if session.shard:
            shards.begin(session.shard, session.reports)
    except OSError as error:
        raise pytest.UsageError(f"--shard: {session.reports} cannot be written: {error.strerror}") from None


def end_shard(session: Session) -> list[str]:
    """Say in the report folder that this job has come to its end; why it could not be."""
    if session.shard is None:
        return []
    try:
        session.shard.model_copy(update={"ended": True}).write(session.reports)
    except OSError as error:
        return [f"that {session.shard.told} has ended could not be written: {error.strerror}"]
    return []


def seconds(session: Session) -> dict[str, float]:
    """How long each plan took the last time."""
    return shards.seconds({given.name: session.folder(given.name) for given in session.givens})


def _begin_index(session: Session) -> None:
    """Let the list of plans show none of the session's earlier records as the last: a run has begun that may be killed.

    It is written once, however many plans there are; what keeps it from being written is told at the end.
    """
    names = [given.name for given in session.givens if given.name not in session.refusals]
    folders = [folder for name in names if (folder := session.folder(name)).joinpath(RECORD).exists()]
    why = f"a run began at {stamp(now())} that has left no record yet: it is in progress, or was killed"
    if folders:
        session.listed = True
        with suppress(OSError):
            write_list(session.reports, index.page(session.reports, {}, stamp(now()), dict.fromkeys(folders, why)))


def write_index(session: Session, records: Records, report: str | None) -> list[str]:
    """Write the list of all plans in the reports folder, where this session changed it; why it could not be.

    Args:
        session: whose reports folder it is.
        records: what was written.
        report: the page that pytest-html is about to write, or None.
    """
    written = kept(session, records)
    pages = {session.folder(name): Path(report) for name in written} if report and len(session.givens) == 1 else {}
    try:
        if written or session.listed:
            write_list(session.reports, index.page(session.reports, pages, stamp(now())))
    except OSError as error:
        return [f"the list of plans could not be written: {error}"]
    return []


def page(session: Session, records: Records, parts: Parts) -> list[str]:
    """The records as HTML, for the report."""
    written = kept(session, records)
    if len(session.givens) == 1:
        return [parts(name) for name in written]
    headed = [html.headed(parts(name), record) for name, record in written.items()]
    return [html.overview([*records.values()]), *headed]


def title(session: Session) -> str:
    """What the report is called."""
    headings = [plan_fact(given).heading for given in session.givens]
    return headings[0] if len(headings) == 1 else f"{len(headings)} integration plans"


def require_place(report: Path) -> None:
    """Refuse to start where the report's folder cannot be made.

    Raises:
        pytest.UsageError: with the reason.
    """
    try:
        report.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise pytest.UsageError(
            f"records cannot land in {report.parent}: {error.strerror}; --reports DIR names another folder"
        ) from None


def use_page(session: pytest.Session, suite: Session) -> None:
    """Have pytest-html fill our page, and write it in one piece, so that no half of one is ever left.

    Its own page shows nothing without scripts, and lets whatever is in it act; where it cannot be written, it shows a
    traceback.
    """
    for report in _reports(session.config):
        report._template = html.page()  # noqa: SLF001 - pytest-html has no option for it
        report._write_report = partial(_write_report, session, suite, report._report_path)  # noqa: SLF001


def _write_report(session: pytest.Session, suite: Session, file: Path, page: str) -> None:
    try:
        replace(file, page.encode("utf-8", errors="backslashreplace"))
    except OSError as error:
        suite.problems.append(f"the report {file} could not be written: {error.strerror}")
        session.exitstatus = exit_code(suite, int(session.exitstatus), suite.problems)
        drop_report(session.config)


def keep_start(session: pytest.Session) -> None:
    """Have the folder that the session was started in, to which pytest goes back before anything can be told."""
    with suppress(OSError):
        session.startpath.mkdir(parents=True, exist_ok=True)


def drop_report(config: pytest.Config) -> None:
    """Keep pytest-html from writing."""
    for report in _reports(config):
        config.pluginmanager.unregister(report)


def _reports(config: pytest.Config) -> list[BaseReport]:
    return [plugin for plugin in config.pluginmanager.get_plugins() if isinstance(plugin, BaseReport)]


def exit_code(session: Session, before: int, problems: list[str]) -> int:
    """The exit code: never 0 where a criterion that was asked for did not pass, or a record could not be written."""
    blocked = any(
        criterion.outcome in {"blocked", "failed"}
        or (criterion.outcome != "passed" and (criterion.criterion, criterion.subject) in ledger.chosen)
        for ledger in session.ledgers.values()
        for criterion in ledger.criteria()
    )
    if session.shard and not session.givens and before == pytest.ExitCode.NO_TESTS_COLLECTED:
        before = pytest.ExitCode.OK  # this job has nothing to do, which is no failure
    if before == pytest.ExitCode.OK and (blocked or problems):
        return pytest.ExitCode.TESTS_FAILED
    return before
