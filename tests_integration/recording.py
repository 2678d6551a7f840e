"""The fixtures of the stage `record`, the last one; as in `fixtures`."""

from pathlib import Path
from typing import Any

import pytest
from git import Repo

from tests_integration.engine import attempts, metadata
from tests_integration.engine.metadata import MetadataError, Rests
from tests_integration.engine.notes import publish_note
from tests_integration.facts import AttemptFact, Integration, NoteFact, Recorded
from tests_integration.plan.model import Plan
from tests_integration.record import markdown
from tests_integration.record.ledger import PlanLedger, held_back
from tests_integration.record.write import RECORD, REPLAY, WORK_LOG, write_forms
from tests_integration.repository.ask import History
from tests_integration.repository.notes import NOTES
from tests_integration.session import Session, Workspace

NOTE = "note_is_published"


@pytest.fixture(scope="session")
def recorded(
    suite: Session, plan: Plan, ledger: PlanLedger, attempt: AttemptFact, history: History, workspace: Workspace
) -> Recorded:
    """The record, written when everything before has held; completed when the last criterion is judged."""
    del history
    before = tuple(ledger.before("record"))
    problem, rests = "", Rests("", "")
    if attempt.judging:
        write_forms(workspace.reports, plan, suite.unfinished(plan.name))
        result = Recorded(record=RECORD)
        ledger.note("recorded", result)
        return result
    if attempt.rehearsal or ledger.unproven("record"):
        problem = "nothing was recorded as a success: not every criterion before it ran and passed in this session"
    else:
        try:
            outcome = suite.outcome(plan.name, before)
            built = ledger.fact("integration", Integration)
            rests = attempts.finish(attempt, built, outcome, record_judged=False)
        except MetadataError as error:
            problem = f"the metadata cannot be kept: {error}"
    write_forms(workspace.reports, plan, suite.unfinished(plan.name))
    result = Recorded(
        metadata=attempt.file,
        at=attempt.at,
        rest_before=rests.before,
        rest_after=rests.after,
        work_log=WORK_LOG,
        replay=REPLAY,
        record=RECORD,
        problem=problem,
    )
    ledger.note("recorded", result)
    return result


@pytest.fixture(scope="session")
def noted(
    suite: Session, plan: Plan, store: Repo, ledger: PlanLedger, attempt: AttemptFact, history: History
) -> NoteFact:
    """The record as a note on the tip, pushed where every other criterion has passed in this session."""
    remote = plan.publish.remote if plan.publish else ""
    others = tuple(fact for fact in ledger.criteria() if fact.criterion != NOTE)
    unproven = [fact for fact in others if fact.outcome != "passed"]
    if problem := held_back(unproven, rehearsal=attempt.rehearsal):
        result = NoteFact(remote=remote, url="", ref=NOTES, commit=None, status="refused", problem=problem)
    else:
        record = suite.record(plan.name, others).model_copy(update={"criteria": others})
        text = markdown.summary(record, suite.folder(plan.name), times=False)
        result = publish_note(plan, store, remote, history.tip, text)
    ledger.note("note", result)
    return result


@pytest.fixture(scope="session")
def attempts_kept(recorded: Recorded) -> dict[str, Any]:
    """The R520 object as it is in its file; empty where that cannot be read, which `recorded` says."""
    return {} if recorded.problem else metadata.read(Path(recorded.metadata), recorded.at)
