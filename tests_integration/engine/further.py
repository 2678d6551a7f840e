"""R520 for the attempts that healing makes: may there be another, and what is remembered of each."""

from datetime import timedelta
from pathlib import Path

from tests_integration.engine import metadata, states
from tests_integration.engine.attempts import HEALING, UNSETTLED
from tests_integration.engine.clock import moment, now, stamp
from tests_integration.engine.metadata import Attempts
from tests_integration.engine.past import Entry, closed, entries, since_success, used_up
from tests_integration.facts import AttemptFact
from tests_integration.healing_facts import HealAttempt
from tests_integration.plan.model import Plan


def spent_out(attempt: AttemptFact, plan: Plan) -> str:
    """Why no further attempt may be made; empty where it may.

    Raises:
        MetadataError: the metadata cannot be read.
    """
    past = metadata.read(Path(attempt.file), attempt.at)
    return used_up(since_success(closed(past)[0]), plan.limits.attempts, plan.limits.hours)


def add(attempt: AttemptFact, plan: Plan, tried: HealAttempt) -> None:
    """Write that an attempt was made with a known fix more; the next is a person's, or nobody's.

    Args:
        attempt: the failed one that is healed.
        plan: of that one.
        tried: the attempt with the fix.

    Raises:
        MetadataError: the file cannot be kept.
    """

    def change(past: Attempts) -> Attempts:
        ended = moment(tried.started_at) + timedelta(seconds=tried.seconds)
        state = states.ending(tried.result)
        entry: Entry = {
            "attempt_number": tried.number,
            "started_at": tried.started_at,
            "completed_at": stamp(ended),
            "merge_commit_sha": tried.tip,
            **UNSETTLED,
            **tried.statuses,
            **states.kept(state),
            "bugs_created": [],
            "cascade_triggered": False,
            "inputs": tried.inputs,
            "run": tried.run,
            HEALING: {"of": attempt.run, "fix": tried.id, "action": tried.action},
        }
        attempts = [*entries(past), entry]
        told = used_up(since_success(attempts), plan.limits.attempts, plan.limits.hours)
        action = "MANUAL_INTERVENTION" if tried.passed else states.next_action(state, used_up=bool(told))
        return {
            **past,
            "last_integration_attempt": tried.started_at,
            "merge_commit_sha": tried.tip,
            "last_attempt_result": tried.result,
            "ready_for_retry": states.ready_for_retry(action),
            "retry_reason": tried.told,
            "integration_started_at": tried.started_at,
            "integration_duration_seconds": int(tried.seconds),
            "attempt_count": len(since_success(attempts)),
            "last_progress_check": stamp(now()),
            "next_action": action,
            "integration_attempts": attempts,
        }

    metadata.update(Path(attempt.file), attempt.at, change)
