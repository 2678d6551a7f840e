"""What a job of GitHub Actions gets beside the log: a step summary, and failures at the lines of the plans.

The format is that of GitHub's own toolkit (`@actions/core`, command.ts and file-command.ts).
"""

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests_integration.criteria.about import about
from tests_integration.plan.load import Given
from tests_integration.plan.mistakes import Mark
from tests_integration.record.markdown import summary
from tests_integration.record.model import CriterionFact, Record
from tests_integration.session import Session
from tests_integration.text import clipped, visible

SUMMARY = "GITHUB_STEP_SUMMARY"
LARGEST = 1 << 20
"""Bytes that GitHub takes of a step's summary."""

SHOWN = 10
"""Annotations of one type that GitHub shows for a step."""

LONGEST = 2000


def is_job(caller: Mapping[str, str]) -> bool:
    """Whether this runs as a step of GitHub Actions."""
    return caller.get("GITHUB_ACTIONS") == "true"


class Silence:
    """While it lasts, no line of the log is a workflow command: logs and names are written by strangers.

    Attributes:
        token: ends it; nobody can guess it.
    """

    def __init__(self) -> None:
        self.token = secrets.token_hex(16)
        print(f"::stop-commands::{self.token}", flush=True)  # noqa: T201 - the runner reads what is printed

    def end(self) -> None:
        """Let the lines that follow be commands again."""
        print(f"\n::{self.token}::", flush=True)  # noqa: T201


def annotate(session: Session, records: Mapping[str, Record]) -> None:
    """Print the failures of each plan as annotations at the plan's lines."""
    for given in session.givens if records else ():  # there are none where nothing was judged
        for line in annotations(given, records[given.name], session):
            print(line, flush=True)  # noqa: T201


def annotations(given: Given, record: Record, session: Session) -> list[str]:
    """The failures of a plan as workflow commands: ten at most, the last of which tells how many more there are.

    Args:
        given: the plan; a rejected one has an annotation for each of its mistakes.
        record: its failed criteria are told; what these blocked is not.
        session: knows the workspace of the job, and what is judged.
    """
    file = _seen_from(session.caller.get("GITHUB_WORKSPACE", ""), given.file)
    found = [
        f"::error {_properties(file, mark, title)}::{_data(clipped(visible(text), LONGEST))}"
        for mark, title, text in _told(given, record, session)
    ]
    if len(found) <= SHOWN:
        return found
    more = f"{len(found) - SHOWN + 1} more failures of {given.name}, in its record: {session.folder(given.name)}"
    return [*found[: SHOWN - 1], f"::error {_properties(file, Mark(1, 1), given.name)}::{_data(more)}"]


def append_summary(session: Session, records: Mapping[str, Record]) -> Iterator[str]:
    """Append each plan's summary to the step's; what could not be appended is told.

    Args:
        session: the caller's environment names the file.
        records: of all plans, those whose attempt was refused too.
    """
    name = session.caller.get(SUMMARY)
    for given in session.givens if name else ():
        text = summary(records[given.name], session.folder(given.name)).encode(errors="backslashreplace") + b"\n"
        try:
            with Path(str(name)).open("ab") as stream:
                if stream.tell() + len(text) > LARGEST:
                    yield f"the summary of {given.name} is not in {SUMMARY}: it is full (GitHub takes 1 MiB a step)"
                else:
                    stream.write(text)
        except (OSError, ValueError) as error:
            yield f"the summary of {given.name} cannot be appended to {SUMMARY} ({name}): {error}"


def _told(given: Given, record: Record, session: Session) -> Iterator[tuple[Mark, str, str]]:
    if given.plan is None or given.document is None:
        for wrong in given.mistakes:
            yield wrong.mark, f"{given.name}: the plan is rejected", f"{wrong.path}: {wrong.text}"
        return
    places = about(given.plan, session.verify)
    for failed in record.failed:
        place = places[failed.criterion, failed.subject].place
        mark = given.document.mark(place, of_key=bool(place) and isinstance(place[-1], str))
        yield mark, _title(given, failed), failed.message


def _title(given: Given, failed: CriterionFact) -> str:
    return f"{given.name}: {failed.criterion}{f' [{failed.subject}]' if failed.subject else ''}"


def _seen_from(workspace: str, file: Path) -> str:
    """The file as GitHub knows it: relative to the workspace of the job, where it is below it."""
    place = file.absolute().parent.resolve() / file.name
    folder = Path(workspace).resolve()
    return place.relative_to(folder).as_posix() if workspace and place.is_relative_to(folder) else str(place)


def _properties(file: str, mark: Mark, title: str) -> str:
    values = {"file": file, "line": str(mark.line), "col": str(mark.column), "title": title}
    return ",".join(f"{name}={_property(value)}" for name, value in values.items())


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
