"""Commands of the plan: how they end, what they find, what is kept of them."""

import hashlib
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests_integration.engine.commands import Room, environment, run
from tests_integration.facts import CommandFact
from tests_integration.plan.load import load
from tests_integration.plan.parts import Command
from tests_integration.selftests.rooms import ENOUGH, room_in
from tests_integration.selftests.rooms import go as run_line
from tests_integration.selftests.waves import Wave

Run = Callable[..., CommandFact]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """An empty checkout."""
    return room_in(tmp_path)


@pytest.fixture
def go(wave: Wave, room: Room) -> Run:
    """Runs a line; keywords are entries of the plan."""
    wave.branch("E1", {"one.txt": "one\n"})

    def _go(line: str, **document: object) -> CommandFact:
        wave.document |= document
        variables = environment(load(wave.write()), room.cell, os.environ)
        return run_line(room, line, variables)

    return _go


def said(room: Room) -> bytes:
    """The log of the last command."""
    return (room.reports / "logs" / "build-1.log").read_bytes()


@pytest.mark.parametrize(
    ("line", "code"), [("true", 0), ("exit 1", 1), ("exit 77", 77), ("exit 255", 255), ("no-such-command", 127)]
)
def test_the_exit_code_is_the_commands_own(go: Run, line: str, code: int) -> None:
    fact = go(line)
    assert (fact.exit, fact.passed) == (code, code == 0)


@pytest.mark.parametrize("name", ["KILL", "TERM", "SEGV", "USR1", "PIPE"])
def test_a_signal_is_told_as_a_negative_exit_code(go: Run, name: str) -> None:
    fact = go(f"kill -{name} $$")
    assert (fact.exit, fact.passed) == (-signal.Signals[f"SIG{name}"], False)


def test_a_signal_to_a_part_fails_the_whole(go: Run) -> None:
    assert go("bash -c 'kill -KILL $$'; echo after").exit == 128 + 9


@pytest.mark.parametrize("line", ["false | true", 'echo "$UNSET"', "false; true", "cat nothing | sort"])
def test_bash_is_strict(go: Run, line: str) -> None:
    assert go(line).exit


def test_several_lines_are_one_script(go: Run, room: Room) -> None:
    assert go("for n in 1 2; do\n  echo $n\ndone\nif [[ a == a ]]; then echo three; fi").passed
    assert said(room) == b"1\n2\nthree\n"


def test_nothing_comes_in_and_no_terminal_is_there(go: Run, room: Room) -> None:
    tty = "{ : < /dev/tty; } 2> /dev/null || echo none"
    assert go(f"cat; for n in 0 1 2; do if test -t $n; then echo terminal $n; fi; done; {tty}").passed
    assert said(room) == b"none\n"


def test_it_runs_in_a_session_of_its_own(room: Room) -> None:
    sessions: set[int] = set()
    before = set(psutil.Process().children(recursive=True))

    def look(_run: str, _seconds: float, _line: str) -> None:
        with suppress(ProcessLookupError):
            new = set(psutil.Process().children(recursive=True)) - before
            sessions.update(os.getsid(child.pid) for child in new)

    assert run_line(room, "sleep 0.3", {"PATH": os.environ["PATH"]}, progress=look).passed
    assert sessions
    assert os.getsid(0) not in sessions


def test_what_it_says_is_kept_byte_for_byte(go: Run, room: Room) -> None:
    fact = go(r"printf 'a\xff\0\r\nb\e[31m'; printf 'err\xfe' >&2")
    assert said(room) == b"a\xff\0\r\nb\x1b[31merr\xfe"
    assert (fact.size, fact.sha256) == (len(said(room)), hashlib.sha256(said(room)).hexdigest())


def test_much_output_is_kept_whole(go: Run, room: Room) -> None:
    fact = go("seq 300000; seq 300000 >&2")
    assert fact.size == len(said(room)) == 2 * len("".join(f"{n}\n" for n in range(1, 300001)))


def test_an_earlier_log_is_replaced(go: Run, room: Room) -> None:
    go("echo a long line")
    go("echo short")
    assert said(room) == b"short\n"


def test_what_it_says_last_is_shown_while_it_runs(room: Room) -> None:
    lines: list[str] = []

    def hear(_run: str, _seconds: float, line: str) -> None:
        lines.append(line)
        if line == "wörking":
            (room.checkout / "heard").touch()

    line = r"printf 'first\nw\xc3\xb6rking\n'; until test -f heard; do sleep 0.01; done"
    assert run("build", Command(run=line, timeout=60), "build-1.log", room, dict(os.environ), hear, ENOUGH).passed
    assert lines[-1] == "wörking"


def test_little_is_found_in_the_environment(go: Run, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_DIR", "PYTHONPATH", "PYTEST_CURRENT_TEST", "AWS_SECRET_ACCESS_KEY", "BASH_ENV", "LC_ALL"):
        monkeypatch.setenv(name, "secret")
    assert go("env").passed
    names = {line.split("=")[0] for line in said(room).decode().splitlines()}
    of_bash = {"PWD", "SHLVL", "_", "OLDPWD"}
    assert names - of_bash == {"PATH", "HOME", "TMPDIR", "LANG", "TERM", "WAVEPROOF_COMMAND"}


def test_the_plan_gives_and_lets_through(go: Run, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOPROXY", "GOFLAGS", "GO", "CARGO_HOME", "gopath"):
        monkeypatch.setenv(name, f"callers {name}")
    assert go("env", environment={"GIVEN": "a $b `c`\nd", "GOFLAGS": "given"}, pass_environment=["GO*"]).passed
    found = {line.split("=")[0]: line.partition("=")[2] for line in said(room).decode().splitlines() if "=" in line}
    assert {name: found.get(name) for name in ("GIVEN", "GOPROXY", "GOFLAGS", "GO", "CARGO_HOME", "gopath")} == {
        "GIVEN": "a $b `c`",
        "GOPROXY": "callers GOPROXY",
        "GOFLAGS": "given",
        "GO": "callers GO",
        "CARGO_HOME": None,
        "gopath": None,
    }


def test_home_is_kept_from_one_command_to_the_next(go: Run, room: Room) -> None:
    assert go('echo kept > "$HOME/file"; touch "$TMPDIR/file"').passed
    assert go('cat "$HOME/file"').passed
    assert said(room) == b"kept\n"


def test_tools_beside_this_python_are_found_last(go: Run, room: Room) -> None:
    assert go('echo "$PATH"').passed
    assert said(room).decode() == f"{os.environ['PATH']}{os.pathsep}{Path(sys.executable).parent}\n"


def test_it_runs_in_the_checkout(go: Run, room: Room) -> None:
    assert go("pwd -P").passed
    assert said(room).decode() == f"{room.checkout}\n"
