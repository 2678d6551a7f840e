"""How the branch is built, tested and demonstrated: as the document says, or as what is there suggests."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from tests_integration.plan.markdown.draft import Draft
from tests_integration.plan.markdown.outline import Block, Fence, Section
from tests_integration.plan.markdown.words import label, paths, said, statements
from tests_integration.steps import Step

INFRASTRUCTURE = "infrastructure"
"""Folder beside a document, or in the folder of its name, whose files are the demo and its document."""


LABELS = {
    "build": frozenset({"build", "build command", "build commands"}),
    "test": frozenset({"test", "tests", "test command", "test commands"}),
}
UNMARKED = {stage: frozenset({f"{stage} command", f"{stage} commands"}) for stage in LABELS}
"""Labels behind which nothing but commands stands."""

SECTIONS = {
    "build": frozenset({*LABELS["build"], "build verification"}),
    "test": frozenset({*LABELS["test"], "testing", "test verification"}),
}
BOTH = re.compile(r"\bbuild\b.*\btests?\b")
CHECKED = re.compile(r"\bverif|\bvalidat|\bquality gates?\b|\bchecks\b")
TOOL = re.compile(
    r"(?:bazel|bundle|cargo|cmake|ctest|dotnet|go|gradle|\./gradlew|make|meson|mix|mvn|ninja|npm|npx|pnpm|pytest"
    r"|python3? -m|rake|sbt|tox|yarn)\s"
)
"""What builds and tests, wherever nothing but a list of commands says so."""

TESTING = re.compile(r"\b(?:tests?|check|vet|lint|pytest|ctest|spec)\b")
SHELLS = frozenset({"", "bash", "sh", "shell", "console", "zsh"})
"""What blocks of code with commands are marked as."""

GOES_ON = "\\"
FOR_OTHERS = re.compile(r"(?:cd|pushd|export|source|set|umask|\.)\s|[A-Za-z_]\w*=\S*$")
"""Commands that do nothing but change the shell that they run in."""

SCRIPT = frozenset({"demo script", "demo", "demonstration", "demonstration script"})
DOCUMENT = frozenset({"demo document", "demo documentation", "demo document file"})
WITHIN = {"script": frozenset({"script"}), "document": frozenset({"document", "documentation", "docs", "readme"})}
"""Labels of the same under a heading about the demo."""

DEMO = re.compile(r"\bdemo(nstration)?s?\b")


def read_gates(draft: Draft, root: Section, about_one: Collection[int], line: int) -> None:
    """Put build, test and demo into the plan; what neither the document nor the clone tells is asked for.

    Args:
        draft: the plan.
        root: of the document.
        about_one: identities of the sections about branches, whose own tests are not the wave's.
        line: where what is open is asked for.
    """
    sections = [section for section in root.all() if id(section) not in about_one]
    told = {stage: [*_commands(draft, sections, stage)] for stage in ("build", "test")}
    for stage, found in told.items():
        for n, (number, command, why) in enumerate(found):
            draft.put((stage, n, "run"), command, number, why)
    if not all(told.values()):
        _read_tools(draft, [stage for stage, found in told.items() if not found], line)
    _read_demo(draft, root, line)


def _commands(draft: Draft, sections: Iterable[Section], stage: str) -> Iterator[tuple[int, str, str]]:
    """Lines for bash, each with its number, and why it is of this stage where no label says so."""
    for section in sections:
        for statement in statements(section):
            if statement.label in UNMARKED[stage] and statement.value and not statement.codes:
                text = f"{statement.value!r} is not marked as `code`; is it the command?"
                draft.ask((stage,), statement.line, text, f"{stage}: [{{run: {statement.value}}}]")
            if statement.label in LABELS[stage]:
                yield from (
                    (statement.line, code, "") for code in statement.codes if " " in code or code == statement.value
                )
        title = label(section.heading.text)
        below = [child for line in section.lines if said(line).label in LABELS[stage] for child in line.children]
        for fence in (*(section.blocks if title in SECTIONS[stage] else ()), *below):
            yield from ((number, text, "") for number, text in _lines_of(draft, fence))
        for number, text in _of_either(draft, section, title):
            if bool(TESTING.search(text)) == (stage == "test"):
                yield number, text, f"the line speaks of {'tests' if stage == 'test' else 'no tests'}"


def _of_either(draft: Draft, section: Section, title: str) -> Iterator[tuple[int, str]]:
    """Commands under a heading of both stages, or of what is verified; there, those of tools that build or test."""
    if BOTH.search(title):
        yield from (found for block in section.blocks for found in _lines_of(draft, block))
    elif CHECKED.search(title) and title not in SECTIONS["build"] | SECTIONS["test"]:
        fenced = [block for block in section.blocks if isinstance(block, Fence)]
        alone = [(line.number, line.codes[0]) for line in section.lines if line.text.rstrip(";") == "".join(line.codes)]
        found = [*alone, *(one for fence in fenced for one in _lines_of(draft, fence))]
        yield from ((number, text) for number, text in found if TOOL.match(text))


def _lines_of(draft: Draft, block: Block) -> list[tuple[int, str]]:
    """The commands in a block of code; where one of them is for those after it, all are one."""
    if not isinstance(block, Fence) or block.info.partition(" ")[0] not in SHELLS:
        return []
    found: list[tuple[int, str]] = []
    goes_on = False
    for number, written in enumerate(block.content.splitlines(), block.number):
        text = written.strip().removeprefix("$ ")
        if goes_on:
            found[-1] = found[-1][0], f"{found[-1][1].removesuffix(GOES_ON).rstrip()} {text}"
        elif text and not text.startswith("#"):
            found.append((number, text))
        draft.read.add(number)
        goes_on = bool(found) and text.endswith(GOES_ON)
    if any(FOR_OTHERS.match(text) for _, text in found):
        return [(found[0][0], " && ".join(text for _, text in found))]
    return found


def _read_tools(draft: Draft, stages: Sequence[str], line: int) -> None:
    base = str(draft.settled.get("base") or draft.data.get("base", ""))
    tools = draft.around.tools(base)
    passed: dict[str, None] = {}
    for stage in stages:
        step = tools.get(stage)
        if step is None or step.others:
            _ask_how(draft, stage, step, line)
            continue
        why = f"by the base's {step.because}"
        for n, command in enumerate(step.lines):
            draft.put((stage, n, "run"), command, 0, why)
        passed |= dict.fromkeys(step.passed)
        for n, name in enumerate(passed):
            draft.put(("pass_environment", n), name, 0, why)
        for name, value in step.environment.items():
            draft.put(("environment", name), value, 0, why)
        if step.network:
            draft.put(("network",), "true", 0, step.network)


def _ask_how(draft: Draft, stage: str, step: Step | None, line: int) -> None:
    ways = [" && ".join(lines) for lines in (step.lines, *step.others)] if step else []
    some = " or ".join(f"`{way}`" for way in ways)
    found = f"by what is at the top of the base it may be {some}" if ways else "nothing at the top of the base tells"
    example = ways[0] if ways else f"make{' test' if stage == 'test' else ''}"
    draft.ask((stage,), line, f"no line says how to {stage} the branch, and {found}", f"{stage}: [{{run: {example}}}]")


def _read_demo(draft: Draft, root: Section, line: int) -> None:
    wanted = next((one.heading.number for one in root.all() if DEMO.search(label(one.heading.text))), line)
    script, document = _told(draft, root, "script", SCRIPT), _told(draft, root, "document", DOCUMENT)
    beside = draft.file.parent
    places = (f"{draft.file.stem}/{INFRASTRUCTURE}", INFRASTRUCTURE)
    created = next((place for place in places if _files(beside / place)), INFRASTRUCTURE)
    files = [file.relative_to(beside / created).as_posix() for file in _files(beside / created)]
    if files:
        draft.put(("demo", "create"), created, 0, "the folder lies beside the document")
    why = f"the only one in {created}/"
    for key, given, ending in (("script", script, ".sh"), ("document", document, ".md")):
        alike = [file for file in files if file.endswith(ending)]
        if given:
            draft.put(("demo", key), given[0], given[1])
        elif len(alike) == 1:
            draft.put(("demo", key), alike[0], 0, why)
        else:
            there = f"{created}/ beside it has {len(alike)} {ending} files" if files else f"no {created}/ is beside it"
            example = "demos/demo.sh" if key == "script" else "demos/DEMO.md"
            draft.ask(
                ("demo", key), wanted, f"the document names no demo {key}, and {there}", f"demo: {{{key}: {example}}}"
            )


def _told(draft: Draft, root: Section, key: str, labels: frozenset[str]) -> tuple[str, int] | None:
    """The file that a line names under one of these labels; that others name another is asked about."""
    found: list[tuple[str, int]] = []
    for section in root.all():
        within = WITHIN[key] if DEMO.search(label(section.heading.text)) else frozenset()
        for line in section.lines:
            if said(line).label in labels | within:
                found += ((file, line.number) for file in paths(line))
    ending = ".sh" if key == "script" else ".md"
    beside = [
        (file, line.number)
        for section in root.all()
        if DEMO.search(label(section.heading.text)) and not found
        for line in section.lines
        for file in paths(line)
        if file.endswith(ending)
    ]
    found = found or beside
    if len({file for file, _ in found}) > 1:
        text = f"the demo's {key} is {found[0][0]} by line {found[0][1]}, and {found[-1][0]} by this line"
        draft.ask(("demo", key), found[-1][1], text, f"demo: {{{key}: {found[0][0]}}}")
    return found[0] if found else None


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else []
