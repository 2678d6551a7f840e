"""The plan format, version 1, as frozen pydantic models.

The models say what a plan may hold; `plans/plan.schema.json` is generated from them. What one value
says about another (parents, order, remotes) is checked in `plan.references`.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
SPLIT_ID = re.compile(r"(?P<effort>.+)-split-(?P<split>[0-9]{1,9})")
DURATION = re.compile(r"(?P<count>[0-9]{1,9})(?P<unit>[smh])")
SECONDS = {"s": 1, "m": 60, "h": 3600}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
PERSON = re.compile(r"(?P<name>[^<>]*[^<>\s])\s*<(?P<mail>[^<>\s]+)>")


def _one_line(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise ValueError("is empty")
    if not text.isprintable():
        raise ValueError("holds characters that cannot be printed")
    return text


def _id(text: str) -> str:
    if not ID.fullmatch(text):
        raise ValueError(f"{text!r} is not an id: letters, digits, '.', '_' and '-', a letter or digit first")
    return text


def _duration(value: object) -> int:
    if isinstance(value, int):  # seconds; in YAML every scalar is text
        return value
    match = DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match or not int(match["count"]):
        raise ValueError(f"{value!r} is not a duration such as 90s, 10m or 4h")
    return int(match["count"]) * SECONDS[match["unit"]]


def _instant(value: object) -> datetime:
    try:
        if isinstance(value, str) and INSTANT.fullmatch(value) and value >= "1970":
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise ValueError(f"{value!r} is not a UTC time such as 2025-10-06T04:20:05Z, 1970 or later")


def _repository_path(text: str) -> str:
    parts = text.split("/")
    if text.startswith("/") or "\\" in text:
        raise ValueError(f"{text!r} is not a path inside the repository, relative and with '/'")
    if ".." in parts or any(part.lower() in {".git", "git~1"} for part in parts):
        raise ValueError(f"{text!r} leaves the repository's own files ('..' and '.git' are not allowed)")
    if "" in parts or "." in parts or not text.isprintable():
        raise ValueError(f"{text!r} is not the plain path of a file in the repository")
    return text


def _branch_name(text: str) -> str:
    bad = re.search(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|\.lock(/|$)|(^|/)[.]|[/.]$|^[-/]|^@$|^$", text)
    if bad or not text.isprintable():
        raise ValueError(f"{text!r} is not a branch name that git allows (git-check-ref-format(1))")
    return text


def _source(text: str) -> str:
    remote, _, branch = text.partition("/")
    if not remote or remote.startswith("-") or not branch:
        raise ValueError(f"{text!r} is not of the form remote/branch")
    _branch_name(branch)
    return text


def _person(text: str) -> str:
    if not PERSON.fullmatch(text) or not text.isprintable():
        raise ValueError(f"{text!r} is not of the form Name <mail>")
    return text


def _command_line(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return _value(text)


def _value(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL")
    return text


def _variable(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_*?][A-Za-z0-9_*?]*", text):
        raise ValueError(f"{text!r} is not the name of an environment variable or a glob of such names")
    return text


def _variable_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError(f"{text!r} is not the name of an environment variable")
    return text


def _pointer(text: str) -> str:
    if not re.fullmatch(r"(/([^~/]|~[01])*)*", text):
        raise ValueError(f"{text!r} is not a JSON pointer such as /wave_integrations/phase1_wave2 (RFC 6901)")
    return text


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _located(value: object) -> object:
    return {"url": value} if isinstance(value, str) else value


def _or_text(schema: dict[str, Any]) -> None:
    mapping = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "string"}, mapping]


Text = Annotated[str, AfterValidator(_one_line)]
Scalar = Annotated[str, AfterValidator(_one_line), WithJsonSchema({"type": ["string", "number"]})]
Value = Annotated[str, AfterValidator(_value), WithJsonSchema({"type": ["string", "number", "boolean"]})]
Id = Annotated[str, AfterValidator(_id), Field(pattern=f"^{ID.pattern}$")]
RepositoryPath = Annotated[str, AfterValidator(_repository_path)]
BranchName = Annotated[str, AfterValidator(_branch_name)]
Source = Annotated[str, AfterValidator(_source)]
CommandLine = Annotated[str, AfterValidator(_command_line)]
CommitId = Annotated[str, Field(pattern="^[0-9a-f]{40}([0-9a-f]{24})?$")]
Duration = Annotated[
    int, BeforeValidator(_duration), WithJsonSchema({"type": "string", "pattern": f"^{DURATION.pattern}$"})
]
Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "pattern": f"^{INSTANT.pattern}$"})
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
    signature: Text | None = None
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
    at: Annotated[str, AfterValidator(_pointer)] = ""


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
    author: Annotated[str, AfterValidator(_person)] = "waveproof <waveproof@invalid>"
    repository: Text | None = None
    remotes: dict[Id, Annotated[Remote, BeforeValidator(_located)]] = Field(default_factory=dict)
    base: Source
    integration: BranchName
    branches: tuple[Branch, ...] = Field(min_length=1)
    fixes: tuple[Fix, ...] = ()
    build: tuple[Command, ...] = Field(min_length=1)
    test: tuple[Command, ...] = Field(min_length=1)
    demo: Demo
    environment: dict[Annotated[str, AfterValidator(_variable_name)], Value] = Field(default_factory=dict)
    pass_environment: tuple[Annotated[str, AfterValidator(_variable)], ...] = ()
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
