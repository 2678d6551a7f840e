"""Reads the records of earlier runs, whoever wrote them, and with whichever version of the suite.

Only what a comparison or a list of runs needs is read, so that a record of another schema version can be.
"""

from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from tests_integration.plan.values import CommitId
from tests_integration.record.write import HISTORY, RECORD
from tests_integration.text import visible

LARGEST = 64 * 1024 * 1024
"""Bytes of a record that is read; that of 400 branches has some two million."""

LONGEST = 200


class UnreadableError(Exception):
    """A file that is no record; the text says why, in one line."""


def brief(text: str) -> str:
    """A text of an earlier record in one line of bounded length, safe to be shown."""
    line = visible(text[: LONGEST + 1]).replace("\n", " ").replace("\t", " ")
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


Brief = Annotated[str, AfterValidator(brief)]
Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class EarlierPlan(_Part):
    """What was asked for."""

    heading: Brief
    digest: str = ""


class EarlierSource(_Part):
    """Where the base or a branch was."""

    source: Brief
    commit: CommitId | None = None


class EarlierCriterion(_Part):
    """What came of a criterion, and how long that took."""

    criterion: str
    subject: str
    outcome: str
    seconds: Seconds = 0.0


class EarlierCommand(_Part):
    """How long a command of a gate took."""

    stage: str
    run: str
    exit: int | None
    seconds: Seconds


class EarlierChange(_Part):
    """A criterion that changed its outcome."""

    criterion: Brief
    subject: Brief = ""


class EarlierComparison(_Part):
    """How it compared with the run before it."""

    unstable: tuple[EarlierChange, ...] = ()


class EarlierAttempt(_Part):
    """What kind of run it was."""

    rehearsal: bool = False
    judging: str = ""


class Earlier(_Part):
    """The record of an earlier run, as far as it is compared; every text that may be shown is brief."""

    schema_version: int
    plan: EarlierPlan
    verdict: Annotated[str, Field(pattern="^[A-Z][A-Z_]{1,39}$")]
    sentence: Brief
    started_at: Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
    seconds: Seconds
    tip: CommitId | None = None
    sources: dict[str, EarlierSource] = Field(default_factory=dict)
    criteria: tuple[EarlierCriterion, ...] = ()
    commands: tuple[EarlierCommand, ...] = ()
    attempt: EarlierAttempt | None = None
    environment: dict[str, Brief] = Field(default_factory=dict)
    compared: EarlierComparison | None = None
    interrupted: str = ""

    @property
    def judging(self) -> str:
        """The branch that it judged; empty where it built one."""
        return self.attempt.judging if self.attempt else ""

    @property
    def tone(self) -> str:
        """Its verdict in a word that a page gives a colour: good, bad, or open where nothing failed but not all ran."""
        failed = any(criterion.outcome == "failed" for criterion in self.criteria)
        return "good" if self.verdict == "SUCCESS" else "bad" if failed or self.verdict != "INCOMPLETE" else "open"

    @property
    def came_to_a_verdict(self) -> bool:
        """Whether it was a whole run: no rehearsal, not interrupted before anything failed, not of a rejected plan."""
        return self.attempt is not None and not self.attempt.rehearsal and bool(self.sources) and self.tone != "open"

    @property
    def is_rehearsal(self) -> bool:
        """Whether it was asked for a part of the criteria, looked where the branches are, and came to its end."""
        return self.attempt is not None and self.attempt.rehearsal and bool(self.sources) and not self.interrupted


class Found(NamedTuple):
    """The run to compare with.

    Attributes:
        earlier: None where there is none.
        passed_over: newer runs that came to no verdict, left no record, or judged another branch.
        problem: why the record next in line cannot be read, or empty.
    """

    earlier: Earlier | None = None
    passed_over: int = 0
    problem: str = ""


def read(file: Path) -> Earlier:
    """The record in a file.

    Raises:
        UnreadableError: it is no record, or not one that can be understood.
    """
    try:
        if not file.is_file():
            raise UnreadableError("it is no file")
        if file.stat().st_size > LARGEST:
            raise UnreadableError(f"it is larger than {LARGEST // 1024 // 1024} MiB")
        earlier = Earlier.model_validate_json(file.read_bytes())
    except OSError as error:
        raise UnreadableError(error.strerror or str(error)) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise UnreadableError(brief(f"{place}: {first['msg']}" if place else first["msg"])) from error
    if earlier.verdict == "SUCCESS" and {criterion.outcome for criterion in earlier.criteria} != {"passed"}:
        raise UnreadableError("it says SUCCESS, but not that every criterion passed")
    return earlier


def runs(folder: Path) -> list[Path]:
    """Folders of earlier runs that are kept in a report folder, oldest first."""
    history = folder / HISTORY
    return sorted(place for place in history.iterdir() if place.is_dir()) if history.is_dir() else []


def find(folder: Path, judging: str, *, begun: bool, rehearsal: bool) -> Found:
    """The newest earlier run that came to a verdict about the same: that which a run is compared with.

    A rehearsal stands beside a rehearsal, too: nightlies that push nothing are such.
    A record that cannot be read ends the search, so that nothing is compared with a run that was not the last.

    Args:
        folder: report folder of the plan.
        judging: the branch that is judged; empty where one is built.
        rehearsal: whether the run is one.
        begun: whether the run has set the earlier record aside already; else it still stands in the folder itself.
    """
    passed_over = 0
    try:
        places = _newest_first(folder, begun=begun)
    except OSError as error:
        return Found(problem=f"the earlier records cannot be read: {error.strerror}")
    for place in places:
        if not (place / RECORD).exists():
            passed_over += 1
            continue
        try:
            earlier = read(place / RECORD)
        except UnreadableError as why:
            return Found(None, passed_over, f"the earlier record cannot be read: {why}")
        comparable = earlier.came_to_a_verdict or (rehearsal and earlier.is_rehearsal)
        if comparable and earlier.judging == judging:
            return Found(earlier, passed_over)
        passed_over += 1
    return Found()


def _newest_first(folder: Path, *, begun: bool) -> list[Path]:
    standing = [folder] if not begun and (folder / RECORD).exists() else []
    return [*standing, *reversed(runs(folder))]
