"""Merges that earlier runs of a plan made, so that none is made twice.

Each is kept under a digest of all that decides it: both parents, the plan's words for the branch, rules and fixes
that are for it, patches and recorded resolutions, author and date, git, its pinned settings, and the suite's own code.
What is remembered counts only where the store has the commit, byte for byte as a new one would be, and its tree. Where
git then fails and files of such a commit are missing, all is made afresh.

The file is believed as far as its digest goes, which shows a slip and is no signature: commands of a plan that are
not shut in could write another. So there is none while commands run that could reach it, and none that they leave
(`out_of_reach`). One that kills the run and leaves a memory of its own changes no verdict either: the audit asks git,
never this memory, what a merge holds.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from git import Repo
from pydantic import ValidationError

import tests_integration
from tests_integration import bounded
from tests_integration.engine.conflicts import settled_by_fixes
from tests_integration.engine.isolation import Cell
from tests_integration.facts import MergeFact
from tests_integration.files import replace
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Branch, Fix
from tests_integration.repository.checkout import removed
from tests_integration.repository.git import PINNED, SURROUNDINGS, GitError, git_version
from tests_integration.repository.objects import commits_there

ROOMS = ("engine", "plan", "repository", ".")
"""Where the code lies that decides what a merge is."""

LARGEST = 32 << 20
"""Bytes of merges that are kept at most, the first ones of the plan."""


class Recalled(NamedTuple):
    """A merge of an earlier run, and the bytes of its commit in the store."""

    merge: MergeFact
    text: bytes


class Memory:
    """The merges that are remembered for one plan.

    Args:
        store: has the commits.
        plan: whose merges they are.
        file: where they are kept; None to keep nothing.
        fresh: whether to make all of them again.

    Attributes:
        recalled: commits of the merges that this run had from earlier ones.
    """

    def __init__(self, store: Repo, plan: Plan, file: Path | None = None, *, fresh: bool = False) -> None:
        self.store = store
        self.plan = plan
        self.file = file
        self.recalled: list[str] = []
        self._known = _read(file) if file and not fresh else {}
        self._kept: dict[str, bytes] = {}

    @property
    def made(self) -> int:
        """How many merges this run had to make."""
        return len(self._kept) - len(self.recalled)

    def lent_to(self, plan: Plan) -> "Memory":
        """What this run had and made, for a part of its plan; nothing of it is kept."""
        memory = Memory(self.store, plan)
        memory._known = dict(self._kept)
        return memory

    def recall(self, question: str) -> Recalled | None:
        """The merge that was once the answer to this question, where the store has its commit and tree."""
        return self._there.get(question)

    @cached_property
    def _there(self) -> dict[str, Recalled]:
        merges = {}
        for question, text in self._known.items():
            with suppress(ValidationError):
                merges[question] = MergeFact.model_validate_json(text)
        try:
            there = commits_there(self.store, {merge.commit: merge.tree for merge in merges.values()})
        except GitError:  # it died of an object that is damaged
            return {}
        return {
            question: Recalled(merge, there[merge.commit])
            for question, merge in merges.items()
            if merge.commit in there
        }

    def keep(self, question: str, merge: MergeFact, *, recalled: bool) -> None:
        """Remember a merge of this run: one that was recalled, or that was made."""
        if recalled:
            self.recalled.append(merge.commit)
        self._kept[question] = self._known[question] if recalled else merge.model_dump_json(by_alias=True).encode()

    def forget(self) -> None:
        """Forget everything, that of this run too."""
        self._known = {}
        self._there = {}
        self._kept.clear()
        self.recalled.clear()

    def save(self) -> None:
        """Keep what this run had and made, in the place of what was there; where that cannot be, it only costs time."""
        if self.file and self._kept != self._known:
            sizes = accumulate(len(question) + len(merge) for question, merge in self._kept.items())
            rows = [row for row, size in zip(self._kept.items(), sizes, strict=True) if size < LARGEST]
            body = b"".join(b"%b %b\n" % (question.encode(), merge) for question, merge in rows)
            with suppress(OSError):
                replace(self.file, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)

    def question(self, branch: Branch, sides: tuple[str, str], deleted: frozenset[str]) -> str:
        """All that decides what the merge of a branch is, in one word.

        Args:
            branch: is merged.
            sides: commits: what was merged before, and the branch's tip.
            deleted: paths that fixes delete, in this merge or an earlier one.
        """
        plan = self.plan
        rules = [(n, rule) for n, rule in enumerate(plan.resolve, 1) if not rule.merges or branch.id in rule.merges]
        asked = {
            "by": self._made_by,
            "branch": [branch.id, branch.title, branch.contains, branch.source],
            "sides": sides,
            "rules": [(n, rule.model_dump(mode="json")) for n, rule in rules],
            "resolutions": self._resolutions if any(rule.take == "recorded" for _, rule in rules) else {},
            "fixes": [(fix.model_dump(mode="json"), self._patch(fix)) for fix in plan.fixes_of(branch)],
            "settled": settled_by_fixes(plan, branch, deleted),
            "deleted": sorted(deleted),
        }
        return _digest(asked)

    @cached_property
    def _resolutions(self) -> dict[str, str]:
        folder = f"{self.plan.resolutions.name}/"
        return {name: digest for name, digest in self.plan.files.items() if name.startswith(folder)}

    def _patch(self, fix: Fix) -> str:
        return self.plan.files[os.path.relpath(self.plan.folder / fix.patch, self.plan.folder)] if fix.patch else ""

    @cached_property
    def _made_by(self) -> str:
        return _digest([_code(), git_version(), PINNED, SURROUNDINGS, self.plan.identity])


@contextmanager
def out_of_reach(file: Path, cell: Cell) -> Iterator[None]:
    """Let commands that could reach a memory find none, and leave none."""
    reached = [file] if cell.reaches(file) else []
    for memory in reached:
        removed(memory)
    try:
        yield
    finally:
        for memory in reached:
            removed(memory)


def _read(file: Path) -> dict[str, bytes]:
    """Merges by question; none where the file is not as it was written."""
    try:
        digest, _, body = bounded.content(file, 2 * LARGEST).partition(b"\n")
    except OSError:
        return {}
    if digest.decode(errors="replace") != hashlib.sha256(body).hexdigest():
        return {}
    rows = (line.partition(b" ") for line in body.splitlines())
    return {question.decode(errors="replace"): merge for question, _, merge in rows}


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


@cache
def _code() -> str:
    """Digest of the suite's code."""
    package = Path(tests_integration.__file__).parent
    files = sorted(file for room in ROOMS for file in (package / room).glob("*.py"))
    return hashlib.sha256(b"".join(b"%b\0%b\0" % (file.name.encode(), file.read_bytes()) for file in files)).hexdigest()
