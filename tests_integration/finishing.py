"""The end of a session: the records, the report, the exit code."""

import pytest
from markupsafe import escape
from pytest_html.basereport import BaseReport

from tests_integration.record import html
from tests_integration.record.gather import plan_fact
from tests_integration.record.model import Record
from tests_integration.record.write import set_aside, write_forms
from tests_integration.session import Session

Records = dict[str, Record]


def records(session: Session) -> Records:
    """The records of the session's plans, by name."""
    return {given.name: session.record(given.name, session.ledgers[given.name].criteria()) for given in session.givens}


def kept(session: Session, records: Records) -> Records:
    """Those that are written; a plan whose attempt was refused keeps its earlier one."""
    return {name: record for name, record in records.items() if not session.refused(name)}


def write(session: Session, records: Records) -> list[str]:
    """Write the forms of every record; what could not be written."""
    problems = []
    for name, record in kept(session, records).items():
        try:
            if "attempt" not in session.ledgers[name].facts:
                set_aside(session.folder(name))
            write_forms(session.folder(name), session.given(name).plan, record)
        except OSError as error:
            problems.append(f"the record of {name} could not be written: {error}")
    return problems


def page(session: Session, records: Records) -> list[str]:
    """The records as HTML, for the report's head."""
    return [
        html.VIEWPORT,
        *(html.record(record, session.folder(name)) for name, record in kept(session, records).items()),
    ]


def title(session: Session) -> str:
    """What the report is called."""
    headings = [plan_fact(given).heading for given in session.givens]
    return headings[0] if len(headings) == 1 else f"{len(headings)} integration plans"


def name_cell(report: pytest.TestReport) -> str:
    """The cell of pytest-html's table that names a case."""
    return f'<td class="col-testId">{escape(report.nodeid.rpartition("::")[2].removeprefix("test_"))}</td>'


def drop_report(config: pytest.Config) -> None:
    """Keep pytest-html from writing."""
    for plugin in config.pluginmanager.get_plugins():
        if isinstance(plugin, BaseReport):
            config.pluginmanager.unregister(plugin)


def exit_code(session: Session, before: int, problems: list[str]) -> int:
    """The exit code: never 0 where a criterion that was asked for did not pass, or a record could not be written."""
    blocked = any(
        criterion.outcome in {"blocked", "failed"}
        or (criterion.outcome != "passed" and (criterion.criterion, criterion.subject) in ledger.chosen)
        for ledger in session.ledgers.values()
        for criterion in ledger.criteria()
    )
    if before == pytest.ExitCode.OK and (blocked or problems):
        return pytest.ExitCode.TESTS_FAILED
    return before
