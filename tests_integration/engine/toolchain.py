"""How a project is built and tested, by the files at its top."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from git import Repo

from tests_integration.repository.ask import content, entries, has_line, paths_of
from tests_integration.steps import Step

UNKNOWN = "Nothing at the top of {where} tells this: write here how it is done. Until then the stage fails."
FETCHES = "what it depends on is fetched"
MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
"""In the order in which make(1) looks for them."""
FILES = (
    *MAKEFILES,
    "go.mod",
    "go.sum",
    "vendor/modules.txt",
    "Cargo.toml",
    "Cargo.lock",
    "package.json",
    "package-lock.json",
    "pyproject.toml",
)
BY_NAME = {"build": ("build", "all"), "test": ("test", "check")}
"""Targets that say themselves which stage they are."""
RULE = re.compile(r"^([^\s#:=][^#:=\n]*?)[ \t]*::?(?![:=])([^#;\n]*)", re.MULTILINE)
PLAIN = re.compile(r"[A-Za-z0-9][\w./-]*")
SCRIPTS = frozenset({".js", ".cjs", ".mjs"})
READ = "git ls-files -z '*.js' '*.cjs' '*.mjs' | xargs -0 -r -n 1 node --check"
GO = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false"}
CGO = r'^(import)?[[:space:]]*"C"'
"""How cgo(1) is asked for."""

NO_TEST = "no test specified"
"""What `npm init` writes where there is no test; as a test it fails."""


class There(NamedTuple):
    """What a project has.

    Attributes:
        texts: of the files at its top that tell of its tools.
        kinds: how the names of all its files end.
        has_line: whether a file whose name ends so has a line like this, a pattern of git-grep(1).
    """

    texts: Mapping[str, str]
    kinds: frozenset[str]
    has_line: Callable[[str, str], bool]


def toolchain(repo: Repo, commit: str) -> dict[str, Step]:
    """How a project is built and tested, by stage; a stage of which nothing tells is not there.

    For each stage the first that fits is taken, a target of a Makefile before all: it is how a project says so itself.

    Args:
        repo: a repository that has it.
        commit: its id, or that of a tree.
    """
    found = entries(repo, commit, FILES)
    regular = {path: entry for path, entry in found.items() if entry.mode.startswith("100")}
    texts = {path: content(repo, entry.blob).decode(errors="replace") for path, entry in regular.items()}
    paths = paths_of(repo, commit)
    kinds = frozenset(PurePosixPath(path).suffix for path in paths)
    there = There(
        texts, kinds, lambda end, line: has_line(repo, commit, (path for path in paths if path.endswith(end)), line)
    )
    known: tuple[Callable[[There], Mapping[str, Step]], ...] = (_make, _go, _cargo, _node, _python, _made_for_tests)
    offered = [of(there) for of in known]
    return {stage: _with_languages(first, offered) for stage in BY_NAME if (first := _first(offered, stage))}


def _first(offered: Sequence[Mapping[str, Step]], stage: str) -> Step | None:
    steps = [of[stage] for of in offered if stage in of]
    languages = [step.lines for step in steps if step.tool != "make"]
    first = next(iter(steps), None)
    return first._replace(others=tuple(languages[1:])) if first and first.tool != "make" else first


def _with_languages(step: Step, offered: Sequence[Mapping[str, Step]]) -> Step:
    """A step that runs make(1) needs what the languages need that it builds."""
    if step.tool != "make":
        return step
    steps = [one for of in offered for one in of.values()]
    passed = dict.fromkeys(name for one in steps for name in one.passed)
    return step._replace(passed=tuple(passed), network=next((one.network for one in steps if one.network), ""))


def _rules(there: There) -> dict[str, list[str]]:
    """Targets of the file that make(1) reads, in order, each with what it needs."""
    text = next((there.texts[name] for name in MAKEFILES if name in there.texts), "")
    found: dict[str, list[str]] = {}
    for targets, needed in RULE.findall(text.replace("\\\n", " ")):
        for target in targets.split():
            found.setdefault(target, []).extend(needed.split())
    return found


def _target(rules: Mapping[str, list[str]], stage: str) -> str:
    return next((name for name in BY_NAME[stage] if name in rules), "")


def _make(there: There) -> dict[str, Step]:
    targets = {stage: _target(_rules(there), stage) for stage in BY_NAME}
    return {stage: Step((f"make {name}",), "Makefile", "make") for stage, name in targets.items() if name}


def _made_for_tests(there: There) -> dict[str, Step]:
    """What the target for tests needs made before; where that is nothing, its commands build what they test."""
    rules = _rules(there)
    test = _target(rules, "test")
    if not test:
        return {}
    needed = [name for name in rules[test] if name in rules and PLAIN.fullmatch(name)]
    because = f"Makefile, whose `{test}` needs this" if needed else f"Makefile, which builds nothing but in `{test}`"
    return {"build": Step((f"make {' '.join(needed) or test}",), because, "make")}


def _go(there: There) -> dict[str, Step]:
    if "go.mod" not in there.texts:
        return {}
    fetched = there.texts.get("go.sum", "").strip() and "vendor/modules.txt" not in there.texts
    both = Step((), "go.mod", "go", ("GOCACHE",), f"go.sum: {FETCHES}" if fetched else "", GO)
    if there.has_line(".go", CGO):
        both = both._replace(environment={name: value for name, value in GO.items() if name != "CGO_ENABLED"})
    return {
        "build": both._replace(lines=("go build ./...",)),
        "test": both._replace(lines=("go vet ./...", "go test ./...")),
    }


def _cargo(there: There) -> dict[str, Step]:
    if "Cargo.toml" not in there.texts:
        return {}
    lock = there.texts.get("Cargo.lock")
    fetched = _depends(there.texts["Cargo.toml"]) if lock is None else "\nsource = " in lock
    network = f"{'Cargo.toml' if lock is None else 'Cargo.lock'}: {FETCHES}" if fetched else ""
    both = Step((), "Cargo.toml", "cargo", ("CARGO_HOME", "RUSTUP_HOME"), network)
    return {
        "build": both._replace(lines=("cargo build --workspace",)),
        "test": both._replace(lines=("cargo test --workspace",)),
    }


def _depends(manifest: str) -> bool:
    """Whether a package of Rust, or one of its workspace, needs what is not in the repository."""
    try:
        said = tomllib.loads(manifest)
        return "workspace" in said or not all("path" in needed for needed in _dependencies(said))
    except (ValueError, AttributeError, TypeError):
        return False  # cargo itself says what is wrong


def _dependencies(said: Mapping[str, Any]) -> Iterator[str | dict[str, object]]:
    for table in (said, *said.get("target", {}).values()):
        for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
            yield from table.get(kind, {}).values()


def _node(there: There) -> dict[str, Step]:
    try:
        said = json.loads(there.texts.get("package.json", "{}"))
        told = said.get("scripts", {})
        needs = bool(said.get("dependencies") or said.get("devDependencies"))
        scripts = {name: told[name] for name in ("build", "test") if isinstance(told.get(name), str)}
    except (ValueError, AttributeError):
        return {}
    install = ("npm ci" if "package-lock.json" in there.texts else "npm install --no-save",) if needs else ()
    both = Step((), "package.json", "npm", network=f"package.json: {FETCHES}" if needs else "")
    found = {}
    if NO_TEST not in scripts.get("test", NO_TEST):
        found["test"] = both._replace(lines=(*install, "npm test"))
    if "build" in scripts:
        found["build"] = both._replace(lines=(*install, "npm run build"))
    elif found and there.kinds & SCRIPTS:
        because = "package.json, which has no script `build`: JavaScript is held against its syntax"
        found["build"] = both._replace(lines=(*install, READ), because=because, tool="node")
    return found


def _python(there: There) -> dict[str, Step]:
    if "pyproject.toml" not in there.texts or ".py" not in there.kinds:
        return {}
    because = "pyproject.toml; what is in the checkout, at its top or in src/, comes before what is installed"
    return {
        "build": Step(("python3 -m compileall -q -f .",), "pyproject.toml"),
        "test": Step(("PYTHONPATH=$PWD/src:$PWD pytest",), because),
    }
