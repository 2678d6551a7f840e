"""A hundred nights (R520): branches move, break and are repaired, commands flake, runs are killed and overlap."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests_integration.engine import attempts, metadata, past
from tests_integration.engine.metadata import Attempts, Rests
from tests_integration.engine.past import Entry
from tests_integration.engine.states import ROWS, State
from tests_integration.record.r520 import PUBLISHED
from tests_integration.selftests.a_hundred_nights import Went, World

VALIDATOR = Draft202012Validator(json.loads(PUBLISHED.read_text(encoding="utf-8")))
KINDS = {
    *("moved", "comment", "learnt", "unchanged", "used up", "killed", "in progress", "unstable"),
    *("SUCCESS", "PUSH_FAILED", "BUILD_GATE_FAILURE", "TEST_GATE_FAILURE"),
}


def begun(folder: Path, seed: int, patch: pytest.MonkeyPatch) -> World:
    world = World(folder, seed)
    for module in (attempts, past):
        patch.setattr(module, "now", lambda: world.now)
    return world


@pytest.mark.parametrize("seed", [2])
def test_a_hundred_nights(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = begun(tmp_path, seed, monkeypatch)
    written = every_write_is_valid(monkeypatch)
    for _ in range(100):
        world.day()
        before = len(world.went)
        world.night()
        if len(world.went) > before:
            require_nothing_lost(world)
            require_bugs_counted_once(world)
    require_no_loop(world.went)
    assert world.happened.keys() >= KINDS, "something that matters did not happen; take another seed"
    assert len(written) > len(world.went) - world.happened["killed"] > 20


def every_write_is_valid(patch: pytest.MonkeyPatch) -> list[str]:
    """Hold the metadata against their schema whenever they are written, between two of anybody's steps."""
    written: list[str] = []
    update = metadata.update
    before: list[Entry] = []

    def checked(file: Path, at: str, change: Callable[[Attempts], Attempts]) -> Rests:
        done = update(file, at, change)
        kept = metadata.read(file, at)
        entries, ended = kept["integration_attempts"], before[:-1]
        assert entries[: len(ended)] == ended, "what has ended stays as it is"
        newest = {**kept, "integration_attempts": entries[len(ended) :]}
        assert [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(newest)] == []
        before[:] = entries
        written.append(str(kept["last_attempt_result"]))
        return done

    patch.setattr(metadata, "update", checked)
    return written


def require_nothing_lost(world: World) -> None:
    """Every attempt is there, in order, and ended as it did; one that was killed is so called once there is another."""
    entries = world.kept["integration_attempts"]
    assert [entry["run"] for entry in entries] == [one.run for one in world.went]
    for entry, one in zip(entries, world.went, strict=True):
        closed = one is not world.went[-1] or not one.killed
        assert entry["overall_result"] == (one.result if closed else "IN_PROGRESS")
        assert entry["interrupted"] == (one.killed and closed)
    since = [one.result for one in world.went[:-1]][::-1]
    assert world.kept["attempt_count"] == (since.index("SUCCESS") if "SUCCESS" in since else len(since)) + 1


def require_bugs_counted_once(world: World) -> None:
    """A defect has one id for ever, no two have the same, each is created once, and waits until a success."""
    ids = {name: {bug for one in world.went for shown, bug in one.met if shown == name} for name in names(world)}
    assert all(len(found) == 1 for found in ids.values()), ids
    assert len({min(found) for found in ids.values()}) == len(ids)
    created = [bug for entry in world.kept["integration_attempts"] for bug in entry["bugs_created"]]
    assert sorted(created) == sorted(min(found) for found in ids.values())
    pending = [bug["id"] for bug in world.kept["bugs_pending_fix"]]
    fixed = [bug["id"] for bug in world.kept["bugs_fixed"]]
    assert sorted(pending + fixed) == sorted(created)
    counts = {bug["id"]: bug["seen"] for key in ("bugs_pending_fix", "bugs_fixed") for bug in world.kept[key]}
    met = [bug for one in world.went for bug in {bug for _, bug in one.met}]
    assert counts == {bug: met.count(bug) for bug in counts}
    assert not pending or world.went[-1].result != "SUCCESS"


def names(world: World) -> list[str]:
    """The defects that were documented so far."""
    return list(dict.fromkeys(name for one in world.went for name, _ in one.met))


def require_no_loop(went: list[Went]) -> None:
    """Nothing that was judged and found wanting was tried again unchanged, unless somebody forced it."""
    for one, following in pairwise(went):
        judged = not one.killed and not ROWS[State(one.result)].again
        assert following.forced or not (judged and one.inputs == following.inputs)
    tries = 0
    for one in went:
        assert one.forced or tries < 5, "no more than the plan allows"
        tries = 0 if one.result == "SUCCESS" else tries + 1


def test_a_seed_gives_the_same_nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        world = begun(folder, 3, monkeypatch)
        for _ in range(15):
            world.day()
            world.night()
        told.append(list(world.went))
    assert told[0] == told[1]
    assert told[0]
