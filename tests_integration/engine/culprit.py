"""Since which merge a gate fails, and with what together: found by trials, said with no more than they show."""

from collections.abc import Callable
from functools import partial

from tests_integration.engine.narrowing import Span, narrowed, span
from tests_integration.engine.partners import Case, Partners
from tests_integration.engine.portions import Portions
from tests_integration.engine.trials import BoundReachedError, Goal, Trial, Trials
from tests_integration.engine.wording import and_more
from tests_integration.facts import CommandFact, Culprit, Gate, Integration

BEFORE = {"build": ("build",), "test": ("build", "test"), "demo": ("build", "demo")}
"""What a trial of a stage runs."""


def is_searched(gate: Gate) -> CommandFact | None:
    """The command of a gate that is to be looked into: it failed in this run, and ended by itself."""
    last = gate.commands[-1] if gate.commands else None
    if last is None or last.passed or last.reused or last.problem or last.limit or last.exit is None:
        return None
    return last


def find(gate: Gate, made: Integration, trials: Callable[[Goal], Trials], portions: Portions) -> Culprit | None:
    """Look into a gate that failed; None where there is nothing to look into, or the plan allows no trial.

    Args:
        gate: as it went.
        made: the branch that it judged.
        trials: of the wave, of what they are told to run.
        portions: of the wave.
    """
    command = is_searched(gate)
    if command is None or made.tip is None or not portions.plan.limits.trials:
        return None
    goal = Goal(BEFORE[gate.stage], len(gate.commands))
    case = Case(gate, command, made, trials(goal), portions)
    search = _Search(case)
    try:
        search.go()
    except BoundReachedError as bound:
        search.give_up(str(bound))
    return case.found()


class _Search:
    def __init__(self, case: Case) -> None:
        self.case = case
        self.places: dict[int, Trial] = {}

    def go(self) -> None:
        """Whether it repeats, then the base, then since when, then with what."""
        if not self._repeats():
            return
        self._look(0)
        if self.case.outcome(self.places[0]) == "failed":
            self._base_fails()
            return
        found = narrowed(len(self.case.ids), self._look, partial(self.case.outcomes, self.places))
        if not found.narrow:
            self._range(found, "")
        elif self._is_confirmed(found):
            Partners(self.case, found.bad).tell()

    def give_up(self, bound: str) -> None:
        """Say what is known where no more trials are allowed."""
        self.case.note(bound=bound)
        seen = self.case.outcomes(self.places)
        if not self.case.told and seen and seen[0] != "failed":
            self._range(span(len(self.case.ids), seen), "")
        elif not self.case.told:
            self.case.say("it fails on the base already" if seen else "it fails again on the same commit")
        self.case.say(f"no more was tried: {bound}")

    def _repeats(self) -> bool:
        trial = self.case.trials.on(self.case.made.tip, "the same commit again")
        outcome = self.case.outcome(trial)
        if outcome == "failed":
            return True
        logs = f"see {self.case.command.log} and {trial.commands[-1].log}" if trial.commands else ""
        if outcome == "unjudged":
            self.case.say(f"since when it fails was not looked for: run again, {trial.told}")
            return False
        self.case.note(kind="unstable")
        how = "it passed" if trial.passed else f"it failed in another way ({trial.line or 'without a word'})"
        self.case.say(f"unstable: run again on the same commit, {how}; it stays failed, {logs}")
        return False

    def _look(self, place: int) -> None:
        """Look at the base with the first so many merges."""
        self.places[place] = self.case.on(
            self.case.portions.of(self.case.ids[:place]), self.case.words.first(self.case.ids, place)
        )

    def _base_fails(self) -> None:
        """It fails on the base with the infrastructure; then it is the base's own, unless it is the infrastructure."""
        whole = self.case.portions.of(())
        bare = self.case.gate.stage != "demo" and whole.infrastructure is not None
        if bare:
            trial = self.case.trials.on(self.case.made.base, "the base without the files of `demo.create`")
        else:
            trial = self.case.on(whole, "the base once more", again=True)
        outcome = self.case.outcome(trial)
        if outcome == "failed":
            self.case.note(kind="base")
            base = f"{self.case.portions.plan.base} at {str(self.case.made.base)[:12]}"
            told = f"the base itself {self.case.words.fails}: {base} fails in the same way, without any branch"
            self.case.say(told)
        elif bare and outcome == "passed":
            self._infrastructure_fails(whole)
        elif outcome == "passed":
            self._is_unstable(trial)
        else:
            self.case.say(f"it fails on the base already; whether by itself is not known: {trial.what} {trial.told}")

    def _infrastructure_fails(self, whole: Integration) -> None:
        trial = self.case.on(whole, "the base with the files of `demo.create`, once more", again=True)
        if self.case.outcome(trial) != "failed":
            self._is_unstable(trial)
            return
        told = f"it fails on the base already, with the files of `demo.create` added, and {self.case.words.passes}"
        self.case.say(f"{told} without them")

    def _is_unstable(self, trial: Trial) -> None:
        self.case.note(kind="unstable")
        same = [other for other in self.case.trials.ran if other.commit == trial.commit]
        told = ", ".join(f"{_ended(self.case.outcome(other))} in trial {other.number}" for other in same)
        self.case.say(f"unstable: {same[0].what} {told}, the same commit each time; it stays failed")

    def _range(self, found: Span, because: str) -> None:
        branches = self.case.ids[max(found.good, 0) : found.bad]
        self.case.note(kind="range", branches=branches)
        if len(branches) == 1 and found.good >= 0:
            since = f"fails since {branches[0]}{self._merge(found.bad)}, as far as each was tried once"
        else:
            one_of = "one of " if len(branches) > 1 else ""
            since = f"fails since {one_of}{and_more(branches, 'or')}"
        before = ""
        if found.good < 0:
            trial = self.places[0]
            before = f", or before: {trial.what} {trial.told}"
        elif len(branches) > 1 and not because:
            between = [trial for place, trial in sorted(self.places.items()) if found.good < place < found.bad]
            before = f": what lies between tells nothing of it ({between[0].what} {between[0].told})" if between else ""
        self.case.say(f"{since}{before}{because}")

    def _is_confirmed(self, found: Span) -> bool:
        """Try both sides once more, so that a command that fails now and then accuses nobody."""
        bad, good = self.places.get(found.bad), self.places[found.good]
        sides = [(bad, found.bad, "failed")] if bad else []  # the tip has failed twice
        for first, place, wanted in [*sides, (good, found.good, "passed")]:
            made = self.case.portions.of(self.case.ids[:place])
            trial = self.case.on(made, f"{first.what}, once more", again=True)
            outcome = self.case.outcome(trial)
            if outcome == "unjudged":
                self._range(found, f"; {trial.what}: {trial.told}")
                return False
            if outcome != wanted:
                self._is_unstable(trial)
                return False
        return True

    def _merge(self, place: int) -> str:
        return f" (merge {self.case.made.merges[place - 1].commit[:12]})"


def _ended(outcome: str) -> str:
    return {"passed": "passed", "failed": "failed", "otherwise": "failed in another way"}.get(outcome, "was not judged")
