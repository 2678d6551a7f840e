"""The plan: what the record repeats of it in parts is what it repeats in whole."""

import hashlib
import os
import shlex
from pathlib import Path

from tests_integration.auditing.claims import require, require_same, undecided
from tests_integration.auditing.evidence import Evidence
from tests_integration.auditing.planned import is_judged, lock_of, plan_of
from tests_integration.facts import AttemptFact, MergeFact
from tests_integration.plan.document import digest, holder_of, locked_digest
from tests_integration.plan.load import Given, safe_name
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Command
from tests_integration.plan.variables import VARIABLE
from tests_integration.record.gather import plan_fact
from tests_integration.record.model import Record
from tests_integration.repository.ask import content
from tests_integration.repository.git import GitError

ELSEWHERE = {"catalogue", "digest", "file", "files"}
"""What the plan's document does not say; `attempt` has the digest once more."""


def test_plan_is_told_in_parts_as_in_whole(record: Record) -> None:
    """Title, base, branches and all else that the record says of the plan are as in the plan's document."""
    stem = Path(record.plan.file).stem
    require_same("name", record.plan.name, safe_name(stem), "the plan's file is called")
    plan = plan_of(record)
    if plan is None:
        require(not record.sources and not record.plan.branches, "there is no plan's document, but what came of it")
        return
    wanted = plan_fact(Given(Path(record.plan.file), plan.name, plan)).model_dump(mode="json", exclude=ELSEWHERE)
    said = record.plan.model_dump(mode="json", exclude=ELSEWHERE)
    for key, value in wanted.items():
        require_same(f"plan.{key}", said[key], value, "its document says")


def test_digest_is_of_the_plan(record: Record) -> None:
    """The digest of the plan is that of its document and of the files that it takes in, its own file being there."""
    if not record.plan.document:
        require(not record.plan.digest, "there is a digest, but no plan's document")
        return
    own = Path(record.plan.file).name
    require(own in record.plan.files, f"{own} is not among the files of the plan")
    require_same(
        "digest", record.plan.digest, digest(record.plan.document, _taken_in(record)), "document and files give"
    )


def test_variables_are_the_plans(record: Record) -> None:
    """What is said to hold variables may hold some, and does; a lock is held to these in place of their values."""
    for pointer, text in record.plan.variables.items():
        there = holder_of(record.plan.document, pointer) is not None and VARIABLE.search(text)
        require(bool(there), f"plan.variables: {pointer} of the plan's document holds no variable ({text!r})")


def _taken_in(record: Record) -> dict[str, str]:
    """The files of the plan, without its own."""
    own = Path(record.plan.file).name
    return {name: sha256 for name, sha256 in record.plan.files.items() if name != own}


def test_lock_is_held(record: Record) -> None:
    """What is said to be as locked is as the lock says it, and what is said to have moved is not."""
    lock = lock_of(record)
    if lock is None:
        return
    same = {
        ("source_is_as_locked", key): source.commit == lock.commit_of(key) for key, source in record.sources.items()
    }
    locked = locked_digest(record.plan.document, record.plan.variables, _taken_in(record))
    same["plan_is_as_locked", "lock"] = locked == lock.plan
    same["tree_is_as_locked", "lock"] = record.tree == lock.tree
    same["tip_is_as_locked", "lock"] = record.tip == lock.tip
    for one in record.criteria:
        held = same.get((one.criterion, one.subject))
        right = one.outcome not in {"passed", "failed"} or held is None or held == (one.outcome == "passed")
        require(right, f"{one.criterion}[{one.subject}] {one.outcome}, but the lock and the record say otherwise")


def test_files_of_the_plan_are_in_the_commit(evidence: Evidence, record: Record) -> None:
    """The files that the infrastructure added are those of the plan."""
    plan = plan_of(record)
    for file in record.infrastructure.files if plan and record.infrastructure and not is_judged(record) else ():
        name = os.path.normpath(f"{plan.demo.create}/{file.path}" if plan else "")
        try:
            found = hashlib.sha256(content(evidence.repo, file.blob)).hexdigest()
        except GitError:
            undecided(f"{evidence.url} has no file {file.blob}")
        require_same(f"files: {name}", record.plan.files.get(name), found, "the commit has")


def test_conflicts_are_settled_by_the_plans_rules(evidence: Evidence, record: Record, merge: MergeFact) -> None:
    """The first rule of the plan that names a path is the one that settled its conflict."""
    plan = plan_of(record)
    if plan is None or is_judged(record):
        return
    for told, conflict in zip(merge.conflicts, evidence.automatic(merge.parents).conflicts, strict=True):
        found = plan.rule_for(plan.branch(merge.branch), conflict.path)
        if told.rule:
            number, take = (found[0], found[1].take) if found else (0, "")
            require_same(told.path, told.settled, f"{take} by rule {number}", "the plan says")


def test_fixes_are_the_plans(record: Record, merge: MergeFact) -> None:
    """The merge holds the plan's fixes for this branch, in their words, and no others."""
    plan = plan_of(record)
    if plan is None or is_judged(record):
        return
    planned = [(fix.id, fix.problem, fix.action, fix.proven or "") for fix in plan.fixes_of(plan.branch(merge.branch))]
    told = [(fix.id, fix.problem, fix.action, fix.proven) for fix in merge.fixes]
    require_same("fixes", told, planned, "the plan says")


def test_commands_are_the_plans(record: Record) -> None:
    """Build, test and demo ran the plan's commands, in its order, each with its deadline."""
    plan = plan_of(record)
    for gate in record.gates if plan else ():
        told = [(command.run, command.timeout) for command in gate.commands]
        planned = _planned(plan, gate.stage)
        require_same(gate.stage, told, [(one.run, one.timeout) for one in planned[: len(told)]], "the plan says")
        reused = [command.run for command in gate.commands if command.reused]
        require(not reused or all(one.reuse for one in planned), f"the plan lets none of these be reused: {reused}")
        require(len(reused) in {0, len(told)}, f"the {gate.stage} was not run again as a whole, but {reused}")


def _planned(plan: Plan | None, stage: str) -> tuple[Command, ...]:
    if plan is None:
        return ()
    demo = Command(run=shlex.quote(f"./{plan.demo.script}"), timeout=plan.demo.timeout)
    return {"build": plan.build, "test": plan.test, "demo": (demo,)}.get(stage, ())


def test_attempt_is_limited_as_planned(record: Record, attempt: AttemptFact) -> None:
    """The metadata are kept where the plan says, and have its limits (R520)."""
    plan = plan_of(record)
    if plan is None:
        return
    require_same("attempt.at", attempt.at, plan.metadata.at, "the plan says")
    if attempt.counts:
        told = (record.metadata.get("max_attempts"), record.metadata.get("time_limit_hours"))
        require_same("limits", told, (plan.limits.attempts, plan.limits.hours), "the plan says")
