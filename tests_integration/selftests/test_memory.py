"""Merges of earlier runs are not made again, unless anything that decides them is another."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests_integration.engine.integrate import integrate
from tests_integration.engine.isolation import Cell
from tests_integration.engine.memory import Memory, out_of_reach
from tests_integration.engine.sources import fetch, look_up
from tests_integration.facts import Integration
from tests_integration.plan.load import load
from tests_integration.repository import git as settings
from tests_integration.repository.git import scrubbed_environment
from tests_integration.repository.store import open_store
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.waves import Wave, git, integrated, made_once

LONG = "1\n2\n3\n4\n5\n6\n7\n8\n9\n"


class Night(NamedTuple):
    """What a night came to, and how much of it was made."""

    integration: Integration
    made: int
    remembered: int


def night(wave: Wave, *, fresh: bool = False) -> Night:
    """Integrate a wave as every night, in a store and with a memory that are kept."""
    plan = load(wave.write())
    with scrubbed_environment(), open_store(wave.folder / "store.git") as store:
        sources = fetch(plan, store, look_up(plan, store))
        memory = Memory(store, plan, wave.folder / "memory", fresh=fresh)
        done = integrate(plan, store, sources, memory)
        return Night(done, memory.made, len(memory.recalled))


def without_memory(wave: Wave) -> Integration:
    """The same in a store of its own, with nothing to remember."""
    shutil.rmtree(wave.folder / "wave-store.git", ignore_errors=True)
    with integrated(wave) as built:
        return built.integration


@made_once
def _settled(folder: Path) -> Wave:
    wave = Wave(folder)
    wave.commit("main", {"lock.txt": "base\n", "log.txt": LONG})
    wave.branch("E1", {"one.txt": LONG, "twin.txt": "twin\n", "lock.txt": "one\n", "log.txt": LONG.replace("4", "1")})
    wave.branch("E2", {"two.txt": "two\n", "lock.txt": "two\n"}, contains="What two has")
    wave.branch("E3", {"three.txt": "three\n", "twin.txt": "again\n", "log.txt": LONG.replace("4", "3")})
    wave.branch("E4", {"four.txt": "four\n"})
    wave.document["resolve"] = [
        {"paths": ["lock.txt"], "take": "theirs", "drops": True},
        {"paths": ["log.txt"], "take": "union", "in": ["E3"]},
        {"paths": ["none.txt"], "take": "ours", "in": ["E4"]},
    ]
    wave.document["fixes"] = [
        {"id": "BUG-1", "problem": "twice", "after": "E1", "delete": ["twin.txt"]},
        {"id": "BUG-2", "problem": "numbers", "after": "E2", "patch": "one.patch"},
    ]
    patch = "--- a/one.txt\n+++ b/one.txt\n@@ -1,3 +1,3 @@\n-1\n+one\n 2\n 3\n"
    (folder / "plans" / "one.patch").write_text(patch, encoding="utf-8")
    assert night(wave)[1:] == (4, 0)
    return wave


@pytest.fixture
def settled(tmp_path: Path) -> Wave:
    """A wave of four branches with rules and fixes of all kinds, after its first night."""
    return _settled(tmp_path / "wave")


def test_where_nothing_moved_no_merge_is_made(settled: Wave) -> None:
    first = without_memory(settled)
    assert first.tip
    assert [bool(merge.conflicts) for merge in first.merges] == [False, True, True, False]
    assert night(settled) == (first, 0, 4)
    assert night(settled, fresh=True) == (first, 4, 0)
    assert night(settled) == (first, 0, 4)


def test_where_one_branch_moved_it_and_the_later_ones_are_merged(settled: Wave) -> None:
    settled.commit("effort/E3", {"more.txt": "more\n"})
    assert night(settled) == (without_memory(settled), 2, 2)
    assert night(settled)[1:] == (0, 4)


def test_a_branch_that_is_parked_costs_the_later_ones_only(settled: Wave) -> None:
    settled.document["resolve"] = settled.document["resolve"][:1]
    after = night(settled)
    assert after == (without_memory(settled), 1, 2)
    assert [parked.branch for parked in after.integration.parked] == ["E3"]


def new_patch(wave: Wave) -> None:
    file = wave.folder / "plans" / "one.patch"
    file.write_text(file.read_text(encoding="utf-8").replace("+one", "+uno"), encoding="utf-8")


def in_document(*keys: str | int, to: object) -> Callable[[Wave], None]:
    """Change a value of the plan."""

    def change(wave: Wave) -> None:
        place = wave.document
        for key in keys[:-1]:
            place = place[key]  # type: ignore[index]
        place[keys[-1]] = to  # type: ignore[index]

    return change


def renamed(wave: Wave) -> None:
    git(wave.origin, "branch", "--copy", "effort/E2", "effort/other")
    wave.document["branches"][1]["from"] = "origin/effort/other"


CHANGES: dict[str, tuple[Callable[[Wave], None], int]] = {
    "the author": (in_document("author", to="Zoë <zoe@example.org>"), 4),
    "the date": (in_document("date", to="2025-10-06T04:20:06Z"), 4),
    "a title": (in_document("branches", 1, "title", to="Two"), 3),
    "what a branch contains": (in_document("branches", 1, "contains", to="Nothing"), 3),
    "where a branch comes from": (renamed, 3),
    "the order": (lambda wave: wave.document["branches"].insert(2, wave.document["branches"].pop()), 2),
    "a rule": (in_document("resolve", 0, "take", to="ours"), 4),
    "a rule for one branch": (in_document("resolve", 1, "take", to="theirs"), 2),
    "a rule for the last branch": (in_document("resolve", 2, "take", to="theirs"), 1),
    "the number of a rule": (
        lambda wave: wave.document["resolve"].insert(1, {"paths": ["x"], "take": "ours", "in": ["E4"]}),
        2,
    ),
    "what a fix deletes": (in_document("fixes", 0, "delete", to=["twin.txt", "shared.txt"]), 4),
    "what a fix is for": (in_document("fixes", 0, "problem", to="thrice"), 1),
    "what a fix needs": (in_document("fixes", 1, "needs", to=["base.txt"]), 1),
    "a patch": (new_patch, 3),
    "a fix of the last branch": (
        lambda wave: wave.document["fixes"].append({"id": "B", "problem": "x", "after": "E4", "delete": ["four.txt"]}),
        1,
    ),
    "nothing that decides a merge": (in_document("title", to="Another"), 0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_decides_a_merge_has_it_made_again(settled: Wave, change: str) -> None:
    alter, made = CHANGES[change]
    alter(settled)
    after = night(settled)
    assert after.integration == without_memory(settled)
    assert after.made == made


def test_another_setting_of_git_has_all_made_again(settled: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.PINNED, "merge.renameLimit", "7001")
    assert night(settled).made == 4


def test_another_git_has_all_made_again(settled: Wave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    real = shutil.which("git")
    text = f'#!/bin/sh\n[ "$*" = version ] && echo git version 9.9 && exit\nexec {real} "$@"\n'
    (tmp_path / "bin" / "git").write_text(text, encoding="utf-8")
    (tmp_path / "bin" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert night(settled).made == 4


def sealed(file: Path, change: Callable[[list[tuple[str, str]]], object]) -> None:
    """Change the merges of a memory, each a question and JSON, as someone who knows how it is sealed."""
    rows = [tuple(line.split(" ", 1)) for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    change(rows)  # type: ignore[arg-type]
    body = "".join(f"{' '.join(row)}\n" for row in rows)
    file.write_text(f"{hashlib.sha256(body.encode()).hexdigest()}\n{body}", encoding="utf-8")


def told(**facts: object) -> Callable[[list[tuple[str, str]]], object]:
    """Change what is said of the second merge."""

    def change(rows: list[tuple[str, str]]) -> None:
        rows[1] = (rows[1][0], json.dumps(json.loads(rows[1][1]) | facts))

    return change


def a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def a_folder(file: Path) -> None:
    file.unlink()
    (file / "x").mkdir(parents=True)


def a_loop(file: Path) -> None:
    file.unlink()
    file.symlink_to(file)


def sparse(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(1 << 40)


def flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[content.index(b"union")] ^= 1
    file.write_bytes(content)


FOREIGN: dict[str, Callable[[Path], object]] = {
    "torn": lambda file: file.write_bytes(file.read_bytes()[:-100]),
    "with a flipped bit": flipped,
    "empty": lambda file: file.write_bytes(b""),
    "no text": lambda file: file.write_bytes(bytes(range(256)) * 9),
    "a pipe": a_pipe,
    "a folder": a_folder,
    "a link to itself": a_loop,
    "endless": sparse,
    "of no JSON": lambda file: sealed(file, lambda rows: rows.__setitem__(1, (rows[1][0], "[" * 100_000))),
    "of other JSON": lambda file: sealed(file, lambda rows: rows.__setitem__(1, (rows[1][0], '{"branch": 1}'))),
    "of another branch": lambda file: sealed(file, lambda rows: rows.__setitem__(1, (rows[1][0], rows[2][1]))),
    "of a missing commit": lambda file: sealed(file, told(commit="1" * 40)),
    "of no commit": lambda file: sealed(file, told(commit="HEAD\ncontents HEAD")),
    "of another tree": lambda file: sealed(file, told(tree="4b825dc642cb6eb9a060e54bf8d69288fbee4904")),
    "of another message": lambda file: sealed(file, told(message="Merge nothing\n")),
    "of another source": lambda file: sealed(file, told(**{"from": "origin/effort/E9"})),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_memory_that_is_not_ours_changes_nothing(settled: Wave, kind: str) -> None:
    FOREIGN[kind](settled.folder / "memory")
    after = night(settled)
    assert after.integration == without_memory(settled)
    assert after.made


@pytest.mark.parametrize("author", ["Somebody <else@example.org>"])
def test_a_commit_of_another_author_is_not_taken(settled: Wave, author: str) -> None:
    first = night(settled).integration
    settled.document["author"] = author
    other = night(settled).integration
    del settled.document["author"]
    night(settled)
    assert other.merges[1].commit != first.merges[1].commit
    sealed(settled.folder / "memory", told(commit=other.merges[1].commit))
    after = night(settled)
    assert after == (first, 1, 3)


def test_a_store_made_afresh_is_filled_again(settled: Wave) -> None:
    shutil.rmtree(settled.folder / "store.git")
    assert night(settled) == (without_memory(settled), 4, 0)


def test_files_that_the_store_has_lost_are_made_again(settled: Wave) -> None:
    settled.branch("E5", {"folder/five.txt": "five\n"})
    settled.branch("E6", {"folder/six.txt": "six\n"})
    whole = night(settled).integration
    store = settled.folder / "store.git"
    lost = git(store, "rev-parse", f"{whole.merges[-1].commit}:folder")
    (store / "objects" / lost[:2] / lost[2:]).unlink()
    settled.branch("E7", {"folder/seven.txt": "seven\n"})
    assert night(settled) == (without_memory(settled), 7, 0)
    assert git(store, "cat-file", "-t", lost) == "tree"


def test_commands_that_could_reach_it_find_no_memory_and_leave_none(tmp_path: Path) -> None:
    file = tmp_path / "memory"

    def seen(cell: Cell) -> list[bool]:
        file.write_text("of the merges", encoding="utf-8")
        with out_of_reach(file, cell):
            before = file.exists()
            file.write_text("of the command", encoding="utf-8")
        return [before, file.exists()]

    cell = Cell("bubblewrap", False, tmp_path / "checkout", tmp_path / "home", tmp_path / "objects")  # noqa: FBT003
    assert seen(cell) == [True, True]
    assert seen(cell._replace(level="unshare")) == [False, False]
    assert seen(cell._replace(level="processes")) == [False, False]
    assert seen(cell._replace(shared={"CACHE": tmp_path / "cache"})) == [True, True]
    assert seen(cell._replace(shared={"ALL": tmp_path})) == [False, False]


def test_a_record_says_how_many_merges_were_made(stacked: Wave) -> None:
    plan, folder = str(stacked.write()), stacked.folder
    told = []
    for more in ((), (), ("--fresh",)):
        done = run(folder, "--plan", plan, "--until", "audit", *more)
        assert done.exit == 0, done.output
        record = done.record("wave")
        told.append((record["merging"]["made"], record["merging"]["remembered"], record["tip"]))
        summary = (folder / "reports" / "wave" / "summary.md").read_text(encoding="utf-8")
        assert f"Merges: {told[-1][0]} made, {told[-1][1]} remembered of earlier runs." in summary
    tip = told[0][2]
    assert told == [(3, 0, tip), (0, 3, tip), (3, 0, tip)]
