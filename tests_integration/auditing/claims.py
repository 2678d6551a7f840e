"""What the cases share: how a claim fails, and how much of it is shown."""

from typing import NoReturn

import pytest

from tests_integration.criteria.judge import fail, require
from tests_integration.record.model import CriterionFact, Record

LONGEST = 200

__all__ = ["criterion_of", "fail", "require", "require_same", "undecided"]


def require_same(what: str, said: object, found: object, by: str = "git says") -> None:
    """Fail where the record says something else than what was found, both shown as far as they differ."""
    if said != found:
        start = _first_difference(repr(said), repr(found))
        fail(f"{what}: the record says {_cut(repr(said), start)}; {by} {_cut(repr(found), start)}")


def undecided(why: str) -> NoReturn:
    """Leave the claim open: it neither holds nor fails here."""
    pytest.skip(f"cannot be decided: {why}")


def criterion_of(record: Record, name: str, subject: str = "") -> CriterionFact | None:
    """A criterion of the record, or nothing."""
    return next((one for one in record.criteria if (one.criterion, one.subject) == (name, subject)), None)


def _first_difference(one: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _cut(text: str, at: int) -> str:
    """The text around a place, on one line."""
    begin = max(0, at - LONGEST // 2) if len(text) > LONGEST else 0
    part = " ".join(text[begin : begin + LONGEST].split())
    return f"{'…' if begin else ''}{part}{'…' if len(text) > begin + LONGEST else ''}"
