"""The parts of a plan, as frozen pydantic models: remotes, branches, rules, fixes, gates."""

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from tests_integration.plan.patterns import PathPatterns, TextPattern
from tests_integration.plan.values import (
    ID,
    CommandLine,
    CommitId,
    Duration,
    Flag,
    FlagOrVariable,
    Id,
    LocalPath,
    PathPatternList,
    Pattern,
    Pointer,
    RemoteUrl,
    RepositoryPath,
    Size,
    Source,
    Text,
)

SPLIT_ID = re.compile(r"(?P<effort>.+)-split-(?P<split>[0-9]{1,9})")


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _or_text(schema: dict[str, Any]) -> None:
    mapping = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "string"}, mapping]


OneOrMoreIds = Annotated[
    tuple[Id, ...],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class Model(BaseModel):
    """What every part of a plan shares: frozen, unknown keys refused, keys as written."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)


class Remote(Model):
    """Where branches are fetched from or pushed to.

    Attributes:
        url: a URL, the path of a repository, or of a bundle file (git-bundle(1)).
        path: a bare repository instead, made from `create_from` where it does not exist yet.
        create_from: the repository or bundle that `path` is made from.
    """

    model_config = ConfigDict(json_schema_extra=_or_text)

    url: RemoteUrl | None = None
    path: LocalPath | None = None
    create_from: LocalPath | None = None

    @model_validator(mode="after")
    def _has_one_place(self) -> "Remote":
        if (self.url is None) == (self.path is None):
            raise ValueError("needs either a URL or path, or a mapping with 'path' (and 'create_from')")
        return self


class Branch(Model):
    """One effort branch, or one split of an effort.

    Attributes:
        id: names the branch in the plan, in case ids and in the record.
        title: shown beside the id.
        source: `remote/branch` that is merged (key `from`); `remote/#123` is a pull request of GitHub, `remote/!123` a
            merge request of GitLab.
        parent: `base`, or the ids of the earlier branches that this one is stacked on.
        contains: what the branch brings.
        commit: the commit that was approved; any other tip is refused.
        effort: the effort it belongs to; read from the id where it is not given.
        split: the number of the split; read from the id where it is not given.
    """

    id: Id
    title: Text
    source: Source = Field(alias="from")
    parent: OneOrMoreIds = ("base",)
    contains: Text | None = None
    commit: CommitId | None = None
    effort: Id = ""
    split: int = Field(default=0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _effort_and_split_from_id(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("id"), str):
            if not ID.fullmatch(data["id"]):
                return data
            match = SPLIT_ID.fullmatch(data["id"])
            effort, split = (match["effort"], match["split"]) if match else (data["id"], 0)
            return {"effort": effort, "split": split, **data}
        return data


class Resolve(Model):
    """How conflicts are settled: by choosing a side, nothing more (R361). The first rule that names a path settles it.

    Attributes:
        paths: patterns of files (gitignore(5)).
        take: `ours` (what was merged before), `theirs` (the branch), `union` (lines of both), `delete`, or `recorded`
            (as it was settled before, git-rerere(1)).
        merges: only in the merges of these branches (key `in`).
        drops: whether lines that a side added may be lost by it.
    """

    paths: PathPatternList = Field(min_length=1)
    take: Literal["ours", "theirs", "union", "delete", "recorded"]
    merges: OneOrMoreIds = Field(default=(), alias="in", min_length=1)
    drops: Flag = False

    @property
    def action(self) -> str:
        """What the rule does, in a few words."""
        return f"{self.take} of {', '.join(self.paths)}"

    def settles(self, branch: Branch, path: str) -> bool:
        """Whether the rule is for this path in the merge of this branch."""
        return (not self.merges or branch.id in self.merges) and self._patterns.match(path)

    @cached_property
    def _patterns(self) -> PathPatterns:
        return PathPatterns(self.paths)


class Sides(Model):
    """Files that are taken whole from one side of a merge.

    Attributes:
        ours: files taken from what was merged before.
        theirs: files taken from the branch.
    """

    ours: tuple[RepositoryPath, ...] = ()
    theirs: tuple[RepositoryPath, ...] = ()

    @model_validator(mode="after")
    def _names_files(self) -> "Sides":
        if not self.ours and not self.theirs:
            raise ValueError("names no file: give 'ours' or 'theirs' with a list of paths")
        return self


class Cure(Model):
    """What a known fix does to the tree of a merge: it chooses a side, or edits lines (R361).

    Attributes:
        delete: files that are removed.
        take: files that are taken whole from one side.
        patch: file beside the plan with a patch (git-apply(1)).
        needs: files that must be there after the merge for the fix to make sense.
    """

    delete: tuple[RepositoryPath, ...] = ()
    take: Sides | None = None
    patch: Text | None = None
    needs: tuple[RepositoryPath, ...] = ()

    @property
    def deeds(self) -> int:
        """How many of `delete`, `take` and `patch` it has."""
        return sum((bool(self.delete), self.take is not None, self.patch is not None))

    @property
    def paths(self) -> frozenset[str]:
        """The files that it deletes or takes."""
        return frozenset((*self.delete, *((*self.take.ours, *self.take.theirs) if self.take else ())))

    @property
    def action(self) -> str:
        """What the fix does, in a few words."""
        if self.take:
            sides = (("ours", self.take.ours), ("theirs", self.take.theirs))
            return "take " + ", ".join(f"{side} of {', '.join(paths)}" for side, paths in sides if paths)
        return f"apply {self.patch}" if self.patch else f"delete {', '.join(self.delete)}"


class Fix(Cure):
    """A known fix, applied inside the merge of the branch that it names (R361, R521).

    Attributes:
        id: such as `BUG-007`.
        problem: what goes wrong without it.
        after: id of the branch whose merge holds the fix.
        signature: regular expression (RE2) that finds the problem in a log.
        proven: where the fix was shown to work.
    """

    id: Id
    problem: Text
    after: Id
    signature: Pattern | None = None
    proven: Text | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> "Fix":
        if self.deeds != 1:
            raise ValueError("needs exactly one of 'delete', 'take' and 'patch'")
        return self

    def shows_in(self, log: str) -> bool:
        """Whether a log has its signature."""
        return self.signature is not None and TextPattern(self.signature).is_in(log)


class Command(Model):
    """One line for `bash -euo pipefail`, run in a clean checkout of the branch.

    Attributes:
        run: the line.
        timeout: after which it is ended, in seconds.
        reuse: whether it need not be run again where it has passed and nothing that it depends on can have changed.
    """

    run: CommandLine
    timeout: Duration = 600
    reuse: Flag = False


class Demo(Model):
    """The wave's demonstration (R291).

    Attributes:
        script: path of the script on the branch; must be executable and exit 0.
        document: path of the document on the branch that explains it.
        create: folder beside the plan whose files are added where the branch lacks them.
        shows: texts that the demo's output must contain.
        timeout: after which it is ended, in seconds.
    """

    script: RepositoryPath
    document: RepositoryPath
    create: Text | None = None
    shows: tuple[Text, ...] = ()
    timeout: Duration = 300


class Publish(Model):
    """Where the integration branch is pushed.

    Attributes:
        remote: name of the remote.
        notes: whether the record is pushed along, as a note on the tip (git-notes(1), `refs/notes/waveproof`).
        healed: whether a plan that `--heal` has found to pass is integrated and pushed without anybody's review.
    """

    remote: Text
    notes: FlagOrVariable = False
    healed: FlagOrVariable = False


class Metadata(Model):
    """Where the R520 object is kept.

    Attributes:
        file: a JSON file as seen from the plan's folder, of which the rest stays byte for byte.
        at: a JSON pointer (RFC 6901) to the object in it.
    """

    file: Text | None = None
    at: Pointer = ""


class Limits(Model):
    """What the integration may do, and what each of its commands may use.

    Attributes:
        changed_lines: lines that it may change on its own (R361).
        attempts: how often it may be tried before it succeeds (R520).
        hours: how long that may take in all (R520).
        memory: that all processes of a command may use at a time; three quarters of the machine's where it is not said.
        processes: that a command may run at a time.
        output: that a command may print.
        disk: that a command may write to its checkout and HOME.
        retries: how often something is done again that network or machine fail in passing, such as fetching; no gate.
        trials: how often a gate may be tried on other trees of the wave, to see why it fails; 0 for never.
        trial_time: how long this may take in all, in seconds.
        unportable_paths: patterns of files (gitignore(5)) that not every file system can hold and that are wanted.
    """

    changed_lines: int = Field(default=50, ge=0)
    unportable_paths: PathPatternList = ()
    attempts: int = Field(default=5, ge=1)
    hours: int = Field(default=4, ge=1)
    memory: Size | None = None
    processes: int = Field(default=1000, ge=1)
    output: Size = 50 << 20
    disk: Size = 20 << 30
    retries: int = Field(default=3, ge=0, le=10)
    trials: int = Field(default=30, ge=0)
    trial_time: Duration = 1800
