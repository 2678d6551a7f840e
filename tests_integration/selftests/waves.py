"""Waves for selftests: real repositories made with plain git, and the plan that integrates them."""

import copy
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from git import Repo

from tests_integration.engine.integrate import integrate
from tests_integration.engine.sources import fetch, look_up
from tests_integration.facts import Integration, Source
from tests_integration.plan.load import load
from tests_integration.plan.model import Plan
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


class Wave:
    """A wave in a folder: `work` to make commits in, `origin.git` as the remote, `plans` with the plan.

    It begins with a base (`main`) that holds `base.txt`, and no branches.

    Attributes:
        document: the plan as it will be written; change it at will.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.origin = folder / "origin.git"
        self.work.mkdir(parents=True)
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.origin))
        git(self.work, "init", "--quiet", "--initial-branch=main")
        self.document = _document()
        self.commit("main", {"base.txt": "base\n", "shared.txt": "1\n2\n3\n4\n5\n"})
        demo = folder / "plans" / "infrastructure" / "demos"
        demo.mkdir(parents=True)
        (demo / "demo.sh").write_text(DEMO, encoding="utf-8")
        (demo / "DEMO.md").write_text("# Demo\n\nIt shows one.\n", encoding="utf-8")

    def commit(self, branch: str, files: Mapping[str, str | None], *, parent: str = "main", message: str = "") -> str:
        """Commit files (None removes one) on a branch, begun at `parent` where it is new, and push it; the commit."""
        if git(self.work, "branch", "--list", branch) or branch == "main":
            git(self.work, "switch", "--quiet", branch, fails=True)
        else:
            git(self.work, "switch", "--quiet", "--create", branch, parent)
        for name, text in files.items():
            file = self.work / name
            if text is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--allow-empty", "--message", message or f"Work on {branch}")
        git(self.work, "push", "--quiet", "--force", str(self.origin), f"HEAD:refs/heads/{branch}")
        return git(self.work, "rev-parse", "HEAD")

    def branch(self, name: str, files: Mapping[str, str | None], *, parent: str = "base", **more: Any) -> str:
        """Add an effort branch to the repository and to the plan, stacked on `parent`; its tip."""
        start = "main" if parent == "base" else f"effort/{parent}"
        tip = self.commit(f"effort/{name}", files, parent=start)
        entry = {"id": name, "title": f"Title of {name}", "from": f"origin/effort/{name}", "parent": parent, **more}
        self.document["branches"].append(entry)
        return tip

    def write(self, name: str = "wave") -> Path:
        """Write the plan."""
        file = self.folder / "plans" / f"{name}.yaml"
        file.write_text(yaml.safe_dump(self.document, sort_keys=False), encoding="utf-8")
        return file


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
        }
    )
