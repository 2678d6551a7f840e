"""The plan format, version 1, as frozen pydantic models.

The models say what a plan may hold; `plans/plan.schema.json` is generated from them. What one value
says about another (parents, order, remotes) is checked in `plan.references`.
"""

import os
from collections.abc import Collection, Iterable
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema

from tests_integration.plan.known import EMPTY, Catalogue
from tests_integration.plan.lock import Lock
from tests_integration.plan.parts import (
    Branch,
    Command,
    Demo,
    Fix,
    Limits,
    Metadata,
    Model,
    Publish,
    Remote,
    Resolve,
)
from tests_integration.plan.values import (
    PERSON,
    VARIABLE,
    BranchName,
    Flag,
    Id,
    Instant,
    LocalPath,
    Person,
    Scalar,
    Source,
    Text,
    Value,
    VariableGlob,
    VariableName,
)

MOST = 1000
"""Branches of a wave at most, and remotes."""


def _located(value: object) -> object:
    return {"url": value} if isinstance(value, str) else value


class PlanDocument(Model):
    """An integration plan as its YAML file says it.

    Attributes:
        version: of the format.
        title: shown everywhere; the plan's name is that of its file.
        project: plans of one project in one folder share what was fetched.
        project: plans of one project in one folder share what was fetched.
        phase: of the project.
        wave: of the phase.
        attempt: which try at integrating the wave this is; `${NAME}` takes it from the environment or `--set`.
        date: author and committer date of every commit made (UTC): the same inputs give the same commit ids.
        author: author and committer of every commit made.
        repository: a local clone whose remotes are known by name; `.` is the clone itself.
        remotes: URL, path or bundle by name; they add to those of the clone, or go before them. `${NAME}` and
            `${NAME:-default}` in them are put in from the environment or `--set`.
        base: `remote/branch` that the wave starts from.
        integration: name of the branch to build.
        branches: merged in this order.
        resolve: how conflicts are settled.
        fixes: known fixes, each applied inside one merge.
        known_fixes: file beside the plan with the catalogue of known fixes; `known-fixes.yaml` where it is there.
        build: what builds the branch, line by line.
        test: what tests it, line by line.
        demo: the wave's demonstration.
        environment: variables for build, test and demo.
        pass_environment: names or globs of variables let through from the caller.
        network: whether build, test and demo reach the network.
        isolation: `required` where they are not to run unless bubblewrap shuts them in.
        publish: where the branch is pushed; nothing is pushed without it.
        metadata: where the attempts so far are kept (R520).
        limits: what the integration may do, and what each of its commands may use.
    """

    version: Annotated[Literal["1"], WithJsonSchema({"enum": [1, "1"]})]
    title: Text
    project: Text | None = None
    phase: Scalar | None = None
    wave: Scalar | None = None
    attempt: Annotated[int, Field(ge=1), WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, VARIABLE]})] = 1
    date: Instant
    author: Person = "waveproof <waveproof@invalid>"
    repository: LocalPath | None = None
    remotes: dict[Id, Annotated[Remote, BeforeValidator(_located)]] = Field(default_factory=dict, max_length=MOST)
    base: Source
    integration: BranchName
    branches: tuple[Branch, ...] = Field(min_length=1, max_length=MOST)
    resolve: tuple[Resolve, ...] = ()
    fixes: tuple[Fix, ...] = ()
    known_fixes: Text | None = None
    build: tuple[Command, ...] = Field(min_length=1)
    test: tuple[Command, ...] = Field(min_length=1)
    demo: Demo
    environment: dict[VariableName, Value] = Field(default_factory=dict)
    pass_environment: tuple[VariableGlob, ...] = ()
    network: Flag = False
    isolation: Literal["best", "required"] = "best"
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
        files: SHA-256 of each file that it takes in, by path as seen from the plan's folder.
        variables: texts with variables in them, by JSON pointer of their values; no part of its digest.
        catalogue: fixes that are known and not in the plan, unless it says so; no part of the plan's digest.
        minimal: whether it is asked which fixes and rules are still needed (`--minimal`); no part of its digest.
        lock: what it was built from, and what came of it, where it is held to that; no part of its digest either.
    """

    name: str
    file: Path
    digest: str
    files: dict[str, str]
    variables: dict[str, str] = Field(default_factory=dict)
    catalogue: Catalogue = EMPTY
    minimal: bool = False
    lock: Lock | None = None

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
        found = sorted(Path(place, name) for place, _, names in os.walk(folder) for name in names)
        return {file.relative_to(folder).as_posix(): file for file in found if file.is_file()}

    def mode_of(self, path: str, file: Path) -> str:
        """The mode that an infrastructure file gets: the script is executable, the others as they are in the folder."""
        return "100755" if path == self.demo.script or file.stat().st_mode & 0o100 else "100644"

    @property
    def resolutions(self) -> Path:
        """Where `take: recorded` looks: conflicts and how they were settled before, as git-rerere(1) keeps them."""
        return self.folder / f"{self.name}.resolutions"

    def rule_for(self, branch: Branch, path: str) -> tuple[int, Resolve] | None:
        """The first rule (and its number, from 1) that is for this path in the merge of this branch."""
        return next(((n, rule) for n, rule in enumerate(self.resolve, 1) if rule.settles(branch, path)), None)

    def part(self, branches: Collection[str], without: Collection[str] = ()) -> "Plan":
        """The same plan with these of its branches alone, in its order, and without these of its fixes.

        Args:
            branches: ids; with each, those that it depends on.
            without: ids of fixes.
        """
        values = {name: getattr(self, name) for name in type(self).model_fields}
        values["branches"] = tuple(branch for branch in self.branches if branch.id in branches)
        values["fixes"] = tuple(fix for fix in self.fixes if fix.after in branches and fix.id not in without)
        return type(self).model_construct(**values)  # what is worked out of the whole plan is not taken over

    def branch(self, name: str) -> Branch:
        """The branch with this id."""
        return next(branch for branch in self.branches if branch.id == name)

    @cached_property
    def lineage(self) -> dict[str, frozenset[str]]:
        """For each branch, those that it declares to be stacked on, directly or not; parents come before it (R306)."""
        found: dict[str, frozenset[str]] = {}
        for branch in self.branches:
            parents = [parent for parent in branch.parent if parent != "base"]
            found[branch.id] = frozenset(parents).union(*(found[parent] for parent in parents))
        return found

    def fixes_of(self, branch: Branch) -> tuple[Fix, ...]:
        """The fixes that belong inside the merge of this branch."""
        return tuple(fix for fix in self.fixes if fix.after == branch.id)

    def gone_after(self, branch: Branch) -> frozenset[str]:
        """Paths that fixes have deleted once this branch is merged; no later branch brings them back."""
        return self._gone[branch.id]

    @cached_property
    def _gone(self) -> dict[str, frozenset[str]]:
        deleted = (self.deleted_with([branch.id]) for branch in self.branches)
        together: Iterable[frozenset[str]] = accumulate(deleted, frozenset.union)
        return {branch.id: paths for branch, paths in zip(self.branches, together, strict=True)}

    def named_by_fixes(self, branch: Branch) -> frozenset[str]:
        """Paths that fixes settle in the merge of this branch: taken in it, or deleted in it or before."""
        return self.gone_after(branch).union(*(fix.paths for fix in self.fixes_of(branch)))

    def deleted_with(self, merged: Iterable[str]) -> frozenset[str]:
        """Paths that the fixes of these branches delete."""
        ids = frozenset(merged if self.fixes else ())
        return frozenset(path for fix in self.fixes if fix.after in ids for path in fix.delete)


def locate(source: str, remotes: frozenset[str]) -> Located | None:
    """Split `remote/branch` at the longest known remote name, or nothing where no remote is known by that name."""
    names = [name for name in remotes if source.startswith(f"{name}/")]
    if not names:
        return None
    remote = max(names, key=len)
    return Located(remote, source[len(remote) + 1 :])
