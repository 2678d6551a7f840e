"""Why a branch is not merged as it should be: what is on the integration branch in its place."""

from git import Repo

from tests_integration.repository.ask import Commit, History, commit_at, is_ancestor, missing_commits, patch_ids
from tests_integration.repository.changes import changes
from tests_integration.text import counted


def why_not_merged(history: History, tip: str) -> str:
    """What happened to a branch whose tip no merge on the first-parent chain has as its second parent, for people."""
    if merge := next((merge for merge in history.merges if merge.parents[0] == tip), None):
        return f"it was fast-forwarded: {merge.short} stands on it as its first parent"
    if tip == history.tip or any(commit.id == tip for commit in history.commits):
        return "it was fast-forwarded: its tip stands on the first-parent chain itself"
    if is_ancestor(history.repo, tip, history.tip):
        return _brought_in(history, tip)
    if merge := next((merge for merge in history.merges if _older(history, merge, tip)), None):
        count = len(missing_commits(history.repo, tip, merge.id))
        return f"{merge.short} merges an older tip of it, {merge.parents[1][:12]}; {counted(count, 'commit')} behind it"
    return _copied(history, tip) or "it is not in"


def _older(history: History, merge: Commit, tip: str) -> bool:
    second = merge.parents[1]
    return not is_ancestor(history.repo, second, history.base) and is_ancestor(history.repo, second, tip)


def _brought_in(history: History, tip: str) -> str:
    if is_ancestor(history.repo, tip, history.base):
        return "the base has all of it already, and no merge says so"
    merge = next((merge for merge in history.merges if is_ancestor(history.repo, tip, merge.id)), None)
    by = "no merge brought them in"
    if merge:
        more = len(missing_commits(history.repo, merge.parents[1], tip))
        further = f", {counted(more, 'commit')} further on" if more else ""
        by = f"{merge.short} brought them in, merging {merge.parents[1][:12]}{further}"
    return f"its commits are in, but not by a merge commit of their own: {by}"


def _copied(history: History, tip: str) -> str:
    """Whether commits on the branch have the changes of the missing ones, but are others."""
    missing = missing_commits(history.repo, tip, history.tip)
    singles = [commit for commit in history.commits if len(commit.parents) == 1]
    if squash := next((commit for commit in singles if _squashes(history, commit, tip, missing)), None):
        return f"it was squashed into {squash.short}, which is no merge"
    if copies := _copies(history.repo, missing, [commit.id for commit in singles]):
        has = "has" if len(copies) == 1 else "have"
        return f"it was cherry-picked: {', '.join(commit[:12] for commit in copies)} {has} the changes of its commits"
    for merge in history.merges:
        theirs = missing_commits(history.repo, merge.parents[1], history.base)
        if _copies(history.repo, missing, theirs):
            return f"{merge.short} merges a copy of it, {merge.parents[1][:12]}: the same changes in other commits"
    return ""


def _squashes(history: History, commit: Commit, tip: str, missing: list[str]) -> bool:
    if not missing or not (below := commit_at(history.repo, f"{missing[-1]}^1")):
        return False
    return history.changes[commit.id] == changes(history.repo, below, tip)


def _copies(repo: Repo, wanted: list[str], others: list[str]) -> list[str]:
    """Those of the other commits that change the same as one of the wanted ones."""
    ids = set(patch_ids(repo, wanted).values())
    return [commit for commit, patch in patch_ids(repo, others).items() if patch in ids]
