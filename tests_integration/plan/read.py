"""Reads YAML so that every value keeps its text and its place in the file.

Scalars stay as written (`1.10`, `no`, `12:30`), duplicate keys, tags and aliases are refused, depth and size are
bounded. PyYAML scans; the tree is composed here because PyYAML's own loaders convert scalars and let duplicates win.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from tests_integration import bounded
from tests_integration.plan.mistakes import Mark, Mistake, Place, PlanRejectedError

DEEPEST = 12
MOST = 20_000
"""Values of a plan at most."""
LONGEST = 1 << 16
"""Bytes of a text at most; the system takes no command line of twice as many."""
TOO_DEEP = "maximum nesting depth"
"""What libyaml says of more levels than it takes itself, since PyYAML 6.0.4."""
FASTEST = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


@dataclass(frozen=True)
class Document:
    """A YAML file as read.

    Attributes:
        data: mappings, lists and texts; an empty value is None.
        values: where each value begins.
        keys: where the key of each value begins.
        mistakes: what YAML allows and a plan does not.
        sha256: of the file, as it was read.
        reasons: how values came about that the file does not hold as they are (a Markdown document).
        remarks: what its reader has to know.
        promises: lines that say what is to hold in the end, each with what proves it.
        written: values with variables in them: as the file has them, and as they are.
        variables: names of the variables that are put in.
    """

    data: object
    values: dict[Place, Mark] = field(default_factory=dict)
    keys: dict[Place, Mark] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()
    sha256: str = ""
    reasons: dict[Place, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    promises: tuple[str, ...] = ()
    written: dict[Place, tuple[str, str]] = field(default_factory=dict)
    variables: frozenset[str] = frozenset()

    def mark(self, place: Place, *, of_key: bool = False) -> Mark:
        """Where the value (or its key) at this place is written; where it is missing, what would hold it."""
        marks = self.keys if of_key else self.values
        while place and place not in marks:
            place, marks = place[:-1], self.values
        return marks.get(place, Mark(1, 1))


def read(file: Path) -> Document:
    """Read a plan's file.

    Raises:
        PlanRejectedError: the file cannot be read, is too large, is not UTF-8, or is not YAML.
    """
    text = text_of(file)
    return replace(composed(file, text), sha256=hashlib.sha256(text.encode()).hexdigest())


def composed(file: Path, text: str) -> Document:
    """Read YAML.

    Args:
        file: that has it.
        text: the YAML; its lines are the file's.

    Raises:
        PlanRejectedError: it is not YAML.
    """
    try:
        return _composed(file, text)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        mark = Mark(at.line + 1, at.column + 1) if at else Mark(1, 1)
        problem = error.problem or error.context or "cannot be scanned"
        raise PlanRejectedError(file, [Mistake(mark, (), f"is not YAML: {problem}")]) from None
    except yaml.YAMLError as error:
        raise PlanRejectedError(file, [Mistake(Mark(1, 1), (), f"is not YAML: {_first_line(error)}")]) from None


def _composed(file: Path, text: str) -> Document:
    """The document; libyaml looks ahead and may give up on depth before it tells what it has read."""
    try:
        return _Composer(file, text, FASTEST).document()
    except yaml.YAMLError as error:
        if TOO_DEEP not in str(error):
            raise
    return _Composer(file, text, yaml.SafeLoader).document()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["cannot be read"])[0]


def text_of(file: Path) -> str:
    """What a plan's file holds.

    Raises:
        PlanRejectedError: it cannot be read, is too large, or is not UTF-8.
    """

    def refusal(text: str, mark: Mark = Mark(1, 1)) -> PlanRejectedError:  # noqa: B008
        return PlanRejectedError(file, [Mistake(mark, (), text)])

    try:
        raw = bounded.content(file, bounded.PLAN)
    except OSError as error:
        raise refusal(bounded.why_unreadable(error)) from None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        mark = Mark(before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        raise refusal("is not UTF-8 text", mark) from None


class _Composer:
    """Builds the tree from PyYAML's events."""

    def __init__(self, file: Path, text: str, loader: type[yaml.CSafeLoader | yaml.SafeLoader]) -> None:
        self.file = file
        self.events: Iterator[yaml.Event] = iter(loader(text).get_event, None)
        self.values: dict[Place, Mark] = {}
        self.keys: dict[Place, Mark] = {}
        self.mistakes: list[Mistake] = []

    def document(self) -> Document:
        next(self.events)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return Document(None)
        data = self.value((), next(self.events))
        next(self.events)
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            self.mistakes.append(Mistake(_mark(after), (), "holds a second document; one file is one plan"))
        return Document(data, self.values, self.keys, tuple(self.mistakes))

    def value(self, place: Place, event: yaml.Event) -> object:
        self.values[place] = _mark(event)
        if len(self.values) > MOST:
            raise self.rejected(event, (), f"holds more than {MOST} values; a plan is written by hand")
        if isinstance(event, yaml.AliasEvent):
            self.refuse(event, place, f"is an alias (*{event.anchor}); write the value out")
            return None
        tag = getattr(event, "tag", None)
        if tag not in {None, "!"}:
            self.refuse(event, place, f"has the tag {tag}; plans hold plain values only")
        if isinstance(event, yaml.ScalarEvent):
            self.require_short(place, event)
            return event.value if event.value or event.style else None
        if len(place) >= DEEPEST:
            raise self.rejected(event, place, f"nested deeper than {DEEPEST} levels")
        return self.sequence(place) if isinstance(event, yaml.SequenceStartEvent) else self.mapping(place)

    def sequence(self, place: Place) -> list[object]:
        items: list[object] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value((*place, len(items)), event))
        return items

    def mapping(self, place: Place) -> dict[str, object]:
        items: dict[str, object] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.key(place, event)
            inside = (*place, key)
            if key in items:
                first = self.keys[inside]
                self.refuse(event, inside, f"is given twice; the first is in line {first.line}")
            else:
                self.keys[inside] = _mark(event)
            items[key] = self.value(inside, next(self.events))
        return items

    def key(self, place: Place, event: yaml.Event) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self.rejected(event, place, "holds a key that is not plain text")
        self.require_short(place, event)
        if event.value == "<<" and not event.style:
            self.refuse(event, (*place, "<<"), "is a merge key; write the values out")
        return str(event.value)

    def require_short(self, place: Place, event: yaml.ScalarEvent) -> None:
        if len(event.value) > LONGEST // 4 and len(event.value.encode(errors="surrogatepass")) > LONGEST:
            raise self.rejected(event, place, f"holds a text of more than {LONGEST >> 10} KiB; put it into a file")

    def rejected(self, event: yaml.Event, place: Place, text: str) -> PlanRejectedError:
        return PlanRejectedError(self.file, [Mistake(_mark(event), place, text)])

    def refuse(self, event: yaml.Event, place: Place, text: str) -> None:
        self.mistakes.append(Mistake(_mark(event), place, text))


def _mark(event: yaml.Event) -> Mark:
    at = event.start_mark
    return Mark(at.line + 1, at.column + 1) if at else Mark(1, 1)
