"""What to do next, in one or two sentences: by what failed first, else by what kept the run from being a success."""

import re
from collections.abc import Callable, Sequence

from tests_integration.plan.stages import STAGES
from tests_integration.record.model import CriterionFact, Record

NAMED = 5
NOT_FOUND = 127
"""What bash exits with where there is no such command."""

SHUT_OUT = (
    (
        "no network",
        re.compile(r"[Nn]etwork is unreachable|resolve host|in name resolution|no such host|ENOTFOUND|EAI_AGAIN"),
        "Commands have no network here: where this one needs it, `network: true` in the plan opens it.",
    ),
    (
        "system read-only",
        re.compile("Read-only file system|EROFS"),
        "Commands can write to their checkout, HOME and TMPDIR, and to folders that `pass_environment` shares.",
    ),
)
"""What enforces it, how a log shows it, and what to do: commands are shut in, and may need what they are kept from."""

BASE = "base"
OR = "or"

CAME_WITH = re.compile(r"^\S+ came with (\S+), .* \(merge [0-9a-f]{12}\)$", re.MULTILINE)
"""How the message of a failed command says which branch brought a file; lines of the log stand indented."""

ANOTHER_RESULT = (
    "Look at what waveproof or git make otherwise than when the plan was locked; if the new result is right, run with"
    " --update-lock, and commit the lock."
)

BY_CRITERION = {
    "plan_is_sound": "Correct the plan, every mistake of which is told with its line, and run again.",
    "plan_is_as_locked": "Look at what the plan says now and did not when it was locked; if it is meant, run with"
    " --update-lock, and commit the lock.",
    "tree_is_as_locked": ANOTHER_RESULT,
    "tip_is_as_locked": ANOTHER_RESULT,
    "branch_starts_at_base": "Integrate afresh from the base as it is now.",
    "sources_are_untouched": "Run again: a branch moved while this ran, and what is newer would be left out.",
    "own_lines_stay_within_limit": "Make the known fixes smaller, or have them done on the effort branches (R300);"
    " `limits.changed_lines` is what the plan allows.",
    "rule_drops_only_what_it_may": "Let another side be taken, or have the branch bring both; where the loss is meant,"
    " give the rule `drops: true`.",
    "earlier_work_is_kept": "Have the branch bring back what it undoes (R300) and run again; where the loss is meant,"
    " have a rule with `in:` and `drops: true` say so.",
    "paths_are_portable": "Have the path renamed on its branch (R300), or allow it by `limits.unportable_paths`.",
    "no_conflict_markers": "Have the markers removed on the branch that brought them (R300), and run again.",
    "parents_are_as_declared": "Correct the branch's `parent` in the plan, or have the branch begun again on what it"
    " declares.",
    "branches_are_not_integrations": "Name the effort's own branch as the source; an integration is never one (R270).",
    "fix_is_in_its_merge": "Correct the fix in the plan: what it changes, and after which branch.",
    "deleted_files_stay_deleted": "Have the branch that brings the file back leave it out, or take the fix out of the"
    " plan.",
    "demo_script_is_present": "Bring the script on a branch, or let the plan add it (`demo.create`).",
    "demo_script_is_executable": "Make the script executable where it is from: git update-index --chmod=+x.",
    "demo_is_documented": "Write the document on a branch, or let the plan add it (`demo.create`).",
    "build_changes_no_tracked_file": "Have the build write elsewhere, or take what it writes out of git.",
    "test_changes_no_tracked_file": "Have the tests write elsewhere, or take what they write out of git.",
    "demo_changes_no_tracked_file": "Have the demo write elsewhere, or take what it writes out of git.",
    "demo_shows": "Have the demo show it, or correct `demo.shows` in the plan.",
    "note_is_published": "See that the remote accepts refs/notes/waveproof, and run again: the note is pushed last,"
    " once all else holds.",
    "metadata_is_updated": "Make what the failure names a file that can be read and written, and run again.",
}
"""For what can be said without looking further."""

AFRESH = (
    "Have the branch integrated afresh as the plan says, or correct the plan where the branch is right; commits on top"
    " do not repair it."
)
UNSTABLE = (
    "Look at what is no part of the plan and its branches, which are as they were when this held: the machine, the"
    " network, the time; then run again."
)
UNREPEATED = (
    "Find out what the command depends on beside the branch (time, order, network, chance) and have it give one result;"
    " the log of each try is in the record. Then run again."
)
UNRELIABLE = "Do not rely on the record before somebody has looked into the failure; the branch itself was proven."
OTHERWISE = "Change what the failure names on the effort's own branch (R300), or the plan where it is wrong; run again."


def what_to_do(record: Record) -> str:
    """What to do next, for people: plain text in one line, never empty.

    It is about the first failure of the first stage that failed, since later ones may follow from it.
    """
    failed = sorted(record.failed, key=lambda fact: STAGES.index(fact.stage))
    return _after(record, failed) if failed else _without_failure(record)


def _after(record: Record, failed: Sequence[CriterionFact]) -> str:
    first = failed[0]
    unstable = record.compared.unstable if record.compared else ()
    if (first.criterion, first.subject) in {(one.criterion, one.subject) for one in unstable}:
        return UNSTABLE
    if look := LOOKING.get(first.criterion):
        return look(record, [fact for fact in failed if fact.criterion == first.criterion])
    if record.judged and first.stage == "audit":
        return AFRESH
    return BY_CRITERION.get(first.criterion) or (UNRELIABLE if first.stage == "record" else OTHERWISE)


def _without_failure(record: Record) -> str:
    attempt = record.attempt
    if record.verdict == "SUCCESS":
        return _of_success(record)
    if attempt and attempt.rehearsal:
        return "Run it without -k, -m and --until: a part of the criteria was asked for, and nothing is proven whole."
    return "Run it again: it ended before every criterion was judged."


def _of_success(record: Record) -> str:
    if record.judged:
        return f"Nothing: {record.judged.ref} is as the plan says. Review it with this record."
    if record.publication:
        return f"Nothing: review {record.branch} on {record.publication.remote} with this record."
    return "Nothing: all criteria hold. The plan has no `publish`, so the branch was pushed nowhere."


def _of_refusal(record: Record, alike: Sequence[CriterionFact]) -> str:
    why = record.attempt.refused if record.attempt else alike[0].message
    if "(`limits." in why:
        return (
            "Have a person look into why it keeps failing; then raise the limit in the plan, or give"
            " --force-attempt REASON."
        )
    if " is in progress" in why:
        return "Wait until the other run of this plan has ended, then run again."
    if "--force-attempt" in why:
        return "Repair what made the last attempt fail, on its branch or in the plan; or give --force-attempt REASON."
    return BY_CRITERION["metadata_is_updated"]


def _of_sources(record: Record, alike: Sequence[CriterionFact]) -> str:
    del record
    subjects = [fact.subject for fact in alike]
    are = "is" if len(subjects) == 1 else "are"
    return (
        f"Look at where the plan says that {_named(subjects)} {are} (`base:`, `from:`, `commit:`) and at what the"
        " remote has, and run again."
    )


def _of_lock(record: Record, alike: Sequence[CriterionFact]) -> str:
    del record
    subjects = [fact.subject for fact in alike]
    them = "it is" if len(subjects) == 1 else "they are"
    return (
        f"Look at what {_named(subjects)} brought since the plan was locked; if {them} to move, run with --update-lock"
        f" {' '.join(subjects)}, and commit the lock."
    )


def _of_conflicts(record: Record, alike: Sequence[CriterionFact]) -> str:
    conflicting = {parked.branch for parked in record.parked if parked.conflicts}
    if subjects := [fact.subject for fact in alike if fact.subject in conflicting]:
        return (
            f"Settle the conflicts of {_named(subjects)}: the record has the lines to paste under `resolve:` in the"
            " plan."
        )
    subjects = [fact.subject for fact in alike]
    return f"Correct what the failure of {_named(subjects)} names, a fix in the plan or the branch, and run again."


def _of_what_is_missing(record: Record, alike: Sequence[CriterionFact]) -> str:
    del alike
    if record.attempt and record.attempt.judging:
        return f"Look at what --verify names, {record.attempt.judging}, and at what the remotes of the plan have."
    return "Take out of the way what the failure names, on its branch or in the plan, and run again."


def _of_gate(record: Record, alike: Sequence[CriterionFact]) -> str:
    if record.healing and record.healing.published:
        return f"Review {record.healing.plan}, beside the plan: it was integrated and pushed, as the plan allows."
    if record.healing and record.healing.plan:
        return f"Review {record.healing.plan}, beside the plan, with which all gates pass; then run it."
    return _of_command(record, alike)


def _of_command(record: Record, alike: Sequence[CriterionFact]) -> str:
    command = next((one for one in record.commands if one.stage == alike[0].stage and not one.passed), None)
    if command and command.limit == "time":
        return f"See in {command.log} what took so long; give the command a longer `timeout` if it is sound."
    if command and command.limit:
        return f"See in {command.log} what it did; raise `limits.{command.limit}` in the plan if it is sound."
    if command and command.exit == NOT_FOUND:
        return (
            f"See in {command.log} which command was not found; have it installed where the plan runs. What is in the"
            " caller's home is there for commands if a variable of `pass_environment` names its folder."
        )
    for shut, symptom, advice in SHUT_OUT:
        if command and shut in command.isolation and symptom.search(alike[0].message):
            return advice
    return _repair(record, alike[0].message)


def _repair(record: Record, message: str) -> str:
    """What to do about a command that failed by itself."""
    culprit = record.culprit
    if culprit and culprit.kind == "unstable":
        return UNREPEATED
    where = _where(record, message)
    cures = [one.id for gate in record.gates for one in gate.proposals if one.lines]
    if cures and not record.healing:
        return f"Run again with --heal, which tries what is known to cure {_named(cures)}; or repair it {where} (R300)."
    if culprit and culprit.fixes:
        return f"Correct {_named(culprit.fixes)} in the plan, or leave it out; or repair it {where} (R300); run again."
    return f"Repair it {where} (R300), or by a known fix in the plan (R521), and run again."


def _where(record: Record, message: str) -> str:
    """On which branch a failed command is to be repaired, as far as that is known."""
    culprit = record.culprit
    if culprit and culprit.kind == "base":
        return f"on the base, {record.plan.base}"
    if culprit and culprit.branch:
        others = ["the base" if other == BASE else other for other in culprit.together]
        return f"on {culprit.branch}{f', or on {_named(others, OR)}, with which it breaks' if others else ''}"
    if culprit and culprit.branches:
        return f"on {'one of ' if len(culprit.branches) > 1 else ''}{_named(culprit.branches, OR)}"
    known = {branch["id"] for branch in record.plan.branches}
    suspects = [name for name in CAME_WITH.findall(message) if name in known]
    if suspects:
        return f"on {_named(suspects, OR)}, which brought files that the log names"
    return "on the branch that it comes from"


def _of_publication(record: Record, alike: Sequence[CriterionFact]) -> str:
    del alike
    publication = record.publication
    if record.judged or publication is None:
        return "Run again: the branch moved, or its remote could not be read, while it was judged."
    if publication.status == "refused" and publication.read_back:
        return (
            f"Integrate on a fresh branch (raise `attempt`, name another `integration`), or delete {record.branch} on"
            f" {publication.remote} if nobody needs it."
        )
    if publication.status == "refused":
        return "Run it without -k and -m: only what was proven whole in one run is pushed."
    return f"See to it that {publication.remote} can be reached and takes the branch, and run again."


LOOKING: dict[str, Callable[[Record, Sequence[CriterionFact]], str]] = {
    "attempt_may_start": _of_refusal,
    "source_is_found": _of_sources,
    "source_is_as_locked": _of_lock,
    "branch_merges": _of_conflicts,
    "branch_is_whole": _of_what_is_missing,
    "build_passes": _of_gate,
    "test_passes": _of_gate,
    "demo_runs": _of_gate,
    "branch_is_published": _of_publication,
}
"""For what the facts of the record have to be looked at; each is given all failures of its criterion."""


def _named(names: Sequence[str], word: str = "and") -> str:
    """A few names as people list them."""
    shown = list(dict.fromkeys(names))
    if len(shown) > NAMED:
        shown = [*shown[:NAMED], f"{len(shown) - NAMED} more"]
    return f" {word} ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
