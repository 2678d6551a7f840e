"""The wheel, in somebody else's repository: the suite runs there, and neither breaks nor is broken."""

import os
import subprocess
import sys
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tests_integration.selftests.host_repository import LOGOUT, host, linked
from tests_integration.selftests.running_plans import Run
from tests_integration.selftests.test_readme import README, ROOT
from tests_integration.selftests.waves import git

DEPENDENCIES = [one.name for one in map(Requirement, requires("waveproof") or ()) if not one.marker]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as `pip wheel` builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True)
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def packages(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that an empty environment has once the wheel is installed in it."""
    folder = linked(tmp_path_factory.mktemp("environment") / "packages", *DEPENDENCIES)
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody else's repository."""
    return host(tmp_path_factory.mktemp("host"))


def pytest_in(clone: Path, packages: Path, *arguments: str, more: str = "") -> Run:
    """Run pytest there, in an environment that has these packages and no others."""
    return module_in(clone, packages, "pytest", *arguments, more=more)


def module_in(clone: Path, packages: Path, name: str, *arguments: str, more: str = "") -> Run:
    """Run a module there, as `python -m` does: what the clone has is found before what is installed."""
    path = os.pathsep.join(filter(None, [str(packages), more]))
    kept = {"PATH": os.environ["PATH"], "HOME": str(clone.parent), "PYTHONPATH": path}
    command = [sys.executable, "-S", "-m", name, *arguments]
    done = subprocess.run(command, cwd=clone, env=kept, capture_output=True, text=True, check=False)
    return Run(done.returncode, done.stdout + done.stderr, clone)


def test_the_wheel_has_what_runs_plans_by_its_own_name_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    packed = {name for name in files if ".dist-info/" not in name}
    tracked = git(ROOT, "ls-files", "-z", "tests_integration").split("\0")
    apart = tuple(f"tests_integration/{room}/" for room in ("selftests", "bench", "fuzz"))
    here = {name for name in tracked if name and not name.startswith(apart)}
    assert packed >= {name.replace("tests_integration", "waveproof") for name in here}
    assert {name.split("/")[0] for name in packed} == {"waveproof"}
    assert not {name.split("/")[1] for name in packed} & {"selftests", "bench", "fuzz"}
    assert [name for name in files if b"tests_integration" in files[name] and not name.endswith("/METADATA")] == []


def test_a_hosts_own_tests_do_not_see_the_suite(clone: Path, packages: Path) -> None:
    done = pytest_in(clone, packages, "-v", "--record", "new")
    assert done.exit == 0, done.output
    assert "2 passed" in done.output
    assert "checks/check_names.py::check_names PASSED" in done.output
    assert "tests_integration/check_itself.py::check_itself PASSED" in done.output


def test_a_plan_of_what_a_host_has_is_green_as_written(clone: Path, packages: Path) -> None:
    commands = README.split("## In your own repository")[1].split("```bash\n")[1].split("```")[0].splitlines()
    assert [command.split()[1] for command in commands] == ["install", "--plan-init", "--plan"]
    before = git(clone, "for-each-ref")
    written = pytest_in(clone, packages, *commands[1].split()[1:])
    assert written.exit == 0, written.output
    text = (clone / "plans" / "wave.yaml").read_text(encoding="utf-8")
    said = yaml.safe_load(text)
    assert [(one["id"], one["title"], one["from"], one.get("parent", "base")) for one in said["branches"]] == [
        ("login", "Log in", "origin/feature/login", "base"),
        ("search", "Search", "origin/feature/search", "base"),
        ("logout", LOGOUT, "origin/feature/logout", "login"),
    ]
    assert (said["repository"], said["base"]) == ("..", "origin/main")
    assert (said["build"], said["test"]) == ([{"run": "make all"}], [{"run": "make test"}])
    done = pytest_in(clone, packages, *commands[2].split()[1:])
    assert done.exit == 0, done.output
    assert done.record("wave")["verdict"] == "SUCCESS"
    assert "check_" not in done.output
    assert (git(clone, "status", "--porcelain"), git(clone, "for-each-ref")) == ("", before)
    again = pytest_in(clone, packages, "--plan-init")
    assert again.exit == pytest.ExitCode.USAGE_ERROR
    assert "is there already; nothing is overwritten" in again.output
    assert (clone / "plans" / "wave.yaml").read_text(encoding="utf-8") == text


def test_what_is_run_without_pytest_is_there_by_the_same_name(clone: Path, packages: Path) -> None:
    done = module_in(clone, packages, "waveproof.learn", "--help")
    assert (done.exit, done.output.split(" [")[0]) == (0, "usage: python -m waveproof.learn"), done.output


def test_with_xdist_too(clone: Path, packages: Path) -> None:
    more = linked(packages.parent / "xdist", "pytest-xdist")
    own = pytest_in(clone, packages, "-n", "1", "--record", "new", more=str(more))
    assert own.exit == 0, own.output
    (clone / "plans").mkdir(exist_ok=True)
    assert pytest_in(clone, packages, "--plan-init", "plans/two.yaml", more=str(more)).exit == 0
    done = pytest_in(clone, packages, "-n", "1", "--plan", "plans/two.yaml", "--until", "audit", more=str(more))
    assert done.exit == 0, done.output
    assert {fact["stage"] for fact in done.record("two")["criteria"] if fact["outcome"] == "passed"} == {
        "plan",
        "merge",
        "audit",
    }


def test_a_plugin_with_an_option_of_the_same_name_is_told(clone: Path, packages: Path) -> None:
    option = "def pytest_addoption(parser):\n    parser.addoption('--until')\n"
    (clone.parent / "other.py").write_text(option, encoding="utf-8")
    more = str(clone.parent)
    own = pytest_in(clone, packages, "-p", "other", "--until", "x", "--record", "new", more=more)
    assert own.exit == 0, own.output
    done = pytest_in(clone, packages, "-p", "other", "--plan", "plans", more=more)
    assert done.exit == pytest.ExitCode.USAGE_ERROR
    assert "waveproof and another plugin have an option of the same name" in done.output
    assert "--until" in done.output
