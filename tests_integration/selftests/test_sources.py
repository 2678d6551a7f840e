"""Where branches come from: what is missing is told, what is not named stays out, secrets stay secret."""

from pathlib import Path

import pytest

from tests_integration.engine.sources import fetch, look_up, ref_of
from tests_integration.facts import Source
from tests_integration.plan.load import load
from tests_integration.repository.ask import commit_at
from tests_integration.repository.git import scrubbed_environment
from tests_integration.repository.store import open_store
from tests_integration.selftests.waves import Wave, git


@pytest.fixture
def wave(tmp_path: Path) -> Wave:
    """A base and the branch E1."""
    wave = Wave(tmp_path / "wave")
    wave.branch("E1", {"one.txt": "one\n"})
    return wave


def store_of(wave: Wave) -> Path:
    return wave.folder / "store.git"


def looked_up(wave: Wave) -> dict[str, Source]:
    """The plan's sources, looked up and not fetched."""
    plan = load(wave.write())
    with scrubbed_environment(), open_store(store_of(wave)) as store:
        return look_up(plan, store)


def fetched(wave: Wave) -> dict[str, Source]:
    """The plan's sources, looked up and fetched."""
    plan = load(wave.write())
    with scrubbed_environment(), open_store(store_of(wave)) as store:
        return fetch(plan, store, look_up(plan, store))


def problem(wave: Wave, key: str = "E1") -> str:
    """Why a source cannot be had."""
    source = looked_up(wave)[key]
    assert source.commit is None
    return source.problem


def test_a_tip_is_found_on_its_remote(wave: Wave) -> None:
    tip = git(wave.origin, "rev-parse", "effort/E1")
    assert looked_up(wave)["E1"] == Source(
        id="E1",
        source="origin/effort/E1",
        remote="origin",
        branch="effort/E1",
        url=str(wave.origin),
        commit=tip,
    )


def test_the_longest_remote_name_is_meant(wave: Wave) -> None:
    git(wave.folder, "init", "--quiet", "--bare", "empty.git")
    wave.document["remotes"] = {"origin": "../empty.git", "origin.two": "../origin.git"}
    wave.document["base"] = "origin.two/main"
    wave.document["branches"][0]["from"] = "origin.two/effort/E1"
    assert {source.remote for source in looked_up(wave).values()} == {"origin.two"}


def test_a_missing_branch_is_told_with_the_nearest(wave: Wave) -> None:
    wave.document["branches"][0]["from"] = "origin/efort/E1"
    assert problem(wave) == (
        f"there is no branch 'efort/E1' on the remote 'origin' ({wave.origin}); did you mean 'effort/E1'?"
    )


def test_a_missing_branch_without_a_near_one_is_told_with_those_that_are_there(wave: Wave) -> None:
    wave.document["branches"][0]["from"] = "origin/Z"
    assert problem(wave).endswith("; known: effort/E1, main")


def test_an_empty_remote_is_told(wave: Wave) -> None:
    git(wave.folder, "init", "--quiet", "--bare", "empty.git")
    wave.document["remotes"]["empty"] = "../empty.git"
    wave.document["branches"][0]["from"] = "empty/effort/E1"
    assert problem(wave) == (
        f"there is no branch 'effort/E1' on the remote 'empty' ({wave.folder}/empty.git); it has no branches"
    )


@pytest.mark.parametrize("kind", ["nothing", "folder", "file"])
def test_a_remote_that_is_no_repository_is_told(wave: Wave, kind: str) -> None:
    place = wave.folder / "elsewhere"
    if kind == "folder":
        place.mkdir()
    elif kind == "file":
        place.write_text("this is no bundle\n")
    wave.document["remotes"]["team"] = "../elsewhere"
    wave.document["branches"][0]["from"] = "team/effort/E1"
    assert problem(wave).startswith(f"the remote 'team' cannot be read at {place}: fatal: ")


def test_one_remote_out_of_reach_leaves_the_others(wave: Wave) -> None:
    wave.plan_for("E2")
    wave.document["remotes"]["team"] = "../nowhere"
    wave.document["branches"][1]["from"] = "team/effort/E2"
    found = fetched(wave)
    assert found["E1"].commit
    assert "cannot be read" in found["E2"].problem


def test_a_tip_other_than_the_approved_one_is_told(wave: Wave) -> None:
    approved = git(wave.origin, "rev-parse", "effort/E1")
    wave.document["branches"][0]["commit"] = approved
    assert looked_up(wave)["E1"].commit == approved
    moved = wave.commit("effort/E1", {"one.txt": "not reviewed\n"})
    assert problem(wave) == f"origin/effort/E1 is at {moved}, but {approved} was approved (`commit:` in the plan)"


def test_a_remote_out_of_reach_is_told_for_an_approved_branch_too(wave: Wave) -> None:
    wave.document["branches"][0]["commit"] = git(wave.origin, "rev-parse", "effort/E1")
    wave.origin.rename(wave.folder / "gone.git")
    assert problem(wave).startswith("the remote 'origin' cannot be read")


def test_a_missing_branch_is_told_for_an_approved_branch_too(wave: Wave) -> None:
    wave.document["branches"][0]["commit"] = git(wave.origin, "rev-parse", "effort/E1")
    git(wave.origin, "branch", "--delete", "--force", "effort/E1")
    assert problem(wave).startswith("there is no branch 'effort/E1'")


def test_a_branch_that_moves_between_look_and_fetch_is_told(wave: Wave) -> None:
    plan = load(wave.write())
    with scrubbed_environment(), open_store(store_of(wave)) as store:
        seen = look_up(plan, store)
        moved = wave.commit("effort/E1", {"one.txt": "later\n"})
        source = fetch(plan, store, seen)["E1"]
    assert source.commit is None
    assert source.problem == (
        f"origin/effort/E1 moved from {seen['E1'].commit} to {moved} while it was fetched; run again"
    )


def test_a_branch_that_goes_between_look_and_fetch_is_told(wave: Wave) -> None:
    plan = load(wave.write())
    with scrubbed_environment(), open_store(store_of(wave)) as store:
        seen = look_up(plan, store)
        git(wave.origin, "branch", "--delete", "--force", "effort/E1")
        source = fetch(plan, store, seen)["E1"]
    assert source.commit is None
    assert source.problem == (
        "cannot be fetched from the remote 'origin': fatal: couldn't find remote ref refs/heads/effort/E1"
    )


def test_tags_and_notes_do_not_shadow_a_branch(wave: Wave) -> None:
    tip = git(wave.origin, "rev-parse", "refs/heads/effort/E1")
    for ref in ("refs/tags/effort/E1", "refs/notes/effort/E1", "refs/effort/E1", "refs/heads/refs/heads/effort/E1"):
        git(wave.origin, "update-ref", ref, "refs/heads/main")
    found = fetched(wave)["E1"]
    assert found.commit == tip
    with open_store(store_of(wave)) as store:
        assert commit_at(store, ref_of(load(wave.write()), "E1")) == tip


def test_only_what_the_plan_names_lands_in_the_store(wave: Wave) -> None:
    other = wave.commit("other", {"other.txt": "other\n"})
    git(wave.origin, "tag", "--annotate", "--message", "tag", "v1", "effort/E1")
    fetched(wave)
    refs = git(store_of(wave), "for-each-ref", "--format=%(refname)").splitlines()
    assert {bytes.fromhex(ref.rpartition("/")[2]) for ref in refs} == {b"E1", b"base"}
    with open_store(store_of(wave)) as store:
        assert commit_at(store, other) is None


def test_a_rewritten_branch_is_taken_as_it_is_now(wave: Wave) -> None:
    fetched(wave)
    git(wave.work, "switch", "--quiet", "effort/E1")
    git(wave.work, "reset", "--quiet", "--hard", "main")
    rewritten = wave.commit("effort/E1", {"one.txt": "rewritten\n"})
    assert fetched(wave)["E1"].commit == rewritten


def test_a_bundle_is_a_remote(wave: Wave) -> None:
    git(wave.work, "bundle", "create", "--quiet", "../wave.bundle", "--branches")
    wave.document["remotes"] = {"origin": "../wave.bundle"}
    found = fetched(wave)
    assert found["E1"].commit == git(wave.work, "rev-parse", "effort/E1")
    assert found["E1"].problem == ""


def test_paths_start_from_the_plans_file(wave: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    wave.document["remotes"] = {"origin": "../plans/../origin.git"}
    assert fetched(wave)["E1"].url == str(wave.origin)
