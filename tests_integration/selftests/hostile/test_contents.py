"""What branches bring that git would act on: attributes and submodules are files like others."""

from pathlib import Path

import pytest

from tests_integration.repository.checkout import changed_files, check_out
from tests_integration.selftests.hostile.told import case, hostile
from tests_integration.selftests.hostile.traps import Trap
from tests_integration.selftests.waves import Wave, git, integrated


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    """Commands and hooks that would be seen to run."""
    return Trap(tmp_path / "trap")


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
