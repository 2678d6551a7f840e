"""The bench measures on the same repositories each time, and says of each figure whether it is what was promised."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests_integration.bench import generate, parts, rows, scenes
from tests_integration.bench.generate import Shape
from tests_integration.bench.rows import README, ROWS, Row
from tests_integration.bench.scenes import Scene
from tests_integration.engine.integrate import integrate
from tests_integration.selftests.waves import Built, failures, git

BENCH = Path(generate.__file__).parent
IMPORTS = "importlib._bootstrap"
SMALL = Shape(files=100, branches=11, commits=41)
TIPS = {
    "main": "36160c2d7efc6138273c0e8146e2bb3b3fbc63e4",
    "effort/E10": "4f298595e3d8eec77eaa647f40c0e8f3d95cd3e6",
    "effort/E11": "72ed59b93ff0c47da2755d90249928291854d87e",
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A generated wave of eleven branches; the tenth is stacked."""
    folder = tmp_path_factory.mktemp("bench") / "wave"
    return Scene("small", folder, generate.make(SMALL, folder))


def test_a_shape_gives_the_same_commits_on_every_machine(scene: Scene) -> None:
    tips = {branch: git(scene.origin, "rev-parse", f"refs/heads/{branch}") for branch in TIPS}
    assert tips == TIPS
    assert git(scene.origin, "rev-list", "--count", "main") == str(SMALL.commits)
    assert len(git(scene.origin, "ls-tree", "-r", "--name-only", "main").splitlines()) == SMALL.files
    assert len(git(scene.origin, "for-each-ref", "refs/heads").splitlines()) == SMALL.branches + 1


def test_a_repository_that_goes_while_it_is_made_is_not_taken_for_the_one_around_it(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "gone").mkdir()
    with pytest.raises(subprocess.CalledProcessError):
        generate.feed(tmp_path / "gone", generate.stream(SMALL))
    assert not git(tmp_path, "for-each-ref")


def test_several_are_not_measured_at_once() -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "2", str(BENCH)]
    done = subprocess.run(command, cwd=BENCH, capture_output=True, text=True, check=False)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "measures time, one thing after the other: leave out -n" in done.stderr


def test_a_generated_wave_merges_and_passes_the_audit(scene: Scene) -> None:
    with scenes.fetched(scene, scene.folder / "store.git") as (plan, store, sources):
        made = integrate(plan, store, sources)
        assert [branch.id for branch in plan.branches if branch.parent != ("base",)] == ["E10"]
        assert len(made.merges) == SMALL.branches
        assert not any(merge.conflicts for merge in made.merges)
        assert failures(Built(plan, store, sources, made), str(made.tip)) == {}


def test_the_branch_that_moves_has_one_commit_more_and_then_is_where_it_was(scene: Scene) -> None:
    before = git(scene.origin, "for-each-ref", "refs/heads")
    with scene.moved():
        during = git(scene.origin, "for-each-ref", "refs/heads")
        moved = {row.split("\t")[1] for row in set(during.splitlines()) - set(before.splitlines())}
        ahead = git(scene.origin, "rev-list", "--count", "refs/heads/effort/E9", f"^{_tip(before, 'effort/E9')}")
    assert (moved, ahead) == ({"refs/heads/effort/E9"}, "1")
    assert git(scene.origin, "for-each-ref", "refs/heads") == before


def _tip(refs: str, branch: str) -> str:
    return next(row.split()[0] for row in refs.splitlines() if row.endswith(f"refs/heads/{branch}"))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (2.0, "at most 2.5 s | 2.0 s | met"),
        (2.6, "at most 2.5 s | 2.6 s | missed"),
        (None, "at most 2.5 s | not measured | "),
    ],
)
def test_a_row_says_whether_what_was_promised_is_met(value: float | None, told: str) -> None:
    row = Row("it", "test_it.py", lambda measured: measured["it"], "{:.1f} s", at_most=lambda _: 2.5)
    assert row.written({} if value is None else {"it": value}) == f"| it | {told} | `test_it.py` |"


def test_what_is_promised_at_least_is_missed_below_it() -> None:
    row = Row("it", "test_it.py", lambda measured: measured["a"] / measured["b"], "{:.0f}", at_least=lambda _: 50)
    assert row.written({"a": 100, "b": 2}) == "| it | at least 50 | 50 | met | `test_it.py` |"
    assert row.written({"a": 98, "b": 2}) == "| it | at least 50 | 49 | missed | `test_it.py` |"


def test_figures_of_other_code_are_not_told() -> None:
    assert rows.measured_before({"code": rows.code(), "measured": {"it": 1.0}}) == {"it": 1.0}
    assert rows.measured_before({"code": "of yesterday", "measured": {"it": 1.0}}) == {}


def test_every_row_names_a_module_of_the_bench() -> None:
    modules = {file.name for file in BENCH.glob("test_*.py")}
    assert {row.where.split()[0] for row in ROWS} == modules
    for file in BENCH.glob("*.py"):
        importlib.import_module(f"tests_integration.bench.{file.stem}")


def test_the_readme_has_a_place_for_the_table() -> None:
    text = rows.with_table(README.read_text(encoding="utf-8"), {})
    assert all(f"\n{row.written({})}\n" in text for row in ROWS if row.promised)


def test_the_shares_of_a_session_are_of_functions_that_there_are() -> None:
    for name in (name for names in parts.PARTS.values() for name in names):
        file, _, function = name.rpartition(":")
        module = importlib.import_module(file.removesuffix(".py").replace("/", ".").replace("_bootstrap>", IMPORTS))
        assert f"def {function}(" in Path(str(module.__file__)).read_text(encoding="utf-8"), name


def test_a_share_is_of_all_that_this_process_and_others_took() -> None:
    seen = {
        ("/x/_pytest/fixtures.py", "_fillfixtures"): 4,
        ("/x/tests_integration/engine/integrate.py", "integrate"): 3,
        ("/x/tests_integration/engine/reuse.py", "integrate"): 1,
    }
    assert list(parts.shares(seen, whole=6, others=4)) == [
        (parts.OTHERS, 0.4),
        ("branches are merged", 0.3),
        (parts.FIXTURES, 0.1),
    ]


def test_a_look_counts_each_function_once_however_often_it_calls_itself() -> None:
    looks = parts.Looks()

    def deep(times: int) -> None:
        if times:
            deep(times - 1)
        else:
            looks.take(0, sys._getframe())  # noqa: SLF001

    deep(3)
    assert (looks.number, looks.seen[__file__, "deep"]) == (1, 1)
