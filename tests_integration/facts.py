"""What each stage hands on: frozen values that hold all that the record will say about it.

Every room may know these; they know nobody.
"""

from pydantic import BaseModel, ConfigDict, Field


class Fact(BaseModel):
    """A frozen value, plain enough to travel between processes as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Source(Fact):
    """The base or a branch of the plan, as its remote has it.

    Attributes:
        id: `base` or the branch's id.
        source: `remote/branch` as the plan says it.
        remote: name of the remote.
        branch: name of the branch there.
        url: where it was looked up, without password.
        commit: the tip, or None where there is none to be had.
        problem: why not, for people.
    """

    id: str
    source: str
    remote: str = ""
    branch: str = ""
    url: str = ""
    commit: str | None = None
    problem: str = ""

    @property
    def ref(self) -> str:
        """Where the store keeps it; an id such as `E1..2` could not be part of a ref's name."""
        return f"refs/waveproof/{self.id.encode().hex()}"


class ConflictFact(Fact):
    """A path that git could not merge on its own.

    Attributes:
        path: in the repository.
        kind: in git's words, such as `content` or `modify/delete`.
        settled: what settled it, or empty.
    """

    path: str
    kind: str
    settled: str = ""


class FixFact(Fact):
    """A known fix as applied: what it did, the files that it removed, and its effect as a patch."""

    id: str
    problem: str
    action: str
    proven: str
    removed: tuple[str, ...] = ()
    diff: str


class MergeFact(Fact):
    """One merge commit of the integration branch.

    Attributes:
        branch: the branch's id.
        source: `remote/branch` that was merged (key `from`).
        tip: the branch's tip, the second parent.
        commit: the merge commit.
        parents: first parent is the integration so far.
        message: of the commit.
        conflicts: all that git could not merge on its own, each with what settled it.
        resolved: the conflicts that were settled, and how.
        fixes: applied inside this merge.
        dropped: paths that an earlier fix deleted and this branch would have brought back.
        contained: True where the branch was in already, so that git-merge(1) by itself would make no commit.
        tree_merged: git's own merge.
        tree: with fixes; the commit's tree.
    """

    branch: str
    source: str = Field(alias="from")
    tip: str
    commit: str
    parents: tuple[str, ...]
    message: str
    conflicts: tuple[ConflictFact, ...] = ()
    resolved: tuple[str, ...] = ()
    fixes: tuple[FixFact, ...] = ()
    dropped: tuple[str, ...] = ()
    contained: bool = False
    tree_merged: str
    tree: str


class FileFact(Fact):
    """A file that the integration adds: path, mode, blob id."""

    path: str
    mode: str
    blob: str


class InfrastructureFact(Fact):
    """The commit that adds demo and documents (R291)."""

    commit: str
    message: str
    files: tuple[FileFact, ...]


class Stop(Fact):
    """Why the branch could not be built: which branch, and what is in the way.

    Attributes:
        branch: id of the branch whose merge failed, or empty where no merge began.
        conflicts: unsettled ones.
        problem: for people.
    """

    branch: str
    conflicts: tuple[ConflictFact, ...] = ()
    problem: str


class Integration(Fact):
    """The branch as built, or as far as it came.

    Attributes:
        base: commit that it starts from.
        tip: the finished branch; None where it was stopped.
    """

    base: str | None
    merges: tuple[MergeFact, ...] = ()
    infrastructure: InfrastructureFact | None = None
    tip: str | None = None
    tree: str | None = None
    stop: Stop | None = None


class CommandFact(Fact):
    """One command of a gate, as it went.

    Attributes:
        stage: build, test or demo.
        run: the command line.
        exit: exit code; None where it was ended at its deadline.
        seconds: wall-clock time.
        timeout: seconds it was allowed.
        log: the log's path inside the report folder.
        size: of the log in bytes.
        sha256: of the log.
        left_running: processes that it left behind and that were ended.
        problem: why it could not even be started, or empty.
    """

    stage: str
    run: str
    exit: int | None
    seconds: float
    timeout: int
    log: str
    size: int
    sha256: str
    left_running: tuple[str, ...] = ()
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether it ended by itself with exit code 0."""
        return self.exit == 0 and not self.problem


class Gate(Fact):
    """Build, test or demo.

    Attributes:
        commands: those that ran, in order; the first failure is the last.
        changed: tracked files that differ in the checkout afterwards.
    """

    stage: str
    commands: tuple[CommandFact, ...]
    changed: tuple[str, ...] = ()


class Publication(Fact):
    """What came of the push.

    Attributes:
        status: pushed, unchanged (it was there already), refused or failed.
        read_back: what the remote had afterwards.
        at: when it was read back, UTC.
    """

    remote: str
    url: str
    ref: str
    commit: str | None
    status: str
    problem: str = ""
    read_back: str | None = None
    at: str = ""


class AttemptFact(Fact):
    """The attempt that this session is, or why it may not start (R520).

    Attributes:
        number: the plan's `attempt`.
        started_at: UTC, ISO 8601 with `Z`.
        refused: why it may not start; empty where it may.
        rehearsal: True where not every criterion up to the publication was asked for: no metadata, no push.
        forced: the reason given with `--force-attempt`, or empty.
        file: the metadata file.
        at: JSON pointer into it.
        inputs: what the branch is built from: digest of the plan, base and tips.
        run: names this run among those that the metadata remembers.
        owner: host, process id and when that process began; an attempt in progress whose owner is gone was interrupted.
        rest: SHA-256 of what the metadata file held beside the object, before the attempt.
    """

    number: int
    started_at: str
    refused: str = ""
    rehearsal: bool = False
    forced: str = ""
    file: str
    at: str
    inputs: dict[str, str]
    run: str = ""
    owner: dict[str, str | float] = Field(default_factory=dict)
    rest: str = ""


class Recorded(Fact):
    """What was written when everything before had held; names of files inside the report folder.

    Attributes:
        metadata: the metadata file, absolute.
        rest_before: SHA-256 of what the metadata file held beside the object, before the attempt.
        rest_after: the same, now.
        problem: why the metadata could not be written, or empty.
    """

    metadata: str
    at: str
    rest_before: str
    rest_after: str
    work_log: str
    replay: str
    record: str
    problem: str = ""
