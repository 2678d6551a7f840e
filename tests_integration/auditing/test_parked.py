"""Branches that were left out, and why there is no branch."""

import re

from tests_integration.auditing.claims import criterion_of, fail, require, require_same
from tests_integration.auditing.evidence import Evidence
from tests_integration.facts import Parked
from tests_integration.record.ledger import PlanLedger
from tests_integration.record.model import Record
from tests_integration.repository.ask import shown
from tests_integration.repository.git import GitError
from tests_integration.text import visible

BEFORE_RULE = re.compile(r"^  To settle it in the plan, [a-z ]+ under `resolve:`, before rule ([0-9]+)$", re.MULTILINE)
"""How the reason names the rule that is for a conflict and does not settle it."""


def test_parked_branch_did_not_merge(evidence: Evidence, record: Record, parked: Parked) -> None:
    """Git finds the recorded conflicts in the merge that was not made; the criterion gives the same reason."""
    require(parked.problem, f"{parked.branch} is parked, and the record does not say why")
    criterion = criterion_of(record, "branch_merges", parked.branch)
    if criterion and criterion.outcome != "not-run":
        reason = _reason(record, parked)
        require_same("branch_merges", (criterion.outcome, criterion.message), reason, "its parking gives")
    if parked.waits_for:
        waits = f"parked with {' and '.join(parked.waits_for)}, on which it depends"
        require_same("problem", parked.problem, waits, "what it waits for says")
        strangers = set(parked.waits_for) - {other.branch for other in record.parked}
        require(not strangers, f"it waits for what is not parked: {', '.join(strangers)}")
    else:
        require(" on which it depends" not in parked.problem, "it waits for nobody")
    _require_conflicts(evidence, record, parked)


def _reason(record: Record, parked: Parked) -> tuple[str, str]:
    """How the criterion ends, and what it says."""
    source = record.sources[parked.branch]
    if source.commit is None:
        if not parked.waits_for:
            require_same("problem", parked.problem, source.problem, "its sources say")
        return "blocked", f"{parked.branch} was not found"
    if parked.waits_for:
        return "blocked", f"{parked.branch} is {parked.problem}"
    return "failed", visible(parked.problem).strip()


def _require_conflicts(evidence: Evidence, record: Record, parked: Parked) -> None:
    order = [branch["id"] for branch in record.plan.branches]
    before = [merge.commit for merge in record.merges if order.index(merge.branch) < order.index(parked.branch)]
    tip = record.sources[parked.branch].commit
    if not parked.conflicts or not tip or not record.base:
        require(not parked.conflicts, "there are conflicts with nothing")
        return
    try:
        found = evidence.automatic(((record.base, *before)[-1], tip)).conflicts
    except GitError as error:
        fail(f"git cannot tell its conflicts: {error.output}")
    told = [(conflict.path, conflict.kind) for conflict in parked.conflicts]
    there = [(shown(conflict.path), conflict.kind) for conflict in found]
    require_same("conflicts", told, [one for one in there if one in told])
    require(all(path in parked.problem for path, _ in told[:1]), "the reason names another conflict")
    rules = {conflict.rule for conflict in parked.conflicts} - {0}
    named = {int(number) for number in BEFORE_RULE.findall(parked.problem)}
    require(named <= rules and bool(named) == bool(rules), f"rules {rules} are for its conflicts; it names {named}")
    settled = any(conflict.settled or conflict.dropped for conflict in parked.conflicts)
    require(not settled, "what parks a branch is not settled, and drops nothing")


def test_problem_is_what_the_criterion_says(record: Record) -> None:
    """Where there is no branch at all, the record and the criterion give the same reason; else there is none."""
    whole = criterion_of(record, "branch_is_whole")
    require(not (record.problem and record.tip), f"there is a branch, and there is none: {record.problem}")
    require(not (record.problem and record.parked), f"branches are parked, so that is no reason: {record.problem}")
    require(not (record.parked and record.tip), "branches are parked, but there is a tip")
    if record.problem.startswith("the base is missing: "):
        said = record.sources["base"].problem if "base" in record.sources else ""
        require_same("problem", record.problem, f"the base is missing: {said}", "its sources say")
    elif record.problem or (whole and whole.outcome == "failed"):
        message = whole.message if whole and whole.outcome == "failed" else record.problem
        require_same("problem", visible(record.problem).strip(), message, "branch_is_whole says")
    if record.parked and whole and whole.outcome != "not-run":
        names = ", ".join(parked.branch for parked in record.parked)
        earlier = PlanLedger([*record.criteria]).blocked_by("merge")
        reasons = {f"parked, so that the others could be merged: {names}", earlier}
        require(whole.message in reasons, f"branches are parked; branch_is_whole says {whole.message!r}")
    if whole and whole.outcome == "passed":
        require(record.tip, "branch_is_whole passed, but there is no tip")
