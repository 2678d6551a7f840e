"""What an audit keeps of git's own merges: believed as an audit left it, and where no command reached it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests_integration.repository.git import git
from tests_integration.repository.merge import automatic_merges
from tests_integration.repository.vouched import Vouched
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.waves import Built, Wave, integrated, see_outside

KEPT = "waveproof-audited-wave.json"
BYTES = "d\udcff\n.txt"


@pytest.fixture
def wave(tmp_path: Path) -> Wave:
    """Four branches; the second and third conflict, in two files."""
    wave = Wave(tmp_path / "wave")
    for n in range(4):
        both = {"shared.txt": f"{n}\n", BYTES: f"{n}\n"} if n in {1, 2} else {}
        wave.branch(f"E{n}", {f"{n}.txt": f"{n}\n", **both})
    wave.document["resolve"] = [{"paths": ["*.txt"], "take": "theirs", "drops": True}]
    return wave


@pytest.fixture
def built(wave: Wave) -> Iterator[Built]:
    """The wave, integrated."""
    with integrated(wave) as built:
        yield built


def audit(built: Built, *, fresh: bool = False) -> int:
    """How many merges an audit has to make; what it has of them is what git makes of them now."""
    vouched = Vouched(built.store, "wave", fresh=fresh)
    pairs = [(merge.parents[0], merge.parents[1]) for merge in built.integration.merges]
    assert vouched.merges(pairs) == automatic_merges(built.store, pairs)
    return vouched.made


def test_an_audit_makes_what_moved(wave: Wave, built: Built) -> None:
    assert (audit(built), audit(built), audit(built, fresh=True), audit(built)) == (4, 0, 4, 0)
    wave.commit("effort/E2", {"2.txt": "two\n"})
    with integrated(wave) as moved:
        assert (audit(moved), audit(moved)) == (2, 0)


def corrupted(built: Built) -> None:
    file = Path(built.store.git_dir, KEPT)
    file.write_bytes(file.read_bytes().replace(b"shared.txt", b"shared_txt"))


def of_another_git(built: Built) -> None:
    git(built.store, "config", "merge.renames", "false")


def with_attributes(built: Built) -> None:
    file = Path(built.store.git_dir, "info", "attributes")
    file.parent.mkdir(exist_ok=True)
    file.write_text("*.txt merge=union\n", encoding="utf-8")


def without_a_tree(built: Built) -> None:
    tree = next(merge.tree_merged for merge in built.integration.merges if merge.conflicts)
    Path(built.store.git_dir, "objects", tree[:2], tree[2:]).unlink()


def foreign(built: Built) -> None:
    Path(built.store.git_dir, KEPT).write_bytes(b"\xff\0[]")


@pytest.mark.parametrize("happens", [corrupted, of_another_git, with_attributes, without_a_tree, foreign])
def test_what_is_not_as_an_audit_left_it_counts_for_nothing(built: Built, happens: Callable[[Built], None]) -> None:
    audit(built)
    happens(built)
    assert audit(built) == 4


def test_nothing_is_kept_where_commands_reach_it(tmp_path: Path) -> None:
    wave = Wave(tmp_path)
    wave.branch("E0", {"0.txt": "0\n"})
    plan = str(wave.write())
    assert run(tmp_path, "--plan", plan, "--until", "audit").exit == 0
    kept = next(tmp_path.rglob(KEPT))
    see_outside(wave)
    wave.document["build"] = [{"run": f"test ! -e {kept} && touch {kept} {kept.with_name('seen')}"}]
    shared = {"OUTSIDE": str(next(tmp_path.glob("**/waveproof")))}
    assert run(tmp_path, "--plan", str(wave.write()), "--until", "build", environment=shared).exit == 0
    assert (kept.with_name("seen").exists(), kept.exists()) == (True, False)
