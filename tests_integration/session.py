"""What one pytest session knows: its plans, its folders, what it has learnt, and how it shows progress."""

import hashlib
import os
import platform
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests_integration import __version__
from tests_integration.criteria.catalogue import Case, cases
from tests_integration.engine import metadata, verify
from tests_integration.engine.attempts import Outcome
from tests_integration.engine.clock import stamp
from tests_integration.engine.metadata import MetadataError
from tests_integration.facts import AttemptFact, Gate, Publication
from tests_integration.files import ground
from tests_integration.names import BUG_PREFIX
from tests_integration.plan.load import Given
from tests_integration.record.compare import NOTHING_RUN, WORKER
from tests_integration.record.earlier import Found, find
from tests_integration.record.gather import gather
from tests_integration.record.ledger import Key, PlanLedger
from tests_integration.record.model import CriterionFact, Record, headline, statuses, verdict
from tests_integration.record.write import METADATA, report_folder
from tests_integration.repository.git import git_numbers
from tests_integration.shards import Shard
from tests_integration.text import visible

MADE_WITH = "made_with"
"""Name of the fact that holds the environment of a worker."""

REMARK = "remark"
"""Name of the property under which a case's report carries what its criterion remarked."""


class Workspace(NamedTuple):
    """Folders of one plan.

    Attributes:
        store: bare store; a link to the one in use among
        checkout: clean checkout for build, tests and demo.
        home: HOME of the plan's commands, kept between runs.
        lock: held while a run of the plan is in progress.
        turn: says whose run that is.
        reports: where its record lands.
        stores: generations of the store, which plans of one project share.
        memory: its merges, kept between runs.
    """

    store: Path
    checkout: Path
    home: Path
    lock: Path
    turn: Path
    reports: Path
    stores: Path
    memory: Path


class Worker(NamedTuple):
    """What a worker of pytest-xdist was told by the process that reports.

    Attributes:
        name: such as `gw0`.
        plans: what each plan of the session says, as `fingerprint` tells it.
        turns: folders whose turn the session has, by plan, each as `files.ground` names it.
        reports: the report folder of the session, named likewise.
        home: the same as a path, where the session was started.
        metadata: the R520 objects of the plans, for a worker that does not see their files.
    """

    name: str
    plans: Mapping[str, str]
    turns: Mapping[str, str]
    reports: str
    home: str
    metadata: Mapping[str, dict[str, Any]]


class Withheld(dict[str, str]):
    """Variables that no traceback shows, tokens among them."""

    def __repr__(self) -> str:
        return "<the caller's environment>"


@dataclass
class Session:
    """The state of one pytest session over its plans.

    Attributes:
        givens: the plans, in the order in which they run.
        reports: folder of all records.
        until: last stage that runs.
        forced: reason given with `--force-attempt`, or empty.
        verify: what `--verify` judges, empty for the published branch; None where plans are built.
        bug_prefix: how ids of new bugs begin.
        fresh: whether what is remembered of earlier runs is made again.
        caller: the caller's environment, from which plans let variables through.
        ledgers: what is known, by plan.
        subjects: what a criterion is judged for, by id, by plan and criterion.
        cache: folder of the suite's own, kept between runs.
        terminal: where live lines go, or None.
        began: seconds since the epoch.
        ordered: the cases in plan order.
        item: the case that runs.
        making: what pytest knows of the fixtures that are being made, each for the one before it.
        running: its plan and stage; kept where the session is interrupted.
        interrupted: whether it was.
        problems: what could not be written.
        refusals: why another run of a plan keeps it from starting, by plan.
        shard: which plans of all these are, where they are split over jobs.
        worker: what it was told, in a worker of pytest-xdist.
        unfit: why a worker can run nothing, or empty.
        died: stage in which the worker of a plan died, by plan.
        listed: whether the list of plans tells that the session has begun.
        lock: whether plans that have no lock get one.
        update: sources that move in locks, none named being all; None where locks stay as they are.
        locks: what came of the lock, by plan.
    """

    givens: list[Given]
    reports: Path
    until: str
    forced: str
    caller: Withheld
    verify: str | None = None
    bug_prefix: str = BUG_PREFIX
    fresh: bool = False
    ledgers: dict[str, PlanLedger] = field(default_factory=dict)
    subjects: dict[tuple[str, str], dict[str, object]] = field(default_factory=dict)
    cache: Path = Path()
    terminal: pytest.TerminalReporter | None = None
    began: float = field(default_factory=time.time)
    ordered: list[pytest.Item] = field(default_factory=list)
    item: pytest.Item | None = None
    making: list[pytest.FixtureRequest] = field(default_factory=list)
    running: tuple[str, str] = ("", "")
    interrupted: bool = False
    problems: list[str] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    shard: Shard | None = None
    worker: Worker | None = None
    unfit: str = ""
    died: dict[str, str] = field(default_factory=dict)
    listed: bool = False
    lock: bool = False
    update: tuple[str, ...] | None = None
    locks: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._earlier: dict[tuple[str, bool, bool], Found] = {}
        self._by_name = {given.name: given for given in self.givens}
        self.ledgers = {
            given.name: PlanLedger([_not_run(case) for case in cases(given.plan, self.verify)]) for given in self.givens
        }

    @cached_property
    def cases(self) -> dict[str, tuple[str, Key]]:
        """Plan and key of each case, by what stands behind the file in its id."""
        return {
            f"test_{criterion}[{name}{'-' if subject else ''}{subject}]": (name, (criterion, subject))
            for name, ledger in self.ledgers.items()
            for criterion, subject in ledger.outcomes
        }

    @cached_property
    def away(self) -> bool:
        """Whether this is a worker that does not write into the session's own report folder."""
        if self.worker is None:
            return False
        self.reports.mkdir(parents=True, exist_ok=True)
        return ground(self.reports) != self.worker.reports

    def workspace(self, name: str) -> Workspace:
        """The folders of a plan; all but `stores` are its file's own, whatever other plan has the same name."""
        given = self.given(name)
        key = hashlib.sha256(os.fsencode(given.file.resolve())).hexdigest()[:12]
        folder = self.cache / f"{name}-{key}"
        folder.mkdir(parents=True, exist_ok=True)
        return Workspace(
            folder / "store.git",
            folder / "checkout",
            folder / "home",
            folder / "lock",
            folder / "turn.json",
            self.folder(name),
            self._stores(given) or folder / "stores",
            folder / "merges",
        )

    def _stores(self, given: Given) -> Path | None:
        """The store that the plan shares with those that lie in one folder with it and are of one project."""
        if given.plan is None or not given.plan.project:
            return None
        key = hashlib.sha256(os.fsencode(given.file.resolve().parent) + b"\0" + given.plan.project.encode()).hexdigest()
        return self.cache / f"project-{key[:12]}"

    def folder(self, name: str) -> Path:
        """Report folder of a plan."""
        return report_folder(self.reports, name, verified=self.verify is not None)

    def given(self, name: str) -> Given:
        """A plan of this session by name."""
        return self._by_name[name]

    def metadata_of(self, name: str) -> tuple[Path, str]:
        """Metadata file of a plan, and the pointer into it; a worker elsewhere has a copy of the object alone."""
        plan = self.given(name).plan
        if self.away:
            return (self.reports / name).absolute() / METADATA, ""
        if plan and plan.metadata.file:
            return (plan.folder / plan.metadata.file).resolve(), plan.metadata.at
        return (self.reports / name).absolute() / METADATA, plan.metadata.at if plan else ""

    def refused(self, name: str) -> bool:
        """Whether the plan's attempt was not allowed to start: then the last attempt's record stays as it is."""
        attempt = self.ledgers[name].fact("attempt", AttemptFact)
        return bool(attempt and attempt.refused)

    def outcome(self, name: str, criteria: tuple[CriterionFact, ...]) -> Outcome:
        """How the attempt ended, judged by these criteria."""
        failed = [criterion for criterion in criteria if criterion.outcome == "failed"]
        word = verdict(criteria)
        reason = (
            headline(failed[0]) if failed else "" if word == "SUCCESS" else f"{name}: not every criterion was judged"
        )
        publication = self.ledgers[name].fact("publication", Publication)
        refused = publication is not None and publication.status == "refused"
        return Outcome(
            result=word,
            statuses=statuses(self.ledgers[name].criteria()),
            reason=reason,
            refused=refused,
            interrupted=bool(self._interrupted(name, criteria)),
            bugs=tuple(bug for gate in gates(self.ledgers[name]) for bug in gate.bugs),
        )

    def _interrupted(self, name: str, criteria: tuple[CriterionFact, ...]) -> str:
        """The stage in which the plan's run was interrupted, or empty."""
        here = self.interrupted and self.running[0] == name and any(one.outcome == "not-run" for one in criteria)
        return self.died.get(name, self.running[1] if here else "")

    def unfinished(self, name: str) -> Record:
        """The record of a plan that is in the middle of it: what a run leaves that is killed now."""
        return self.record(name, self.ledgers[name].criteria(), self.running[1])

    def record(self, name: str, criteria: tuple[CriterionFact, ...], interrupted: str = "") -> Record:
        """The record of a plan as it stands, with a verdict about these criteria.

        Args:
            name: of the plan.
            criteria: those that the verdict is about.
            interrupted: the stage that it is in the middle of, where that is known.
        """
        began, ended = self.ledgers[name].span or (self.began, time.time())
        interrupted = self._interrupted(name, criteria) or interrupted
        made_with = self.ledgers[name].facts.get(MADE_WITH) or environment(self.worker)
        return gather(
            self.given(name),
            self.ledgers[name],
            criteria,
            environment={**made_with, "isolation": shut_in(self.ledgers[name])},
            started_at=stamp(datetime.fromtimestamp(began, UTC)),
            seconds=max(0.0, (time.time() if interrupted else ended) - began),
            interrupted=interrupted,
            metadata=self._metadata(name),
            found=self.earlier(name),
        )

    def earlier(self, name: str) -> Found:
        """The run that the plan's present one is compared with; a refused attempt is none, and compared with none.

        A worker elsewhere does not see the session's records: what it writes is written anew where they are.
        """
        attempt = self.ledgers[name].fact("attempt", AttemptFact)
        judging = (
            verify.wanted(plan, self.verify) if (plan := self.given(name).plan) and self.verify is not None else ""
        )
        if self.away or (attempt and attempt.refused):
            return Found()
        asked = name, attempt is not None, bool(attempt and attempt.rehearsal)
        if asked not in self._earlier:
            _, begun, rehearsal = asked
            self._earlier[asked] = find(self.folder(name), judging, begun=begun, rehearsal=rehearsal)
        return self._earlier[asked]

    def _metadata(self, name: str) -> dict[str, object]:
        try:
            return metadata.read(*self.metadata_of(name)) if self.given(name).plan else {}
        except MetadataError as error:
            return {"error": str(error)}


def environment(worker: Worker | None = None) -> dict[str, str]:
    """Versions of what integrates and judges, and which worker on which machine that is, where there are several."""
    place = {WORKER: f"{worker.name} on {socket.gethostname()}, in {visible(str(Path.cwd()))}"} if worker else {}
    return place | {
        "waveproof": __version__,
        "git": ".".join(map(str, git_numbers())),
        "Python": platform.python_version(),
        "pytest": pytest.__version__,
        "platform": f"{sys.platform} {platform.machine()}",
    }


def gates(ledger: PlanLedger) -> list[Gate]:
    """Those of the plan's gates that were come to."""
    return [gate for stage in ("build", "test", "demo") if (gate := ledger.fact(stage, Gate))]


def shut_in(ledger: PlanLedger) -> str:
    """What kept the plan's commands apart from the rest, as it was enforced."""
    told = {command.isolation.partition("; at most ")[0] for gate in gates(ledger) for command in gate.commands}
    return ", ".join(sorted(told)) or NOTHING_RUN


@cache
def _not_run(case: Case) -> CriterionFact:
    return CriterionFact(criterion=case.criterion, subject=case.subject, stage=case.stage, description=case.description)
