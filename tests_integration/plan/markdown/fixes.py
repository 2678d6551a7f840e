"""Known fixes that a document declares: what goes wrong, after which branch, and what is done about it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tests_integration.plan.markdown.draft import Draft
from tests_integration.plan.markdown.entries import Entry
from tests_integration.plan.markdown.outline import Fence, Line, Section, Table
from tests_integration.plan.markdown.words import CLAUSE, FIX, NEVER, aside, label, paths_in, said, same

ABOUT = re.compile(r"\bfix|\bguidance\b|\bhealing\b|\bbugs?\b|\bissues?\b|\bdefects?\b")
"""Headings under which fixes are declared."""

UNTOLD = frozenset({"fix", "fix for", "fix sequence", "fix sequence for", "sequence"})
PROBLEM = frozenset({"issue", "problem", "bug", "description", "cause", "root cause"})
AFTER = re.compile(
    r"\bafter\s+(?:the\s+)?(?:merg(?:e|ing)\s+(?:of\s+)?)?([\w./-]+)|\bmerg(?:e|ing)\s+(?:of\s+)?([\w./-]+)",
    re.IGNORECASE,
)
DELETE = re.compile(r"\b(?:delete|deleting|remove|drop|git rm)\b", re.IGNORECASE)
PART = re.compile(r"\b(?:from|in|inside|within|of)\b", re.IGNORECASE)
"""Words before the file of which a part only is deleted."""

JOINS = re.compile(r"&|\+|also|and|as|both|delete|deleting|drop|files?|git|plus|remove|rm|the|then|well")
"""Words between files that are deleted together."""

GOES_ON = re.compile(
    r"after(wards)?|because|before|both|by|during|first|for|if|once|since|these|too|when|while|with|\W*"
)
"""What may follow several of them, and tells that the last one is of them too."""

KEEP = re.compile(r"\bkeep\b|\bnot\b|\binstead of\b", re.IGNORECASE)
TAKE = {
    "theirs": re.compile(r"\b(?:accept|take|use|keep)\s+(?:the\s+)?(?:incoming|theirs|branch)\b", re.IGNORECASE),
    "ours": re.compile(r"\b(?:accept|take|use|keep)\s+(?:the\s+)?(?:ours|current|base|existing)\b", re.IGNORECASE),
}
APPLY = re.compile(r"\bapply\b", re.IGNORECASE)
PATCHES = (".patch", ".diff")
PROVEN = re.compile(r"\bproven\s*(?:successful(?:ly)?|to work)?\s*(?:in|by|:)\s*([^().;]+)", re.IGNORECASE)
TWIN = re.compile(
    r"(?:conflicts with|duplicates|duplicate of|redeclares|already (?:in|declared (?:in|by)))\s+(\S+)", re.IGNORECASE
)
NOTED = re.compile(
    r"^(?:merge|amend|commit --amend|git (?:merge|commit --amend)|verify|check|build|test|run (?:the )?(?:build|tests?)"
    r"|continue|document|confirm)\b",
    re.IGNORECASE,
)
"""Steps that the run does anyway."""

PLACED = frozenset({"after", "branch", "effort", "merge", "in", "in merge", "after merge", "applied after"})
"""Columns of the branch whose merge holds a fix."""

EDIT = re.compile(
    r"\b(?:adjust|change|edit|insert|modify|move|rename|replace|rewrite|update)\b"
    r"|\b(?:must|should|(?:has|needs|is) to) be\b",
    re.IGNORECASE,
)
"""Words that want something else of a file."""

APART = re.compile(r"\b(?:separate|own|new|additional)\s+commit\b", re.IGNORECASE)
ELSEWHERE = re.compile(r"\b(?:fixed|applied|corrected|resolved|complete)\b.*", re.IGNORECASE)


@dataclass
class _Found:
    """A fix while it is read."""

    line: Line
    words: list[Line] = field(default_factory=list)
    steps: list[Line] = field(default_factory=list)


def is_of_fix(section: Section) -> bool:
    """Whether a section declares a fix."""
    return bool(FIX.search(section.heading.text))


def asks_for(line: Line) -> tuple[str, list[str]]:
    """What a line wants done inside a merge, as a plan calls it, and to which files; none where it wants nothing."""
    if file := _patch(line.text):
        return "patch", [file]
    clauses = (PART.split(aside(_deleted_in(text))[0])[0] for text in CLAUSE.split(line.text))
    return "delete", [file for clause in clauses for file in _enumerated(clause)[0]]


def read_fixes(draft: Draft, root: Section, entries: Sequence[Entry]) -> None:
    """Put the fixes into the plan; one whose place or action is open is asked for."""
    found = _found(root)
    ids = [str(branch["id"]) for branch in draft.data.get("branches", [])]  # type: ignore[attr-defined]
    mentioned = {fix: (n, line) for n, entry in enumerate(entries) for fix, line in entry.fixes.items()}
    count = 0
    for name, fix in found.items():
        after = _after(fix, entries, ids)
        if not after and name in mentioned:
            after = ids[mentioned[name][0]], mentioned[name][1].number
        if _put(draft, name, fix, after, count):
            count += 1
        draft.read.update(line.number for entry in entries if (line := entry.fixes.get(name)))
    for name in mentioned.keys() - found.keys():
        text = f"{name} is mentioned, and no line says what is done about it"
        draft.remark(mentioned[name][1].number, text)


def _found(root: Section) -> dict[str, _Found]:
    found: dict[str, _Found] = {}
    for section in root.all():
        if heading := FIX.search(section.heading.text):
            fix = found.setdefault(heading[1], _Found(section.heading))
            for block in (block for inner in section.all() for block in inner.blocks):
                _collect(fix, block)
        elif ABOUT.search(label(section.heading.text)):
            for line in section.lines:
                if name := FIX.match(line.text):
                    _collect(found.setdefault(name[1], _Found(line)), line)
            for table in (block for block in section.blocks if isinstance(block, Table)):
                _collect_rows(found, table)
    return found


def _collect_rows(found: dict[str, _Found], table: Table) -> None:
    """Take in the rows that have the id of a fix in a cell of its own."""
    heads = [label(cell.text) for cell in table.head]
    for row in table.rows:
        at = next((n for n, cell in enumerate(row) if FIX.fullmatch(cell.text)), None)
        if at is not None:
            fix = found.setdefault(row[at].text, _Found(row[at]))
            fix.words += [
                replace(cell, text=f"after {cell.text}" if head in PLACED else f"{head}: {cell.text}", strong="")
                for n, (head, cell) in enumerate(zip(heads, row, strict=True))
                if n != at and cell.text
            ]


def _collect(fix: _Found, block: object) -> None:
    if isinstance(block, Fence):
        fix.steps += [Line(block.number + n, text) for n, text in enumerate(block.content.splitlines()) if text.strip()]
    if isinstance(block, Table) and len(block.head) == len(("label", "value")):
        rows = [block.head, *block.rows]
        fix.words += [replace(value, text=f"{name.text}: {value.text}", strong="") for name, value in rows]
    if not isinstance(block, Line):
        return
    is_step = block.ordinal is not None
    (fix.steps if is_step else fix.words).append(block)
    for child in block.children:
        _collect(fix, child)


def _after(fix: _Found, entries: Sequence[Entry], ids: Sequence[str]) -> tuple[str, int] | None:
    """The branch whose merge holds the fix, and the line that says so."""
    for line in (*fix.steps, *fix.words):
        for groups in AFTER.findall(line.text):
            name = same(next(filter(None, groups), "").rstrip(".,:"))
            called = [entry.keys | {same(known)} for entry, known in zip(entries, ids, strict=True)]
            exact = [known for known, names in zip(ids, called, strict=True) if name in names]
            alike = [known for known, entry in zip(ids, entries, strict=True) if name in entry.efforts]
            if exact or alike:
                return (exact or alike)[-1], line.number
    return None


def _put(draft: Draft, name: str, fix: _Found, after: tuple[str, int] | None, n: int) -> bool:
    """Put one fix into the plan where the document says what it does; whether it did."""
    action, line = _action(draft, name, fix)
    wrong = [step for step in fix.steps if not _is_understood(step)]
    for step in wrong:
        text = f"the step {step.text!r} of {name} is none that a merge can hold: delete FILE, take a side, apply PATCH"
        draft.ask(("fixes", name), step.number, text, f"fixes: [{{id: {name}, delete: [FILE]}}]")
    draft.read.update(step.number for step in fix.steps)
    if not action and not line and not wrong:
        _ask_what(draft, name, fix)
    if not action:
        return False
    draft.put(("fixes", n, "id"), name, fix.line.number)
    problem, problem_line = _problem(fix, name)
    draft.put(("fixes", n, "problem"), problem, problem_line)
    if after:
        draft.put(("fixes", n, "after"), *after)
    else:
        settle = f"fixes: [{{id: {name}, after: E1}}]"
        draft.ask(("fixes", n, "after"), fix.line.number, f"after which branch is {name} applied?", settle)
    for key, value in action.items():
        draft.put(("fixes", n, key), value, line)
    deleted = action.get("delete")
    if isinstance(deleted, list) and (twin := _twin(fix, deleted)):
        draft.put(("fixes", n, "needs"), [twin], problem_line, "what it is a duplicate of has to be there")
    if proven := next(
        ((told[1], one.number) for one in (fix.line, *fix.words) if (told := PROVEN.search(one.text))), None
    ):
        draft.put(("fixes", n, "proven"), proven[0].strip(), proven[1])
    return True


def _ask_what(draft: Draft, name: str, fix: _Found) -> None:
    """Ask what a fix does that names no file, side or patch; where it seems to ask for nothing, that is told."""
    if fix.steps:
        text, settle = f"what does {name} do?", f"fixes: [{{id: {name}, delete: [FILE]}}]"
        draft.ask(("fixes", name), fix.line.number, text, settle)
    elif edit := _edit(fix):
        text = (
            f"{edit.text!r} is nothing that a merge can hold: delete FILE, take a side, apply PATCH; strike it out"
            " (~~…~~) if no merge does"
        )
        draft.ask(("fixes", name), edit.number, text, f"fixes: [{{id: {name}, patch: FILE}}]")
    else:
        draft.remark(fix.line.number, f"{name} asks for nothing inside a merge: no file, side or patch is named")


def _edit(fix: _Found) -> Line | None:
    """The line that wants a file changed, or something else than a merge can hold."""
    return next((line for line in (fix.line, *fix.words) if EDIT.search(line.text) and [*_files(line.text)]), None)


def _is_understood(step: Line) -> bool:
    text = step.text.strip().lstrip("#").strip()
    if APART.search(text):
        return False
    does = (NOTED, DELETE, *TAKE.values())
    is_remark = step.text.lstrip().startswith("#")
    return is_remark or bool(_patch(text)) or any(pattern.search(text) for pattern in does)


def _patch(text: str) -> str:
    """The patch that is to be applied, or empty."""
    return next((file for file in paths_in(text) if file.endswith(PATCHES)), "") if APPLY.search(text) else ""


class _Deeds(NamedTuple):
    """What the lines of a fix ask for, each with its line.

    Attributes:
        patches: files to apply.
        taken: files to take, by side.
        deleted: files to delete.
        vague: a line that takes a side of no file, or deletes a part of one; 0 where there is none.
    """

    patches: dict[str, int]
    taken: dict[str, dict[str, int]]
    deleted: dict[str, int]
    vague: int

    @property
    def told(self) -> dict[str, int]:
        """Each as a fix of its own would have it, for people."""
        sides = {f"take {side} of {', '.join(files)}": min(files.values()) for side, files in self.taken.items()}
        gone = {f"delete {', '.join(self.deleted)}": min(self.deleted.values())} if self.deleted else {}
        taken = {", ".join(sides): min(sides.values())} if sides else {}
        return {f"apply {patch}": number for patch, number in self.patches.items()} | taken | gone


def _deeds(fix: _Found) -> _Deeds:
    lines = [*fix.steps, *fix.words]
    every = list(dict.fromkeys(path for line in lines for path in _files(line.text)))
    found = _Deeds({patch: line.number for line in lines if (patch := _patch(line.text))}, {}, {}, 0)
    for number, text in ((line.number, text) for line in lines for text in CLAUSE.split(line.text)):
        for side, pattern in TAKE.items():
            if (verb := pattern.search(text)) and not NEVER.search(text[: verb.start()]):
                if files := {_whole(file, every): number for file in _files(text)}:
                    found.taken.setdefault(side, {}).update(files)
                else:
                    found = found._replace(vague=number)
        whole, *parts = PART.split(aside(_deleted_in(text))[0], maxsplit=1)
        gone, is_clear = _enumerated(whole)
        for file in gone if is_clear else ():
            found.deleted.setdefault(_whole(file, every), number)
        if ([*_files("".join(parts))] and not gone) or not is_clear:
            found = found._replace(vague=number)
    return found


def _action(draft: Draft, name: str, fix: _Found) -> tuple[dict[str, object], int]:
    """What the fix does, as the plan's keys, and the line that says so; no key, and the line where that was asked."""
    found = _deeds(fix)
    if len(found.told) > 1:
        number = max(found.told.values())
        text = f"{name} does several things: {'; '.join(found.told)}; a fix does one, and another has an id of its own"
        draft.ask(("fixes", name), number, text, f"fixes: [{{id: {name}, …}}, {{id: {name}-2, …}}]")
        return {}, number
    if found.patches:
        return {"patch": next(iter(found.patches))}, next(iter(found.patches.values()))
    if found.taken:
        return {"take": {side: list(files) for side, files in found.taken.items()}}, next(iter(found.told.values()))
    if found.vague and not found.deleted:
        text = f"which whole files does {name} delete, or take from a side? A fix that edits one is a patch"
        draft.ask(("fixes", name), found.vague, text, f"fixes: [{{id: {name}, patch: FILE}}]")
        return {}, found.vague
    coded = {code for line in (*fix.steps, *fix.words) for code in line.codes}
    for file, number in found.deleted.items():
        if "/" not in file and file not in coded:
            text = f"{name} deletes {file!r}: is that a file at the top of the repository, or in which folder?"
            draft.ask(("fixes", name), number, text, f"fixes: [{{id: {name}, delete: [FOLDER/{file}]}}]")
    return ({"delete": list(found.deleted)} if found.deleted else {}), next(iter(found.deleted.values()), 0)


def _deleted_in(text: str) -> str:
    """The part of a line that names what is deleted, or empty."""
    verb = DELETE.search(text)
    return KEEP.split(text[verb.end() :])[0] if verb and not NEVER.search(text[: verb.start()]) else ""


def _enumerated(text: str) -> tuple[list[str], bool]:
    """The files that a text begins to name, up to what is said of them; whether the last one is surely among them."""
    files: list[str] = []
    for word in text.split():
        plain = word.strip("`'\"(),;:").casefold()
        if found := [*_files(word)]:
            files += found
            if word.endswith(":"):
                break
        elif files and not JOINS.fullmatch(plain):
            return files, len(files) == 1 or bool(GOES_ON.fullmatch(plain))
    return files, True


def _files(text: str) -> Iterator[str]:
    yield from (path for path in paths_in(text) if path.casefold() not in {"e.g", "i.e"})


def _whole(file: str, known: Sequence[str]) -> str:
    """The whole path of a file that is named by its last part, where another line has it."""
    return next((path for path in known if path.endswith(f"/{file}")), file)


def _problem(fix: _Found, name: str) -> tuple[str, int]:
    for line in fix.words:
        told = said(line)
        if told.label in PROBLEM and told.value:
            return told.value, line.number
    rest = FIX.sub("", aside(fix.line.text)[0]).strip(" :-–—*")  # noqa: RUF001 - dashes as people type them
    return rest if rest and rest.casefold() not in UNTOLD else name, fix.line.number


def _twin(fix: _Found, deleted: Sequence[object]) -> str:
    """The file that the deleted one is a duplicate of; one without a folder lies beside it."""
    for line in fix.words:
        if found := TWIN.search(line.text):
            files = paths_in(found[1])
            folder = str(deleted[0]).rpartition("/")[0]
            if files:
                return files[0] if "/" in files[0] or not folder else f"{folder}/{files[0]}"
    return ""
