"""How a document wants merges made and conflicts settled: by choosing a side, nothing more (R361)."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests_integration.plan.markdown.draft import Draft
from tests_integration.plan.markdown.entries import Entry
from tests_integration.plan.markdown.outline import Block, Fence, Line, Section, Table
from tests_integration.plan.markdown.words import EFFORT, label, paths, said, same

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
MERGES = frozenset({"affected merges", "in", "branch", "branches", "effort", "efforts", "merge"})

OTHERWISE = re.compile(
    r"\b(squash|rebas(?:e|ing)|cherry-?pick(?:s|ing)?|fast[ -]forward|octopus)\b|--(?:squash|ff|ff-only)(?![\w-])"
)
NEVER = re.compile(r"\b(?:no|not|never|without|avoid|don't|instead of|rather than)\b")
EACH = re.compile(r"\b(?:build|test|tests|validate)\b.*\b(?:after|between) (?:each|every)\b")
STRATEGY = re.compile(r"\bmerge\b.*\b(?:strategy|order|steps|commands)\b|\bstrategy\b|\bexecution\b")
COMMAND = re.compile(r"\bgit merge\b(?P<rest>.*)")


def read_rules(draft: Draft, root: Section, entries: Sequence[Entry]) -> None:
    """Put rules for expected conflicts into the plan, and refuse ways of merging that this suite has not."""
    reader = _Rules(draft, entries)
    for section in root.all():
        title = label(section.heading.text)
        if ABOUT.search(title) and not STRATEGY.search(title):
            reader.section(section)
        elif STRATEGY.search(title):
            reader.strategy(section)
    for entry, name in zip(entries, reader.ids, strict=True):
        if told := entry.told.get("conflicts"):
            lines = told.line.lines or (Line(told.line.number, told.value, codes=told.line.codes),)
            for line in lines:
                reader.line(line, [name])


class _Rules:
    def __init__(self, draft: Draft, entries: Sequence[Entry]) -> None:
        self.draft = draft
        self.entries = entries
        self.ids = [str(branch["id"]) for branch in draft.data.get("branches", [])]  # type: ignore[attr-defined]
        self.count = 0

    def section(self, section: Section) -> None:
        """Read a section about expected conflicts."""
        for inner in section.all():
            whole = inner is not section and bool(paths(inner.heading))
            if whole:
                self.line(_with_children(inner.heading, inner.blocks), [])
                continue
            for block in inner.blocks:
                if isinstance(block, Table):
                    self.table(block)
                elif isinstance(block, Line):
                    self.line(block, [])

    def table(self, table: Table) -> None:
        columns = [label(cell.text) for cell in table.head]
        for row in table.rows:
            cells = dict(zip(columns, row, strict=False))
            files = next((cells[name] for name in columns if name in WHERE), None)
            how = next((cells[name] for name in columns if name in HOW), None)
            merges = next((cells[name] for name in columns if name in MERGES), None)
            if files and how:
                self.put(files, paths(files), how.text, self.named_in(merges.text) if merges else [])

    def line(self, line: Line, merges: list[str]) -> None:
        """Read one expected conflict, with what stands below it."""
        if NO_CONFLICT.search(line.text.casefold()):
            return
        below = [said(child) for child in line.lines]
        how = next((value for name, value in below if name in HOW and value), "") or _behind(line)
        affected = next((value for name, value in below if name in MERGES), "")
        named = merges or self.named_in(affected) or self.named_in(line.text)
        self.put(line, paths(line), how, named)

    def put(self, line: Line, files: Sequence[str], how: str, merges: list[str]) -> None:
        text = how.casefold()
        sides = [side for side, pattern in SIDES.items() if pattern.search(text)]
        if not files and (not sides or len(how.split()) > BLANKET):
            self.draft.remark(line.number, f"{line.text!r} names no file to settle; a conflict there stops the merge")
            return
        if len(sides) != 1 or not files or BY_HAND.search(text):
            open_is = "which files are" if not files else f"on which side is {', '.join(files)}"
            shown = ", ".join(files) or "FILE"
            text = f"{open_is} to be taken? {how or line.text!r} does not say; a conflict is settled by choosing a side"
            self.draft.ask(("resolve", *files), line.number, text, f"resolve: [{{paths: [{shown}], take: theirs}}]")
            return
        rule: dict[str, object] = {"paths": list(files), "take": sides[0]}
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
        for inner in section.all():
            for line in _all_lines(inner.blocks):
                self.way(line)
                if line.text.casefold().startswith("merge ") and (names := self.named_in(line.text)):
                    met.append((self.ids.index(names[0]), line.number))
            for block in inner.blocks:
                if isinstance(block, Fence):
                    met += self.commands(block)
        for (before, _), (after, number) in pairwise(met):
            if after < before:
                text = (
                    f"{self.ids[after]} is merged after {self.ids[before]} here, and before it by the list of branches"
                )
                self.draft.ask(("branches",), number, text, "branches: [{id: …}, …] in the order of merging")
                return

    def commands(self, fence: Fence) -> Iterator[tuple[int, int]]:
        for offset, text in enumerate(fence.content.splitlines()):
            found = COMMAND.search(text)
            if not found or text.lstrip().startswith("#"):
                continue
            without_remotes = " ".join(word.partition("/")[2] for word in found["rest"].split())
            if names := self.named_in(found["rest"]) or self.named_in(without_remotes):
                yield self.ids.index(names[0]), fence.number + offset

    def way(self, line: Line) -> None:
        text = line.text.casefold()
        other = OTHERWISE.search(text)
        if other and not NEVER.search(text[: other.start()]):
            wanted = f"{line.text!r} asks for {other[0]!r}; branches are merged one by one with --no-ff here"
            self.draft.refuse(line.number, wanted)
        elif EACH.search(text):
            self.draft.remark(line.number, f"{line.text!r}: build and tests run once, on the finished branch")


def _behind(line: Line) -> str:
    """What a line says behind the files that it names."""
    files = paths(line)
    at = max((line.text.rfind(file) + len(file) for file in files), default=0)
    behind = line.text[at:].strip(" :-–—`,()")  # noqa: RUF001 - dashes as people type them
    return behind or line.text


def _with_children(heading: Line, blocks: Sequence[Block]) -> Line:
    return Line(heading.number, heading.text, heading.strong, heading.codes, children=tuple(blocks))


def _all_lines(blocks: Sequence[Block]) -> Iterator[Line]:
    for block in blocks:
        if isinstance(block, Line):
            yield block
            yield from _all_lines(block.children)
