"""What a gate hands on: its commands as they went, and what was found out about one that failed."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

GateName = Annotated[str, Field(json_schema_extra={"enum": ["build", "test", "demo"]})]


class Fact(BaseModel):
    """A frozen value, plain enough to travel between processes as JSON."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, json_schema_serialization_defaults_required=True
    )


class CommandFact(Fact):
    """One command of a gate, as it went.

    Attributes:
        stage: build, test or demo.
        exit: exit code; None where it did not end by itself.
        started_at: UTC, with milliseconds.
        timeout: seconds it was allowed.
        log: the log's path inside the report folder; its size in bytes and digest follow.
        left_running: processes that it left behind and that were ended.
        limit: what it was ended for: time, memory, processes, output or disk; or empty.
        ended: the same in words.
        isolation: how it was shut in, and what it was allowed to use.
        problem: why it could not be run as it should, or empty.
        reused: the run (`attempt.run`) in which it passed, where it was not run again in this one; the rest is of then.
    """

    stage: GateName
    run: str
    exit: int | None
    started_at: str = ""
    seconds: float
    timeout: int
    log: str
    size: int
    sha256: str
    left_running: tuple[str, ...] = ()
    limit: Literal["", "time", "memory", "processes", "output", "disk"] = ""
    ended: str = ""
    isolation: str = ""
    problem: str = ""
    reused: str = ""

    @property
    def passed(self) -> bool:
        """Whether it ended by itself with exit code 0."""
        return self.exit == 0 and not self.problem


class Proposal(Fact):
    """A known fix for what a failed gate shows, one for each way to cure it (R521).

    Attributes:
        id: of the catalogue's entry.
        problem: in the catalogue's words.
        signature: the regular expression that the log has; empty where the plan's own fix of this id does not cure.
        action: what the fix does.
        after: id of the branch in whose merge it belongs; empty where that is not known.
        proven: where it was shown to work.
        replaces: whether it stands in the place of the plan's own fix of this id.
        lines: an entry of `fixes:`, to paste into the plan; empty where no cure is known.
    """

    id: str
    problem: str
    signature: str
    action: str
    after: str
    proven: str
    replaces: bool
    lines: str


class TrialFact(Fact):
    """One trial: the commands of a gate on another tree of the same wave, or once more on the same.

    Attributes:
        number: from 1, as in the names of its logs.
        what: the tree, for people.
        commit: what was checked out; empty where there is nothing to be, since it does not merge.
        outcome: passed; failed in the way that is looked into; otherwise: in another way, or before it came to that;
            unjudged: nothing can be said of it.
        line: the most telling line of the log, or why it is unjudged; empty where it passed.
        commands: those that ran, in order, each with a log of its own.
    """

    number: int
    what: str
    commit: str = ""
    outcome: Literal["passed", "failed", "otherwise", "unjudged"]
    line: str = ""
    commands: tuple[CommandFact, ...] = ()

    @property
    def seconds(self) -> float:
        """How long its commands took."""
        return sum(command.seconds for command in self.commands)


class Culprit(Fact):
    """Since when a command of a gate fails, and with what together; all of it is backed by a trial or by git.

    Attributes:
        stage: of the gate.
        command: the line that failed.
        kind: `branch`: since the merge of one; `range`: since one of several, or since the only one that is left but
            could not be confirmed; `base`: before any merge; `unstable`: the failure does not repeat; `unknown`.
        branch: id of the branch since whose merge it fails; empty where it is not known to be that one.
        merge: commit of that merge.
        branches: ids of those that it may be, where it is a range.
        together: ids of the other branches with which the branch breaks, or `base`; empty where it breaks by itself, or
            that is not known.
        fixes: ids of the plan's fixes without which it does not fail in this way.
        files: files of the others that the log names.
        sentence: the same for people.
        bound: the limit at which looking further was given up; or empty.
        trials: in order.
    """

    stage: GateName
    command: str
    kind: Literal["branch", "range", "base", "unstable", "unknown"]
    branch: str = ""
    merge: str = ""
    branches: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    sentence: str
    bound: str = ""
    trials: tuple[TrialFact, ...] = ()


class BlamedFact(Fact):
    """Whose a bug is, as far as that was found out; as `Culprit` has it."""

    kind: str
    branch: str = ""
    merge: str = ""
    sentence: str


class Bug(Fact):
    """What is documented of a failure of a gate (R266); all that is known of it once this run has ended.

    Attributes:
        id: such as `BUG-008`; of the catalogue or of the plan's fix where it is known.
        stage: of the gate.
        run: the command that failed.
        signature: regular expression (RE2) that finds it in a log; empty where the log says nothing of it.
        ended: how the command ended: its exit code, or the limit that it was ended for.
        known: whether a signature of the catalogue or of a fix of the plan is in the log (R521).
        unstable: whether it never failed the same way twice on one commit; then it is no effort's.
        culprit: whose it is; None where that was not looked into.
        effort: whose branch has to repair it (R300); empty where that is not known.
        excerpt: of the log.
        first_seen: start of the first attempt that met it, UTC, ISO 8601 with `Z`.
        last_seen: start of the last attempt that met it.
        seen: in how many attempts.
        formerly: ids under which it was documented before it was known.
        fixed_at: when an attempt succeeded after it was last seen; empty while it is pending.
    """

    id: str
    stage: GateName
    run: str
    signature: str
    ended: str
    known: bool = False
    unstable: bool = False
    culprit: BlamedFact | None = None
    effort: str = ""
    excerpt: str = ""
    first_seen: str
    last_seen: str
    seen: int = Field(default=1, ge=1)
    formerly: tuple[str, ...] = ()
    fixed_at: str = ""

    @property
    def new(self) -> bool:
        """Whether no earlier attempt met it, and nobody knew it."""
        return self.seen == 1 and not self.known

    @property
    def told(self) -> str:
        """That it is new, or since when it is known, for people."""
        words = f"{self.id}, unstable" if self.unstable else self.id
        if self.seen > 1:
            return f"{words}, seen in {self.seen} attempts since {self.first_seen}"
        return f"{words}, known" if self.known else f"{words}, new"

    @property
    def told_whose(self) -> str:
        """The same, and which effort is to repair it."""
        return f"{self.told}, for {self.effort}" if self.effort else self.told


class Gate(Fact):
    """Build, test or demo.

    Attributes:
        commands: those that ran, in order; the first failure is the last.
        changed: tracked files that differ in the checkout afterwards.
        proposals: what the catalogue has for the failure.
        culprit: what was found out about the command that failed; None where it was not looked into.
        bugs: what the failure is documented as; none where this run documents nothing.
    """

    stage: GateName
    commands: tuple[CommandFact, ...]
    changed: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    culprit: Culprit | None = None
    bugs: tuple[Bug, ...] = ()
