"""`summary.md`: the verdict for a pull-request comment."""

from tests_integration.record.model import CriterionFact, Record, headline
from tests_integration.repository.notes import NOTES

SHOWN = 12
REMARKS = 8


def summary(record: Record, *, times: bool = True) -> str:
    """The record in under 60 lines of Markdown; without `times`, the same run again gives the same text."""
    parts = [
        f"## {_mark(record)} {escaped(record.sentence)}",
        f"`{record.base or 'no base'}` → `{record.tip or 'not finished'}` ({record.verdict})",
        _published(record, times=times),
        _failures(record),
        _remarks(record),
        _compared(record),
        _branches(record),
        _counts(record, times=times),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _mark(record: Record) -> str:
    return "✅" if record.verdict == "SUCCESS" else "❌" if record.failed else "⚠️"


def _counts(record: Record, *, times: bool) -> str:
    counts = ", ".join(f"{record.count(outcome)} {outcome}" for outcome in ("passed", "failed", "blocked", "not-run"))
    return f"Criteria: {counts}{f'; {record.seconds:.0f} s' if times else ''}."


def _published(record: Record, *, times: bool) -> str:
    publication = record.publication
    if record.judged:
        by = escaped(record.judged.builders)
        return f"{code(record.judged.ref)} was built by {by} and judged by {record.judged.judged_by}."
    if not publication:
        return "Nothing was merged or pushed." if record.attempt and record.attempt.judging else "Not published."
    if publication.problem:
        return f"Not published: {escaped(publication.problem.splitlines()[0])}"
    when = f" at {publication.at}" if times else ""
    noted = record.note and not record.note.problem
    note = f" The record is a note on it: `git notes --ref={NOTES} show {record.tip}`." if noted else ""
    return f"Published as {code(publication.ref)} on {code(publication.remote)}, read back{when}.{note}"


def _failures(record: Record) -> str:
    lines = [
        f"- **{criterion.criterion}** {_subject(criterion)}: {escaped(headline(criterion))}"
        for criterion in record.failed
    ]
    more = [f"- … and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n".join([*lines[:SHOWN], *more])


def _remarks(record: Record) -> str:
    lines = [f"- {escaped(remark.splitlines()[0])}" for remark in record.remarks]
    more = [f"- … and {len(lines) - REMARKS} more"] if len(lines) > REMARKS else []
    return "\n".join(["Worth knowing:", "", *lines[:REMARKS], *more]) if lines else ""


def _compared(record: Record) -> str:
    return "  \n".join(escaped(line) for line in record.compared.lines) if record.compared else ""


def _branches(record: Record) -> str:
    if not record.merges:
        return ""
    merged = {merge.branch: merge for merge in record.merges}
    rows = [("branch", "title", "tip", "merge", "fixes"), ("---",) * 5]
    for branch in record.plan.branches[:SHOWN]:
        merge = merged.get(branch["id"])
        ids = (f"`{merge.tip[:12]}`", f"`{merge.commit[:12]}`") if merge else ("", _why_not(record, branch["id"]))
        fixes = ", ".join(fix.id for fix in merge.fixes) if merge else ""
        rows.append((branch["id"], escaped(branch["title"]), *ids, fixes))
    told = 4 if record.judged else 5  # which fixes a merge of somebody else's holds, the audit knows, not the record
    left_out = len(record.plan.branches) - SHOWN
    more = [f"| … | {left_out} more |{' |' * (told - 2)}"] if left_out > 0 else []
    return "\n".join([*(f"| {' | '.join(row[:told])} |" for row in rows), *more])


def _why_not(record: Record, branch: str) -> str:
    return "parked" if branch in {parked.branch for parked in record.parked} else "not merged"


def _subject(criterion: CriterionFact) -> str:
    return f"({criterion.subject})" if criterion.subject else ""


def code(text: str) -> str:
    """The text as code; escaped where it holds a backtick itself."""
    return escaped(text) if "`" in text else f"`{text}`"


def escaped(text: str) -> str:
    """The text, with nothing in it that Markdown would take for its own."""
    for character in "\\`*_[]<>|#~&":
        text = text.replace(character, f"\\{character}")
    return text
