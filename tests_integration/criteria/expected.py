"""What a merge is to hold: git's own merge, and what the plan's rules and fixes make of it; and what differs (R361)."""

from typing import NamedTuple

from git import Repo

from tests_integration.criteria.judge import automatic_of, fail
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Branch, Fix
from tests_integration.repository.ask import Commit, History, diff, entries
from tests_integration.repository.changes import Change, changes
from tests_integration.repository.entry import LINK, SUBMODULE, Entry
from tests_integration.repository.git import GitError
from tests_integration.repository.merge import AutomaticMerge, Conflict
from tests_integration.repository.resolutions import Merging, Resolver, without_aside
from tests_integration.repository.trees import edited, is_applied, patched

ADDED = "{fix.id} adds it by {fix.patch}; an integration adds no files (R361): bring it on a branch"
KINDS = {LINK: "a link", SUBMODULE: "a submodule"}


class Step(NamedTuple):
    """A fix inside a merge: the tree before it, and the paths that it is about."""

    fix: Fix
    before: str
    paths: frozenset[str]


class Expected(NamedTuple):
    """The tree that the plan declares for a merge.

    Attributes:
        tree: git's own merge with the declared rules and fixes.
        named: paths that rules and fixes are about.
        wrong: what is not declared as it has to be, by path: conflicts that are left open, and files that patches add.
        steps: the fixes, in order.
    """

    tree: str
    named: frozenset[str]
    wrong: dict[str, str]
    steps: tuple[Step, ...]


class Undeclared(NamedTuple):
    """What a merge holds beyond what is declared: by path what is wrong, and all of it as a patch."""

    paths: dict[str, str]
    patch: str


def undeclared(history: History, plan: Plan, branch: Branch, merge: Commit) -> Undeclared:
    """What a merge holds beyond git's own merge and the branch's declared rules and fixes (R361)."""
    wanted = expected(history, plan, branch, merge)
    found = changes(history.repo, wanted.tree, merge.tree)
    paths = {path: _difference(change, path in wanted.named) for path, change in found.items()} | wanted.wrong
    patch = diff(history.repo, wanted.tree, merge.tree) if found else ""
    return Undeclared(paths, patch)


def expected(history: History, plan: Plan, branch: Branch, merge: Commit) -> Expected:
    """What the plan declares for a merge, computed once; the criterion fails where a patch does not apply."""
    what = ("expected", plan.digest, branch.id, merge.id)
    return history.once(what, lambda: _expected(history, plan, branch, merge))


def _expected(history: History, plan: Plan, branch: Branch, merge: Commit) -> Expected:
    automatic = automatic_of(history, merge)
    settled, wrong = _settled(history, plan, branch, merge, automatic)
    own = {path for fix in plan.fixes_of(branch) for path in fix.delete}
    gone = plan.gone_after(branch) - own
    back = entries(history.repo, automatic.tree, gone) if gone else {}
    tree = edited(history.repo, automatic.tree, settled | dict.fromkeys(back))
    named = {*settled, *gone}
    steps = []
    for fix in plan.fixes_of(branch):
        before, tree = tree, _fixed(history.repo, plan, fix, tree, merge)
        changed = {} if fix.paths else changes(history.repo, before, tree)
        paths = fix.paths or frozenset(changed)
        named |= paths
        wrong |= {path: ADDED.format(fix=fix) for path, change in changed.items() if change.before is None}
        steps.append(Step(fix, before, paths))
    return Expected(tree, frozenset(named), wrong, tuple(steps))


def settled_by_rules(plan: Plan, branch: Branch, automatic: AutomaticMerge) -> dict[str, int]:
    """The rule that is for each conflict of a merge, by path; conflicts that a fix settles are left out."""
    by_fix = plan.named_by_fixes(branch)
    found = {conflict.path: plan.rule_for(branch, conflict.path) for conflict in automatic.conflicts}
    return {path: rule[0] for path, rule in found.items() if rule and path not in by_fix}


def step_of(history: History, plan: Plan, fix: Fix, branch: Branch, merge: Commit) -> Step:
    """A fix inside the merge that it names."""
    return next(step for step in expected(history, plan, branch, merge).steps if step.fix == fix)


def _settled(
    history: History, plan: Plan, branch: Branch, merge: Commit, automatic: AutomaticMerge
) -> tuple[dict[str, Entry | None], dict[str, str]]:
    by_fix = plan.named_by_fixes(branch)
    resolver = Resolver(Merging(history.repo, merge.parents[0], merge.parents[1], automatic, plan.resolutions))
    edits: dict[str, Entry | None] = {}
    unsettled = {}
    for conflict in automatic.conflicts:
        if conflict.path in by_fix:
            edits |= without_aside(conflict)
        elif (found := plan.rule_for(branch, conflict.path)) is None:
            unsettled[conflict.path] = _open(conflict)
        else:
            settlement = resolver.settlement(conflict, found[1].take)
            edits |= settlement.edits
            if settlement.problem:
                unsettled[conflict.path] = f"{_open(conflict)}: rule {found[0]} does not: {settlement.problem}"
    return edits, unsettled


def _open(conflict: Conflict) -> str:
    return f"a {conflict.kind} conflict was settled, but the plan does not say how"


def _fixed(repo: Repo, plan: Plan, fix: Fix, tree: str, merge: Commit) -> str:
    if fix.patch:
        return _patched(repo, plan, fix, tree)
    edits: dict[str, Entry | None] = dict.fromkeys(fix.delete)
    if fix.take:
        for commit, paths in zip(merge.parents, (fix.take.ours, fix.take.theirs), strict=False):
            found = entries(repo, commit, paths) if paths else {}
            edits |= {path: found.get(path) for path in paths}
    return edited(repo, tree, edits)


def _patched(repo: Repo, plan: Plan, fix: Fix, tree: str) -> str:
    patch = (plan.folder / str(fix.patch)).read_bytes()
    try:
        return patched(repo, tree, patch)
    except GitError as error:
        if is_applied(repo, tree, patch):
            return tree
        fail(f"{fix.id}: {fix.patch} does not apply to git's own merge: {error.output}")


def _difference(change: Change, named: bool) -> str:  # noqa: FBT001
    if named:
        return "is not what the declared rules and fixes make of it"
    if change.before is None:
        return "a new file, which neither git's merge nor a declared fix brings"
    if change.after is None:
        return "removed, which no declared fix does"
    if change.before.blob == change.after.blob:
        return f"its mode is {change.after.mode} instead of {change.before.mode}"
    kinds = [KINDS.get(side.mode, "a file") for side in (change.after, change.before)]
    if kinds[0] != kinds[1]:
        return f"{kinds[0]} instead of {kinds[1]}, which no declared fix says"
    return "its content differs from git's own merge, and no declared fix says so"
