"""How sources are brought in: each remote is asked once, fetched from once, and not at all where the store has all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests_integration.engine.sources import fetch, look_up, ref_of
from tests_integration.facts import Source
from tests_integration.plan.load import load
from tests_integration.repository.ask import commit_at, tree_of
from tests_integration.repository.damage import lack
from tests_integration.repository.git import GitError, scrubbed_environment
from tests_integration.repository.store import open_store
from tests_integration.selftests.waves import Wave, git

ASKING = {"ls-remote", "for-each-ref"}
BRINGING = {"cat-file", "rev-list", "fetch", "index-pack", "update-ref", "commit-graph"}


class Watched:
    """A wave with the branches E1 and E2, a store, and what git is told to do for it."""

    def __init__(self, folder: Path) -> None:
        self.wave = Wave(folder)
        self.trace = folder / "trace"
        self.store = folder / "store.git"
        self.tips = {name: self.wave.branch(name, {f"{name}.txt": f"{name}\n"}) for name in ("E1", "E2")}

    def fetched(self) -> dict[str, Source]:
        """The sources as a run brings them in; `done` tells of this only."""
        self.trace.unlink(missing_ok=True)
        plan = load(self.wave.write())
        with open_store(self.store) as store:
            return fetch(plan, store, look_up(plan, store))

    @property
    def commands(self) -> list[list[str]]:
        """What git was told, each as words."""
        lines = self.trace.read_text(encoding="utf-8").splitlines()
        return [line.partition(" git ")[2].split() for line in lines if " built-in: git " in line]

    def count(self, verb: str) -> int:
        """How often git was told to do this."""
        return sum(verb in words for words in self.commands)

    @property
    def done(self) -> set[str]:
        """What git was told to do, of that which costs."""
        return {word for words in self.commands for word in words} & (ASKING | BRINGING)


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    found = Watched(tmp_path / "wave")
    with scrubbed_environment(), monkeypatch.context() as patched:
        patched.setenv("GIT_TRACE", str(found.trace))
        yield found


def test_a_remote_under_several_names_is_asked_once_and_fetched_from_once(watched: Watched) -> None:
    watched.wave.document["remotes"] |= {"one": "../origin.git", "two": "../plans/../origin.git"}
    for branch, remote in zip(watched.wave.document["branches"], ("one", "two"), strict=True):
        branch["from"] = f"{remote}/effort/{branch['id']}"
    found = watched.fetched()
    assert {key: source.commit for key, source in found.items() if key != "base"} == watched.tips
    assert (watched.count("ls-remote"), watched.count("fetch")) == (1, 1)
    assert not [word for words in watched.commands for word in words if "refs/heads/effort" in word]


def test_a_remote_of_the_clone_is_found_without_a_process_a_name(watched: Watched) -> None:
    git(watched.wave.folder, "init", "--quiet", "clone")
    for name in ("one", "two", "origin"):
        git(watched.wave.folder / "clone", "remote", "add", name, "nice:origin.git")
    git(watched.wave.folder / "clone", "config", "url.../.insteadOf", "nice:")
    git(watched.wave.folder / "clone", "config", "remote.one.promisor", "true")
    git(watched.wave.folder / "clone", "config", "remote.one.partialCloneFilter", "blob:none")
    watched.wave.document["repository"] = "../clone"
    del watched.wave.document["remotes"]
    watched.wave.document["branches"][0]["from"] = "one/effort/E1"
    watched.wave.document["branches"][1]["from"] = "two/effort/E2"
    found = watched.fetched()
    assert {key: source.commit for key, source in found.items() if key != "base"} == watched.tips
    assert watched.count("get-url") == 0


def test_where_nothing_moved_nothing_is_brought_in(watched: Watched) -> None:
    first = watched.fetched()
    assert watched.done >= {"fetch", "commit-graph"}
    assert watched.fetched() == first
    assert watched.done == ASKING


def test_only_a_remote_where_something_moved_is_fetched_from(watched: Watched) -> None:
    git(watched.wave.folder, "clone", "--quiet", "--bare", "origin.git", "other.git")
    watched.wave.document["remotes"]["other"] = "../other.git"
    watched.wave.document["branches"][1]["from"] = "other/effort/E2"
    watched.fetched()
    assert watched.count("fetch") == 2
    moved = watched.wave.commit("effort/E1", {"E1.txt": "later\n"})
    found = watched.fetched()
    assert {key: source.commit for key, source in found.items() if key != "base"} == watched.tips | {"E1": moved}
    assert [words[-1] for words in watched.commands if "fetch" in words] == [str(watched.wave.origin)]


def test_a_branch_that_was_set_back_is_not_fetched(watched: Watched) -> None:
    watched.wave.commit("effort/E1", {"E1.txt": "later\n"})
    watched.fetched()
    git(watched.wave.origin, "update-ref", "refs/heads/effort/E1", watched.tips["E1"])
    assert watched.fetched()["E1"].commit == watched.tips["E1"]
    assert watched.count("fetch") == 0
    with open_store(watched.store) as store:
        assert commit_at(store, ref_of(load(watched.wave.write()), "E1")) == watched.tips["E1"]


@pytest.mark.parametrize("missing", ["tree", "blob", "parent"])
def test_a_commit_that_is_there_alone_is_fetched_whole(watched: Watched, missing: str) -> None:
    tip = watched.wave.commit("effort/E1", {"E1.txt": "later\n"})
    there = {"parent": [tip, f"{tip}^{{tree}}", f"{tip}:E1.txt"], "blob": [tip, f"{tip}^{{tree}}"], "tree": [tip]}
    git(watched.wave.folder, "init", "--quiet", "--bare", str(watched.store))
    for name in there[missing]:
        kind = git(watched.wave.origin, "cat-file", "-t", name)
        file = watched.wave.folder / "object"
        with file.open("wb") as stream, open_store(watched.wave.origin) as origin:
            stream.write(origin.git.get_object_data(git(watched.wave.origin, "rev-parse", name))[3])
        git(watched.store, "hash-object", "--literally", "-w", "-t", kind, str(file))
    assert watched.fetched()["E1"].problem == ""
    with open_store(watched.store) as store:
        assert lack(store, [tip, watched.tips["E1"]]) == ""
        assert tree_of(store, f"{tip}^")


def test_what_git_cannot_read_is_not_taken_for_nothing(watched: Watched) -> None:
    tip = watched.tips["E1"]
    with open_store(watched.store) as store:
        assert commit_at(store, tip) is None
        (folder := watched.store / "objects" / tip[:2]).mkdir()
        (folder / tip[2:]).write_bytes(b"garbage")
        with pytest.raises(GitError, match=tip):
            commit_at(store, tip)
