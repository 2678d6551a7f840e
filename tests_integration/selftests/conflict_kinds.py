"""Waves of two branches that do not merge, one for each kind of conflict that git knows."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests_integration.selftests.waves import Wave, git

Files = Mapping[str, str | bytes | None]
OTHER = "a\nb\nc\nd\ne\nf\ng\nh\n"
LONG = "1\n2\n3\n4\n5\n6\n7\n8\n"


def of_files(base: Files, one: Files, two: Files) -> Callable[[Wave], None]:
    """The base, E1 and E2 with these files."""

    def make(wave: Wave) -> None:
        if base:
            wave.commit("main", base, message="Begin the files")
        on_branch(wave, "E1", lambda work: write(work, one))
        on_branch(wave, "E2", lambda work: write(work, two))

    return make


def write(work: Path, files: Files) -> None:
    """Write files into a work tree; None removes one."""
    for name, content in files.items():
        file = work / name
        if content is None:
            git(work, "rm", "--quiet", "--", f":(literal){name}")
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)


def on_branch(wave: Wave, name: str, change: Callable[[Path], object]) -> None:
    """An effort branch from the base, made by changing the work tree."""
    wave.switch(f"effort/{name}", "main")
    change(wave.work)
    wave.save(f"effort/{name}")
    wave.plan_for(name)


def link_against_file(wave: Wave) -> None:
    on_branch(wave, "E1", lambda work: write(work, {"f": "one\n"}))
    on_branch(wave, "E2", lambda work: (work / "f").symlink_to("base.txt"))


def file_against_link(wave: Wave) -> None:
    on_branch(wave, "E1", lambda work: (work / "f").symlink_to("base.txt"))
    on_branch(wave, "E2", lambda work: write(work, {"f": "two\n"}))


def two_links(wave: Wave) -> None:
    on_branch(wave, "E1", lambda work: (work / "f").symlink_to("base.txt"))
    on_branch(wave, "E2", lambda work: (work / "f").symlink_to("shared.txt"))


def mode(wave: Wave) -> None:
    def executable(work: Path) -> None:
        write(work, {"f": "same\n"})
        (work / "f").chmod(0o755)

    on_branch(wave, "E1", lambda work: write(work, {"f": "same\n"}))
    on_branch(wave, "E2", executable)


def _set_pointer(work: Path, commit: str) -> None:
    (work / "sub").mkdir(exist_ok=True)
    git(work, "update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    (work / "sub").rmdir()


def _save_index(wave: Wave, branch: str, message: str) -> None:
    git(wave.work, "commit", "--quiet", "--message", message)
    git(wave.work, "push", "--quiet", "--force", str(wave.origin), f"HEAD:refs/heads/{branch}")


def submodule(wave: Wave) -> None:
    for branch, digit in (("main", "1"), ("effort/E1", "2"), ("effort/E2", "3")):
        wave.switch(branch)
        _set_pointer(wave.work, digit * 40)
        _save_index(wave, branch, f"Work on {branch}")
    wave.plan_for("E1")
    wave.plan_for("E2")


def directory_renamed(wave: Wave) -> None:
    wave.commit("main", {"old/a": "a\n", "old/b": "b\n"})
    on_branch(wave, "E1", lambda work: (work / "old").rename(work / "new"))
    on_branch(wave, "E2", lambda work: write(work, {"old/c": "c\n"}))


def directory_renamed_later(wave: Wave) -> None:
    wave.commit("main", {"old/a": "a\n", "old/b": "b\n"})
    on_branch(wave, "E1", lambda work: write(work, {"old/c": "c\n"}))
    on_branch(wave, "E2", lambda work: (work / "old").rename(work / "new"))


def directory_split(wave: Wave) -> None:
    wave.commit("main", {"old/a": "a\n", "old/b": "b\n"})

    def split(work: Path) -> None:
        (work / "x").mkdir()
        (work / "y").mkdir()
        (work / "old/a").rename(work / "x/a")
        (work / "old/b").rename(work / "y/b")

    on_branch(wave, "E1", split)
    on_branch(wave, "E2", lambda work: write(work, {"old/c": "c\n"}))


KINDS: dict[str, Callable[[Wave], None]] = {
    "content": of_files({"f": LONG}, {"f": LONG.replace("4", "one")}, {"f": LONG.replace("4", "two")}),
    "add-add": of_files({}, {"f": "one\n"}, {"f": "two\n"}),
    "deleted-first": of_files({"f": "1\n"}, {"f": None}, {"f": "two\n"}),
    "deleted-second": of_files({"f": "1\n"}, {"f": "one\n"}, {"f": None}),
    "rename-rename": of_files({"f": LONG}, {"f": None, "g": LONG}, {"f": None, "h": LONG}),
    "rename-rename-with-content": of_files(
        {"f": LONG}, {"f": None, "g": LONG.replace("4", "one")}, {"f": None, "h": LONG.replace("4", "two")}
    ),
    "rename-to-one": of_files(
        {"f": LONG, "g": LONG.upper() + "x\ny\nz\n" * 4},
        {"f": None, "h": LONG},
        {"g": None, "h": LONG.upper() + "x\ny\nz\n" * 4},
    ),
    "rename-delete": of_files({"f": LONG}, {"f": None, "g": LONG}, {"f": None}),
    "delete-rename": of_files({"f": LONG}, {"f": None}, {"f": None, "g": LONG}),
    "delete-rename-with-content": of_files({"f": LONG}, {"f": None}, {"f": None, "g": LONG.replace("4", "two")}),
    "renamed-first": of_files({"f": LONG}, {"f": None, "g": LONG.replace("4", "one")}, {"f": LONG.replace("4", "two")}),
    "renamed-second": of_files(
        {"f": LONG}, {"f": LONG.replace("4", "one")}, {"f": None, "g": LONG.replace("4", "two")}
    ),
    "rename-add": of_files({"f": LONG}, {"f": None, "g": LONG}, {"g": "two\n"}),
    "file-first": of_files({}, {"f": "one\n"}, {"f/g": "two\n"}),
    "folder-first": of_files({}, {"f/g": "one\n"}, {"f": "two\n"}),
    "file-to-folder": of_files({"f": LONG}, {"f": LONG.replace("4", "one")}, {"f": None, "f/g": "two\n"}),
    "folder-to-file": of_files({"f/g": LONG}, {"f/g": LONG.replace("4", "one")}, {"f/g": None, "f": "two\n"}),
    "rename-to-one-with-content": of_files(
        {"f": LONG, "g": OTHER},
        {"f": None, "h": LONG.replace("4", "one"), "g": OTHER.replace("d", "one")},
        {"g": None, "h": OTHER.replace("d", "two"), "f": LONG.replace("4", "two")},
    ),
    "rename-add-with-content": of_files(
        {"f": LONG}, {"f": None, "g": LONG.replace("4", "one")}, {"g": "new\n", "f": LONG.replace("4", "two")}
    ),
    "rename-file-against-folder": of_files({"f": LONG}, {"f": None, "g": LONG}, {"g/x": "two\n"}),
    "link-against-file": link_against_file,
    "file-against-link": file_against_link,
    "two-links": two_links,
    "binary": of_files({"f": b"\0001"}, {"f": b"\0one"}, {"f": b"\0two"}),
    "mode": mode,
    "submodule": submodule,
    "directory-renamed": directory_renamed,
    "directory-renamed-later": directory_renamed_later,
    "directory-split": directory_split,
}
