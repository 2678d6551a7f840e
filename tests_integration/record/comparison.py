"""How a run differs from the one before it, as facts, and in a few lines for people."""

from tests_integration.engine.verify import JUDGED
from tests_integration.facts import Fact
from tests_integration.text import counted, visible

NAMED = 5
SHORT = 12


class Moved(Fact):
    """A branch that is not where it was.

    Attributes:
        id: `base`, the branch's id, or `--verify` for the judged branch.
        how: moved (forward), rewound, rewritten (force-pushed), went (the store has lost the old tip, so that nobody
            can tell), added or removed (in the plan), lost or found (on the remote), renamed (the same tip by another
            name).
        before: tip then, or None.
        after: tip now, or None.
        gone: commits that the new tip has no more; None where that is not known.
        new: commits that the old tip had not; None where that is not known.
        source_before: `remote/branch` then, where it was another.
        source: `remote/branch` now, where it was another then.
    """

    id: str
    how: str
    before: str | None = None
    after: str | None = None
    gone: int | None = None
    new: int | None = None
    source_before: str = ""
    source: str = ""

    @property
    def line(self) -> str:
        """What happened to it, in a few words."""
        judged = self.id == JUDGED  # it is in no plan
        name = "the judged branch" if judged else self.id
        ids = f"{_short(self.before)} → {_short(self.after)}"
        gone, new = counted(self.gone or 0, "commit"), counted(self.new or 0, "commit")
        told = {
            "moved": f"moved by {new} ({ids})",
            "rewound": f"was rewound: {gone} gone ({ids})",
            "rewritten": f"was rewritten: {gone} gone, {self.new} new ({ids})",
            "went": f"went from {_short(self.before)} to {_short(self.after)}, by how many commits is not known",
            "added": "was not looked up then" if judged else "was added to the plan",
            "removed": "was not looked up now" if judged else "was removed from the plan",
            "lost": f"is not to be had any more (it was at {_short(self.before)})",
            "found": f"is to be had now ({_short(self.after)})",
            "renamed": "has the same tip",
        }[self.how]
        source = f", from {self.source} instead of {self.source_before}" if self.source_before else ""
        return visible(f"{name} {told}{source}")


class Changed(Fact):
    """A criterion that was judged both times, with another outcome.

    Attributes:
        before: passed or failed.
        after: the other.
    """

    criterion: str
    subject: str
    stage: str
    before: str
    after: str

    @property
    def name(self) -> str:
        """The criterion with its subject."""
        return f"{self.criterion} [{self.subject}]" if self.subject else self.criterion


class Slower(Fact):
    """What took much longer than before.

    Attributes:
        what: a command with its stage, or all criteria together.
        before: seconds then.
        after: seconds now.
    """

    what: str
    before: float
    after: float

    @property
    def line(self) -> str:
        """What, and both times."""
        return f"{self.what} {self.before:.1f} s → {self.after:.1f} s"


class Comparison(Fact):
    """A run beside the newest earlier one that came to a verdict.

    Attributes:
        problem: why the earlier record cannot be read, or empty; then nothing else is known.
        started_at: when the earlier run began, UTC.
        verdict: of the earlier run.
        tip: of the earlier run.
        passed_over: runs in between that came to no verdict, left no record, or judged another branch.
        plan_changed: whether the plan says something else now.
        moved: base and branches that are not where they were; None where this run did not come so far as to look.
        tools: what judged is of another version now, such as `git 2.39.5 → 2.50.0`.
        changed: criteria with another outcome; those that were not judged both times are none.
        unstable: those that turned red although plan, base and all tips are the same.
        slower: what took much longer.
        same_tip: None where one of the two has none.
    """

    problem: str = ""
    started_at: str = ""
    verdict: str = ""
    tip: str | None = None
    passed_over: int = 0
    plan_changed: bool = False
    moved: tuple[Moved, ...] | None = None
    tools: tuple[str, ...] = ()
    changed: tuple[Changed, ...] = ()
    unstable: tuple[Changed, ...] = ()
    slower: tuple[Slower, ...] = ()
    same_tip: bool | None = None

    @property
    def sentence(self) -> str:
        """What moved since, and whether the tip is the same: one line."""
        if self.problem:
            return f"Not compared with the run before: {self.problem}"
        tip = {True: "same tip", False: "another tip", None: ""}[self.same_tip]
        between = f", {counted(self.passed_over, 'run')} in between left out" if self.passed_over else ""
        said = ("; " if self.moved or self.plan_changed else ", ").join(
            part for part in (self._what_moved, tip, *self.tools) if part
        )
        return f"Since {self.started_at} ({self.verdict}{between}): {said}"

    @property
    def unstable_line(self) -> str:
        """The criteria that turned red with nothing moved, or empty."""
        if not self.unstable:
            return ""
        held = "held then and fails now" if len(self.unstable) == 1 else "held then and fail now"
        return f"Unstable: {_named(self.unstable)} {held}, though plan, base and all branches are the same"

    @property
    def lines(self) -> list[str]:
        """The comparison for people: one to four lines."""
        red = tuple(one for one in self.changed if one.after == "failed" and one not in self.unstable)
        good = tuple(one for one in self.changed if one.after == "passed")
        changed = [f"{word} {_named(ones)}" for word, ones in (("Fails now:", red), ("Holds again:", good)) if ones]
        slower = "; ".join(_first([one.line for one in self.slower]))
        further = (self.unstable_line, "; ".join(changed), f"Slower: {slower}" if slower else "")
        return [self.sentence, *(line for line in further if line)]

    @property
    def _what_moved(self) -> str:
        if self.moved is None:
            return "what moved is not known, since no branch was looked up"
        plan = ["the plan has changed"] if self.plan_changed else []
        return "; ".join([*plan, *_first([one.line for one in self.moved])]) or "nothing moved"


def _short(commit: str | None) -> str:
    return (commit or "nothing")[:SHORT]


def _first(lines: list[str]) -> list[str]:
    return lines if len(lines) <= NAMED else [*lines[:NAMED], f"and {len(lines) - NAMED} more"]


def _named(ones: tuple[Changed, ...]) -> str:
    return ", ".join(_first([one.name for one in ones]))
