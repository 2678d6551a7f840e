"""The sequence: base, one merge commit a branch, infrastructure (R306, R361, R291)."""

from collections.abc import Mapping

from git import Actor, Commit, Repo

from tests_integration.engine.conflicts import explained, judged
from tests_integration.engine.fixes import FixDoesNotFitError, applied
from tests_integration.facts import FileFact, InfrastructureFact, Integration, MergeFact, Source, Stop
from tests_integration.plan.model import Branch, Plan
from tests_integration.repository.ask import Entry, entries, is_ancestor, tree_of
from tests_integration.repository.git import GitError
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
    at = base
    try:
        for branch in plan.branches:
            merges.append(_merge(plan, store, branch, sources[branch.id], (base, at)))
            at = merges[-1].commit
    except _StoppedError as stopped:
        return Integration(base=base, merges=tuple(merges), stop=stopped.stop)
    infrastructure = _infrastructure(plan, store, at)
    tip = infrastructure.commit if infrastructure else at
    return Integration(
        base=base, merges=tuple(merges), infrastructure=infrastructure, tip=tip, tree=tree_of(store, tip)
    )


def _merge(plan: Plan, store: Repo, branch: Branch, source: Source, stands: tuple[str, str]) -> MergeFact:
    """One merge commit, on what stands so far: the base, and the integration above it."""
    base, onto = stands
    if source.commit is None:
        raise _StoppedError(Stop(branch=branch.id, problem=source.problem))
    sides = (onto, source.commit)
    try:
        automatic = automatic_merge(store, *sides)
    except GitError as error:
        raise _StoppedError(Stop(branch=branch.id, problem=f"git cannot merge it: {error.output}")) from None
    unchanged = automatic.tree == store.commit(onto).tree.hexsha
    contained = unchanged and is_ancestor(store, source.commit, onto)
    if contained and is_ancestor(store, source.commit, base):
        problem = f"{branch.id} ({branch.source}) is in the base already; there is nothing to merge"
        raise _StoppedError(Stop(branch=branch.id, problem=problem))
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
        contained=contained,
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
    there = entries(store, onto, plan.infrastructure)
    added = tuple(
        FileFact(path=path, mode=_mode(plan, path), blob=stored_blob(store, file.read_bytes()))
        for path, file in plan.infrastructure.items()
        if path not in there
    )
    if not added:
        return None
    tree = edited(store, tree_of(store, onto), {file.path: Entry(file.mode, file.blob) for file in added})
    names = "\n".join(f"- {file.path}" for file in added)
    message = f"Add demo and integration documents\n\n{names}\n\nIntegration-Infrastructure: R291\n"
    return InfrastructureFact(commit=_commit(plan, store, tree, message, (onto,)), message=message, files=added)


def _mode(plan: Plan, path: str) -> str:
    return "100755" if path == plan.demo.script else "100644"


def _commit(plan: Plan, store: Repo, tree: str, message: str, parents: tuple[str, ...]) -> str:
    author = Actor(*plan.person)
    date = f"{int(plan.date.timestamp())} +0000"
    commit = Commit.create_from_tree(
        store,
        tree,
        message,
        parent_commits=[store.commit(parent) for parent in parents],
        author=author,
        committer=author,
        author_date=date,
        commit_date=date,
    )
    return str(commit.hexsha)
