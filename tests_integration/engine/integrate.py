"""The sequence: base, one merge commit a branch, infrastructure (R306, R361, R291)."""

from collections.abc import Mapping

from git import Repo

from tests_integration.engine.conflicts import judged
from tests_integration.engine.edits import edit_facts
from tests_integration.engine.explain import Explainer
from tests_integration.engine.fixes import FixDoesNotFitError, applied
from tests_integration.facts import (
    ConflictFact,
    FileFact,
    FixFact,
    InfrastructureFact,
    Integration,
    MergeFact,
    Parked,
    Source,
)
from tests_integration.plan.model import Plan
from tests_integration.plan.order import needed_by
from tests_integration.plan.parts import Branch
from tests_integration.repository.ask import entries, is_ancestor, shown, tree_of
from tests_integration.repository.entry import Entry
from tests_integration.repository.git import GitError, git
from tests_integration.repository.merge import AutomaticMerge, Conflict, automatic_merge
from tests_integration.repository.resolutions import Merging, told_losses
from tests_integration.repository.trees import edited, stored_blob


class _ParkedError(Exception):
    def __init__(self, parked: Parked) -> None:
        self.parked = parked


def integrate(plan: Plan, store: Repo, sources: Mapping[str, Source]) -> Integration:
    """Build the integration branch in memory.

    A branch that does not merge is parked, with all that depend on it, and the others are merged all the same: one
    run shows every conflict of the wave.

    Args:
        plan: what to merge, in which order, with which rules and fixes.
        store: holds base and branches.
        sources: as fetched, by id.

    Returns:
        The finished branch; or, without `tip`, how far it came and what is in the way.
    """
    base = sources["base"].commit
    if base is None:
        return Integration(base=None, problem=f"the base is missing: {sources['base'].problem}")
    merges: list[MergeFact] = []
    parked: dict[str, Parked] = {}
    for branch in plan.branches:
        try:
            _require_free(plan, store, branch, sources, parked)
            merges.append(_merge(plan, store, branch, sources[branch.id], base, merges))
        except _ParkedError as error:
            parked[branch.id] = error.parked
        except GitError as error:
            problem = f"git cannot build the merge of {branch.id} ({branch.source}): {error.output}"
            parked[branch.id] = Parked(branch=branch.id, problem=problem)
    made = Integration(base=base, merges=tuple(merges), parked=tuple(parked.values()))
    try:
        return made if parked else _completed(plan, store, made)
    except GitError as error:  # a tree of a branch that git does not take, such as one with `..` in it
        return made.model_copy(update={"problem": f"git cannot build on what was merged: {error.output}"})


def _completed(plan: Plan, store: Repo, made: Integration) -> Integration:
    onto = made.merges[-1].commit
    there = entries(store, onto) if plan.infrastructure else {}
    added = {path: file for path, file in plan.infrastructure.items() if path not in there}
    for path in added:
        if blocked := next((other for other in there if _in_the_way(other, path)), None):
            problem = f"{path} (`demo.create`) cannot be added: the branches bring {shown(blocked)}"
            return made.model_copy(update={"problem": problem})
    infrastructure = _infrastructure(plan, store, onto, tuple(added)) if added else None
    tip = infrastructure.commit if infrastructure else onto
    return made.model_copy(update={"infrastructure": infrastructure, "tip": tip, "tree": tree_of(store, tip)})


def _require_free(
    plan: Plan, store: Repo, branch: Branch, sources: Mapping[str, Source], parked: Mapping[str, Parked]
) -> None:
    """Park the branch where one that it depends on, or contains all the same, is parked."""
    tip = sources[branch.id].commit
    waits_for = [
        other
        for other in parked
        if other in needed_by(branch, plan.branches)
        or (tip and (held := sources[other].commit) and is_ancestor(store, held, tip))
    ]
    if waits_for:
        problem = f"parked with {' and '.join(waits_for)}, on which it depends"
        raise _ParkedError(Parked(branch=branch.id, problem=problem, waits_for=tuple(waits_for)))


def _merge(plan: Plan, store: Repo, branch: Branch, source: Source, base: str, done: list[MergeFact]) -> MergeFact:
    onto = done[-1].commit if done else base
    tip = _tip(branch, source, onto, done)
    try:
        automatic = automatic_merge(store, onto, tip)
    except GitError as error:
        raise _parked(branch, f"git cannot merge it: {error.output}") from None
    deleted = plan.deleted_with([branch.id, *(merge.branch for merge in done)])
    merging = Merging(store, onto, tip, automatic, plan.resolutions)
    conflicts = judged(plan, branch, merging, deleted)
    if conflicts.unsettled:
        problem = Explainer(plan, branch, merging, done).explain(conflicts.unsettled)
        facts = tuple(left.fact for left in conflicts.unsettled)
        raise _ParkedError(Parked(branch=branch.id, problem=problem, conflicts=facts))
    settled = edited(store, automatic.tree, conflicts.edits)
    earlier = deleted.difference(*(fix.delete for fix in plan.fixes_of(branch)))
    dropped = tuple(sorted(entries(store, settled, earlier))) if earlier else ()
    tree, fixes = _fixed(plan, store, branch, edited(store, settled, dict.fromkeys(dropped)), automatic, (onto, tip))
    message = merge_message(branch, fixes)
    known = {blob for conflict in automatic.conflicts for blob in _blobs(conflict)}
    return MergeFact(
        branch=branch.id,
        **{"from": branch.source},
        tip=tip,
        commit=_commit(plan, store, tree, message, (onto, tip)),
        parents=(onto, tip),
        message=message,
        conflicts=_with_losses(merging, conflicts.settled, tree, branch),
        resolved=tuple(f"{conflict.path}: {conflict.settled}" for conflict in conflicts.settled),
        edits=edit_facts(store, conflicts.edits, known),
        fixes=fixes,
        dropped=dropped,
        contained=automatic.tree == (done[-1].tree if done else tree_of(store, onto)) and is_ancestor(store, tip, onto),
        tree_merged=automatic.tree,
        tree=tree,
    )


def _with_losses(
    merging: Merging, settled: tuple[ConflictFact, ...], tree: str, branch: Branch
) -> tuple[ConflictFact, ...]:
    """The conflicts, each with what settling it threw away; that the tree is as the plan says, the audit judges."""
    by_path = {shown(conflict.path): conflict for conflict in merging.automatic.conflicts}
    return tuple(
        fact.model_copy(update={"dropped": told_losses(merging, by_path[fact.path], tree, branch.id)})
        for fact in settled
    )


def _tip(branch: Branch, source: Source, onto: str, done: list[MergeFact]) -> str:
    if source.commit is None:
        raise _parked(branch, source.problem)
    if twin := next((merge.branch for merge in done if merge.tip == source.commit), None):
        problem = f"{branch.id} ({branch.source}) has the same tip as {twin}, {source.commit}; it brings nothing"
        raise _parked(branch, problem)
    if source.commit == onto:
        problem = f"{branch.id} ({branch.source}) is where the integration stands already; there is nothing to merge"
        raise _parked(branch, problem)
    return source.commit


def _fixed(
    plan: Plan, store: Repo, branch: Branch, tree: str, automatic: AutomaticMerge, sides: tuple[str, str]
) -> tuple[str, tuple[FixFact, ...]]:
    conflicted = {conflict.path for conflict in automatic.conflicts}
    fixes = []
    for fix in plan.fixes_of(branch):
        try:
            tree, fact = applied(store, plan, fix, tree, sides)
        except FixDoesNotFitError as error:
            raise _parked(branch, str(error)) from None
        stale = not fact.diff and conflicted.isdisjoint(fix.paths)
        fixes.append(fact.model_copy(update={"stale": stale}))
    return tree, tuple(fixes)


def _parked(branch: Branch, problem: str) -> _ParkedError:
    return _ParkedError(Parked(branch=branch.id, problem=problem))


def _blobs(conflict: Conflict) -> list[str]:
    return [side.blob for side in (conflict.base, conflict.ours, conflict.theirs) if side]


def merge_message(branch: Branch, fixes: tuple[FixFact, ...]) -> str:
    """Subject, what the branch contains, and trailers that say where it came from and what was fixed."""
    trailers = [f"Integrates: {branch.source}"]
    trailers += [f"Known-Fix: {fix.id} ({fix.action})" for fix in fixes if not fix.stale]
    body = [f"Merge {branch.id}: {branch.title}", branch.contains, "\n".join(trailers)]
    return "\n\n".join(part for part in body if part) + "\n"


def _infrastructure(plan: Plan, store: Repo, onto: str, paths: tuple[str, ...]) -> InfrastructureFact:
    """Add the files of `demo.create` that the branch lacks, in one commit of their own (R291)."""
    files = {path: plan.infrastructure[path] for path in paths}
    added = tuple(
        FileFact(path=path, mode=plan.mode_of(path, file), blob=stored_blob(store, file.read_bytes()))
        for path, file in files.items()
    )
    tree = edited(store, tree_of(store, onto), {file.path: Entry(file.mode, file.blob) for file in added})
    names = "\n".join(f"- {file.path}" for file in added)
    message = f"Add demo and integration documents\n\n{names}\n\nIntegration-Infrastructure: R291\n"
    return InfrastructureFact(commit=_commit(plan, store, tree, message, (onto,)), message=message, files=added)


def _in_the_way(path: str, added: str) -> bool:
    """Whether one of the two would have to be a file and a folder at once."""
    return path.startswith(f"{added}/") or added.startswith(f"{path}/")


def _commit(plan: Plan, store: Repo, tree: str, message: str, parents: tuple[str, ...]) -> str:
    onto = [word for parent in parents for word in ("-p", parent)]
    return git(store, "commit-tree", *onto, tree, stdin=message.encode(), env=plan.identity).decode().strip()
