"""What is known so far of each plan in this session: outcomes of criteria, and facts of stages.

It hears pytest's reports only, so that it knows the same in the process that runs the criteria and, under
pytest-xdist, in the one that reports.
"""

from datetime import UTC, datetime
from typing import Any, TypeVar

from tests_integration.engine.clock import precise
from tests_integration.facts import Fact
from tests_integration.plan.stages import STAGES
from tests_integration.record.model import CriterionFact, StageFact, headline

F = TypeVar("F", bound=Fact)
Key = tuple[str, str]

NAMED = 4


class PlanLedger:
    """Outcomes and facts of one plan.

    Attributes:
        outcomes: every criterion of the plan, in order, by (criterion, subject).
        facts: by name, as plain values.
        chosen: keys of the criteria that this session runs.
        spans: when each stage began and ended so far, in seconds since the epoch.
    """

    def __init__(self, criteria: list[CriterionFact]) -> None:
        self.outcomes: dict[Key, CriterionFact] = {(fact.criterion, fact.subject): fact for fact in criteria}
        self.facts: dict[str, Any] = {}
        self.chosen: set[Key] = set()
        self.spans: dict[str, tuple[float, float]] = {}
        self._unsent: dict[str, Any] = {}
        self._culprits: dict[str, str] = {}

    def note(self, name: str, fact: Fact | dict[str, Any]) -> None:
        """Keep a fact, and send it along with the next report."""
        plain = fact.model_dump(mode="json") if isinstance(fact, Fact) else fact
        self.facts[name] = self._unsent[name] = plain

    def unsent(self) -> dict[str, Any]:
        """The facts that no report has carried yet."""
        sent, self._unsent = self._unsent, {}
        return sent

    def fact(self, name: str, model: type[F]) -> F | None:
        """A fact by name, or None where the run did not come so far."""
        return model.model_validate(self.facts[name]) if name in self.facts else None

    def hear(self, key: Key, outcome: str, message: str, seconds: float, remarks: tuple[str, ...] = ()) -> None:
        """Take in one phase of a criterion: a failure stays, whatever follows."""
        before = self.outcomes[key]
        for later in STAGES[STAGES.index(before.stage) + 1 :]:
            self._culprits.pop(later, None)
        worse = before.outcome in {"failed", "blocked"} and outcome != "failed"
        update: dict[str, Any] = {"seconds": round(before.seconds + seconds, 3), "remarks": remarks or before.remarks}
        self.outcomes[key] = before.model_copy(
            update=update if worse else {**update, "outcome": outcome, "message": message}
        )

    def clock(self, key: Key, start: float, stop: float) -> None:
        """Take in when a phase of a criterion began and ended."""
        stage = self.outcomes[key].stage
        began, ended = self.spans.get(stage, (start, stop))
        self.spans[stage] = min(began, start), max(ended, stop)

    @property
    def span(self) -> tuple[float, float] | None:
        """When the first stage began and the last ended, by a clock that may be set between; None if none ran yet."""
        spans = list(self.spans.values())
        return (spans[0][0], spans[-1][1]) if spans else None

    def stages(self) -> tuple[StageFact, ...]:
        """When each stage was judged; one that was blocked as a whole was not."""
        ran = {fact.stage for fact in self.outcomes.values() if fact.outcome in {"passed", "failed"}}
        return tuple(
            StageFact(
                stage=stage,
                started_at=precise(datetime.fromtimestamp(began, UTC)),
                seconds=round(max(0.0, ended - began), 3),
            )
            for stage, (began, ended) in self.spans.items()
            if stage in ran
        )

    def spend(self, key: Key, seconds: float) -> None:
        """Add the time of a phase that passed, such as what a stage took, to the criterion that asked first."""
        before = self.outcomes[key]
        spent = round(before.seconds + seconds, 3)
        if spent != before.seconds:  # most phases take less than is told
            self.outcomes[key] = before.model_copy(update={"seconds": spent})

    def criteria(self) -> tuple[CriterionFact, ...]:
        """All criteria of the plan, run or not."""
        return tuple(self.outcomes.values())

    def before(self, stage: str) -> list[CriterionFact]:
        """The criteria of all earlier stages."""
        end = STAGES.index(stage)
        return [fact for fact in self.outcomes.values() if STAGES.index(fact.stage) < end]

    def blocked_by(self, stage: str) -> str:
        """What failed in an earlier stage, for people; empty where nothing did."""
        if stage not in self._culprits:
            self._culprits[stage] = self._culprit(stage)
        return self._culprits[stage]

    def _culprit(self, stage: str) -> str:
        failed = [fact for fact in self.before(stage) if fact.outcome in {"failed", "blocked"}]
        if not failed:
            return ""
        culprit = next((fact for fact in failed if fact.outcome == "failed"), failed[0])
        subject = f"[{culprit.subject}]" if culprit.subject else ""
        return f"{culprit.stage} failed: {culprit.criterion}{subject}: {headline(culprit)}"

    def unproven(self, stage: str) -> list[CriterionFact]:
        """The criteria of earlier stages that did not pass in this session."""
        return [fact for fact in self.before(stage) if fact.outcome != "passed"]

    def complete(self, until: str) -> bool:
        """Whether every criterion of the plan up to this stage was asked for."""
        end = STAGES.index(until)
        return all(key in self.chosen for key, fact in self.outcomes.items() if STAGES.index(fact.stage) <= end)


def held_back(unproven: list[CriterionFact], *, rehearsal: bool) -> str:
    """Why nothing is pushed; empty where all that has to be proven is."""
    names = list(dict.fromkeys(fact.criterion for fact in unproven))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    if unproven:
        told = f"{len(unproven)} criteria did not run and pass in this session"
        return f"nothing was pushed: {told}: {', '.join(names[:NAMED])}{more}"
    asked = "not every criterion of the plan was asked for (-k, -m, a case by name)"
    return f"nothing was pushed: {asked}" if rehearsal else ""
