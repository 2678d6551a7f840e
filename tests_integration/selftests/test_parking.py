"""A branch that does not merge is left out, with all that depends on it; the others show what they come to."""

from pathlib import Path

import pytest

from tests_integration.facts import Parked
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import Wave, git, integrated, see_outside


def parked(wave: Wave) -> dict[str, tuple[str, ...]]:
    """The branches that are left out, each with those that it waits for; all others are merged."""
    with integrated(wave) as built:
        assert built.integration.tip is None
        found = {one.branch: one.waits_for for one in built.integration.parked}
        merged = [merge.branch for merge in built.integration.merges]
        assert merged == [branch.id for branch in built.plan.branches if branch.id not in found]
        return found


def clashing(wave: Wave, *names: str, parent: str = "base", path: str = "f") -> None:
    """Branches that each add this file in a way of their own."""
    for name in names:
        wave.branch(name, {path: f"{name}\n"}, parent=parent)


@pytest.fixture
def spoiled(wave: Wave) -> Wave:
    """E2 and E5 clash with E1; E3 is stacked on E2, E4 is free."""
    clashing(wave, "E1", "E2")
    wave.branch("E3", {"three.txt": "three\n"}, parent="E2")
    wave.branch("E4", {"four.txt": "four\n"})
    clashing(wave, "E5")
    return wave


def test_one_run_shows_every_conflict_of_the_wave(spoiled: Wave) -> None:
    clashing(spoiled, "E6", "E7", path="g")
    assert parked(spoiled) == {"E2": (), "E3": ("E2",), "E5": (), "E7": ()}


def test_what_depends_on_a_parked_branch_says_so(spoiled: Wave) -> None:
    with integrated(spoiled) as built:
        assert built.integration.parked[1] == Parked(
            branch="E3", problem="parked with E2, on which it depends", waits_for=("E2",)
        )


def test_dependents_of_dependents_are_parked(spoiled: Wave) -> None:
    spoiled.branch("E6", {"six.txt": "six\n"}, parent="E3")
    assert parked(spoiled)["E6"] == ("E2", "E3")


def test_one_that_depends_on_two_parked_branches_names_both(wave: Wave) -> None:
    clashing(wave, "E1", "E2", "E3")
    wave.branch("E4", {"four.txt": "four\n"})
    wave.document["branches"][-1]["parent"] = ["E2", "E3"]
    with integrated(wave) as built:
        assert built.integration.parked[-1].problem == "parked with E2 and E3, on which it depends"


def test_an_effort_waits_for_all_splits_of_the_one_it_depends_on(wave: Wave) -> None:
    wave.branch("E1-split-001", {"one.txt": "one\n"})
    clashing(wave, "E0", "E1-split-002")
    wave.branch("E2", {"two.txt": "two\n"}, parent="E1-split-001")
    assert parked(wave) == {"E1-split-002": (), "E2": ("E1-split-002",)}


def test_later_splits_wait_for_a_parked_one(wave: Wave) -> None:
    clashing(wave, "E0", "E1-split-001")
    wave.branch("E1-split-002", {"two.txt": "two\n"})
    assert parked(wave) == {"E1-split-001": (), "E1-split-002": ("E1-split-001",)}


def test_a_branch_that_contains_a_parked_one_without_saying_so_does_not_bring_it_in(wave: Wave) -> None:
    clashing(wave, "E1", "E2")
    wave.switch("effort/E3", "effort/E2")
    (wave.work / "three.txt").write_text("three\n")
    wave.save("effort/E3")
    wave.plan_for("E3")
    assert parked(wave) == {"E2": (), "E3": ("E2",)}


def test_a_missing_branch_parks_what_depends_on_it(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.plan_for("E2")
    wave.branch("E3", {"three.txt": "three\n"}, parent="E1")
    wave.document["branches"][-1]["parent"] = ["E1", "E2"]
    wave.branch("E4", {"four.txt": "four\n"})
    assert parked(wave) == {"E2": (), "E3": ("E2",)}


def test_a_fix_that_does_not_fit_parks_its_branch(spoiled: Wave) -> None:
    spoiled.document["fixes"] = [{"id": "BUG-1", "problem": "x", "after": "E4", "delete": ["nowhere.txt"]}]
    assert parked(spoiled) == {"E2": (), "E3": ("E2",), "E4": (), "E5": ()}


def test_what_a_parked_branch_would_have_brought_clashes_with_nothing(wave: Wave) -> None:
    clashing(wave, "E1", "E2")
    wave.commit("effort/E2", {"g": "two\n"})
    clashing(wave, "E3", path="g")
    assert parked(wave) == {"E2": ()}


def test_a_deletion_by_a_fix_of_a_parked_branch_does_not_count(wave: Wave) -> None:
    clashing(wave, "E1", "E2")
    wave.branch("E3", {"twin.txt": "three\n"})
    wave.branch("E4", {"twin.txt": "four\n"})
    wave.commit("effort/E2", {"twin.txt": "two\n"})
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "x", "after": "E2", "delete": ["twin.txt"]}]
    assert parked(wave) == {"E2": (), "E4": ()}


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The preview of the spoiled wave."""
    return _run(tmp_path_factory.mktemp("preview"), "--until", "merge")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The whole run of the spoiled wave."""
    return _run(tmp_path_factory.mktemp("whole"))


def _run(folder: Path, *options: str) -> Run:
    wave = Wave(folder / "wave")
    clashing(wave, "E1", "E2")
    wave.branch("E3", {"three.txt": "three\n"}, parent="E2")
    wave.branch("E4", {"four.txt": "four\n"})
    wave.document["build"] = [{"run": "touch $OUTSIDE/built"}]
    see_outside(wave)
    before = git(wave.origin, "for-each-ref")
    finished = run(wave.folder, "--plan", str(wave.write()), *options)
    assert git(wave.origin, "for-each-ref") == before
    assert not (wave.folder / "built").exists()
    return finished


def test_the_run_fails_and_says_why_once(done: Run) -> None:
    assert done.exit == 1
    assert done.record("wave")["verdict"] == "MERGE_FAILED"
    assert done.outcomes("wave")["failed"] == ["branch_merges[E2]"]
    assert {"branch_merges[E1]", "branch_merges[E4]"} <= {*done.outcomes("wave")["passed"]}
    assert "branch_merges[E3]" in done.outcomes("wave")["blocked"]


def test_the_record_names_what_is_parked_and_what_is_merged(done: Run) -> None:
    record = done.record("wave")
    assert [(one["branch"], one["waits_for"]) for one in record["parked"]] == [("E2", []), ("E3", ["E2"])]
    assert record["parked"][0]["conflicts"] == [
        {"path": "f", "kind": "add/add", "settled": "", "rule": 0, "dropped": []}
    ]
    assert [merge["branch"] for merge in record["merges"]] == ["E1", "E4"]
    assert not record["publication"]


def test_terminal_summary_and_report_name_what_is_parked(done: Run) -> None:
    folder = done.folder / "reports" / "wave"
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    assert "parked: E2, E3 (with E2); the others were merged" in done.output
    assert "{paths: [/f], take: union, in: [E2]}" in done.output
    assert [line.count("parked") for line in summary.splitlines() if line.startswith(("| E2", "| E3"))] == [1, 1]
    assert "parked" in (folder / "report.html").read_text(encoding="utf-8")


def test_no_script_replays_half_a_branch(done: Run) -> None:
    assert not (done.folder / "reports" / "wave" / "replay.sh").exists()


def test_the_preview_shows_the_same_without_a_checkout(rehearsed: Run, done: Run) -> None:
    assert rehearsed.exit == 1
    assert rehearsed.outcomes("wave")["failed"] == done.outcomes("wave")["failed"]
    shown = {run.record("wave")["parked"][0]["problem"].partition("\n\n")[0] for run in (rehearsed, done)}
    assert shown == {"E2 (origin/effort/E2) does not merge: add/add conflict in f with E1"}
    assert not list(rehearsed.folder.rglob("checkout"))


def test_a_missing_branch_fails_once_where_it_was_looked_for(tmp_path: Path) -> None:
    wave = Wave(tmp_path / "wave")
    wave.branch("E1", {"one.txt": "one\n"})
    wave.plan_for("E2")
    finished = run(wave.folder, "--plan", str(wave.write()), "--until", "merge")
    assert (finished.exit, finished.outcomes("wave")["failed"]) == (1, ["source_is_found[E2]"])


def test_a_missing_base_fails_once(tmp_path: Path) -> None:
    wave = Wave(tmp_path / "wave")
    wave.branch("E1", {"one.txt": "one\n"})
    wave.document["base"] = "origin/mian"
    finished = run(wave.folder, "--plan", str(wave.write()), "--until", "merge")
    assert (finished.exit, finished.outcomes("wave")["failed"]) == (1, ["source_is_found[base]"])
