"""The suite's own store, damaged in every way that crashes and disks do it: it is made afresh, and the run goes on."""

import copy
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests_integration.engine.integrate import integrate
from tests_integration.engine.mending import drop_damaged, fetch_whole
from tests_integration.engine.sources import look_up
from tests_integration.facts import Integration
from tests_integration.plan.load import load
from tests_integration.repository import git as repository
from tests_integration.repository.chain import Chain
from tests_integration.repository.checkout import check_out
from tests_integration.repository.git import GitError, scrubbed_environment
from tests_integration.repository.remote import speak
from tests_integration.repository.store import open_store
from tests_integration.selftests.hostile.told import hostile
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.waves import Wave, git, three_branches

AFRESH = "the store is made afresh, and the run ends in the same commit"
BELIEVED = "it is removed, and the run ends in the same commit"


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Wave:
    """A wave with a store in which it was integrated."""
    wave = three_branches(tmp_path_factory.mktemp("store") / "wave")
    integrated(wave, wave.folder / "store.git")
    return wave


@pytest.fixture
def store(settled: Wave, tmp_path: Path) -> Path:
    """A copy of that store."""
    return Path(shutil.copytree(settled.folder / "store.git", tmp_path / "store.git"))


def integrated(wave: Wave, folder: Path) -> tuple[Integration, list[str]]:
    """The integration as it comes of a store, and what was told."""
    plan, told = load(wave.write()), list[str]()
    with scrubbed_environment(), open_store(folder) as store:
        sources = fetch_whole(plan, store, look_up(plan, store), told.append)
        done = integrate(plan, store, sources)
        drop_damaged(plan, store, [parked.problem for parked in done.parked], told.append)
    return done, told


def loose(store: Path, name: str) -> Path:
    """The file that holds an object, which is taken out of its pack for that."""
    found = git(store, "rev-parse", name)
    for file in (store / "objects" / "pack").glob("*.pack"):
        content = file.read_bytes()
        for part in file.parent.glob(f"{file.stem}.*"):
            part.unlink()
        git(store, "unpack-objects", "-q", stdin=content)
    file = store / "objects" / found[:2] / found[2:]
    file.chmod(0o644)
    return file


def ref(store: Path, branch: str = "E1") -> Path:
    """The file that holds where a branch of the plan is."""
    (file,) = store.glob(f"refs/waveproof/*/{branch.encode().hex()}")
    return file


def tip(store: Path) -> str:
    return ref(store).read_text().strip()


def pack(store: Path) -> Path:
    """The file of all objects, packed."""
    git(store, "repack", "-adq")
    (file,) = (store / "objects" / "pack").glob("*.pack")
    file.chmod(0o644)
    return file


def empty_blob(store: Path) -> None:
    loose(store, f"{tip(store)}:one.txt").write_bytes(b"")


def torn_tree(store: Path) -> None:
    file = loose(store, f"{tip(store)}^{{tree}}")
    file.write_bytes(file.read_bytes()[:20])


def garbage_commit(store: Path) -> None:
    loose(store, tip(store)).write_bytes(b"garbage")


def no_blob(store: Path) -> None:
    loose(store, f"{tip(store)}:base.txt").unlink()


def torn_pack(store: Path) -> None:
    file = pack(store)
    file.write_bytes(file.read_bytes()[:-30])


def no_index(store: Path) -> None:
    pack(store).with_suffix(".idx").unlink()


def ref_to_nothing(store: Path) -> None:
    ref(store).write_text("1" * 40 + "\n")


def garbage_ref(store: Path) -> None:
    ref(store).write_bytes(b"\0" * 41)


def garbage_packed_refs(store: Path) -> None:
    (store / "packed-refs").write_text("garbage\n")


def torn_graph(store: Path) -> None:
    (file,) = store.glob("objects/info/commit-graphs/*.graph")
    file.chmod(0o644)
    content = bytearray(file.read_bytes())
    content[-60] ^= 1
    file.write_bytes(bytes(content))


def garbage_graphs(store: Path) -> None:
    (store / "objects" / "info" / "commit-graphs" / "commit-graph-chain").write_bytes(b"\xff/../x\n")


def garbage_shallow(store: Path) -> None:
    (store / "shallow").write_text("garbage\n")


def no_head(store: Path) -> None:
    (store / "HEAD").unlink()


def garbage_head(store: Path) -> None:
    (store / "HEAD").write_bytes(b"\0" * 20)


def garbage_config(store: Path) -> None:
    (store / "config").write_text("[core\n")


def no_objects(store: Path) -> None:
    shutil.rmtree(store / "objects")


def half_made(store: Path) -> None:
    shutil.rmtree(store)
    (store / "refs").mkdir(parents=True)


def a_file(store: Path) -> None:
    shutil.rmtree(store)
    store.write_text("no store\n")


def kept(damage: Callable[[Path], None], tried: str) -> Callable[[Path], None]:
    """Told in the README."""
    return hostile(tried, AFRESH)(damage)


LOUD = [
    kept(empty_blob, "a store with an empty object, as a power failure leaves it"),
    kept(torn_tree, "a store with a truncated object"),
    kept(garbage_commit, "a store with a garbage object"),
    kept(no_blob, "a store that lacks an object"),
    kept(torn_pack, "a store with a truncated pack"),
    kept(no_index, "a store whose pack has lost its index"),
    kept(ref_to_nothing, "a store with a ref to a missing object"),
    kept(garbage_ref, "a store with a ref of zeros, as a full disk leaves it"),
    kept(garbage_shallow, "a store with garbage in `shallow`"),
]
"""Told in a line."""

SILENT = [
    kept(no_head, "a store without HEAD"),
    kept(garbage_head, "a store with a HEAD of zeros"),
    kept(garbage_packed_refs, "a store with garbage for packed refs"),
    kept(garbage_config, "a store with a torn config"),
    kept(no_objects, "a store without its objects"),
    kept(half_made, "a store that is half made"),
    kept(a_file, "a file in place of the store"),
]
"""Git takes none of these for a repository, so there is nothing yet that could be damaged."""


GRAPHS = [
    hostile("a store with a flipped bit in its commit-graph", BELIEVED)(torn_graph),
    hostile("a store with garbage for a list of its commit-graphs", BELIEVED)(garbage_graphs),
]


@pytest.mark.parametrize("damage", GRAPHS)
def test_a_damaged_commit_graph_is_not_believed(settled: Wave, store: Path, damage: Callable[[Path], None]) -> None:
    before = set(store.glob("objects/pack/*.pack"))
    damage(store)
    assert integrated(settled, store) == integrated(settled, settled.folder / "store.git")
    assert set(store.glob("objects/pack/*.pack")) == before
    assert not (store / "objects" / "info" / "commit-graphs").exists()


@pytest.mark.parametrize("damage", [*LOUD, *SILENT])
def test_a_damaged_store_is_made_afresh(settled: Wave, store: Path, damage: Callable[[Path], None]) -> None:
    whole, told = integrated(settled, settled.folder / "store.git")
    assert told == []
    damage(store)
    done, told = integrated(settled, store)
    assert done == whole
    assert len(told) == (damage in LOUD)
    assert all(line.startswith("the store of wave was damaged and is made afresh: ") for line in told)
    assert integrated(settled, store) == (whole, [])


def flip_a_bit(store: Path, name: str, place: int) -> None:
    """Change a bit of an object inside a pack."""
    file = pack(store)
    packed = [row.split() for row in git(store, "verify-pack", "-v", str(file.with_suffix(".idx"))).splitlines()]
    (at,) = (int(row[4]) for row in packed if row[0] == git(store, "rev-parse", name))
    content = bytearray(file.read_bytes())
    content[at + place] ^= 1
    file.write_bytes(bytes(content))


@hostile("a store with a flipped bit in a packed file", "the run fails and says so; the next one has another store")
def test_what_is_found_out_late_is_mended_in_the_next_run(settled: Wave, store: Path, tmp_path: Path) -> None:
    flip_a_bit(store, f"{tip(store)}:base.txt", 5)
    whole, told = integrated(settled, store)
    assert told == []
    plan = load(settled.write())
    with scrubbed_environment(), open_store(store) as opened:
        with pytest.raises(GitError, match="data stream error") as found:
            check_out(opened, str(whole.tip), "main", tmp_path / "checkout")
        drop_damaged(plan, opened, ["the build fails"], told.append)
        assert told == []
        drop_damaged(plan, opened, [f"GitError: {found.value}"], told.append)
    (line,) = told
    assert line.startswith("the store of wave is damaged; run again, it is made afresh: error: ")
    assert integrated(settled, store) == (whole, [])


@hostile("a store with a flipped bit in a packed folder", AFRESH)
def test_a_store_whose_folders_cannot_be_read_is_made_afresh(settled: Wave, store: Path) -> None:
    flip_a_bit(store, f"{ref(store, 'E2-split-002').read_text().strip()}^{{tree}}", 50)
    done, told = integrated(settled, store)
    (line,) = told
    assert line.startswith("the store of wave was damaged and is made afresh: fatal: packed object ")
    assert done == integrated(settled, settled.folder / "store.git")[0]


@pytest.fixture
def wave(settled: Wave) -> Iterator[Wave]:
    """The wave, whose plan may be changed."""
    document = settled.document
    settled.document = copy.deepcopy(document)
    yield settled
    settled.document = document


def test_a_run_says_what_it_does_about_its_store(wave: Wave) -> None:
    first = run(wave.folder, "--plan", str(wave.write()))
    assert first.exit == 0, first.output
    (store,) = wave.folder.glob(".pytest_cache/d/waveproof/*/store.git")
    empty_blob(store)
    again = run(wave.folder, "--plan", str(wave.write()))
    assert again.exit == 0, again.output
    assert again.output.count("\nthe store of wave was damaged and is made afresh: error: object file ") == 1
    assert again.record("wave")["tip"] == first.record("wave")["tip"]
    flip_a_bit(store, f"{tip(store)}:base.txt", 5)
    late = run(wave.folder, "--plan", str(wave.write()))
    assert late.exit == 1
    assert late.output.count("\nthe store of wave is damaged; run again, it is made afresh: error: ") == 1


@hostile("a branch with a malformed commit, of which git-fsck complains", "does not make the store count as damaged")
def test_what_strangers_wrote_is_no_damage(tmp_path: Path) -> None:
    wave = Wave(tmp_path / "wave")
    wave.branch("E1", {"one.txt": "one\n"})
    lines = [
        f"{word} {git(wave.work, 'rev-parse', name)}" for word, name in (("tree", "HEAD^{tree}"), ("parent", "HEAD"))
    ]
    odd = "\n".join([*lines, "author nobody", "committer nobody", "", "Odd\n"]).encode()
    commit = git(wave.work, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=odd)
    git(wave.work, "push", "--quiet", str(wave.origin), f"{commit}:refs/heads/odd")
    wave.document["branches"][0]["from"] = "origin/odd"
    for _ in range(2):
        assert integrated(wave, tmp_path / "store.git")[1] == []
    assert "error in commit" in fsck(tmp_path / "store.git")


def fsck(store: Path) -> str:
    """What git-fsck(1) complains of."""
    return subprocess.run(["git", "fsck"], cwd=store, capture_output=True, text=True, check=False).stderr


@hostile("a store that goes while a run is at it, in the user's own repository", "nothing is done to that one instead")
def test_a_store_that_goes_is_not_taken_for_the_repository_around_it(settled: Wave, tmp_path: Path) -> None:
    git(settled.folder, "clone", "--quiet", str(settled.origin), str(tmp_path / "clone"))
    refs, folder = git(tmp_path / "clone", "for-each-ref"), tmp_path / "clone" / "cache" / "store.git"
    shutil.copytree(settled.folder / "store.git", folder)
    link = folder.with_name("link")
    link.symlink_to(folder)
    url, main = str(settled.origin), git(settled.origin, "rev-parse", "main")
    with scrubbed_environment(), open_store(folder) as store, open_store(link) as linked:
        (folder / "HEAD").unlink()
        for repo in (store, linked):
            with pytest.raises(GitError, match="not a git repository"):
                repository.git(repo, "update-ref", "refs/heads/main", main)
            with pytest.raises(GitError, match="not a git repository"):
                speak(repo, ("fetch", "--quiet"), url, "+refs/heads/effort/E1:refs/heads/main")
            with pytest.raises(GitError, match="not a git repository"), Chain(repo) as chain:
                chain.merge(main, main)
    assert git(tmp_path / "clone", "for-each-ref") == refs
