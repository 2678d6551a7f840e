"""Stage record: what is left behind is complete, true, and can be repeated by hand."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from git import Repo

from tests_integration.criteria.judge import require
from tests_integration.facts import NoteFact, Recorded
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Publish
from tests_integration.repository.ask import History
from tests_integration.repository.notes import note_on
from tests_integration.repository.replay import replay

pytestmark = pytest.mark.record

R520_FIELDS = frozenset(
    {
        "last_integration_attempt",
        "merge_commit_sha",
        "last_attempt_result",
        "bugs_pending_fix",
        "ready_for_retry",
        "retry_reason",
        "integration_started_at",
        "integration_duration_seconds",
        "attempt_count",
        "max_attempts",
        "time_limit_hours",
        "last_progress_check",
        "progress_warnings",
        "next_action",
        "manual_override",
        "integration_complete",
        "integration_attempts",
    }
)
R520_ATTEMPT_FIELDS = frozenset(
    {
        "attempt_number",
        "started_at",
        "completed_at",
        "merge_status",
        "merge_commit_sha",
        "build_status",
        "test_status",
        "demo_status",
        "overall_result",
        "bugs_created",
        "cascade_triggered",
    }
)


def digest_of(log: Path) -> str:
    """SHA-256 of a log; empty where it is no file any more."""
    return hashlib.sha256(log.read_bytes()).hexdigest() if log.is_file() else ""


@pytest.mark.building
def test_metadata_is_updated(recorded: Recorded, attempts_kept: dict[str, Any], history: History) -> None:
    """The metadata has every field of R520, says SUCCESS, and names the tip; the rest of its file is as it was."""
    require(not recorded.problem, recorded.problem)
    missing = R520_FIELDS - attempts_kept.keys()
    require(not missing, f"{recorded.metadata}: fields are missing: {', '.join(sorted(missing))}")
    missing = R520_ATTEMPT_FIELDS - attempts_kept["integration_attempts"][-1].keys()
    require(not missing, f"{recorded.metadata}: fields are missing in the attempt: {', '.join(sorted(missing))}")
    said = attempts_kept["last_attempt_result"], attempts_kept["merge_commit_sha"]
    require(said == ("SUCCESS", history.tip), f"{recorded.metadata} says {said}, not SUCCESS and {history.tip}")
    require(recorded.rest_before == recorded.rest_after, f"{recorded.metadata}: more than its object was changed")


@pytest.mark.building
def test_work_log_is_complete(recorded: Recorded, plan: Plan, history: History, reports: Path) -> None:
    """The work log names every branch, fix and commit, with command, directory, result and verification (R264)."""
    log = (reports / recorded.work_log).read_text(encoding="utf-8")
    wanted = [branch.source for branch in plan.branches] + [fix.id for fix in plan.fixes]
    wanted += [commit.id for commit in history.commits]
    shown = re.sub(r"\\([^\w\s])", r"\1", log)
    missing = [text for text in wanted if text not in shown]
    require(not missing, f"{recorded.work_log} does not mention {', '.join(missing)}")
    operations = log.count("\n### ")
    for part in ("Command", "Directory", "Result", "Conflicts", "Resolution", "Verification"):
        count = log.count(f"\n- **{part}**")
        require(count == operations, f"{recorded.work_log}: {operations} operations, but {count} times '{part}'")


@pytest.mark.building
def test_replay_gives_the_same_commit(recorded: Recorded, store: Repo, history: History, reports: Path) -> None:
    """`replay.sh`, run with plain git in a scratch clone, gives the same commit id."""
    result = replay(store, reports / recorded.replay)
    require(result.tip == history.tip, f"{recorded.replay} gives {result.tip}, not {history.tip}:\n{result.output}")


def test_record_tells_the_same(recorded: Recorded, plan: Plan, history: History, reports: Path) -> None:
    """`record.json` names the base, the tip and every merge as git has them, and each log is as its command left it."""
    record = json.loads((reports / recorded.record).read_text(encoding="utf-8"))
    require(record["tip"] == history.tip, f"{recorded.record} says tip {record['tip']}, git says {history.tip}")
    require(record["base"] == history.base, f"{recorded.record} says base {record['base']}, git says {history.base}")
    said = [(merge["branch"], merge["commit"], tuple(merge["parents"])) for merge in record["merges"]]
    merges = [commit for commit in history.commits if len(commit.parents) > 1]
    ids = [branch.id for branch in plan.branches]
    require(len(merges) == len(ids), f"{history.tip} has {len(merges)} merges, the plan has {len(ids)} branches")
    there = [(name, commit.id, commit.parents) for name, commit in zip(ids, merges, strict=True)]
    require(said == there, f"{recorded.record} tells the merges otherwise than git:\n{said}\n{there}")
    changed = [
        command["log"] for command in record["commands"] if digest_of(reports / command["log"]) != command["sha256"]
    ]
    require(not changed, f"logs are gone, or were changed after their command had ended: {', '.join(changed)}")


@pytest.mark.building
def test_note_is_published(noted: NoteFact, notes: Publish, store: Repo, history: History) -> None:
    """The remote has the record as a note on the tip, read back, and every other criterion held before it was pushed.

    It comes last, so that the verdict in the note is the one that stands.
    """
    require(not noted.problem, f"{notes.remote}: {noted.problem}")
    there = note_on(store, str(noted.read_back), history.tip)
    require(there == noted.text, f"{notes.remote} has another note on {history.tip} in {noted.ref}:\n{there}")
    claim = f"`{history.base}` → `{history.tip}` (SUCCESS)"
    require(claim in noted.text, f"the note on {history.tip} does not say {claim}:\n{noted.text}")
