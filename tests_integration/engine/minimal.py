"""Whether the wave would stand without a known fix or a rule: one is dropped, the rest merged and tried afresh."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from git import Repo

from tests_integration.engine.portions import Portions, problem_of
from tests_integration.engine.trials import BoundReachedError, Goal, Trial, Trials
from tests_integration.facts import Integration, Source
from tests_integration.logs import end_of_log
from tests_integration.plan.parts import Fix, Resolve
from tests_integration.repository.ask import is_ancestor
from tests_integration.repository.git import git
from tests_integration.text import visible

ALL = Goal(("build", "test", "demo"))
DEEPEST = 5000
"""Commits in which the newest one that touched something is looked for."""


class Need(NamedTuple):
    """Whether something of a plan is still needed.

    Attributes:
        needed: None where it cannot be judged.
        why: for people.
    """

    needed: bool | None
    why: str


class Minimal:
    """Drops fixes and rules of a plan, one at a time.

    Args:
        made: the wave as it is planned.
        portions: of the wave.
        trials: of the wave, of what they are told to run.
    """

    def __init__(self, made: Integration, portions: Portions, trials: Callable[..., Trials]) -> None:
        self.made = made
        self.portions = portions
        self.plan = portions.plan
        self.trials = trials(ALL, name="minimal")
        self._known: dict[str, Need] = {}

    def without_fix(self, fix: Fix) -> Need:
        """Whether a known fix is still needed."""
        facts = [fact for merge in self.made.merges for fact in merge.fixes if fact.id == fix.id]
        edited = {edit.path for fact in facts for edit in fact.edits}
        paths = frozenset({*fix.paths, *fix.needs, *edited})
        dropped = self.portions.of(self.portions.ids, without=[fix.id])
        return self._judged(dropped, fix.id, lambda path: path in paths)

    def without_rule(self, number: int, rule: Resolve) -> Need:
        """Whether a rule, by its number from 1, is still needed."""
        rules = tuple(other for n, other in enumerate(self.plan.resolve, 1) if n != number)
        part = self.plan.part(self.portions.ids).model_copy(update={"resolve": rules})
        branches = [branch for branch in self.plan.branches if not rule.merges or branch.id in rule.merges]
        return self._judged(
            self.portions.as_planned(part),
            f"rule {number}",
            lambda path: any(rule.settles(branch, path) for branch in branches),
        )

    def _judged(self, dropped: Integration, name: str, is_about: Callable[[str], bool]) -> Need:
        if problem := problem_of(dropped):
            return Need(needed=True, why=f"without it, {problem}")
        if dropped.tree == self.made.tree:
            same = f"without it, the branch is the same, tree {dropped.tree}"
            return Need(needed=False, why=f"{same}{self._since(is_about)}")
        try:
            need = self._tried(str(dropped.tree), str(dropped.tip), name)
        except BoundReachedError as bound:
            return Need(needed=None, why=f"no more was tried: {bound}")
        return need._replace(why=f"{need.why}{self._since(is_about)}") if need.needed is False else need

    def _tried(self, tree: str, tip: str, name: str) -> Need:
        if tree in self._known:
            return self._known[tree]
        whole = self.trials.on(self.made.tip, "the wave as it is planned")
        if told := self._lacks(whole):
            return Need(needed=None, why=f"the wave itself does not stand: trial {whole.number} {told}")
        first = self.trials.on(tip, f"the wave without {name}")
        told = self._lacks(first)
        if told and (first.problem or not self._lacks(self.trials.on(tip, f"{first.what}, once more", again=True))):
            more = "" if first.problem else "; once more, it passes"
            return Need(needed=None, why=f"trial {first.number} {told}{more}")
        need = Need(bool(told), f"without it, trial {first.number} {told}" if told else "without it, all gates pass")
        self._known[tree] = need
        return need

    def _lacks(self, trial: Trial) -> str:
        """Why a trial does not stand as the wave does; empty where it passes and its demo shows what it should."""
        if not trial.passed:
            return trial.told
        shown = end_of_log(self.trials.room.reports / trial.commands[-1].log)
        lacking = [text for text in self.plan.demo.shows if text not in shown]
        return f"passes, but its demo does not show {lacking[0]!r}" if lacking else ""

    def _since(self, is_about: Callable[[str], bool]) -> str:
        """The newest commit that touched what it is about, of the base or of a branch."""
        found = newest(self.portions.store, self.portions.sources, is_about)
        return f"; the newest commit on what it is about is {found}" if found else ""


def newest(store: Repo, sources: Mapping[str, Source], is_about: Callable[[str], bool]) -> str:
    """The newest commit of base and branches, merges left out, that touched a path; whose it is, and its subject."""
    tips = {key: source.commit for key, source in sources.items() if source.commit}
    asked = ("log", "-z", "--no-merges", "--date-order", f"--max-count={DEEPEST}", "--format=%x01%H %s", "--name-only")
    for told in git(store, *asked, *tips.values(), "--").decode(errors="replace").split("\x01")[1:]:
        head, *paths = told.lstrip("\n").split("\0")
        if any(is_about(path.lstrip("\n")) for path in paths):
            commit, _, subject = head.partition(" ")
            key = next(key for key, tip in tips.items() if is_ancestor(store, commit, tip))
            return f"{commit[:12]} of {'the base' if key == 'base' else key}: {visible(subject)}"
    return ""
