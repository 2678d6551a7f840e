"""What each stage hands on: frozen values that hold all that the record will say about it.

Every room may know these; they know nobody.
"""

from typing import Literal

from pydantic import Field

from tests_integration.gate_facts import BlamedFact, Bug, CommandFact, Culprit, Fact, Gate, Proposal, TrialFact
from tests_integration.text import path_of_word

NAMED = 5

__all__ = [
    "AttemptFact",
    "BlamedFact",
    "Bug",
    "CommandFact",
    "ConflictFact",
    "Culprit",
    "EditFact",
    "Fact",
    "FileFact",
    "FixFact",
    "Gate",
    "InfrastructureFact",
    "Integration",
    "JudgedFact",
    "MergeFact",
    "NoteFact",
    "Parked",
    "Proposal",
    "Publication",
    "Recorded",
    "Retried",
    "RetryFact",
    "Source",
    "TrialFact",
]


class JudgedFact(Fact):
    """A branch that somebody else built, and who judged it.

    Attributes:
        ref: `remote/branch`, or a commit id.
        commit: what was judged.
        built_by: who committed it, each as `Name <mail>`.
        judged_by: the suite and its version.
    """

    ref: str
    commit: str
    built_by: tuple[str, ...]
    judged_by: str

    @property
    def builders(self) -> str:
        """Who built it, in a few words."""
        more = f" and {len(self.built_by) - NAMED} more" if len(self.built_by) > NAMED else ""
        return f"{', '.join(self.built_by[:NAMED])}{more}" if self.built_by else "nobody: it is no more than the base"


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


class ConflictFact(Fact):
    """A path that git could not merge on its own.

    Attributes:
        path: in the repository.
        kind: in git's words, such as `content` or `modify/delete`.
        settled: what settled it, or empty.
        rule: number of the plan's `resolve` rule that is for it, from 1; 0 where a fix settled it, or no rule names it.
        dropped: what either side had added and settling it threw away, one line of text a side.
    """

    path: str
    kind: str
    settled: str = ""
    rule: int = 0
    dropped: tuple[str, ...] = ()


class EditFact(Fact):
    """A path that a rule or a fix of the plan set or removed inside a merge.

    Attributes:
        word: the path as a word for bash; it can hold bytes that no text can.
        mode: empty where it is removed.
        blob: id of the content.
        content: in base64, where neither side of the merge has this content.
    """

    word: str
    mode: str = ""
    blob: str = ""
    content: str = ""

    @property
    def path(self) -> str:
        """The path itself, undecodable bytes as surrogates."""
        return path_of_word(self.word)


class FixFact(Fact):
    """A known fix as applied: what it did, the files that it removed, and its effect as a patch and as edits.

    Attributes:
        stale: True where there was nothing to do: no effect, and no conflict that it settles.
    """

    id: str
    problem: str
    action: str
    proven: str
    removed: tuple[str, ...] = ()
    diff: str
    edits: tuple[EditFact, ...] = ()
    stale: bool = False


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
        edits: what settling them set or removed in git's own merge.
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
    edits: tuple[EditFact, ...] = ()
    fixes: tuple[FixFact, ...] = ()
    dropped: tuple[str, ...] = ()
    contained: bool = False
    tree_merged: str
    tree: str


class FileFact(Fact):
    """A file that the integration adds."""

    path: str
    mode: str
    blob: str


class InfrastructureFact(Fact):
    """The commit that adds demo and documents (R291)."""

    commit: str
    message: str
    files: tuple[FileFact, ...]


class Parked(Fact):
    """A branch that was left out, so that the others could still be merged.

    Attributes:
        branch: its id.
        problem: why, for people.
        conflicts: unsettled ones.
        waits_for: the parked branches that it depends on; empty where it is parked for its own sake.
    """

    branch: str
    problem: str
    conflicts: tuple[ConflictFact, ...] = ()
    waits_for: tuple[str, ...] = ()


class Integration(Fact):
    """The branch as built, or as far as it came.

    Attributes:
        base: commit that it starts from.
        parked: branches that could not be merged; the others were.
        tip: the finished branch; None where branches are parked or there is a problem.
        problem: why there is no branch at all, or empty.
    """

    base: str | None
    merges: tuple[MergeFact, ...] = ()
    infrastructure: InfrastructureFact | None = None
    tip: str | None = None
    tree: str | None = None
    parked: tuple[Parked, ...] = ()
    problem: str = ""


class Publication(Fact):
    """What came of the push.

    Attributes:
        status: pushed, unchanged (it was there already), refused, failed, or judged (somebody else pushed it).
        read_back: what the remote had afterwards.
        at: when it was read back, UTC.
    """

    remote: str
    url: str
    ref: str
    commit: str | None
    status: Literal["pushed", "unchanged", "refused", "failed", "judged"]
    problem: str = ""
    read_back: str | None = None
    at: str = ""


class NoteFact(Publication):
    """What came of pushing the record as a note on the tip (git-notes(1)); `commit` and `read_back` are of the notes.

    Attributes:
        text: of the note.
    """

    text: str = ""


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
        owner: host, process id, and seconds from its machine's start to its own; where it is gone, it was interrupted.
        judging: what is judged with `--verify`; empty where this run builds the branch itself.
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
    owner: dict[str, str | int | float] = Field(default_factory=dict)
    judging: str = ""

    @property
    def counts(self) -> bool:
        """Whether it is an attempt that is remembered (R520): no rehearsal, and no look at what others built."""
        return not self.rehearsal and not self.judging


class RetryFact(Fact):
    """Something that failed in passing, and was done again.

    Attributes:
        what: was done, for people.
        problem: why it failed, in one line.
        waited: seconds until it was done again.
    """

    what: str
    problem: str
    waited: float

    @property
    def told(self) -> str:
        """The same for people."""
        return f"{self.what} failed in passing, and was tried again after {self.waited:.0f} s: {self.problem}"


class Retried(Fact):
    """All that was done again, in order."""

    times: tuple[RetryFact, ...] = ()


class Recorded(Fact):
    """What was written when everything before had held; names of files inside the report folder.

    Attributes:
        metadata: the metadata file, absolute.
        rest_before: SHA-256 of what the metadata file held beside the object, before the attempt's end was written.
        rest_after: the same, right after it.
        problem: why the metadata could not be written, or empty.
    """

    metadata: str = ""
    at: str = ""
    rest_before: str = ""
    rest_after: str = ""
    work_log: str = ""
    replay: str = ""
    record: str
    problem: str = ""
