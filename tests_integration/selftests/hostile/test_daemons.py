"""Nothing that a command started is alive when it has ended, however far it went."""

import os
import time
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from tests_integration.engine import limits
from tests_integration.engine.commands import Room, run
from tests_integration.engine.isolation import Level
from tests_integration.facts import CommandFact
from tests_integration.plan.parts import Command
from tests_integration.selftests.hostile.told import case, hostile
from tests_integration.selftests.rooms import ENOUGH, room_in
from tests_integration.selftests.rooms import go as run_line

DOUBLE_FORK = """python3 -c '
import os, sys, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
open(sys.argv[1], "w").close()
time.sleep(600)
' {token} & """

ENDED = "nothing of it is alive afterwards"

DAEMONS = [
    case(__name__, "a command that runs beyond its deadline", ENDED, "touch {token}; sleep 600{token}"),
    case(__name__, "a job in the background, at the deadline", ENDED, "sleep 600{token} & touch {token}; wait"),
    case(
        __name__,
        "many jobs in the background, at the deadline",
        ENDED,
        "for n in 1 2 3 4 5; do sleep 600{token} & done; touch {token}; wait",
    ),
    case(
        __name__,
        "a daemon in a session of its own (setsid)",
        ENDED,
        "setsid sleep 600{token} & touch {token}; wait; sleep 600{token}",
    ),
    case(__name__, "a daemon that forked twice", ENDED, DOUBLE_FORK + "sleep 600{token}"),
    case(__name__, "a job under nohup", ENDED, "nohup sleep 600{token} & touch {token}; wait"),
    case(
        __name__,
        "a command that is deaf to TERM, INT and HUP",
        ENDED,
        "trap '' TERM INT HUP; touch {token}; sleep 600{token}",
    ),
    case(__name__, "a daemon without the environment", ENDED, "env -i sleep 600{token} & touch {token}; wait"),
    case(
        __name__,
        "a daemon without the environment, in a session of its own",
        ENDED,
        "env -i setsid sleep 600{token} & touch {token}; wait; sleep 600{token}",
    ),
]


@pytest.fixture
def token() -> str:
    """Digits that stand in the command lines of this test's processes alone; `sleep` takes them too."""
    return f"{uuid4().int % 10**12:012}"


@pytest.fixture
def room(tmp_path: Path, level: Level) -> Room:
    """An empty checkout."""
    return room_in(tmp_path, level=level)


def go(room: Room, line: str) -> CommandFact:
    return run_line(room, line, {"PATH": os.environ["PATH"]})


@pytest.fixture
def deadline(room: Room, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline is reached as soon as there is a file with the token's name."""

    class Clock:
        time = time.time

        @staticmethod
        def monotonic() -> float:
            return time.monotonic() + 3600 * (room.checkout / token).exists()

    monkeypatch.setattr(limits, "time", Clock)


def alive(token: str) -> list[list[str]]:
    """Command lines of processes that hold the token; those that were found are ended."""
    found = [process for process in psutil.process_iter() if token in " ".join(_command_line(process))]
    lines = [_command_line(process) for process in found]
    for process in found:
        process.kill()
    return [line for line in lines if line]


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []


@pytest.mark.usefixtures("deadline")
@pytest.mark.parametrize(("line", "says"), DAEMONS)
def test_the_deadline_ends_every_process(room: Room, token: str, line: str, says: str) -> None:
    fact = go(room, line.format(token=token))
    left = alive(token)
    assert (fact.exit, fact.passed) == (None, False)
    assert (room.checkout / token).exists()
    assert f"{left or 'nothing'} of it is alive afterwards" == says


@pytest.mark.usefixtures("deadline")
def test_what_was_said_before_the_deadline_is_kept(room: Room, token: str) -> None:
    fact = go(room, f"echo so far; touch {token}; sleep 600")
    assert (room.reports / fact.log).read_text() == "so far\n"
    assert fact.left_running == ()


@hostile("a daemon that outlives the command that started it", "is ended, and named in the record")
@pytest.mark.parametrize(
    "line",
    [
        "sleep 600{token} & until pgrep -f ^sleep.600{token}; do :; done",
        "setsid sleep 600{token} & until pgrep -f ^sleep.600{token}; do :; done",
        "(setsid sleep 600{token} >/dev/null 2>&1 &) ; until pgrep -f ^sleep.600{token}; do :; done",
    ],
    ids=["background", "setsid", "orphan"],
)
def test_what_a_passing_command_leaves_is_ended_and_named(room: Room, token: str, line: str) -> None:
    fact = go(room, line.format(token=token))
    left = alive(token)
    assert fact.passed
    assert fact.left_running == ("sleep",)
    assert left == []


def test_what_a_failing_command_leaves_is_ended_and_named(room: Room, token: str) -> None:
    fact = go(room, f"sleep 600{token} & until pgrep -f ^sleep.600{token}; do :; done; exit 3")
    left = alive(token)
    assert (fact.exit, fact.left_running) == (3, ("sleep",))
    assert left == []


@pytest.mark.usefixtures("deadline")
def test_processes_of_others_live_on(room: Room, token: str) -> None:
    other = psutil.Popen(["sleep", f"600{token}"], env={"WAVEPROOF_COMMAND": "another"})
    try:
        go(room, f"touch {token}; sleep 600")
        assert other.is_running()
    finally:
        other.kill()
        other.wait()


def test_an_interrupted_run_leaves_nothing(room: Room, token: str) -> None:
    def interrupt(_run: str, _seconds: float, _line: str) -> None:
        if (room.checkout / token).exists():
            raise KeyboardInterrupt

    line = Command(run=f"touch {token}; sleep 600{token}", timeout=60)
    with pytest.raises(KeyboardInterrupt):
        run("build", line, "build-1.log", room, {"PATH": os.environ["PATH"]}, interrupt, ENOUGH)
    assert alive(token) == []
