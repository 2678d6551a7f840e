"""Trials: commands of gates, run on other trees of the same wave, as many as the plan allows, each shown as it goes."""

import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

from git import Repo

from tests_integration.engine.commands import Progress, Room, run
from tests_integration.engine.gates import commands_of
from tests_integration.engine.isolation import begin, make_ready
from tests_integration.engine.limits import bounds
from tests_integration.facts import CommandFact
from tests_integration.logs import Said, end_of_log, most_telling, said
from tests_integration.plan.model import Plan
from tests_integration.repository.ask import entry
from tests_integration.repository.checkout import check_out
from tests_integration.repository.git import GitError
from tests_integration.text import clipped

LONGEST = 300
"""Characters of a line that is told of a log."""

EXECUTABLE = "100755"

Watch = Callable[[str], AbstractContextManager[Progress]]
"""Shows on a live line how a trial goes on, under the name that it is given."""


class BoundReachedError(Exception):
    """No more trials are allowed; the text says by which limit of the plan."""


class Goal(NamedTuple):
    """What a trial runs: the stages that come before, whole, and of the last one so many commands.

    Attributes:
        stages: in order.
        upto: how many commands of the last stage; 0 for all.
    """

    stages: tuple[str, ...]
    upto: int = 0

    def is_last(self, commands: tuple[CommandFact, ...]) -> bool:
        """Whether the last of these commands is the last that is to run."""
        return self.upto == sum(command.stage == self.stages[-1] for command in commands)


class Trial(NamedTuple):
    """One trial, as it went.

    Attributes:
        number: from 1.
        what: the tree, for people.
        commit: what was checked out; empty where there was nothing to be.
        commands: those that ran.
        passed: whether all that were to be run ran and passed.
        said: how the last one failed; None where it passed or did not end by itself.
        problem: why nothing can be said of it; empty where something can.
        line: the most telling line of the log of the last command.
    """

    number: int
    what: str
    commit: str = ""
    commands: tuple[CommandFact, ...] = ()
    passed: bool = False
    said: Said | None = None
    problem: str = ""
    line: str = ""

    @property
    def told(self) -> str:
        """How it ended, for people."""
        if self.passed:
            return "passes"
        return f"cannot be judged: {self.problem}" if self.problem else f"fails: {self.line or 'it says nothing'}"


class Trials:
    """Runs commands of gates on trees of a wave, the same on one commit once, unless it is asked for again.

    Args:
        goal: what each trial runs.
        plan: has the commands and the limits.
        store: has the commits.
        room: where they run.
        environment: all that they find.
        watch: shows them as they go.
        say: tells what came of each.
        name: of their logs, beside the number.

    Attributes:
        ran: all trials, in order.
        harmless: lines of the last command's logs where it passed.
    """

    def __init__(  # noqa: PLR0913 - what a trial needs
        self,
        goal: Goal,
        plan: Plan,
        store: Repo,
        room: Room,
        environment: Mapping[str, str],
        *,
        watch: Watch,
        say: Callable[[str], None],
        name: str = "trial",
    ) -> None:
        self.goal = goal
        self.plan = plan
        self.store = store
        self.room = room
        self.environment = environment
        self.watch = watch
        self.say = say
        self.name = name
        self.ran: list[Trial] = []
        self.harmless: frozenset[str] = frozenset()
        self._by_commit: dict[str, Trial] = {}
        self._began = time.monotonic()

    def on(self, commit: str | None, what: str, *, again: bool = False, problem: str = "") -> Trial:
        """What comes of a commit.

        Args:
            commit: None where there is none.
            what: it is, for people.
            again: run it although it was run already.
            problem: why there is none.

        Raises:
            BoundReachedError: the plan allows no more trials.
        """
        if commit in self._by_commit and not again:
            return self._by_commit[commit]
        number = len(self.ran) + 1
        if problem or commit is None:
            trial = Trial(number, what, problem=problem or "there is no such tree")
        else:
            self._require_left()
            trial = self._tried(commit, number, what)
            self._by_commit.setdefault(commit, trial)
        self.ran.append(trial)
        seconds = sum(command.seconds for command in trial.commands)
        self.say(f"{self.name} {number}, {what}: {clipped(trial.told, LONGEST)} ({seconds:.1f} s)")
        return trial

    def _require_left(self) -> None:
        limits, runs = self.plan.limits, sum(bool(trial.commit) for trial in self.ran)
        if runs >= limits.trials:
            raise BoundReachedError(f"`limits.trials` ({limits.trials})")
        if self._left() <= 0:
            raise BoundReachedError(f"`limits.trial_time` ({limits.trial_time} s)")

    def _left(self) -> float:
        return self.plan.limits.trial_time - (time.monotonic() - self._began)

    def _tried(self, commit: str, number: int, what: str) -> Trial:
        room = self.room._replace(commit=commit)
        if "demo" in self.goal.stages and (lacking := self._without_demo(commit)):
            return Trial(number, what, commit, problem=lacking)
        commands: list[CommandFact] = []
        begin(room.cell)
        with self.watch(f"{self.name} {number}: {what}") as progress, _left_begun(room):
            for stage in self.goal.stages:
                try:
                    check_out(self.store, commit, self.plan.integration, room.checkout)
                except GitError as error:
                    return Trial(number, what, commit, tuple(commands), problem=f"no checkout: {error.output}")
                commands += self._stage(stage, number, room, progress)
                if not commands[-1].passed:
                    break
        return self._ended(Trial(number, what, commit, tuple(commands)))

    def _stage(self, stage: str, number: int, room: Room, progress: Progress) -> list[CommandFact]:
        make_ready(room.cell)
        wanted = commands_of(stage, self.plan)
        if stage == self.goal.stages[-1] and self.goal.upto:
            wanted = wanted[: self.goal.upto]
        done: list[CommandFact] = []
        for n, command in enumerate(wanted, 1):
            allowed = max(1, min(command.timeout, round(self._left())))
            line = command.model_copy(update={"timeout": allowed})
            log = f"{stage}-{n}.{self.name}-{number:02}.log"
            limits = bounds(self.plan.limits, allowed)
            done.append(run(stage, line, log, room, self.environment, progress, limits))
            if not done[-1].passed:
                break
        return done

    def _ended(self, trial: Trial) -> Trial:
        last = trial.commands[-1]
        log = end_of_log(self.room.reports / last.log)
        if last.passed:
            self.harmless |= said(log, last.exit).lines
            return trial._replace(passed=True)
        line = clipped(most_telling(log), LONGEST)
        if last.exit is None:
            short = last.limit == "time" and self._left() < 1
            problem = "the time for all trials was up" if short else last.problem or last.ended
            return trial._replace(problem=problem, line=line)
        return trial._replace(said=said(log, last.exit), line=line)

    def _without_demo(self, commit: str) -> str:
        script = self.plan.demo.script
        found = entry(self.store, commit, script)
        return "" if found and found.mode == EXECUTABLE else f"it has no script {shlex.quote(script)} that can be run"


@contextmanager
def _left_begun(room: Room) -> Iterator[None]:
    """Leave HOME as it is found when a run begins: what a trial sets there is nothing for what comes after."""
    try:
        yield
    finally:
        begin(room.cell)
