"""The closing section on the terminal: the verdict, what failed and why, what to do, where the record is."""

from collections.abc import Iterator, Mapping, Sequence

import pytest

from tests_integration.facts import Parked
from tests_integration.record.advice import what_to_do
from tests_integration.record.compare import WORKER
from tests_integration.record.model import Record, headline
from tests_integration.session import Session
from tests_integration.text import clipped, counted, visible

FAILURES = 20
REMARKS = 8
LINES = 5
LONGEST = 1000
"""How much of failures, of remarks, of each remark, and of each line the terminal shows; all is in the record."""


def close(
    terminal: pytest.TerminalReporter, session: Session, records: Mapping[str, Record], problems: Sequence[str]
) -> None:
    """Say how each plan ended; with `-q` the verdict, what failed and was tried, the record's place, no more.

    Args:
        terminal: where it is said.
        session: its plans.
        records: of all plans, those whose attempt was refused too.
        problems: what could not be written.
    """
    quiet = terminal.verbosity < 0
    if not quiet:
        terminal.section("integration", "=")
    for line in [] if session.givens else share(session):
        terminal.line(_line(line), yellow=True)
    for given in session.givens:
        record = records[given.name]
        colour = {"green": record.verdict == "SUCCESS", "red": bool(record.failed)}
        terminal.line(_line(_verdict(session, given.name, record)), **colour)
        tried = record.healing.told if record.healing else ()
        for line in [*_failed(record), *tried, *([] if quiet else _more(record))]:
            terminal.line(f"  {_line(line)}")
        worker = record.environment.get(WORKER)
        if lock := session.locks.get(given.name):
            terminal.line(f"  {_line(lock)}")
        terminal.line(f"  record: {session.folder(given.name)}{f', of {worker}' if worker else ''}")
    for problem in problems:
        terminal.line(_line(problem), red=True)


def share(session: Session) -> list[str]:
    """Which plans this job runs, where they are split over jobs."""
    shard = session.shard
    if shard is None:
        return []
    of_all = f"of {counted(sum(map(len, shard.split)), 'plan')}"
    named = f"{len(shard.plans)} {of_all}: {', '.join(shard.plans)}"
    return [f"{shard.told}: {named if shard.plans else f'none {of_all}; nothing is run, and nothing proven'}"]


def _verdict(session: Session, name: str, record: Record) -> str:
    if session.refused(name):
        return f"{name}: refused; nothing was done, the earlier record is as it was"
    return f"{record.verdict}  {record.sentence}"


def _failed(record: Record) -> Iterator[str]:
    for failed in record.failed[:FAILURES]:
        subject = f" [{failed.subject}]" if failed.subject else ""
        yield f"{failed.stage}: {failed.criterion}{subject}: {headline(failed)}"
    if len(record.failed) > FAILURES:
        yield f"… and {len(record.failed) - FAILURES} more failures, in the record"


def _more(record: Record) -> Iterator[str]:
    if record.parked:
        yield f"parked: {', '.join(_parked(parked) for parked in record.parked)}; the others were merged"
    if record.interrupted:
        yield from (headline(lost) for lost in record.criteria if lost.outcome == "blocked" and lost.message)
    yield from (f"bug: {bug.told_whose}" for bug in record.bugs)
    yield from _next(record)
    remarks = record.remarks
    for remark in remarks[:REMARKS]:
        yield from _shortened(f"note: {remark}".splitlines())
    if len(remarks) > REMARKS:
        yield f"note: and {len(remarks) - REMARKS} more, in the record"
    if record.tip:
        yield f"{record.base} -> {record.tip}"
    if record.compared:
        yield from filter(None, (record.compared.sentence, record.compared.unstable_line))
    if record.judged:
        yield f"{record.judged.ref} was built by {record.judged.builders}, and judged by {record.judged.judged_by}"
    elif record.publication and not record.publication.problem:
        yield f"{record.publication.ref} on {record.publication.remote}, {record.publication.status}"


def _next(record: Record) -> Iterator[str]:
    if record.culprit:
        yield f"looked into: {record.culprit.sentence}"
    if record.verdict != "SUCCESS":
        yield f"what to do: {what_to_do(record)}"


def _line(text: str) -> str:
    return clipped(visible(text), LONGEST)


def _shortened(lines: list[str]) -> list[str]:
    return lines if len(lines) <= LINES else [*lines[:LINES], f"  … {len(lines) - LINES} more lines, in the record"]


def _parked(parked: Parked) -> str:
    return f"{parked.branch} (with {' and '.join(parked.waits_for)})" if parked.waits_for else parked.branch
