"""The lock of a plan: what it was built from and what came of it, in a file beside it."""

import hashlib
import json
import os
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from tests_integration.plan.mistakes import TOLD, Place, PlanRejectedError
from tests_integration.plan.parts import Model
from tests_integration.plan.read import read
from tests_integration.plan.validated import validated
from tests_integration.plan.values import CommitId, Digest, Id, Text

ENDING = ".lock"
"""What the stem of a lock's file ends with, behind the plan's; no plan's does."""

MOST = 1000
HEADING = (
    "What this plan was built from, and what came of it: a run is held to it. `--update-lock` moves it on purpose."
)


class LockDocument(Model):
    """What a plan was built from and what came of it, as the file says it.

    Attributes:
        plan: SHA-256 of what the plan says and of the files that it takes in.
        base: the commit that it started from.
        branches: tips, by id.
        tip: the commit that came of it.
        tree: git's tree of that.
        waveproof: version of the suite that built it.
        git: version of git.
    """

    version: Annotated[Literal["1"], WithJsonSchema({"enum": [1, "1"]})]
    plan: Digest
    base: CommitId
    branches: dict[Id, CommitId] = Field(min_length=1, max_length=MOST)
    tip: CommitId
    tree: CommitId
    waveproof: Text
    git: Text


class Lock(LockDocument):
    """A lock as a run is held to it.

    Attributes:
        released: keys of the base and branches that may move in this run; with any, plan and result may change, too.
    """

    released: frozenset[str] = frozenset()

    @property
    def holds_result(self) -> bool:
        """Whether plan and result have to be as they were."""
        return not self.released

    def commit_of(self, key: str) -> str | None:
        """Where the base or a branch was; None where the lock does not name it."""
        return self.base if key == "base" else self.branches.get(key)

    @property
    def said(self) -> dict[str, Any]:
        """What it says, and what is released of it, as JSON would hold it."""
        return self.model_dump(mode="json") | {"released": sorted(self.released)}

    @property
    def digest(self) -> str:
        """SHA-256 of that."""
        return hashlib.sha256(json.dumps(self.said, sort_keys=True).encode()).hexdigest()


def lock_file(plan: Path) -> Path:
    """Where the lock of a plan's file is."""
    return plan.with_name(f"{plan.stem}{ENDING}.yaml")


def read_lock(plan: Path) -> tuple[Lock | None, list[tuple[Place, str]]]:
    """The lock beside a plan's file, if there is one; and what is wrong with it, as mistakes of the plan."""
    file = lock_file(plan)
    if not os.path.lexists(file):
        return None, []
    try:
        document = read(file)
    except PlanRejectedError as error:
        return None, [((), mistake.at(str(file))) for mistake in error.mistakes]
    content, wrong = validated(document, LockDocument)
    mistakes = [*document.mistakes, *wrong]
    if mistakes or content is None:
        return None, [((), mistake.at(str(file))) for mistake in islice(mistakes, TOLD)]
    return Lock.model_construct(**dict(content)), []
