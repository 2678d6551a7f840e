"""Every text that reaches the record: in each form it is shown, and does nothing."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

from _pytest.junitxml import bin_xml_escape

from tests_integration.github import annotations
from tests_integration.plan.load import Given
from tests_integration.plan.mistakes import Mark, Mistake
from tests_integration.record import html, intoto
from tests_integration.record.markdown import code, prose, summary
from tests_integration.record.model import Record
from tests_integration.selftests.published_forms import departures
from tests_integration.selftests.strangers import GFM, LIVE, MARKUP, inlines, record
from tests_integration.session import Session, Withheld
from tests_integration.text import path_of_word, shell_word, visible

SEEDS = [text.encode() for text in (*LIVE, *MARKUP)]
TOKENS = rb"""
` | < > & " ' * _ [ ] ( ) # ~ $ % @ ! : ; \ { } ^ + - / = <script> <img/src=x/onerror=x> </pre> --> ]]> {{7*7}}
::error:: :: %0A :// www. javascript: @octocat #1 GH-1 deadbeef :tada: ``` `` ![a](b) &#64; \x1b
"""
WORDS = [
    *TOKENS.split(),
    b"\n",
    b"\r",
    b"\r\n",
    b"\t",
    b" ",
    b"\0",
    b"\x1b[",
    b"\xff",
    b"\xe2\x80\xae",
    b"\xe2\x80\x8b",
]
WORDS += [b"\xe2\x80\xa8", b"\xc2\x85", b"\xf0\x9f\x8e\x89", b"\xd7\x90", b"a" * 500]

LIVE_TEXT = re.compile(
    r"(?<!\w)@\w|(?<!\w)#\d|://|\bwww\.|\bGH-\d|\b[0-9a-f]{7,40}\b|(?<!\w):(tada|\+1):", re.IGNORECASE | re.ASCII
)
"""What GitHub acts on, told another way than the suite tells it."""

PLAIN = {"text", "text_special", "code_inline"}
ACTIVE = {"a", "base", "button", "embed", "form", "iframe", "img", "input", "link", "meta", "object", "script", "style"}
ANNOTATION = re.compile(r"::error file=[^,:\r\n]*,line=\d+,col=\d+,title=[^,:\r\n]*::[^\r\n]*")
REPORTS = Path("reports")


def one(data: bytes) -> None:
    """Let a stranger write these bytes wherever one can.

    Raises:
        AssertionError: a form of the record does more with them than show them.
    """
    text = data.decode(errors="surrogateescape")
    assert all(character.isprintable() or character in "\n\t" for character in visible(text))
    if "\0" not in text:
        assert path_of_word(shell_word(text)) == text
    _require_text(prose(text))
    _require_text(code(text, 1000))
    _require_annotation(text)
    _require_junit(text)
    facts = record(text)
    _require_summary(facts)
    _require_html(facts)
    _require_statements(facts)


def _require_text(markdown: str) -> None:
    assert markdown.isprintable(), markdown
    tokens = inlines(markdown)
    assert {token.type for token in tokens} <= PLAIN, markdown
    assert len(GFM.parse(markdown)) in {0, 3}, markdown
    _require_still(markdown)


def _require_still(markdown: str) -> None:
    for token in inlines(markdown):
        assert token.type == "code_inline" or not LIVE_TEXT.search(token.content), markdown


def _require_summary(facts: Record) -> None:
    markdown = summary(facts, REPORTS)
    assert {token.type for token in inlines(markdown)} <= PLAIN | {"strong_open", "strong_close"}, markdown
    _require_still(markdown)
    assert all(line.isprintable() for line in markdown.split("\n"))


def _require_annotation(text: str) -> None:
    session = Session([], REPORTS, "record", "", Withheld())
    given = Given(Path("wave.yaml"), text, None, mistakes=(Mistake(Mark(1, 1), (text,), text),))
    (line,) = annotations(given, record("x"), session)
    assert ANNOTATION.fullmatch(line), line


def _require_junit(text: str) -> None:
    value = quoteattr(str(bin_xml_escape(visible(text))))
    assert list(ET.fromstring(f"<property value={value}/>")) == []  # noqa: S314 - it was written here


class _Active(HTMLParser):
    """What a browser would follow, load, submit or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        acting = [(tag, name) for name, _ in attrs if name.startswith("on") or name in {"href", "src", "srcdoc"}]
        self.found += acting + ([(tag, "")] if tag in ACTIVE else [])


def _require_html(facts: Record) -> None:
    page = html.headed(html.record(facts, REPORTS), facts) + html.overview([facts])
    assert _Active(page).found == BENIGN
    assert all(character.isprintable() or character in "\n\t" for character in page)


BENIGN = _Active(html.headed(html.record(record("x"), REPORTS), record("x")) + html.overview([record("x")])).found


def _require_statements(facts: Record) -> None:
    lines = intoto.lines(facts, {}).splitlines()
    assert lines
    for line in lines:
        statement = json.loads(line)
        assert departures(statement) == [], line
