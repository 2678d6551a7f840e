"""R306: dependencies hold between efforts; every split of an effort comes before what depends on the effort."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from tests_integration.plan.parts import Branch


def cycle(branches: Sequence[Branch]) -> list[str]:
    """The ids of a circle of parents, first and last the same; empty where there is none."""
    known = {branch.id for branch in branches}
    parents: dict[str, list[str]] = {}
    for branch in branches:
        parents.setdefault(branch.id, [parent for parent in branch.parent if parent in known])
    try:
        TopologicalSorter(parents).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def violations(branches: Sequence[Branch]) -> Iterator[tuple[Branch, str]]:
    """Branches that are merged too early, each with what is missing before it (R306).

    Args:
        branches: in the order in which they are merged.
    """
    at = {branch.id: index for index, branch in enumerate(branches)}
    splits = defaultdict(list)
    for branch in branches:
        splits[branch.effort].append(branch)
    seen: set[str] = set()
    for index, branch in enumerate(branches):
        earlier = [split.id for split in splits[branch.effort] if split.split < branch.split and at[split.id] > index]
        if earlier:
            yield branch, f"{branch.id} is merged before {_all(earlier)} of its own effort {branch.effort} (R306)"
        if branch.effort in seen:
            continue
        seen.add(branch.effort)
        for effort in _efforts_before(splits[branch.effort], branches):
            missing = [split.id for split in splits[effort] if at[split.id] > index]
            if missing:
                yield branch, f"{branch.id} depends on effort {effort}, but {_are(missing)} merged after it (R306)"


def needed_by(branch: Branch, branches: Sequence[Branch]) -> frozenset[str]:
    """Ids of the branches that have to be merged before this one: parents, all splits of their efforts, own splits."""
    effort_of = {other.id: other.effort for other in branches}
    efforts = {effort_of[parent] for parent in branch.parent if parent in effort_of} - {branch.effort}
    return frozenset(
        other.id
        for other in branches
        if other.id in branch.parent
        or other.effort in efforts
        or (other.effort == branch.effort and other.split < branch.split)
    )


def _efforts_before(splits: Sequence[Branch], branches: Sequence[Branch]) -> list[str]:
    effort_of = {branch.id: branch.effort for branch in branches}
    parents = (parent for split in splits for parent in split.parent if parent in effort_of)
    return list(dict.fromkeys(effort_of[parent] for parent in parents if effort_of[parent] != splits[0].effort))


def _are(ids: Sequence[str]) -> str:
    return f"{_all(ids)} {'is' if len(ids) == 1 else 'are'}"


def _all(ids: Sequence[str]) -> str:
    return " and ".join(ids)
