"""R520: what is remembered of attempts, and which of them may start."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests_integration.engine import attempts
from tests_integration.engine.metadata import MetadataError
from tests_integration.facts import Source
from tests_integration.selftests.diary import REPORTS, STATUSES, TIP, Diary
from tests_integration.selftests.good_plans import PLAN

FIELDS = (
    "last_integration_attempt merge_commit_sha last_attempt_result bugs_pending_fix ready_for_retry retry_reason"
    " integration_started_at integration_duration_seconds attempt_count max_attempts time_limit_hours"
    " last_progress_check progress_warnings next_action manual_override integration_complete"
    " integration_attempts"
)
FIXED = "bugs_fixed"
ENTRY_FIELDS = (
    "attempt_number started_at completed_at merge_status merge_commit_sha build_status test_status demo_status"
    " overall_result bugs_created cascade_triggered"
)
"""Names that R520 gives; and one of our own."""
OURS = {"inputs", "owner", "run", "record_judged", "interrupted"}
"""Names of our own in an attempt."""
NEXT_ACTIONS = {
    "SUCCESS": "COMPLETE",
    "PLAN_REJECTED": "MANUAL_INTERVENTION",
    "MERGE_FAILED": "WAIT_FOR_FIXES",
    "AUDIT_FAILED": "WAIT_FOR_FIXES",
    "BUILD_GATE_FAILURE": "WAIT_FOR_FIXES",
    "TEST_GATE_FAILURE": "WAIT_FOR_FIXES",
    "DEMO_GATE_FAILURE": "WAIT_FOR_FIXES",
    "PUSH_FAILED": "RETRY_INTEGRATION",
    "INCOMPLETE": "RETRY_INTEGRATION",
}
JUDGED = [result for result, action in NEXT_ACTIONS.items() if action not in {"COMPLETE", "RETRY_INTEGRATION"}]


@pytest.fixture
def diary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Diary:
    return Diary.by_its_own_clock(tmp_path, monkeypatch)


def test_an_attempt_in_progress_has_every_field_of_r520(diary: Diary) -> None:
    diary.start()
    assert diary.kept.keys() == {*FIELDS.split(), FIXED}
    assert diary.last.keys() - OURS == set(ENTRY_FIELDS.split())
    assert diary.kept["last_attempt_result"] == diary.last["overall_result"] == "IN_PROGRESS"
    assert diary.kept["integration_started_at"] == diary.last["started_at"] == "2025-10-06T04:00:00Z"
    assert (diary.kept["attempt_count"], diary.kept["max_attempts"], diary.kept["time_limit_hours"]) == (1, 5, 4)
    assert (diary.last["completed_at"], diary.kept["next_action"]) == (None, None)
    assert (diary.kept["ready_for_retry"], diary.kept["integration_complete"]) == (False, False)


@pytest.mark.parametrize("result", NEXT_ACTIONS)
def test_an_attempt_that_ended_has_every_field_of_r520(result: str, diary: Diary) -> None:
    diary.attempt(result, minutes=3)
    assert diary.kept.keys() == {*FIELDS.split(), FIXED}
    assert diary.last.keys() - OURS == set(ENTRY_FIELDS.split())
    assert diary.kept["last_attempt_result"] == diary.last["overall_result"] == result
    assert diary.kept["next_action"] == NEXT_ACTIONS[result]
    assert diary.kept["ready_for_retry"] == (NEXT_ACTIONS[result] == "RETRY_INTEGRATION")
    assert diary.kept["integration_complete"] == (result == "SUCCESS")
    assert diary.kept["retry_reason"] == ("" if result == "SUCCESS" else "make: no rule")


def test_how_an_attempt_went_is_kept(diary: Diary) -> None:
    diary.attempt("BUILD_GATE_FAILURE", minutes=3)
    assert diary.last["completed_at"] == diary.kept["last_progress_check"] == "2025-10-06T04:03:00Z"
    assert diary.kept["integration_duration_seconds"] == 180
    assert diary.kept["merge_commit_sha"] == diary.last["merge_commit_sha"] == TIP
    assert {key: diary.last[key] for key in STATUSES} == STATUSES


def test_an_attempt_that_ends_twice_is_kept_once(diary: Diary) -> None:
    fact = diary.start()
    diary.finish(fact, "SUCCESS", record_judged=False)
    diary.finish(fact, "INCOMPLETE")
    assert [entry["overall_result"] for entry in diary.kept["integration_attempts"]] == ["INCOMPLETE"]
    assert diary.last["interrupted"] is False


def test_bugs_that_wait_are_kept_until_a_success(diary: Diary) -> None:
    diary.file.write_text('{"wave_integrations": {"one": {"bugs_pending_fix": ["BUG-7"]}}}', encoding="utf-8")
    diary.attempt("BUILD_GATE_FAILURE")
    assert diary.kept["bugs_pending_fix"] == ["BUG-7"]
    diary.attempt("SUCCESS", forced="fixed by hand")
    assert (diary.kept["bugs_pending_fix"], diary.kept["bugs_fixed"]) == ([], ["BUG-7"])


def test_other_keys_of_the_object_and_of_the_file_are_kept(diary: Diary) -> None:
    diary.file.write_text('{"phase": 1.0, "wave_integrations": {"one": {"architect": "Ada"}}}', encoding="utf-8")
    diary.attempt("SUCCESS")
    assert diary.kept["architect"] == "Ada"
    assert json.loads(diary.file.read_text(encoding="utf-8"))["phase"] == 1.0


def test_the_first_attempt_may_start(diary: Diary) -> None:
    assert diary.refusal() == ""
    diary.start()
    assert diary.kept["retry_reason"] == "first attempt"


def test_an_unchanged_failure_is_refused_with_all_that_one_wants_to_know(diary: Diary) -> None:
    diary.attempt("BUILD_GATE_FAILURE")
    assert diary.refusal() == (
        "attempt 1 ended with BUILD_GATE_FAILURE at 2025-10-06T04:01:00Z, and nothing that it was built from has"
        " changed since: make: no rule\n"
        "The same inputs would fail again. Its record: reports/wave\n"
        "A change would be: a commit on the base or on one of the 2 branches, another plan (comments do not count),"
        " other files that the plan adds, or known fixes (known-fixes.yaml).\n"
        "To try all the same: --force-attempt REASON"
    )


@pytest.mark.parametrize("result", JUDGED)
def test_whatever_was_judged_and_failed_is_refused_unchanged(result: str, diary: Diary) -> None:
    diary.attempt(result)
    assert diary.refusal().startswith(f"attempt 1 ended with {result} at ")


@pytest.mark.parametrize("result", ["SUCCESS", "PUSH_FAILED", "INCOMPLETE"])
def test_what_was_not_found_wanting_may_be_run_again_unchanged(result: str, diary: Diary) -> None:
    diary.attempt(result)
    assert diary.refusal() == ""


def moved(key: str) -> Callable[[Diary], None]:
    return lambda diary: diary.tips.update({key: "9" * 40})


def replanned(diary: Diary) -> None:
    diary.plan_file.write_text(PLAN.replace("60s", "90s"), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "what"), [(moved("base"), "base"), (moved("E2"), "E2"), (replanned, "plan")], ids=["base", "E2", "plan"]
)
def test_a_change_allows_another_attempt_which_says_what_changed(
    change: Callable[[Diary], None], what: str, diary: Diary
) -> None:
    diary.attempt("TEST_GATE_FAILURE")
    change(diary)
    assert diary.refusal() == ""
    diary.start()
    assert diary.kept["retry_reason"] == f"changed since the last attempt: {what}"


def test_a_branch_that_is_gone_is_a_change(diary: Diary) -> None:
    diary.attempt("TEST_GATE_FAILURE")
    sources = {key: Source(id=key, source=key, commit=tip if key != "E2" else None) for key, tip in diary.tips.items()}
    assert attempts.refusal(diary.plan, diary.kept, attempts.inputs(diary.plan, sources), REPORTS) == ""


def test_a_comment_in_the_plan_is_no_change(diary: Diary) -> None:
    diary.attempt("TEST_GATE_FAILURE")
    diary.plan_file.write_text(f"# try again\n{PLAN}", encoding="utf-8")
    assert "nothing that it was built from has changed" in diary.refusal()


def test_a_failure_before_the_last_is_not_held_against_the_same_inputs(diary: Diary) -> None:
    diary.attempt("TEST_GATE_FAILURE")
    before = dict(diary.tips)
    moved("E1")(diary)
    diary.attempt("TEST_GATE_FAILURE")
    diary.tips = before
    assert diary.refusal() == ""


def test_attempts_are_used_up(diary: Diary) -> None:
    for _ in range(5):
        assert diary.refusal() == ""
        diary.attempt("PUSH_FAILED")
    assert diary.refusal() == (
        "5 attempts since the last success have failed; the plan allows 5 (`limits.attempts`). The last: PUSH_FAILED,"
        " make: no rule\n"
        "Its record: reports/wave\nTo try all the same: --force-attempt REASON"
    )
    assert (diary.kept["next_action"], diary.kept["ready_for_retry"]) == ("ESCALATE", False)


def test_a_success_on_the_last_attempt_is_not_escalated(diary: Diary) -> None:
    for result in ["PUSH_FAILED"] * 4 + ["SUCCESS"]:
        diary.attempt(result)
    assert (diary.kept["attempt_count"], diary.kept["next_action"]) == (5, "COMPLETE")


def test_hours_are_used_up(diary: Diary) -> None:
    diary.attempt("PUSH_FAILED", minutes=120)
    assert diary.refusal() == ""
    diary.attempt("PUSH_FAILED", minutes=120)
    assert diary.refusal().splitlines() == [
        (
            "4.0 hours were spent on attempts since the last success; the plan allows 4 (`limits.hours`)."
            f" The last: PUSH_FAILED, {diary.kept['retry_reason']}"
        ),
        "Its record: reports/wave",
        "To try all the same: --force-attempt REASON",
    ]
    assert (diary.kept["next_action"], diary.kept["ready_for_retry"]) == ("ESCALATE", False)


def test_attempts_and_hours_count_from_the_last_success_only(diary: Diary) -> None:
    for result in ["PUSH_FAILED"] * 4 + ["SUCCESS"]:
        diary.attempt(result, minutes=59)
    assert diary.refusal() == ""
    diary.attempt("PUSH_FAILED", minutes=60)
    assert (diary.kept["attempt_count"], diary.kept["next_action"]) == (1, "RETRY_INTEGRATION")
    assert diary.refusal() == ""


def test_a_forced_attempt_says_why(diary: Diary) -> None:
    diary.attempt("TEST_GATE_FAILURE")
    diary.start(forced="the runner was out of disk")
    assert diary.kept["manual_override"] == "the runner was out of disk"
    assert diary.kept["retry_reason"] == "forced: the runner was out of disk"


def known(diary: Diary, text: str) -> None:
    """Let a catalogue of known fixes lie beside the plan."""
    entry = f"version: 1\nfixes:\n  - id: BUG-1\n    signature: boom\n    problem: {text}\n"
    (diary.plan_file.parent / "known-fixes.yaml").write_text(entry, encoding="utf-8")


def test_another_catalogue_of_known_fixes_is_a_change_and_a_comment_in_it_is_none(diary: Diary) -> None:
    diary.attempt("TEST_GATE_FAILURE")
    known(diary, "something")
    assert diary.refusal() == ""
    diary.attempt("TEST_GATE_FAILURE")
    assert diary.kept["integration_attempts"][1]["inputs"]["catalogue"] == diary.plan.catalogue.digest
    known(diary, "something # else")
    assert ", or other known fixes (known-fixes.yaml).\n" in diary.refusal()
    known(diary, "something else")
    diary.start()
    assert diary.kept["retry_reason"] == "changed since the last attempt: catalogue"


def test_known_fixes_that_are_gone_are_a_change(diary: Diary) -> None:
    known(diary, "something")
    diary.attempt("TEST_GATE_FAILURE")
    (diary.plan_file.parent / "known-fixes.yaml").unlink()
    assert diary.refusal() == ""
    diary.start()
    assert diary.kept["retry_reason"] == "changed since the last attempt: catalogue"


def test_an_attempt_that_ended_is_not_closed_again(diary: Diary) -> None:
    diary.attempt("SUCCESS")
    diary.start()
    assert diary.kept["integration_attempts"][0]["overall_result"] == "SUCCESS"
    assert diary.kept["progress_warnings"] == []


@pytest.mark.parametrize(
    "past",
    [
        '{"integration_attempts": null, "progress_warnings": null}',
        '{"integration_attempts": [{"overall_result": "IN_PROGRESS"}]}',
        '{"integration_attempts": [{"started_at": "yesterday", "completed_at": 5, "overall_result": "FAILED"}]}',
    ],
)
def test_what_others_wrote_into_the_object_is_no_obstacle(past: str, diary: Diary) -> None:
    diary.file.write_text(f'{{"wave_integrations": {{"one": {past}}}}}', encoding="utf-8")
    assert diary.refusal() == ""
    diary.attempt("SUCCESS")
    assert diary.last["overall_result"] == "SUCCESS"


def test_attempts_that_are_no_list_are_refused_in_words(diary: Diary) -> None:
    diary.file.write_text('{"wave_integrations": {"one": {"integration_attempts": {"1": {}}}}}', encoding="utf-8")
    with pytest.raises(MetadataError, match=r"^integration_attempts is no list of objects$"):
        diary.refusal()


def test_an_attempt_that_somebody_removed_is_told(diary: Diary) -> None:
    begun = diary.start()
    diary.file.write_text("{}", encoding="utf-8")
    with pytest.raises(MetadataError, match="somebody has removed the attempt that began at 2025-10-06T04:00:00Z"):
        diary.finish(begun, "SUCCESS")
