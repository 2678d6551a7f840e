"""Failures of gates as bugs (R266, R521): looked up in what is known and remembered, else documented under a new id.

A bug is never repaired here; the effort's own branch repairs it (R300). The same failure is the same bug: tomorrow,
while it waits, and after it was fixed and has come back.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from tests_integration.engine import metadata
from tests_integration.engine.metadata import Attempts, MetadataError
from tests_integration.facts import AttemptFact, BlamedFact, Bug, CommandFact, Culprit, Gate
from tests_integration.logs import READ, telling_lines
from tests_integration.names import BUG_PREFIX
from tests_integration.plan.model import Plan
from tests_integration.plan.patterns import PatternError, TextPattern
from tests_integration.text import clipped, visible

PENDING, FIXED = "bugs_pending_fix", "bugs_fixed"

LONGEST, BEFORE, AFTER = 300, 2, 8
"""Characters of a line in an excerpt or a signature; and lines around the one that tells most."""

VARIABLE = re.compile(
    r"""
      (?P<folder> (?<![\w.)]) / (?:[^\s:'"(),/]+/)+ )        # above a file: the checkout, HOME, a temporary folder
    | (?P<id> 0x[0-9a-fA-F]+ | \b (?=[a-f]*[0-9]) [0-9a-f]{7,64} \b )  # an address, a commit, a digest
    | (?P<number> [0-9]+ (?: [.,:] [0-9]+ )* )
    """,
    re.VERBOSE,
)
"""What of a line differs from run to run and from machine to machine."""

GENERAL = {"folder": r"\S*/", "id": "[0-9a-fA-Fx]+", "number": "[0-9.,:]+"}
SPECIAL = re.compile(r"[\\.+*?()\[\]{}|^$]")


class Failure(NamedTuple):
    """A command that failed, and what its log says.

    Attributes:
        log: the whole of it.
        lines: those that point into a file or name what failed; else the last.
    """

    command: CommandFact
    log: str
    lines: tuple[str, ...]

    @property
    def ended(self) -> str:
        """Its exit code, or the limit that it was ended for."""
        return self.command.limit or f"exit {self.command.exit}"

    @property
    def signature(self) -> str:
        """Finds it in another log; empty where the log says nothing of why it ended."""
        return "" if self.command.limit or not self.lines else generalised(self.lines[0])


def generalised(line: str) -> str:
    """A regular expression (RE2) for a line of a log wherever it stands: numbers, ids and folders may be others."""
    text, place, parts = clipped_line(line), 0, []
    for found in VARIABLE.finditer(text):
        parts += [_literal(text[place : found.start()]), GENERAL[str(found.lastgroup)]]
        place = found.end()
    end = r"[ \t]*$" if text == line.strip() else ""
    return rf"(?m)^[ \t]*{''.join(parts)}{_literal(text[place:])}{end}"


def clipped_line(line: str) -> str:
    """As much of a line as a signature looks at."""
    return line.strip()[:LONGEST].rstrip()


def documented(gate: Gate, log: str, plan: Plan, attempt: AttemptFact, prefix: str = BUG_PREFIX) -> tuple[Bug, ...]:
    """What a gate that failed is documented as: see `identified`.

    Args:
        gate: with the culprit where that was found.
        log: of the command that failed.
        plan: its catalogue and its fixes are what is known.
        attempt: tells where it is remembered; one that does not count makes no new bug.
        prefix: of new ids.

    Returns:
        None where no command failed, or one could not be run: that is no bug of the branch.
    """
    if not gate.commands or gate.commands[-1].passed or gate.commands[-1].problem:
        return ()
    try:
        past = {} if attempt.judging else metadata.read(Path(attempt.file), attempt.at)
    except MetadataError:  # a criterion says so
        past = {}
    return identified(gate, log, plan, past, attempt.started_at, prefix=prefix, documents=attempt.counts)


def identified(  # noqa: PLR0913 - all that a bug is made of
    gate: Gate, log: str, plan: Plan, past: Attempts, began: str, *, prefix: str = BUG_PREFIX, documents: bool = True
) -> tuple[Bug, ...]:
    """What the failure of a gate is known as; a new bug where it is known as nothing.

    Args:
        gate: whose last command failed.
        log: of the command that failed.
        plan: its catalogue and its fixes are what is known.
        past: the metadata object, with the bugs that earlier attempts met.
        began: start of the attempt.
        prefix: of new ids.
        documents: whether the attempt counts; one that does not makes no new bug.

    """
    failure = Failure(gate.commands[-1], log, tuple(telling_lines(_end(log))))
    before = {bug.id: bug for bug in remembered(past)}
    same = [bug for bug in before.values() if _shows(bug, failure)]
    if known := _known(plan, failure):
        former = [bug for bug in same if bug.id not in known and not bug.known]
        found = [_blank(name, signature, failure, began, known=True) for name, signature in known.items()]
        earlier = [[*([before[bug.id]] if bug.id in before else []), *former] for bug in found]
    elif same:
        found, earlier = same, [[bug] for bug in same]
    else:
        found = [_blank(next_id(plan, past, prefix), failure.signature, failure, began)] if documents else []
        earlier = [[]]
    if not documents:
        return tuple(found)
    return tuple(_seen(bug, gate.culprit, plan, began, of) for bug, of in zip(found, earlier, strict=True))


def remembered(past: Attempts) -> list[Bug]:
    """The bugs that earlier attempts have documented, pending ones first; what others wrote there is left alone."""
    found = []
    for entry in (*_listed(past, PENDING), *_listed(past, FIXED)):
        try:
            found.append(Bug.model_validate(entry))
        except ValidationError:
            continue
    return found


def next_id(plan: Plan, past: Attempts, prefix: str) -> str:
    """The next free id: no known fix has it or a higher one, no fix of the plan, no bug that was ever documented."""
    created = [
        attempt.get("bugs_created") for attempt in _listed(past, "integration_attempts") if isinstance(attempt, dict)
    ]
    taken = [
        *(entry.id for entry in plan.catalogue.entries),
        *(fix.id for fix in plan.fixes),
        *(_id_of(entry) for entry in (*_listed(past, PENDING), *_listed(past, FIXED))),
        *(str(name) for names in created if isinstance(names, list) for name in names),
    ]
    found = (re.fullmatch(rf"{re.escape(prefix)}([0-9]{{1,9}})", name) for name in taken)
    return f"{prefix}{max((int(number[1]) for number in found if number), default=0) + 1:03d}"


def kept(past: Attempts, bugs: Iterable[Bug], *, fixed_at: str) -> dict[str, Any]:
    """What the metadata have to say of bugs when an attempt has ended.

    Args:
        past: the object as it is.
        bugs: those that the attempt met.
        fixed_at: when it ended, where it was a success; empty otherwise.
    """
    pending, fixed = _listed(past, PENDING), _listed(past, FIXED)
    if fixed_at:
        ours = {bug.id for bug in remembered({PENDING: pending})}
        done = [{**entry, "fixed_at": fixed_at} if _id_of(entry) in ours else entry for entry in pending]
        return {PENDING: [], FIXED: [*_without(fixed, {*map(_id_of, done)}), *done]}
    met = [bug.model_dump(mode="json") for bug in bugs]
    gone = {name for bug in bugs for name in (bug.id, *bug.formerly)}
    return {PENDING: [*_without(pending, gone), *met], FIXED: _without(fixed, gone)}


def _known(plan: Plan, failure: Failure) -> dict[str, str]:
    """Ids of what the catalogue or the plan's fixes know, with the signature that is in the log."""
    if failure.command.limit:
        return {}
    fixes = {fix.id: str(fix.signature) for fix in plan.fixes if fix.shows_in(failure.log)}
    return fixes | {entry.id: entry.shows_in(failure.log) for entry in plan.catalogue.matching(failure.log)}


def _shows(bug: Bug, failure: Failure) -> bool:
    """Whether a failure is this bug: the same stage, and its signature on a line that tells; else the same end."""
    if bug.stage != failure.command.stage:
        return False
    if not bug.signature or not failure.signature:
        return (bug.run, bug.ended, bug.signature) == (failure.command.run, failure.ended, failure.signature)
    try:
        return TextPattern(bug.signature).is_in("\n".join(failure.lines))
    except PatternError:  # somebody has edited it
        return False


def _blank(name: str, signature: str, failure: Failure, began: str, *, known: bool = False) -> Bug:
    return Bug(
        id=name,
        stage=failure.command.stage,
        run=failure.command.run,
        signature=signature,
        ended=failure.ended,
        known=known,
        unstable=True,
        excerpt=_excerpt(failure),
        first_seen=began,
        last_seen=began,
    )


def _seen(bug: Bug, culprit: Culprit | None, plan: Plan, began: str, earlier: list[Bug]) -> Bug:
    """The bug as this attempt leaves it, when it was documented so before."""
    former = (name for one in earlier for name in (*one.formerly, one.id) if name != bug.id)
    blamed = _blamed(culprit) or bug.culprit
    return bug.model_copy(
        update={
            "unstable": _unstable(culprit) and all(one.unstable for one in earlier),
            "culprit": blamed,
            "effort": plan.branch(blamed.branch).effort if blamed and _has(plan, blamed.branch) else bug.effort,
            "first_seen": min((began, *(one.first_seen for one in earlier))),
            "last_seen": began,
            "seen": 1 + sum(one.seen for one in earlier),
            "formerly": tuple(dict.fromkeys(former)),
            "fixed_at": "",
        }
    )


def _unstable(culprit: Culprit | None) -> bool:
    return culprit is not None and culprit.kind == "unstable"


def _blamed(culprit: Culprit | None) -> BlamedFact | None:
    if culprit is None or _unstable(culprit):
        return None
    return BlamedFact(kind=culprit.kind, branch=culprit.branch, merge=culprit.merge, sentence=culprit.sentence)


def _has(plan: Plan, branch: str) -> bool:
    return any(one.id == branch for one in plan.branches)


def _excerpt(failure: Failure) -> str:
    lines = _end(failure.log).splitlines()
    first = failure.lines[0] if failure.lines else ""
    place = next((n for n, line in enumerate(lines) if line.strip() == first), len(lines))
    return "\n".join(clipped(line, LONGEST) for line in lines[max(0, place - BEFORE) : place + AFTER])


def _end(log: str) -> str:
    """The end of a log, as text that can be shown."""
    return visible(log[-READ:].replace("\r\n", "\n"))


def _listed(past: Mapping[str, Any], key: str) -> list[Any]:
    found = past.get(key)
    return list(found) if isinstance(found, list) else []


def _id_of(entry: object) -> str:
    """Id of a bug as anybody may have written it: by itself, or in an object."""
    return str(entry.get("id", "")) if isinstance(entry, dict) else str(entry)


def _without(entries: list[Any], ids: set[str]) -> list[Any]:
    return [entry for entry in entries if _id_of(entry) not in ids]


def _literal(text: str) -> str:
    return SPECIAL.sub(r"\\\g<0>", text)
