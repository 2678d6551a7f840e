"""A locked plan: held to where its branches were and to what came of them, moved on purpose only."""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests_integration.criteria import test_merge, test_plan
from tests_integration.plan.load import give, load
from tests_integration.plan.lock import Lock
from tests_integration.selftests.running_plans import Run, run, run_apart
from tests_integration.selftests.test_wrong_branches import without_ids
from tests_integration.selftests.verifying import integrate_by_hand
from tests_integration.selftests.waves import Built, Wave, git, integrated, three_branches


def go(wave: Wave, *arguments: str) -> Run:
    """Run the wave's plan as it was written."""
    return run(wave.folder, "--plan", "plans", *arguments)


def lock_file(wave: Wave) -> Path:
    return wave.folder / "plans" / "wave.lock.yaml"


def said(wave: Wave) -> dict[str, Any]:
    """What the lock says."""
    return dict(yaml.safe_load(lock_file(wave).read_text(encoding="utf-8")))


def failed(result: Run) -> dict[str, str]:
    """The criteria that failed, each with the first line of why, commit ids as `#`."""
    criteria = result.record("wave")["criteria"]
    return {
        f"{one['criterion']}[{one['subject']}]": without_ids(one["message"]).splitlines()[0]
        for one in criteria
        if one["outcome"] == "failed"
    }


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Wave:
    """Three branches, integrated and locked."""
    wave = three_branches(tmp_path_factory.mktemp("locked") / "wave")
    wave.write()
    done = go(wave, "--lock")
    assert done.exit == 0, done.output
    assert f"lock: {lock_file(wave)}, written; commit it beside the plan" in done.output
    return wave


@pytest.fixture
def locked(first: Wave, tmp_path: Path) -> Wave:
    """The same wave in another place, where nothing of the first run is known."""
    copied = first.copied_to(tmp_path / "elsewhere")
    shutil.rmtree(copied.folder / "reports")
    shutil.rmtree(copied.folder / ".pytest_cache", ignore_errors=True)
    return copied


def test_the_lock_says_what_was_built_and_what_came_of_it(first: Wave) -> None:
    record = Run(0, "", first.folder).record("wave")
    lock = said(first)
    assert lock == {
        "version": 1,
        "plan": record["plan"]["digest"],
        "base": git(first.work, "rev-parse", "main"),
        "branches": {
            name: git(first.work, "rev-parse", f"effort/{name}") for name in ("E1", "E2-split-001", "E2-split-002")
        },
        "tip": record["tip"],
        "tree": record["tree"],
        "waveproof": record["environment"]["waveproof"],
        "git": record["environment"]["git"],
    }


def test_elsewhere_it_gives_the_same_tip_and_stays_as_it_is(first: Wave, locked: Wave) -> None:
    before = lock_file(locked).read_bytes()
    done = go(locked, "--until", "merge", "--lock")
    assert done.exit == 0, done.output
    assert "which was there already, and which this run was held to" in done.output
    assert done.record("wave")["tip"] == said(first)["tip"]
    held = {"plan_is_as_locked[lock]", "tree_is_as_locked[lock]", "tip_is_as_locked[lock]"}
    held |= {f"source_is_as_locked[{key}]" for key in ("base", "E1", "E2-split-001", "E2-split-002")}
    assert held <= {*done.outcomes("wave")["passed"]}
    assert lock_file(locked).read_bytes() == before


def test_what_moved_fails_until_it_is_moved_on_purpose(locked: Wave) -> None:
    old = said(locked)
    tips = [locked.commit("effort/E2-split-002", {"three.txt": f"{n}\n"}) for n in range(3)]
    told = f"moved: E2-split-002 from {old['branches']['E2-split-002']} to {tips[-1]}, 3 commits"
    done = go(locked)
    assert done.exit == 1
    assert failed(done) == {"source_is_as_locked[E2-split-002]": without_ids(told)}
    reports = locked.folder / "reports" / "wave"
    for form in ("record.json", "summary.md", "report.html"):
        assert told in re.sub(r"[\\`]", "", (reports / form).read_text(encoding="utf-8")), form
    assert told in done.output
    why = "blocked: E2-split-002 moved since the plan was locked (source_is_as_locked)".removeprefix("blocked: ")
    unasked = {one["criterion"]: one["message"] for one in done.record("wave")["criteria"] if one["subject"] == "lock"}
    assert unasked == {"plan_is_as_locked": "", "tree_is_as_locked": why, "tip_is_as_locked": why}
    assert "The same inputs would fail again" in go(locked).output
    another = go(locked, "--update-lock", "E1")
    assert (another.exit, said(locked)) == (1, old)
    assert "wave is not locked: source_is_as_locked failed" in another.output
    moved = go(locked, "--until", "demo", "--update-lock", "E2-split-002")
    assert moved.exit == 0, moved.output
    new = said(locked)
    assert new["branches"] == {**old["branches"], "E2-split-002": tips[-1]}
    assert (new["base"], new["tip"] != old["tip"], new["tip"]) == (old["base"], True, moved.record("wave")["tip"])
    assert go(locked, "--until", "audit").exit == 0


def test_all_may_move_at_once_and_the_plan_with_them(locked: Wave) -> None:
    locked.branch("E9", {"nine.txt": "nine\n"})
    locked.commit("main", {"later.txt": "later\n"})
    locked.write()
    done = go(locked, "--until", "merge")
    assert failed(done) == {
        "plan_is_as_locked[lock]": "the plan has changed since it was locked in wave.lock.yaml: it was #, and is #;"
        " new: E9 (comments do not count)"
    }
    done = go(locked, "--until", "merge", "--update-lock", "base")
    assert failed(done) == {"source_is_as_locked[E9]": "not locked: E9 is not in the lock"}
    done = go(locked, "--until", "merge", "--update-lock")
    assert done.exit == 0, done.output
    assert said(locked)["branches"]["E9"] == git(locked.work, "rev-parse", "effort/E9")
    assert go(locked, "--until", "merge").exit == 0


@pytest.fixture(scope="module")
def built(first: Wave, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The wave as the engine integrates it, after E1 was rewritten and a split set back."""
    wave = first.copied_to(tmp_path_factory.mktemp("built") / "wave")
    git(wave.work, "switch", "--quiet", "effort/E1")
    git(wave.work, "commit", "--quiet", "--amend", "--message", "Other words")
    wave.save("effort/E1")
    with integrated(wave) as made:
        yield made


def told(function: Any, *given: object) -> str:
    """How a criterion ends, commit ids as `#`."""
    try:
        function(*given)
    except (pytest.fail.Exception, pytest.skip.Exception) as end:
        return without_ids(str(end))
    return ""


def test_how_a_branch_moved_is_told_as_far_as_it_is_known(built: Built, first: Wave) -> None:
    def moved(key: str, **changes: object) -> str:
        lock = built.plan.lock.model_copy(update=changes) if built.plan.lock else None
        plan = built.plan.model_copy(update={"lock": lock})
        return told(test_merge.test_source_is_as_locked, built.sources, built.store, plan, key).split("\n")[0]

    behind, ahead = git(first.work, "rev-parse", "effort/E1"), git(first.work, "rev-parse", "effort/E2-split-001")
    assert moved("base") == ""
    assert moved("base", base=behind) == "moved: base from # to #, rewound: 1 commit gone"
    assert moved("E1") == "moved: E1 from # to #, rewritten: 1 commit gone, 2 new"
    assert moved("E1", branches={"E1": "0" * 40}) == (
        "moved: E1 from # to #, by how many commits is not known: the locked one is nowhere any more"
    )
    assert moved("E2-split-002", branches={"E2-split-002": ahead}) == "moved: E2-split-002 from # to #, 1 commit"
    missing = {"base": built.sources["base"].model_copy(update={"commit": None})}
    assert told(test_merge.test_source_is_as_locked, missing, built.store, built.plan, "base") == (
        "blocked: base was not found"
    )


def test_what_comes_of_the_same_inputs_is_told_from_what_moved(built: Built) -> None:
    tips = {key: source.commit for key, source in built.sources.items()}
    base = tips.pop("base")
    made = built.integration
    known: dict[str, Any] = {
        "base": base,
        "branches": tips,
        "tip": made.tip,
        "tree": made.tree,
        "waveproof": "0.0.1",
        "git": "1.2.3",
    }

    def ends(**changes: object) -> tuple[str, str]:
        lock = Lock.model_construct(**{**known, **changes})
        tree, tip = (
            told(function, made, built.sources, lock)
            for function in (test_merge.test_tree_is_as_locked, test_merge.test_tip_is_as_locked)
        )
        return tree, tip

    assert ends() == ("", "")
    tree, tip = ends(tree="1" * 40, tip="1" * 40)
    assert tree.startswith(
        "no branch has moved, and the result is another all the same: the same plan, base and tips had"
    )
    assert "\nThen: waveproof 0.0.1, git 1.2.3; now: waveproof " in tree
    assert tip == "blocked: the tree is another (tree_is_as_locked)"
    tree, tip = ends(tip="1" * 40)
    assert tree == ""
    assert tip.startswith("no branch has moved, and the commit is another all the same, with the same tree: ")
    moved = "blocked: E1 moved since the plan was locked (source_is_as_locked)"
    assert ends(tree="1" * 40, branches=tips | {"E1": "1" * 40}) == (moved, moved)


def test_a_plan_that_lost_a_branch_says_so(built: Built) -> None:
    lock = Lock.model_construct(plan="0" * 64, branches={"E0": "0" * 40})
    assert "; no more there: E0 (comments do not count)" in told(test_plan.test_plan_is_as_locked, built.plan, lock)
    assert told(test_plan.test_plan_is_as_locked, built.plan, built.plan.lock) == ""


A, B = "a" * 40, "b" * 64
RIGHT = {"version": 1, "plan": B, "base": A, "branches": {"E1": A}, "tip": A, "tree": A, "waveproof": "1", "git": "2"}
BROKEN: Mapping[str, tuple[str, str]] = {
    "nothing": ("", "1:1: plan: must be a mapping of keys to values; `version: 1` is the first"),
    "no YAML": ("a: [", "2:1: plan: is not YAML: did not find expected node content"),
    "half of it": (yaml.safe_dump({"version": 1, "plan": B}, sort_keys=False), "1:1: base: is missing"),
    "version": (yaml.safe_dump({**RIGHT, "version": 2}, sort_keys=False), "1:10: version: must be 1, not '2'"),
    "digest": (yaml.safe_dump({**RIGHT, "plan": A}, sort_keys=False), "2:7: plan: '#' is not a SHA-256"),
    "commit": (yaml.safe_dump({**RIGHT, "base": "main"}, sort_keys=False), "3:7: base: 'main' is not a full commit id"),
    "id": (yaml.safe_dump({**RIGHT, "branches": {"-x": A}}, sort_keys=False), "5:3: branches.-x: '-x' is not an id"),
    "no branch": (
        yaml.safe_dump({**RIGHT, "branches": {}}, sort_keys=False),
        "4:11: branches: needs at least one entry",
    ),
    "stranger": (yaml.safe_dump({**RIGHT, "colour": "blue"}, sort_keys=False), "10:1: colour: is not a key here"),
    "tag": ("version: !!python/name:os.system 1\n", "1:10: version: has the tag"),
    "alias": (f"version: 1\nplan: &a {B}\nbase: *a\n", "3:7: base: is an alias (*a)"),
    "escape": (yaml.safe_dump({**RIGHT, "git": "\x1b[31m"}, sort_keys=False), "9:6: git: holds characters that cannot"),
}


@pytest.mark.parametrize(("text", "says"), BROKEN.values(), ids=BROKEN)
def test_a_broken_lock_is_refused_with_its_place(stacked: Wave, text: str, says: str) -> None:
    plan = stacked.write()
    lock_file(stacked).write_text(text, encoding="utf-8")
    given = give(plan)
    assert given.plan is None
    assert f"{plan}:1:1: plan: {lock_file(stacked)}:{says}" in without_ids(given.refusal)


def test_what_is_no_file_is_no_lock(stacked: Wave) -> None:
    plan = stacked.write()
    lock_file(stacked).symlink_to("nowhere")
    assert "wave.lock.yaml:1:1: plan: cannot be read: No such file or directory" in give(plan).refusal
    lock_file(stacked).unlink()
    lock_file(stacked).mkdir()
    assert "wave.lock.yaml:1:1: plan: cannot be read: Is a directory" in give(plan).refusal
    lock_file(stacked).rmdir()
    assert load(plan).lock is None


def test_a_lock_is_no_plan(locked: Wave) -> None:
    listed = run(locked.folder, "--plan", "plans", "--plan", "plans/*.yaml", "--collect-only")
    assert "wave: Selftest Wave, attempt 1" in listed.output
    assert "wave.lock" not in listed.output.replace("wave.lock.yaml", "")
    given = give(lock_file(locked))
    assert "is the lock of a plan and none itself; the plan is wave.yaml" in given.refusal


WRONG_OPTIONS = {
    "without a plan": (["--lock"], "--lock needs --plan: it is plans that are locked"),
    "judging": (["--plan", "plans", "--update-lock", "--verify"], "--update-lock and --verify exclude each other"),
    "both": (["--plan", "plans", "--lock", "--update-lock"], "--lock and --update-lock exclude each other"),
    "no lock": (["--plan", "plans", "--update-lock"], "--update-lock: there is no lock yet; --lock writes one"),
}


@pytest.mark.parametrize(("options", "says"), WRONG_OPTIONS.values(), ids=WRONG_OPTIONS)
def test_what_cannot_be_locked_is_told(stacked: Wave, options: list[str], says: str) -> None:
    stacked.write()
    done = run(stacked.folder, *options)
    assert (done.exit, says in done.output) == (pytest.ExitCode.USAGE_ERROR, True)


def test_a_stranger_is_told_from_the_branches(locked: Wave) -> None:
    done = go(locked, "--update-lock", "E1", "E2-split-02")
    assert (done.exit, "--update-lock: no plan has 'E2-split-02'; did you mean 'E2-split-002'?" in done.output) == (
        4,
        True,
    )


def test_what_fails_or_comes_to_no_tip_is_not_locked(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "false"}]
    stacked.write()
    done = go(stacked, "--lock")
    assert (done.exit, "wave is not locked: build_passes failed" in done.output) == (1, True)
    done = go(stacked, "--lock", "--until", "plan")
    assert (done.exit, "wave is not locked: this run did not come to a tip" in done.output) == (1, True)
    assert not lock_file(stacked).exists()


def test_a_branch_that_a_person_built_is_held_to_the_tree_only(locked: Wave) -> None:
    integrate_by_hand(locked, "E1; E2a; merge E2-split-002; demo", "by-hand")
    done = go(locked, "--until", "merge", "--verify", "origin/by-hand")
    assert done.exit == 0, done.output
    criteria = {one["criterion"] for one in Run(0, "", locked.folder).record("wave/verified")["criteria"]}
    assert {"tree_is_as_locked", "source_is_as_locked"} <= criteria
    assert "tip_is_as_locked" not in criteria


def test_workers_are_held_to_the_lock_and_leave_it_to_the_one_process(stacked: Wave) -> None:
    stacked.write("one")
    stacked.document["integration"] = "two-integration"
    stacked.write("two")
    arguments = ("-p", "xdist", "-n", "2", "--plan", "plans", "--until", "merge")
    done = run_apart(stacked.folder, *arguments, "--lock")
    assert done.exit == 0, done.output
    assert {file.name for file in (stacked.folder / "plans").glob("*.lock.yaml")} == {"one.lock.yaml", "two.lock.yaml"}
    stacked.commit("effort/E1", {"one.txt": "another\n"})
    done = run_apart(stacked.folder, *arguments)
    assert done.exit == 1
    assert done.output.count("merge: source_is_as_locked [E1]: moved: E1 from ") == 2
