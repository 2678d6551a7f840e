"""What strangers may write, a record that is full of it, and what of it Markdown would make more than text."""

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests_integration.facts import MergeFact
from tests_integration.plan.load import give
from tests_integration.record.gather import plan_fact
from tests_integration.record.model import CriterionFact, Record, sentence, verdict
from tests_integration.selftests.running_plans import PLANS

LIVE = (
    "@octocat",
    "@org/team",
    "#12",
    "Fixes #1",
    "closes org/repo#7",
    "resolves https://example.org/x/y/issues/3",
    "GH-1",
    "gh-22",
    "¹GH-1",
    "!12",
    "$34",
    "$x^2$",
    "%5",
    '%"first milestone"',
    "~bug",
    '~"a label"',
    "&9",
    "^alert#3",
    "[vulnerability:1]",
    "{+added+}",
    "[-gone-]",
    ":tada:",
    ":+1:",
    ":100:",
    "www.example.org",
    "éwww.example.org",
    "ftp://example.org/x",
    "somebody@example.org",
    "mailto:somebody@example.org",
    "deadbeef",
    "édeadbeefé",
    "org/repo@3d22dc46ac00",
    "3d22dc46ac00f0a1b2c3d4e5f60718293a4b5c6d",
    "`@octocat",
    "a`#1`b",
    "|@octocat|#1|",
    "**@octocat**",
    "<!-- @octocat -->",
)
"""What GitHub or GitLab would make a link, a mention, an emoji or a formula of; code is left alone by both."""

MARKUP = (
    "<script>alert(1)</script>",
    "<img src=x>",
    "[a](http://example.org)",
    "![a](b)",
    "*a* _b_ ~~c~~",
    "# a",
    "> a",
    "```",
    "a | b",
    "\\",
    "&lt;",
    "- [ ] a",
    "/close",
    "a\n/approve\n/merge",
    "a\r\n\r\n# b",
    "]]>",
    "\u202egnp.exe",
    "\x1b[31m",
    "\0",
)
GFM = MarkdownIt("commonmark").enable("table").enable("strikethrough")
TRIGGER = re.compile(
    r"[@$]|[#!%~&^][\w\"]|://|www\.|gh-\d|:[a-z0-9+_-]*[a-z1][a-z0-9+_-]*:|[0-9a-f]{7,}|[{[][+-]|\[\w+:", re.IGNORECASE
)


def record(text: str, failures: int = 1, branches: int = 6) -> Record:
    """A failed record in which a stranger wrote this text wherever one can, and that is as long as is asked for."""
    plan = plan_fact(give(PLANS / "wave2.yaml"))
    one = plan.branches[0]
    rows = tuple({**one, "id": f"{n}-www.example.org", "title": text} for n in range(branches))
    criteria = tuple(
        CriterionFact(
            criterion="branch_merges",
            subject=f"{n}-www.example.org",
            stage="merge",
            description="",
            outcome="failed",
            message=text,
            remarks=(f"{n} {text}",),
        )
        for n in range(failures)
    )
    tip = "1" * 40
    merges = tuple(
        MergeFact.model_validate(
            {"branch": row["id"], "from": text, "tip": tip, "commit": tip, "parents": (tip, tip), "message": text}
            | {"tree_merged": tip, "tree": tip}
        )
        for row in rows[::2]
    )
    return Record(
        plan=plan.model_copy(update={"branches": rows}),
        verdict=verdict(criteria),
        sentence=sentence(f"{text}, attempt 1", criteria),
        base=tip,
        tip=tip,
        tree=tip,
        branch=text,
        merges=merges,
        criteria=criteria,
        started_at="",
        seconds=1,
    )


def inlines(markdown: str) -> list[Token]:
    """What stands in a text's blocks, after Markdown was read."""
    return [child for token in GFM.parse(markdown) for child in token.children or []]


def shown(markdown: str) -> str:
    """What a reader sees of a text."""
    return "".join(token.content for token in inlines(markdown))
