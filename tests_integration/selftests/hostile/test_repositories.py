"""Repositories whose own settings run commands: none is run, whatever part of the plan leads to them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests_integration.engine.publish import publish
from tests_integration.repository.checkout import changed_files, check_out
from tests_integration.selftests.hostile.told import case, hostile
from tests_integration.selftests.hostile.traps import SETTINGS, Trap
from tests_integration.selftests.waves import Built, Wave, git, integrated


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Wave:
    """A wave of E1, from a remote that is a path, and E2, from the clone itself."""
    wave = Wave(tmp_path_factory.mktemp("repositories") / "wave")
    wave.branch("E1", {"one.txt": "one\n", ".gitattributes": "* filter=x diff=x merge=x\n"})
    wave.branch("E2", {"two.txt": "two\n"})
    git(wave.folder, "clone", "--quiet", "origin.git", "clone")
    git(wave.folder / "clone", "branch", "--quiet", "effort/E2", "origin/effort/E2")
    git(wave.folder, "init", "--quiet", "--bare", "target.git")
    wave.document["repository"] = "../clone"
    wave.document["branches"][1]["from"] = "./effort/E2"
    wave.document["remotes"] = {"path": "../origin.git", "target": "../target.git"}
    wave.document["branches"][0]["from"] = "path/effort/E1"
    wave.document["publish"] = {"remote": "target"}
    return wave


def tip_of(built: Built) -> str:
    """The tip, published to the plan's remote and checked out."""
    tip = built.integration.tip
    assert tip, built.integration
    assert publish(built.plan, built.store, "target", tip).status in {"pushed", "unchanged"}
    folder = built.plan.folder.parent / "checkout"
    check_out(built.store, tip, built.plan.integration, folder)
    assert changed_files(built.store, tip, folder) == ()
    return tip


@pytest.fixture(scope="module")
def wanted(home: Wave) -> str:
    """The tip without any trap."""
    with integrated(home, "untrapped") as built:
        return tip_of(built)


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    """Commands and hooks that would be seen to run."""
    return Trap(tmp_path / "trap")


@pytest.fixture
def configs(home: Wave) -> Iterator[list[Path]]:
    """The settings of the clone and of the remote; put back after the test."""
    files = [home.folder / "clone" / ".git" / "config", home.folder / "origin.git" / "config"]
    before = [file.read_text(encoding="utf-8") for file in files]
    yield files
    for file, text in zip(files, before, strict=True):
        file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "said"),
    [case(__name__, f"{name} of the plan's clone and of a remote", "is not run", name) for name in SETTINGS],
)
def test_what_a_repository_would_run_is_not_run(
    home: Wave, wanted: str, trap: Trap, configs: list[Path], name: str, said: str
) -> None:
    for file in configs:
        with file.open("a", encoding="utf-8") as stream:
            stream.write(trap.settings(name))
    with integrated(home) as built:
        assert tip_of(built) == wanted
    assert trap.sprung == "", said


def test_the_trap_is_sprung_by_whoever_follows_the_settings(home: Wave, trap: Trap, configs: list[Path]) -> None:
    with configs[0].open("a", encoding="utf-8") as stream:
        stream.write(trap.settings("core.hooksPath", "core.fsmonitor"))
    git(home.folder / "clone", "status")
    git(home.folder / "clone", "commit", "--quiet", "--allow-empty", "--message", "x")
    assert {"command", "pre-commit"} <= {Path(line.split()[0]).name for line in trap.sprung.splitlines() if line}


@hostile("hooks in the plan's clone and in a remote that is fetched from", "are not run")
def test_hooks_are_not_run(home: Wave, wanted: str, tmp_path: Path) -> None:
    traps = [Trap(tmp_path / "clone"), Trap(tmp_path / "origin")]
    folders = [home.folder / "clone" / ".git" / "hooks", home.folder / "origin.git" / "hooks"]
    for trap, folder in zip(traps, folders, strict=True):
        folder.rename(folder.with_name("hooks.before"))
        folder.symlink_to(trap.hooks)
    with integrated(home) as built:
        assert tip_of(built) == wanted
    for folder in folders:
        folder.unlink()
        folder.with_name("hooks.before").rename(folder)
    assert [trap.sprung for trap in traps] == ["", ""]


@hostile("all of these in ~/.gitconfig and $XDG_CONFIG_HOME", "are not read: nothing is run, the same commit is made")
def test_the_callers_settings_are_not_read(
    home: Wave, wanted: str, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = f"[init]\n\ttemplateDir = {trap.folder}\n[user]\n\tname = Else\n\temail = e@example.org\n"
    text = trap.settings(*SETTINGS) + more
    (trap.folder / ".gitconfig").write_text(text, encoding="utf-8")
    (trap.folder / "git").mkdir()
    (trap.folder / "git" / "config").write_text(text, encoding="utf-8")
    (trap.folder / "git" / "attributes").write_text("* filter=x merge=x\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(trap.folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(trap.folder))
    with integrated(home, "caller") as built:
        assert tip_of(built) == wanted
    assert trap.sprung == ""


@hostile("`GIT_*` variables of the caller that name commands, folders, repositories or people", "do not reach git")
def test_the_callers_variables_do_not_reach_git(
    home: Wave, wanted: str, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {
        "ASKPASS EDITOR EXTERNAL_DIFF PAGER PROXY_COMMAND SSH SSH_COMMAND SEQUENCE_EDITOR": trap.command,
        "DIR WORK_TREE OBJECT_DIRECTORY TEMPLATE_DIR INDEX_FILE COMMON_DIR EXEC_PATH CONFIG_VALUE_0": trap.hooks,
        "CONFIG_COUNT": "1",
        "CONFIG_KEY_0": "core.hooksPath",
        "CONFIG_PARAMETERS": f"'core.fsmonitor'='{trap.command}'",
        "AUTHOR_NAME COMMITTER_EMAIL NAMESPACE": "else",
        "TRACE": trap.folder / "sprung",
    }
    for names, value in variables.items():
        for name in names.split():
            monkeypatch.setenv(f"GIT_{name}", str(value))
    with integrated(home, "variables") as built:
        assert tip_of(built) == wanted
    assert trap.sprung == ""


@hostile("a clone that lacks objects and would fetch them by a command (promisor)", "is told; the command is not run")
def test_missing_objects_are_not_fetched_by_a_command(wave: Wave, trap: Trap) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    blob = git(wave.origin, "rev-parse", "effort/E1:one.txt")
    (wave.origin / "objects" / blob[:2] / blob[2:]).unlink()
    with (wave.origin / "config").open("a", encoding="utf-8") as stream:
        stream.write(f'[remote "far"]\n\turl = /nowhere\n\tpromisor = true\n\tuploadpack = {trap.command}\n')
        stream.write("[extensions]\n\tpartialClone = far\n[core]\n\trepositoryFormatVersion = 1\n")
    with integrated(wave) as built:
        assert built.integration.tip is None
        assert "cannot be fetched from the remote 'origin'" in built.sources["E1"].problem
    assert trap.sprung == ""


@hostile(
    "a clone whose `url.*.insteadOf` makes a command of its remote's URL",
    "would have git run a program of its own for it",
)
def test_a_url_that_settings_make_a_command_of_is_not_run(wave: Wave, trap: Trap) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    git(wave.folder, "clone", "--quiet", "origin.git", "clone")
    git(wave.folder / "clone", "remote", "set-url", "origin", "nice:x")
    git(wave.folder / "clone", "config", f"url.ext::sh -c {trap.command}.insteadOf", "nice:")
    git(wave.folder / "clone", "config", "protocol.ext.allow", "always")
    wave.document["repository"] = "../clone"
    del wave.document["remotes"]
    with integrated(wave) as built:
        assert "would have git run a program of its own for it" in built.sources["E1"].problem
    assert trap.sprung == ""


@hostile("a remote whose alternates lead to another repository", "gives what its branches hold, and nothing else")
def test_alternates_bring_only_what_branches_hold(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    secret = wave.commit("secret", {"secret.txt": "secret\n"})
    git(wave.folder, "clone", "--quiet", "--bare", "--shared", "origin.git", "other.git")
    git(wave.folder / "other.git", "update-ref", "-d", "refs/heads/secret")
    wave.document["remotes"] = {"origin": "../other.git"}
    with integrated(wave) as built:
        assert built.integration.tip
        assert git(Path(built.store.git_dir), "cat-file", "-t", secret, fails=True) == ""


@hostile("a remote whose alternates lead nowhere", "is told: its branches cannot be read or fetched")
def test_alternates_that_lead_nowhere_are_told(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    git(wave.folder, "clone", "--quiet", "--bare", "--shared", "origin.git", "other.git")
    (wave.folder / "other.git" / "objects" / "info" / "alternates").write_text("/nowhere/objects\n", encoding="utf-8")
    wave.document["remotes"] = {"origin": "../other.git"}
    with integrated(wave) as built:
        assert built.integration.tip is None
        assert "the remote 'origin'" in built.sources["E1"].problem


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository away")
@hostile(
    "a clone or a remote that belongs to another user (`safe.directory`)",
    "is not read; whose it is and what to do is told",
)
@pytest.mark.parametrize("given_away", ["origin.git", "clone"])
def test_a_repository_of_another_user_is_not_read(wave: Wave, given_away: str) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    git(wave.folder, "clone", "--quiet", "origin.git", "clone")
    wave.document["repository"] = "../clone"
    for file in (wave.folder / given_away, *(wave.folder / given_away).rglob("*")):
        os.chown(file, 12345, 12345)
    with integrated(wave) as built:
        problem = built.sources["E1"].problem
    assert "detected dubious ownership in repository" in problem
    assert "It belongs to another user" in problem
    assert "git config --global" not in problem
