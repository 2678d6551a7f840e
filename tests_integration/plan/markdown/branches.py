"""The branches of a plan, from how a document lists them."""

import re
from collections.abc import Sequence
from itertools import pairwise

from tests_integration.plan.markdown.draft import Draft
from tests_integration.plan.markdown.entries import DECISIVE, PARTS, Entry, Told, first_alike, listings, split_of
from tests_integration.plan.markdown.outline import Line, Section
from tests_integration.plan.markdown.parents import read_parents
from tests_integration.plan.markdown.sources import put_source
from tests_integration.plan.markdown.words import (
    COMMIT,
    EFFORT,
    NEVER,
    aside,
    branch_name,
    is_branch_like,
    is_place,
    said,
    same,
)

STATUS = frozenset({"status", "state", "remark", "remarks", "note", "notes", "comment", "ready"})
NOT_MERGED = re.compile(
    r"\b(?:do not|don't|never) merge\b|\bnot (?:in|part of|for) this wave\b|\balready (?:merged|integrated)\b"
    r"|\bnot ready\b|\bonly (?:if|when|after)\b|\bunless\b|\bprovided that\b",
    re.IGNORECASE,
)
NOT_NOW = re.compile(
    r"\b(?:postponed|deferred|skip(?:ped)?|excluded|superseded|on hold|wip|blocked|abandoned|obsolete|cancell?ed)\b"
    r"|\bdropped\b|[❌✗✘]",
    re.IGNORECASE,
)
"""What a status, or a note in brackets, may say of a branch that is not to be merged."""

READY = re.compile(
    r"\b(?:accepted|approved|completed?|done|final|green|implemented|ok|pass(?:ed|es|ing)?|ready|reviewed|tested|verified)\b"
    r"|[✅✓✔☑]",
    re.IGNORECASE,
)
"""What a status says of a branch that is to be merged."""

OPEN = re.compile(
    r"optional|if (?:time|possible)\b.*|tb[dc]|tentative|maybe|to be (?:decided|confirmed)|not yet\b.*|later",
    re.IGNORECASE,
)
"""What a part of the line may be that lists it, where that is open."""

FULL = frozenset({40, 64})
"""Digits of a full commit id."""


def read_branches(draft: Draft, root: Section) -> list[Entry]:
    """Put the branches into the plan, in the order of the document; how the document lists them."""
    groups = listings(root)
    entries = [entry for entry in groups[0] if _names_one(draft, entry)] if groups else []
    if not entries:
        _ask_for_all(draft, root)
        return []
    _require_numbered(draft, entries)
    for entry in entries:
        for kind, other in entry.twice:
            _ask_which(draft, entries.index(entry), kind, entry.told[kind], other)
    for group in groups[1:]:
        _learn_from(draft, entries, group)
    ids = _ids(entries)
    for n, (entry, (name, why)) in enumerate(zip(entries, ids, strict=True)):
        draft.put(("branches", n, "id"), name, entry.line.number, why)
        _mark_read(draft, entry)
        _require_merged(draft, entry, name)
        _put_title(draft, entry, n)
        _put_source(draft, entry, n, name)
        _put_contents(draft, entry, n)
        _put_commit(draft, entry, n, name)
    read_parents(draft, entries)
    return entries


def _ask_for_all(draft: Draft, root: Section) -> None:
    line, text = root.sections[0].heading.number if root.sections else 1, "none is listed"
    if found := first_alike(root):
        line, text = found.number, "none is listed under a heading such as `Merge Order`, and this list names some"
    draft.ask(("branches",), line, text, "branches: [{id: E1, title: …, from: origin/effort/E1}]")


def _names_one(draft: Draft, entry: Entry) -> bool:
    named = bool(entry.branch) or "id" in entry.told
    if not named:
        text = f"{entry.line.text!r} stands among the branches and names none"
        draft.ask(("branches",), entry.line.number, text, "branches: [{id: E1, title: …, from: origin/effort/E1}]")
    return named


def _require_merged(draft: Draft, entry: Entry, name: str) -> None:
    """Ask where a line says of a branch in the list that it is not to be merged, or not yet."""
    status = entry.told.get("status")
    if status and (not READY.search(status.value) or NEVER.search(status.value)):
        _ask_whether(draft, name, status.line, status.value)
    for line in entry.beside:
        if status and line is status.line:
            continue
        told, (text, inside) = said(line), aside(line.text)
        notes = [told.value] if told.label in STATUS or line in entry.beside[1:] else inside
        parts = [part for one in (text, *notes) for part in PARTS.split(one)]
        found = NOT_MERGED.search(line.text) or next(filter(None, map(NOT_NOW.search, notes)), None)
        if found := found or next(filter(None, map(OPEN.fullmatch, parts)), None):
            _ask_whether(draft, name, line, found[0])


def _ask_whether(draft: Draft, name: str, line: Line, what: str) -> None:
    text = f"{name} is listed, and {what!r} stands with it; is it merged? Strike it out (~~…~~) if it is not"
    draft.ask(("branches", name), line.number, text, f"branches: [{{id: {name}}}]")


def _mark_read(draft: Draft, entry: Entry) -> None:
    """Note the lines that something is taken from: of those below the entry, each that is understood."""
    for told in entry.told.values():
        below = () if told.line is entry.line else told.line.lines
        draft.read.update(line.number for line in (told.line, *below))


def _require_numbered(draft: Draft, entries: Sequence[Entry]) -> None:
    """Ask where a list's own numbers are in another order than its lines; `1.` each time is none."""
    numbered = [(entry.line.ordinal, entry.line.number) for entry in entries if entry.line.ordinal is not None]
    for (before, _), (after, line) in pairwise(numbered):
        if after < before:
            text = f"{before} stands before {after}: are branches merged by their numbers, or as they are listed?"
            draft.ask(("branches",), line, text, "branches: [{id: …}, …] in the order of merging")
            return


def _ask_which(draft: Draft, n: int, kind: str, first: Told, other: Told) -> None:
    """Ask where two lines say of a branch what cannot both be."""
    a, b = (same(_of(told) or told.value.strip("`\"'")) for told in (first, other))
    shorter, longer = sorted((a, b), key=len)
    if longer.startswith(shorter) if kind == "commit" else f"/{longer}".endswith(f"/{shorter}"):
        return
    key = kind if kind in {"parent", "commit"} else "from"
    text = f"line {first.line.number} says {first.value!r}, and this line {other.value!r}"
    draft.ask(("branches", n, key), other.line.number, text, f"branches: [{{id: …, {key}: …}}]")


def _learn_from(draft: Draft, entries: Sequence[Entry], group: Sequence[Entry]) -> None:
    """Take in what another list says of the same branches; that it has another order or another branch is asked."""
    met: list[int] = []
    for entry in group:
        found = [n for n, known in enumerate(entries) if known.keys & entry.keys]
        if found:
            met.append(found[0])
            _mark_read(draft, entry)
            for kind in DECISIVE & entry.told.keys() & entries[found[0]].told.keys():
                _ask_which(draft, found[0], kind, entries[found[0]].told[kind], entry.told[kind])
            entries[found[0]].told = {**entry.told, **entries[found[0]].told}
            entries[found[0]].fixes = {**entry.fixes, **entries[found[0]].fixes}
        elif entry.branch and is_branch_like(entry.branch):
            text = f"{entry.branch!r} is listed here, and not in the list that begins in line {entries[0].line.number}"
            draft.ask(("branches",), entry.line.number, text, "branches: [{id: …, title: …, from: …}]")
        else:
            draft.remark(entry.line.number, f"{entry.line.text!r} stands among the branches and names none of them")
    if missing := [entry for n, entry in enumerate(entries) if n not in met and len(set(met)) > 1]:
        names = ", ".join(entry.branch or entry.line.text for entry in missing)
        draft.remark(
            group[0].line.number, f"this list has not {names}, which the one in line {entries[0].line.number} has"
        )
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
    _tell_beside(draft, entry)
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


def _tell_beside(draft: Draft, entry: Entry) -> None:
    """What stands beside the name of a branch: its commit, or something that is not read."""
    for told in (entry.told[kind] for kind in ("source", "remote") if kind in entry.told):
        beside = told.value.replace(_of(told), "", 1).strip(" `.,;:()@")
        if (commit := COMMIT.search(beside)) and "commit" not in entry.told:
            entry.tell("commit", commit[0], told.line)
        elif beside and _of(told):
            draft.remark(told.line.number, f"{beside!r}, beside the name of the branch, is not read")


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
