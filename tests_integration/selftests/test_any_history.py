"""Whatever branches have done, the suite's commits are those of plain `git merge --no-ff`, with every fast path."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from git import Repo
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from tests_integration.engine.integrate import integrate
from tests_integration.engine.memory import Memory
from tests_integration.facts import Integration, Source
from tests_integration.plan.load import load
from tests_integration.plan.model import Plan
from tests_integration.repository.git import git as ask
from tests_integration.repository.git import new_repository, scrubbed_environment
from tests_integration.selftests.waves import PERSON, QUIET, Wave

BRANCHES = ("B1", "B2", "B3", "B4", "B5")
PATHS = ("a", "b", "c", "d/a", "d/b", "d/e/a", "f/a", "f/b")
CHANGED = ("a", "d", "d/a", "d/b", "f", "f/a", "f/c", "new", "d/new", "new/a")
MODES = ("100644", "100644", "100644", "100755", "120000", "160000")


class Step(NamedTuple):
    """What a commit does: to a path, or from one to another."""

    what: str
    path: str
    other: str = ""
    mode: str = "100644"
    text: int = 0


class Work(NamedTuple):
    """What a branch is: what it begins at (the base, or an earlier branch), what it merges, and its commits."""

    parent: int
    merged: int | None
    commits: list[list[Step]]


def lines(number: int) -> bytes:
    """One of the texts that files have: alike enough for renames, and changed in places that may clash."""
    text = [f"line {n} of all\n" for n in range(12)]
    for place in range(6):
        if number >> place & 1:
            text[place * 2] = f"changed {number % 5}\n"
    return "".join(text).encode()


TEXTS = st.integers(0, 63)
STEPS = st.one_of(
    st.tuples(st.just("set"), st.sampled_from(CHANGED), st.just(""), st.sampled_from(MODES), TEXTS),
    st.tuples(st.just("change"), st.sampled_from(PATHS), st.just(""), st.just("100644"), TEXTS),
    st.tuples(st.just("change"), st.sampled_from(PATHS), st.just(""), st.just("100644"), TEXTS),
    st.tuples(st.just("remove"), st.sampled_from((*PATHS, "d", "f"))),
    st.tuples(st.just("move"), st.sampled_from((*PATHS, "d", "f")), st.sampled_from((*CHANGED, "g", "d/g"))),
).map(lambda values: Step(*values))
WORKS = st.lists(
    st.builds(
        Work,
        st.integers(0, 4),
        st.none() | st.none() | st.integers(0, 4),
        st.lists(st.lists(STEPS, min_size=1, max_size=3), min_size=1, max_size=2),
    ),
    min_size=len(BRANCHES),
    max_size=len(BRANCHES),
)


class Importing:
    """Writes a history for git-fast-import(1), and keeps what each commit holds, so that it takes every step."""

    def __init__(self) -> None:
        self.stream: list[bytes] = []
        self.trees: list[dict[str, tuple[str, bytes]]] = []

    def commit(self, tree: dict[str, tuple[str, bytes]], parents: list[int], number: int) -> int:
        """A commit with just these files; its mark."""
        mark = len(self.trees) + 1
        self.trees.append(tree)
        person = f"{PERSON['GIT_AUTHOR_NAME']} <{PERSON['GIT_AUTHOR_EMAIL']}> {1_700_000_000 + number} +0000\n"
        head = f"commit refs/made/{mark}\nmark :{mark}\nauthor {person}committer {person}data 0\n"
        ways = zip(("from", *["merge"] * len(parents)), parents, strict=False)
        self.stream += [head.encode(), *(f"{way} :{parent}\n".encode() for way, parent in ways), b"deleteall\n"]
        for path, (mode, content) in tree.items():
            if mode == "160000":
                self.stream.append(f"M {mode} {content.decode()} {path}\n".encode())
            else:
                self.stream.append(f"M {mode} inline {path}\ndata {len(content)}\n".encode() + content + b"\n")
        self.stream.append(b"\n")
        return mark


def put(tree: dict[str, tuple[str, bytes]], path: str, file: tuple[str, bytes]) -> None:
    """Set a path, in the place of what is there or on the way to it."""
    for other in list(tree):
        if other.startswith(f"{path}/") or path.startswith(f"{other}/"):
            del tree[other]
    tree[path] = file


def taken(tree: dict[str, tuple[str, bytes]], step: Step) -> dict[str, tuple[str, bytes]]:
    """The files of a commit after a step."""
    tree = dict(tree)
    found = {path: file for path, file in tree.items() if path == step.path or path.startswith(f"{step.path}/")}
    if step.what == "set":
        content = {"120000": f"to-{step.text % 3}".encode(), "160000": str(step.text % 9 + 1).encode() * 40}
        put(tree, step.path, (step.mode, content.get(step.mode, lines(step.text))))
    elif step.what == "change" and found.get(step.path, ("", b""))[0].startswith("100"):
        tree[step.path] = (tree[step.path][0], lines(step.text))
    elif step.what in {"remove", "move"}:
        for path in found:
            del tree[path]
        for path, file in found.items() if step.what == "move" else ():
            put(tree, step.other + path.removeprefix(step.path), file)
    return tree


def history(works: list[Work]) -> tuple[bytes, list[int]]:
    """The stream that makes the base and the branches, and the marks of their tips."""
    made = Importing()
    base = {path: ("100644", lines(n) + f"of {path}\n".encode()) for n, path in enumerate(PATHS)}
    tips = [made.commit(base, [], 0)]
    for number, work in enumerate(works, 1):
        parents = [tips[work.parent % len(tips)]]
        if work.merged is not None and (other := tips[work.merged % len(tips)]) != parents[0]:
            parents.append(other)
        for steps in work.commits:
            tree = made.trees[parents[0] - 1]
            for step in steps:
                tree = taken(tree, step)
            parents = [made.commit(tree, parents, number)]
        tips.append(parents[0])
    return b"".join(made.stream), tips


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    wave = Wave(tmp_path_factory.mktemp("any") / "wave")
    wave.document |= {"author": f"{PERSON['GIT_AUTHOR_NAME']} <{PERSON['GIT_AUTHOR_EMAIL']}>"}
    wave.document["date"] = "2025-10-01T10:00:00Z"
    del wave.document["demo"]["create"]
    for name in BRANCHES:
        wave.plan_for(name)
    return load(wave.write())


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repo]:
    with scrubbed_environment(), new_repository(tmp_path_factory.mktemp("histories"), bare=True) as made:
        yield made


@pytest.fixture(scope="module")
def work(repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work tree that borrows the repository's objects."""
    folder = tmp_path_factory.mktemp("work")
    with new_repository(folder) as made:
        alternates = Path(made.git_dir, "objects", "info", "alternates")
        alternates.write_text(f"{Path(repo.git_dir, 'objects')}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which git has to be asked anew for each merge: there is no stdbuf."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "git").symlink_to(str(shutil.which("git")))
    return {"PATH": str(folder)}


def by_hand(work: Path, base: str, merges: list[tuple[str, str]]) -> list[str]:
    """The commits that a person gets who merges tips with these messages, leaving out what conflicts; "" for these."""
    script = [f"git reset --quiet --hard {base}; git clean -ffdxq"]
    script += [
        f'if git merge --quiet --no-ff --no-edit -m "$M{n}" {tip} >/dev/null 2>&1; then git rev-parse HEAD;'
        " else git merge --abort 2>/dev/null || git reset --quiet --hard; git clean -ffdxq; echo -; fi"
        for n, (tip, _) in enumerate(merges)
    ]
    environment = {"PATH": os.environ["PATH"]} | PERSON | QUIET
    messages = {f"M{n}": message for n, (_, message) in enumerate(merges)}
    command = ["bash", "-uc", "\n".join(script)]
    done = subprocess.run(command, cwd=work, env=environment | messages, capture_output=True, text=True, check=True)
    return [line.removeprefix("-") for line in done.stdout.split()]


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(works=WORKS)
def test_any_history_is_merged_as_git_does_and_on_every_way(
    plan: Plan,
    repo: Repo,
    work: Path,
    alone: Mapping[str, str],
    works: list[Work],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    stream, marks = history(works)
    folder = tmp_path_factory.mktemp("history")
    ask(repo, "fast-import", "--quiet", "--force", f"--export-marks={folder / 'marks'}", stdin=stream)
    ids = dict(line.split() for line in (folder / "marks").read_text(encoding="utf-8").splitlines())
    sources = {
        key: Source(id=key, source=f"origin/effort/{key}", commit=ids[f":{mark}"])
        for key, mark in zip(("base", *BRANCHES), marks, strict=True)
    }
    memory = folder / "memory"
    first = integrate(plan, repo, sources, Memory(repo, plan, memory))
    ways = {
        "remembered": integrate(plan, repo, sources, again := Memory(repo, plan, memory)),
        "fresh": integrate(plan, repo, sources, fresh := Memory(repo, plan, memory, fresh=True)),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", alone["PATH"])
        ways["each on its own"] = integrate(plan, repo, sources)
    assert ways == dict.fromkeys(ways, first)
    assert (again.made, fresh.made) == (0, len(first.merges))
    same_as_by_hand(work, first, sources)


def same_as_by_hand(work: Path, integration: Integration, sources: Mapping[str, Source]) -> None:
    """Hold the commits against those that plain git makes of the same branches."""
    merged = {merge.branch: merge for merge in integration.merges}
    conflicts = {parked.branch for parked in integration.parked if parked.conflicts}
    event(f"{len(merged)} merged, {len(conflicts)} with conflicts")
    tried = [key for key in BRANCHES if key in merged or key in conflicts]
    messages = [(str(sources[key].commit), merged[key].message if key in merged else "x") for key in tried]
    wanted = [merged[key].commit if key in merged else "" for key in tried]
    done = by_hand(work, str(sources["base"].commit), messages)
    if not any(merge.contained for merge in integration.merges):
        assert done == wanted
