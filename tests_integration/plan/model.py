"""The plan format, version 1, as frozen pydantic models.

The models say what a plan may hold; `plans/plan.schema.json` is generated from them. What one value
says about another (parents, order, remotes) is checked in `plan.references`.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from tests_integration.plan.values import (
    ID,
    PERSON,
    BranchName,
    CommandLine,
    CommitId,
    Duration,
    Id,
    Instant,
    Pattern,
    Person,
    Pointer,
    RepositoryPath,
    Scalar,
    Source,
    Text,
    Value,
    VariableGlob,
    VariableName,
)

SPLIT_ID = re.compile(r"(?P<effort>.+)-split-(?P<split>[0-9]{1,9})")


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _located(value: object) -> object:
    return {"url": value} if isinstance(value, str) else value


def _or_text(schema: dict[str, Any]) -> None:
    mapping = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "string"}, mapping]


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

    url: Text | None = None
    path: Text | None = None
    create_from: Text | None = None

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
        source: `remote/branch` that is merged (key `from`).
        parent: `base`, or the ids of the earlier branches that this one is stacked on.
        contains: what the branch brings.
        commit: the commit that was approved; any other tip is refused.
        effort: the effort it belongs to; read from the id where it is not given.
        split: the number of the split; read from the id where it is not given.
    """

    id: Id
    title: Text
    source: Source = Field(alias="from")
    parent: Annotated[
        tuple[Id, ...],
        BeforeValidator(_listed),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
    ] = ("base",)
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


class Sides(Model):
    """Files that are taken whole from one side of the merge: `ours` is what was merged before, `theirs` the branch."""

    ours: tuple[RepositoryPath, ...] = ()
    theirs: tuple[RepositoryPath, ...] = ()

    @model_validator(mode="after")
    def _names_files(self) -> "Sides":
        if not self.ours and not self.theirs:
            raise ValueError("names no file: give 'ours' or 'theirs' with a list of paths")
        return self


class Fix(Model):
    """A known fix, applied inside the merge of the branch that it names (R361, R521).

    Attributes:
        id: such as `BUG-007`.
        problem: what goes wrong without it.
        after: id of the branch whose merge holds the fix.
        delete: files that are removed.
        take: files that are taken whole from one side.
        patch: file beside the plan with a patch (git-apply(1)).
        needs: files that must be there after the merge for the fix to make sense.
        signature: regular expression that finds the problem in a log.
        proven: where the fix was shown to work.
    """

    id: Id
    problem: Text
    after: Id
    delete: tuple[RepositoryPath, ...] = ()
    take: Sides | None = None
    patch: Text | None = None
    needs: tuple[RepositoryPath, ...] = ()
    signature: Pattern | None = None
    proven: Text | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> "Fix":
        if sum((bool(self.delete), self.take is not None, self.patch is not None)) != 1:
            raise ValueError("needs exactly one of 'delete', 'take' and 'patch'")
        return self

    @property
    def action(self) -> str:
        """What the fix does, in a few words."""
        if self.take:
            sides = (("ours", self.take.ours), ("theirs", self.take.theirs))
            return "take " + ", ".join(f"{side} of {', '.join(paths)}" for side, paths in sides if paths)
        return f"apply {self.patch}" if self.patch else f"delete {', '.join(self.delete)}"


class Command(Model):
    """One line for `bash -euo pipefail`, run in a clean checkout of the branch; `timeout` in seconds."""

    run: CommandLine
    timeout: Duration = 600


class Demo(Model):
    """The wave's demonstration (R291).

    Attributes:
        script: path of the script on the branch; must be executable and exit 0.
        document: path of the document on the branch that explains it.
        create: folder beside the plan whose files are added where the branch lacks them.
        shows: texts that the demo's output must contain.
        timeout: seconds.
    """

    script: RepositoryPath
    document: RepositoryPath
    create: Text | None = None
    shows: tuple[Text, ...] = ()
    timeout: Duration = 300


class Publish(Model):
    """The remote that the integration branch is pushed to."""

    remote: Text


class Metadata(Model):
    """Where the R520 object is kept: a JSON file and a JSON pointer into it (RFC 6901)."""

    file: Text | None = None
    at: Pointer = ""


class Limits(Model):
    """Lines that the integration may change on its own (R361), and the attempts and hours it may take (R520)."""

    changed_lines: int = Field(default=50, ge=0)
    attempts: int = Field(default=5, ge=1)
    hours: int = Field(default=4, ge=1)


class PlanDocument(Model):
    """An integration plan as its YAML file says it.

    Attributes:
        date: author and committer date of every commit made.
        author: author and committer of every commit made.
        repository: a local clone whose remotes are known by name; `.` is the clone itself.
        base: `remote/branch` that the wave starts from.
        integration: name of the branch to build.
        branches: merged in this order.
        environment: variables for build, test and demo.
        pass_environment: names or globs of variables let through from the caller.
        publish: where the branch is pushed; nothing is pushed without it.
    """

    version: Annotated[Literal["1"], WithJsonSchema({"enum": [1, "1"]})]
    title: Text
    project: Text | None = None
    phase: Scalar | None = None
    wave: Scalar | None = None
    attempt: int = Field(default=1, ge=1)
    date: Instant
    author: Person = "waveproof <waveproof@invalid>"
    repository: Text | None = None
    remotes: dict[Id, Annotated[Remote, BeforeValidator(_located)]] = Field(default_factory=dict)
    base: Source
    integration: BranchName
    branches: tuple[Branch, ...] = Field(min_length=1)
    fixes: tuple[Fix, ...] = ()
    build: tuple[Command, ...] = Field(min_length=1)
    test: tuple[Command, ...] = Field(min_length=1)
    demo: Demo
    environment: dict[VariableName, Value] = Field(default_factory=dict)
    pass_environment: tuple[VariableGlob, ...] = ()
    publish: Publish | None = None
    metadata: Metadata = Metadata()
    limits: Limits = Limits()


class Located(NamedTuple):
    """A branch on a remote: what `remote/branch` in a plan means."""

    remote: str
    branch: str


class Plan(PlanDocument):
    """A plan that was read and found without mistakes.

    Attributes:
        name: stem of the plan's file; shown everywhere.
        file: the plan's file, absolute.
        digest: SHA-256 of what the plan says (not of comments or layout) and of the files it takes in.
    """

    name: str
    file: Path
    digest: str

    @property
    def folder(self) -> Path:
        """Folder of the plan's file; paths in the plan start from it."""
        return self.file.parent

    @property
    def heading(self) -> str:
        """Title and attempt, as shown at the head of every output."""
        return f"{self.title}, attempt {self.attempt}"

    @property
    def identity(self) -> dict[str, str]:
        """Author, committer and dates of every commit made, as git takes them from its environment."""
        person = PERSON.fullmatch(self.author)
        name, mail = (person["name"], person["mail"]) if person else (self.author, "")
        values = {"NAME": name, "EMAIL": mail, "DATE": f"{int(self.date.timestamp())} +0000"}
        return {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in values.items()}

    @property
    def infrastructure(self) -> dict[str, Path]:
        """The files of `demo.create`, by the path that they are to have in the repository (R291)."""
        if not self.demo.create:
            return {}
        folder = self.folder / self.demo.create
        return {file.relative_to(folder).as_posix(): file for file in sorted(folder.rglob("*")) if file.is_file()}

    def mode_of(self, path: str, file: Path) -> str:
        """The mode that an infrastructure file gets: the script is executable, the others as they are in the folder."""
        return "100755" if path == self.demo.script or file.stat().st_mode & 0o100 else "100644"

    def fixes_of(self, branch: Branch) -> tuple[Fix, ...]:
        """The fixes that belong inside the merge of this branch."""
        return tuple(fix for fix in self.fixes if fix.after == branch.id)

    def gone_after(self, branch: Branch) -> frozenset[str]:
        """Paths that fixes have deleted once this branch is merged; no later branch brings them back."""
        merged = {earlier.id for earlier in self.branches[: self.branches.index(branch) + 1]}
        return frozenset(path for fix in self.fixes if fix.after in merged for path in fix.delete)


def locate(source: str, remotes: frozenset[str]) -> Located | None:
    """Split `remote/branch` at the longest known remote name, or nothing where no remote is known by that name."""
    names = [name for name in remotes if source.startswith(f"{name}/")]
    if not names:
        return None
    remote = max(names, key=len)
    return Located(remote, source[len(remote) + 1 :])
