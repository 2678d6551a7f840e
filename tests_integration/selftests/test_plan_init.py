"""`--plan-init`: which branches of a clone are efforts, in which order, and how a project is built and tested."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests_integration.beginning import described
from tests_integration.engine.survey import Survey, survey
from tests_integration.engine.toolchain import toolchain
from tests_integration.plan.load import give
from tests_integration.plan.model import Located
from tests_integration.plan.written import written
from tests_integration.repository.git import GitError, scrubbed_environment
from tests_integration.repository.store import open_store
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.waves import Wave, git
from tests_integration.steps import Step

HOSTILE = "x/'\"`$(touch$IFS$9pwned)`#&!-{}é"


def surveyed(clone: Path, folder: Path) -> Survey:
    with scrubbed_environment(), open_store(folder) as store:
        return survey(store, clone)


@pytest.fixture
def clone(wave: Wave) -> Path:
    """Efforts, splits of one, a stack, and much that is no effort; a second remote has an effort of its own."""
    wave.commit("phase1/E1.2.10", {"ten.txt": "10\n"})
    wave.commit("phase1/E1.2.2-split-001", {"one.txt": "1\n"}, message="Split one")
    wave.commit("phase1/E1.2.2-split-002", {"two.txt": "2\n"}, parent="phase1/E1.2.2-split-001")
    wave.commit(HOSTILE, {"hostile.txt": "h\n"}, message="- {title}: [&x *y] # 'no'\x1b[31m")
    wave.commit("sprint", {}, message="nothing")
    git(wave.work, "reset", "--quiet", "--hard", "main")
    git(wave.work, "merge", "--quiet", "--no-ff", "--no-edit", "phase1/E1.2.10")
    git(wave.work, "merge", "--quiet", "--no-ff", "--no-edit", "phase1/E1.2.2-split-002")
    wave.save("sprint")
    wave.commit("both", {}, parent="phase1/E1.2.10")
    git(wave.work, "merge", "--quiet", "--no-edit", "phase1/E1.2.2-split-001")
    wave.commit("both", {"both.txt": "b\n"}, message="Both")
    git(wave.origin, "branch", "old", "main")
    git(wave.origin, "branch", "twin", "phase1/E1.2.10")
    git(wave.origin, "branch", "phase1-integration", "phase1/E1.2.2-split-001")
    git(wave.work, "switch", "--quiet", "--orphan", "pages")
    wave.save("pages")
    git(wave.folder, "clone", "--quiet", str(wave.origin), "clone")
    clone = wave.folder / "clone"
    git(clone, "remote", "add", "effort-E1.2.3", str(wave.work))
    wave.switch("mine")
    git(wave.work, "reset", "--quiet", "--hard", "main")
    git(wave.work, "commit", "--quiet", "--allow-empty", "--message", "Of its own")
    git(clone, "fetch", "--quiet", "effort-E1.2.3", "+mine:refs/remotes/effort-E1.2.3/mine")
    return clone


def test_efforts_are_told_from_what_is_none(clone: Path, tmp_path: Path) -> None:
    before = git(clone, "for-each-ref")
    found = surveyed(clone, tmp_path / "store")
    assert found.base == ("origin", "main")
    assert sorted(found.left_out) == [
        "origin/old has nothing that is not in the base",
        "origin/pages has no history in common with the base",
        "origin/phase1-integration by its name is no effort",
        "origin/sprint begins by merging branches that are here: an integration (R270)",
        "origin/twin is the same commit as origin/phase1/E1.2.10",
    ]
    assert [(one.id, one.place.remote, one.parents) for one in found.efforts] == [
        ("E1.2.3", "effort-E1.2.3", []),
        ("E1.2.2-split-001", "origin", []),
        ("E1.2.10", "origin", []),
        ("touch-IFS-9pwned", "origin", []),
        ("E1.2.2-split-002", "origin", ["E1.2.2-split-001"]),
        ("both", "origin", ["E1.2.2-split-001", "E1.2.10"]),
    ]
    assert git(clone, "for-each-ref") == before


def test_what_is_hostile_is_quoted(clone: Path, tmp_path: Path) -> None:
    found = surveyed(clone, tmp_path / "store")
    made = described(found, {}, "a\x1b]0;b\n# c", "wave")
    file = tmp_path / "wave.yaml"
    (tmp_path / "wave" / "infrastructure").mkdir(parents=True)
    text = written(made.data | {"repository": str(clone)}, made.remarks, "\n".join(found.left_out))
    file.write_text(text, encoding="utf-8")
    given = give(file)
    assert given.plan, given.refusal
    assert f"origin/{HOSTILE}" in {branch.source for branch in given.plan.branches}
    assert "\x1b" not in text
    assert [command.run for command in given.plan.build] == ["echo 'the plan does not say how to build' >&2; exit 1"]


def test_a_clone_without_remotes_is_looked_at_itself(wave: Wave, tmp_path: Path) -> None:
    wave.commit("one", {"one.txt": "1\n"})
    git(wave.work, "switch", "--quiet", "main")
    assert not git(wave.work, "remote")
    found = surveyed(wave.work, tmp_path / "store")
    assert (found.base, [one.place for one in found.efforts]) == ((".", "main"), [(".", "one")])
    git(wave.work, "branch", "--move", "main", "start")
    git(wave.work, "switch", "--quiet", "--detach")
    with pytest.raises(GitError, match=r"no branch to start from is known .*; there is ./one, ./start"):
        surveyed(wave.work, tmp_path / "again")


NODE = '{"scripts": %s, "dependencies": %s}'
READ = "git ls-files -z '*.js' '*.cjs' '*.mjs' | xargs -0 -r -n 1 node --check"
GO = {"go.mod": "module example.org/x\n\ngo 1.22\n"}
CARGO = "[package]\nname = 'x'\nversion = '1.0.0'\nedition = '2021'\n[dependencies]\n"
GO_TESTS = ["go vet ./...", "go test ./..."]
PYTEST = "PYTHONPATH=$PWD/src:$PWD pytest"
KINDS: dict[str, tuple[dict[str, str], list[str], list[str], str]] = {
    "nothing": ({"x.js": "", "x.py": "", "Makefile": "x := 1\n"}, [], [], ""),
    "make": (
        {"Makefile": "X ::= 1\n.PHONY: build\nall b: a\na:\n\ttrue\ncheck:\n", **GO},
        ["make all"],
        ["make check"],
        "",
    ),
    "make, build only": ({"Makefile": "help:\nbuild:\n\ttrue\n"}, ["make build"], [], ""),
    "make, build only, and a language": ({"Makefile": "build:\n", **GO}, ["make build"], GO_TESTS, ""),
    "make, tests only": ({"Makefile": "help:\ntest:\n\ttrue\n"}, ["make test"], ["make test"], ""),
    "make, tests that need something": (
        {"Makefile": "help:\ntest: X = 1\ntest: bin/x $(Y) y |\\\n z;true\nbin/x y z:\n\ttrue\n"},
        ["make bin/x y z"],
        ["make test"],
        "",
    ),
    "make, tests only, and a language": ({"makefile": "test:\n", **GO}, ["go build ./..."], ["make test"], ""),
    "make, and what is fetched": (
        {"Makefile": "build test:\n", **GO, "go.sum": "x\n"},
        ["make build"],
        ["make test"],
        "go.sum",
    ),
    "go": ({"Makefile": "image:\n\ttrue\n", **GO}, ["go build ./..."], GO_TESTS, ""),
    "go with c": ({**GO, "x/y.go": 'package y\nimport (\n\t"C"\n)\n'}, ["go build ./..."], GO_TESTS, ""),
    "go, all there": ({**GO, "go.sum": "x\n", "vendor/modules.txt": ""}, ["go build ./..."], GO_TESTS, ""),
    "cargo": ({"Cargo.toml": CARGO}, ["cargo build --workspace"], ["cargo test --workspace"], ""),
    "cargo, without a lock": (
        {"Cargo.toml": CARGO + "a = {path = 'a'}\n[target.x.dev-dependencies]\nb = '1'\n"},
        ["cargo build --workspace"],
        ["cargo test --workspace"],
        "Cargo.toml",
    ),
    "cargo, with one": (
        {"Cargo.toml": CARGO + "b = '1'\n", "Cargo.lock": "[[package]]\nsource = 'x'\n"},
        ["cargo build --workspace"],
        ["cargo test --workspace"],
        "Cargo.lock",
    ),
    "node": ({"package.json": NODE % ('{"test": "t", "build": "b"}', "{}")}, ["npm run build"], ["npm test"], ""),
    "node, with dependencies": (
        {"package.json": NODE % ('{"test": "t", "build": "b"}', '{"x": "1"}')},
        ["npm install --no-save", "npm run build"],
        ["npm install --no-save", "npm test"],
        "package.json",
    ),
    "node, tests only": (
        {"package.json": NODE % ('{"test": "t"}', '{"x": "1"}'), "package-lock.json": "{}", "x.cjs": ""},
        ["npm ci", READ],
        ["npm ci", "npm test"],
        "package.json",
    ),
    "node, tests only, in another language": ({"package.json": NODE % ('{"test": "t"}', "{}")}, [], ["npm test"], ""),
    "node, build only": (
        {"package.json": NODE % ('{"build": "b", "test": "echo \\"Error: no test specified\\" && exit 1"}', "{}")},
        ["npm run build"],
        [],
        "",
    ),
    "node, without scripts": ({"package.json": "{}", "x.js": ""}, [], [], ""),
    "node beside python": (
        {"package.json": NODE % ('{"build": "b"}', "{}"), "pyproject.toml": "", "x.py": ""},
        ["npm run build"],
        [PYTEST],
        "",
    ),
    "python": (
        {"package.json": "[", "pyproject.toml": "", "src/x.py": ""},
        ["python3 -m compileall -q -f ."],
        [PYTEST],
        "",
    ),
    "python without python": ({"pyproject.toml": "[tool.ruff]\n"}, [], [], ""),
}
"""What is at the top of a project, how it is built and tested, and which file tells that something is fetched."""


def test_a_project_is_built_and_tested_by_what_is_there(wave: Wave, tmp_path: Path) -> None:
    top = {name: str(n) for n, name in enumerate(KINDS)}
    files = {f"{top[name]}/{path}": text for name in KINDS for path, text in KINDS[name][0].items()}
    commit = wave.commit("main", files)
    found, without_c, ambiguous = {}, set(), set()
    with scrubbed_environment(), open_store(tmp_path / "store") as store:
        git(wave.work, "push", "--quiet", str(store.git_dir), "HEAD:refs/heads/main")
        for name in KINDS:
            steps = toolchain(store, git(wave.work, "rev-parse", f"{commit}:{top[name]}"))
            lines = [list(steps[stage].lines) if stage in steps else [] for stage in ("build", "test")]
            found[name] = (*lines, "".join({step.network.partition(":")[0] for step in steps.values()}))
            without_c |= {name for step in steps.values() if "CGO_ENABLED" in step.environment}
            ambiguous |= {(name, step.lines[0], step.others) for step in steps.values() if step.others}
    assert found == {name: tuple(KINDS[name][1:]) for name in KINDS}
    assert without_c == {
        name for name in KINDS if GO_TESTS[0] in found[name][1] or "go build ./..." in found[name][0]
    } - {"go with c"}
    assert ambiguous == {("node beside python", "npm run build", (("python3 -m compileall -q -f .",),))}


SIMPLE = {
    "cargo": (
        {
            "Cargo.toml": CARGO,
            "src/lib.rs": "pub fn one() -> i32 {\n    1\n}\n\n#[test]\nfn is_one() {\n    assert_eq!(one(), 1);\n}\n",
        },
        "1 passed; 0 failed",
        "src/lib.rs",
    ),
    "node": (
        {
            "package.json": '{"type": "module", "scripts": {"test": "node --test"}}',
            "one.js": "export const one = await 1\n",
            "one.test.js": "import { one } from './one.js'\nimport test from 'node:test'\n\ntest('one', () => one)\n",
        },
        "# pass 1",
        "one.js",
    ),
    "python3": (
        {
            "pyproject.toml": "[project]\nname = 'simple'\nversion = '1'\n",
            "src/simple/__init__.py": "ONE = 1\n",
            "tests/helping.py": "",
            "tests/test_one.py": "import tests.helping\nfrom simple import ONE\n\n\n"
            "def test_one():\n    assert ONE == 1\n",
        },
        "1 passed",
        "src/simple/__init__.py",
    ),
    "make": ({"Makefile": "help:\n\ntest:\n\tgrep one one.txt\n", "one.txt": "one\n"}, "one", "one.txt"),
}
"""By the tool that it needs: a project, what shows that its tests are run, and a file to break."""


def reachable() -> dict[str, str]:
    """Variables as a user has them whose tools are found, here in a home folder also where it does not say so."""
    homes = {"CARGO_HOME": Path.home() / ".cargo", "RUSTUP_HOME": Path.home() / ".rustup"}
    usual = {name: str(folder) for name, folder in homes.items() if name not in os.environ and folder.is_dir()}
    return usual | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}


def is_at_hand(tool: str) -> bool:
    """Whether commands of plans find a tool; the tests ask nobody to install the tools of other languages."""
    place = shutil.which(tool, path=reachable()["PATH"])
    seen = [Path("/usr"), Path(sys.prefix), *([Path.home() / ".cargo"] if tool == "cargo" else [])]
    return place is not None and any(map(Path(place).is_relative_to, seen))


@pytest.mark.parametrize("tool", [tool for tool in SIMPLE if is_at_hand(tool)])
def test_a_plan_of_a_simple_project_runs_as_written(wave: Wave, tool: str) -> None:
    files, shown, broken = SIMPLE[tool]
    wave.commit("main", dict(files))
    wave.commit("login", {"login.txt": "login\n"})
    git(wave.folder, "clone", "--quiet", str(wave.origin), "clone")
    clone = wave.folder / "clone"
    written = run(clone, "--plan-init", environment=reachable())
    assert written.exit == 0, written.output
    assert "note:" not in written.output
    done = run(clone, "--plan", "plans/wave.yaml", "--until", "test", environment=reachable())
    assert done.exit == 0, done.output
    assert {"build_passes[1]", "test_passes[1]"} <= {*done.outcomes("wave")["passed"]}
    (log,) = (clone / "reports" / "wave" / "logs").glob("test-*.log")
    assert shown in log.read_text(encoding="utf-8")
    (build,) = yaml.safe_load((clone / "plans" / "wave.yaml").read_text(encoding="utf-8"))["build"]
    for text, passes in ((files[broken], True), ("]", False)):
        (wave.work / broken).write_text(text, encoding="utf-8")
        ended = subprocess.run(["bash", "-euo", "pipefail", "-c", build["run"]], cwd=wave.work, check=False)
        assert (ended.returncode == 0) == passes


def test_a_tool_that_commands_do_not_find_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cargo = tmp_path / "own" / "bin" / "cargo"
    cargo.parent.mkdir(parents=True)
    cargo.touch(mode=0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(cargo.parent))
    monkeypatch.delenv("CARGO_HOME", raising=False)
    steps = {
        "build": Step(("cargo build",), "Cargo.toml", "cargo", ("CARGO_HOME",)),
        "test": Step(("go test",), "go.mod", "go"),
    }
    found = Survey(Located("origin", "main"), "", {})
    hidden, absent = described(found, steps, "project", "wave").warnings
    assert hidden == (
        f"cargo is in your home folder ({cargo}), and commands have a home of their own:"
        " export CARGO_HOME, which the plan lets through"
    )
    assert absent == "there is no go on the PATH; build and test are written for it"
    monkeypatch.setenv("CARGO_HOME", str(cargo.parents[1]))
    assert described(found, steps, "project", "wave").warnings == [absent]
