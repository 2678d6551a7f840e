"""Nights of a wave, one after the other, with all that may happen in them; drawn from a seed.

Everything is real but the clock and the commands' logs: plan, catalogue, metadata file, and processes that die.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from tests_integration.engine import attempts
from tests_integration.engine.attempts import Outcome, RefusedError
from tests_integration.engine.bugs import documented
from tests_integration.engine.owners import owner
from tests_integration.facts import AttemptFact, Bug, CommandFact, Culprit, Gate
from tests_integration.selftests.diary import STATUSES, Diary

STAGES = {"build": "BUILD_GATE_FAILURE", "test": "TEST_GATE_FAILURE"}
CATALOGUE = "version: 1\nfixes:\n"


class Went(NamedTuple):
    """An attempt as it really went, whatever the metadata say.

    Attributes:
        run: names it.
        inputs: what it depended on.
        result: a word of R520; INCOMPLETE where it was killed.
        killed: whether it was.
        forced: whether somebody had forced it.
        met: what its failure was documented as, by defect.
    """

    run: str
    inputs: dict[str, str]
    result: str
    killed: bool
    forced: bool
    met: tuple[tuple[str, str], ...] = ()


class World(Diary):
    """A wave whose branches move, break and are repaired.

    Attributes:
        defects: what is broken now, by branch; each in a stage.
        went: the attempts so far.
        happened: how often something of a kind did.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        super().__init__(folder)
        self.chance = random.Random(seed)  # noqa: S311 - nothing is secret
        self.defects: dict[str, list[str]] = {"E1": [], "E2": []}
        self.went: list[Went] = []
        self.happened: dict[str, int] = {}
        self.count = self.known = 0

    def saw(self, what: str) -> None:
        """Count something that happened."""
        self.happened[what] = self.happened.get(what, 0) + 1

    def day(self) -> None:
        """What people do between two nights."""
        self.now = self.now.replace(hour=4, minute=0, second=0) + timedelta(days=1)
        event = self.chance.random()
        branch = self.chance.choice(["E1", "E2"])
        if event < 0.2:
            self._moves(branch)
            self.count += event < 0.13
            name = f"Missing{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[self.count % 26]}{'x' * (self.count // 26)}"
            self.defects[branch].append(name if event < 0.13 or not self.count else self._an_old_one())
        elif event < 0.45:
            self._moves(branch)
            self.defects[branch] = self.defects[branch][1:]
        elif event < 0.5:
            self._moves(self.chance.choice(["base", branch]))
        elif event < 0.53:
            self.plan_file.write_text(f"# seen {self.now}\n{self.plan.file.read_text(encoding='utf-8')}", "utf-8")
            self.saw("comment")
        elif event < 0.55:
            self._learns()

    def night(self) -> None:
        """The nightly job: it runs the plan where that may start, and nobody looks before the morning."""
        refused = self.refusal()
        forced = bool(refused) and self.chance.random() < (0.4 if "(`limits." in refused else 0.05)
        if refused and not forced:
            self.saw("unchanged" if "nothing that it was built from has changed" in refused else "used up")
            return
        how = self.chance.random()
        if how < 0.12:
            self._is_killed(forced=forced)
        elif how < 0.22:
            self._overlaps(forced=forced)
        else:
            self._ends(forced=forced)

    def _an_old_one(self) -> str:
        met = [name for one in self.went for name, _ in one.met if name.startswith("Missing")]
        return self.chance.choice(met) if met else "MissingA"

    def _moves(self, key: str) -> None:
        self.tips[key] = f"{self.chance.getrandbits(160):040x}"
        self.saw("moved")

    def _learns(self) -> None:
        self.known += 1
        entry = "  - {{id: KNOWN-{0}, problem: it is known, signature: never said {0}}}\n"
        entries = [entry.format(n) for n in range(self.known)]
        (self.plan_file.parent / "known-fixes.yaml").write_text(CATALOGUE + "".join(entries), encoding="utf-8")
        self.saw("learnt")

    def next_run(self) -> str:
        """Names another run."""
        return f"{self.chance.getrandbits(128):032x}"

    def begin(self, run: str, *, forced: bool) -> AttemptFact:
        """Begin an attempt in this process."""
        return self.start("somebody wants it" if forced else "", run=run, owner=owner())

    def _ends(self, *, forced: bool) -> None:
        fact = self.begin(self.next_run(), forced=forced)
        self.now += timedelta(minutes=self.chance.choice([1, 3, 20, 70]))
        self._close(fact, forced=forced)

    def _close(self, fact: AttemptFact, *, forced: bool) -> None:
        result, gate, log = self._judged()
        bugs = documented(gate, log, self.plan, fact) if gate else ()
        if result == "SUCCESS":
            attempts.finish(fact, None, Outcome(result, STATUSES, ""), record_judged=False)
        attempts.finish(fact, None, Outcome(result, STATUSES, "" if result == "SUCCESS" else "it failed", bugs=bugs))
        self.went.append(Went(fact.run, fact.inputs, result, killed=False, forced=forced, met=_met(log, bugs)))
        self.saw(result)

    def _judged(self) -> tuple[str, Gate | None, str]:
        """How a run goes: what is broken fails it, and now and then something else does."""
        broken = [(branch, name) for branch, names in self.defects.items() for name in names]
        if broken:
            stage = "build" if ord(broken[0][1][7]) % 2 else "test"
            log = "".join(self._line(branch, name) for branch, name in broken) + "make: *** [all] Error 2\n"
            return STAGES[stage], self._gate(stage, log, "branch", broken[0][0]), log
        chance = self.chance.random()
        if chance < 0.12:
            log = self._line("E1", "TimedOut")
            self.saw("unstable")
            return STAGES["test"], self._gate("test", log, "unstable", ""), log
        return ("PUSH_FAILED" if chance < 0.2 else "SUCCESS"), None, ""

    def _line(self, branch: str, name: str) -> str:
        number = self.chance.randrange(1, 999)
        return f"/srv/{number}/checkout/{branch.lower()}.go:{number}:{number % 80}: undefined: {name}\n"

    def _gate(self, stage: str, log: str, kind: str, branch: str) -> Gate:
        said = {"run": "make", "seconds": 1, "timeout": 60, "log": "x.log", "size": len(log), "sha256": "", "exit": 2}
        found = {"command": "make", "kind": kind, "branch": branch, "merge": "2" * 40, "sentence": "since then"}
        return Gate(
            stage=stage,
            commands=(CommandFact.model_validate({**said, "stage": stage}),),
            culprit=Culprit.model_validate({**found, "stage": stage}),
        )

    def _is_killed(self, *, forced: bool) -> None:
        """A process begins an attempt and dies in the middle of it."""
        with elsewhere(self, forced=forced) as fact:
            pass
        self.went.append(Went(fact.run, fact.inputs, "INCOMPLETE", killed=True, forced=forced))
        self.saw("killed")

    def _overlaps(self, *, forced: bool) -> None:
        """While one goes on, somebody starts another; the first then ends."""
        with elsewhere(self, forced=forced) as fact:
            assert " is in progress, by process " in self.refusal()
            try:
                self.start(run="another")
            except RefusedError:
                self.saw("in progress")
            self._close(fact, forced=forced)


@contextmanager
def elsewhere(world: World, *, forced: bool) -> Iterator[AttemptFact]:
    """An attempt that another process begins, and is in the middle of until it is killed at the end."""
    run = world.next_run()
    fact_comes, fact_goes = os.pipe()
    life, hold = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(hold)
            os.write(fact_goes, world.begin(run, forced=forced).model_dump_json().encode())
            os.close(fact_goes)
            os.read(life, 1)
        finally:
            os._exit(1)
    os.close(fact_goes)
    with os.fdopen(fact_comes, "rb") as said:
        fact = AttemptFact.model_validate_json(said.read())
    try:
        yield fact
    finally:
        os.close(hold)
        os.waitpid(child, 0)
        os.close(life)


def _met(log: str, bugs: tuple[Bug, ...]) -> tuple[tuple[str, str], ...]:
    """The defects that a log shows, each with the bug that it was documented as, as far as it was."""
    names = [line.rpartition(" ")[2] for line in log.splitlines() if "undefined: " in line]
    return tuple((name, bug.id) for name in names for bug in bugs if f": {name}[" in bug.signature)
