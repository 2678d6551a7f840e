"""Waves to measure on: generated ones of two sizes, and any repository of yours."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from git import Repo

from tests_integration.bench import generate
from tests_integration.bench.generate import Shape, git
from tests_integration.engine.sources import fetch, look_up
from tests_integration.facts import Source
from tests_integration.plan.load import load
from tests_integration.plan.model import Plan
from tests_integration.repository.git import scrubbed_environment
from tests_integration.repository.store import open_store

FULL = os.environ.get("WAVEPROOF_BENCH") == "full"
"""Whether to measure at the sizes that the targets are for; else all is small, and takes two minutes."""

GIVEN = os.environ.get("WAVEPROOF_BENCH_REPOSITORY", "")
"""A repository to measure on as well: its branches are merged into the one that its HEAD is on."""

SHAPES = {
    "tree": Shape(80_000, 400) if FULL else Shape(4_000, 60),
    "history": Shape(5_000, 400, 65_001) if FULL else Shape(1_000, 60, 4_001),
}
"""A tree as large as a kernel's, and a history as long as git.git's."""

MANY = Shape(5_000, 1_200) if FULL else Shape(500, 72)
SIX = 6
"""A night's plans, of six branches each, and one repository for all of them."""

COLLECTED = 1_000 if FULL else 100
"""Plans that are only collected."""

SCENES = (*SHAPES, *(("given",) if GIVEN else ()))


class Scene(NamedTuple):
    """A wave that nobody else uses, with `origin.git` and `plans` in its folder.

    Attributes:
        name: `tree`, `history` or `given`.
        folder: of all.
        plan: the plan's file.
    """

    name: str
    folder: Path
    plan: Path

    @property
    def origin(self) -> Path:
        """The repository."""
        return self.folder / "origin.git"

    @contextmanager
    def moved(self) -> Iterator[None]:
        """Let the branch at seven eighths of the plan have one more commit for a while."""
        branches = load(self.plan).branches
        ref = "refs/heads/" + branches[len(branches) * 7 // 8 - 1].source.removeprefix("origin/")  # 350 of 400
        tip = git(self.origin, "rev-parse", ref)
        generate.feed(self.origin, generate.one_more(ref, tip))
        try:
            yield
        finally:
            git(self.origin, "update-ref", ref, tip)


class Fetched(NamedTuple):
    """A plan, its store and what was fetched, as the merge stage gets them."""

    plan: Plan
    store: Repo
    sources: Mapping[str, Source]


def scene(name: str, cache: Path, folder: Path) -> Scene:
    """Make a scene in an empty folder.

    Args:
        name: one of `SCENES`.
        cache: where generated repositories are kept from run to run.
        folder: of the scene; its repository borrows objects from the kept one, or from the one that is given.
    """
    if name == "given":
        return _given(Path(GIVEN), folder)
    shape = SHAPES[name]
    kept = generated(shape, cache)
    shutil.copytree(kept / "plans", folder / "plans")
    borrow(kept / "origin.git", folder)
    return Scene(name, folder, folder / "plans" / "wave.yaml")


def title(name: str) -> str:
    """What the repository of a scene holds, in a few words."""
    if name == "given":
        return Path(GIVEN).resolve().name
    shape = SHAPES[name]
    history = f", {shape.commits:,} commits" if shape.commits > 1 else ""
    return f"{shape.files:,} files, {shape.branches} branches{history}"


def generated(shape: Shape, cache: Path) -> Path:
    """The kept folder of a generated wave, made where it is not there yet."""
    code = hashlib.sha256(Path(generate.__file__).read_bytes()).hexdigest()[:8]
    kept = cache / f"{shape}-{code}"
    if not kept.exists():
        generate.make(shape, kept)
    return kept


def _given(path: Path, folder: Path) -> Scene:
    origin = borrow(path.resolve(), folder)
    base = git(origin, "symbolic-ref", "--short", "HEAD")
    listed = ("for-each-ref", "--sort=creatordate", "--format=%(objectname) %(refname:lstrip=2)", f"--no-merged={base}")
    by_tip = dict(row.split(" ", 1) for row in git(origin, *listed, "refs/heads").splitlines())
    assert by_tip, f"{path} has no branch that {base} does not contain"
    return Scene("given", folder, generate.write_plan(folder / "plans" / "wave.yaml", base, by_tip.values(), {}))


def borrow(repository: Path, folder: Path) -> Path:
    """Make `origin.git` in a folder, which shares the objects of a repository and has refs of its own."""
    git(folder, "clone", "--quiet", "--bare", "--shared", str(repository), "origin.git")
    return folder / "origin.git"


@contextmanager
def fetched(scene: Scene, store: Path) -> Iterator[Fetched]:
    """The scene's plan with a store, made or brought up to date with what the branches are now."""
    with scrubbed_environment(), open_store(store) as repo:
        plan = load(scene.plan)
        yield Fetched(plan, repo, fetch(plan, repo, look_up(plan, repo)))
