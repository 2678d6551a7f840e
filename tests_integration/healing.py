"""Heals what is known to heal (`--heal`): tries each known fix that is proposed, as an attempt of its own (R521).

Each try is a session of its own over the plan with the fix in it, up to the demo, so that every criterion judges it and
nothing is published by it. Where none of them passes, what the catalogue has for the failures of those comes next.
"""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from pydantic import ValidationError

import tests_integration
from tests_integration import bounded, live, writing
from tests_integration.engine import further
from tests_integration.engine.clock import now, stamp
from tests_integration.engine.metadata import MetadataError
from tests_integration.facts import AttemptFact, Gate, Proposal
from tests_integration.files import replace
from tests_integration.healing_facts import HealAttempt, Healing
from tests_integration.options import HEALED, TRIED
from tests_integration.plan.healed import healed as with_fix
from tests_integration.plan.load import Given, give
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Fix
from tests_integration.plan.stages import STAGES
from tests_integration.plan.variables import Variables
from tests_integration.record.ledger import PlanLedger
from tests_integration.record.model import Record, headline, statuses
from tests_integration.record.write import RECORD
from tests_integration.session import Session
from tests_integration.starting import variables

GATES = ("build", "test", "demo")
TRIED_STAGES = STAGES[: STAGES.index("demo") + 1]

ATTEMPTS = "attempts"
"""Folder for the records of these attempts, beside the plan's own record."""

LOG = "pytest.log"
"""What each of their sessions printed."""

EDITED = re.compile(r"^[+-](?!\+\+ |-- )", re.MULTILINE)
"""How a line of a patch begins that adds or removes one (R361)."""

WRITTEN = "# Written by `pytest --heal`"
DIGEST = "# SHA-256 of all that follows: "

Watch = Callable[[str], AbstractContextManager[None]]
"""Shows what is tried while it is."""


class Sick(NamedTuple):
    """A plan that failed at a gate, as it was or as it was tried.

    Attributes:
        plan: as read.
        text: of its file.
        proposals: what the catalogue has for the failure.
    """

    plan: Plan
    text: str
    proposals: tuple[Proposal, ...]


class _StopError(Exception):
    """No more may be tried; the text says why."""


class Healer:
    """Tries known fixes for one plan of a session.

    Args:
        suite: the session, in the process that reports.
        name: of the plan.
        command: how pytest is started.
        watch: shows what is tried.
        variables: that its plan may take.
    """

    def __init__(self, suite: Session, name: str, command: list[str], watch: Watch, variables: Variables) -> None:
        self.suite = suite
        self.given = suite.given(name)
        self.file = self.given.file
        self.ledger = suite.ledgers[name]
        self.folder = suite.folder(name).absolute()
        self.command = command
        self.watch = watch
        self.variables = variables
        self.tried: list[HealAttempt] = []
        self.known: list[tuple[Fix, ...]] = []
        self.passing: list[str] = []

    def heal(self, plan: Plan, attempt: AttemptFact, gate: Gate) -> Healing:
        """Try what is proposed for a gate that failed, and what is then proposed for the failures of those tries."""
        self.known.append(plan.fixes)
        sick = [Sick(plan, _as_yaml(self.given), gate.proposals)]
        stopped = ""
        try:
            while sick and not self.passing:
                sick += self._tries(attempt, sick.pop(0))
        except (_StopError, KeyboardInterrupt) as error:
            stopped = str(error) or "interrupted"
        except (MetadataError, OSError) as error:
            stopped = f"healing cannot go on: {error}"
        if not self.tried and not stopped:
            stopped = "nothing was tried: no cure is known for it, or not inside which merge"
        healing = Healing(before=_before(plan, gate, self.ledger), attempts=tuple(self.tried), stopped=stopped)
        return self._written(plan, healing, self.passing[0]) if self.passing else healing

    def _tries(self, attempt: AttemptFact, sick: Sick) -> Iterator[Sick]:
        """Try each proposal on its own; the plans that fail all the same, with what is proposed for those."""
        file = sick.plan.file.with_name(f"{self.file.stem}{TRIED}")
        for proposal in sick.proposals:
            if not proposal.lines or not proposal.after:
                continue
            number = attempt.number + len(self.tried) + 1
            text = with_fix(sick.plan, sick.text, proposal.lines, number, Path(attempt.file))
            try:
                replace(file, text.encode())
                given = give(file, variables=self.variables)
                if given.plan and given.plan.fixes in self.known:
                    continue
                self._require_room(attempt, sick.plan)
                tried, known = self._tried(proposal, number, given)
            finally:
                file.unlink(missing_ok=True)
            if given.plan:
                self.known.append(given.plan.fixes)
            self.tried.append(tried)
            if attempt.counts:
                further.add(attempt, sick.plan, tried)
            if tried.passed:
                self.passing.append(text)
            else:
                yield Sick(given.plan or sick.plan, text, known)

    def _require_room(self, attempt: AttemptFact, plan: Plan) -> None:
        told = further.spent_out(attempt, plan) if attempt.counts else ""
        if len(self.tried) >= plan.limits.attempts:
            told = f"{len(self.tried)} were tried; the plan allows {plan.limits.attempts} attempts (`limits.attempts`)"
        if told and not attempt.forced:
            raise _StopError(f"no more was tried: {told}")

    def _tried(self, proposal: Proposal, number: int, given: Given) -> tuple[HealAttempt, tuple[Proposal, ...]]:
        place = self.folder / ATTEMPTS / str(number)
        began = now()
        with self.watch(f"{proposal.id}: {proposal.action}"):
            said = self._run(given, place, "--until", "demo") if given.plan else given.refusal
        record = _record(place / given.name, given.plan, stamp(began))
        stage, line = (
            _failure(record, given.plan, proposal) if record else ("plan", f"it leaves no record: {_last(said)}")
        )
        known = record.gates[-1].proposals if record and record.gates else ()
        attempt = record.attempt if record else None
        tried = HealAttempt(
            number=number,
            id=proposal.id,
            action=proposal.action,
            after=proposal.after,
            replaces=proposal.replaces,
            result=record.verdict if record else "INCOMPLETE",
            statuses=statuses(record.criteria) if record else {},
            stage=stage,
            line=line,
            shows=tuple(dict.fromkeys(one.id for one in known if one.signature)),
            tip=record.tip if record else None,
            tree=record.tree if record else None,
            inputs=attempt.inputs if attempt else {},
            run=attempt.run if attempt else "",
            record=f"{ATTEMPTS}/{number}/{given.name}",
            started_at=stamp(began),
            seconds=round((now() - began).total_seconds(), 1),
        )
        return tried, known

    def _run(self, given: Given, reports: Path, *options: str) -> str:
        """Run a plan in a session of its own; what that printed."""
        reports.mkdir(parents=True, exist_ok=True)
        command = [*self.command, "--plan", str(given.file.absolute()), "--reports", str(reports), *options]
        command += self.variables.options(given.document.variables if given.document else ())
        log = reports / LOG
        with log.open("wb") as stream:
            subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env=_surroundings(self.suite),
            )
        return log.read_text(encoding="utf-8", errors="replace")

    def _written(self, plan: Plan, healing: Healing, text: str) -> Healing:
        """Write the healed plan beside the plan, and integrate and push it where the plan says so."""
        file = plan.file.with_name(f"{plan.file.stem}{HEALED}")
        winner = next(tried for tried in healing.attempts if tried.passed)
        told = f"{WRITTEN} from {plan.file.name}: {winner.id}, {winner.action}, inside the merge of {winner.after}"
        try:
            if problem := _somebody_elses(file):
                return healing.model_copy(update={"stopped": problem})
            digest = hashlib.sha256(text.encode()).hexdigest()
            replace(file, f"{told}\n{DIGEST}{digest}\n{text}".encode())
        except OSError as error:
            return healing.model_copy(update={"stopped": f"{file} cannot be written: {error.strerror}"})
        healing = healing.model_copy(update={"plan": file.name})
        if not (plan.publish and plan.publish.healed and self.suite.until in {"publish", "record"}):
            return healing
        given = give(file, variables=self.variables)
        with self.watch(f"publish {file.name}"):
            said = self._run(given, self.suite.reports.absolute(), "--force-attempt", f"healed: {winner.told}")
        record = _record(self.suite.reports / file.stem, given.plan, winner.started_at)
        if record and record.verdict == "SUCCESS":
            return healing.model_copy(update={"published": True})
        why = record.sentence if record else _last(said)
        return healing.model_copy(update={"stopped": f"{file.name} was not published: {why}"})


def heal(suite: Session, config: pytest.Config) -> None:
    """Heal every plan of the session that failed at a gate and may be healed; what came of it is in its ledger."""
    for given in suite.givens:
        ledger = suite.ledgers[given.name]
        attempt = ledger.fact("attempt", AttemptFact)
        judged = [gate for stage in GATES if (gate := ledger.fact(stage, Gate))]
        gates = [gate for gate in judged if not gate.commands[-1].passed]
        if given.plan and attempt and not attempt.refused and not attempt.judging and gates:
            file, at = suite.metadata_of(given.name)  # as this process sees it, wherever the plan was run
            attempt = attempt.model_copy(update={"file": str(file), "at": at})
            healer = Healer(
                suite, given.name, _command(config), partial(live.clock, suite, config, "heal"), variables(config)
            )
            ledger.note("healing", healer.heal(given.plan, attempt, gates[-1]))


def _command(config: pytest.Config) -> list[str]:
    """How pytest is started so that it finds the same project and cache, and takes no options but those it is given."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests_integration.plugin", "-o", "addopts="]
    command += ["--rootdir", str(config.rootpath)]
    command += ["-c", str(config.inipath)] if config.inipath else []
    return [*command, "--repository", config.option.repository] if config.option.repository else command


def _as_yaml(given: Given) -> str:
    """The text of a plan's file; a document is written as the plan that it was understood as."""
    if given.document and given.file.suffix not in {".yaml", ".yml"}:
        return writing.text(given, given.document, given.file)
    return given.file.read_text(encoding="utf-8")


def _surroundings(suite: Session) -> dict[str, str]:
    """The caller's environment, without what would give pytest other options."""
    package = str(Path(tests_integration.__file__).parent.parent)
    path = os.pathsep.join(filter(None, [package, suite.caller.get("PYTHONPATH", "")]))
    return {**suite.caller, "PYTHONPATH": path, "PYTEST_ADDOPTS": ""}


def _record(folder: Path, plan: Plan | None, began: str) -> Record | None:
    """The record that a session which began then has left of this very plan; None where there is none."""
    try:
        record = Record.model_validate_json(bounded.content(folder / RECORD, bounded.STATE))
    except (OSError, ValidationError):
        return None
    return record if plan and record.plan.digest == plan.digest and record.started_at >= began else None


def _failure(record: Record, plan: Plan | None, proposal: Proposal) -> tuple[str, str]:
    """The stage that failed first and how, in one line; both empty where all criteria up to the demo held."""
    open_ones = [one for one in record.criteria if one.stage in TRIED_STAGES and one.outcome != "passed"]
    open_ones.sort(key=lambda one: (one.outcome != "failed", STAGES.index(one.stage)))
    if open_ones:
        return open_ones[0].stage, headline(open_ones[0])
    entry = plan.catalogue.entry(proposal.id) if plan else None
    diffs = [fix.diff for merge in record.merges for fix in merge.fixes if fix.id == proposal.id]
    lines = len(EDITED.findall("".join(diffs))) if proposal.action.startswith("apply ") else 0
    if entry and entry.limits and lines > entry.limits.changed_lines:
        return "audit", f"it changes {lines} lines; the catalogue allows {entry.limits.changed_lines} for {entry.id}"
    return "", ""


def _last(said: str) -> str:
    return (said.strip().splitlines() or ["it says nothing"])[-1]


def _before(plan: Plan, gate: Gate, ledger: PlanLedger) -> str:
    """What the plan's own fix led to, where another way to cure the same is tried in its place."""
    replaced = {proposal.id for proposal in gate.proposals if proposal.replaces}
    failed = next((one for one in ledger.criteria() if one.outcome == "failed" and one.stage == gate.stage), None)
    shown = " and ".join(dict.fromkeys(one.id for one in gate.proposals if one.signature))
    told = f"{f'{shown}: ' if shown else ''}{headline(failed) if failed else ''}"
    return next((f"{fix.id}, {fix.action} (as planned) -> {told}" for fix in plan.fixes if fix.id in replaced), "")


def _somebody_elses(file: Path) -> str:
    """Why a file is not replaced; empty where it is not there, or as `--heal` has left it."""
    if not os.path.lexists(file):
        return ""
    first, second, *rest = [*file.read_text(encoding="utf-8").split("\n", 2), "", ""][:3]
    digest = hashlib.sha256("".join(rest).encode()).hexdigest()
    if first.startswith(WRITTEN) and second == f"{DIGEST}{digest}":
        return ""
    return f"{file} is there, and not as --heal has left it: move it away, or run it"
