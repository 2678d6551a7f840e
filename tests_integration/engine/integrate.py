"""The sequence: base, one merge commit a branch, infrastructure (R306, R361, R291)."""

from collections.abc import Mapping

from git import Repo

from tests_integration.engine.conflicts import explained, judged
from tests_integration.engine.fixes import FixDoesNotFitError, applied
from tests_integration.facts import FileFact, InfrastructureFact, Integration, MergeFact, Source, Stop
from tests_integration.plan.model import Branch, Plan
from tests_integration.repository.ask import Entry, entries, is_ancestor, shown, tree_of
from tests_integration.repository.git import GitError, git
from tests_integration.repository.merge import automatic_merge
from tests_integration.repository.trees import edited, stored_blob


class _StoppedError(Exception):
    def __init__(self, stop: Stop) -> None:
        self.stop = stop


def integrate(plan: Plan, store: Repo, sources: Mapping[str, Source]) -> Integration:
    """Build the integration branch in memory.

    Args:
        plan: what to merge, in which order, with which fixes.
        store: holds base and branches.
        sources: as fetched, by id.

    Returns:
        The finished branch; or, with `stop`, how far it came and what is in the way.
    """
    base = sources["base"].commit
    if base is None:
        return Integration(base=None, stop=Stop(branch="", problem=f"the base is missing: {sources['base'].problem}"))
    merges: list[MergeFact] = []
    try:
        for branch in plan.branches:
            merges.append(_merge(plan, store, branch, sources[branch.id], base, merges))
        infrastructure = _infrastructure(plan, store, merges[-1].commit)
    except _StoppedError as stopped:
        return Integration(base=base, merges=tuple(merges), stop=stopped.stop)
    tip = infrastructure.commit if infrastructure else merges[-1].commit
    return Integration(
        base=base, merges=tuple(merges), infrastructure=infrastructure, tip=tip, tree=tree_of(store, tip)
    )


def _merge(plan: Plan, store: Repo, branch: Branch, source: Source, base: str, done: list[MergeFact]) -> MergeFact:
    onto = done[-1].commit if done else base
    if source.commit is None:
        raise _StoppedError(Stop(branch=branch.id, problem=source.problem))
    if twin := next((merge.branch for merge in done if merge.tip == source.commit), None):
        problem = f"{branch.id} ({branch.source}) has the same tip as {twin}, {source.commit}; it brings nothing"
        raise _StoppedError(Stop(branch=branch.id, problem=problem))
    if source.commit == onto:
        problem = f"{branch.id} ({branch.source}) is where the integration stands already; there is nothing to merge"
        raise _StoppedError(Stop(branch=branch.id, problem=problem))
    sides = (onto, source.commit)
    try:
        automatic = automatic_merge(store, *sides)
    except GitError as error:
        raise _StoppedError(Stop(branch=branch.id, problem=f"git cannot merge it: {error.output}")) from None
    conflicts = judged(plan, branch, automatic.conflicts)
    if unsettled := tuple(conflict for conflict in conflicts if not conflict.settled):
        raise _StoppedError(Stop(branch=branch.id, conflicts=unsettled, problem=explained(branch, unsettled)))
    earlier = plan.gone_after(branch).difference(*(fix.delete for fix in plan.fixes_of(branch)))
    dropped = tuple(sorted(entries(store, automatic.tree, earlier))) if earlier else ()
    tree = edited(store, automatic.tree, dict.fromkeys(dropped))
    fixes = []
    for fix in plan.fixes_of(branch):
        try:
            tree, fact = applied(store, plan, fix, tree, sides)
        except FixDoesNotFitError as error:
            raise _StoppedError(Stop(branch=branch.id, problem=str(error))) from None
        fixes.append(fact)
    message = merge_message(plan, branch)
    return MergeFact(
        branch=branch.id,
        **{"from": branch.source},
        tip=source.commit,
        commit=_commit(plan, store, tree, message, sides),
        parents=sides,
        message=message,
        conflicts=conflicts,
        resolved=tuple(f"{conflict.path}: {conflict.settled}" for conflict in conflicts),
        fixes=tuple(fixes),
        dropped=dropped,
        contained=automatic.tree == tree_of(store, onto) and is_ancestor(store, source.commit, onto),
        tree_merged=automatic.tree,
        tree=tree,
    )


def merge_message(plan: Plan, branch: Branch) -> str:
    """Subject, what the branch contains, and trailers that say where it came from and what was fixed."""
    trailers = [f"Integrates: {branch.source}"]
    trailers += [f"Known-Fix: {fix.id} ({fix.action})" for fix in plan.fixes_of(branch)]
    body = [f"Merge {branch.id}: {branch.title}", branch.contains, "\n".join(trailers)]
    return "\n\n".join(part for part in body if part) + "\n"


def _infrastructure(plan: Plan, store: Repo, onto: str) -> InfrastructureFact | None:
    """Add the files of `demo.create` that the branch lacks, in one commit of their own (R291)."""
    if not plan.infrastructure:
        return None
    there = entries(store, onto)
    added = tuple(
        FileFact(path=path, mode=plan.mode_of(path, file), blob=stored_blob(store, file.read_bytes()))
        for path, file in plan.infrastructure.items()
        if path not in there
    )
    if not added:
        return None
    for file in added:
        if blocked := next((path for path in there if _in_the_way(path, file.path)), None):
            problem = f"{file.path} (`demo.create`) cannot be added: the branches bring {shown(blocked)}"
            raise _StoppedError(Stop(branch="", problem=problem))
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
