"""Compares a run with the one before it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from git import Repo

from tests_integration.facts import CommandFact, Source
from tests_integration.record.comparison import Changed, Comparison, Moved, Slower
from tests_integration.record.earlier import Earlier, EarlierCommand, EarlierCriterion, EarlierSource, Found, brief
from tests_integration.record.model import SCHEMA, CriterionFact, Record
from tests_integration.repository.ancestry import gone_and_new
from tests_integration.text import visible

NOTHING_RUN = "no command of the plan was run"
"""How commands were shut in, where there were none."""

WORKER = "worker"
"""What of the environment says where a plan was run, which is another place every night."""

TIMES = 1.5
SECONDS = 5
JUDGED = {"passed", "failed"}
SHOWN = 60

Distances = Mapping[str, Any]
"""By `before..after`: how many commits are gone, and how many are new."""


def distances(store: Repo, found: Found, sources: Mapping[str, Source]) -> dict[str, tuple[int, int]]:
    """How far the sources have moved since an earlier run, asked while the store is open.

    Args:
        store: holds the new tips, and the old ones unless it was made anew since.
        found: the earlier run.
        sources: as they are now.

    Returns:
        Commits that are gone, and new ones, by `before..after`; what the store cannot say is left out.
    """
    counted = {}
    for key, before in (found.earlier.sources if found.earlier else {}).items():
        now = sources.get(key)
        if now and now.commit and before.commit and now.commit != before.commit:
            counts = gone_and_new(store, before.commit, now.commit)
            if counts:
                counted[_way(before.commit, now.commit)] = counts
    return counted


def compare(record: Record, found: Found, distances: Distances) -> Comparison | None:
    """The record beside the earlier one; None where there is none.

    Args:
        record: of this run.
        found: the earlier run.
        distances: as counted when the branches were fetched.
    """
    earlier = found.earlier
    if earlier is None:
        return Comparison(problem=found.problem) if found.problem else None
    moved = _moved(earlier, record.sources, distances) if record.sources else None
    plan_changed = bool(record.plan.digest) and record.plan.digest != earlier.plan.digest
    changed = _changed(earlier, record)
    known = all(source.commit for source in record.sources.values())
    unstable = tuple(one for one in changed if one.after == "failed") if moved == () and known else ()
    return Comparison(
        started_at=earlier.started_at,
        verdict=earlier.verdict,
        tip=earlier.tip,
        passed_over=found.passed_over,
        plan_changed=plan_changed,
        moved=moved,
        tools=_tools(earlier, record),
        changed=changed,
        unstable=() if plan_changed else unstable,
        slower=_slower(earlier, record),
        same_tip=earlier.tip == record.tip if earlier.tip and record.tip else None,
    )


def _moved(earlier: Earlier, sources: Mapping[str, Source], distances: Distances) -> tuple[Moved, ...]:
    removed = [
        Moved(id=brief(key), how="removed", before=was.commit)
        for key, was in earlier.sources.items()
        if key not in sources
    ]
    others = [_one(key, earlier.sources.get(key), source, distances) for key, source in sources.items()]
    return (*(one for one in others if one), *removed)


def _one(key: str, was: EarlierSource | None, source: Source, distances: Distances) -> Moved | None:
    if was is None:
        return Moved(id=key, how="added", after=source.commit)
    names = (was.source, brief(source.source)) if was.source != brief(source.source) else ("", "")
    if was.commit == source.commit and not names[0]:
        return None
    gone, new = distances.get(_way(was.commit, source.commit), (None, None))
    return Moved(
        id=key,
        how=how_it_moved(was.commit, source.commit, gone, new),
        before=was.commit,
        after=source.commit,
        gone=gone,
        new=new,
        source_before=names[0],
        source=names[1],
    )


def how_it_moved(before: str | None, after: str | None, gone: int | None, new: int | None) -> str:
    """The word for how a branch went from one tip to another, by how many commits are gone and how many new."""
    if before == after:
        return "renamed"
    if before is None or after is None:
        return "found" if before is None else "lost"
    if gone is None:
        return "went"
    return "moved" if not gone else "rewritten" if new else "rewound"


def _way(before: str | None, after: str | None) -> str:
    return f"{before}..{after}"


def _tools(earlier: Earlier, record: Record) -> tuple[str, ...]:
    """What integrates and judges in another version than before, and how commands were shut in, where any ran."""
    return tuple(
        f"{name} {was} → {version}"
        for name, version in record.environment.items()
        if (was := earlier.environment.get(name, version)) != version
        and NOTHING_RUN not in {was, version}
        and name != WORKER
    )


def _changed(earlier: Earlier, record: Record) -> tuple[Changed, ...]:
    before, after = _judged(earlier), _judged(record)
    return tuple(
        Changed(criterion=one.criterion, subject=one.subject, stage=one.stage, before=before[key], after=after[key])
        for one in record.criteria
        if (key := (one.criterion, one.subject)) in before and key in after and before[key] != after[key]
    )


def _slower(earlier: Earlier, record: Record) -> tuple[Slower, ...]:
    """What takes at least 1.5 times and at least 5 s longer than it did; less is the machine's mood.

    Commands are compared that ended with exit code 0 both times; the whole run where the same criteria were judged, by
    the time that these took.
    """
    before = _times(earlier.commands)
    found = [
        Slower(what=_named(key), before=before[key], after=seconds)
        for key, seconds in _times(record.commands).items()
        if key in before and is_slower(before[key], seconds)
    ]
    whole = _whole(earlier.criteria), _whole(record.criteria)
    if earlier.schema_version == SCHEMA and _judged(earlier).keys() == _judged(record).keys() and is_slower(*whole):
        found.append(Slower(what="all criteria together", before=whole[0], after=whole[1]))
    return tuple(found)


def _whole(criteria: Iterable[CriterionFact | EarlierCriterion]) -> float:
    return round(sum(criterion.seconds for criterion in criteria), 3)


def _judged(record: Record | Earlier) -> dict[tuple[str, str], str]:
    return {(one.criterion, one.subject): one.outcome for one in record.criteria if one.outcome in JUDGED}


def is_slower(before: float, after: float) -> bool:
    """Whether a time in seconds is much longer than the one before."""
    return after >= TIMES * before and after - before >= SECONDS


def _times(commands: Iterable[CommandFact | EarlierCommand]) -> dict[tuple[str, str, int], float]:
    """Seconds of the commands that passed, by stage, command line, and how often it was run before in that stage."""
    seen: Counter[tuple[str, str]] = Counter()
    times = {}
    for command in commands:
        key = (command.stage, command.run)
        if command.exit == 0:
            times[*key, seen[key]] = command.seconds
        seen[key] += 1
    return times


def _named(key: tuple[str, str, int]) -> str:
    stage, run, _ = key
    line = visible(run.strip().split("\n", 1)[0])
    return f"{stage} `{line if len(line) <= SHOWN else line[:SHOWN] + '…'}`"
