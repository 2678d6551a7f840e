"""The house is as it was agreed: who knows whom, what stands where, how long a module may be."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tests_integration

PACKAGE = Path(__file__).parents[1]
ROOT = PACKAGE.parent
LINES = 350

ROWS = (
    {
        "plugin",
        "hooks",
        "fixtures",
        "gating",
        "recording",
        "vouching",
        "session",
        "running",
        "finishing",
        "options",
        "distribution",
        "learn",
        "remember",
    }
    | {
        "beginning",
        "closing",
        "commands",
        "describing",
        "examining",
        "github",
        "healing",
        "interrupting",
        "live",
        "locking",
        "machines",
        "shards",
        "starting",
        "turns",
        "writing",
    },
    {"auditing"},
    {"criteria", "record"},
    {"engine"},
    {"repository", "plan"},
    {"facts", "gate_facts", "healing_facts", "logs", "text", "url", "files", "bounded", "names", "refs", "lasting"}
    | {"steps"},
)
"""Who stands above whom; what is in a row below may be known."""

SIDE_BY_SIDE = {("criteria", "record"), ("record", "criteria"), ("repository", "plan"), ("plan", "repository")}
"""Rooms of one row that do not know each other."""

STRANGERS = SIDE_BY_SIDE | {("criteria", "engine"), ("auditing", "engine")}
"""Criteria and auditors ask git, never the engine."""


def modules() -> list[Path]:
    """Modules of the suite itself, without selftests, benchmarks and fuzz targets."""
    return [
        file
        for file in sorted(PACKAGE.rglob("*.py"))
        if file.relative_to(PACKAGE).parts[0] not in {"selftests", "bench", "fuzz", "__init__.py"}
    ]


def room(name: str) -> str:
    """The room of a module's dotted name below the package."""
    return name.partition(".")[0]


def known(file: Path) -> Iterator[str]:
    """Rooms that a module imports from."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE.name:
            yield from (alias.name for alias in node.names if not alias.name.startswith("__"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE.name}."):
            yield room(str(node.module).removeprefix(f"{PACKAGE.name}."))
        elif isinstance(node, ast.Import):
            names = (alias.name for alias in node.names if alias.name.startswith(f"{PACKAGE.name}."))
            yield from (room(name.removeprefix(f"{PACKAGE.name}.")) for name in names)


def row(name: str) -> int:
    """Which row a room stands in; a room that is new has to be given one."""
    return next(n for n, rooms in enumerate(ROWS) if name in rooms)


def is_not_to_know(own: str, other: str) -> bool:
    """Whether a room stands below, or beside without a door, another that it would import from."""
    return own != other and (row(other) < row(own) or (own, other) in STRANGERS)


def test_the_packages_own_words_name_every_room_and_module() -> None:
    table = str(tests_integration.__doc__).split("\n\n")[2]
    named = re.findall(r"[\w/]+", " ".join(line[:36] for line in table.splitlines()))
    there = {f"{file.name}/" for file in PACKAGE.iterdir() if (file / "__init__.py").exists()}
    there |= {file.stem for file in PACKAGE.glob("*.py")} - {"__init__"}
    assert sorted(named) == sorted(there)


def test_imports_run_downwards() -> None:
    wrong = [
        f"{file.relative_to(PACKAGE)} imports {other}"
        for file in modules()
        for other in known(file)
        if is_not_to_know(file.relative_to(PACKAGE).parts[0].removesuffix(".py"), other)
    ]
    assert wrong == []


def test_every_room_is_looked_at() -> None:
    looked_at = {file.relative_to(PACKAGE).parts[0].removesuffix(".py") for file in modules()}
    assert looked_at == set().union(*ROWS)


def test_the_top_level_is_what_was_agreed() -> None:
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    names = {name.split("/")[0] for name in files.split("\0") if name and not name.startswith(".")}
    agreed = {"conftest.py", "pyproject.toml", "README.md", "plans", "reports", "tests_integration"}
    assert names == agreed


def test_a_module_fits_on_a_few_screens() -> None:
    lines = {str(file.relative_to(PACKAGE)): len(file.read_bytes().splitlines()) for file in PACKAGE.rglob("*.py")}
    assert {name: count for name, count in lines.items() if count > LINES} == {}


@pytest.mark.parametrize("module", ["plugin", "hooks", "selftests.conftest"])
def test_a_run_of_a_plan_needs_nothing_that_only_tests_need(module: str) -> None:
    """Pytest reads the conftest of the selftests with `--plan` too, since they are its `testpaths`."""
    names = {
        "axe_playwright_python",
        "hypothesis",
        "jsonschema",
        "playwright",
        "pytest_benchmark",
        "xdist",
    }
    absent = f"import sys; sys.modules.update(dict.fromkeys({sorted(names)}))"
    done = subprocess.run(
        [sys.executable, "-c", f"{absent}; import tests_integration.{module}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
