"""Paths and links that lead elsewhere, in trees, plans, patches and files: nothing outside is written or followed."""

import os
import subprocess
from pathlib import Path

import pytest

from tests_integration.engine.metadata import MetadataError, read, update
from tests_integration.plan.load import give
from tests_integration.repository.checkout import changed_files, check_out
from tests_integration.selftests.good_plans import PLAN
from tests_integration.selftests.hostile.told import case, hostile
from tests_integration.selftests.waves import Wave, failures, git, integrated

DOTGIT = {
    "`.git`": ".git",
    "`.GIT`": ".GIT",
    "`git~1`": "GIT~1",
    "`.git ` (NTFS drops the space)": ".git ",
    "`.git.` (NTFS drops the dot)": ".git.",
    "`.git::$INDEX_ALLOCATION` (NTFS)": ".git::$INDEX_ALLOCATION",
    "`.g\u200cit` (HFS+ ignores the joiner)": ".g\u200cit",
}
OTHERS = {
    "`..`": "..",
    "a backslash": "a\\b",
    "a drive letter": "c:",
    "a device of Windows": "aux",
    "a name that differs in case only": "BASE.TXT",
    "a line end": "a\nb",
}
LEAVES = "leaves the repository's own files ('..' and '.git' are not allowed)"


@pytest.mark.parametrize("place", ["delete: [@/x]", "take: {ours: [@/x]}", "delete: [a]\n    needs: [@/x]"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        case(__name__, f"path of a fix or the demo with {why}", LEAVES, name)
        for why, name in {**DOTGIT, "`..`": ".."}.items()
    ],
)
def test_a_path_in_a_plan_does_not_lead_into_git(place: str, name: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "wave.yaml"
    quoted = '"' + name.replace("\u200c", "\\u200c")
    text = PLAN.replace("delete: [twin.txt]", place.replace("@/x", f'{quoted}/x"'))
    file.write_text(text.replace("demos/demo.sh", f'{quoted}/demo.sh"'), encoding="utf-8")
    lines = give(file).refusal.splitlines()
    assert [said in line for line in lines] == [True, True]


def with_path(wave: Wave, branch: str, name: str) -> None:
    """Push a branch whose top folder has a folder of this name, with a file in it; git itself would not make it."""
    blob = git(wave.work, "hash-object", "-w", "--stdin", stdin=b"evil\n")
    inner = git(wave.work, "mktree", "-z", stdin=f"100755 blob {blob}\tpost-checkout\0".encode())
    there = subprocess.run(["git", "ls-tree", "-z", "main"], cwd=wave.work, capture_output=True, check=True).stdout
    tree = git(wave.work, "mktree", "-z", stdin=there + f"040000 tree {inner}\t{name}\0".encode())
    commit = git(wave.work, "commit-tree", "-p", "main", "-m", "evil", tree)
    git(wave.work, "push", "--quiet", str(wave.origin), f"{commit}:refs/heads/{branch}")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        case(__name__, f"folder on a branch: {why}", "stops the integration, or its audit", name)
        for why, name in (DOTGIT | OTHERS).items()
    ],
)
def test_a_path_on_a_branch_that_leads_elsewhere_is_no_green(wave: Wave, name: str, said: str) -> None:
    with_path(wave, "effort/E1", name)
    wave.plan_for("E1")
    with integrated(wave) as built:
        tip = built.integration.tip
        told = failures(built, tip).get("paths_are_portable", "") if tip else built.integration.problem
        told += "".join(parked.problem for parked in built.integration.parked)
    assert "paths are in that not every file system can hold" in told or "invalid path" in told, said


HUNK = "--- a/{old}\n+++ b/{new}\n@@ -1 +1 @@\n-base\n+evil\n"
ADDED = "diff --git a/{new} b/{new}\nnew file mode 100755\n--- /dev/null\n+++ b/{new}\n@@ -0,0 +1 @@\n+evil\n"
RENAMED = "diff --git a/base.txt b/{new}\nsimilarity index 100%\nrename from base.txt\nrename to {new}\n"
PATCHES = {
    "writes `../x`": (ADDED.format(new="../x"), "invalid path '../x'"),
    "writes an absolute path": (ADDED.format(new="/nowhere/x"), "does not apply here"),
    "writes `.git/hooks/post-checkout`": (ADDED.format(new=".git/hooks/post-checkout"), "invalid path"),
    "writes `.GIT/config`": (ADDED.format(new=".GIT/config"), "invalid path"),
    "writes `git~1/config`": (ADDED.format(new="git~1/config"), "invalid path"),
    "renames a file out of the repository": (RENAMED.format(new="../x"), "invalid path"),
    "changes a file through a link": (HUNK.format(old="link/base.txt", new="link/base.txt"), "does not apply here"),
    "adds a file through a link": (ADDED.format(new="link/x"), "does not apply here"),
    "adds a file": (ADDED.format(new="x"), "an integration adds no files (R361)"),
    "renames a file": (RENAMED.format(new="moved.txt"), "an integration adds no files (R361)"),
    "is none": ("\0" * 1000, "does not apply here"),
}


@pytest.mark.parametrize(
    ("patch", "said"), [case(__name__, f"patch that {why}", said, patch) for why, (patch, said) in PATCHES.items()]
)
def test_a_patch_writes_nothing_elsewhere(wave: Wave, patch: str, said: str) -> None:
    outside = wave.folder / "outside"
    outside.mkdir()
    wave.switch("effort/E1")
    (wave.work / "link").symlink_to(outside)
    wave.save("effort/E1")
    wave.plan_for("E1")
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "x", "after": "E1", "patch": "fix.patch"}]
    (wave.folder / "plans" / "fix.patch").write_text(patch, encoding="utf-8")
    with integrated(wave) as built:
        tip, parked = built.integration.tip, built.integration.parked
        told = failures(built, tip)["merge_holds_nothing_else[E1]"] if tip else parked[0].problem
    assert said in told
    assert "BUG-1" in told
    assert list(outside.iterdir()) == []
    assert not (wave.folder / "x").exists()


@hostile("patch that changes modes and binary files", "is applied as git does")
def test_a_patch_of_modes_and_binary_files_is_applied(wave: Wave) -> None:
    wave.branch("E1", {"blob.bin": b"\0one", "run.sh": "true\n"})
    (wave.work / "blob.bin").write_bytes(b"\0two")
    (wave.work / "run.sh").chmod(0o755)
    patch = git(wave.work, "diff", "--binary") + "\n"
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "x", "after": "E1", "patch": "fix.patch"}]
    (wave.folder / "plans" / "fix.patch").write_text(patch, encoding="utf-8")
    with integrated(wave) as built:
        tip = str(built.integration.tip)
        listed = git(Path(built.store.git_dir), "ls-tree", tip, "run.sh", "blob.bin")
    assert "100755 blob" in listed
    assert git(wave.work, "hash-object", "blob.bin") in listed


def with_link(wave: Wave, name: str, target: str | Path) -> None:
    """Add the effort E1, which brings a link."""
    wave.switch("effort/E1")
    (wave.work / name).parent.mkdir(exist_ok=True)
    (wave.work / name).symlink_to(target)
    wave.save("effort/E1")
    wave.plan_for("E1")


@hostile(
    "a branch brings a link out of the repository in place of the demo's folder",
    "is told; nothing is written through it",
)
def test_a_link_in_place_of_the_demos_folder_is_told(wave: Wave, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    with_link(wave, "demos", outside)
    with integrated(wave) as built:
        assert built.integration.problem.endswith("(`demo.create`) cannot be added: the branches bring demos")
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("name", ["demos/demo.sh", "demos/DEMO.md"])
@hostile("a branch brings a link in place of the demo's script or document", "is no file: the demo fails")
def test_a_link_is_neither_script_nor_document(wave: Wave, name: str) -> None:
    with_link(wave, name, "/bin/true")
    with integrated(wave) as built:
        assert f"the branch has no file {name}" in failures(built, str(built.integration.tip)).values()


@pytest.mark.parametrize("fix", [{"delete": ["dir/base.txt"]}, {"take": {"theirs": ["dir/base.txt"]}}])
@hostile("a fix names a file behind a link that a branch brings", "is told: it is not there")
def test_a_fix_does_not_reach_through_a_link(wave: Wave, fix: dict[str, object]) -> None:
    with_link(wave, "dir", ".")
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "x", "after": "E1", **fix}]
    with integrated(wave) as built:
        (parked,) = built.integration.parked
    assert (
        "which this merge does not hold" in parked.problem or "which neither side of this merge holds" in parked.problem
    )


@hostile("one branch brings a link, another a file below its name", "conflict; nothing is written through the link")
def test_a_file_is_not_written_through_another_branchs_link(wave: Wave, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    with_link(wave, "dir", outside)
    wave.branch("E2", {"dir/x": "x\n"})
    with integrated(wave) as built:
        (parked,) = built.integration.parked
        assert parked.conflicts[0].path.startswith("dir")
        wave.document["resolve"] = [{"paths": ["dir", "dir/**", "dir~*"], "take": "theirs", "drops": True}]
    with integrated(wave) as built:
        if built.integration.tip:
            check_out(built.store, built.integration.tip, "x", wave.folder / "checkout")
    assert list(outside.iterdir()) == []


@hostile("links to folders, to themselves and out of the checkout", "are checked out as links and not followed")
def test_links_are_checked_out_as_links(wave: Wave, tmp_path: Path) -> None:
    for name, target in {"out": str(tmp_path), "loop": "loop", "up": "../..", "root": "/"}.items():
        wave.switch("effort/E1")
        (wave.work / name).symlink_to(target)
    wave.save("effort/E1")
    wave.plan_for("E1")
    with integrated(wave) as built:
        tip = str(built.integration.tip)
        folder = wave.folder / "checkout"
        check_out(built.store, tip, "x", folder)
        assert all((folder / name).is_symlink() for name in ("out", "loop", "up", "root"))
        assert changed_files(built.store, tip, folder) == ()
        check_out(built.store, tip, "x", folder)
    assert tmp_path.is_dir()


STATES = {
    "a pipe": "is a pipe or a device, not a file",
    "an endless device": "is a pipe or a device, not a file",
    "larger than 64 MiB": "is larger than 64 MiB",
    "nested 100,000 levels deep": "cannot be read as JSON",
}


@pytest.mark.parametrize(
    ("kind", "said"), [case(__name__, f"`metadata.file` is {kind}", said, kind) for kind, said in STATES.items()]
)
def test_a_metadata_file_that_is_none_is_told(tmp_path: Path, kind: str, said: str) -> None:
    file = tmp_path / "state.json"
    if kind == "a pipe":
        os.mkfifo(file)
    elif kind == "larger than 64 MiB":
        with file.open("wb") as large:
            large.truncate(65 << 20)
    elif kind.startswith("nested"):
        file.write_text('{"a":' * 100_000, encoding="utf-8")
    else:
        file.symlink_to("/dev/zero")
    with pytest.raises(MetadataError, match=said):
        read(file, "/a")
    with pytest.raises(MetadataError, match=said):
        update(file, "/a", lambda attempts: attempts)
