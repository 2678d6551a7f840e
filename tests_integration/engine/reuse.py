"""Passes of build and test that are remembered, so that a stage that says `reuse: true` need not be run again.

What is remembered lies beside the checkout, where bubblewrap lets no command write, and where no other level of
isolation is to be believed: there nothing is remembered, and what was is forgotten.
"""

import hashlib
import json
import os
import platform
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests_integration import __version__
from tests_integration.engine.commands import Room
from tests_integration.engine.isolation import Cell, begin
from tests_integration.engine.limits import bounds
from tests_integration.engine.memory import out_of_reach
from tests_integration.facts import Gate
from tests_integration.files import replace
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Command
from tests_integration.repository.checkout import removed

FOLDER = "passed"
FILE = "gate"
INSTALLED = (
    "/etc/os-release",
    "/etc/ld.so.cache",
    "/var/lib/dpkg/status",
    "/var/lib/rpm/rpmdb.sqlite",
    "/lib/apk/db/installed",
)
"""Files that are written to where the system's programs and libraries change."""


class Pass(NamedTuple):
    """How one stage passed in an earlier run, as far as that is remembered.

    Attributes:
        wanted: whether the plan says that it need not be run again.
        folder: where it lies.
        key: digest of all that the stage depends on, as far as it can be known; empty where nothing may be remembered.
        run: names the present run.
        logs: folder of the present run's logs.
    """

    wanted: bool
    folder: Path
    key: str
    run: str
    logs: Path

    def gate(self) -> Gate | None:
        """The stage as it passed, with its logs put in place; nothing where it has to be run.

        What is damaged or not all there counts as nothing.
        """
        with suppress(OSError, ValueError):
            seal, key, said = (self.folder / FILE).read_text(encoding="utf-8").split("\n", 2)
            if not self.key or key != self.key or seal != _digest(key, said):
                return None
            gate = Gate.model_validate_json(said)
            logs = {command.log: (self.folder / Path(command.log).name).read_bytes() for command in gate.commands}
            if any(hashlib.sha256(logs[one.log]).hexdigest() != one.sha256 for one in gate.commands):
                return None
            self.logs.mkdir(parents=True, exist_ok=True)
            for name, text in logs.items():
                (self.logs / Path(name).name).write_bytes(text)
            return gate
        return None

    def note(self, gate: Gate) -> None:
        """Remember a stage that was run, if it passed, else forget that it ever did."""
        with suppress(OSError):
            removed(self.folder)
            if self.key and not gate.changed and all(command.passed for command in gate.commands):
                self._write(gate)

    def _write(self, gate: Gate) -> None:
        self.folder.mkdir(parents=True)
        for command in gate.commands:
            name = Path(command.log).name
            (self.folder / name).write_bytes((self.logs / name).read_bytes())
        commands = tuple(command.model_copy(update={"reused": self.run}) for command in gate.commands)
        said = gate.model_copy(update={"commands": commands}).model_dump_json()
        replace(self.folder / FILE, f"{_digest(self.key, said)}\n{self.key}\n{said}".encode())


def passes(room: Room) -> Path:
    """Where they are remembered, a folder for each stage."""
    return room.checkout.parent / FOLDER


def pass_of(stage: str, plan: Plan, room: Room, environment: Mapping[str, str], run: str) -> Pass:
    """What is remembered of a stage under the present conditions.

    Args:
        stage: build, test or demo.
        plan: has the command lines.
        room: where they run.
        environment: all that they find.
        run: names the present run.
    """
    commands = _commands(stage, plan)
    wanted = bool(commands) and all(command.reuse for command in commands)
    folder = passes(room) / stage
    unknown = room.cell.reaches(folder) or room.cell.network or room.cell.shared
    key = _key(stage, plan, room, environment) if wanted and not unknown else ""
    return Pass(wanted, folder, key, run, room.reports / "logs")


def passed_or_run(known: Pass, cell: Cell, run: Callable[[], Gate], *, anew: bool) -> Gate:
    """A stage as it passed in an earlier run, else as it goes now.

    What need not be run again is run with no more in HOME than `.cache`, and leaves no more there: else what comes
    after it would find another HOME where it was not run.

    Args:
        known: of the stage.
        cell: where it is run.
        run: runs it.
        anew: run it whatever is remembered.
    """
    if not anew and (passed := known.gate()):
        return passed
    if known.wanted:
        begin(cell)
    with out_of_reach(known.folder.parent, cell):
        gate = run()
    if known.wanted:
        begin(cell)
    known.note(gate)
    return gate


def _commands(stage: str, plan: Plan) -> tuple[Command, ...]:
    return {"build": plan.build, "test": plan.test}.get(stage, ())


def _key(stage: str, plan: Plan, room: Room, environment: Mapping[str, str]) -> str:
    lines = [(command.run, bounds(plan.limits, command.timeout)) for command in _commands(stage, plan)]
    machine = (platform.release(), platform.machine(), __version__)
    tools = [*_tools(environment.get("PATH", os.defpath))]
    said = [stage, room.commit, plan.integration, lines, sorted(environment.items()), room.cell.told, machine, tools]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _tools(path: str) -> Iterator[tuple[str, int, int]]:
    """Every program on the PATH, and what shows that others of the system have changed: size, and when written."""
    for folder in path.split(os.pathsep):
        with suppress(OSError):
            yield from sorted(_told(Path(entry)) for entry in os.scandir(folder))
    yield from map(_told, map(Path, (*INSTALLED, sysconfig.get_path("purelib"))))


def _told(place: Path) -> tuple[str, int, int]:
    try:
        found = place.stat()
    except OSError:
        return str(place), -1, -1
    return str(place), found.st_size, found.st_mtime_ns


def _digest(key: str, said: str) -> str:
    return hashlib.sha256(f"{key}\n{said}".encode()).hexdigest()
