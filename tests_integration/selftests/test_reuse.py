"""A stage that says `reuse: true` is not run again where nothing can have changed, and every record says so."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests_integration.engine.commands import Room
from tests_integration.engine.isolation import Level
from tests_integration.engine.reuse import pass_of, passed_or_run
from tests_integration.facts import Gate
from tests_integration.plan.load import load
from tests_integration.selftests.rooms import go, require, room_in
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import Wave

COUNT = "mkdir -p ~/.cache; echo x >> ~/.cache/built; cat ~/.cache/built"


class Place:
    """A plan whose build counts how often it is run, and all that the build depends on."""

    def __init__(self, wave: Wave) -> None:
        self.wave = wave
        self.commit = "1" * 40
        self.level: Level = "bubblewrap"
        self.variables = {"PATH": os.environ["PATH"], "A": "1"}
        self.change: dict[str, Any] = {}
        self.runs = 0
        wave.document["build"] = [{"run": COUNT, "reuse": True}]

    @property
    def room(self) -> Room:
        """Where the build is run."""
        room = room_in(self.wave.folder, self.commit, self.level)
        return room._replace(cell=room.cell._replace(**self.change))

    def build(self, *, anew: bool = False, changed: tuple[str, ...] = ()) -> Gate:
        """Build in one more run, or find that it passed."""
        plan, room = load(self.wave.write()), self.room
        self.runs += 1
        variables = {**self.variables, "HOME": str(room.cell.home)}
        lines = [command.run for command in plan.build]

        def build() -> Gate:
            commands = tuple(go(room, line, variables) for line in lines)
            return Gate(stage="build", commands=commands, changed=changed)

        known = pass_of("build", plan, room, variables, f"run {self.runs}")
        return passed_or_run(known, room.cell, build, anew=anew)

    @property
    def kept(self) -> Path:
        """Where its pass is remembered."""
        return self.wave.folder / "passed" / "build"


@pytest.fixture
def place(stacked: Wave) -> Place:
    """The build has passed in run 1."""
    require("bubblewrap")
    place = Place(stacked)
    assert place.build().commands[0].reused == ""
    return place


def log(place: Place) -> str:
    """What the build has printed."""
    return (place.room.reports / "logs" / "build-1.log").read_text(encoding="utf-8")


def test_what_has_passed_is_found_with_its_log(place: Place) -> None:
    (place.room.reports / "logs" / "build-1.log").unlink()
    found = [place.build().commands[0] for _ in range(2)]
    assert [command.reused for command in found] == ["run 1", "run 1"]
    assert log(place) == "x\n"


CHANGES: dict[str, Callable[[Place], object]] = {
    "another commit": lambda place: setattr(place, "commit", "2" * 40),
    "another command line": lambda place: place.wave.document["build"][0].update(run=f"{COUNT} "),
    "another deadline": lambda place: place.wave.document["build"][0].update(timeout="9m"),
    "another limit": lambda place: place.wave.document.update(limits={"processes": 900}),
    "no more reuse": lambda place: place.wave.document["build"][0].pop("reuse"),
    "a variable": lambda place: place.variables.update(A="2"),
    "one more variable": lambda place: place.variables.update(B="1"),
    "a tool": lambda place: place.variables.update(PATH=f"{tool(place)}:{place.variables['PATH']}"),
    "no bubblewrap": lambda place: setattr(place, "level", "processes"),
    "a log that was changed": lambda place: (place.kept / "build-1.log").write_bytes(b"y\n"),
    "a log that is gone": lambda place: (place.kept / "build-1.log").unlink(),
    "a memory that was changed": lambda place: edit(place.kept / "gate", '"seconds":', '"seconds":1'),
    "a memory that is none": lambda place: (place.kept / "gate").write_bytes(b"\xff\n\n"),
    "a memory that is gone": lambda place: (place.kept / "gate").unlink(),
}


def tool(place: Place) -> Path:
    """A folder with a program of its own."""
    folder = place.wave.folder / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "tool").touch()
    return folder


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text in a file that has it."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_where_anything_has_changed_it_is_run(place: Place, change: Callable[[Place], object]) -> None:
    change(place)
    assert place.build().commands[0].reused == ""
    assert log(place) == "x\nx\n"


@pytest.mark.parametrize("what", ["network", "shared"])
def test_where_nobody_knows_what_has_changed_it_is_run(place: Place, what: str) -> None:
    place.change[what] = True if what == "network" else {"A": tool(place)}
    assert [place.build().commands[0].reused for _ in range(2)] == ["", ""]


def test_a_tool_that_was_changed_is_another_one(place: Place) -> None:
    place.variables["PATH"] = f"{tool(place)}:{place.variables['PATH']}"
    assert [place.build().commands[0].reused for _ in range(2)] == ["", "run 2"]
    (place.wave.folder / "bin" / "tool").write_text("else", encoding="utf-8")
    assert place.build().commands[0].reused == ""


def test_the_last_time_counts(place: Place) -> None:
    assert place.build(anew=True).commands[0].reused == ""
    assert place.build().commands[0].reused == "run 2"
    assert place.build(anew=True, changed=("base.txt",)).changed
    assert place.build().commands[0].reused == ""


def test_what_has_failed_since_is_run(place: Place) -> None:
    place.wave.document["build"][0]["run"] = f"test ! -e ~/.cache/failing; {COUNT}"
    assert [place.build().commands[0].reused for _ in range(2)] == ["", "run 2"]
    failing = place.room.cell.home / ".cache" / "failing"
    failing.touch()
    assert not place.build(anew=True).commands[0].passed
    failing.unlink()
    assert place.build().commands[0].reused == ""


def test_nothing_is_believed_once_commands_could_write_it(place: Place) -> None:
    place.level = "processes"
    place.build()
    place.level = "bubblewrap"
    assert place.build().commands[0].reused == ""


def test_it_begins_and_leaves_home_with_the_cache_alone(place: Place) -> None:
    line = 'test "$(ls -A ~)" = .cache; touch ~/.profile'
    place.wave.document["build"][0]["run"] = line
    (place.room.cell.home / "left").touch()
    assert place.build().commands[0].passed
    assert [left.name for left in place.room.cell.home.iterdir()] == [".cache"]


def night(wave: Wave, *options: str) -> Run:
    """One more run, which has to be green."""
    done = run(wave.folder, "--plan", str(wave.write()), "--junit-xml", "reports/junit.xml", *options)
    assert done.exit == 0, done.output
    return done


def told(done: Run) -> dict[str, str]:
    """By stage, the run in which its first command was run, if it was not this one."""
    return {command["stage"]: command["reused"] for command in done.record("wave")["commands"]}


def test_every_form_of_the_record_says_so_and_the_record_holds(stacked: Wave) -> None:
    require("bubblewrap")
    stacked.document["build"] = [{"run": COUNT, "reuse": True}]
    stacked.document["test"] = [{"run": f"{COUNT} >&2", "reuse": True}]
    first = night(stacked)
    name = first.record("wave")["attempt"]["run"]
    measured = {command["stage"]: command for command in first.record("wave")["commands"]}
    assert told(first) == {"build": "", "test": "", "demo": ""}
    again = night(stacked)
    assert told(again) == {"build": name, "test": name, "demo": ""}
    commands = again.record("wave")["commands"]
    assert {**commands[1], "reused": ""} == measured["test"]
    assert (again.folder / "reports" / "wave" / commands[1]["log"]).read_text() == "x\nx\n"
    said = f"in run {name}"
    for form in ("work-log.md", "summary.md", "report.html"):
        text = (again.folder / "reports" / "wave" / form).read_text(encoding="utf-8")
        assert said in text.replace("`", ""), form
    assert again.output.count("was not run again (`reuse: true`): it passed on this commit in run") == 2
    assert (again.folder / "reports" / "junit.xml").read_text(encoding="utf-8").count(said) >= 2
    audit = ("--record", "reports/wave/record.json", "--repository", str(stacked.folder / "origin.git"))
    held = run(stacked.folder, *audit)
    assert held.exit == 0, held.output
    forged = again.record("wave")
    forged["plan"]["document"]["test"][0]["reuse"] = False
    (again.folder / "reports" / "wave" / "record.json").write_text(json.dumps(forged), encoding="utf-8")
    assert "the plan lets none of these be reused" in run(stacked.folder, *audit).output
    for option in (["--fresh"], ["--force-attempt", "the machine was mended"]):
        assert set(told(night(stacked, *option)).values()) == {""}
    assert set(told(night(stacked)).values()) > {""}
