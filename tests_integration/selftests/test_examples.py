"""Each example of the README is run by a selftest, or held against what is said; told here is by which."""

import ast
import importlib.util
import re
import shlex
import shutil
import tomllib
from pathlib import Path

import execnet
import pytest
import yaml

from tests_integration import shards
from tests_integration.selftests.pasting import explanation
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.test_readme import README, ROOT
from tests_integration.selftests.test_wrong_branches import without_ids
from tests_integration.selftests.waves import Wave

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

HELD = {
    "Integrate the sample wave": ["test_readme ci_runs_the_readmes_own_test_command"],
    "In your own repository": ["test_host a_plan_of_what_a_host_has_is_green_as_written"],
    "Test it": ["test_readme ci_runs_the_readmes_own_test_command"],
    "When it fails": ["test_wave2 the_readmes_example_is_what_is_printed"],
    "A plan for your own repository": [
        "test_readme the_plan_for_ones_own_repository_has_no_mistake",
        "test_variables the_readme_has_variables_that_are_put_in",
    ],
    "A plan in Markdown": [
        "test_plan_document_runs the_seeds_document_runs_green_with_no_yaml",
        "test_plan_document_runs a_refused_document_fails_one_criterion_with_all_questions",
    ],
    "Known fixes": [
        "test_schema the_plans_of_the_readme_and_of_the_selftests_hold",
        "test_wave2 a_fix_proven_elsewhere_may_not_fit_here_and_the_opposite_one_heals",
    ],
    "Conflicts": ["test_examples a_conflict_reads_as_shown"],
    "A plan for a branch that is there": ["test_plan_from a_branch_of_ones_clone_becomes_a_plan_that_runs"],
    "Every night": ["test_nightly the_job_for_gitlab_does_the_same"],
    "A plan that is locked": ["test_examples a_plan_is_locked_and_moved_as_shown"] * 2,
    "Many plans, many machines": [
        "test_examples machines_are_named_as_execnet_reads_them",
        "test_examples shares_are_put_together_as_shown",
    ],
}
"""By section, the selftest of each of its examples, in their order."""


def examples() -> dict[str, list[str]]:
    """The examples of the README, by section."""
    sections = (section.partition("\n") for section in README.split("\n## ")[1:])
    found = {title: [body for _, body in FENCE.findall(text)] for title, _, text in sections}
    return {title: bodies for title, bodies in found.items() if bodies}


def commands() -> list[list[str]]:
    """Every command that the README gives, in an example or within the text, as words."""
    within = re.findall(r"`((?:\.venv/bin/|WAVEPROOF_BENCH=full )*(?:pytest|python3?) [^`]+)`", README)
    lines = [line for bodies in examples().values() for body in bodies for line in body.splitlines()]
    own = [line.rpartition(" && ")[2].removeprefix("$ ") for line in lines]
    return [shlex.split(line) for line in (*within, *own) if re.match(r"(\S+/|WAVE\S+ )*(pytest|python3?) ", line)]


def example(section: str, number: int) -> str:
    """One of them; numbers begin with 0."""
    return examples()[section][number]


def test_each_example_has_its_selftest() -> None:
    assert {title: len(bodies) for title, bodies in examples().items()} == {
        title: len(tests) for title, tests in HELD.items()
    }
    assert README.count("\n```") == 2 * sum(map(len, HELD.values()))


@pytest.mark.parametrize("named", sorted({test for tests in HELD.values() for test in tests}))
def test_the_selftest_of_an_example_is_there_and_reads_it(named: str) -> None:
    module, _, name = named.partition(" ")
    text = Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
    names = {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    assert f"test_{name}" in names
    assert "README" in text


def test_a_conflict_reads_as_shown(wave: Wave) -> None:
    wave.commit("main", {"go.mod": "module\n"})
    wave.branch("E1", {"go.mod": "require one v1\n"})
    wave.branch("E2", {"go.mod": "require two v1\n"})
    shown, _, rest = without_ids(example("Conflicts", 0)).partition("    …\n")
    assert without_ids(explanation(wave)).startswith(shown)
    assert rest == ""


def test_a_plan_is_locked_and_moved_as_shown(wave: Wave) -> None:
    for name in ("login", "logout"):
        wave.branch(name, {f"{name}.txt": "1\n"})
    wave.write("mine")
    lock = wave.folder / "plans" / "mine.lock.yaml"
    tips = []
    for number in (0, 1):
        done = run(wave.folder, *shlex.split(example("A plan that is locked", number))[1:], "--until", "merge")
        assert done.exit == 0, done.output
        tips.append(yaml.safe_load(lock.read_text(encoding="utf-8"))["branches"])
        wave.commit("effort/login", {"login.txt": "2\n"})
    assert tips[0]["login"] != tips[1]["login"]
    assert tips[0]["logout"] == tips[1]["logout"]


def test_machines_are_named_as_execnet_reads_them() -> None:
    words = shlex.split(example("Many plans, many machines", 0))
    machines = [words[n + 1] for n, word in enumerate(words) if word == "--tx"]
    read = [execnet.XSpec(machine.rpartition("*")[2]) for machine in machines]
    assert [(one.ssh, one.chdir, one.python) for one in read] == [
        ("build-1", "/srv/waves", "/srv/venv/bin/python"),
        ("build-2", "/srv/waves", None),
    ]


def test_shares_are_put_together_as_shown(wave: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, module, *folders = shlex.split(example("Many plans, many machines", 1))
    assert module == shards.__name__
    wave.branch("E1", {"one.txt": "1\n"})
    plan = wave.write("one")
    for name in ("two", "three"):
        shutil.copy(plan, plan.with_stem(name))
    for number, folder in enumerate(folders[1:], 1):
        run(wave.folder, "--plan", "plans", "--until", "plan", "--shard", f"{number}/3", "--reports", folder)
    monkeypatch.chdir(wave.folder)
    assert shards.main(folders) == 0
    assert sorted(file.parent.name for file in Path(folders[0]).glob("*/record.json")) == ["one", "three", "two"]


def options(config: pytest.Config) -> set[str]:
    """Every option that pytest takes here, its own and those of plugins."""
    parser = config._parser  # noqa: SLF001 - pytest tells them in no other way
    declared = [*parser._anonymous.options, *(one for group in parser._groups for one in group.options)]  # noqa: SLF001
    return {name for option in declared for name in option.names()}


def test_each_command_is_one_that_there_is(pytestconfig: pytest.Config) -> None:
    known = options(pytestconfig)
    assert len(commands()) > 30
    for words in commands():
        program, *rest = [word for word in words if "=" not in word or word.startswith("-")]
        if rest[:1] == ["-m"]:
            assert rest[1] == "venv" or importlib.util.find_spec(rest[1]), words
        elif program.endswith("pytest"):
            assert {word.partition("=")[0] for word in rest if word.startswith("-")} <= known, words


def test_what_is_installed_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = set(re.findall(r"'\.\[(\w+)\]'", README))
    assert extras
    assert extras <= declared["optional-dependencies"].keys()
