"""Applies the known fixes of a merge to its tree, before the commit is made."""

from git import Repo

from tests_integration.engine.edits import effect
from tests_integration.facts import FixFact
from tests_integration.plan.mistakes import nearest
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Fix
from tests_integration.repository.ask import diff, entries, once_there
from tests_integration.repository.changes import changes
from tests_integration.repository.git import GitError
from tests_integration.repository.trees import edited, files_at, is_applied, patched


class FixDoesNotFitError(Exception):
    """A fix that cannot be applied here; the text says which and why."""


def applied(repo: Repo, plan: Plan, fix: Fix, tree: str, sides: tuple[str, str]) -> tuple[str, FixFact]:
    """The tree with the fix applied, and what it did; a fix that is no longer needed does nothing, without a diff.

    Args:
        repo: holds the trees.
        plan: the patch file lies beside it.
        fix: the known fix.
        tree: git's own merge, and the fixes before this one.
        sides: commits of both sides: what was merged before, and the branch.

    Raises:
        FixDoesNotFitError: what the fix deletes, takes, patches or needs is not there.
    """
    there = files_at(repo, tree, [*fix.delete, *fix.needs])
    for path in fix.needs:
        if path not in there:
            raise FixDoesNotFitError(f"{fix.id} needs {path}, which is not there after this merge; is it out of date?")
    if fix.patch:
        after = _patched(repo, plan, fix, tree)
    elif fix.take:
        after = _with_sides(repo, fix, tree, sides)
    else:
        for path in fix.delete:
            if path not in there and not once_there(repo, path, sides):
                near = nearest(path, entries(repo, tree))
                raise FixDoesNotFitError(f"{fix.id} deletes {path}, which this merge does not hold{near}")
        after = edited(repo, tree, dict.fromkeys(fix.delete))
    changed = changes(repo, tree, after)
    fact = FixFact(
        id=fix.id,
        problem=fix.problem,
        action=fix.action,
        proven=fix.proven or "",
        removed=tuple(path for path, change in changed.items() if change.after is None),
        diff=diff(repo, tree, after),
        edits=effect(repo, changed, sides),
    )
    return after, fact


def _patched(repo: Repo, plan: Plan, fix: Fix, tree: str) -> str:
    patch = (plan.folder / str(fix.patch)).read_bytes()
    try:
        return patched(repo, tree, patch)
    except GitError as error:
        if is_applied(repo, tree, patch):
            return tree
        raise FixDoesNotFitError(f"{fix.id}: {fix.patch} does not apply here: {error.output}") from None


def _with_sides(repo: Repo, fix: Fix, tree: str, sides: tuple[str, str]) -> str:
    edits = {}
    for commit, paths in zip(sides, (fix.take.ours, fix.take.theirs) if fix.take else (), strict=False):
        found = files_at(repo, commit, paths)
        edits.update({path: found.get(path) for path in paths})
    there = files_at(repo, tree, edits)
    for path, entry in edits.items():
        if entry is None and path not in there:
            raise FixDoesNotFitError(f"{fix.id} takes {path}, which neither side of this merge holds")
    return edited(repo, tree, edits)
