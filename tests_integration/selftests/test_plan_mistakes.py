"""Every mistake of a plan is told with its place, all of them at once."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests_integration.plan.load import give, load
from tests_integration.plan.mistakes import PlanRejectedError
from tests_integration.plan.model import PlanDocument
from tests_integration.selftests.bad_plan_references import REFERENCES
from tests_integration.selftests.bad_plan_rules import RULES
from tests_integration.selftests.bad_plan_values import BRANCH_NAMES, TABLES, VALUES
from tests_integration.selftests.bad_plans import KEYS, TYPES, Bad
from tests_integration.selftests.good_plans import EVERY_KEY, PLAN
from tests_integration.selftests.waves import git

JUNK: tuple[object, ...] = (
    [],
    {},
    "",
    None,
    "x",
    [[]],
    [{}],
    {"a": "b"},
    "9" * 5000,
    "x" * 5000,
    "\0",
    "\U0001f600",
    "a/b",
    "..",
    "(*",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a plan goes; beside it is what the plans of the cases lead to."""
    folder = tmp_path / "plans"
    for name in ("files", "linked", "../outside"):
        (folder / name).mkdir(parents=True)
    (folder / "file.txt").write_text("a file\n", encoding="utf-8")
    (folder / "linked" / "link.txt").symlink_to("../file.txt")
    (folder / "link").symlink_to("../outside")
    (folder / "loop").symlink_to("loop")
    return folder / "wave.yaml"


def refusal(file: Path, text: str) -> list[str]:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PlanRejectedError) as refused:
        load(file)
    return str(refused.value).splitlines()


def places(value: object, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    if isinstance(value, list):
        inner = list(enumerate(value))
    for step, item in inner:
        yield (*place, step)
        yield from places(item, (*place, step))


def test_the_plan_that_the_cases_edit_is_good(file: Path) -> None:
    file.write_text(PLAN, encoding="utf-8")
    assert give(file).refusal == ""


@pytest.mark.parametrize("bad", [*KEYS, *TYPES, *TABLES, *VALUES, *REFERENCES, *RULES], ids=lambda bad: bad.why)
def test_a_mistake_is_told_with_its_place(bad: Bad, file: Path) -> None:
    assert refusal(file, bad.text) == [f"{file}:{mistake}" for mistake in bad.mistakes]


@pytest.mark.parametrize("name", BRANCH_NAMES)
def test_git_refuses_these_branch_names_too(name: str, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert git(tmp_path, "check-ref-format", "--branch", name, fails=True) == ""


@pytest.mark.parametrize(
    "name", ["a", "a/b-c_d.e", "wave@2", "a{b}", "lock", "a.locked", "B\u00e4r", "\u6ce2", "a#b", "it's"]
)
def test_branch_names_that_git_allows_are_allowed(name: str, file: Path) -> None:
    git(file.parent, "check-ref-format", "--branch", name)
    file.write_text(PLAN.replace("wave-integration", f'"{name}"'), encoding="utf-8")
    assert load(file).integration == name


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(file: Path) -> None:
    text = PLAN.replace("version: 1\n", "").replace("integration:", "integraton:").replace("parent: E1", "parent: E9")
    text = text.replace("id: BUG-1", "id: BUG 1").replace("60s", "60").replace("  script: demos/demo.sh\n", "")
    assert refusal(file, f"{text}title: Twice\nlimits: {{hours: none}}\n") == [
        f"{file}:1:1: integration: is missing",
        f"{file}:1:1: version: is missing",
        f"{file}:6:1: integraton: is not a key here; did you mean 'integration'?",
        f"{file}:14:13: branches[1].parent: 'E9' is no branch of this plan; known: E1, base",
        f"{file}:16:9: fixes[0].id: 'BUG 1' is not an id: letters, digits, '.', '_' and '-', a letter or digit first",
        f"{file}:22:14: build[0].timeout: '60' is not a duration such as 90s, 10m or 4h",
        f"{file}:26:3: demo.script: is missing",
        f"{file}:29:1: title: is given twice; the first is in line 1",
        f"{file}:30:17: limits.hours: must be a whole number, not 'none'",
    ]


def test_a_key_far_from_every_other_is_told_with_all_that_there_are(file: Path) -> None:
    told = refusal(file, f"{PLAN}zzz: 1\n")
    assert told == [f"{file}:31:1: zzz: is not a key here; known: {', '.join(sorted(PlanDocument.model_fields))}"]


def test_a_key_cannot_forge_a_line_of_the_refusal(file: Path) -> None:
    forged = refusal(file, PLAN.replace("  remote: origin", '  remote: origin\n  "a\\n\\e[2Jb": 1'))
    assert forged == [f"{file}:31:3: 'publish.a\\n\\x1b[2Jb': is not a key here; known: healed, notes, remote"]


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: repr(junk)[:12])
def test_whatever_stands_for_a_value_the_plan_is_read_or_refused_in_words(junk: object, file: Path) -> None:
    file.write_text(EVERY_KEY, encoding="utf-8")
    assert give(file).refusal == ""
    good: dict[str, Any] = yaml.safe_load(EVERY_KEY)
    for place in places(good):
        bad = copy.deepcopy(good)
        inside: Any = bad
        for step in place[:-1]:
            inside = inside[step]
        inside[place[-1]] = junk
        file.write_text(yaml.safe_dump(bad, allow_unicode=True), encoding="utf-8")
        given = give(file)
        assert (given.plan is None) == (f"{file}:" in given.refusal), f"{place}: {given}"


def test_a_bad_plan_ends_the_run_with_its_mistakes(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("wave.yaml").write_text(PLAN.replace("parent: E1", "parent: E9").replace("60s", "60"))
    result = pytester.runpytest_subprocess("--plan", "wave.yaml")
    output = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "wave.yaml:15:13: branches[1].parent: 'E9' is no branch of this plan; known: E1, base" in output
    assert "wave.yaml:23:14: build[0].timeout: '60' is not a duration such as 90s, 10m or 4h" in output
    assert "Traceback" not in output
    assert "INTERNALERROR" not in output
