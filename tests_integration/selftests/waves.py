"""Waves for selftests: real repositories made with plain git, and the plan that integrates them."""

import atexit
import copy
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, wraps
from inspect import isfunction, signature
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from git import Repo

from tests_integration.criteria import test_audit, test_demo
from tests_integration.criteria.catalogue import Case, subjects
from tests_integration.engine.integrate import integrate
from tests_integration.engine.sources import fetch, look_up
from tests_integration.facts import Integration, Source
from tests_integration.plan.load import load
from tests_integration.plan.model import Plan
from tests_integration.repository.ancestry import Ancestry
from tests_integration.repository.ask import History
from tests_integration.repository.git import scrubbed_environment
from tests_integration.repository.store import open_store

DATE = "2025-10-01T10:00:00+0000"
PERSON = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "Effort"), ("EMAIL", "effort@example.org"), ("DATE", DATE))
}
QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_EDITOR": "true", "HOME": os.devnull}

DEMO = "#!/usr/bin/env bash\necho the demo shows one\n"


def git(folder: Path, *arguments: str, stdin: bytes = b"", fails: bool = False) -> str:
    """What plain git prints, run as a person would; `fails` where a conflict or refusal is what is wanted."""
    path = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=path | PERSON | QUIET, input=stdin, capture_output=True, check=False
    )
    assert fails or done.returncode == 0, f"git {arguments}: {done.stdout.decode()}{done.stderr.decode()}"
    return done.stdout.decode().strip()


class Repositories:
    """A folder with `work` to make commits in, and `origin.git` as the remote that has them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.origin = folder / "origin.git"

    def commit(
        self, branch: str, files: Mapping[str, str | bytes | None], *, parent: str = "main", message: str = ""
    ) -> str:
        """Commit files (None removes one) on a branch, begun at `parent` where it is new, and push it; the commit."""
        self.switch(branch, parent)
        for name, content in files.items():
            file = self.work / name
            if content is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.save(branch, message)

    def switch(self, branch: str, parent: str = "main") -> None:
        """Check a branch out in `work`, begun at `parent` where it is new."""
        if git(self.work, "branch", "--list", branch) or branch == "main":
            git(self.work, "switch", "--quiet", branch, fails=True)
        else:
            git(self.work, "switch", "--quiet", "--create", branch, parent)

    def save(self, branch: str, message: str = "") -> str:
        """Commit all that stands in `work` and push it as this branch; the commit."""
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--allow-empty", "--message", message or f"Work on {branch}")
        git(self.work, "push", "--quiet", "--force", str(self.origin), f"HEAD:refs/heads/{branch}")
        return git(self.work, "rev-parse", "HEAD")


class Wave(Repositories):
    """A wave in a folder: its repositories, and `plans` with the plan.

    It begins with a base (`main`) that holds `base.txt`, and no branches.

    Attributes:
        document: the plan as it will be written; change it at will.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.document = _document()
        _copy(_begun(), folder)

    def copied_to(self, folder: Path) -> "Wave":
        """The same wave in another folder."""
        twin = copy.copy(self)
        Repositories.__init__(twin, folder)
        twin.document = copy.deepcopy(self.document)
        _copy(self.folder, folder)
        return twin

    def branch(self, name: str, files: Mapping[str, str | bytes | None], *, parent: str = "base", **more: Any) -> str:
        """Add an effort branch to the repository and to the plan, stacked on `parent`; its tip."""
        start = "main" if parent == "base" else f"effort/{parent}"
        tip = self.commit(f"effort/{name}", files, parent=start)
        self.plan_for(name, parent=parent, **more)
        return tip

    def plan_for(self, name: str, *, parent: str = "base", **more: Any) -> None:
        """Let the plan merge the branch `effort/NAME`, which is there already."""
        entry = {"id": name, "title": f"Title of {name}", "from": f"origin/effort/{name}", "parent": parent, **more}
        self.document["branches"].append(entry)

    def write(self, name: str = "wave") -> Path:
        """Write the plan."""
        file = self.folder / "plans" / f"{name}.yaml"
        file.write_text(yaml.safe_dump(self.document, sort_keys=False), encoding="utf-8")
        return file


def made_once(make: Callable[[Path], Wave]) -> Callable[[Path], Wave]:
    """Have a wave that is always the same built once a process, and copied from then on."""

    @cache
    def first() -> Wave:
        return make(_scratch() / "wave")

    @wraps(make)
    def again(folder: Path) -> Wave:
        return first().copied_to(folder)

    return again


@cache
def _begun() -> Path:
    """What every wave begins as a copy of."""
    begun = Repositories(_scratch() / "wave")
    begun.work.mkdir(parents=True)
    git(begun.folder, "init", "--quiet", "--bare", "--initial-branch=main", str(begun.origin))
    git(begun.work, "init", "--quiet", "--initial-branch=main")
    begun.commit("main", {"base.txt": "base\n", "shared.txt": "1\n2\n3\n4\n5\n"})
    demo = begun.folder / "plans" / "infrastructure" / "demos"
    demo.mkdir(parents=True)
    (demo / "demo.sh").write_text(DEMO, encoding="utf-8")
    (demo / "DEMO.md").write_text("# Demo\n\nIt shows one.\n", encoding="utf-8")
    return begun.folder


def _scratch() -> Path:
    """A folder that is there as long as this process."""
    folder = tempfile.mkdtemp(prefix="wave-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _copy(of: Path, folder: Path) -> None:
    shutil.copytree(of, folder, symlinks=True, dirs_exist_ok=True)


class Built(NamedTuple):
    """An integration made by the engine, with all that criteria ask for."""

    plan: Plan
    store: Repo
    sources: Mapping[str, Source]
    integration: Integration

    @property
    def tips(self) -> dict[str, str]:
        """Tip of each branch, by id."""
        return {key: source.commit for key, source in self.sources.items() if source.commit}

    @property
    def history(self) -> History:
        """What git says of the finished branch."""
        assert self.integration.base
        assert self.integration.tip
        return History(self.store, self.integration.base, self.integration.tip)

    def history_of(self, tip: str) -> History:
        """What git says of another branch, judged as if it were the integration."""
        assert self.integration.base
        return History(self.store, self.integration.base, tip)


@contextmanager
def integrated(wave: Wave, name: str = "wave") -> Iterator[Built]:
    """Integrate a wave with the engine, in a store of its own."""
    plan = load(wave.write(name))
    with scrubbed_environment(), open_store(wave.folder / f"{name}-store.git") as store:
        sources = fetch(plan, store, look_up(plan, store))
        yield Built(plan, store, sources, integrate(plan, store, sources))


def failures(built: Built, tip: str, **given: object) -> dict[str, str]:
    """Criteria of audit and demo that read the branch alone, and that it fails: message by name of the case."""
    history = built.history_of(tip)
    tips = {branch.id: built.tips[branch.id] for branch in built.plan.branches}
    values = {
        "history": history,
        "plan": built.plan,
        "store": built.store,
        "tips": built.tips,
        "ancestry": Ancestry(built.store, history.base, tips),
        "remark": [].append,
        **given,
    }
    found: dict[str, str] = {}
    unjudged: list[str] = []
    for stage, function in branch_criteria():
        names = list(signature(function).parameters)
        parameter, rows = subjects(names, stage, built.plan) or ("", [("", None)])
        for subject, value in rows:
            case = Case(stage, function.__name__.removeprefix("test_"), subject, "")
            try:
                function(**{name: value if name == parameter else values[name] for name in names})
            except pytest.fail.Exception as failed:
                found[str(case)] = str(failed)
            except pytest.skip.Exception as blocked:
                unjudged.append(f"{case}: {blocked}")
    assert found or not unjudged, "what could not be judged is not green: something has to fail"
    assert all(": blocked: " in text for text in unjudged)
    return found


def branch_criteria() -> list[tuple[str, Callable[..., None]]]:
    """The criteria that judge a branch by what git says of it, each with its stage; nothing has to run for them."""
    members = [("audit", member) for member in vars(test_audit).values()]
    members += [("demo", member) for member in vars(test_demo).values()]
    return [
        (stage, member)
        for stage, member in members
        if isfunction(member)
        and member.__name__.startswith("test_")
        and not {"demonstrated", "doubts"} & signature(member).parameters.keys()
    ]


def see_outside(wave: Wave) -> None:
    """Let the wave's commands see and write to the folder in `OUTSIDE`, which is the one that the run is started in."""
    wave.document["pass_environment"] = ["OUTSIDE"]


@made_once
def three_branches(folder: Path) -> Wave:
    """E1, and the stacked splits E2-split-001 and E2-split-002; E1 brings `twin.txt`, which BUG-1 deletes."""
    wave = Wave(folder)
    wave.branch("E1", {"one.txt": "one\n", "twin.txt": "twin\n"})
    wave.branch("E2-split-001", {"two.txt": "two\n"}, parent="E1")
    wave.branch("E2-split-002", {"three.txt": "three\n"}, parent="E2-split-001")
    wave.document["fixes"] = [
        {"id": "BUG-1", "problem": "twin.txt is there twice", "after": "E1", "delete": ["twin.txt"]}
    ]
    return wave


@made_once
def every_kind_of_fix(folder: Path) -> Wave:
    """E1, two splits of E2 stacked on it, E3 that was begun on the first of them before it moved on, and E4 on its own.

    BUG-1 deletes `twin.txt`, which E1 and E3 bring; BUG-2 patches `three.txt`; BUG-3 takes `lock.txt`, in which E3
    conflicts. E4 has two commits, and brings `demos/NOTES.md` itself.
    """
    wave = Wave(folder)
    wave.commit("main", {"lock.txt": "base\n"})
    wave.branch("E1", {"one.txt": "one\n", "twin.txt": "twin\n"})
    wave.branch("E2-split-001", {"two.txt": "two\n"}, parent="E1")
    wave.commit("effort/E3", {"lock.txt": "three\n", "twin.txt": "another twin\n"}, parent="effort/E2-split-001")
    wave.commit("effort/E2-split-001", {"lock.txt": "two\n"})
    wave.branch("E2-split-002", {"three.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n"}, parent="E2-split-001")
    wave.plan_for("E3", parent="E2-split-001")
    wave.branch("E4", {"four.txt": "four\n"})
    wave.commit("effort/E4", {"demos/NOTES.md": "Notes of E4.\n"})
    wave.document["fixes"] = [
        {"id": "BUG-1", "problem": "twice", "after": "E1", "delete": ["twin.txt"], "needs": ["one.txt"]},
        {"id": "BUG-2", "problem": "numbers", "after": "E2-split-002", "patch": "three.patch"},
        {"id": "BUG-3", "problem": "stale lock", "after": "E3", "take": {"theirs": ["lock.txt"]}},
    ]
    plans = folder / "plans"
    patch = "--- a/three.txt\n+++ b/three.txt\n@@ -1,3 +1,3 @@\n-1\n+one\n 2\n 3\n@@ -7,3 +7,3 @@\n 7\n 8\n-9\n+nine\n"
    (plans / "three.patch").write_text(patch, encoding="utf-8")
    (plans / "infrastructure" / "demos" / "NOTES.md").write_text("Notes.\n", encoding="utf-8")
    return wave


def _document() -> dict[str, Any]:
    return copy.deepcopy(
        {
            "version": 1,
            "title": "Selftest Wave",
            "date": "2025-10-06T04:20:05Z",
            "remotes": {"origin": "../origin.git"},
            "base": "origin/main",
            "integration": "wave-integration",
            "branches": [],
            "build": [{"run": "test -f base.txt", "timeout": "60s"}],
            "test": [{"run": "cat base.txt", "timeout": "60s"}],
            "demo": {
                "script": "demos/demo.sh",
                "document": "demos/DEMO.md",
                "create": "infrastructure",
                "shows": ["shows one"],
                "timeout": "60s",
            },
            "publish": {"remote": "origin"},
            "limits": {"trials": 0},
        }
    )
