"""Repositories to measure on, made by git-fast-import(1): the same shape gives the same commits on any machine.

Make one by hand: `python -m tests_integration.bench.generate FILES BRANCHES COMMITS FOLDER`.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import yaml

from tests_integration.repository.git import not_around

BEGAN = 1_600_000_000
"""Date of the first commit, in seconds; each later one is a minute after it."""

LATER = 1_000_000
"""Minutes after which a branch moves; a commit that is older than its parents would make git search all history."""

QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
MAIN = "refs/heads/main"
TOPIC = "refs/topic"
OWN = 4
"""Commits of a branch at most, and the files of the base that nobody else changes; so all branches merge cleanly."""

STACKED = 10
"""Every tenth branch is stacked on the one before it."""

AGES = 2000
"""Commits of the base's history that the branches begin at, the newest ones."""


class Shape(NamedTuple):
    """What a repository holds.

    Attributes:
        files: of the base.
        branches: each with one to four commits, begun at some point of the base's history.
        commits: of the base; where there are several, three of four are on topics that were merged.
    """

    files: int
    branches: int
    commits: int = 1

    def __str__(self) -> str:
        return f"{self.files}-files-{self.branches}-branches-{self.commits}-commits"


def make(shape: Shape, folder: Path) -> Path:
    """Make a folder with `origin.git` and `plans/wave.yaml`, the plan that merges its branches; the plan's file.

    The folder appears whole or not at all; where another run has made it meanwhile, it is that one's.

    Raises:
        subprocess.CalledProcessError: git cannot.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unfinished-", dir=folder.parent) as unfinished:
        made = Path(unfinished, folder.name)
        origin = made / "origin.git"
        origin.mkdir(parents=True)
        git(origin, "init", "--quiet", "--bare", "--initial-branch=main")
        feed(origin, stream(shape))
        git(origin, "update-ref", "-d", TOPIC)
        git(origin, "pack-refs", "--all")
        write_wave(made / "plans" / "wave.yaml", range(shape.branches))
        if not folder.exists():
            made.rename(folder)
    return folder / "plans" / "wave.yaml"


def write_wave(file: Path, places: Iterable[int]) -> Path:
    """Write a plan that merges the branches at these places, counted from 0; the file."""
    places = list(places)
    parents = {name(n): name(n - 1) for n in places if is_stacked(n)}
    return write_plan(file, "main", map(name, places), parents)


def environment(folder: Path) -> dict[str, str]:
    """Variables for git in this folder: none of the caller's, no configuration, and no repository around it."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return others | QUIET | not_around(folder)


def git(folder: Path, *arguments: str, stdin: str = "") -> str:
    """What git prints, without the caller's configuration.

    Raises:
        subprocess.CalledProcessError: it exits other than 0.
    """
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=environment(folder),
        input=stdin,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        errors="surrogateescape",
    )
    return done.stdout.strip()


def succeeds(folder: Path, *arguments: str) -> bool:
    """Whether git exits with 0; nothing that it says is shown."""
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment(folder), capture_output=True, check=False)
    return done.returncode == 0


def feed(repository: Path, commands: Iterable[bytes]) -> None:
    """Let git-fast-import(1) run commands.

    Raises:
        subprocess.CalledProcessError: git does not take them.
    """
    importing = ["git", "fast-import", "--quiet", "--done", "--force"]
    process = subprocess.Popen(importing, cwd=repository, env=environment(repository), stdin=subprocess.PIPE)
    with suppress(BrokenPipeError), process:  # its exit code tells
        assert process.stdin
        process.stdin.writelines(commands)
        process.stdin.write(b"done\n")
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, importing)


def write_plan(file: Path, base: str, branches: Iterable[str], parents: Mapping[str, str]) -> Path:
    """Write a plan that merges branches of `../origin.git`; the file.

    Args:
        file: is written.
        base: a branch.
        branches: in their order; E1 is the first of them.
        parents: for branches that are stacked on another one.
    """
    ids = {branch: f"E{place}" for place, branch in enumerate(branches, 1)}
    below = {branch: ids.get(parents.get(branch, ""), "base") for branch in ids}
    document = {
        "version": 1,
        "title": f"The wave {file.stem}",
        "date": "2025-10-06T04:20:05Z",
        "remotes": {"origin": "../origin.git"},
        "base": f"origin/{base}",
        "integration": f"{file.stem}-integration",
        "branches": [
            {"id": key, "title": f"Work of {key}", "from": f"origin/{branch}", "parent": below[branch]}
            for branch, key in ids.items()
        ],
        "build": [{"run": "true"}],
        "test": [{"run": "true"}],
        "demo": {"script": "demos/demo.sh", "document": "demos/DEMO.md", "create": "infrastructure"},
    }
    demos = file.parent / "infrastructure" / "demos"
    demos.mkdir(parents=True, exist_ok=True)
    (demos / "demo.sh").write_text("#!/bin/sh\necho shown\n", encoding="utf-8")
    (demos / "DEMO.md").write_text("# Demo\n\nIt shows.\n", encoding="utf-8")
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return file


def name(n: int) -> str:
    """The branch at a place, counted from 0."""
    return f"effort/E{n + 1}"


def is_stacked(n: int) -> bool:
    """Whether a branch is stacked on the one before."""
    return n % STACKED == STACKED - 1


def path(n: int) -> str:
    """A file of the base; neighbours by number lie in different folders, some fifty files in each."""
    return f"part{n % 20:02}/module{n // 20 % 80:02}/file{n // 1600:02}.txt"


def content(n: int, version: int = 0) -> bytes:
    """Twenty lines, of which one tells the version."""
    return b"".join(b"file %d, line %d of it\n" % (n, line) for line in range(20)) + b"version %d\n" % version


def stream(shape: Shape) -> Iterator[bytes]:
    """The commands that make the repository of a shape, the base first."""
    yield _commit(MAIN, 1, 1, "Begin")
    yield from (_modify(path(n), content(n)) for n in range(shape.files))
    tips = [1]  # marks of the first-parent chain of the base
    yield from _history(shape, tips)
    for n in range(shape.branches):
        yield from _branch(n, shape, tips[-1 - n * 7919 % min(len(tips), AGES // 4)])


def one_more(ref: str, tip: str) -> Iterator[bytes]:
    """The commands that add a commit with a new file to a ref, which is at this tip."""
    yield _commit(ref, None, LATER, "Move", f"{ref}^0")
    yield _modify("moved.txt", tip.encode())


def _history(shape: Shape, tips: list[int]) -> Iterator[bytes]:
    """Topics of three commits, each begun some merges ago and then merged."""
    own = shape.branches * OWN
    for first in range(2, shape.commits, 4):
        changed = {own + mark * 31 % (shape.files - own): mark for mark in range(first, first + 3)}
        begun = tips[-1 - first // 4 % min(len(tips), 8)]
        for n, mark in changed.items():
            yield _commit(TOPIC, mark, mark, f"Change file {n}", begun)
            yield _modify(path(n), content(n, mark))
            begun = mark
        yield _commit(MAIN, first + 3, first + 3, "Merge a topic", tips[-1], first + 2)
        yield from (_modify(path(n), content(n, mark)) for n, mark in changed.items())
        tips.append(first + 3)


def _branch(n: int, shape: Shape, begun: int) -> Iterator[bytes]:
    """A new file, and a change to a file of its own in each commit; some rename or remove one as well."""
    onto: tuple[int | str, ...] = (f"refs/heads/{name(n - 1)}" if is_stacked(n) else begun,)
    for nth in range(1 + n % OWN):
        yield _commit(f"refs/heads/{name(n)}", None, shape.commits + n, f"Work on {name(n)}, {nth + 1}", *onto)
        yield _modify(path(n * OWN + nth), content(n * OWN + nth, n + 1))
        onto = ()
    yield _modify(f"part{n % 20:02}/new/of{n + 1}.txt", b"brought by %d\n" % n)
    last = path(n * OWN + OWN - 1)
    match n % STACKED:
        case 1:
            yield f"R {last} {last}.moved\n".encode()
        case 2:
            yield f"D {last}\n".encode()


def _commit(ref: str, mark: int | None, minute: int, message: str, *parents: int | str) -> bytes:
    marked = f"mark :{mark}\n" if mark else ""
    person = f"Effort <effort@example.org> {BEGAN + minute * 60} +0000"
    words = zip(("from", "merge"), parents, strict=False)
    onto = "".join(f"{word} {f':{parent}' if isinstance(parent, int) else parent}\n" for word, parent in words)
    return f"commit {ref}\n{marked}author {person}\ncommitter {person}\ndata {len(message)}\n{message}\n{onto}".encode()


def _modify(file: str, text: bytes) -> bytes:
    return b"M 100644 inline %s\ndata %d\n%s\n" % (file.encode(), len(text), text)


if __name__ == "__main__":
    print(make(Shape(*map(int, sys.argv[1:4])), Path(sys.argv[4])))
