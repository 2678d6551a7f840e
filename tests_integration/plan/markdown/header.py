"""What a document says of the whole wave: title, date, phase, wave, attempt, base and integration branch."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tests_integration.plan.markdown.draft import Draft
from tests_integration.plan.markdown.outline import Line, Section
from tests_integration.plan.markdown.sources import USUAL, known_remotes, put_source
from tests_integration.plan.markdown.words import COMMIT, Statement, branch_name, moment, statements
from tests_integration.plan.model import locate
from tests_integration.plan.variables import VARIABLE

LABELS = {
    "title": ("title",),
    "date": ("date", "created", "plan created", "created at", "plan date"),
    "project": ("project", "project prefix"),
    "phase": ("phase",),
    "wave": ("wave",),
    "attempt": ("attempt", "iteration", "integration attempt"),
    "target": ("target branch", "target"),
    "base": ("base branch", "base", "starting point", "starting branch"),
    "integration": ("integration branch", "branch to build"),
}
"""Labels of each thing that is said of the wave."""

FIELD = {label: name for name, labels in LABELS.items() for label in labels}

NUMBERED = {
    "phase": re.compile(r"\bphase[\s-]*#?([0-9]+(?:\.[0-9]+)*)", re.IGNORECASE),
    "wave": re.compile(r"\bwave[\s-]*#?([0-9]+(?:\.[0-9]+)*)", re.IGNORECASE),
    "attempt": re.compile(
        rf"\b(?:attempt|iteration)[\s-]*(?:no\.?|nr\.?|number)?\s*#?([0-9]+|{VARIABLE.pattern})", re.IGNORECASE
    ),
}
"""How a heading counts."""

TRIED = re.compile(r"\b(?:attempt|iteration)\b", re.IGNORECASE)

NUMBER = {
    "phase": re.compile(r"#?([0-9]+(?:\.[0-9]+)*)"),
    "wave": re.compile(r"#?([0-9]+(?:\.[0-9]+)*)"),
    "attempt": re.compile(rf"#?([0-9]+|{VARIABLE.pattern})"),
}
"""How a line does, behind its label."""

TITLE = re.compile(r"\b(?:integration|merge)(?:\s+(?:merge|integration))*\s+plan\b|#", re.IGNORECASE)
"""What a heading says beside the title of the wave."""

ATTEMPT = re.compile(rf"\(?{NUMBERED['attempt'].pattern}\)?", re.IGNORECASE)


class Facts(NamedTuple):
    """What was found under the labels, each with all that was said; and the document's first heading."""

    said: Mapping[str, list[Statement]]
    heading: Line

    def one(self, draft: Draft, name: str, key: str) -> Statement | None:
        """What is said under a label; that two lines say different things is asked about."""
        found = self.said.get(name, [])
        others = [one for one in found[1:] if _plain(one.value) != _plain(found[0].value)]
        if others and key not in draft.settled:
            text = f"line {found[0].line} says {found[0].value!r}, and this line {others[0].value!r}"
            draft.ask((key,), others[0].line, text, f"{key}: {_plain(found[0].value)}")
        draft.read.update(one.line for one in found)
        return found[0] if found else None


def facts(root: Section, sections: Iterable[Section]) -> Facts:
    """Collect what these sections say under the labels of the wave."""
    said: dict[str, list[Statement]] = {}
    for section in sections:
        for statement in statements(section):
            if (name := FIELD.get(statement.label)) and statement.value:
                said.setdefault(name, []).append(statement)
    headings = [section for section in root.all() if section.heading.text]
    first = next(
        (one.heading for one in headings[:1] if one.level == 1 or TITLE.search(one.heading.text)), root.heading
    )
    return Facts(said, first)


def read_header(draft: Draft, facts: Facts) -> None:
    """Put title, project, phase, wave, attempt and date into the plan."""
    heading = facts.heading
    draft.put(("version",), "1", 1)
    for name in ("phase", "wave", "attempt"):
        _read_number(draft, facts, name)
    _put_title(draft, heading, facts.one(draft, "title", "title"))
    date = facts.one(draft, "date", "date")
    at = moment(date.value) if date else None
    if date and at:
        draft.put(("date",), at.text, date.line, at.added)
    else:
        text = f"{date.value!r} is no date that is understood" if date else "no line gives a date"
        why = ", which every commit gets, so that the same plan gives the same commit"
        draft.ask(("date",), date.line if date else heading.number, text + why, "date: 2025-11-03T09:00:00Z")


def read_bases(draft: Draft, facts: Facts) -> None:
    """Decide what the wave starts from and what is built; `Target Branch` is either, by what else is named."""
    target = facts.one(draft, "target", "base")
    base = facts.one(draft, "base", "base")
    integration = facts.one(draft, "integration", "integration")
    why = ""
    if target and integration and not base:
        base, why = target, f"`Target Branch` is the base, since line {integration.line} names the integration branch"
    elif target and not integration:
        integration = target
        why = "`Target Branch` is the branch to build, since no `Integration Branch` is named"
    elif (
        target and integration and base and _plain(target.value) not in {_plain(integration.value), _plain(base.value)}
    ):
        text = f"{target.value!r} is neither the base in line {base.line} nor the branch in line {integration.line}"
        draft.ask(("base",), target.line, text, f"base: {_plain(base.value)}")
    beside = target.line if target else facts.heading.number
    _put_branch(draft, "base", base, why if base is target else "", beside)
    _put_branch(draft, "integration", integration, why if integration is target else "", facts.heading.number)
    _put_project(draft, facts)


def _put_branch(draft: Draft, key: str, found: Statement | None, why: str, line: int) -> None:
    name = branch_name(found.value, found.codes) if found else ""
    beside = found.value.replace(name, "", 1).strip(" `.,;:()") if found and name else ""
    if found and beside and (COMMIT.search(beside) or not found.value.rstrip().endswith(")")):
        draft.remark(found.line, f"{beside!r}, beside the name of the branch, is not read")
    if found and name and key == "base":
        put_source(draft, ("base",), name, found.line, reason=why)
        return
    if found and name:
        remote = locate(name, known_remotes(draft))
        draft.put((key,), remote.branch if remote else name, found.line, why)
        return
    what = "the branch that the wave starts from" if key == "base" else "the branch to build"
    example = "base: origin/main" if key == "base" else "integration: phase1-wave2-integration"
    text = f"{found.value!r} names no branch; which is {what}?" if found else f"no line names {what}"
    draft.ask((key,), found.line if found else line, text, example)


def _put_project(draft: Draft, facts: Facts) -> None:
    """The project that is named, or the folder that base and integration branch both stand in."""
    if told := facts.one(draft, "project", "project"):
        draft.put(("project",), told.value, told.line)
        return
    base = locate(str(draft.data.get("base", "")), known_remotes(draft) | {USUAL})
    first, slash, _ = str(draft.data.get("integration", "")).partition("/")
    if base and slash and base.branch.startswith(f"{first}/"):
        line = draft.marks["integration",].line
        draft.put(("project",), first, line, "names of base and integration branch both begin so")


def _read_number(draft: Draft, facts: Facts, name: str) -> None:
    labelled = facts.one(draft, name, name)
    counted = NUMBERED[name].search(facts.heading.text)
    number = NUMBER[name].match(labelled.value) if labelled else None
    if labelled and not number and name == "attempt":
        draft.ask((name,), labelled.line, f"{labelled.value!r} is no number", "attempt: 2")
    elif labelled:
        draft.put((name,), number[1] if number else labelled.value, labelled.line)
        if counted and number and counted[1] != number[1]:
            text = f"says {number[1]}, and the heading in line {facts.heading.number} says {counted[1]}"
            draft.ask((name,), labelled.line, text, f"{name}: {number[1]}")
    elif counted:
        draft.put((name,), counted[1], facts.heading.number)
    elif name == "attempt" and TRIED.search(facts.heading.text):
        draft.ask((name,), facts.heading.number, f"{facts.heading.text!r} does not say which attempt", "attempt: 2")


def _put_title(draft: Draft, heading: Line, told: Statement | None) -> None:
    """What is called the title, else the heading without what every such document says, and without the attempt."""
    rest = " ".join(ATTEMPT.sub(" ", TITLE.sub(" ", heading.text)).split())
    rest = rest.removeprefix("for ").strip(" -–—:,()")  # noqa: RUF001 - dashes as people type them
    numbers = [f"{name.capitalize()} {draft.data[name]}" for name in ("phase", "wave") if name in draft.data]
    if told:
        draft.put(("title",), told.value, told.line)
    elif rest:
        draft.put(("title",), rest if rest.count("(") == rest.count(")") else f"{rest})", heading.number)
    elif numbers:
        draft.put(("title",), " ".join(numbers), heading.number, "the heading says no more")
    else:
        draft.ask(("title",), heading.number, "no heading names the wave", "title: Phase 1 Wave 2")


def _plain(value: str) -> str:
    return branch_name(value) or value.strip()
