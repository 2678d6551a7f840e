"""Whether a merge takes back what an earlier branch brought, and how: as an edit, or behind everybody's back."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from git import Repo

from tests_integration.criteria.judge import automatic_of
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Branch, Resolve
from tests_integration.repository.ask import Commit, History, content, shown
from tests_integration.repository.entry import is_text_file
from tests_integration.repository.merge import Conflict
from tests_integration.repository.provenance import FileChange, Hunk, Line
from tests_integration.repository.resolutions import Merging, names_of, vanished
from tests_integration.repository.reverts import Edit, commits_between, edits_between
from tests_integration.text import counted

SHOWN = 3


class Loss(NamedTuple):
    """Something of an earlier branch that a merge took away.

    Attributes:
        path: of the file.
        origin: the merge that had brought it.
        text: what is gone, for people.
        silent: whether it is more than an edit that the later branch made in a commit of its own.
    """

    path: str
    origin: str
    text: str
    silent: bool


class Gone(NamedTuple):
    """A line that a merge removed, in which file, and what became of it: nothing, former, new or moved."""

    change: FileChange
    line: Line
    instead: str


def undone(history: History, plan: Plan, branch: Branch, merge: Commit) -> list[Loss]:
    """What the merge of a branch takes away of earlier ones, without what the plan's fixes and rules are about."""
    automatic = automatic_of(history, merge)
    merging = Merging(history.repo, merge.parents[0], merge.parents[1], automatic, plan.resolutions)
    by_fix = plan.named_by_fixes(branch)
    named = set(by_fix)
    for conflict in automatic.conflicts:
        named |= {*names_of(merging, conflict), *vanished(merging, conflict, merge.tree)}
    left_out = {
        conflict.path: _left_out(history.repo, conflict, plan.rule_for(branch, conflict.path))
        for conflict in automatic.conflicts
        if conflict.path not in by_fix
    }
    lost = losses(history, merge, named, left_out)
    return [loss for loss in lost if not excused_by(plan, branch, loss)]


def excused_by(plan: Plan, branch: Branch, loss: Loss) -> int:
    """The number of the rule (from 1) that says that this may be lost without a conflict; 0 where none does.

    That takes `drops: true` and the branch's own id under `in`: a rule for the conflicts of all merges excuses nothing.
    """
    found = plan.rule_for(branch, loss.path)
    return found[0] if found and found[1].drops and branch.id in found[1].merges else 0


def _left_out(repo: Repo, conflict: Conflict, rule: tuple[int, Resolve] | None) -> frozenset[bytes]:
    """Lines that both sides of a conflict started from and that no rule settles.

    They are those that the branch has not; and all of them where the whole text is a recorded one.
    """
    if not conflict.base or not conflict.theirs or not (is_text_file(conflict.base) and is_text_file(conflict.theirs)):
        return frozenset()
    base, theirs = (content(repo, side.blob).splitlines(keepends=True) for side in (conflict.base, conflict.theirs))
    return frozenset(base) - frozenset(() if rule and rule[1].take == "recorded" else theirs)


def losses(
    history: History,
    merge: Commit,
    judged_elsewhere: Iterable[str] = (),
    left_out: Mapping[str, frozenset[bytes]] = MappingProxyType({}),
) -> list[Loss]:
    """What a merge takes away of what earlier commits of the integration had brought.

    A file that is as it was before the earlier branch is lost. Lines are lost where nothing new stands in their
    place. They are lost silently where what they had replaced is back, or where no commit of the branch's own removed
    them (the wrong side taken in a merge on the branch), or one that reverts a commit of an earlier branch.

    Args:
        history: of the integration.
        merge: of the later branch.
        judged_elsewhere: paths that declared fixes and rules are about.
        left_out: of paths that rules are about, the lines that no rule settles.
    """
    skipped = frozenset(judged_elsewhere)
    changed = [
        change for change in history.provenance.get(merge.id, ()) if skipped.isdisjoint({change.path, change.before})
    ]
    staying = [change.path for change in changed if change.kind != "renamed"]
    whole = {path: loss for path in staying if (loss := _whole_file(history, merge, path))}
    lines = [change for change in changed if change.origins and change.path not in whole]
    lines += [change for change in history.provenance.get(merge.id, ()) if change.path in left_out]
    return [*whole.values(), *_lines(history, merge, lines, left_out), *_returned(history, merge, lines)]


def _whole_file(history: History, merge: Commit, path: str) -> Loss | None:
    """Whether a file is back at what it was before an earlier commit of the integration, be it gone."""
    now = history.changes[merge.id][path].after
    for origin in reversed(history.changed_before(merge, path)):
        if history.changes[origin][path].before == now:
            text = "is gone" if now is None else "is as it was before"
            return Loss(path, origin, text, silent=True)
    return None


def _lines(
    history: History, merge: Commit, changed: list[FileChange], left_out: Mapping[str, frozenset[bytes]]
) -> list[Loss]:
    found = list(_gone(history, merge, changed, left_out))
    if not found:
        return []
    paths = {path for gone in found for path in (gone.change.path, gone.change.before)}
    edited = {text for edit in _own_edits(history, merge, paths) for text in edit.removed}
    by_hand = history.by_hand[merge.id]
    lost = []
    for gone in found:
        is_edit = gone.line.text.rstrip(b"\r\n") in edited
        if gone.instead not in {"new", "moved"} or not (is_edit or gone.change.path in by_hand):
            lost.append((gone, gone.instead == "former" or not is_edit))
    return _grouped(lost)


def _gone(
    history: History, merge: Commit, changed: list[FileChange], left_out: Mapping[str, frozenset[bytes]]
) -> Iterator[Gone]:
    """Lines of earlier commits that the merge removed; one that it adds elsewhere may have moved."""
    moved = {text for change in history.provenance[merge.id] for hunk in change.hunks for text in hunk.added}
    for change in changed:
        judged = left_out.get(change.path)
        for hunk in change.hunks:
            lines = [line for line in hunk.removed if line.origin and line.text.strip()]
            lines = [line for line in lines if judged is None or line.text in judged]
            instead = _instead(hunk, lines)
            for line in lines:
                yield Gone(change, line, "moved" if line.text in moved and instead != "former" else instead)


def _instead(hunk: Hunk, lines: list[Line]) -> str:
    """What stands in the place of the lines: nothing, what they themselves had replaced (former), or something new."""
    former = {old.text for line in lines if line.origin for old in line.origin.removed}
    there = [text for text in hunk.added if text.strip()]
    if not there:
        return "nothing"
    return "former" if former.issuperset(there) else "new"


def _returned(history: History, merge: Commit, changed: list[FileChange]) -> list[Loss]:
    """Lines that earlier commits took out of a file, and that are back though no commit of the branch adds them."""
    found = [(change.path, origin, text) for change in changed for origin, text in _back(history, change)]
    if not found:
        return []
    paths = {name for change in changed for name in (change.path, change.before)}
    added = {text for edit in _own_edits(history, merge, paths) for text in edit.added}
    by_hand = history.by_hand[merge.id]
    groups: dict[tuple[str, str], list[str]] = {}
    for path, origin, text in found:
        if text.rstrip(b"\r\n") not in added and path not in by_hand:
            groups.setdefault((path, origin), []).append(text.decode(errors="backslashreplace").strip())
    return [Loss(path, origin, _told(texts, "back"), silent=True) for (path, origin), texts in groups.items()]


def _back(history: History, change: FileChange) -> Iterator[tuple[str, bytes]]:
    """Lines that a change adds to a file, beyond those that it removes, each with the latest commit that removed it."""
    gained = Counter(text for hunk in change.hunks for text in hunk.added if text.strip())
    gained -= Counter(line.text for hunk in change.hunks for line in hunk.removed)
    for origin in reversed(change.origins):
        earlier = (former for former in history.provenance[origin] if former.path == change.before)
        removed = {line.text for former in earlier for hunk in former.hunks for line in hunk.removed}
        yield from ((origin, text) for text in gained if text in removed)
        gained = Counter({text: count for text, count in gained.items() if text not in removed})


def _own_edits(history: History, merge: Commit, paths: set[str]) -> list[Edit]:
    """What the branch's own commits changed, without those that revert a commit of an earlier branch."""
    onto, tip = merge.parents[:2]
    what = ("edits", onto, tip, *sorted(paths))
    edits = history.once(what, lambda: edits_between(history.repo, onto, tip, paths))
    claims = {edit.reverts for edit in edits if edit.reverts}
    earlier = commits_between(history.repo, history.base, onto) if claims else frozenset()
    return [edit for edit in edits if edit.reverts not in earlier]


def _grouped(lost: Iterable[tuple[Gone, bool]]) -> list[Loss]:
    groups: dict[tuple[str, str, bool], list[str]] = {}
    for gone, silent in lost:
        key = (gone.change.path, gone.line.origin.commit if gone.line.origin else "", silent)
        groups.setdefault(key, []).append(gone.line.text.decode(errors="backslashreplace").strip())
    return [Loss(path, origin, _told(texts, "gone"), silent) for (path, origin, silent), texts in groups.items()]


def _told(texts: list[str], what: str) -> str:
    shown_texts = ", ".join(f"`{text[:60]}`" for text in texts[:SHOWN])
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return f"{counted(len(texts), 'line')} {what}: {shown_texts}{more}"


def brought_by_name(history: History, names: Mapping[str, str], origin: str) -> str:
    """Which branch an earlier commit of the integration merged, with that commit; names are by tip."""
    commit = next(commit for commit in history.commits if commit.id == origin)
    branch = next((names[parent] for parent in commit.parents[1:] if parent in names), "")
    return f"{branch} (merge {commit.id[:12]})" if branch else commit.short


def told(history: History, names: Mapping[str, str], lost: list[Loss]) -> str:
    """Losses, one a line."""
    return "\n".join(
        f"  {shown(loss.path)}, of {brought_by_name(history, names, loss.origin)}: {loss.text}" for loss in lost
    )
