"""Mistakes of a plan, each with its place in the file."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from tests_integration.text import without_password

Place = tuple[str | int, ...]


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
        return path if path.isprintable() else repr(path)

    def at(self, file: str) -> str:
        """The mistake as people and editors read it: `file:line:column: path: text`."""
        return f"{file}:{self.mark.line}:{self.mark.column}: {self.path}: {self.text}"


class PlanRejectedError(Exception):
    """A plan that cannot be run, with all its mistakes.

    Attributes:
        file: the plan's file.
        mistakes: in the order of the file, without passwords of URLs that stand where none belongs.
    """

    def __init__(self, file: Path, mistakes: Iterable[Mistake]) -> None:
        self.file = file
        told = {mistake._replace(text=without_password(mistake.text)) for mistake in mistakes}
        self.mistakes = tuple(sorted(told, key=lambda mistake: (mistake.mark, mistake.path, mistake.text)))
        super().__init__("\n".join(mistake.at(str(file)) for mistake in self.mistakes))


def nearest(name: str, known: Iterable[str]) -> str:
    """A closing half-sentence: the nearest known name, or all of them where none is near and they are few."""
    names = sorted(known)
    if near := get_close_matches(name, names, n=1, cutoff=0.6):
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(names)}" if 0 < len(names) <= 30 else ""  # noqa: PLR2004
