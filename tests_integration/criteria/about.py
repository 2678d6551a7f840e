"""What of a plan a criterion's case is about: the entry in the plan's file, and the branches."""

from typing import NamedTuple

from tests_integration.criteria.catalogue import functions, is_asked_for, parameters, subjects
from tests_integration.plan.mistakes import Place
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Branch, Fix, Resolve

ENTRIES: dict[str, Place] = {
    "attempt_may_start": ("attempt",),
    "branch_is_whole": ("integration",),
    "branch_starts_at_base": ("base",),
    "infrastructure_adds_only_its_files": ("demo", "create"),
    "own_lines_stay_within_limit": ("limits", "changed_lines"),
    "demo_script_is_present": ("demo", "script"),
    "demo_script_is_executable": ("demo", "script"),
    "demo_is_documented": ("demo", "document"),
}
"""Where the plan asks for what a criterion without a subject judges."""

STAGES: dict[str, Place] = {
    "audit": ("branches",),
    "build": ("build",),
    "test": ("test",),
    "demo": ("demo",),
    "publish": ("publish",),
    "record": ("metadata",),
}
"""The same for all other criteria of a stage."""

LISTS: dict[str, Place] = {
    "branch": ("branches",),
    "fix": ("fixes",),
    "rule": ("resolve",),
    "doubted_fix": ("fixes",),
    "doubted_rule": ("resolve",),
    "number": (),
    "text": ("demo", "shows"),
}
"""The list in the plan that the subjects of a parameter are the entries of; numbers are of the stage's own commands."""


class About(NamedTuple):
    """What a case is about.

    Attributes:
        place: the entry in the plan; it may be one that the plan leaves out.
        branches: ids of the branches, where the subject is one, or is a fix or rule for some.
    """

    place: Place
    branches: tuple[str, ...] = ()


def about(plan: Plan, verify: str | None = None) -> dict[tuple[str, str], About]:
    """What each case of a plan is about, by criterion and subject.

    Args:
        plan: whose cases they are.
        verify: as for `catalogue.cases`.
    """
    return {
        (name, subject): found
        for stage, function in functions()
        if is_asked_for(function, plan, verify)
        for name in (function.__name__.removeprefix("test_"),)
        for subject, found in _of(name, stage, parameters(function), plan, verify)
    }


def _of(name: str, stage: str, names: tuple[str, ...], plan: Plan, verify: str | None) -> list[tuple[str, About]]:
    whole = About(ENTRIES.get(name) or STAGES.get(stage, ()))
    given = subjects(names, stage, plan, verify)
    if given is None:
        return [("", whole)]
    parameter, rows = given
    if parameter in {"source", "locked"}:
        places = ["base", *(branch.id for branch in plan.branches)]
        return [(row[0], _source(places.index(row[0]), row[0])) for row in rows]
    if parameter not in LISTS:
        return [(subject, whole) for subject, _ in rows]
    entry = LISTS[parameter] or (stage,)
    return [(subject, About((*entry, n), _branches(value))) for n, (subject, value) in enumerate(rows)]


def _source(number: int, subject: str) -> About:
    return About(("branches", number - 1), (subject,)) if number else About(("base",))


def _branches(subject: object) -> tuple[str, ...]:
    match subject:
        case Branch(id=name) | Fix(after=name):
            return (name,)
        case (int(), Resolve(merges=names)):
            return names
    return ()
