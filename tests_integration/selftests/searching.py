"""Waves whose build fails, and what the engine finds out about it; builds are scripts that look for files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tests_integration.engine import culprit
from tests_integration.engine.commands import Room, environment
from tests_integration.engine.gates import run_gate
from tests_integration.engine.integrate import integrate
from tests_integration.engine.memory import Memory
from tests_integration.engine.portions import Portions
from tests_integration.engine.trials import Trials
from tests_integration.facts import Culprit, Gate
from tests_integration.plan.load import load
from tests_integration.repository.checkout import check_out
from tests_integration.selftests.rooms import room_in, unseen
from tests_integration.selftests.waves import PERSON, Built, Wave, git, integrated, made_once

IDS = tuple(f"E{n}" for n in range(1, 65))


class Searched(NamedTuple):
    """A gate that failed, what was found out about it, and what was said meanwhile."""

    gate: Gate
    culprit: Culprit | None
    said: list[str]
    reports: Path

    @property
    def found(self) -> Culprit:
        """What was found out."""
        assert self.culprit
        return self.culprit

    @property
    def outcomes(self) -> list[str]:
        """Of the trials, in order."""
        return [trial.outcome for trial in self.found.trials]


class Bench(NamedTuple):
    """A wave that is integrated once, to be built in many ways."""

    wave: Wave
    built: Built
    folder: Path
    memory: Memory

    def search(self, build: str, stage: str = "build", **document: Any) -> Searched:
        """Run a stage that fails, and look into it; keywords are entries of the plan."""
        lines = {stage: [{"run": build, "timeout": "60s"}]} if build else {}
        self.wave.document |= {"limits": {"trials": 30}, **lines, **document}
        plan = load(self.wave.write())
        made, store = self.built.integration, self.built.store
        room: Room = room_in(self.folder / "room", str(made.tip), "processes", store=Path(store.git_dir))
        variables = environment(plan, room.cell, {"PATH": "/usr/bin:/bin"})
        check_out(store, room.commit, plan.integration, room.checkout)
        gate = run_gate(stage, plan, store, room, variables, unseen)
        said: list[str] = []
        trials = partial(
            Trials, plan=plan, store=store, room=room, environment=variables, watch=_unwatched, say=said.append
        )
        found = culprit.find(gate, made, trials, Portions(plan, store, self.built.sources, self.memory))
        return Searched(gate, found, said, room.reports)


@contextmanager
def bench(wave: Wave, folder: Path) -> Iterator[Bench]:
    """A wave, integrated."""
    with integrated(wave) as built:
        assert built.integration.tip, built.integration
        memory = Memory(built.store, built.plan)
        integrate(built.plan, built.store, built.sources, memory)
        yield Bench(wave, built, folder, memory)


@contextmanager
def _unwatched(_what: str) -> Iterator[Callable[[str, float, str], None]]:
    yield unseen


def wide(count: int) -> Callable[[Path], Wave]:
    """So many branches on the base, E1 and up, each with a file of its own (`e1.txt` and up)."""

    @made_once
    def make(folder: Path) -> Wave:
        wave = Wave(folder)
        main = git(wave.origin, "rev-parse", "refs/heads/main")
        who = f"{PERSON['GIT_AUTHOR_NAME']} <{PERSON['GIT_AUTHOR_EMAIL']}> 1759312800 +0000"
        stream = "".join(
            f"commit refs/heads/effort/{name}\ncommitter {who}\ndata 4\nWork\nfrom {main}\n"
            f"M 100644 inline {name.lower()}.txt\ndata {len(name) + 1}\n{name}\n\n"
            for name in IDS[:count]
        )
        git(wave.origin, "fast-import", "--quiet", stdin=stream.encode())
        for name in IDS[:count]:
            wave.plan_for(name)
        return wave

    return make


def breaks(*when: tuple[str, str]) -> str:
    """A build that fails where all files of a row are there, with the row's line; files stand apart by spaces."""
    lines = [f"{_all(files)} && {{ echo 'checking'; echo '{line}'; exit 1; }}" for files, line in when]
    return "; ".join([*lines, "echo checking"])


def _all(files: str) -> str:
    tests = [f"test ! -e {name[1:]}" if name.startswith("!") else f"test -e {name}" for name in files.split()]
    return " && ".join(tests)
