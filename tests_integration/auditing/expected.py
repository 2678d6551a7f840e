"""The criteria that a record has to tell of, from the catalogue and from what the record says of the plan."""

from tests_integration.auditing.planned import plan_of
from tests_integration.criteria.catalogue import cases, described
from tests_integration.record.ledger import Key
from tests_integration.record.model import Record

DOUBTS = ("fix_is_still_needed", "rule_is_still_needed")
"""Criteria that are there with `--minimal` only."""


def told_keys(record: Record) -> list[Key]:
    """The criteria that the record tells of."""
    return [(one.criterion, one.subject) for one in record.criteria]


def judging_only(record: Record) -> bool:
    """Whether criteria about building are left out, as with `--verify`."""
    told = {one.criterion for one in record.criteria}
    building = {name for name, one in described().items() if one.building}
    return len(told) > 1 and told.isdisjoint(building)


def wanted_keys(record: Record) -> list[Key]:
    """The criteria that it has to tell of, by its plan; a judged branch may have been named or be the plan's own."""
    asked = any(one.criterion in DOUBTS for one in record.criteria)
    found = plan_of(record)
    plan = found.model_copy(update={"minimal": asked}) if found else None
    judging = record.attempt.judging if record.attempt and judging_only(record) else ""
    ways = [cases(plan, judging), cases(plan, "")] if judging else [cases(plan)]
    keys = [[case.key for case in way] for way in ways]
    return next((way for way in keys if way == told_keys(record)), keys[0])
