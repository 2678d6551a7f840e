"""A plan while it is read from a document: its data, where each value stands, and what is still open."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests_integration.plan.mistakes import Mark, Mistake, Place
from tests_integration.steps import Step
from tests_integration.text import visible

OWN = "yaml plan"
"""What stands behind the fence of a block whose YAML belongs to the plan and settles what the document leaves open."""


@dataclass(frozen=True)
class Bundle:
    """A file of branches (git-bundle(1)) in the place of a clone: each remote that a document names is this file.

    Attributes:
        branches: that it holds.
        reports: folder of the records, where a repository made from it takes what is published.
    """

    branches: frozenset[str]
    reports: Path


@dataclass(frozen=True)
class Surroundings:
    """What is known beside the document: the clone that the plan is for. Without one, nothing is.

    Attributes:
        remotes: names of its remotes; None where there is no clone.
        tools: how the project is built and tested as a `remote/branch` has it, by stage, as far as its files tell.
        commit: the full id of a commit of the clone, or empty.
        commits: ids of what a `remote/branch` has beyond another (the base), newest first; None where nobody knows.
        bundle: what is there in the place of a clone.
    """

    remotes: frozenset[str] | None = None
    tools: Callable[[str], Mapping[str, Step]] = lambda _source: {}
    commit: Callable[[str], str] = lambda _short: ""
    commits: Callable[[str, str], Sequence[str] | None] = lambda _source, _base: None
    bundle: Bundle | None = None


@dataclass
class Draft:
    """A plan while it is read.

    Attributes:
        file: the document; paths in the plan start from its folder.
        around: what is known of the clone.
        settled: what the document's own blocks of YAML say.
        data: as a plan's YAML file would hold it.
        marks: where each value stands in the document.
        keys: where the key of a value stands, if it has one.
        reasons: how a value came about that no line holds as it is.
        questions: what is open.
        remarks: what the reader has to know, of no value in particular.
        read: lines of the document that something was taken from, or is said of.
    """

    file: Path
    around: Surroundings
    settled: Mapping[str, object]
    data: dict[str, object] = field(default_factory=dict)
    marks: dict[Place, Mark] = field(default_factory=dict)
    keys: dict[Place, Mark] = field(default_factory=dict)
    reasons: dict[Place, str] = field(default_factory=dict)
    questions: list[Mistake] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    read: set[int] = field(default_factory=set)

    def put(self, place: Place, value: object, line: int, reason: str = "") -> None:
        """Let the plan hold a value; lists and mappings that hold it are made as needed.

        Args:
            place: where in the plan.
            value: text, list or mapping.
            line: of the document that it came from; 0 where it came from beside the document.
            reason: how, where the line does not hold it as it is.
        """
        self.read.add(line)
        holder: object = self.data
        for step, after in pairwise(place):
            holder = _inside(holder, step, [] if isinstance(after, int) else {})
        _inside(holder, place[-1], value)
        for length in range(1, len(place) + 1):
            self.marks.setdefault(place[:length], Mark(line, 1))
        if reason:
            self.reasons[place] = reason

    def ask(self, place: Place, line: int, text: str, settle: str) -> None:
        """Ask for what the document does not decide.

        Args:
            place: in the plan.
            line: of the document where the answer was looked for.
            text: what is open.
            settle: the line of YAML that settles it.
        """
        self.read.add(line)
        between = "" if text.endswith("?") else ";"
        how = f"{text}{between} a ```{OWN} block with `{settle}` settles it"
        self.questions.append(Mistake(Mark(line, 1), place, visible(how)))

    def refuse(self, line: int, text: str) -> None:
        """Say of a line that it asks for what cannot be done."""
        self.read.add(line)
        self.questions.append(Mistake(Mark(line, 1), (), visible(text)))

    def remark(self, line: int, text: str) -> None:
        """Tell what has to be known of a line."""
        self.read.add(line)
        self.remarks.append(visible(f"line {line}: {text}"))


def _inside(holder: object, step: str | int, value: object) -> object:
    """What a list or mapping holds at a step; the value, where it holds nothing yet."""
    if isinstance(holder, list) and isinstance(step, int):
        if step == len(holder):
            holder.append(value)
        return holder[step]
    if isinstance(holder, dict):
        return holder.setdefault(step, value)
    raise TypeError(step)
