"""Words of plans: labels, branch names, ids, paths and dates as people write them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from tests_integration.plan.markdown.outline import Line, Section, Table

LONGEST_LABEL = 5
"""Words of a label at most; more before a colon is a sentence."""

EFFORT = re.compile(
    r"(?<![\w./-])(?:effort[\s-]+)?(E?[0-9]+(?:\.[0-9]+)+(?:-split-?[0-9]+)?)(?![\w/]|[.-]\w)", re.IGNORECASE
)
FIX = re.compile(r"(?<![\w-])((?:BUG|FIX|ISSUE|DEFECT)-[0-9]+)(?![\w-])")
SPLIT = re.compile(r"-split-?([0-9]+)$", re.IGNORECASE)
PATH = re.compile(
    r"[\w.+@*-]+(?:/[\w.+@*-]+)*\.[A-Za-z][\w*]*|[\w.+@*-]+(?:/[\w.+@*-]+)+/?|[\w.+@*-]+/"
    r"|Makefile|Dockerfile|LICENSE|VERSION"
)
COMMIT = re.compile(r"(?<![\w/-])[0-9a-f]{7,64}(?![\w/-])")
COUNT = re.compile(r"^~?([0-9][0-9,]*)\s*(?:lines?|loc)?\b", re.IGNORECASE)
DATE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ]+([0-9]{2}:[0-9]{2})(:[0-9]{2})?(?:\.[0-9]+)?\s*(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?)?(.*)"
)
ZONE = re.compile(r"\s*[A-Z]{2,5}\b")
SEPARATOR = re.compile(r"\s+(?:[-–—]+|→|[-=]+>)\s+|:\s+")  # noqa: RUF001 - dashes as people type them
NEVER = re.compile(r"\b(?:no|not|never|without|avoid|don't|instead of|rather than)\b", re.IGNORECASE)
"""Words that turn what follows them into its contrary."""

CLAUSE = re.compile(r"(?<=[.;])\s+")
NOTHING = frozenset({"", "-", "–", "—", "none", "n/a", "no", "nothing", "no dependencies"})  # noqa: RUF001 - the same


class Said(NamedTuple):
    """A line as a label and what it says; the label is empty where there is none."""

    label: str
    value: str


def said(line: Line) -> Said:
    """Label and value of `**Label**: value`, `**Label:** value` or `Label: value`; labels in small letters."""
    if line.strong:
        rest = line.text[len(line.strong) :].lstrip()
        if line.strong.endswith(":"):
            return Said(label(line.strong), rest)
        if rest.startswith(":"):
            return Said(label(line.strong), rest[1:].strip())
        return Said("", line.text)
    before, colon, after = line.text.partition(":")
    if colon and (not after or after[0] == " ") and len(before.split()) <= LONGEST_LABEL and "/" not in before:
        return Said(label(before), after.strip())
    return Said("", line.text)


def label(text: str) -> str:
    """A label as the vocabularies hold it: small letters, no marks, no notes in brackets."""
    return " ".join(re.findall(r"[a-z0-9.]+", aside(text)[0].casefold()))


def aside(text: str) -> tuple[str, list[str]]:
    """The text without what stands in brackets, and that."""
    notes = [note.strip() for note in re.findall(r"\(([^()]*)\)", text)]
    return " ".join(re.sub(r"\([^()]*\)", " ", text).split()), notes


def branch_name(value: str, codes: tuple[str, ...] = ()) -> str:
    """The branch that a value names: its code, or its one word; empty where it is a sentence."""
    if codes and value.startswith(codes[0]) and " " not in codes[0]:
        return codes[0]
    words = SEPARATOR.split(aside(value)[0])[0].split()
    return words[0].rstrip(".,;") if len(words) == 1 else ""


def is_branch_like(text: str) -> bool:
    """Whether a text can only be a branch or a remote with one: one word with a `/` in it."""
    return "/" in text.strip("/") and not re.search(r"\s|://", text) and not text.startswith(("/", ".", "~"))


def is_place(text: str) -> bool:
    """Whether a text is the path or URL of a repository, or begins with a variable that holds one."""
    begins = text.startswith(("/", "./", "../", "~", "${"))
    return begins or "://" in text or bool(re.match(r"[\w.+-]+@[\w.-]+:", text))


def same(text: str) -> str:
    """What two ways of writing an id have in common: `Effort 2.1.1` and `E2.1.1`, `SPLIT-001` and `split-001`."""
    short = re.sub(r"^(effort[\s-]*|e(?=[0-9]))", "", text.strip().casefold())
    return SPLIT.sub(lambda found: f"-split-{int(found[1])}", short)


def names(text: str) -> Iterator[str]:
    """The parts of an enumeration: `A, B and C`."""
    for part in re.split(r",|;|\band\b|&|\+", text):
        if part.strip().casefold() not in NOTHING:
            yield part.strip().strip("`'\"").rstrip(".")


def paths(line: Line) -> tuple[str, ...]:
    """The files that a line names: those in code where it has any that are, else the words that look like one."""
    coded = [code for code in line.codes if PATH.fullmatch(code)]
    return tuple(dict.fromkeys(coded or paths_in(line.text)))


def paths_in(text: str) -> tuple[str, ...]:
    """The words of a text that look like files."""
    words = (word.strip("`'\"(),;:").rstrip(".") for word in text.split())
    return tuple(dict.fromkeys(word for word in words if PATH.fullmatch(word) and not re.fullmatch(r"E?[\d.]+", word)))


class Moment(NamedTuple):
    """A date as plans hold it, and what was added to it to be one."""

    text: str
    added: str


def moment(value: str) -> Moment | None:
    """The UTC time that a value names, or nothing."""
    found = DATE.match(value)
    if not found:
        return None
    day, time, seconds, zone, rest = found.groups()
    if time and not zone and ZONE.match(rest):
        return None  # whichever it is
    zone = {"Z": "+0000", "UTC": "+0000", "GMT": "+0000"}.get(zone or "Z", zone).replace(":", "")
    try:
        at = datetime.strptime(f"{day} {time or '00:00'}{seconds or ':00'} {zone}", "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return None
    added = "it gives no time of day; midnight UTC is taken" if not time else "" if found[4] else "it is taken for UTC"
    return Moment(f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", added)


class Statement(NamedTuple):
    """What a document says of itself: a label, its value, the code in it, and the line."""

    label: str
    value: str
    codes: tuple[str, ...]
    line: int


def statements(section: Section) -> Iterator[Statement]:
    """Labels and values right under a heading: lines, rows of tables of two columns, and the heading itself."""
    if section.heading.text and section.lines:
        first = section.lines[0]
        yield Statement(label(section.heading.text), said(first).value, first.codes, first.number)
    for block in section.blocks:
        if isinstance(block, Line):
            yield _statement(block)
            yield from map(_statement, block.lines)
        elif isinstance(block, Table) and len(block.head) == len(("label", "value")):
            yield from (Statement(label(a.text), b.text, b.codes, a.number) for a, b in (block.head, *block.rows))


def _statement(line: Line) -> Statement:
    name, value = said(line)
    if name and not value and line.lines:
        return Statement(name, line.lines[0].text, line.lines[0].codes, line.lines[0].number)
    return Statement(name, value, line.codes, line.number)
