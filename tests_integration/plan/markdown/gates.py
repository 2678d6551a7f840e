"""How the branch is built, tested and demonstrated: as the document says, or as what is there suggests."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests_integration.plan.markdown.draft import Draft
from tests_integration.plan.markdown.outline import Fence, Section
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
SCRIPT = frozenset({"demo script", "demo", "demonstration", "demonstration script"})
DOCUMENT = frozenset({"demo document", "demo documentation", "demo document file"})
DEMO = re.compile(r"\bdemo(nstration)?s?\b")


def read_gates(draft: Draft, root: Section, line: int) -> None:
    """Put build, test and demo into the plan; what neither the document nor the clone tells is asked for.

    Args:
        draft: the plan.
        root: of the document.
        line: where what is open is asked for.
    """
    told = {stage: [*_commands(root, stage)] for stage in ("build", "test")}
    for stage, found in told.items():
        for n, (number, command) in enumerate(found):
            draft.put((stage, n, "run"), command, number)
    if not all(told.values()):
        _read_toolchain(draft, {stage for stage, found in told.items() if not found}, line)
    _read_demo(draft, root, line)


def _commands(root: Section, stage: str) -> Iterator[tuple[int, str]]:
    for section in root.all():
        for statement in statements(section):
            if statement.label in LABELS[stage]:
                yield from (
                    (statement.line, code) for code in statement.codes if " " in code or code == statement.value
                )
        fences = section.blocks if label(section.heading.text) in SECTIONS[stage] else ()
        below = [child for line in section.lines if said(line).label in LABELS[stage] for child in line.children]
        for fence in (block for block in (*fences, *below) if isinstance(block, Fence)):
            for offset, text in enumerate(fence.content.splitlines()):
                if text.strip() and not text.lstrip().startswith("#"):
                    yield fence.number + offset, text.strip()


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
    told = [(said(one), one) for section in root.all() for one in section.lines]
    script = next(((paths(one)[0], one.number) for words, one in told if words.label in SCRIPT and paths(one)), None)
    document = next(
        ((paths(one)[0], one.number) for words, one in told if words.label in DOCUMENT and paths(one)), None
    )
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


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else []
