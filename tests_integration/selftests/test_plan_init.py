"""`--plan-init`: which branches of a clone are efforts, in which order, and how a project is built and tested."""

from pathlib import Path

import pytest

from tests_integration.beginning import described
from tests_integration.engine.survey import Survey, survey
from tests_integration.engine.toolchain import toolchain
from tests_integration.plan.load import give
from tests_integration.plan.written import written
from tests_integration.repository.git import GitError, scrubbed_environment
from tests_integration.repository.store import open_store
from tests_integration.selftests.waves import Wave, git

HOSTILE = "x/'\"`$(touch$IFS$9pwned)`#&!-{}é"


def surveyed(clone: Path, folder: Path) -> Survey:
    with scrubbed_environment(), open_store(folder) as store:
        return survey(store, clone)


@pytest.fixture
def clone(wave: Wave) -> Path:
    """Efforts, splits of one, a stack, and much that is no effort; a second remote has an effort of its own."""
    wave.commit("phase1/E1.2.10", {"ten.txt": "10\n"})
    wave.commit("phase1/E1.2.2-split-001", {"one.txt": "1\n"}, message="Split one")
    wave.commit("phase1/E1.2.2-split-002", {"two.txt": "2\n"}, parent="phase1/E1.2.2-split-001")
    wave.commit(HOSTILE, {"hostile.txt": "h\n"}, message="- {title}: [&x *y] # 'no'\x1b[31m")
    wave.commit("sprint", {}, message="nothing")
    git(wave.work, "reset", "--quiet", "--hard", "main")
    git(wave.work, "merge", "--quiet", "--no-ff", "--no-edit", "phase1/E1.2.10")
    git(wave.work, "merge", "--quiet", "--no-ff", "--no-edit", "phase1/E1.2.2-split-002")
    wave.save("sprint")
    wave.commit("both", {}, parent="phase1/E1.2.10")
    git(wave.work, "merge", "--quiet", "--no-edit", "phase1/E1.2.2-split-001")
    wave.commit("both", {"both.txt": "b\n"}, message="Both")
    git(wave.origin, "branch", "old", "main")
    git(wave.origin, "branch", "twin", "phase1/E1.2.10")
    git(wave.origin, "branch", "phase1-integration", "phase1/E1.2.2-split-001")
    git(wave.work, "switch", "--quiet", "--orphan", "pages")
    wave.save("pages")
    git(wave.folder, "clone", "--quiet", str(wave.origin), "clone")
    clone = wave.folder / "clone"
    git(clone, "remote", "add", "effort-E1.2.3", str(wave.work))
    wave.switch("mine")
    git(wave.work, "reset", "--quiet", "--hard", "main")
    git(wave.work, "commit", "--quiet", "--allow-empty", "--message", "Of its own")
    git(clone, "fetch", "--quiet", "effort-E1.2.3", "+mine:refs/remotes/effort-E1.2.3/mine")
    return clone


def test_efforts_are_told_from_what_is_none(clone: Path, tmp_path: Path) -> None:
    before = git(clone, "for-each-ref")
    found = surveyed(clone, tmp_path / "store")
    assert found.base == ("origin", "main")
    assert sorted(found.left_out) == [
        "origin/old has nothing that is not in the base",
        "origin/pages has no history in common with the base",
        "origin/phase1-integration by its name is no effort",
        "origin/sprint begins by merging branches that are here: an integration (R270)",
        "origin/twin is the same commit as origin/phase1/E1.2.10",
    ]
    assert [(one.id, one.place.remote, one.parents) for one in found.efforts] == [
        ("E1.2.3", "effort-E1.2.3", []),
        ("E1.2.2-split-001", "origin", []),
        ("E1.2.10", "origin", []),
        ("touch-IFS-9pwned", "origin", []),
        ("E1.2.2-split-002", "origin", ["E1.2.2-split-001"]),
        ("both", "origin", ["E1.2.2-split-001", "E1.2.10"]),
    ]
    assert git(clone, "for-each-ref") == before


def test_what_is_hostile_is_quoted(clone: Path, tmp_path: Path) -> None:
    found = surveyed(clone, tmp_path / "store")
    made = described(found, None, "a\x1b]0;b\n# c", "wave")
    file = tmp_path / "wave.yaml"
    (tmp_path / "wave" / "infrastructure").mkdir(parents=True)
    text = written(made.data | {"repository": str(clone)}, made.remarks, "\n".join(found.left_out))
    file.write_text(text, encoding="utf-8")
    given = give(file)
    assert given.plan, given.refusal
    assert f"origin/{HOSTILE}" in {branch.source for branch in given.plan.branches}
    assert "\x1b" not in text
    assert [command.run for command in given.plan.build] == ["echo 'the plan does not say how to build' >&2; exit 1"]


def test_a_clone_without_remotes_is_looked_at_itself(wave: Wave, tmp_path: Path) -> None:
    wave.commit("one", {"one.txt": "1\n"})
    git(wave.work, "switch", "--quiet", "main")
    assert not git(wave.work, "remote")
    found = surveyed(wave.work, tmp_path / "store")
    assert (found.base, [one.place for one in found.efforts]) == ((".", "main"), [(".", "one")])
    git(wave.work, "branch", "--move", "main", "start")
    git(wave.work, "switch", "--quiet", "--detach")
    with pytest.raises(GitError, match=r"no branch to start from is known .*; there is ./one, ./start"):
        surveyed(wave.work, tmp_path / "again")


KINDS = {
    "make": ({"Makefile": "X := 1\nall: a\na:\n\ttrue\ncheck:\n\ttrue\n", "go.mod": ""}, ["make all"], ["make check"]),
    "go": ({"Makefile": "image:\n\ttrue\n", "go.mod": "module x\n"}, ["go build ./..."], ["go test ./..."]),
    "cargo": ({"Cargo.toml": "[package]\n"}, ["cargo build"], ["cargo test"]),
    "node": (
        {"package.json": '{"scripts": {"test": "t", "build": "b"}, "dependencies": {"x": "1"}}'},
        ["npm install --no-save", "npm run build"],
        ["npm install --no-save", "npm test"],
    ),
    "python": ({"package.json": "[", "pyproject.toml": ""}, ["python3 -m compileall -q ."], ["python3 -m pytest"]),
}


@pytest.mark.parametrize(("files", "build", "test"), KINDS.values(), ids=KINDS)
def test_a_project_is_built_and_tested_by_what_is_there(
    wave: Wave, tmp_path: Path, files: dict[str, str], build: list[str], test: list[str]
) -> None:
    commit = wave.commit("main", dict(files))
    with scrubbed_environment(), open_store(tmp_path / "store") as store:
        git(wave.work, "push", "--quiet", str(store.git_dir), "HEAD:refs/heads/main")
        found = toolchain(store, commit)
        assert found
        assert (found.build, found.test) == (build, test)
        assert bool(found.network) == ("dependencies" in str(files))
        assert toolchain(store, git(wave.work, "rev-parse", "HEAD~1")) is None
