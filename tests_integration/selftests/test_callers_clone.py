"""A local clone lends its remotes and its branches, and stays as it was."""

import hashlib
from pathlib import Path

import pytest

from tests_integration.engine.publish import publish
from tests_integration.selftests.waves import Wave, git, integrated


@pytest.fixture
def clone(wave: Wave) -> Path:
    """A clone in use: E2 is on a branch of its own, something is staged, something is not, something is stashed."""
    wave.branch("E1", {"one.txt": "one\n"})
    wave.document["repository"] = "../clone"
    del wave.document["remotes"]
    folder = wave.folder / "clone"
    git(wave.folder, "clone", "--quiet", str(wave.origin), str(folder))
    git(folder, "switch", "--quiet", "--create", "effort/E2")
    (folder / "two.txt").write_text("two\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "two")
    (folder / "base.txt").write_text("stashed\n")
    git(folder, "stash")
    (folder / "base.txt").write_text("staged\n")
    git(folder, "add", "--all")
    (folder / "base.txt").write_text("not staged\n")
    (folder / "untracked.txt").write_text("untracked\n")
    return folder


def contents(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Mode, time of change and SHA-256 of every file."""
    return {
        str(file.relative_to(folder)): (
            file.stat().st_mode,
            file.stat().st_mtime_ns,
            hashlib.sha256(file.read_bytes() if file.is_file() else b"").hexdigest(),
        )
        for file in folder.rglob("*")
    }


def test_its_remotes_are_known_by_name(wave: Wave, clone: Path) -> None:
    git(clone, "remote", "add", "team/two", "../origin.git")
    wave.document["base"] = "team/two/main"
    with integrated(wave) as built:
        assert built.sources["base"].url == str(wave.origin)
        assert built.integration.tip


def test_a_dot_is_the_clone_itself(wave: Wave, clone: Path) -> None:
    wave.plan_for("E2")
    wave.document["branches"][1]["from"] = "./effort/E2"
    with integrated(wave) as built:
        assert built.tips["E2"] == git(clone, "rev-parse", "effort/E2")
        assert built.integration.tip


def test_the_plans_remotes_come_before_the_clones(wave: Wave, clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", "/nowhere")
    wave.document["remotes"] = {"origin": "../origin.git"}
    with integrated(wave) as built:
        assert built.sources["base"].url == str(wave.origin)


def test_it_stays_byte_for_byte_as_it_was(wave: Wave, clone: Path) -> None:
    wave.plan_for("E2")
    wave.document["branches"][1]["from"] = "./effort/E2"
    before = contents(clone)
    with integrated(wave) as built:
        assert built.integration.tip
        assert publish(built.plan, built.store, "origin", built.integration.tip).status == "pushed"
    assert contents(clone) == before


def test_its_settings_do_not_reach_the_merge(wave: Wave, clone: Path) -> None:
    with integrated(wave, "before") as built:
        before = built.integration
    for name, value in {"merge.renames": "false", "user.name": "Else", "i18n.commitEncoding": "ISO-8859-1"}.items():
        git(clone, "config", name, value)
    with integrated(wave, "after") as built:
        assert built.integration == before


def test_its_url_for_pushes_is_where_the_branch_goes(wave: Wave, clone: Path) -> None:
    git(wave.folder, "clone", "--quiet", "--bare", str(wave.origin), "mirror.git")
    git(clone, "remote", "set-url", "--push", "origin", "../mirror.git")
    with integrated(wave) as built:
        publish(built.plan, built.store, "origin", str(built.integration.tip))
    assert git(wave.folder / "mirror.git", "branch", "--list", "wave-integration")
    assert not git(wave.origin, "branch", "--list", "wave-integration")


def test_a_clone_that_is_not_there_is_told(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.document["repository"] = "../nowhere"
    with integrated(wave) as built:
        problem = f"the clone ../nowhere cannot be read: fatal: cannot change to '{wave.folder}/plans/../nowhere'"
        assert built.sources["E1"].problem.startswith(problem)
        assert built.integration.tip is None


def test_a_remote_that_the_clone_does_not_know_is_told(wave: Wave, clone: Path) -> None:
    assert clone.is_dir()
    wave.document["branches"][0]["from"] = "orign/effort/E1"
    with integrated(wave) as built:
        assert built.sources["E1"].problem == (
            "no remote is known by the name before 'orign/effort/E1''s first '/'; did you mean 'origin'?"
        )
