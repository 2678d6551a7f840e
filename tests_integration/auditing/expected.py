"""The criteria that a record has to tell of, from the catalogue and from what the record says of the plan."""

from tests_integration.criteria.catalogue import Described, described
from tests_integration.record.ledger import Key
from tests_integration.record.model import Record


def told_keys(record: Record) -> list[Key]:
    """The criteria that the record tells of."""
    return [(one.criterion, one.subject) for one in record.criteria]


def judging_only(record: Record) -> bool:
    """Whether criteria about building are left out, as with `--verify`."""
    told = {one.criterion for one in record.criteria}
    building = {name for name, one in described().items() if one.building}
    return len(told) > 1 and told.isdisjoint(building)


def wanted_keys(record: Record) -> list[Key]:
    """The criteria that it has to tell of; of what only the plan knows, as many as it tells, numbered from 1."""
    if not record.plan.branches:
        return [("plan_is_sound", "")]
    judging = judging_only(record)
    return [
        (name, subject)
        for name, one in described().items()
        if not (judging and one.building)
        for subject in _subjects(record, name, one)
    ]


def _subjects(record: Record, name: str, one: Described) -> list[str]:
    told = [criterion.subject for criterion in record.criteria if criterion.criterion == name]
    ids = [str(branch["id"]) for branch in record.plan.branches]
    given = {
        "": [""],
        "source": ["base", *ids],
        "branch": ids,
        "fix": _fixes(record),
        "number": [str(n) for n, _ in enumerate(told, 1)] or ["1"],
        "text": [f"text-{n}" for n, _ in enumerate(told, 1)],
        "rule": [f"rule-{n}" for n in range(1, max(len(told), _last_rule(record)) + 1)],
        "publish": _publish(record, told),
    }
    return given[one.parameter]


def _fixes(record: Record) -> list[str]:
    """The fixes of the plan: those that one criterion is about, which has to be all that the merges tell of."""
    told = [one.subject for one in record.criteria if one.criterion == "fix_is_in_its_merge"]
    applied = [fix.id for merge in record.merges for fix in merge.fixes]
    whole = record.merges and not record.parked and not judging_only(record)
    missing = [fix for fix in applied if fix not in told]
    return [*(fix for fix in told if fix in applied or not whole), *missing]


def _last_rule(record: Record) -> int:
    return max((conflict.rule for merge in record.merges for conflict in merge.conflicts), default=0)


def _publish(record: Record, told: list[str]) -> list[str]:
    if not judging_only(record):
        return [record.plan.publish] if record.plan.publish else []
    by_id = record.attempt and "/" not in record.attempt.judging
    wanted = [] if by_id else ["judged"]
    return told if told == [record.plan.publish] else wanted
