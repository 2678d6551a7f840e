"""How a failed command is put to people: the log's own words, and which branch brought the files that it names."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import pytest

from tests_integration.criteria.judge import brought_by, require
from tests_integration.facts import Bug, CommandFact, Gate, Proposal
from tests_integration.logs import end_of_log, most_telling
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Fix
from tests_integration.repository.ask import History
from tests_integration.text import clipped

SHOWN = 40
LONGEST, WIDEST = 300, 1000
"""Characters of the line that tells most, and of any other line of a log, in a message."""


def require_passed(
    gate: Gate, number: int, history: History, plan: Plan, tips: Mapping[str, str], reports: Path
) -> None:
    """Fail where command `number` (from 1) of a gate did not pass; it is blocked where an earlier one failed."""
    if number > len(gate.commands):
        pytest.skip(f"blocked: `{gate.commands[-1].run}` failed before it")
    command = gate.commands[number - 1]
    if command.passed:
        require_reusable(command, plan)
        return
    log = end_of_log(reports / command.log)
    lines = log.splitlines()
    shown = lines if len(lines) <= SHOWN else [f"… {len(lines) - SHOWN} lines before", *lines[-SHOWN:]]
    parts = [
        f"the {gate.stage} fails: {how_it_ended(command)}{telling_line(log)}",
        gate.culprit.sentence if gate.culprit else "",
        "\n".join(f"    {clipped(line, WIDEST)}" for line in shown),
        "\n".join(brought_by(history, plan, tips, log)),
        "\n".join(what_of(fix, log) for fix in plan.fixes),
        *(what_is_known(plan, list(alike)) for _, alike in groupby(gate.proposals, attrgetter("id"))),
        "\n".join(of_bug(bug) for bug in gate.bugs),
        f"Full log: {reports / command.log}",
        "It is fixed on the effort's branch (R300), or by a known fix in the plan (R521).",
    ]
    require(command.passed, "\n\n".join(part for part in parts if part))


def require_reusable(command: CommandFact, plan: Plan) -> None:
    """Fail where a command was not run again, and the plan does not say that it need not be."""
    lines = {"build": plan.build, "test": plan.test}.get(command.stage, ())
    allowed = all(line.reuse for line in lines) and bool(lines)
    require(allowed or not command.reused, f"`{command.run}` was not run, and the plan has no `reuse: true` for it")


def reuses(gate: Gate, number: int) -> str:
    """That command `number` (from 1) of a gate was not run again, for people; empty where it was."""
    command = gate.commands[number - 1] if number <= len(gate.commands) else None
    if command is None or not command.reused:
        return ""
    return (
        f"`{command.run}` was not run again (`reuse: true`): it passed on this commit in run {command.reused}, at"
        f" {command.started_at}, in {command.seconds:.1f} s; --fresh runs it"
    )


def what_of(fix: Fix, log: str) -> str:
    """That a known fix was applied, and whether the log shows its problem all the same (R521)."""
    told = f"{fix.id} was applied inside the merge of {fix.after}: {fix.action}"
    shows = fix.shows_in(log)
    return f"{told}; its signature ({fix.signature}) is in the log all the same" if shows else told


def what_is_known(plan: Plan, proposals: Sequence[Proposal]) -> str:
    """What the catalogue has for the failure under one id, with the lines that try each way to cure it (R521)."""
    first = proposals[0]
    shows = f"the log shows it ({first.signature})" if first.signature else "the plan's own fix may not fit here"
    told = f"{first.id} is known ({plan.catalogue.file}): {first.problem}; {shows}."
    cures = [proposal for proposal in proposals if proposal.lines]
    where = f"in place of {first.id}" if first.replaces else "under `fixes:`"
    what = "What has cured it" if first.signature else "What has cured it elsewhere"
    tries = "; --heal tries each" if first.after else "; which merge needs it is not known, so --heal tries none"
    how = f"{what}, to be put {where} in the plan{tries}:" if cures else "No cure is known."
    blocks = ["\n".join(f"    {line}" for line in proposal.lines.splitlines()) for proposal in cures]
    return "\n".join([f"{told} {how}", *blocks])


def of_bug(bug: Bug) -> str:
    """As which bug a failure is documented (R266)."""
    return f"{bug.told_whose}; documented in the metadata (R266)" if bug.new else bug.told_whose


def telling_line(log: str) -> str:
    """The most telling line of a log, to stand behind a colon."""
    said = most_telling(log)
    return f": {clipped(said, LONGEST)}" if said else ""


def require_unchanged(gate: Gate) -> None:
    """Fail where the commands of a gate changed files that git tracks."""
    changed = ", ".join(gate.changed)
    require(
        not gate.changed, f"the {gate.stage} changed files that git tracks, so it did not judge the branch: {changed}"
    )


def how_it_ended(command: CommandFact) -> str:
    """In a few words: exit code, signal or limit."""
    first, *more = command.run.strip().split("\n", 1)
    run = f"`{first}{' …' if more else ''}`"
    if command.problem:
        return f"{run} could not be run: {command.problem}"
    if command.limit == "time":
        return f"{run} was ended at its deadline of {command.timeout} s"
    if command.exit is None:
        return f"{run} was ended: {command.ended}"
    if command.exit < 0:
        return f"{run} was killed by signal {-command.exit}"
    return f"{run} exited {command.exit}"
