"""A Markdown document as sections of lines, parsed with markdown-it-py (CommonMark, with tables)."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from markdown_it import MarkdownIt
from markdown_it.token import Token

LARGEST, LONGEST, WIDEST, DEEPEST = 64 << 10, 5000, 2000, 8
"""Characters and lines of a document at most, characters of one paragraph, and levels of lists and quotes."""

COMMENT = "<!--"
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that make a line read otherwise than it is written."""


class OutlineError(Exception):
    """A document that cannot be read at all.

    Attributes:
        line: from 1.
    """

    def __init__(self, line: int, text: str) -> None:
        self.line = line
        super().__init__(text)


@dataclass(frozen=True)
class Line:
    """A line of the document, or an entry of a list, with all that hangs on it.

    Attributes:
        number: in the file, from 1.
        text: without marks of Markdown.
        strong: what is bold at its beginning, if it begins so.
        codes: what it holds as code.
        ordinal: its number in a numbered list; None elsewhere.
        bullet: whether it is an entry of a list without numbers.
        children: lines and tables below it.
    """

    number: int
    text: str
    strong: str = ""
    codes: tuple[str, ...] = ()
    ordinal: int | None = None
    bullet: bool = False
    children: "tuple[Line | Table | Fence, ...]" = ()

    @property
    def lines(self) -> "tuple[Line, ...]":
        """The lines below it."""
        return tuple(child for child in self.children if isinstance(child, Line))


@dataclass(frozen=True)
class Table:
    """A table: its head, and its rows with as many cells each."""

    number: int
    head: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True)
class Fence:
    """A block of code.

    Attributes:
        number: line of its first line of code.
        info: what stands behind the opening fence.
    """

    number: int
    info: str
    content: str


Block = Line | Table | Fence


@dataclass
class Section:
    """A heading with what follows it, up to the next heading of its level or above."""

    heading: Line
    level: int = 0
    blocks: list[Block] = field(default_factory=list)
    sections: "list[Section]" = field(default_factory=list)

    def all(self) -> "Iterator[Section]":
        """This section and those within it, in the order of the document."""
        yield self
        for section in self.sections:
            yield from section.all()

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines right under the heading."""
        return tuple(block for block in self.blocks if isinstance(block, Line))


def outline(text: str) -> Section:
    """The document as a tree of sections; the first has an empty heading and holds all others.

    Raises:
        OutlineError: the document is too large, or holds what is not read: HTML, control characters.
    """
    _require_plain(text)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for token in tokens:
        _require_markdown(token)
    return _Reader(tokens).document()


def _require_plain(text: str) -> None:
    if len(text) > LARGEST:
        raise OutlineError(1, f"is longer than {LARGEST >> 10} KiB; a plan is written by hand")
    lines = text.split("\n")
    if len(lines) > LONGEST:
        raise OutlineError(LONGEST + 1, f"has more than {LONGEST} lines; a plan is written by hand")
    for number, line in enumerate(lines, 1):
        if len(line) > WIDEST:
            raise OutlineError(number, f"goes on for more than {WIDEST} characters; a plan is written by hand")
        if line.isprintable():
            continue
        for character in line.removesuffix("\r"):
            if character in TURNS or (unicodedata.category(character) in {"Cc", "Cs"} and character != "\t"):
                raise OutlineError(number, f"holds the control character {character!a}, which nobody sees")


def _require_markdown(token: Token, line: int = 1) -> None:
    line = token.map[0] + 1 if token.map else line
    if token.level > 2 * DEEPEST + 1:  # where levels are 20, the parser leaves out what is below
        raise OutlineError(line, f"nests lists or quotes deeper than {DEEPEST} levels")
    if token.type.startswith("html") and not token.content.lstrip().startswith(COMMENT):
        written = token.content.strip().splitlines()[0][:40]
        raise OutlineError(line, f"holds HTML ({written!r}), which is not read; write it as Markdown, or as `code`")
    for child in token.children or ():
        _require_markdown(child, line)
        line += child.type in {"softbreak", "hardbreak"}


class _Reader:
    """Builds sections from the flat list of tokens."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def document(self) -> Section:
        root = Section(Line(1, ""))
        path = [root]
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.type == "heading_open":
                level = int(token.tag[1:])
                heading = self.inline(self.tokens[self.at + 1])[0]
                path = [*takewhile(lambda section, level=level: section.level < level, path)]  # type: ignore[misc]
                path[-1].sections.append(Section(heading, level))
                path.append(path[-1].sections[-1])
                self.at += 3
            else:
                _hang(path[-1].blocks, self.block())
        return root

    def block(self) -> list[Block]:
        """The block that begins here, and step behind it."""
        token = self.tokens[self.at]
        self.at += 1
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            return self.entries()
        if token.type == "table_open":
            return [self.table()]
        if token.type == "fence":
            return [Fence(_line(token) + 1, token.info.strip(), token.content)]
        return list(self.inline(token)) if token.type == "inline" else []

    def entries(self) -> list[Block]:
        entries: list[Block] = []
        while (token := self.tokens[self.at]).type == "list_item_open":
            self.at += 1
            ordinal = int(token.info) if token.info.isdecimal() else None
            blocks: list[Block] = []
            while self.tokens[self.at].type != "list_item_close":
                _hang(blocks, self.block())
            self.at += 1
            first = blocks[0] if blocks and isinstance(blocks[0], Line) else Line(_line(token), "")
            rest = blocks[1:] if blocks and blocks[0] is first else blocks
            entries.append(_entry(first, ordinal, (*first.children, *rest)))
        self.at += 1
        return entries

    def table(self) -> Table:
        number = _line(self.tokens[self.at - 1])
        rows: list[list[Line]] = []
        while (token := self.tokens[self.at]).type != "table_close":
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                cell = self.inline(token)
                rows[-1].append(cell[0] if cell else Line(_line(token), ""))
            self.at += 1
        self.at += 1
        head, *others = map(tuple, rows)
        return Table(number, head, tuple(others))

    def inline(self, token: Token) -> list[Line]:
        """The lines of a paragraph; what goes on from the line before is joined to it."""
        number, lines = _line(token), [_Words(_line(token))]
        for child in token.children or ():
            if child.type in {"softbreak", "hardbreak"}:
                number += 1
                lines.append(_Words(number))
            else:
                lines[-1].add(child)
        joined: list[_Words] = []
        for words in lines:
            if joined and not words.begins_anew():
                joined[-1].join(words)
            else:
                joined.append(words)
        return [words.line() for words in joined]


class _Words:
    """A line while it is read."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.parts: list[str] = []
        self.strong: list[str] = []
        self.codes: list[str] = []
        self.bold = 0

    def add(self, token: Token) -> None:
        if token.type in {"strong_open", "strong_close"}:
            self.bold += token.nesting
        elif token.type in {"text", "code_inline", "image", "text_special"}:
            if self.bold and not "".join(self.parts).removeprefix("".join(self.strong)).strip():
                self.strong.append(token.content)
            if token.type == "code_inline":
                self.codes.append(token.content.strip())
            self.parts.append(token.content)

    def begins_anew(self) -> bool:
        """Whether the line says something of its own, as by a label or a tick."""
        text = " ".join("".join(self.parts).split())
        return bool(self.strong) or ": " in text or text.endswith(":") or not text[:1].isalnum()

    def join(self, other: "_Words") -> None:
        self.parts += [" ", *other.parts]
        self.codes += other.codes

    def line(self) -> Line:
        strong = " ".join("".join(self.strong).split())
        text = " ".join("".join(self.parts).split())
        if len(text) > WIDEST:
            raise OutlineError(self.number, f"goes on for more than {WIDEST} characters; a plan is written by hand")
        return Line(self.number, text, strong, tuple(self.codes))


def _entry(first: Line, ordinal: int | None, children: tuple[Block, ...]) -> Line:
    return Line(first.number, first.text, first.strong, first.codes, ordinal, ordinal is None, children)


def _hang(blocks: list[Block], found: list[Block]) -> None:
    """Add blocks; a list or block of code after `Label:` hangs on that line."""
    before = blocks[-1] if blocks else None
    if isinstance(before, Line) and before.text.endswith(":") and found and not _is_paragraph(found[0]):
        blocks[-1] = Line(
            before.number, before.text, before.strong, before.codes, before.ordinal, before.bullet, tuple(found)
        )
    else:
        blocks += found


def _is_paragraph(block: Block) -> bool:
    return isinstance(block, Line) and not block.bullet and block.ordinal is None


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1
