"""How a project is built and tested, by the files at its top."""

import json
import re
from collections.abc import Callable
from typing import NamedTuple

from git import Repo

from tests_integration.repository.ask import content, entries
from tests_integration.repository.entry import Entry

UNKNOWN = "Nothing at the top of the base tells this: write here how it is done. Until then the stage fails."
FETCHES = "what it depends on is fetched"
FILES = (
    "Makefile",
    "go.mod",
    "go.sum",
    "Cargo.toml",
    "Cargo.lock",
    "package.json",
    "package-lock.json",
    "pyproject.toml",
)


class Toolchain(NamedTuple):
    """Command lines by stage, why each, and why commands need the network; empty where they do not."""

    build: list[str]
    test: list[str]
    because: str
    network: str = ""


def toolchain(repo: Repo, commit: str) -> Toolchain | None:
    """The first that fits, a Makefile before all: it is how a project says so itself."""
    there = {path: content(repo, entry.blob).decode(errors="replace") for path, entry in _files(repo, commit).items()}
    known: tuple[Callable[[dict[str, str]], Toolchain | None], ...] = (_make, _go, _cargo, _node, _python)
    return next((found for of in known if (found := of(there))), None)


def _files(repo: Repo, commit: str) -> dict[str, Entry]:
    return {path: entry for path, entry in entries(repo, commit, FILES).items() if entry.mode.startswith("100")}


def _make(there: dict[str, str]) -> Toolchain | None:
    targets = re.findall(r"^([A-Za-z][\w-]*)[ \t]*:(?!=)", there.get("Makefile", ""), re.MULTILINE)
    test = next((name for name in ("test", "check") if name in targets), "")
    if not test:
        return None
    build = next((name for name in ("build", "all") if name in targets), "")
    first = build or (targets[0] if targets[0] != test else "")
    return Toolchain([f"make {first}"] if first else [f"make --dry-run {test}"], [f"make {test}"], "Makefile")


def _go(there: dict[str, str]) -> Toolchain | None:
    if "go.mod" not in there:
        return None
    network = f"go.sum: {FETCHES}" if there.get("go.sum", "").strip() else ""
    return Toolchain(["go build ./..."], ["go test ./..."], "go.mod", network)


def _cargo(there: dict[str, str]) -> Toolchain | None:
    if "Cargo.toml" not in there:
        return None
    network = f"Cargo.lock: {FETCHES}" if "\nsource = " in there.get("Cargo.lock", "") else ""
    return Toolchain(["cargo build"], ["cargo test"], "Cargo.toml", network)


def _node(there: dict[str, str]) -> Toolchain | None:
    try:
        said = json.loads(there.get("package.json", "{}"))
        scripts = said.get("scripts", {})
        needs = bool(said.get("dependencies") or said.get("devDependencies"))
        runs = {name for name in ("build", "test") if isinstance(scripts.get(name), str)}
    except (ValueError, AttributeError):
        return None
    if "test" not in runs:
        return None
    install = ["npm ci" if "package-lock.json" in there else "npm install --no-save"] if needs else []
    build = [*install, *(["npm run build"] if "build" in runs else [])] or ["npm pkg get name"]
    return Toolchain(build, [*install, "npm test"], "package.json", f"package.json: {FETCHES}" if needs else "")


def _python(there: dict[str, str]) -> Toolchain | None:
    if "pyproject.toml" not in there:
        return None
    return Toolchain(["python3 -m compileall -q ."], ["python3 -m pytest"], "pyproject.toml")
