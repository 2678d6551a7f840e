"""How a document wants merges made and conflicts settled: by choosing a side, nothing more (R361)."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from tests_integration.plan.markdown.commands import lines_of, read_commands, when_all_goes_well
from tests_integration.plan.markdown.draft import Draft
from tests_integration.plan.markdown.entries import Entry, entries_of
from tests_integration.plan.markdown.outline import Block, Line, Section, Table
from tests_integration.plan.markdown.words import (
    CLAUSE,
    EFFORT,
    FIX,
    NEVER,
    NOTHING,
    label,
    paths,
    said,
    same,
    statements,
)

SIDES = {
    "theirs": re.compile(
        r"\b(?:accept|take|use|keep|prefer|choose)\s+(?:the\s+)?(?:incoming|theirs?)\b|\btheirs\b|^incoming\b"
    ),
    "ours": re.compile(
        r"\b(?:(?:keep|take|use|prefer|accept|choose)\s+(?:the\s+)?(?:ours?|current|existing|base)|ours)\b"
    ),
    "union": re.compile(r"\bunion\b|\b(?:keep|take|combine|accept|use|include)\b.{0,15}\bboth\b"),
    "delete": re.compile(r"\b(?:delete|remove) (?:it|the file|this file|both)\b|^(?:delete|remove)\.?$"),
}
"""Words for each side of a conflict that can be taken."""

BY_HAND = re.compile(r"\bmanual|\bby hand\b|\bcarefully\b|\ball unique\b|\brewrite\b|\bmerge the\b")
NO_CONFLICT = re.compile(r"\bno(?:ne)?\b(?: \w+)? (?:conflicts|expected)|^none\b|\bno conflicts\b")
ABOUT = re.compile(r"\bconflicts?\b")
BLANKET = 5
"""Words of an answer for all conflicts at most; more is a thought about some of them."""

HOW = frozenset({"resolution", "resolution strategy", "strategy", "resolve", "action", "take"})
WHERE = frozenset({"file", "files", "path", "paths", "conflict"})
MERGES = frozenset(
    {
        "affected merges",
        "in",
        "branch",
        "branches",
        "effort",
        "efforts",
        "merge",
        "merges",
        "between",
        "affects",
        "when",
    }
)
ALL = frozenset({"all", "any", "all merges", "all branches", "every merge", "everywhere"})

OTHERWISE = re.compile(
    r"\b(squash|rebas(?:e|ing)|cherry-?pick(?:s|ing)?|fast[ -]forward|octopus)\b|--(?:squash|ff|ff-only)(?![\w-])"
)
CONDITION = re.compile(
    r"\b(?:except|unless|other than|apart from|excluding|but|if|only when|n[o']t|never|instead of|rather than)\b"
)
"""Words by which an answer is for less than what it names, or is none."""
EACH = re.compile(r"\b(?:build|test|tests|validate)\b.*\b(?:after|between) (?:each|every)\b")
STRATEGY = re.compile(
    r"\bmerge\b.*\b(?:strategy|order|steps|commands)\b|\bstrategy\b|\bexecution\b|\bsteps\b|\bprocedure\b"
)
ORDER = re.compile(r"merge\s+(?P<one>\S+)\s+(?P<when>before|after)\s+(?P<other>\S+)", re.IGNORECASE)
WAYS = frozenset({"merge strategy", "strategy", "merge method", "merge type", "merge mode", "merge style"})
"""Labels of how merges are made."""

DONE_ANYWAY = re.compile(
    r"--no-ff(?![\w-])|\bdependency order\b|\bwork log\b|\b(?:fresh|new) (?:integration )?branch\b|\bsequential"
)
"""Ways of merging that are this suite's own."""


def read_rules(draft: Draft, root: Section, entries: Sequence[Entry]) -> None:
    """Put rules for expected conflicts into the plan, and refuse ways of merging that this suite has not."""
    reader = _Rules(draft, entries)
    about_one = entries_of(root)
    names = {id(entry.line): name for entry, name in zip(entries, reader.ids, strict=True)}
    owner = {
        id(inner): names[id(section.heading)]
        for section in root.all()
        if id(section.heading) in names
        for inner in section.all()
    }
    for section in (section for section in root.all() if id(section) not in about_one):
        for way in statements(section):
            if way.label in WAYS:
                reader.way(Line(way.line, way.value))
        title = label(section.heading.text)
        if ABOUT.search(title) and not STRATEGY.search(title):
            reader.section(section, [owner[id(section)]] if id(section) in owner else [])
        elif STRATEGY.search(title):
            reader.strategy(section)
    for line in (line for section in when_all_goes_well(root) for line in lines_of(section.blocks)):
        reader.loose(line)
    for entry, name in zip(entries, reader.ids, strict=True):
        if told := entry.told.get("conflicts"):
            lines = told.line.lines or (Line(told.line.number, told.value, codes=told.line.codes),)
            for line in lines:
                reader.line(line, [name])
    reader.require_order((reader.ids.index(name), line) for name, line in read_commands(draft, root, reader.named_in))


class _Rules:
    def __init__(self, draft: Draft, entries: Sequence[Entry]) -> None:
        self.draft = draft
        self.entries = entries
        self.ids = [str(branch["id"]) for branch in draft.data.get("branches", [])]  # type: ignore[attr-defined]
        self.count = 0

    def section(self, section: Section, merges: list[str]) -> None:
        """Read a section about expected conflicts, in the merges of these branches if it stands below one."""
        for inner in section.all():
            whole = inner is not section and bool(paths(inner.heading))
            if whole:
                self.line(_with_children(inner.heading, inner.blocks), merges)
                continue
            for block in inner.blocks:
                if isinstance(block, Table):
                    self.table(block)
                elif isinstance(block, Line):
                    self.line(block, merges)

    def table(self, table: Table) -> None:
        columns = [label(cell.text) for cell in table.head]
        for row in table.rows:
            cells = dict(zip(columns, row, strict=False))
            files = next((cells[name] for name in columns if name in WHERE), None)
            how = next((cells[name] for name in columns if name in HOW), None)
            merges = next((cells[name] for name in columns if name in MERGES), None)
            if files and how:
                named = self.named_in(merges.text) if merges else []
                if merges and not named and merges.text.casefold() not in ALL | NOTHING:
                    self.ask_which(files, merges.text)
                self.put(files, paths(files), how.text, named)

    def ask_which(self, line: Line, text: str) -> None:
        """Ask for the merges that a rule is for, where none of the branches here is named."""
        files = paths(line)
        settle = f"resolve: [{{paths: [{', '.join(files) or 'FILE'}], take: theirs, in: [{(*self.ids, 'E1')[0]}]}}]"
        self.draft.ask(("resolve", *files), line.number, f"in which merges? {text!r} names no branch here", settle)

    def line(self, line: Line, merges: list[str]) -> None:
        """Read one expected conflict, with what stands below it."""
        if NO_CONFLICT.search(line.text.casefold()):
            self.draft.read.add(line.number)
            return
        if not line.children and len(clauses := _clauses(line)) > 1:
            for clause in clauses:
                self.line(clause, merges)
            return
        below = [said(child) for child in line.lines]
        how = next((value for name, value in below if name in HOW and value), "") or _behind(line)
        affected = next((value for name, value in below if name in MERGES), "")
        named = merges or self.named_in(affected) or self.named_in(line.text)
        if not named and (unknown := EFFORT.findall(line.text)):
            self.ask_which(line, unknown[0])
        self.put(line, paths(line), how, named)

    def put(self, line: Line, files: Sequence[str], how: str, merges: list[str]) -> None:
        text = how.casefold()
        sides = _sides(text)
        about = line.text.casefold()
        for file in files:
            about = about.replace(file.casefold(), " ")
        doubt = BY_HAND.search(text) or CONDITION.search(text) or CONDITION.search(about) or _sides(about) > sides
        if not files and (not sides or len(how.split()) > BLANKET):
            self.draft.remark(line.number, f"{line.text!r} names no file to settle; a conflict there stops the merge")
            return
        if len(sides) != 1 or not files or doubt:
            open_is = "which files are" if not files else f"on which side is {', '.join(files)}"
            shown = ", ".join(files) or "FILE"
            text = f"{open_is} to be taken? {how or line.text!r} does not say; a conflict is settled by choosing a side"
            self.draft.ask(("resolve", *files), line.number, text, f"resolve: [{{paths: [{shown}], take: theirs}}]")
            return
        rule: dict[str, object] = {"paths": list(files), "take": next(iter(sides))}
        if merges:
            rule["in"] = merges
        for key, value in rule.items():
            self.draft.put(("resolve", self.count, key), value, line.number)
        self.count += 1

    def named_in(self, text: str) -> list[str]:
        """The branches that a text names."""
        words = {same(word.strip("`,.:()")) for word in text.split()} | {same(name) for name in EFFORT.findall(text)}
        called = [entry.keys | entry.efforts | {same(name)} for entry, name in zip(self.entries, self.ids, strict=True)]
        return [name for name, names in zip(self.ids, called, strict=True) if words & names]

    def strategy(self, section: Section) -> None:
        """Read how merges are to be made; an order that is not the listed one is asked about."""
        met: list[tuple[int, int]] = []
        title = label(section.heading.text)
        for inner in section.all():
            for line in lines_of(inner.blocks):
                self.way(line)
                self.fix(line)
                text = f"{title} {line.text.casefold()}"
                if _sides(line.text.casefold()) and (ABOUT.search(text) or paths(line)):
                    self.line(line, [])
                if line.text.casefold().startswith("merge ") and (names := self.named_in(line.text)):
                    met.append((self.ids.index(names[0]), line.number))
                    self.draft.read.add(line.number)
        self.require_order(met)

    def loose(self, line: Line) -> None:
        """Read a sentence that wants merges made otherwise, or in an order, wherever it stands."""
        text = line.text.casefold()
        if OTHERWISE.match(text):
            self.way(line)
        if found := ORDER.match(line.text):
            names = [self.named_in(found["one"]), self.named_in(found["other"])]
            if all(names):
                self.draft.read.add(line.number)
                first, second = names if found["when"].casefold() == "before" else reversed(names)
                self.require_order((self.ids.index(one[0]), line.number) for one in (first, second))

    def fix(self, line: Line) -> None:
        """Hold a line about the merges against the fixes that it speaks of."""
        fixes: list[dict[str, object]] = self.draft.data.get("fixes", [])  # type: ignore[assignment]
        spoken = FIX.findall(line.text)
        for n, fix in enumerate(fixes):
            named = self.named_in(line.text) if fix["id"] in spoken else []
            if named and fix.get("after") not in {None, *named}:
                text = f"{line.text!r}, and {fix['id']} stands in the merge of {fix['after']}"
                self.draft.ask(
                    ("fixes", n, "after"), line.number, text, f"fixes: [{{id: {fix['id']}, after: {named[0]}}}]"
                )
            elif named:
                self.draft.read.add(line.number)

    def require_order(self, met: Iterable[tuple[int, int]]) -> None:
        """Ask where branches are named in another order than the list's: places in it, each with the line."""
        for (before, _), (after, number) in pairwise(met):
            if after < before:
                text = (
                    f"{self.ids[after]} is merged after {self.ids[before]} here, and before it by the list of branches"
                )
                self.draft.ask(("branches",), number, text, "branches: [{id: …}, …] in the order of merging")
                return

    def way(self, line: Line) -> None:
        text = line.text.casefold()
        other = OTHERWISE.search(text)
        if other and not NEVER.search(text[: other.start()]):
            wanted = f"{line.text!r} asks for {other[0]!r}; branches are merged one by one with --no-ff here"
            self.draft.refuse(line.number, wanted)
        elif DONE_ANYWAY.search(text):
            self.draft.read.add(line.number)
        if EACH.search(text):
            self.draft.remark(line.number, f"{line.text!r}: build and tests run once, on the finished branch")


def _sides(text: str) -> frozenset[str]:
    """The sides that a text in small letters speaks of."""
    return frozenset(side for side, pattern in SIDES.items() if pattern.search(text))


def _clauses(line: Line) -> list[Line]:
    """Its sentences, where more than one of them says which side is taken."""
    texts = CLAUSE.split(line.text)
    if sum(bool(_sides(text.casefold())) for text in texts) < 2:  # noqa: PLR2004 - more than one
        return [line]
    return [Line(line.number, text, codes=tuple(code for code in line.codes if code in text)) for text in texts]


def _behind(line: Line) -> str:
    """What a line says behind the files that it names, or before them if the side stands there."""
    files = paths(line)
    at = max((line.text.rfind(file) + len(file) for file in files), default=0)
    behind = line.text[at:].strip(" :-–—`,()")  # noqa: RUF001 - dashes as people type them
    told = _sides(behind.casefold()) or not _sides(line.text.casefold())
    return behind if behind and told else line.text


def _with_children(heading: Line, blocks: Sequence[Block]) -> Line:
    return Line(heading.number, heading.text, heading.strong, heading.codes, children=tuple(blocks))
