"""Repositories whose own settings run commands: none is run, whatever part of the plan leads to them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests_integration.engine.publish import publish
from tests_integration.repository.checkout import changed_files, check_out
from tests_integration.selftests.hostile.told import case, hostile
from tests_integration.selftests.waves import Built, Wave, git, integrated

HOOKS = [
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "sendemail-validate",
    "update",
]

SETTINGS = {
    "core.alternateRefsCommand": [("core", "alternateRefsCommand", "{command}")],
    "core.askPass, core.editor and core.pager": [("core", "askPass editor pager", "{command}")],
    "core.fsmonitor": [("core", "fsmonitor", "{command}")],
    "core.gitProxy": [("core", "gitProxy", "{command}")],
    "core.hooksPath": [("core", "hooksPath", "{hooks}")],
    "core.sshCommand": [("core", "sshCommand", "{command}")],
    "alias.*": [("alias", "fetch remote upload-pack ls-remote", "!{command}")],
    "credential.helper": [("credential", "helper", "!{command}")],
    "diff.external and textconv": [("diff", "external", "{command}"), ('diff "x"', "command textconv", "{command}")],
    "filter.*.clean, smudge and process": [('filter "x"', "clean smudge process", "{command}")],
    "gc.recentObjectsHook and gpg.program": [("gc", "recentObjectsHook", "{command}"), ("gpg", "program", "{command}")],
    "include.path": [("include", "path", "{included}")],
    "merge.*.driver": [("merge", "default", "x"), ('merge "x"', "driver", "{command}")],
    "pager.*": [("pager", "remote ls-remote fetch", "{command}")],
    "receive.autogc and procReceiveRefs": [("receive", "autogc", "true"), ("receive", "procReceiveRefs", "refs")],
    "remote.*.uploadpack, receivepack and proxy": [('remote "path"', "uploadpack receivepack proxy", "{command}")],
    "uploadpack.packObjectsHook": [("uploadpack", "packObjectsHook", "{command}")],
}
"""Section, keys and value of settings that have git run a command."""


class Trap:
    """Settings and hooks in a folder, which leave a file where they are run.

    Attributes:
        sprung: what was run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.command = folder / "command"
        self.hooks = folder / "hooks"
        self.hooks.mkdir(parents=True)
        for file in (self.command, *(self.hooks / name for name in HOOKS)):
            file.write_text(f'#!/bin/sh\necho "$0 $*" >> {folder}/sprung\ncat\n', encoding="utf-8")
            file.chmod(0o755)
        self.included = folder / "included"
        self.included.write_text(self.settings("core.fsmonitor", "core.sshCommand", "core.hooksPath"), encoding="utf-8")

    def settings(self, *names: str) -> str:
        """Settings that run the trap's command or hooks."""
        places = {"command": self.command, "hooks": self.hooks, "included": self.folder / "included"}
        rows = [row for name in names for row in SETTINGS[name]]
        return "".join(
            f"[{section}]\n\t{key} = {value.format(**places)}\n"
            for section, keys, value in rows
            for key in keys.split()
        )

    @property
    def sprung(self) -> str:
        """What was run, a line each."""
        file = self.folder / "sprung"
        return file.read_text(encoding="utf-8") if file.exists() else ""


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


@hostile("a clone whose `url.*.insteadOf` makes a command of its remote's URL", "transport 'ext' not allowed")
def test_a_url_that_settings_make_a_command_of_is_not_run(wave: Wave, trap: Trap) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    git(wave.folder, "clone", "--quiet", "origin.git", "clone")
    git(wave.folder / "clone", "remote", "set-url", "origin", "nice:x")
    git(wave.folder / "clone", "config", f"url.ext::sh -c {trap.command}.insteadOf", "nice:")
    git(wave.folder / "clone", "config", "protocol.ext.allow", "always")
    wave.document["repository"] = "../clone"
    del wave.document["remotes"]
    with integrated(wave) as built:
        assert "transport 'ext' not allowed" in built.sources["E1"].problem
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


def as_it_is(wave: Wave, name: str, files: dict[str, str], module: str = "") -> None:
    """Add an effort branch with these files and a submodule, none of which git sees in a work tree."""
    blobs = {path: git(wave.work, "hash-object", "-w", "--stdin", stdin=text.encode()) for path, text in files.items()}
    rows = [f"100644,{blob},{path}" for path, blob in blobs.items()] + (
        [f"160000,{'1' * 40},{module}"] if module else []
    )
    git(wave.work, "read-tree", "main")
    for row in rows:
        git(wave.work, "update-index", "--add", "--cacheinfo", row)
    commit = git(wave.work, "commit-tree", "-p", "main", "-m", name, git(wave.work, "write-tree"))
    git(wave.work, "push", "--quiet", str(wave.origin), f"{commit}:refs/heads/effort/{name}")
    wave.plan_for(name)


ATTRIBUTES = {
    "filter=x": "are not applied: no filter is known",
    "merge=x diff=x": "are not applied: git's own merge is made",
    "ident export-subst": "leave the checkout clean",
    "text eol=crlf": "leave the checkout clean: line ends are as asked for",
    "working-tree-encoding=UTF-16LE": "leave the checkout clean: it is written as asked for",
    "working-tree-encoding=no-such-encoding": "leave the checkout clean: the text stays as it is",
}


@pytest.mark.parametrize(
    ("attributes", "said"),
    [case(__name__, f"`.gitattributes` with `{name}` on a branch", said, name) for name, said in ATTRIBUTES.items()],
)
def test_attributes_change_neither_merges_nor_checks(wave: Wave, trap: Trap, attributes: str, said: str) -> None:
    text = "$Id$ $Format:%H$ 1\n2\n3\n4\n5\n"
    wave.commit("main", {"shared.txt": text})
    wave.branch("E1", {"shared.txt": text.replace("$ 1", "$ one")})
    wave.branch("E2", {"shared.txt": text.replace("5", "five")})
    as_it_is(wave, "E3", {".gitattributes": f"shared.txt {attributes}\n"})
    with integrated(wave) as built:
        tip = str(built.integration.tip)
        check_out(built.store, tip, "wave-integration", wave.folder / "checkout")
        assert changed_files(built.store, tip, wave.folder / "checkout") == (), said
        (wave.folder / "checkout" / "shared.txt").write_text("else\n", encoding="utf-8")
        assert changed_files(built.store, tip, wave.folder / "checkout") == ("shared.txt",)
        merged = git(Path(built.store.git_dir), "cat-file", "blob", f"{tip}:shared.txt")
    assert merged == text.replace("$ 1", "$ one").replace("5", "five").strip()
    assert trap.sprung == ""


@hostile("`.gitattributes` that is a link to another file", "is no attribute to git, and no change that a build made")
def test_attributes_behind_a_link_are_no_change(wave: Wave) -> None:
    wave.switch("effort/E1")
    (wave.work / ".gitattributes").symlink_to("base.txt")
    wave.save("effort/E1")
    wave.plan_for("E1")
    with integrated(wave) as built:
        tip = str(built.integration.tip)
        check_out(built.store, tip, "wave-integration", wave.folder / "checkout")
        assert changed_files(built.store, tip, wave.folder / "checkout") == ()


@hostile(
    "a build that makes a repository with such settings in a submodule's folder",
    "is not looked into; another commit is told",
)
def test_a_submodule_that_a_build_makes_is_not_looked_into(wave: Wave, trap: Trap) -> None:
    as_it_is(wave, "E1", {}, module="lib")
    with integrated(wave) as built:
        tip = str(built.integration.tip)
        check_out(built.store, tip, "wave-integration", wave.folder / "checkout")
        lib = wave.folder / "checkout" / "lib"
        git(lib, "init", "--quiet")
        git(lib, "commit", "--quiet", "--allow-empty", "--message", "x")
        with (lib / ".git" / "config").open("a", encoding="utf-8") as stream:
            stream.write(trap.settings("core.fsmonitor", "core.hooksPath"))
        assert changed_files(built.store, tip, wave.folder / "checkout") == ("lib",)
    assert trap.sprung == ""


MODULES = {
    "a URL that is an option": '[submodule "x"]\n\tpath = lib\n\turl = --upload-pack={command}\n',
    "a URL that is a command": '[submodule "x"]\n\tpath = lib\n\turl = ext::{command}\n',
    "`update = !command`": '[submodule "x"]\n\tpath = lib\n\turl = ./x\n\tupdate = !{command}\n',
    "a name that leads out of `.git/modules`": '[submodule "../../x"]\n\tpath = lib\n\turl = ./x\n',
    "a path that leads outside": '[submodule "x"]\n\tpath = ../lib\n\turl = ./x\n',
    "text that is none": "[submodule\n\0",
}


@pytest.mark.parametrize(
    ("modules", "said"),
    [case(__name__, f"`.gitmodules` with {name}", "is a file like others", text) for name, text in MODULES.items()],
)
def test_submodules_are_never_looked_into(wave: Wave, trap: Trap, modules: str, said: str) -> None:
    as_it_is(wave, "E1", {".gitmodules": modules.format(command=trap.command)}, module="lib")
    with integrated(wave) as built:
        tip = built.integration.tip
        assert tip, said
        check_out(built.store, tip, "wave-integration", wave.folder / "checkout")
        assert changed_files(built.store, tip, wave.folder / "checkout") == ()
    assert list((wave.folder / "checkout" / "lib").iterdir()) == []
    assert trap.sprung == ""
