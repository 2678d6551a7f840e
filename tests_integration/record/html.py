"""The record as static HTML, complete without any script, under a policy that lets nothing act but what is ours."""

import base64
import hashlib
import json
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import DiffLexer

from tests_integration.facts import CommandFact
from tests_integration.plan.stages import STAGES
from tests_integration.record.advice import what_to_do
from tests_integration.record.compiled import Compiled
from tests_integration.record.graph import drawn
from tests_integration.record.model import CriterionFact, Record, headline
from tests_integration.record.timeline import bars
from tests_integration.text import clipped, counted, visible

HEAD, TAIL = 8 << 10, 24 << 10
"""Bytes of a log that are shown from its beginning and from its end."""

shown = partial(clipped, length=40_000)
"""What is shown of any other text; `record.json` has the whole."""

FOLDED = 12
"""Beyond so many subjects of one criterion, those that hold are folded."""


HEADING = '<h2 class="plan">{}</h2>'


def _inert(value: object) -> object:
    """What a template is about to escape, as text that can be shown; what is HTML already stays."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


TEMPLATES = Environment(
    loader=PackageLoader("tests_integration.record"),
    autoescape=True,
    finalize=_inert,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
    bytecode_cache=Compiled(Path(__file__).parent / "templates", Path(__file__)),
)


def page() -> Template:
    """The page around the records, for pytest-html to fill in: what is ours in it is allowed to act, by its hash."""
    template = TEMPLATES.get_template("page.html.j2")
    style, script = asset("palette.css") + asset("report.css"), asset("report.js")
    template.globals.update(style=style, script=script, policy=policy(style, script))
    return template


def document(title: str, part: str) -> str:
    """A whole page with one record."""
    return page().render(title=title, additional_summary={"prefix": [part]})


def overview(records: Sequence[Record]) -> str:
    """What came of several plans, to stand above their records; everything in it is escaped."""
    return TEMPLATES.get_template("overview.html.j2").render(records=records, clipped=shown)


def asset(name: str) -> Markup:
    """A style or script of ours, to stand in a page as it is."""
    return Markup((Path(__file__).parent / "templates" / name).read_text(encoding="utf-8"))  # noqa: S704


def policy(style: str, script: str = "") -> str:
    """A Content-Security-Policy that allows this style and script, and no request, frame, form or plugin (CSP3)."""
    scripts = f"script-src {_hash(script)}; " if script else ""
    return f"default-src 'none'; style-src {_hash(style)}; {scripts}base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def headed(part: str, facts: Record) -> str:
    """A record's fragment as it stands among others on a page: with a heading."""
    opened, end, rest = part.partition(">\n")
    return f"{opened}{end}{Markup(HEADING).format(_inert(facts.plan.heading))}{rest}"  # noqa: S704


def record(facts: Record, reports: Path) -> str:
    """The record as a fragment of HTML; everything in it is escaped.

    Args:
        facts: the record.
        reports: its report folder, where the logs are.
    """
    return TEMPLATES.get_template("record.html.j2").render(
        record=facts,
        judging=facts.attempt.judging if facts.attempt else "",
        merged={merge.branch: merge for merge in facts.merges},
        parked={parked.branch: parked for parked in facts.parked},
        titles={branch["id"]: branch for branch in facts.plan.branches},
        graph=drawn(facts) if facts.merges or facts.parked else None,
        bars=bars(facts),
        logs={command.log: shown_log(reports, command) for command in facts.commands},
        stages=[(stage, list(judged(facts, stage))) for stage in STAGES],
        outcomes={stage: Counter(one.outcome for one in facts.criteria if one.stage == stage) for stage in STAGES},
        as_json=as_json,
        clipped=shown,
        counted=counted,
        highlighted=highlighted,
        headline=headline,
        how_it_ended=how_it_ended,
        what_to_do=what_to_do(facts),
        shell=shlex.join,
    )


class Judged(NamedTuple):
    """A criterion with all that it was judged for.

    Attributes:
        name: of the criterion.
        description: of the criterion.
        outcome: the worst.
        told: the cases that did not hold, or all where they are few.
        folded: the cases that hold, where they are many.
    """

    name: str
    description: str
    outcome: str
    told: tuple[CriterionFact, ...]
    folded: tuple[CriterionFact, ...]


def judged(facts: Record, stage: str) -> Iterator[Judged]:
    """The criteria of a stage, each once."""
    cases: dict[str, list[CriterionFact]] = {}
    for fact in facts.criteria:
        if fact.stage == stage:
            cases.setdefault(fact.criterion, []).append(fact)
    for name, facts_of in cases.items():
        outcomes = {fact.outcome for fact in facts_of}
        worst = next(word for word in ("failed", "blocked", "not-run", "passed") if word in outcomes)
        foldable = {"passed", "not-run"} if len(facts_of) > FOLDED else set()
        told = tuple(fact for fact in facts_of if fact.outcome not in foldable)
        folded = tuple(fact for fact in facts_of if fact.outcome in foldable)
        yield Judged(name, facts_of[0].description, worst, told, folded)


def highlighted(diff: str) -> Markup:
    """A patch as HTML, its lines marked as added or removed; Pygments escapes the text."""
    text = shown(visible(diff))
    return Markup(highlight(text, DiffLexer(stripnl=False), HtmlFormatter(nowrap=True)))  # noqa: S704


def as_json(value: dict[str, object]) -> str:
    """A JSON object as people read it."""
    return visible(json.dumps(value, indent=2, ensure_ascii=False))


def how_it_ended(command: CommandFact) -> str:
    """Exit code or limit, and time; and when that was, where it was not in this run."""
    if command.problem:
        return f"not run: {command.problem}"
    ended = f"exit {command.exit}" if command.exit is not None else f"ended: {command.ended}"
    told = f"{ended} · {command.seconds:.1f} s"
    return f"not run again: {told} in run {command.reused}, at {command.started_at}" if command.reused else told


def shown_log(reports: Path, command: CommandFact) -> str:
    """Head and tail of a command's log; or that it is not there, or not as the command left it."""
    file = reports / command.log
    try:
        if not file.is_file():
            return "(the log is gone)"
        with file.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != command.sha256:
                return "(the log was changed after the command had ended, and is not shown)"
        return excerpt(file) or "(no output)"
    except OSError as error:
        return f"(the log cannot be read: {error.strerror})"


def excerpt(file: Path) -> str:
    """Head and tail of a log; what is left out between them is counted."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        if size <= HEAD + TAIL:
            return _shown(stream.read())
        head = stream.read(HEAD)
        stream.seek(-TAIL, 2)
        tail = stream.read()
    head = head[: head.rfind(b"\n") + 1 or HEAD]
    tail = tail[tail.find(b"\n") + 1 :] if b"\n" in tail[:-1] else tail
    left_out = size - len(head) - len(tail)
    return f"{_shown(head)}\n… {left_out} bytes left out; the whole log is {file.name}\n{_shown(tail)}"


def _shown(text: bytes) -> str:
    return visible(text.decode("utf-8", errors="replace").replace("\r\n", "\n")).strip("\n")
