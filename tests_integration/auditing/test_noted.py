"""The note: the record as the repository has it beside the tip."""

from tests_integration.auditing.claims import criterion_of, require, require_same, undecided
from tests_integration.auditing.evidence import Evidence
from tests_integration.auditing.planned import plan_of
from tests_integration.facts import NoteFact
from tests_integration.record.model import Record
from tests_integration.repository.notes import NOTES, note_on

THERE = frozenset({"pushed", "unchanged"})


def test_note_is_still_there(evidence: Evidence, record: Record, note: NoteFact) -> None:
    """The repository has the recorded note on the tip to this day."""
    if note.problem:
        undecided("no note was published")
    if evidence.notes is None:
        undecided(f"{evidence.url} gives out no {NOTES}")
    now = note_on(evidence.repo, evidence.notes, str(record.tip))
    require_same("note", note.text, now, f"{evidence.url} has")
    held = note.commit and evidence.has(note.commit) and evidence.contains(evidence.notes, note.commit)
    require(held, f"the notes of {evidence.url} do not contain {note.commit}")


def test_note_is_of_this_record(record: Record, note: NoteFact) -> None:
    """The note was pushed where the plan says, and read back; its criterion says the same."""
    plan = plan_of(record)
    asked = bool(plan and plan.publish and plan.publish.notes)
    require(asked, "there is a note, but the plan asks for none")
    require_same("ref", (note.remote, note.ref), (record.plan.publish, NOTES), "the plan says")
    held = note.status in THERE and not note.problem and bool(note.commit) and note.commit == note.read_back
    require(held or note.problem, "there is no note, and the record does not say why")
    criterion = criterion_of(record, "note_is_published", note.remote)
    outcome = criterion.outcome if criterion else "missing"
    require_same("note_is_published", outcome, "passed" if held else "failed", "the note says")
