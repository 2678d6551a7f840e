"""The record as static HTML, to stand above pytest-html's table: complete without any script."""

import shlex
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import DiffLexer

from tests_integration.facts import CommandFact
from tests_integration.plan.stages import STAGES
from tests_integration.record.model import Record, headline
from tests_integration.text import visible

STYLE = Path(__file__).parent / "templates" / "report.css"
HEAD, TAIL = 40, 120

VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">'
"""Lets a phone show the page in its own width; pytest-html's page does not say so. Browsers heed it in the body too."""

TEMPLATES = Environment(
    loader=PackageLoader("tests_integration.record"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


def record(facts: Record, reports: Path) -> str:
    """The record as a fragment of HTML; everything in it is escaped.

    Args:
        facts: the record.
        reports: its report folder, where the logs are.
    """
    return TEMPLATES.get_template("record.html.j2").render(
        record=facts,
        merged={merge.branch: merge for merge in facts.merges},
        parked={parked.branch: parked for parked in facts.parked},
        logs={command.log: excerpt(reports / command.log) for command in facts.commands},
        stages=[(stage, [fact for fact in facts.criteria if fact.stage == stage]) for stage in STAGES],
        highlighted=highlighted,
        headline=headline,
        how_it_ended=how_it_ended,
        shell=shlex.join,
    )


def highlighted(diff: str) -> Markup:
    """A patch as HTML, its lines marked as added or removed; Pygments escapes the text."""
    return Markup(highlight(visible(diff), DiffLexer(stripnl=False), HtmlFormatter(cssclass="diff")))  # noqa: S704


def how_it_ended(command: CommandFact) -> str:
    """Exit code or deadline, and time."""
    if command.problem:
        return f"not started: {command.problem}"
    ended = f"exit {command.exit}" if command.exit is not None else f"ended at its deadline of {command.timeout} s"
    return f"{ended} · {command.seconds:.1f} s"


def excerpt(file: Path) -> str:
    """Head and tail of a log; what is left out between them is counted."""
    if not file.exists():
        return ""
    with file.open(encoding="utf-8", errors="replace") as stream:
        lines = [visible(line.rstrip("\r\n")) for line in stream]
    left_out = len(lines) - HEAD - TAIL
    if left_out <= 0:
        return "\n".join(lines)
    return "\n".join([*lines[:HEAD], f"… {left_out} lines left out; the whole log is {file.name}", *lines[-TAIL:]])
