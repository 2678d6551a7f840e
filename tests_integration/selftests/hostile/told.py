"""Lets selftests of this room tell what they try and what happens; `kinds` puts it into the README."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from _pytest.mark import ParameterSet

T = TypeVar("T", bound=Callable[..., object])

TOLD: dict[str, tuple[str, str]] = {}
"""Module and what happens, by what is tried."""


def hostile(tried: str, happens: str) -> Callable[[T], T]:
    """Tell in the README what a selftest tries and what it has seen to happen.

    Args:
        tried: in a few words, such as `a build that forks without end`.
        happens: what the selftest asserts, in a few words.
    """

    def kept(function: T) -> T:
        _keep(function.__module__, tried, happens)
        return function

    return kept


def case(room: str, tried: str, says: str, *values: object) -> ParameterSet:
    """A row of `pytest.mark.parametrize`, told in the README: the values, then what has to be said.

    Args:
        room: `__name__` of the selftest's module.
        tried: in a few words; the case's id.
        says: what the selftest asserts to be part of what is said; the last value of the row.
        values: the first values of the row.
    """
    _keep(room, tried, says)
    return pytest.param(*values, says, id=tried)


def _keep(room: str, tried: str, happens: str) -> None:
    if TOLD.setdefault(tried, (room, happens)) != (room, happens):
        raise ValueError(f"{tried!r} is told twice")
