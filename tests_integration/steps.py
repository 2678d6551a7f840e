"""What a stage does to a kind of project, as its files tell it."""

from collections.abc import Mapping
from typing import NamedTuple


class Step(NamedTuple):
    """How a stage goes.

    Attributes:
        lines: its commands.
        because: what says so, for people.
        tool: the program that they need; empty where it is the Python that pytest runs on.
        passed: variables that lead to it, or to what it keeps, where the caller has that elsewhere than the system has.
        network: why they need the network; empty where they do not.
        environment: what makes the result the same on any machine.
        others: how it would go in other languages that the project has as well.
    """

    lines: tuple[str, ...]
    because: str
    tool: str = ""
    passed: tuple[str, ...] = ()
    network: str = ""
    environment: Mapping[str, str] = {}
    others: tuple[tuple[str, ...], ...] = ()
