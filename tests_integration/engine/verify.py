"""Reads a branch that somebody else built: found and fetched, never merged or pushed."""

from git import Repo

from tests_integration.engine.clock import now, stamp
from tests_integration.engine.sources import Remotes, fetch, look_up_one, refs_of
from tests_integration.facts import (
    ConflictFact,
    FileFact,
    InfrastructureFact,
    Integration,
    JudgedFact,
    MergeFact,
    Publication,
    Source,
)
from tests_integration.plan.model import Plan
from tests_integration.plan.values import is_commit_id
from tests_integration.refs import ref_of_branch
from tests_integration.repository.ask import Commit, History, commit_at, committers, is_ancestor, shown, tree_of
from tests_integration.repository.git import GitError
from tests_integration.repository.store import fetch_branches, fetch_commit, heads

JUDGED = "--verify"
"""Key of the judged branch among sources; no branch of a plan can have this id."""

PUBLISHED = "the published branch"
"""Stands for what is judged where neither the command line nor the plan names it."""


def wanted(plan: Plan, ref: str) -> str:
    """What is judged: the given `remote/branch` or commit id, else the branch that the plan publishes."""
    return ref or (f"{plan.publish.remote}/{plan.integration}" if plan.publish else PUBLISHED)


def find(plan: Plan, store: Repo, ref: str) -> Source:
    """The branch or commit to judge, brought into the store; what is not there says why."""
    name = wanted(plan, ref)
    if name == PUBLISHED:
        problem = "the plan publishes nothing, so there is no branch to judge by default; say --verify REF"
        return Source(id=JUDGED, source=PUBLISHED, problem=problem)
    if is_commit_id(name):
        return _commit(plan, store, name)
    source = look_up_one(plan, store, JUDGED, name)
    return fetch(plan, store, {JUDGED: source})[JUDGED]


def _commit(plan: Plan, store: Repo, commit: str) -> Source:
    """A commit by its id, asked of every remote of the plan until one has it; not one that only this suite has."""
    remotes = Remotes(plan, store)
    source = Source(id=JUDGED, source=commit)
    try:
        names = sorted(remotes.names())
    except GitError as error:
        return source.model_copy(update={"problem": f"the clone {plan.repository} cannot be read: {error.output}"})
    if any(_gives(remotes, name, commit) for name in names) and commit_at(store, commit) == commit:
        return source.model_copy(update={"commit": commit})
    problem = f"no remote of the plan gives out this commit (asked: {', '.join(names)}); name a branch that is at it"
    return source.model_copy(update={"problem": problem})


def _gives(remotes: Remotes, name: str, commit: str) -> bool:
    """Whether a remote has a commit, which is in the store then.

    git does not ask a remote for what it has already, so of a commit in the store the branches there have to tell.
    """
    store, ref = remotes.store, f"{refs_of(remotes.plan)}/asked"
    try:
        url = remotes.url(name)
        there = heads(store, url)
        if commit in there.values():
            branch = next(branch for branch, tip in there.items() if tip == commit)
            fetch_branches(store, url, {f"{ref}/{commit}": branch})
        elif not commit_at(store, commit):
            fetch_commit(store, url, commit, f"{ref}/{commit}")
        else:
            fetch_branches(store, url, {f"{ref}/{tip}": branch for branch, tip in there.items()})
            return any(is_ancestor(store, commit, tip) for tip in there.values())
    except (GitError, OSError):  # it is not there, or this remote gives out branches only
        return False
    return True


def read(plan: Plan, store: Repo, base: Source, branches: dict[str, str], judged: Source) -> Integration:
    """The facts of a branch as git tells them.

    Args:
        plan: whose branches are looked for.
        store: holds all commits.
        base: of the plan.
        branches: ids by tip.
        judged: the branch to read.
    """
    if base.commit is None:
        return Integration(base=None, problem=f"the base is missing: {base.problem}")
    if judged.commit is None:
        return Integration(base=base.commit, problem=f"{judged.source}: {judged.problem}")
    history = History(store, base.commit, judged.commit)
    merges = [merge for merge in history.merges if merge.parents[1] in branches]
    return Integration(
        base=base.commit,
        merges=tuple(_merge(plan, history, merge, branches[merge.parents[1]]) for merge in merges),
        infrastructure=_infrastructure(history),
        tip=judged.commit,
        tree=tree_of(store, judged.commit),
    )


def told(store: Repo, judged: Source, integration: Integration, version: str) -> JudgedFact:
    """Who built the branch, as its commits say, and who judges it."""
    tip = str(integration.tip)
    built_by = committers(History(store, str(integration.base), tip))
    return JudgedFact(ref=judged.source, commit=tip, built_by=built_by, judged_by=version)


def read_again(plan: Plan, store: Repo, judged: Source) -> Publication:
    """What the judged branch is now, after all was judged; it may have moved in the meantime."""
    now_there = look_up_one(plan, store, JUDGED, judged.source)
    return Publication(
        remote=judged.remote,
        url=judged.url,
        ref=ref_of_branch(judged.branch),
        commit=judged.commit,
        status="judged",
        read_back=now_there.commit,
        problem=now_there.problem,
        at=stamp(now()),
    )


def _infrastructure(history: History) -> InfrastructureFact | None:
    """The commit on top of the merges, where it says that it is infrastructure; the audit judges what it holds."""
    last = history.commits[-1] if history.commits else None
    if last is None or len(last.parents) != 1 or "\nIntegration-Infrastructure: " not in last.message:
        return None
    added = {path: change.after for path, change in history.changes[last.id].items() if change.after}
    files = tuple(FileFact(path=shown(path), mode=file.mode, blob=file.blob) for path, file in sorted(added.items()))
    return InfrastructureFact(commit=last.id, message=last.message, files=files)


def _merge(plan: Plan, history: History, merge: Commit, branch: str) -> MergeFact:
    try:
        automatic = history.automatic_merge(merge)
        tree, conflicts = automatic.tree, automatic.conflicts
    except GitError:  # the audit says so
        tree, conflicts = "", ()
    return MergeFact.model_validate(
        {
            "branch": branch,
            "from": plan.branch(branch).source,
            "tip": merge.parents[1],
            "commit": merge.id,
            "parents": merge.parents,
            "message": merge.message,
            "conflicts": tuple(ConflictFact(path=shown(conflict.path), kind=conflict.kind) for conflict in conflicts),
            "tree_merged": tree,
            "tree": merge.tree,
        }
    )
