"""The record: all facts of one run of one plan. Every form is a rendering of it and says the same."""

from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from tests_integration.facts import (
    AttemptFact,
    Bug,
    CommandFact,
    Culprit,
    Fact,
    Gate,
    InfrastructureFact,
    JudgedFact,
    MergeFact,
    NoteFact,
    Parked,
    Publication,
    RetryFact,
    Source,
)
from tests_integration.healing_facts import Healing
from tests_integration.plan.stages import RESULTS, STAGES
from tests_integration.record.comparison import Comparison

SCHEMA: Final = 2

Stage = Annotated[str, Field(json_schema_extra={"enum": list(STAGES)})]
Verdict = Annotated[str, Field(json_schema_extra={"enum": sorted({"SUCCESS", *RESULTS.values()})})]


class PlanFact(Fact):
    """What was asked for, in the plan's own words.

    Attributes:
        digest: SHA-256 of what the plan says and of the files that it takes in; empty where it was rejected.
        file: the plan's file, as it was given.
        files: SHA-256 of the plan's file and of each that it takes in, by path as seen from the plan's folder.
        document: all that the plan says, defaults included, passwords in URLs left out; empty where it was rejected.
        variables: texts with variables in them, by JSON pointer of their values in the document.
        catalogue: SHA-256 of the known fixes that it may look up; empty where there are none.
        lock: what it is held to, and what is released of that in this run; empty where it is not locked.
    """

    name: str
    title: str
    heading: str
    project: str
    phase: str
    wave: str
    attempt: int
    date: str
    author: str
    digest: str
    base: str
    integration: str
    publish: str
    branches: tuple[dict[str, Any], ...]
    file: str = ""
    files: dict[str, str] = Field(default_factory=dict)
    document: dict[str, Any] = Field(default_factory=dict)
    variables: dict[str, str] = Field(default_factory=dict)
    catalogue: str = ""
    lock: dict[str, Any] = Field(default_factory=dict)


class CriterionFact(Fact):
    """One criterion for one subject, and what came of it.

    Attributes:
        outcome: passed, failed, blocked or not-run.
        message: why it failed or is blocked; empty otherwise.
        remarks: what is no failure but has to be known.
    """

    criterion: str
    subject: str
    stage: Stage
    description: str
    outcome: Literal["passed", "failed", "blocked", "not-run"] = "not-run"
    message: str = ""
    remarks: tuple[str, ...] = ()
    seconds: float = 0.0


class StageFact(Fact):
    """When a stage was judged, from the start of its first criterion to the end of its last.

    Attributes:
        started_at: UTC, with milliseconds.
    """

    stage: Stage
    started_at: str
    seconds: float


class MergingFact(Fact):
    """How many merges this run made, and how many it remembered of earlier ones."""

    made: int
    remembered: int

    @property
    def told(self) -> str:
        """The same for people."""
        return f"{self.made} made, {self.remembered} remembered of earlier runs"


class Record(Fact):
    """What one run of one plan did and proved.

    Attributes:
        schema_version: of this form.
        verdict: a result word of R520.
        sentence: the verdict for people.
        base: commit that the branch starts from.
        tip: the finished branch.
        branch: its name.
        parked: branches that did not merge, each with why.
        problem: why there is no branch at all, or empty.
        retries: what network or machine failed in passing, and was done again.
        merging: how many merges were made in this run; None where none were to be.
        judged: who built the branch and who judged it, where it was not built by this run.
        note: the record as a note on the tip, where the plan asks for it and all else had held.
        healing: what `--heal` tried; None where it tried nothing.
        started_at: UTC.
        seconds: from start to end.
        interrupted: stage in which the run was interrupted, or is, while it has not ended; or empty.
        compared: with the run before; None where there is none.
        digest: SHA-256 over all the rest, as `record.seal` computes it; set when the record is written.
    """

    schema_version: Literal[2] = SCHEMA
    plan: PlanFact
    verdict: Verdict
    sentence: str
    base: str | None = None
    tip: str | None = None
    tree: str | None = None
    branch: str
    sources: dict[str, Source] = Field(default_factory=dict)
    merges: tuple[MergeFact, ...] = ()
    infrastructure: InfrastructureFact | None = None
    parked: tuple[Parked, ...] = ()
    problem: str = ""
    retries: tuple[RetryFact, ...] = ()
    merging: MergingFact | None = None
    judged: JudgedFact | None = None
    gates: tuple[Gate, ...] = ()
    commands: tuple[CommandFact, ...] = ()
    criteria: tuple[CriterionFact, ...] = ()
    stages: tuple[StageFact, ...] = ()
    publication: Publication | None = None
    note: NoteFact | None = None
    healing: Healing | None = None
    attempt: AttemptFact | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    environment: dict[str, str] = Field(default_factory=dict)
    started_at: str
    seconds: float
    interrupted: Stage | Literal[""] = ""
    compared: Comparison | None = None
    digest: str = ""

    @property
    def failed(self) -> tuple[CriterionFact, ...]:
        """The criteria that failed."""
        return tuple(criterion for criterion in self.criteria if criterion.outcome == "failed")

    @property
    def culprit(self) -> Culprit | None:
        """What was found out about the gate that failed; None where nothing was looked into."""
        return next((gate.culprit for gate in self.gates if gate.culprit), None)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was done again, and what criteria remarked, in order."""
        remarked = (remark for criterion in self.criteria for remark in criterion.remarks)
        return tuple(dict.fromkeys((*(retry.told for retry in self.retries), *remarked)))

    @property
    def bugs(self) -> tuple[Bug, ...]:
        """What failures of gates are documented as (R266)."""
        return tuple(bug for gate in self.gates for bug in gate.bugs)

    def count(self, outcome: str) -> int:
        """How many criteria have this outcome."""
        return sum(criterion.outcome == outcome for criterion in self.criteria)


def verdict(criteria: Iterable[CriterionFact]) -> str:
    """The result word of R520: the first stage that failed decides; nothing less than all criteria is a SUCCESS."""
    criteria = list(criteria)
    failed = [criterion.stage for criterion in criteria if criterion.outcome == "failed"]
    if failed:
        return RESULTS[min(failed, key=STAGES.index)]
    return "SUCCESS" if criteria and all(criterion.outcome == "passed" for criterion in criteria) else "INCOMPLETE"


def sentence(heading: str, criteria: Iterable[CriterionFact], judging: str = "", interrupted: str = "") -> str:
    """The verdict as a person would say it.

    Args:
        heading: of the plan.
        criteria: that it is about.
        judging: the branch, where somebody else built it.
        interrupted: the stage in which the run was interrupted, or empty.
    """
    criteria = list(criteria)
    word = verdict(criteria)
    passed = sum(criterion.outcome == "passed" for criterion in criteria)
    if word == "SUCCESS":
        return f"{heading}: {f'{judging} is as planned' if judging else 'integrated'}, all {passed} criteria hold"
    first = min(
        (criterion for criterion in criteria if criterion.outcome == "failed"),
        key=lambda criterion: STAGES.index(criterion.stage),
        default=None,
    )
    if first:
        why = headline(first).removeprefix(f"{judging}: ")
        if first.stage == "record":
            return f"{heading}: {f'{judging} is as planned' if judging else 'integrated'}, but the record failed: {why}"
        return f"{heading}: {f'{judging} is not as planned' if judging else 'not integrated'}, {why}"
    proven = f"interrupted in the stage {interrupted}" if interrupted else "not proven"
    return f"{heading}: {proven}, {passed} of {len(criteria)} criteria were judged and hold"


def headline(criterion: CriterionFact) -> str:
    """A failure in one line."""
    return (criterion.message.splitlines() or [criterion.description])[0].rstrip(":")


def statuses(criteria: Iterable[CriterionFact]) -> dict[str, str]:
    """The R520 statuses of merge, build, test and demo: SUCCESS, FAILED or NOT_RUN."""
    criteria = list(criteria)
    return {f"{stage}_status": _status(criteria, stages) for stage, stages in _STATUS_STAGES.items()}


_STATUS_STAGES = {"merge": ("merge", "audit"), "build": ("build",), "test": ("test",), "demo": ("demo",)}


def _status(criteria: list[CriterionFact], stages: tuple[str, ...]) -> str:
    outcomes = {criterion.outcome for criterion in criteria if criterion.stage in stages}
    if "failed" in outcomes:
        return "FAILED"
    return "SUCCESS" if outcomes == {"passed"} else "NOT_RUN"
