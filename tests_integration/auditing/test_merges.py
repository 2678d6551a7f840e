"""Each merge: its parents, its message, what git makes of them, what was settled and fixed, and its tree."""

from tests_integration.auditing.claims import require, require_same
from tests_integration.auditing.evidence import Evidence
from tests_integration.auditing.planned import is_judged, merge_message, same_person
from tests_integration.auditing.remake import person, steps
from tests_integration.auditing.settled import BY_FIX, effect, is_same_patch, losses, rows, settling
from tests_integration.facts import MergeFact
from tests_integration.plan.parts import Branch
from tests_integration.record.model import Record
from tests_integration.repository.ask import entries, shown
from tests_integration.repository.git import GitError

DID = {"deleted": "delete ", "ours taken": "ours of ", "theirs taken": "theirs of "}
"""How the action of a fix begins to name the files that it settles in this way."""


def test_merge_is_that_commit(evidence: Evidence, record: Record, merge: MergeFact) -> None:
    """The commit has the recorded parents, message and tree; the second parent is the branch's tip."""
    commit = evidence.commit(merge.commit)
    require_same("parents", merge.parents, commit.parents)
    require_same("message", merge.message, commit.message)
    require_same("tree", merge.tree, commit.tree)
    require_same("tip", (merge.tip,), commit.parents[1:2])
    found = record.sources[merge.branch].commit if merge.branch in record.sources else None
    require_same("tip", merge.tip, found, "its sources say")


def test_merge_says_what_the_plan_says(
    evidence: Evidence, record: Record, branches: tuple[Branch, ...], merge: MergeFact
) -> None:
    """Message, author and date are those of the plan: title, contents, where it came from, which fixes took effect."""
    branch = next((branch for branch in branches if branch.id == merge.branch), None)
    require(branch, f"the plan has no branch {merge.branch}")
    require_same("from", merge.source, branch and branch.source, "its plan says")
    if branch is None or is_judged(record):
        return
    require_same("message", merge.message, merge_message(branch, merge.fixes), "plan and fixes give")
    commit = evidence.commit(merge.commit)
    for role, line in (("author", commit.author), ("committer", commit.committer)):
        require(same_person(person(record.plan), line), f"the plan's author and date are not the {role}'s: {line}")


def test_automatic_merge_is_gits_own(evidence: Evidence, record: Record, merge: MergeFact) -> None:
    """Git merges the parents to the recorded tree, with the recorded conflicts and no others."""
    try:
        automatic = evidence.automatic(merge.parents)
    except GitError:
        require(is_judged(record) and not merge.tree_merged, "git cannot merge the parents")
        return
    require_same("tree_merged", merge.tree_merged, automatic.tree)
    told = [(conflict.path, conflict.kind) for conflict in merge.conflicts]
    require_same("conflicts", told, [(shown(conflict.path), conflict.kind) for conflict in automatic.conflicts])
    before = evidence.commit(merge.parents[0]).tree
    contained = automatic.tree == before and evidence.contains(*merge.parents)
    require_same("contained", merge.contained, contained and not is_judged(record))


def test_conflicts_are_settled_as_told(evidence: Evidence, record: Record, merge: MergeFact) -> None:
    """Every conflict is settled by a rule or a fix, and what that sets and removes is what the record says."""
    if is_judged(record):
        told = {(conflict.settled, conflict.rule, conflict.dropped) for conflict in merge.conflicts}
        require_same("conflicts", told - {("", 0, ())}, set(), "of what others built, it can say only")
        require(not (merge.resolved or merge.edits or merge.dropped), "it tells how others have settled conflicts")
        return
    resolved = tuple(f"{conflict.path}: {conflict.settled}" for conflict in merge.conflicts)
    require_same("resolved", merge.resolved, resolved, "its conflicts say")
    require_same("edits", rows(merge.edits), settling(evidence, merge), "its conflicts give")
    require_same("dropped", [one.dropped for one in merge.conflicts], losses(evidence, merge), "settling them gives")
    fixes = {fix.id: fix for earlier in record.merges for fix in earlier.fixes}
    for conflict in merge.conflicts:
        if by := BY_FIX.fullmatch(conflict.settled):
            fix = fixes.get(by["fix"])
            held = fix and conflict.path in fix.action and DID[by["did"]] in fix.action
            require(held, f"{conflict.path} was not settled by {by['fix']}")


def test_dropped_files_were_there(evidence: Evidence, record: Record, merge: MergeFact) -> None:
    """Each path that stays deleted would have come back, and an earlier fix had deleted it."""
    if not merge.dropped:
        return
    settled = evidence.edited(evidence.automatic(merge.parents).tree, merge.edits)
    require_same("dropped", merge.dropped, tuple(sorted(entries(evidence.repo, settled, merge.dropped))))
    place = [one.commit for one in record.merges].index(merge.commit)
    actions = [fix.action for earlier in record.merges[:place] for fix in earlier.fixes]
    deleted = {path for action in actions for path in action.removeprefix("delete ").split(", ")}
    wrong = sorted(set(merge.dropped) - deleted)
    require(not wrong, f"no earlier fix had deleted {', '.join(wrong)}")


def test_fixes_make_the_tree(evidence: Evidence, record: Record, merge: MergeFact) -> None:
    """Git's own merge, settled as told, with each fix's recorded effect, is the tree of the commit."""
    if is_judged(record):
        require(not merge.fixes, "it tells what fixes others have applied")
        return
    made = steps(evidence, merge)
    for fix, before, after in zip(merge.fixes, (made.resolved, *made.fixed), made.fixed, strict=False):
        changed = evidence.changes(before, after)
        require_same(f"{fix.id}: edits", rows(fix.edits), effect(evidence, changed, merge.parents))
        removed = tuple(path for path, change in changed.items() if change.after is None)
        require_same(f"{fix.id}: removed", fix.removed, removed)
        patch = evidence.diff(before, after) if changed else ""
        require(is_same_patch(fix.diff, patch), f"{fix.id}: its diff is not what it changed:\n{patch}")
        require(not (fix.stale and fix.diff), f"{fix.id} is said to be stale, but changes something")
    require_same("tree", merge.tree, made.last, "merge, resolution and fixes give")
