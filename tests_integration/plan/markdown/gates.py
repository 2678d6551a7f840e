"""How the branch is built, tested and demonstrated: as the document says, or as what is there suggests."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests_integration.plan.markdown.draft import Draft
from tests_integration.plan.markdown.outline import Block, Fence, Section
from tests_integration.plan.markdown.words import label, paths, said, statements

INFRASTRUCTURE = "infrastructure"
"""Folder beside a document, or in the folder of its name, whose files are the demo and its document."""


class Toolchain(NamedTuple):
    """How a kind of project is built and tested.

    Attributes:
        build, test: lines for bash.
        environment: what makes the result the same on any machine.
        passed: variables of the caller that lead to what is kept between runs.
    """

    build: tuple[str, ...]
    test: tuple[str, ...]
    environment: Mapping[str, str] = {}
    passed: tuple[str, ...] = ()


TOOLCHAINS = {
    "go.mod": Toolchain(
        ("go build ./...",),
        ("go vet ./...", "go test ./..."),
        {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false"},
        ("GOCACHE",),
    ),
    "Cargo.toml": Toolchain(
        ("cargo build --offline --all-targets",), ("cargo test --offline",), {}, ("CARGO_HOME", "RUSTUP_HOME")
    ),
    "package.json": Toolchain(("npm run build",), ("npm test",)),
    "pyproject.toml": Toolchain(("python3 -m compileall -q -f .",), ("PYTHONPATH=$PWD/src:$PWD pytest",)),
}
"""By the file at the top of the base that tells the kind of a project."""

MAKE = Toolchain(("make",), ("make test",))
"""With a Makefile, and none of the others."""

LABELS = {
    "build": frozenset({"build", "build command", "build commands"}),
    "test": frozenset({"test", "tests", "test command", "test commands"}),
}
SECTIONS = {
    "build": frozenset({*LABELS["build"], "build verification"}),
    "test": frozenset({*LABELS["test"], "testing", "test verification"}),
}
BOTH = re.compile(r"\bbuild\b.*\btests?\b")
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
        _read_toolchain(draft, {stage for stage, found in told.items() if not found}, line)
    _read_demo(draft, root, line)


def _commands(draft: Draft, sections: Iterable[Section], stage: str) -> Iterator[tuple[int, str, str]]:
    """Lines for bash, each with its number, and why it is of this stage where no label says so."""
    for section in sections:
        for statement in statements(section):
            if statement.label in LABELS[stage]:
                yield from (
                    (statement.line, code, "") for code in statement.codes if " " in code or code == statement.value
                )
        title = label(section.heading.text)
        below = [child for line in section.lines if said(line).label in LABELS[stage] for child in line.children]
        for fence in (*(section.blocks if title in SECTIONS[stage] else ()), *below):
            yield from ((number, text, "") for number, text in _lines_of(draft, fence))
        both = section.blocks if BOTH.search(title) else ()
        for number, text in (found for block in both for found in _lines_of(draft, block)):
            if bool(TESTING.search(text)) == (stage == "test"):
                yield number, text, f"the line speaks of {'tests' if stage == 'test' else 'no tests'}"


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


def _read_toolchain(draft: Draft, stages: set[str], line: int) -> None:
    base = str(draft.settled.get("base") or draft.data.get("base", ""))
    top = draft.around.top(base)
    kinds = [name for name in TOOLCHAINS if name in top] or [name for name in ("Makefile",) if name in top]
    if len(kinds) != 1:
        found = f"{' and '.join(kinds)} are both there" if kinds else "nothing at the top of the base tells"
        for stage in sorted(stages):
            text = f"no line says how to {stage} the branch, and {found}"
            draft.ask((stage,), line, text, f"{stage}: [{{run: make{' test' if stage == 'test' else ''}}}]")
        return
    tools = TOOLCHAINS.get(kinds[0], MAKE)
    why = f"{kinds[0]} is at the top of the base"
    for stage in sorted(stages):
        for n, command in enumerate(getattr(tools, stage)):
            draft.put((stage, n, "run"), command, 0, why)
    for name, value in tools.environment.items():
        draft.put(("environment", name), value, 0, why)
    for n, name in enumerate(tools.passed):
        draft.put(("pass_environment", n), name, 0, why)


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
