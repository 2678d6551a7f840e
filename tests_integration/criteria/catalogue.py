"""Every criterion that a plan has to meet, known before anything runs."""

import inspect
from collections.abc import Callable, Iterable
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
    return verify is None or not _is_building(function)


@cache
def _is_building(function: Callable[..., object]) -> bool:
    return any(mark.name == BUILDING for mark in getattr(function, "pytestmark", ()))


def subjects(
    parameters: Iterable[str], stage: str, plan: Plan | None, verify: str | None = None
) -> tuple[str, list[Subject]] | None:
    """What a criterion is parametrized over, judged by the names of its parameters.

    Returns:
        Name of the parameter, and the subjects as (id, value); None where the criterion has one case a plan.
    """
    name = _subject_parameter(tuple(parameters))
    return (name, SUBJECTS[name](plan, stage, verify)) if plan and name else None


@cache
def _subject_parameter(parameters: tuple[str, ...]) -> str | None:
    return next((name for name in parameters if name in SUBJECTS), None)


def _commands(plan: Plan, stage: str, _verify: str | None) -> list[Subject]:
    return [(str(n), n) for n, _ in enumerate(plan.build if stage == "build" else plan.test, 1)]


def _read_back(plan: Plan, _stage: str, verify: str | None) -> list[Subject]:
    """Where the branch is read back: on the remote of the plan, or wherever `--verify` says that it is.

    A commit that is judged by its id is on no branch that could be read back.
    """
    if verify:
        return [] if is_commit_id(verify) else [("judged", Publish(remote="judged"))]
    return [(plan.publish.remote, plan.publish)] if plan.publish else []


def _locked(plan: Plan) -> list[str]:
    """Base and branches that have to be where the plan's lock has them."""
    keys = ("base", *(branch.id for branch in plan.branches))
    return [key for key in keys if plan.lock and key not in plan.lock.released]


SUBJECTS: dict[str, Callable[[Plan, str, str | None], list[Subject]]] = {
    "source": lambda plan, *_: [("base", "base"), *((branch.id, branch.id) for branch in plan.branches)],
    "branch": lambda plan, *_: [(branch.id, branch) for branch in plan.branches],
    "fix": lambda plan, *_: [(fix.id, fix) for fix in plan.fixes],
    "number": _commands,
    "text": lambda plan, *_: [(f"text-{n}", text) for n, text in enumerate(plan.demo.shows, 1)],
    "rule": lambda plan, *_: [(f"rule-{n}", (n, rule)) for n, rule in enumerate(plan.resolve, 1)],
    "doubted_fix": lambda plan, *_: [(fix.id, fix) for fix in plan.fixes if plan.minimal],
    "doubted_rule": lambda plan, *_: [
        (f"rule-{n}", (n, rule)) for n, rule in enumerate(plan.resolve, 1) if plan.minimal
    ],
    "publish": _read_back,
    "lock": lambda plan, *_: [("lock", plan.lock)] if plan.lock and plan.lock.holds_result else [],
    "locked": lambda plan, *_: [(key, key) for key in _locked(plan)],
    "notes": lambda plan, *_: [(plan.publish.remote, plan.publish)] if plan.publish and plan.publish.notes else [],
}
"""The subjects of a parameter, by its name."""


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
    return Described(stage, description(function), _is_building(function))


@cache
def description(function: Callable[..., object]) -> str:
    """The criterion in words: the first paragraph of its docstring, in one line."""
    return " ".join((function.__doc__ or "").split("\n\n")[0].split())


def stage_of(file: Path) -> str:
    """The stage that a module of criteria is for: `test_build.py` is for `build`."""
    return file.stem.removeprefix("test_")


@cache
def parameters(function: Callable[..., object]) -> tuple[str, ...]:
    """Names of the parameters of a criterion."""
    return tuple(inspect.signature(function).parameters)


def _subject_ids(function: Callable[..., object], stage: str, plan: Plan | None, verify: str | None) -> list[str]:
    given = subjects(parameters(function), stage, plan, verify)
    return [name for name, _ in given[1]] if given else [""]


@cache
def functions() -> tuple[tuple[str, Callable[..., object]], ...]:
    """Every criterion with its stage, in the order in which they run."""
    return tuple(
        (stage, member) for stage in STAGES for name, member in vars(_module(stage)).items() if name.startswith("test_")
    )


def _module(stage: str) -> ModuleType:
    return import_module(f"tests_integration.criteria.test_{stage}")


def _name(function: Callable[..., object]) -> str:
    return function.__name__.removeprefix("test_")
