"""A Markdown document as sections of lines, parsed with markdown-it-py (CommonMark, with tables)."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from markdown_it import MarkdownIt
from markdown_it.token import Token

LARGEST, LONGEST, WIDEST, DEEPEST = 64 << 10, 5000, 2000, 8
"""Characters and lines of a document at most, characters of one paragraph, and levels of lists and quotes."""

COMMENT = re.compile(r"\s*(?:<!--.*?-->\s*)+", re.DOTALL)
FRONT = re.compile(r"---[ \t]*\r?\n(?P<lines>.*?\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
"""Front matter: what stands between two lines of `---` at the very top."""

BOX = re.compile(r"\[(?P<tick>[ xX])\]\s+")
NOTE = re.compile(r"\([^()]*\)")
MARKS = " .,:;-–—"  # noqa: RUF001 - dashes as people type them
QUOTES = "'\""
FOOTNOTE = re.compile(r"\[\^[^\]\s]+\](?!:)")
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
        struck: what of it is struck out, and so is not in the text.
        box: what stands in the box that it begins with, ` ` or `x`; empty where there is none.
        ordinal: its number in a numbered list; None elsewhere.
        bullet: whether it is an entry of a list without numbers.
        children: lines and tables below it.
    """

    number: int
    text: str
    strong: str = ""
    codes: tuple[str, ...] = ()
    struck: str = ""
    box: str = ""
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
    """A heading with what follows it, up to the next heading of its level or above.

    Attributes:
        struck: of the whole document, lines and entries that are struck out, in part or altogether.
    """

    heading: Line
    level: int = 0
    blocks: list[Block] = field(default_factory=list)
    sections: "list[Section]" = field(default_factory=list)
    struck: list[Line] = field(default_factory=list)

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
    front = FRONT.match(text)
    beside = "\n" * front[0].count("\n") + text[front.end() :] if front else text
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(beside)
    for token in tokens:
        _require_markdown(token)
    root = _Reader(tokens).document()
    root.blocks[:0] = _front(front["lines"]) if front else []
    return root


def _front(text: str) -> Iterator[Line]:
    """The lines of front matter, `key: value` each; what else YAML has is not read."""
    for number, written in enumerate(text.splitlines(), 2):
        line = written.strip()
        name, colon, value = line.partition(":")
        if line.startswith("#") or not line:
            continue
        if written[:1].isspace() or line.startswith("-") or not colon or value.strip()[:1] in set("[{|>&*!"):
            raise OutlineError(number, f"{line!r} is front matter that is not read: lines of `key: value` are")
        yield Line(number, f"{name}: {value.strip().strip(QUOTES)}")


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
    if token.type.startswith("html") and not COMMENT.fullmatch(token.content):
        if token.content.lstrip().startswith("<!--"):
            raise OutlineError(line, "begins a comment that hides more than itself: close it, with nothing behind it")
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
        self.struck: list[Line] = []

    def document(self) -> Section:
        root = Section(Line(1, ""), struck=self.struck)
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
        if token.type == "code_block":
            return [Fence(_line(token), "", token.content)]
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
            if first.struck and not NOTE.sub("", first.text).strip(MARKS):
                continue  # the whole entry is, with all that hangs on it
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
        found = [words.line() for words in joined]
        self.struck += [line for line in found if line.struck]
        return found


class _Words:
    """A line while it is read."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.parts: list[str] = []
        self.strong: list[str] = []
        self.codes: list[str] = []
        self.struck: list[str] = []
        self.bold = self.out = 0

    def add(self, token: Token) -> None:
        if token.type in {"strong_open", "strong_close"}:
            self.bold += token.nesting
        elif token.type in {"s_open", "s_close"}:
            self.out += token.nesting
        elif self.out:
            self.struck.append(token.content)
        elif token.type in {"text", "code_inline", "image", "text_special"}:
            if self.bold and not self.text().removeprefix("".join(self.strong)).strip():
                self.strong.append(token.content)
            if token.type == "code_inline":
                self.codes.append(token.content.strip())
            self.parts.append(token.content)

    def text(self) -> str:
        """What it says, without the box that it begins with and without what leads to footnotes."""
        return FOOTNOTE.sub("", BOX.sub("", "".join(self.parts).lstrip(), count=1))

    def begins_anew(self) -> bool:
        """Whether the line says something of its own, as by a label or a tick."""
        text = " ".join("".join(self.parts).split())
        return bool(self.strong) or ": " in text or text.endswith(":") or not text[:1].isalnum()

    def join(self, other: "_Words") -> None:
        self.parts += [" ", *other.parts]
        self.codes += other.codes
        self.struck += other.struck

    def line(self) -> Line:
        strong = " ".join("".join(self.strong).split())
        text, box = " ".join(self.text().split()), BOX.match("".join(self.parts).lstrip())
        if len(text) > WIDEST:
            raise OutlineError(self.number, f"goes on for more than {WIDEST} characters; a plan is written by hand")
        return Line(
            self.number, text, strong, tuple(self.codes), "".join(self.struck).strip(), box["tick"] if box else ""
        )


def _entry(first: Line, ordinal: int | None, children: tuple[Block, ...]) -> Line:
    return replace(first, ordinal=ordinal, bullet=ordinal is None, children=children)


def _hang(blocks: list[Block], found: list[Block]) -> None:
    """Add blocks; a list or block of code after `Label:` hangs on that line."""
    before = blocks[-1] if blocks else None
    if isinstance(before, Line) and before.text.endswith(":") and found and not _is_paragraph(found[0]):
        blocks[-1] = replace(before, children=tuple(found))
    else:
        blocks += found


def _is_paragraph(block: Block) -> bool:
    return isinstance(block, Line) and not block.bullet and block.ordinal is None


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1
