"""With what together a branch breaks: the base, what it depends on, other branches, fixes of the plan."""

from collections.abc import Mapping, Sequence
from functools import partial

from tests_integration.engine.narrowing import narrowed
from tests_integration.engine.portions import Portions, problem_of
from tests_integration.engine.trials import Trial, Trials
from tests_integration.engine.wording import Wording, and_more, listed
from tests_integration.facts import CommandFact, Culprit, Gate, Integration, TrialFact
from tests_integration.logs import end_of_log, fail_alike, own_lines, paths_named, said
from tests_integration.repository.ask import entries
from tests_integration.repository.changes import changes

MOST_TOGETHER = 3
"""Branches that are looked for beside the one since which it fails."""

BASE = "base"


class Case:
    """A command that failed, and what is found out about it.

    Attributes:
        gate: in which it failed.
        command: as it went.
        made: the branch that was judged.
        trials: run the gate up to that command.
        portions: of the wave.
        words: for the stage.
        ids: of the plan's branches, in order.
        told: what is known, for people.
    """

    def __init__(self, gate: Gate, command: CommandFact, made: Integration, trials: Trials, portions: Portions) -> None:
        self.gate = gate
        self.command = command
        self.made = made
        self.trials = trials
        self.portions = portions
        self.words = Wording(gate.stage)
        self.ids = portions.ids
        self.log = end_of_log(trials.room.reports / command.log)
        self.told: list[str] = []
        self._failure = said(self.log, command.exit)
        self._result = Culprit(stage=gate.stage, command=command.run, kind="unknown", sentence="")

    def outcome(self, trial: Trial) -> str:
        """What a trial says of the failure, by all that passed until now: a word of `TrialFact.outcome`."""
        if trial.passed:
            return "passed"
        if trial.problem or trial.said is None:
            return "unjudged"
        alike = self.trials.goal.is_last(trial.commands) and fail_alike(self._failure, trial.said, self.trials.harmless)
        return "failed" if alike else "otherwise"

    def outcomes(self, trials: Mapping[int, Trial]) -> dict[int, str]:
        """The same of several, by their keys."""
        return {key: self.outcome(trial) for key, trial in trials.items()}

    def on(self, made: Integration, what: str, *, again: bool = False) -> Trial:
        """What comes of a portion of the wave."""
        return self.trials.on(made.tip, what, again=again, problem=problem_of(made))

    def note(self, **update: object) -> None:
        """Keep what is known by now."""
        self._result = self._result.model_copy(update=update)

    def say(self, text: str) -> None:
        """Add to what is told."""
        self.told.append(text)

    def found(self) -> Culprit:
        """All that is known."""
        trials = tuple(self._fact(trial) for trial in self.trials.ran)
        return self._result.model_copy(update={"sentence": "; ".join(self.told), "trials": trials})

    def _fact(self, trial: Trial) -> TrialFact:
        return TrialFact(
            number=trial.number,
            what=trial.what,
            commit=trial.commit,
            outcome=self.outcome(trial),  # type: ignore[arg-type] # one of its words
            line="" if trial.passed else trial.problem or trial.line,
            commands=trial.commands,
        )


class Partners:
    """Finds what the branch at a place of the plan (from 1) breaks with."""

    def __init__(self, case: Case, place: int) -> None:
        self.case = case
        self.place = place
        self.branch = case.ids[place - 1]
        needed = case.portions.with_needed([self.branch])
        self.needed = [other for other in case.ids if other in needed and other != self.branch]
        self.on_base = not self.needed and case.portions.is_on_base(self.branch)

    def tell(self) -> None:
        """Say since which branch it fails, what comes of the branch alone, and with what it breaks."""
        branch, needed, merge = self.branch, self.needed, self.case.made.merges[self.place - 1].commit
        self.case.note(kind="branch", branch=branch, merge=merge)
        self.case.say(f"fails since {branch} (merge {merge[:12]})")
        own = self._alone()
        made = self.case.portions.of([branch])
        trial = self.case.on(made, self.case.words.on_base([*needed, branch]))
        outcome = self.case.outcome(trial)
        if outcome == "failed":
            if not self._by_fixes(made, [*needed, branch]):
                self._with_base(made, own)
        elif outcome == "passed":
            if own != "passed" or not self.on_base:
                self.case.say(f"with the base{_and(needed)} alone it {self.case.words.passes}")
            self._with_others()
        else:
            self.case.say(f"with the base{_and(needed)} alone, {trial.told}")

    def _alone(self) -> str:
        """What comes of the branch itself, at its own tip, told as well; `infrastructure` where it is that."""
        branch, needed = self.branch, self.needed
        made = self.case.portions.alone(branch)
        trial = self.case.on(made, f"{branch} at its own tip")
        outcome = self.case.outcome(trial)
        if outcome == "failed" and made.infrastructure and self.case.gate.stage != "demo":
            bare = self.case.trials.on(made.base, f"{branch} at its own tip, without the files of `demo.create`")
            if self.case.outcome(bare) == "passed":
                self.case.say("at its own tip it fails only with the files of `demo.create` added")
                return "infrastructure"
            outcome = self.case.outcome(bare)
        where = (
            "on its own parent, the base" if self.on_base else "on its own parent" if not needed else "at its own tip"
        )
        if outcome == "passed":
            self.case.say(f"{branch} {self.case.words.passes} alone, {where}")
        elif outcome == "failed":
            self.case.say(f"{branch} fails in the same way alone, {where}")
        elif outcome == "otherwise":
            self.case.say(f"{branch} fails in another way alone, {where} ({trial.line})")
        return outcome

    def _by_fixes(self, made: Integration, branches: Sequence[str]) -> bool:
        """Whether it is a fix of the plan that makes it fail in this way: without it, it does not."""
        fixes = [fix.id for merge in made.merges for fix in merge.fixes if not fix.stale]
        if not fixes:
            return False
        without = self.case.portions.of(branches, without=fixes)
        trial = self.case.on(without, f"{self.case.words.on_base(branches)}, without {listed(fixes)}")
        outcome = self.case.outcome(trial)
        if outcome == "failed":
            return False
        its, them = ("the fix", "it") if len(fixes) == 1 else ("the fixes", "them")
        if outcome == "unjudged":
            self.case.say(f"it fails on the base with {its} {listed(fixes)}; without {them}, {trial.told}")
            return True
        self.case.note(fixes=tuple(fixes))
        if trial.passed:
            self.case.say(f"it breaks by {its} {listed(fixes)}: without {them}, it {self.case.words.passes}")
        else:
            told = f"that is with {its} {listed(fixes)} in; without {them}, it fails in another way"
            self.case.say(f"{told} ({trial.line})")
        return True

    def _with_base(self, made: Integration, own: str) -> None:
        """It fails with nothing but the base and what it depends on: whether the base has a part in it."""
        if own == "infrastructure":
            return
        needed = self.needed
        files = self._files(str(self.case.made.base))
        proven = False
        if files:
            commit = self.case.portions.without_files(str(made.tip), files)
            proven = self.case.trials.on(commit, f"the same without the base's {listed(files)}").passed
        if not proven and own != "passed":
            told = f"it fails on the base{_and(needed)} without any other branch"
            if own != "failed":
                self.case.say(told)
            return
        self.case.note(together=(*needed, BASE), files=files)
        if proven:
            told = f"'s {and_more(files, 'and')}, without which it {self.case.words.passes}"
        else:
            told = f"; of its files the log names {and_more(files, 'and')}" if files else ""
        self.case.say(f"it breaks together with {f'{listed(needed)} and ' if needed else ''}the base{told}")

    def _with_others(self) -> None:
        """Which earlier branches it takes for the failure: the last of them first, by how many are kept below it."""
        upper = self.place - 1
        together: list[str] = []
        while True:
            places: dict[int, Trial] = {}
            look = partial(self._look_with, places, [*together, self.branch])
            look(0)
            first = self.case.outcome(places[0])
            if first == "failed" and together:
                self._pair(together)
                return
            if len(together) == MOST_TOGETHER:
                self.case.note(together=tuple(together))
                self.case.say(f"it breaks together with {listed(together)}, and with others")
                return
            found = narrowed(upper, look, partial(self.case.outcomes, places))
            if first != "passed" or not found.narrow:
                candidates = self.case.ids[max(found.good, 0) : found.bad]
                also = f", and with {listed(together)}" if together else ""
                self.case.say(f"it breaks together with one of {and_more(candidates, 'or')}{also}")
                return
            together.insert(0, self.case.ids[found.bad - 1])
            upper = found.bad - 1

    def _look_with(self, places: dict[int, Trial], kept: Sequence[str], count: int) -> None:
        """Look at the base with the first so many branches, those that are kept, and what they depend on."""
        made = self.case.portions.of({*self.case.ids[:count], *kept})
        places[count] = self.case.on(made, self.case.words.first_with(self.case.ids, count, kept))

    def _pair(self, together: Sequence[str]) -> None:
        merge = next(merge for merge in self.case.made.merges if merge.branch == together[0])
        files = self._files(merge.tree, since=merge.parents[0]) if len(together) == 1 else ()
        self.case.note(together=tuple(together), files=files)
        named = f"; of its files the log names {and_more(files, 'and')}" if files else ""
        self.case.say(f"it breaks together with {listed(together)}{named}")
        self._by_fixes(self.case.portions.of([*together, self.branch]), [*together, self.branch])

    def _files(self, tree: str, since: str = "") -> tuple[str, ...]:
        """Files that the log names, as they are in a tree, at the tip as well; only those changed since a commit."""
        named = paths_named(own_lines(self.case.log, self.case.trials.harmless))
        if not named:
            return ()
        there, now = (entries(self.case.portions.store, one, named) for one in (tree, str(self.case.made.tip)))
        changed = changes(self.case.portions.store, since, tree) if since else None
        return tuple(
            path
            for path in named
            if path in there and there[path] == now.get(path) and (changed is None or path in changed)
        )


def _and(ids: Sequence[str]) -> str:
    return f" and {listed(ids)}" if ids else ""
