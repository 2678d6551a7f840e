"""What the record says of the plan, as far as the other claims are held against it."""

from pathlib import Path

from tests_integration.facts import FixFact
from tests_integration.plan.lock import Lock
from tests_integration.plan.model import Plan, PlanDocument
from tests_integration.plan.parts import Branch
from tests_integration.record.model import Record

JUDGED = "--verify"
"""Key of the judged branch among sources; no branch of a plan can have this id."""

CRUD = " .,:;<>\"'\\"
"""What git-commit-tree(1) takes off the ends of names; the full stop before 2.44 only."""


def branches_of(record: Record) -> tuple[Branch, ...]:
    """The branches of the plan, in its order.

    Raises:
        ValueError: one of them is none that a plan may have.
    """
    return tuple(Branch.model_validate(branch) for branch in record.plan.branches)


def plan_of(record: Record) -> Plan | None:
    """The plan as the record repeats it; None where it was rejected.

    Raises:
        ValueError: it is none that could have been run.
    """
    if not record.plan.document:
        return None
    document = PlanDocument.model_validate(record.plan.document)
    said = {name: getattr(document, name) for name in PlanDocument.model_fields}
    file = Path(record.plan.file)
    said |= {"digest": record.plan.digest, "variables": record.plan.variables, "lock": lock_of(record)}
    return Plan.model_construct(**said, name=record.plan.name, file=file, files={})


def lock_of(record: Record) -> Lock | None:
    """What the plan was held to; None where it was not locked.

    Raises:
        ValueError: it is no lock.
    """
    return Lock.model_validate(record.plan.lock) if record.plan.lock else None


def sources_of(record: Record) -> dict[str, str]:
    """`remote/branch` of the base, of each branch, and of what is judged, by the key that it has among sources."""
    planned = {"base": record.plan.base} | {branch.id: branch.source for branch in branches_of(record)}
    return planned | ({JUDGED: record.attempt.judging} if is_judged(record) and record.attempt else {})


def is_judged(record: Record) -> bool:
    """Whether somebody else built the branch, so that this record judges only."""
    return bool(record.attempt and record.attempt.judging)


def lineage(branches: tuple[Branch, ...]) -> dict[str, frozenset[str]]:
    """For each branch, those that it declares to be stacked on, directly or not; parents come before it (R306)."""
    found: dict[str, frozenset[str]] = {}
    for branch in branches:
        parents = [parent for parent in branch.parent if parent in found]
        found[branch.id] = frozenset(parents).union(*(found[parent] for parent in parents))
    return found


def merge_message(branch: Branch, fixes: tuple[FixFact, ...]) -> str:
    """What the message of a merge is: subject, contents, and trailers for where it came from and what was fixed."""
    trailers = [f"Integrates: {branch.source}"]
    trailers += [f"Known-Fix: {fix.id} ({fix.action})" for fix in fixes if not fix.stale]
    parts = [f"Merge {branch.id}: {branch.title}", branch.contains, "\n".join(trailers)]
    return "\n\n".join(part for part in parts if part) + "\n"


def same_person(planned: tuple[str, str, int], line: str) -> bool:
    """Whether a line of a commit names this person and time; git takes some characters off the ends of names."""
    name, mail, seconds = planned
    there, _, rest = line.partition(" <")
    return there.strip(CRUD) == name.strip(CRUD) and rest == f"{mail.strip(CRUD)}> {seconds} +0000"
