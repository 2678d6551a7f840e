"""The branches that a document lists, however it does: numbered, in a table, under headings, in one line each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tests_integration.plan.markdown.outline import Line, Section, Table
from tests_integration.plan.markdown.words import (
    COUNT,
    EFFORT,
    NOTHING,
    SEPARATOR,
    SPLIT,
    aside,
    branch_name,
    is_branch_like,
    is_place,
    label,
    said,
    same,
)

LABELS = {
    "source": ("branch", "branch name", "source branch", "effort branch", "head branch"),
    "remote": ("remote", "remote branch", "from"),
    "place": ("source", "directory", "clone", "location", "path", "repository"),
    "parent": ("parent", "parents", "parent branch", "based on", "base", "base branch", "stacked on", "branched from"),
    "needs": ("depends on", "depends", "dependencies", "dependency", "requires"),
    "contains": ("contains", "provides", "functionality", "purpose", "description", "features", "content", "scope"),
    "commit": ("commit", "latest commit", "commit sha", "commit id", "sha", "tip", "approved commit"),
    "lines": ("lines", "size", "line count", "loc", "lines of code"),
    "title": ("title", "name"),
    "id": ("id", "effort", "effort id"),
    "conflicts": ("expected conflicts", "expected conflict", "conflicts", "conflict resolution", "conflicts with"),
    "status": ("status", "state"),
    "order": ("order", "merge order", "no", "nr", "step", "seq", "sequence", "position"),
}
"""Labels and heads of columns for each thing that is said of a branch."""

FIELD = {label: name for name, labels in LABELS.items() for label in labels}
DECISIVE = frozenset({"source", "remote", "parent", "commit"})
"""What is said of a branch that can be one thing only."""

LISTED = re.compile(
    r"\bbranches\b|\befforts\b|\b(merge|integration|sequential) (order|sequence)\b|\border of (merg|integrat)"
    r"|^(order|sequence|merges|merge list)$"
)
TO_MERGE = re.compile(r"\bmerg|\bintegrat", re.IGNORECASE)
LEFT_OUT = re.compile(r"\bexclude|\bstrateg|\bcommand|\bexecution\b|\bnot\b|\bconflict|\bafter\b")
STACKED = re.compile(r"(parents?|based on|stacked on|depends on|dependencies|requires)\b:?\s*(.*)", re.IGNORECASE)
STANDS = re.compile(
    r"\b(?:stacked on|based on|branched (?:from|off)|on top of)\s+(?:the\s+)?([^\s,;()]+?)[.:]?(?=[\s,;()]|$)",
    re.IGNORECASE,
)
"""How a sentence names the parent."""

PARTS = re.compile(r"\s*[,;]\s+|\s+[-–—]+\s+")  # noqa: RUF001 - dashes as people type them
NUMBER = re.compile(r"^(?:#?[0-9]+[.):]|step [0-9]+:?)\s+", re.IGNORECASE)
WITHIN = re.compile(r"(?<![\w.])(?:effort-)?(E?[0-9]+(?:\.[0-9]+)+)(?![\w.])", re.IGNORECASE)
"""An effort in the name of a branch."""

OF_MERGE = re.compile(r"\bmerg", re.IGNORECASE)
"""By this a sentence below a branch is about its merge, and not about what the branch brings."""

VERB = re.compile(r"^(?:merge|integrate)\s+(?=\S+/\S)", re.IGNORECASE)
MENTION = re.compile(r"\b(?:BUG|FIX|ISSUE|DEFECT)-[0-9]+\b")


class Told(NamedTuple):
    """What is said of a branch under one label, and in which line."""

    value: str
    line: Line


@dataclass
class Entry:
    """A branch as the document lists it.

    Attributes:
        line: where it is listed.
        told: what is said of it, by the names in `LABELS`.
        fixes: ids of fixes that are mentioned with it, each with the line.
        beside: all lines, or cells of a row, that are about it.
        twice: what was said once more, of what can be one thing only.
    """

    line: Line
    told: dict[str, Told] = field(default_factory=dict)
    fixes: dict[str, Line] = field(default_factory=dict)
    beside: tuple[Line, ...] = ()
    twice: list[tuple[str, Told]] = field(default_factory=list)

    def tell(self, name: str, value: str, line: Line | None = None) -> None:
        """Note what is said, unless it was said before."""
        told = Told(value, line or self.line)
        if value and name in self.told and name in DECISIVE:
            self.twice.append((name, told))
        if value:
            self.told.setdefault(name, told)

    @property
    def keys(self) -> frozenset[str]:
        """What other lines may call it."""
        found = {same(self.told["id"].value)} if "id" in self.told else set()
        if name := self.branch:
            found |= {same(name), same(name.partition("/")[2]), same(name.rpartition("/")[2])} - {""}
        return frozenset(found)

    @property
    def efforts(self) -> frozenset[str]:
        """The efforts that its branch or remote is called after; the splits of one have it in common."""
        return frozenset(same(name) for name in WITHIN.findall(self.branch))

    @property
    def branch(self) -> str:
        """Its branch, with or without a remote, or empty."""
        told = self.told.get("remote") or self.told.get("source")
        return branch_name(told.value, told.line.codes) if told else ""


def listings(root: Section) -> list[list[Entry]]:
    """Every list of branches that the document has, each in its order; the one that says most comes first."""
    titles = [(section, label(section.heading.text)) for section in root.all()]
    tops = [section for section, title in titles if LISTED.search(title) and not LEFT_OUT.search(title)]
    sections = _without_inner(tops) or [root, *_introduced(root)]
    found = [group for section in sections for group in _groups(section) if group]
    return sorted(found, key=lambda group: -sum("source" in entry.told or "remote" in entry.told for entry in group))


def _introduced(root: Section) -> Iterator[Section]:
    """Lists that a line before them introduces, such as `Merge these branches in this order:`, each as a section."""
    for section in _wanted(root):
        for line in section.lines:
            text = label(line.text)
            if line.children and TO_MERGE.search(text) and LISTED.search(text):
                yield Section(line, section.level + 1, list(line.children))


def first_alike(root: Section) -> Line | None:
    """The first line of a list in which each line holds what may be a branch, and of which nothing says otherwise."""
    for section in _wanted(root):
        for lines in (section.lines, *(line.lines for line in section.lines)):
            listed = [line for line in lines if line.bullet or line.ordinal is not None]
            named = [line for line in listed if any(map(is_branch_like, (*line.codes, *line.text.split())))]
            if listed and named == listed:
                return listed[0]
    return None


def belongs_to_listing(root: Section) -> set[int]:
    """Identities of the sections that list branches: what they say is said of a branch, not of the wave."""
    tops = [section for section in root.all() if LISTED.search(label(section.heading.text))]
    return entries_of(root).union(id(inner) for section in tops for inner in section.all())


def _without_inner(sections: list[Section]) -> list[Section]:
    inner = {id(one) for section in sections for one in section.all() if one is not section}
    return [section for section in sections if id(section) not in inner]


def _groups(section: Section) -> Iterator[list[Entry]]:
    wanted = [*_wanted(section)]
    yield [_of_section(one) for one in wanted if one is not section and _is_entry(one)]
    lists = [one for one in wanted if not _is_entry(one) and (section.level or LISTED.search(label(one.heading.text)))]
    for one in lists:
        yield [_of_line(line) for line in one.lines if line.ordinal is not None and not FIELD.get(said(line).label)]
    for one in lists:
        listed = (line for line in one.lines if line.bullet or line.ordinal is not None)
        yield [_of_labels(line) for line in listed if FIELD.get(said(line).label) in {"source", "remote"}]
    for one in wanted:
        yield from (_of_table(block) for block in one.blocks if isinstance(block, Table))
    for one in lists:
        bullets = [_of_line(line) for line in one.lines if line.bullet and not FIELD.get(said(line).label)]
        yield [entry for entry in bullets if entry.branch]


def _wanted(section: Section) -> Iterator[Section]:
    """The section and those in it, without those that list what is not merged, or something else."""
    if _is_entry(section) or not LEFT_OUT.search(label(section.heading.text)):
        yield section
        for inner in section.sections:
            yield from _wanted(inner)


def _is_entry(section: Section) -> bool:
    """Whether a section with a heading of its own is about one branch, which a line or the heading names."""
    labels = [FIELD.get(said(line).label) for line in section.lines]
    if labels.count("source") > 1 and all(line.bullet or line.ordinal is not None for line in section.lines):
        return False  # it lists them
    first = SEPARATOR.split(NUMBER.sub("", section.heading.text))[0]
    named = first in section.heading.codes and is_branch_like(first) and bool({*labels} & {"parent", "needs", "commit"})
    holds_others = any(_is_entry(inner) for inner in section.sections)
    return not holds_others and (named or _is_called(section.heading) or bool({*labels} & {"source", "remote"}))


def _is_called(heading: Line) -> bool:
    """Whether a heading has an effort, and the branch that is called after it: ``E1.1 Title (`effort/E1.1-title`)``."""
    branches = [code for code in heading.codes if is_branch_like(code)]
    if len(branches) != 1 or not (effort := EFFORT.match(heading.text)):
        return False
    return same(effort[1]) in {same(name) for name in WITHIN.findall(branches[0])}


def entries_of(root: Section) -> set[int]:
    """Identities of the sections that are about one branch each."""
    return {id(section) for section in root.all() if section.level > 1 and _is_entry(section)}


def _of_section(section: Section) -> Entry:
    entry = Entry(section.heading, beside=(section.heading, *section.lines))
    _read_below(entry, section.lines)
    _read_head(entry, section.heading)
    return entry


def _of_line(line: Line) -> Entry:
    entry = Entry(line, beside=(line, *line.lines))
    _read_below(entry, line.lines)
    _read_head(entry, line)
    return entry


def _of_labels(line: Line) -> Entry:
    """A branch in an entry of a list that says `Branch:` of it, and the rest below."""
    entry = Entry(line, beside=(line, *line.lines))
    _read_below(entry, entry.beside)
    return entry


def _of_table(table: Table) -> list[Entry]:
    columns = [FIELD.get(label(cell.text), "order" if cell.text in {"#", "№"} else "") for cell in table.head]
    if not {"source", "remote"} & set(columns):
        return []
    entries = []
    for row in table.rows:
        entry = Entry(row[columns.index("source" if "source" in columns else "remote")], beside=row)
        for name, cell in zip(columns, row, strict=False):
            if name == "id":
                _read_head(entry, cell)
            elif name and (name == "parent" or cell.text.casefold() not in NOTHING):
                entry.tell(name, cell.text, cell)
        if "title" not in entry.told and "contains" in entry.told:
            entry.told["title"] = entry.told.pop("contains")
        entries.append(entry)
    order = [entry.told["order"].value.strip("#.") if "order" in entry.told else "" for entry in entries]
    if all(number.isdecimal() for number in order):
        entries.sort(key=lambda entry: int(entry.told["order"].value.strip("#.")))
    return entries


def _read_below(entry: Entry, lines: tuple[Line, ...]) -> None:
    for line in lines:
        name, value = said(line)
        for fix in MENTION.findall(line.text):
            entry.fixes.setdefault(fix, line)
        if kind := FIELD.get(name):
            below = "; ".join(child.text for child in line.lines)
            if kind == "place" and not is_place(value):
                kind = "remote" if is_branch_like(value) else ""
            if kind == "conflicts":
                entry.told.setdefault(kind, Told(value or below, line))
            elif kind:
                entry.tell(kind, value or below, line)
    for line in lines:
        if not said(line).label and not MENTION.search(line.text) and not OF_MERGE.search(line.text):
            entry.tell("contains", line.text, line)
            if (found := STANDS.search(line.text)) and (EFFORT.fullmatch(found[1]) or is_branch_like(found[1])):
                entry.tell("parent", found[1], line)


def _read_head(entry: Entry, line: Line) -> None:
    """Read `**E1.2.1** - Title`, `branch (E1.1.1)`, `branch (712 lines)`, `Effort 2.1.1: Title`, and the like."""
    text, notes = aside(VERB.sub("", NUMBER.sub("", line.text)))
    for note in notes:
        _read_note(entry, note, line)
    left, *right = SEPARATOR.split(text, maxsplit=1)
    left = left.strip(" :")
    rest = right[0].strip(" :") if right else ""
    first, *others = SEPARATOR.split(rest, maxsplit=1)
    if is_branch_like(first) and not {"source", "remote"} & entry.told.keys():
        entry.tell("source", first, line)
        rest = others[0].strip(" :") if others else ""
    found = EFFORT.match(left)
    if is_branch_like(left):
        entry.tell("source", left, line)
        if effort := EFFORT.match(rest):
            entry.tell("id", effort[1], line)
            rest = rest[effort.end() :].strip(" :-–—")  # noqa: RUF001 - dashes as people type them
    elif found and found.end() == len(left):
        entry.tell("id", found[1], line)
    elif found and not rest:
        entry.tell("id", found[1], line)
        rest = left[found.end() :].strip(" :-")
    elif left and " " not in left:
        entry.tell("source" if not {"source", "remote"} & entry.told.keys() else "id", left, line)
    elif line.codes and left == line.codes[0]:
        entry.tell("source", left, line)
    else:
        rest = f"{left}: {rest}" if rest else left
    entry.tell("title", _without_notes(entry, rest, line), line)
    coded = [code for code in line.codes if is_branch_like(code)]
    if len(coded) == 1 and not {"source", "remote"} & entry.told.keys():
        entry.tell("source", coded[0], line)


def _without_notes(entry: Entry, text: str, line: Line) -> str:
    """A title without the parts behind commas or dashes that say what brackets say elsewhere: `…, parent main`."""
    parts = PARTS.split(text.lstrip(" ,;"))
    notes = [part for part in parts if STACKED.fullmatch(part) or (COUNT.match(part) and "line" in part)]
    for note in notes:
        _read_note(entry, note, line)
    return " - ".join(part for part in parts if part not in notes) if notes else text


def _read_note(entry: Entry, note: str, line: Line) -> None:
    """What stands in brackets behind a branch."""
    kind, stacked = "", list[str]()
    for part in re.split(r"[,;]\s+", note):
        first, *rest = SEPARATOR.split(part, maxsplit=1)
        if found := STACKED.fullmatch(part):
            kind = "needs" if found[1].casefold() in {"depends on", "dependencies", "requires"} else "parent"
            stacked.append(found[2])
        elif kind:
            stacked.append(part)
        elif (count := COUNT.match(part)) and "line" in part:
            entry.tell("lines", count[1], line)
        elif EFFORT.fullmatch(first):
            entry.tell("id", first, line)
            entry.tell("title", rest[0] if rest else "", line)
        elif is_branch_like(part) and part in line.codes and not {"source", "remote"} & entry.told.keys():
            entry.tell("source", part, line)
        elif part.casefold() not in NOTHING:
            entry.tell("contains", part, line)
    entry.tell(kind, ", ".join(stacked), line)


def split_of(name: str) -> str:
    """The split that a branch's name ends with, as ids have it, or empty."""
    found = SPLIT.search(name)
    return f"-split-{found[1]}" if found else ""
