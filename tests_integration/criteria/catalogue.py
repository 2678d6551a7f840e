"""Every criterion that a plan has to meet, known before anything runs."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Publish
from tests_integration.plan.stages import STAGES
from tests_integration.plan.values import is_commit_id

BUILDING = "building"
"""Marks criteria about what this run itself built; `--verify` leaves them out."""

FOLDER = Path(__file__).parent


class Case(NamedTuple):
    """One criterion for one subject.

    Attributes:
        stage: of the plan.
        criterion: name of the test function, without `test_`.
        subject: what it is judged for: id of a branch or fix, number of a command, or empty.
        description: the criterion in words.
    """

    stage: str
    criterion: str
    subject: str
    description: str

    @property
    def key(self) -> tuple[str, str]:
        """Names the case within its plan."""
        return self.criterion, self.subject

    def __str__(self) -> str:
        return f"{self.criterion}[{self.subject}]" if self.subject else self.criterion


Subject = tuple[str, object]


def is_asked_for(function: Callable[..., object], plan: Plan | None, verify: str | None) -> bool:
    """Whether a criterion is for this plan: a rejected one has its soundness only; `--verify` leaves out building."""
    if plan is None:
        return function.__name__ == "test_plan_is_sound"
    marks = {mark.name for mark in getattr(function, "pytestmark", ())}
    return verify is None or BUILDING not in marks


def subjects(
    parameters: Sequence[str], stage: str, plan: Plan | None, verify: str | None = None
) -> tuple[str, list[Subject]] | None:
    """What a criterion is parametrized over, judged by the names of its parameters.

    A commit that is judged by its id is on no branch that could be read back.

    Returns:
        Name of the parameter, and the subjects as (id, value); None where the criterion has one case a plan.
    """
    if plan is None:
        return None
    given: dict[str, list[Subject]] = {
        "source": [("base", "base"), *((branch.id, branch.id) for branch in plan.branches)],
        "branch": [(branch.id, branch) for branch in plan.branches],
        "fix": [(fix.id, fix) for fix in plan.fixes],
        "number": [(str(n), n) for n, _ in enumerate(plan.build if stage == "build" else plan.test, 1)],
        "text": [(f"text-{n}", text) for n, text in enumerate(plan.demo.shows, 1)],
        "rule": [(f"rule-{n}", (n, rule)) for n, rule in enumerate(plan.resolve, 1)],
        "publish": _read_back(plan, verify),
        "notes": [(plan.publish.remote, plan.publish)] if plan.publish and plan.publish.notes else [],
    }
    return next(((name, given[name]) for name in parameters if name in given), None)


def _read_back(plan: Plan, verify: str | None) -> list[Subject]:
    """Where the branch is read back: on the remote of the plan, or wherever `--verify` says that it is."""
    if verify:
        return [] if is_commit_id(verify) else [("judged", Publish(remote="judged"))]
    return [(plan.publish.remote, plan.publish)] if plan.publish else []


def cases(plan: Plan | None, verify: str | None = None) -> list[Case]:
    """All cases of a plan, in the order in which they run; a rejected plan (None) has its soundness only.

    Args:
        plan: or None.
        verify: what is judged instead of built; empty for the published branch, None where the plan is built.
    """
    return [
        Case(stage, _name(function), subject, description(function))
        for stage, function in functions()
        if is_asked_for(function, plan, verify)
        for subject in _subject_ids(function, stage, plan, verify)
    ]


class Described(NamedTuple):
    """A criterion, whatever the plan.

    Attributes:
        stage: of the plan.
        description: in words.
        building: whether `--verify` leaves it out.
    """

    stage: str
    description: str
    building: bool


@cache
def described() -> dict[str, Described]:
    """All criteria by name, in the order in which they run."""
    return {_name(function): _described(stage, function) for stage, function in functions()}


def _described(stage: str, function: Callable[..., object]) -> Described:
    marks = {mark.name for mark in getattr(function, "pytestmark", ())}
    return Described(stage, description(function), BUILDING in marks)


def description(function: Callable[..., object]) -> str:
    """The criterion in words: the first paragraph of its docstring, in one line."""
    return " ".join((function.__doc__ or "").split("\n\n")[0].split())


def stage_of(file: Path) -> str:
    """The stage that a module of criteria is for: `test_build.py` is for `build`."""
    return file.stem.removeprefix("test_")


def _subject_ids(function: Callable[..., object], stage: str, plan: Plan | None, verify: str | None) -> list[str]:
    given = subjects(list(inspect.signature(function).parameters), stage, plan, verify)
    return [name for name, _ in given[1]] if given else [""]


def functions() -> Iterator[tuple[str, Callable[..., object]]]:
    """Every criterion with its stage, in the order in which they run."""
    for stage in STAGES:
        for name, member in vars(_module(stage)).items():
            if name.startswith("test_"):
                yield stage, member


def _module(stage: str) -> ModuleType:
    return import_module(f"tests_integration.criteria.test_{stage}")


def _name(function: Callable[..., object]) -> str:
    return function.__name__.removeprefix("test_")
