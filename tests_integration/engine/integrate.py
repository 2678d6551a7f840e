"""The sequence: base, one merge commit a branch, infrastructure (R306, R361, R291)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

from git import Repo

from tests_integration.engine.conflicts import judged
from tests_integration.engine.edits import edit_facts
from tests_integration.engine.explain import Explainer
from tests_integration.engine.fixes import FixDoesNotFitError, applied
from tests_integration.engine.memory import Memory, Recalled
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
from tests_integration.repository.ancestry import Ancestry
from tests_integration.repository.ask import is_ancestor, shown, tree_of
from tests_integration.repository.chain import Chain
from tests_integration.repository.commits import Committer
from tests_integration.repository.damage import lack
from tests_integration.repository.entry import Entry
from tests_integration.repository.git import GitError
from tests_integration.repository.merge import AutomaticMerge, Conflict
from tests_integration.repository.resolutions import Merging, told_losses
from tests_integration.repository.trees import edited, files_at, in_the_way, stored_blob

_Done = dict[str, MergeFact]
"""What is merged by now, in order, each by its tip; no two have the same."""


class _ParkedError(Exception):
    def __init__(self, parked: Parked) -> None:
        self.parked = parked


@dataclass(frozen=True)
class _Work:
    """What an integration is made of, and with."""

    plan: Plan
    store: Repo
    sources: Mapping[str, Source]
    memory: Memory
    chain: Chain
    committer: Committer

    @cached_property
    def ancestry(self) -> Ancestry:
        """Which branches contain which."""
        tips = {key: source.commit for key, source in self.sources.items() if source.commit and key != "base"}
        return Ancestry(self.store, str(self.sources["base"].commit), tips)

    def contains(self, branch: str, other: str) -> bool:
        """Whether a branch contains the tip of another one."""
        tip, held = self.sources[branch].commit, self.sources[other].commit
        if not tip or not held:
            return False
        if self.ancestry.is_beyond(held):
            return self.ancestry.contains(branch, held)
        return is_ancestor(self.store, held, tip)


def integrate(plan: Plan, store: Repo, sources: Mapping[str, Source], memory: Memory | None = None) -> Integration:
    """Build the integration branch in memory.

    A branch that does not merge is parked, with all that depend on it, and the others are merged all the same: one
    run shows every conflict of the wave.

    Args:
        plan: what to merge, in which order, with which rules and fixes; a part of one may have no branch at all.
        store: holds base and branches.
        sources: as fetched, by id.
        memory: merges of earlier runs, which are not made again; those of this run are added to it.

    Returns:
        The finished branch; or, without `tip`, how far it came and what is in the way.
    """
    memory = memory or Memory(store, plan)
    with Chain(store) as chain:
        work = _Work(plan, store, sources, memory, chain, Committer(store, plan.identity))
        made = _integrated(work)
        if memory.recalled and _fails(made) and lack(store, memory.recalled):
            memory.forget()
            made = _integrated(work)
    memory.save()
    return made


def _fails(made: Integration) -> bool:
    """Whether git itself has failed, and not only left conflicts."""
    return "git cannot " in " ".join([made.problem, *(parked.problem for parked in made.parked)])


def _integrated(work: _Work) -> Integration:
    base = work.sources["base"].commit
    if base is None:
        return Integration(base=None, problem=f"the base is missing: {work.sources['base'].problem}")
    done: _Done = {}
    parked: dict[str, Parked] = {}
    for branch in work.plan.branches:
        try:
            _require_free(work, branch, parked)
            merge = _merge(work, branch, base, done)
            done[merge.tip] = merge
        except _ParkedError as error:
            parked[branch.id] = error.parked
        except GitError as error:
            problem = f"git cannot build the merge of {branch.id} ({branch.source}): {error.output}"
            parked[branch.id] = Parked(branch=branch.id, problem=problem)
    made = Integration(base=base, merges=tuple(done.values()), parked=tuple(parked.values()))
    try:
        return made if parked else _completed(work, made)
    except GitError as error:  # a tree of a branch that git does not take, such as one with `..` in it
        return made.model_copy(update={"problem": f"git cannot build on what was merged: {error.output}"})


def _completed(work: _Work, made: Integration) -> Integration:
    last = made.merges[-1].commit if made.merges else str(made.base)
    before = made.merges[-1].tree if made.merges else tree_of(work.store, last)
    wanted = work.plan.infrastructure
    there = files_at(work.store, before, wanted)
    added = {path: file for path, file in wanted.items() if path not in there}
    for path in added:
        if blocked := in_the_way(work.store, before, path):
            problem = f"{path} (`demo.create`) cannot be added: the branches bring {shown(blocked)}"
            return made.model_copy(update={"problem": problem})
    if not added:
        return made.model_copy(update={"tip": last, "tree": before})
    infrastructure, tree = _infrastructure(work, last, before, added)
    return made.model_copy(update={"infrastructure": infrastructure, "tip": infrastructure.commit, "tree": tree})


def _require_free(work: _Work, branch: Branch, parked: Mapping[str, Parked]) -> None:
    """Park the branch where one that it depends on, or contains all the same, is parked."""
    waits_for = [
        other for other in parked if other in needed_by(branch, work.plan.branches) or work.contains(branch.id, other)
    ]
    if waits_for:
        problem = f"parked with {' and '.join(waits_for)}, on which it depends"
        raise _ParkedError(Parked(branch=branch.id, problem=problem, waits_for=tuple(waits_for)))


def _merge(work: _Work, branch: Branch, base: str, done: _Done) -> MergeFact:
    """The merge of a branch, remembered or made."""
    last = _last(done)
    onto = last.commit if last else base
    tip = _tip(branch, work.sources[branch.id], onto, done)
    deleted = work.plan.deleted_with(chain([branch.id], (merge.branch for merge in done.values())))
    question = work.memory.question(branch, (onto, tip), deleted)
    known = work.memory.recall(question)
    if recalled := known is not None and _holds(work, branch, known, (onto, tip)):
        merge = known.merge
    else:
        merge = _made(work, branch, (onto, tip), deleted, done)
    work.memory.keep(question, merge, recalled=recalled)
    return merge


def _holds(work: _Work, branch: Branch, known: Recalled, sides: tuple[str, str]) -> bool:
    """Whether a remembered merge tells of the commit that it would be today, byte for byte."""
    merge = known.merge
    told = (merge.branch, merge.source, merge.parents, merge.tip, merge.message)
    message = merge_message(branch, merge.fixes)
    return told == (branch.id, branch.source, sides, sides[1], message) and known.text == work.committer.text(
        merge.tree, message, sides
    )


def _made(work: _Work, branch: Branch, sides: tuple[str, str], deleted: frozenset[str], done: _Done) -> MergeFact:
    plan, store = work.plan, work.store
    onto, tip = sides
    try:
        automatic = work.chain.merge(onto, tip)
    except GitError as error:
        raise _parked(branch, f"git cannot merge it: {error.output}") from None
    merging = Merging(store, onto, tip, automatic, plan.resolutions)
    conflicts = judged(plan, branch, merging, deleted)
    if conflicts.unsettled:
        problem = Explainer(plan, branch, merging, tuple(done.values())).explain(conflicts.unsettled)
        facts = tuple(left.fact for left in conflicts.unsettled)
        raise _ParkedError(Parked(branch=branch.id, problem=problem, conflicts=facts))
    settled = edited(store, automatic.tree, conflicts.edits)
    earlier = deleted.difference(*(fix.delete for fix in plan.fixes_of(branch)))
    dropped = tuple(sorted(files_at(store, settled, earlier))) if earlier else ()
    tree, fixes = _fixed(plan, store, branch, edited(store, settled, dict.fromkeys(dropped)), automatic, sides)
    message = merge_message(branch, fixes)
    last = _last(done)
    known = {blob for conflict in automatic.conflicts for blob in _blobs(conflict)}
    return MergeFact(
        branch=branch.id,
        **{"from": branch.source},
        tip=tip,
        commit=work.committer.commit(tree, message, sides),
        parents=sides,
        message=message,
        conflicts=_with_losses(merging, conflicts.settled, tree, branch),
        resolved=tuple(f"{conflict.path}: {conflict.settled}" for conflict in conflicts.settled),
        edits=edit_facts(store, conflicts.edits, known),
        fixes=fixes,
        dropped=dropped,
        contained=automatic.tree == (last.tree if last else tree_of(store, onto)) and is_ancestor(store, tip, onto),
        tree_merged=automatic.tree,
        tree=tree,
    )


def _last(done: _Done) -> MergeFact | None:
    return next(reversed(done.values()), None)


def _with_losses(
    merging: Merging, settled: tuple[ConflictFact, ...], tree: str, branch: Branch
) -> tuple[ConflictFact, ...]:
    """The conflicts, each with what settling it threw away; that the tree is as the plan says, the audit judges."""
    by_path = {shown(conflict.path): conflict for conflict in merging.automatic.conflicts}
    return tuple(
        fact.model_copy(update={"dropped": told_losses(merging, by_path[fact.path], tree, branch.id)})
        for fact in settled
    )


def _tip(branch: Branch, source: Source, onto: str, done: _Done) -> str:
    if source.commit is None:
        raise _parked(branch, source.problem)
    if twin := done.get(source.commit):
        problem = f"{branch.id} ({branch.source}) has the same tip as {twin.branch}, {source.commit}; it brings nothing"
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


def _infrastructure(work: _Work, onto: str, before: str, files: Mapping[str, Path]) -> tuple[InfrastructureFact, str]:
    """Add files of `demo.create` in one commit of their own (R291); what was added, and the tree."""
    added = tuple(
        FileFact(path=path, mode=work.plan.mode_of(path, file), blob=stored_blob(work.store, file.read_bytes(), before))
        for path, file in files.items()
    )
    entries = {file.path: Entry(file.mode, file.blob) for file in added}
    tree = edited(work.store, before, entries, missing_ok=True)  # they were written just now
    names = "\n".join(f"- {file.path}" for file in added)
    message = f"Add demo and integration documents\n\n{names}\n\nIntegration-Infrastructure: R291\n"
    commit = work.committer.commit(tree, message, (onto,))
    return InfrastructureFact(commit=commit, message=message, files=added), tree
