"""Build, test and demo: what can be held against the logs and against the criteria."""

import hashlib
import os
from pathlib import Path
from stat import S_ISREG

from tests_integration.auditing.claims import criterion_of, require, require_same, undecided
from tests_integration.criteria.gates import how_it_ended
from tests_integration.facts import CommandFact, Gate
from tests_integration.plan.stages import STAGES
from tests_integration.record.model import CriterionFact, Record
from tests_integration.text import visible

FIRST = {"build": "build_passes", "test": "test_passes", "demo": "demo_runs"}
LOGS = "logs"


def test_stages_are_those_that_ran(record: Record) -> None:
    """The record tells when each stage ran that judged a criterion, in their order, and of no other."""
    ran = {one.stage for one in record.criteria if one.outcome in {"passed", "failed"}}
    require_same("stages", [one.stage for one in record.stages], [one for one in STAGES if one in ran], "criteria say")


def test_log_is_as_recorded(command: CommandFact, folder: Path) -> None:
    """The log beside the record has the recorded size and SHA-256."""
    place = _log(folder, command.log)
    try:
        stream = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        undecided(f"{visible(command.log)} is not beside the record: {error.strerror}")
    with os.fdopen(stream, "rb") as log:
        require(S_ISREG(os.fstat(stream).st_mode), f"{command.log} is no file")
        require_same(f"{command.log}: size", command.size, os.fstat(stream).st_size, "the log has")
        require_same(command.log, command.sha256, hashlib.file_digest(log, "sha256").hexdigest(), "the log has")


def _log(folder: Path, name: str) -> Path:
    """Where a log lies; never outside the folder of the record."""
    first, _, last = name.partition("/")
    require(first == LOGS and last not in {"", ".", ".."} and "/" not in last, f"{name} is no log of a record")
    require("\0" not in last and not (folder / LOGS).is_symlink(), f"{name} is no log of a record")
    return folder / LOGS / last


def test_commands_are_those_of_the_gates(record: Record) -> None:
    """The commands are told once with their gates and once in a row, the same each time, each with a log of its own."""
    told = tuple(command for gate in record.gates for command in gate.commands)
    require_same("commands", record.commands, told, "its gates say")
    logs = [command.log for command in told]
    names = [f"{LOGS}/{gate.stage}-{n}.log" for gate in record.gates for n, _ in enumerate(gate.commands, 1)]
    require_same("logs", logs, names, "they are called")
    stages = [gate.stage for gate in record.gates]
    require_same("gates", stages, [stage for stage in FIRST if stage in stages], "in order they are")
    wrong = [command.run for gate in record.gates for command in gate.commands if command.stage != gate.stage]
    require(not wrong, f"commands of another stage than their gate: {', '.join(wrong)}")


def test_bugs_are_of_the_failures(record: Record) -> None:
    """What a gate's failure is documented as is of that stage, command and end, and its culprit's effort's (R266)."""
    efforts = {branch["id"]: branch["effort"] for branch in record.plan.branches}
    ids = [bug.id for bug in record.bugs]
    require(len(ids) == len({*ids}), f"the same bug is told twice: {', '.join(ids)}")
    for gate in record.gates:
        command = gate.commands[-1] if gate.commands else None
        require(not gate.bugs or (command and not command.passed), f"{gate.stage}: a bug, and no command that failed")
        for bug in gate.bugs if command else ():
            require_same(f"{bug.id}: stage", bug.stage, gate.stage, "it is told with")
            if bug.culprit and bug.culprit.branch in efforts:
                require_same(f"{bug.id}: effort", bug.effort, efforts[bug.culprit.branch], "the plan says")


def test_outcomes_fit_the_commands(record: Record, stage: str) -> None:
    """A command passed as a criterion where it exited 0, and nowhere else; the criteria give its end as the reason."""
    commands = _gate(record, stage).commands
    for criterion in record.criteria:
        if criterion.criterion == FIRST[stage]:
            number = int(criterion.subject) if criterion.subject.isdecimal() else 1
            _require_end(stage, criterion, commands[number - 1] if 0 < number <= len(commands) else None)
    failed = [not command.passed for command in commands]
    require(not any(failed[:-1]), f"the {stage} went on after a command that failed")


def test_changed_files_are_told(record: Record, stage: str) -> None:
    """Files that a gate changed although git tracks them fail its criterion, which names them."""
    gate = _gate(record, stage)
    criterion = criterion_of(record, f"{stage}_changes_no_tracked_file")
    if criterion is None or criterion.outcome not in {"passed", "failed"}:
        require(not gate.changed or criterion is None, f"the {stage} changed files, and no criterion says so")
        return
    require_same(f"{stage} changed", bool(gate.changed), criterion.outcome == "failed", "its criterion says")
    named = visible(", ".join(gate.changed))
    require(criterion.message.endswith(named), f"the {stage} changed {named}; its criterion says {criterion.message!r}")


def _gate(record: Record, stage: str) -> Gate:
    return next((gate for gate in record.gates if gate.stage == stage), Gate(stage=stage, commands=()))


def _require_end(stage: str, criterion: CriterionFact, command: CommandFact | None) -> None:
    ended = "blocked" if command is None else "passed" if command.passed else "failed"
    name = f"{criterion.criterion} {criterion.subject}"
    require(criterion.outcome in {ended, "not-run"}, f"{name} cannot have {criterion.outcome}: the command {ended}")
    if command and criterion.outcome == "failed":
        head = visible(f"the {stage} fails: {how_it_ended(command)}")
        require(criterion.message.startswith(head), f"{name} says {criterion.message!r}, its command {head!r}")
