"""The branches of a plan, from how a document lists them."""

import re
from collections.abc import Sequence
from itertools import pairwise

from tests_integration.plan.markdown.draft import Draft
from tests_integration.plan.markdown.entries import Entry, Told, listings, split_of
from tests_integration.plan.markdown.outline import Section
from tests_integration.plan.markdown.parents import read_parents
from tests_integration.plan.markdown.sources import put_source
from tests_integration.plan.markdown.words import COMMIT, EFFORT, branch_name, is_branch_like, is_place

FULL = frozenset({40, 64})
"""Digits of a full commit id."""


def read_branches(draft: Draft, root: Section) -> list[Entry]:
    """Put the branches into the plan, in the order of the document; how the document lists them."""
    groups = listings(root)
    entries = [entry for entry in groups[0] if _names_one(draft, entry)] if groups else []
    if not entries:
        example = "branches: [{id: E1, title: …, from: origin/effort/E1}]"
        draft.ask(("branches",), root.sections[0].heading.number if root.sections else 1, "none is listed", example)
        return []
    for group in groups[1:]:
        _learn_from(draft, entries, group)
    ids = _ids(entries)
    for n, (entry, (name, why)) in enumerate(zip(entries, ids, strict=True)):
        draft.put(("branches", n, "id"), name, entry.line.number, why)
        _put_title(draft, entry, n)
        _put_source(draft, entry, n, name)
        _put_contents(draft, entry, n)
        _put_commit(draft, entry, n, name)
    read_parents(draft, entries)
    return entries


def _names_one(draft: Draft, entry: Entry) -> bool:
    named = bool(entry.branch) or "id" in entry.told
    if not named:
        text = f"{entry.line.text!r} stands among the branches and names none"
        draft.ask(("branches",), entry.line.number, text, "branches: [{id: E1, title: …, from: origin/effort/E1}]")
    return named


def _learn_from(draft: Draft, entries: Sequence[Entry], group: Sequence[Entry]) -> None:
    """Take in what another list says of the same branches; that it has another order or another branch is asked."""
    met: list[int] = []
    for entry in group:
        found = [n for n, known in enumerate(entries) if known.keys & entry.keys]
        if found:
            met.append(found[0])
            entries[found[0]].told = {**entry.told, **entries[found[0]].told}
            entries[found[0]].fixes = {**entry.fixes, **entries[found[0]].fixes}
        elif entry.branch and is_branch_like(entry.branch):
            text = f"{entry.branch!r} is listed here, and not in the list that begins in line {entries[0].line.number}"
            draft.ask(("branches",), entry.line.number, text, "branches: [{id: …, title: …, from: …}]")
        else:
            draft.remark(entry.line.number, f"{entry.line.text!r} stands among the branches and names none of them")
    if met != sorted(met):
        first = next(n for n, (a, b) in enumerate(pairwise(met)) if a > b)
        text = f"this list has another order than the one that begins in line {entries[0].line.number}"
        draft.ask(("branches",), group[first + 1].line.number, text, "branches: [{id: …}, …] in the order of merging")


def _ids(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """An id for each branch, and how it came about where the document does not say it."""
    found = [_id(entry) for entry in entries]
    names = [name for name, _ in found]
    for n, entry in enumerate(entries):
        if names.count(names[n]) > 1 and (branch := entry.branch) and "id" not in entry.told:
            found[n] = (_safe(branch), "the line gives no id, and the end of the branch's name is not the only one")
    return found


def _id(entry: Entry) -> tuple[str, str]:
    told, branch = entry.told.get("id"), entry.branch
    if not told:
        return _safe(branch.rpartition("/")[2]), "the line gives no id; the branch's name ends so"
    effort = EFFORT.search(told.value)
    name = effort[1] if effort else told.value
    split, own = split_of(name), split_of(branch)
    if split:
        plain = name[: -len(split)] + split.lower()
        return plain, "" if plain == name else "splits are written in small letters"
    return (f"{name}{own.lower()}", "the branch's name tells which split it is") if own else (name, "")


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._") or "branch"


def _put_title(draft: Draft, entry: Entry, n: int) -> None:
    if title := entry.told.get("title"):
        draft.put(("branches", n, "title"), title.value, title.line.number)
    else:
        name = entry.branch.rpartition("/")[2] or entry.line.text
        draft.put(("branches", n, "title"), name, entry.line.number, "the line gives no title")


def _put_source(draft: Draft, entry: Entry, n: int, name: str) -> None:
    place = ("branches", n, "from")
    remote, source, where = (entry.told.get(kind) for kind in ("remote", "source", "place"))
    branch = _of(source) or (entry.branch if source is None else "")
    if where and branch and is_place(where.value):
        draft.put(("remotes", name), where.value, where.line.number)
        draft.put(place, f"{name}/{branch}", (source or where).line.number, f"at the place in line {where.line.number}")
    elif remote and source and "/" not in remote.value and branch:
        put_source(draft, place, f"{remote.value}/{branch}", source.line.number, with_remote=True)
    elif remote and (named := _of(remote)):
        put_source(draft, place, named, remote.line.number, with_remote="/" in named)
    elif source and branch:
        put_source(draft, place, branch, source.line.number)
    else:
        told = remote or source
        line = told.line.number if told else entry.line.number
        text = f"{told.value!r} is no branch's name" if told else "the document does not say which branch it is"
        draft.ask(place, line, text, f"branches: [{{id: {name}, from: REMOTE/BRANCH}}]")


def _of(told: Told | None) -> str:
    return branch_name(told.value, told.line.codes) if told else ""


def _put_contents(draft: Draft, entry: Entry, n: int) -> None:
    contents, lines = entry.told.get("contains"), entry.told.get("lines")
    counted = f"({lines.value} lines)" if lines and lines.value.isdecimal() else f"({lines.value})" if lines else ""
    line = (contents or lines or Told("", entry.line)).line.number
    if text := " ".join(filter(None, [contents.value if contents else "", counted])):
        draft.put(("branches", n, "contains"), text if contents else text.strip("()"), line)


def _put_commit(draft: Draft, entry: Entry, n: int, name: str) -> None:
    told = entry.told.get("commit")
    found = COMMIT.search(told.value) if told else None
    if not told or not found:
        return
    place, short = ("branches", n, "commit"), found[0]
    if len(short) in FULL:
        draft.put(place, short, told.line.number)
    elif full := draft.around.commit(short):
        draft.put(place, full, told.line.number, f"{short} in the clone")
    else:
        text = f"{short!r} is no full commit id, and the clone has no such commit"
        draft.ask(place, told.line.number, text, f"branches: [{{id: {name}, commit: …}}]")
