"""Plans of one project share a store: what one has fetched the others have, and none disturbs or waits for another."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests_integration.engine.integrate import integrate
from tests_integration.engine.mending import fetch_whole
from tests_integration.engine.sources import fetch, look_up, notes_of, ref_of, refs_of
from tests_integration.facts import Integration
from tests_integration.plan.load import give, load
from tests_integration.plan.model import Plan
from tests_integration.repository.ask import commit_at
from tests_integration.repository.generations import LOOSE, PACKS, clear, untidy
from tests_integration.repository.git import scrubbed_environment
from tests_integration.repository.store import Store, open_store, tips_below
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.waves import Wave, git
from tests_integration.session import Session, Withheld

HOLDER = """
import sys
from pathlib import Path
from tests_integration.repository.store import open_store
with open_store(Path(sys.argv[1]), Path(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


class Shared:
    """A wave whose plans share a store; each has a link that leads to it."""

    def __init__(self, folder: Path) -> None:
        self.wave = Wave(folder)
        self.wave.branch("E1", {"one.txt": "one\n"})
        self.wave.branch("E2", {"two.txt": "two\n"})
        self.stores = folder / "stores"

    def plan(self, name: str, *branches: str) -> Plan:
        """A plan that merges these branches."""
        self.wave.document["branches"] = []
        for branch in branches:
            self.wave.plan_for(branch)
        return load(self.wave.write(name))

    def link(self, plan: Plan) -> Path:
        """The plan's link to the store."""
        return self.wave.folder / f"{plan.name}.git"

    def generations(self) -> list[str]:
        """Those that there are."""
        return sorted(folder.name for folder in self.stores.iterdir())

    def fetched(self, plan: Plan) -> dict[str, str | None]:
        """What a whole run of the plan fetches, by id."""
        with open_store(self.link(plan), self.stores) as store:
            found = fetch(plan, store, look_up(plan, store))
            return {key: source.commit for key, source in found.items()}


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    with scrubbed_environment():
        yield Shared(tmp_path / "wave")


def integrated(plan: Plan, store: Store) -> tuple[Integration, list[str]]:
    """The plan's integration, and what was told of the store."""
    told: list[str] = []
    return integrate(plan, store, fetch_whole(plan, store, look_up(plan, store), told.append)), told


def test_what_one_plan_has_fetched_no_other_fetches(shared: Shared) -> None:
    first, second = shared.plan("first", "E1", "E2"), shared.plan("second", "E2")
    tips = shared.fetched(first)
    with open_store(shared.link(second), shared.stores) as store:
        seen = look_up(second, store)
        shared.wave.origin.rename(shared.wave.folder / "away.git")
        assert fetch(second, store, seen) == seen
        wanted = {ref_of(first, key): tip for key, tip in tips.items()}
        wanted |= {ref_of(second, key): tips[key] for key in ("base", "E2")}
        assert tips_below(store, "refs/waveproof") == wanted


def test_what_a_plan_no_longer_names_is_forgotten_and_what_others_name_stays(shared: Shared) -> None:
    shared.fetched(shared.plan("second", "E1", "E2"))
    shared.fetched(shared.plan("first", "E1", "E2"))
    first = shared.plan("first", "E1")
    shared.fetched(first)
    with open_store(shared.link(first), shared.stores) as store:
        found = [ref.split("/")[2:] for ref in tips_below(store, "refs/waveproof")]
    own = ref_of(first, "").split("/")[2]
    names = [(plan == own, bytes.fromhex(name).decode()) for plan, name in found]
    assert sorted(names) == [(False, "E1"), (False, "E2"), (False, "base"), (True, "E1"), (True, "base")]


def test_a_plan_that_finds_damage_goes_on_in_another_store_and_leaves_others_theirs(shared: Shared) -> None:
    first, second = shared.plan("first", "E1", "E2"), shared.plan("second", "E2")
    with open_store(shared.link(first), shared.stores) as store:
        sources = fetch(first, store, look_up(first, store))
        (store_one := Path(store.git_dir).resolve()).joinpath("objects", "11").mkdir()
        (store_one / "objects" / "11" / ("1" * 38)).touch()
        with open_store(shared.link(second), shared.stores) as other:
            done, (told,) = integrated(second, other)
            assert told.startswith("the store of second was damaged and is made afresh: ")
            assert (done.tip, commit_at(other, str(sources["E1"].commit))) == (commit_at(other, str(done.tip)), None)
        assert shared.generations() == ["1.git", "2.git"]
        built = integrate(first, store, sources)
        assert built.tip == commit_at(store, str(built.tip))
    with open_store(shared.link(first), shared.stores) as store:
        again, told_again = integrated(first, store)
    assert (again, told_again, shared.generations()) == (built, [], ["2.git"])


def test_a_run_that_was_killed_holds_nothing(shared: Shared) -> None:
    plan = shared.plan("first", "E1")
    shared.fetched(plan)
    command = [sys.executable, "-c", HOLDER, str(shared.wave.folder / "killed.git"), str(shared.stores)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        left = shared.stores / "1.git" / "packed-refs.lock"
        left.touch()
        shared.fetched(plan)
        assert left.exists()  # whoever else is there may be the one who holds it
        process.send_signal(signal.SIGKILL)
    shared.fetched(plan)
    assert not left.exists()


def test_what_a_killed_run_has_locked_of_its_own_is_free_for_the_next_while_others_are_there(shared: Shared) -> None:
    first, second = shared.plan("first", "E1"), shared.plan("second", "E1")
    shared.fetched(first)
    with open_store(shared.link(second), shared.stores) as store:
        for plan in (first, second):
            for ref in (ref_of(plan, "E1"), notes_of(plan)):
                lock = Path(store.git_dir, f"{ref}.lock")
                lock.parent.mkdir(parents=True, exist_ok=True)
                lock.touch()
        clear(shared.link(first), refs_of(first), notes_of(first))
        locks = {file.relative_to(shared.stores / "1.git").as_posix() for file in shared.stores.rglob("*.lock")}
        assert locks == {f"{ref_of(second, 'E1')}.lock", f"{notes_of(second)}.lock"}


def test_what_piles_up_is_packed_by_the_last_who_leaves(shared: Shared) -> None:
    plan = shared.plan("first", "E1")
    with open_store(shared.wave.folder / "other.git", shared.stores) as other:
        with open_store(shared.link(plan), shared.stores) as store:
            tip = integrated(plan, store)[0].tip
            folder = Path(store.git_dir).resolve()
            blobs = "".join(f"blob\ndata {len(str(n))}\n{n}\n" for n in range(LOOSE))
            git(folder, "-c", "fastimport.unpackLimit=9999", "fast-import", "--quiet", stdin=blobs.encode())
            assert untidy(folder)
        assert untidy(folder)  # the other is still there
        assert commit_at(other, str(tip)) == tip
    assert not list(folder.glob("objects/??/*"))
    assert git(folder, "cat-file", "--batch-check", "--batch-all-objects").count(" blob ") > LOOSE
    with open_store(shared.link(plan), shared.stores):
        for n in range(PACKS):
            blob = git(folder, "hash-object", "-w", "--stdin", stdin=f"another {n}".encode())
            git(folder, "pack-objects", "--quiet", "objects/pack/pack", stdin=blob.encode())
    assert not untidy(folder)
    with open_store(shared.link(plan), shared.stores) as store:
        assert commit_at(store, str(tip)) == tip
        assert integrated(plan, store)[0].tip == tip


def test_who_shares_a_store(tmp_path: Path) -> None:
    wave = Wave(tmp_path / "wave")
    wave.branch("E1", {"one.txt": "one\n"})
    files = {}
    for folder, name, project in (
        ("plans", "one", "p"),
        ("plans", "two", "p"),
        ("plans", "three", "q"),
        ("plans", "four", None),
        ("plans", "five", None),
        ("more", "six", "p"),
    ):
        file = wave.write(name)
        wave.document["project"] = project
        file = wave.write(name) if project else file
        files[name] = wave.folder / folder / file.name
        files[name].parent.mkdir(exist_ok=True)
        wave.document.pop("project")
        if folder != "plans":
            file.rename(files[name])
    session = Session([give(file) for file in files.values()], tmp_path, "record", "", Withheld())
    session.cache = tmp_path / "cache"
    stores = {name: session.workspace(name).stores for name in files}
    assert stores["one"] == stores["two"]
    assert len(set(stores.values())) == len(stores) - 1
    assert stores["four"].parent == session.workspace("four").store.parent


def test_plans_of_one_project_run_side_by_side(tmp_path: Path) -> None:
    wave = Wave(tmp_path / "wave")
    wave.document |= {"project": "One", "build": [{"run": "git rev-list --objects HEAD"}]}
    for name in ("E1", "E2", "E3"):
        wave.branch(name, {f"{name}.txt": f"{name}\n"})
    plans = []
    for name, first in (("one", 0), ("two", 1)):
        document = wave.document["branches"]
        wave.document |= {"branches": document[first:], "integration": f"integration-{name}"}
        plans.append(wave.write(name))
        wave.document["branches"] = document
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda plan: run(wave.folder, "--plan", str(plan)), plans))
    for done, name in zip(runs, ("one", "two"), strict=True):
        assert done.exit == 0, done.output
        assert done.record(name)["tip"] == git(wave.origin, "rev-parse", f"integration-{name}")
    cache = wave.folder / ".pytest_cache" / "d" / "waveproof"
    assert len({link.resolve() for link in cache.glob("*/store.git")}) == 1
