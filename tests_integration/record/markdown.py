"""`summary.md`: the verdict for a pull-request comment, which GitHub and GitLab render alike.

What strangers wrote does nothing there: it is escaped, and whatever either of them would make a link, a mention, an
emoji, a formula or a closing keyword's target of stands as code, where it is shown as it is and left alone.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from tests_integration.record.advice import what_to_do
from tests_integration.record.model import CriterionFact, Record, headline
from tests_integration.repository.notes import NOTES
from tests_integration.text import clipped, counted, visible

SHOWN = 12
REMARKS = 6
LONGEST = 400
"""Characters of a sentence, a failure, a remark."""

NAME = 80
"""Characters of a title, or of a name that a stranger gave."""

LIVE = re.compile(
    r"""
      @                                            # a mention, a commit of another repository, a mail address
    | :// | (?a:\b) www\.                          # an address
    | [#!%~&^] (?= [\w"'{*`-] ) | \$               # an issue, merge request, milestone, label, epic, alert; a formula
    | : (?: [+-]1 | 100 | 1234 | \w*[a-z][\w+-]* ) :   # an emoji
    | (?a:\b) GH-\d                                # an issue
    | (?a:\b) [0-9a-f]{7,64} (?a:\b)               # a commit
    | [{[] [+-]                                    # an inline diff
    | \[ \w+ :                                     # a vulnerability, an issue of another project
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What makes a word more than text to GitHub or GitLab; a backslash does not stop them, but they leave code alone.

Whether they take a letter beyond ASCII for part of a word is not told anywhere, so words end before one here.
"""


def summary(record: Record, folder: Path, *, times: bool = True) -> str:
    """The record in under 60 lines of Markdown, and far fewer characters than a comment may have.

    Args:
        record: what is told.
        folder: where all of the record is.
        times: whether it says when, how long and where on this machine; without, the same inputs give the same text.
    """
    parts = [
        f"## {_mark(record)} {prose(record.sentence)}",
        f"{code(record.base or 'no base')} → {code(record.tip or 'not finished')} ({record.verdict})",
        _published(record, times=times),
        _list("Failed:", [told for criterion in record.failed for told in _failures(criterion)], SHOWN),
        f"Bugs: {'; '.join(prose(bug.told_whose) for bug in record.bugs)}" if record.bugs else "",
        f"What to do: {_with_code(what_to_do(record))}",
        _culprit(record),
        _list("Known fixes:", [("", told) for told in record.healing.told] if record.healing else [], SHOWN),
        _list("Worth knowing:", [("", remark) for remark in record.remarks], REMARKS),
        _compared(record) if times else "",
        _branches(record),
        _counts(record, times=times),
        f"Record: {code(_seen_from_here(folder))}" if times else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def prose(text: str, longest: int = LONGEST) -> str:
    """Any text as Markdown in one line that shows it and does nothing."""
    return _inert(_line(text, longest))


def code(text: str, longest: int = NAME) -> str:
    """Any text as code in one line, shown as it is."""
    text = _line(text, longest)
    if not text:
        return ""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{space}{text}{space}{fence}"


def escaped(text: str) -> str:
    """The text, with nothing in it that Markdown would take for its own."""
    for character in "\\`*_[]<>|#~&":
        text = text.replace(character, f"\\{character}")
    return text


def _line(text: str, longest: int) -> str:
    return clipped(" ".join(visible(text.replace("\r\n", "\n")).split()), longest)


def _inert(line: str) -> str:
    words = re.split(r"([ |])", line)
    return BLOCK.sub(r"\1\\\2", "".join(_stilled(word) if LIVE.search(word) else escaped(word) for word in words))


BLOCK = re.compile(r"^([0-9]*)([-+=.)])")
"""What at the beginning of a line makes a list, a rule or a heading of it; an escaped one more does no harm."""

AROUND = re.compile(r"""^[(\["']+|[)\],.;:"']+$""")
"""Punctuation at the ends of a word."""


def _stilled(word: str) -> str:
    """A word as code; what only stands around it stays outside."""
    inner = AROUND.sub("", word)
    if not LIVE.search(inner):
        return code(word, len(word))
    before, after = word.split(inner, 1)
    return f"{escaped(before)}{code(inner, len(inner))}{escaped(after)}"


def _mark(record: Record) -> str:
    return "✅" if record.verdict == "SUCCESS" else "❌" if record.failed else "⚠️"


def _counts(record: Record, *, times: bool) -> str:
    counts = ", ".join(f"{record.count(outcome)} {outcome}" for outcome in ("passed", "failed", "blocked", "not-run"))
    merging = f" Merges: {record.merging.told}." if times and record.merging else ""
    return f"Criteria: {counts}{f'; {record.seconds:.0f} s' if times else ''}.{merging}"


def _published(record: Record, *, times: bool) -> str:
    publication = record.publication
    if record.judged:
        by = prose(record.judged.builders)
        return f"{code(record.judged.ref)} was built by {by} and judged by {record.judged.judged_by}."
    if not publication:
        return "Nothing was merged or pushed." if record.attempt and record.attempt.judging else "Not published."
    if publication.problem:
        return f"Not published: {prose(_first_line(publication.problem))}"
    when = f" at {publication.at}" if times else ""
    noted = record.note and not record.note.problem
    note = (
        f" The record is a note on it: {code(f'git notes --ref={NOTES} show {record.tip}', LONGEST)}." if noted else ""
    )
    return f"Published as {code(publication.ref)} on {code(publication.remote)}, read back{when}.{note}"


def _failures(criterion: CriterionFact) -> list[tuple[str, str]]:
    """What failed, as Markdown, and why, as text; of a rejected plan each mistake."""
    subject = f" ({prose(criterion.subject, NAME)})" if criterion.subject else ""
    whys = criterion.message.splitlines() if criterion.criterion == "plan_is_sound" else [headline(criterion)]
    return [(f"**{criterion.criterion}**{subject}: ", why) for why in whys]


def _list(title: str, items: Sequence[tuple[str, str]], shown: int) -> str:
    lines = [f"- {what}{prose(why)}" for what, why in items[:shown]]
    more = [f"- … and {len(items) - shown} more"] if len(items) > shown else []
    return "\n".join([title, "", *lines, *more]) if items else ""


def _culprit(record: Record) -> str:
    if not record.culprit:
        return ""
    tried = counted(len(record.culprit.trials), "trial")
    return f"Looked into by {tried}: {prose(record.culprit.sentence, 2 * LONGEST)}."


def _with_code(text: str) -> str:
    """A sentence of the suite's own: what stands between backticks is code."""
    parts = _line(text, LONGEST).split("`")
    return "".join(code(part) if n % 2 else _inert(part) for n, part in enumerate(parts))


def _compared(record: Record) -> str:
    return "  \n".join(prose(line) for line in record.compared.lines) if record.compared else ""


def _branches(record: Record) -> str:
    if not record.merges:
        return ""
    merged = {merge.branch: merge for merge in record.merges}
    rows = [("branch", "title", "tip", "merge", "fixes"), ("---",) * 5]
    for branch in record.plan.branches[:SHOWN]:
        merge = merged.get(branch["id"])
        ids = (code(merge.tip[:12]), code(merge.commit[:12])) if merge else ("", _why_not(record, branch["id"]))
        fixes = ", ".join(fix.id for fix in merge.fixes) if merge else ""
        rows.append((prose(branch["id"], NAME), prose(branch["title"], NAME), *ids, prose(fixes, NAME)))
    told = 4 if record.judged else 5  # which fixes a merge of somebody else's holds, the audit knows, not the record
    left_out = len(record.plan.branches) - SHOWN
    more = [f"| … | {left_out} more |{' |' * (told - 2)}"] if left_out > 0 else []
    return "\n".join([*(f"| {' | '.join(row[:told])} |" for row in rows), *more])


def _why_not(record: Record, branch: str) -> str:
    return "parked" if branch in {parked.branch for parked in record.parked} else "not merged"


def _seen_from_here(folder: Path) -> str:
    """A folder without what is above the one that pytest was started in; that is nobody's business."""
    return folder.relative_to(Path.cwd()).as_posix() if folder.is_relative_to(Path.cwd()) else folder.name


def _first_line(text: str) -> str:
    return (text.splitlines() or [""])[0]
