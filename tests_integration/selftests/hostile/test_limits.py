"""Commands that use more than they may: the limit that is hit is named."""

import os
from pathlib import Path

import psutil
import pytest

from tests_integration.criteria.gates import how_it_ended
from tests_integration.engine.commands import Room, run
from tests_integration.engine.limits import Bounds
from tests_integration.plan.parts import Command
from tests_integration.repository.checkout import removed
from tests_integration.selftests.hostile.told import case, hostile
from tests_integration.selftests.rooms import ENOUGH, require, room_in, tried

MIB = 1 << 20
TIGHT = Bounds(seconds=60, memory=300 * MIB, processes=40, output=MIB, disk=20 * MIB)
PYTHON = "/usr/bin/env python3 -c"


BEYOND = [
    case(
        __name__,
        "a command that hangs",
        "was ended at its deadline of 1 s",
        "while :; do :; done",
        TIGHT._replace(seconds=1),
        "time",
    ),
    case(
        __name__,
        "a command that stops itself",
        "was ended at its deadline of 2 s",
        "kill -STOP $$",
        ENOUGH._replace(seconds=2),
        "time",
    ),
    case(
        __name__,
        "a command that doubles its processes again and again",
        "it ran more than 40 processes, the plan's `limits.processes`",
        "bomb() { (($1)) && { bomb $(($1 - 1)) & bomb $(($1 - 1)) & }; sleep 600; }; bomb 8",
        TIGHT,
        "processes",
    ),
    case(
        __name__,
        "a command that forks daemons without end, each in a session of its own",
        "more than 40 processes, the plan's `limits.processes`",
        "bomb() { setsid sleep 600 & }; while :; do bomb; done",
        TIGHT,
        "processes",
    ),
    case(
        __name__,
        "a command that prints 2 GB",
        "it printed more than 1.0 MiB, the plan's `limits.output`",
        "yes | head -c 2G",
        TIGHT,
        "output",
    ),
    case(
        __name__,
        "a command that prints one endless line",
        "printed more than 1.0 MiB, the plan's `limits.output`",
        "tr '\\0' x < /dev/zero",
        TIGHT,
        "output",
    ),
    case(
        __name__,
        "a command that allocates all memory",
        "of memory; the plan's `limits.memory` is 300.0 MiB",
        f"{PYTHON} 'import time; taken = [bytearray(b\"x\" * (64 << 20)) for _ in range(16)]; time.sleep(600)'",
        TIGHT,
        "memory",
    ),
    case(
        __name__,
        "twelve processes that allocate all memory together",
        "the plan's `limits.memory` is 300.0 MiB",
        f"for n in {{1..12}}; do {PYTHON} 'import time; taken = b\"x\" * (40 << 20); time.sleep(600)' & done; wait",
        TIGHT._replace(processes=500),
        "memory",
    ),
    case(
        __name__,
        "a command that fills the disk from its checkout",
        "to disk; the plan's `limits.disk` is 20.0 MiB",
        "head -c 200M /dev/zero > big; sleep 600",
        TIGHT,
        "disk",
    ),
    case(
        __name__,
        "a command that fills the disk with many small files in its HOME",
        "disk; the plan's `limits.disk` is 20.0 MiB",
        "for n in {1..60}; do head -c 1M /dev/zero > ~/$n; done; sleep 600",
        TIGHT,
        "disk",
    ),
]


@pytest.mark.parametrize(("line", "bounds", "limit", "says"), BEYOND)
def test_the_limit_that_is_hit_is_named(room: Room, line: str, bounds: Bounds, limit: str, says: str) -> None:
    fact = tried(room, line, bounds)
    assert (fact.exit, fact.limit, fact.passed) == (None, limit, False)
    assert says in how_it_ended(fact)
    assert fact.size <= bounds.output


@hostile("a command that prints too much and then succeeds", "is ended for its output all the same")
def test_too_much_output_is_no_success_however_fast_it_was(room: Room) -> None:
    fact = tried(room, "head -c 2M /dev/zero", TIGHT)
    assert (fact.exit, fact.limit, fact.size) == (None, "output", MIB)


@hostile("a command that fills /tmp and /dev/shm", "fills a folder of its own on disk, up to `limits.disk`")
def test_what_is_in_passing_counts_as_disk(shut: Room) -> None:
    fact = tried(shut, "head -c 15M /dev/zero > /tmp/one; head -c 15M /dev/zero > /dev/shm/two; sleep 600", TIGHT)
    assert fact.limit == "disk"


@hostile("a command that hides its processes in a PID namespace of its own", "is ended for them all the same")
def test_processes_in_namespaces_of_their_own_are_counted(room: Room) -> None:
    require("unshare")
    hidden = "for n in {1..100}; do sleep 600 & done; wait"
    fact = tried(room, f"unshare --user --pid --fork bash -c '{hidden}'", TIGHT._replace(seconds=20))
    assert (fact.limit, fact.passed) == ("processes", False)


@hostile("a command that fills another disk than the one that reports are on", "is ended for that disk, too")
def test_every_disk_that_commands_write_to_is_looked_at(tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm", tmp_path.parent.name, tmp_path.name)  # noqa: S108 - it is a disk of its own
    if not os.access("/dev/shm", os.W_OK) or Path("/dev/shm").stat().st_dev == tmp_path.stat().st_dev:  # noqa: S108
        pytest.skip("this machine has one disk only")
    try:
        room = room_in(elsewhere)._replace(reports=tmp_path)
        fact = tried(room, "head -c 60M /dev/zero > big; sleep 600", TIGHT._replace(seconds=20))
    finally:
        removed(elsewhere)
    assert fact.limit == "disk"


@hostile("a command that forks when other programs end", "is ended for its own processes, whatever the others do")
def test_processes_of_others_that_end_make_no_room(room: Room) -> None:
    others = [psutil.Popen(["sleep", "600"]) for _ in range(60)]

    def end_others_then_go(_run: str, _seconds: float, _line: str) -> None:
        if not (room.checkout / "ready").exists():
            return
        if not others:
            (room.checkout / "go").touch()
        while others:
            other = others.pop()
            other.kill()
            other.wait()

    line = "touch ready; until test -e go; do sleep .1; done; for n in {1..60}; do sleep 600 & done; wait"
    try:
        bounds = TIGHT._replace(seconds=20)
        variables = {"PATH": os.environ["PATH"]}
        fact = run("build", Command(run=line), "build-1.log", room, variables, end_others_then_go, bounds)
    finally:
        for other in others:
            other.kill()
    assert fact.limit == "processes"
