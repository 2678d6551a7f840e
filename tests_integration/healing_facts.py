"""What `--heal` hands on: the attempts that it made with known fixes, and what came of them."""

from pydantic import Field

from tests_integration.facts import Fact


class HealAttempt(Fact):
    """One try at a plan with a known fix more, or another way to cure in the place of one (R521).

    Attributes:
        number: of the attempt (R520).
        id: of the known fix.
        action: what it does.
        after: id of the branch in whose merge it is.
        replaces: whether it stands in the place of the plan's own fix of this id.
        result: a result word of R520; INCOMPLETE where all gates pass, since nothing is published.
        statuses: those of R520.
        stage: that failed first; empty where all gates pass.
        line: the first failure in one line; empty likewise.
        shows: ids of the catalogue's problems that its log shows.
        tip: the branch that came of it.
        inputs: what it was built from, as for `AttemptFact`.
        record: folder of its record, as seen from the plan's own.
        started_at: UTC.
    """

    number: int
    id: str
    action: str
    after: str
    replaces: bool
    result: str
    statuses: dict[str, str] = Field(default_factory=dict)
    stage: str = ""
    line: str = ""
    shows: tuple[str, ...] = ()
    tip: str | None = None
    tree: str | None = None
    inputs: dict[str, str] = Field(default_factory=dict)
    run: str = ""
    record: str = ""
    started_at: str
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every criterion up to the demo held."""
        return not self.stage

    @property
    def told(self) -> str:
        """What it led to, in one line."""
        bugs = f"{' and '.join(self.shows)}: " if self.shows else ""
        return f"{self.id}, {self.action} -> {'all gates pass' if self.passed else f'{bugs}{self.line}'}"


class Healing(Fact):
    """What `--heal` tried for a failed gate, and what came of it.

    Attributes:
        before: what the plan's own fix of the same id led to, in one line; empty where it has none.
        attempts: in the order in which they were made.
        plan: name of the healed plan's file, beside the plan; empty where nothing passed.
        published: whether it was integrated and pushed, as the plan allows (`publish.healed`).
        stopped: why no more was tried, or the healed plan could not be written; empty where all was.
    """

    before: str = ""
    attempts: tuple[HealAttempt, ...] = ()
    plan: str = ""
    published: bool = False
    stopped: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """What a person has to know, a line for each try."""
        lines = [f"tried: {told}" for told in (self.before, *(attempt.told for attempt in self.attempts)) if told]
        if self.plan:
            lines.append(f"healed: {self.plan}{', integrated and pushed' if self.published else ', to be reviewed'}")
        return tuple(filter(None, [*lines, self.stopped]))
