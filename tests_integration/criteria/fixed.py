"""Whether a known fix was needed where the plan puts it, and where it was made instead (R521)."""

import re

from git import Repo

from tests_integration.criteria.expected import Step
from tests_integration.criteria.judge import automatic_of
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Fix
from tests_integration.repository.ask import Commit, History, content, entries
from tests_integration.repository.changes import Change, changes
from tests_integration.repository.entry import Entry, is_text_file
from tests_integration.repository.trees import is_applied


def is_stale(history: History, plan: Plan, step: Step, merge: Commit) -> bool:
    """Whether the problem is not there (any more) in what git and the fixes before this one make of the merge."""
    repo, fix = history.repo, step.fix
    if settles(history, fix, merge):
        return False
    if fix.patch:
        return not step.paths and is_applied(repo, step.before, (plan.folder / fix.patch).read_bytes())
    there = entries(repo, step.before, step.paths)
    if fix.delete:
        return not there
    wanted: dict[str, Entry] = {}
    for commit, paths in zip(merge.parents, (fix.take.ours, fix.take.theirs) if fix.take else (), strict=False):
        wanted |= entries(repo, commit, paths) if paths else {}
    return there == wanted


def settles(history: History, fix: Fix, merge: Commit) -> bool:
    """Whether the fix settles a conflict of the merge, be it by leaving the file as git has left it."""
    return any(conflict.path in fix.paths for conflict in automatic_of(history, merge).conflicts)


def gone_from_signature(history: History, step: Step) -> list[str]:
    """Files that the fix's signature names by their path, and that were not there before the fix."""
    found = re.findall(r"[\w.-]+(?:/[\w.-]+)+\.\w+", (step.fix.signature or "").replace("\\", ""))
    named = [path for path in found if ".." not in path.split("/")]
    there = entries(history.repo, step.before, named) if named else {}
    return [path for path in named if path not in there]


def undone_at_tip(history: History, step: Step, merge: Commit) -> list[str]:
    """Files in which all that a patch or a chosen side took out is back at the tip, and nothing of it is left."""
    changed = {} if step.fix.delete else changes(history.repo, step.before, merge.tree)
    paths = changed.keys() & step.paths
    tip = entries(history.repo, history.tip, paths) if paths else {}
    return sorted(path for path in paths if _is_back(history.repo, changed[path], tip.get(path)))


def _is_back(repo: Repo, change: Change, now: Entry | None) -> bool:
    files = (change.before, change.after, now)
    if not all(map(is_text_file, files)):
        return now == change.before
    before, after, there = (set(content(repo, file.blob).splitlines()) for file in files if file)
    return before != after and before - after <= there and not (after - before) & there


def elsewhere(history: History, merge: Commit, path: str) -> str:
    """The later commit that removed a path, which the merge should have done, as a closing half-sentence."""
    later = history.commits[history.commits.index(merge) + 1 :]
    commit = next((commit for commit in later if (c := history.changes[commit.id].get(path)) and c.after is None), None)
    return f"; it is removed in {commit.short} instead" if commit else ""
