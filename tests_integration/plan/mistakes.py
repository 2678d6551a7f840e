"""Mistakes of a plan, each with its place in the file."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from tests_integration.text import clipped, without_password

Place = tuple[str | int, ...]

TOLD = 100
"""Mistakes of a plan that are told at most; who has mended these is told the others."""

LONGEST, WIDEST = 200, 1000
"""Characters of a key's path, and of what is wrong with it, at most."""

NEAR, MANY = 300, 50_000
"""Characters of names that are compared at most, and how many of them: both cost time."""


class Mark(NamedTuple):
    """Line and column in the plan's file, both from 1."""

    line: int
    column: int


class Mistake(NamedTuple):
    """What is wrong with a plan, at which key, and where that key is written."""

    mark: Mark
    place: Place
    text: str

    @property
    def path(self) -> str:
        """The key's path, such as `branches[2].parent`."""
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.place)
        path = path.removeprefix(".") or "plan"
        return clipped(path if path.isprintable() else repr(path), LONGEST)

    def at(self, file: str) -> str:
        """The mistake as people and editors read it: `file:line:column: path: text`."""
        return f"{file}:{self.mark.line}:{self.mark.column}: {self.path}: {_shortened(self.text)}"


def _shortened(text: str) -> str:
    """Head and tail of a long text: a mistake begins with the value and ends with what is wrong with it."""
    return text if len(text) <= WIDEST else f"{text[: WIDEST // 2]} … {text[-WIDEST // 2 :]}"


class PlanRejectedError(Exception):
    """A plan that cannot be run, with all its mistakes.

    Attributes:
        file: the plan's file.
        mistakes: in the order of the file; no more than can be read, and without passwords of URLs.
    """

    def __init__(self, file: Path, mistakes: Iterable[Mistake]) -> None:
        self.file = file
        told = {mistake._replace(text=without_password(mistake.text)) for mistake in mistakes}
        found = sorted(told, key=lambda mistake: (mistake.mark, mistake.path, mistake.text))
        self.mistakes = tuple(found[:TOLD])
        more = ["there are more mistakes; mend these first"] if len(found) > TOLD else []
        super().__init__("\n".join([*(mistake.at(str(file)) for mistake in self.mistakes), *more]))


def nearest(name: str, known: Iterable[str]) -> str:
    """A closing half-sentence: the nearest known name, or all of them where none is near and they are few."""
    names = sorted(other for other in known if len(other) <= NEAR)
    if len(names) > MANY or len(name) > NEAR:
        return ""
    if near := get_close_matches(name, names, n=1, cutoff=0.6):
        return f"; did you mean {near[0]!r}?"
    shown = (other if other.isprintable() else repr(other) for other in names)
    return f"; known: {', '.join(shown)}" if 0 < len(names) <= 30 else ""  # noqa: PLR2004
