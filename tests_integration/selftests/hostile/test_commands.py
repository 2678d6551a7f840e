"""Build, test and demo that misbehave: each is ended or held back, and what it did is said."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests_integration.engine.commands import Room, environment
from tests_integration.engine.isolation import Level, cell, make_ready
from tests_integration.engine.limits import Bounds
from tests_integration.facts import CommandFact
from tests_integration.logs import end_of_log
from tests_integration.plan.load import load
from tests_integration.repository.checkout import files, removed
from tests_integration.selftests.hostile.told import case, hostile
from tests_integration.selftests.rooms import ENOUGH, go, room_in, tried
from tests_integration.selftests.waves import Wave
from tests_integration.url import secrets

MIB = 1 << 20
SMALL = Bounds(seconds=60, memory=300 * MIB, processes=40, output=MIB, disk=20 * MIB)
PYTHON = "/usr/bin/env python3 -c"


def said(room: Room, fact: CommandFact) -> str:
    return end_of_log(room.reports / fact.log)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (r"printf '\0\033[31m\xff\xfe'", "\\x00\\x1b[31m\ufffd\ufffd"),
        ("read -r || echo nothing came", "nothing came\n"),
        ("exec >&- 2>&-; true", ""),
        ("echo x > /dev/tty || echo no terminal", "no terminal\n"),
    ],
    ids=["binary", "input", "closed", "terminal"],
)
@hostile("a command that prints binary and invalid UTF-8", "is shown with what could act written out")
@hostile("a command that waits for input, or asks for a terminal", "finds none, and goes on")
@hostile("a command that closes its output", "is judged by its exit code")
def test_what_is_odd_about_its_output_does_no_harm(room: Room, line: str, shown: str) -> None:
    fact = tried(room, line)
    assert fact.exit == 0
    assert said(room, fact).endswith(shown)


@hostile("a command that kills its parent", "is ended itself and not taken for a success; the suite lives")
def test_a_command_that_kills_its_parent_kills_itself(room: Room) -> None:
    assert not tried(room, "kill -9 $PPID; sleep 600", ENOUGH._replace(seconds=5)).passed


@pytest.mark.parametrize("level", ["bubblewrap", "unshare"], indirect=True)
@hostile("a command that kills every process it can", "reaches its own only; what it was started by tells no success")
def test_a_command_that_kills_all_reaches_its_own_only(room: Room) -> None:
    assert not tried(room, "kill -9 -1; kill -9 1; exit 0", ENOUGH._replace(seconds=5)).passed


@pytest.fixture
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that another program of the caller keeps in the temporary folder."""
    file = tmp_path_factory.mktemp("elsewhere") / "token"
    file.write_text("the caller's secret\n", encoding="utf-8")
    return file


@hostile("a command that reads other programs' files in /tmp", "finds a /tmp of its own")
def test_what_others_keep_in_passing_is_not_there(shut: Room, secret: Path) -> None:
    fact = tried(shut, f"cat {secret}; ls -A /tmp")
    assert "No such file" in said(shut, fact)
    assert "secret" not in said(shut, fact)


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder that is in no temporary folder, as homes and caches are."""
    folder = Path(__file__).parents[3] / ".pytest_cache" / tmp_path.parent.name / tmp_path.name
    folder.mkdir(parents=True)
    yield folder
    removed(folder)


@hostile("a command that reads the caller's HOME", "finds it empty, but for folders that variables let through name")
def test_the_callers_home_is_not_there(shut: Room, wave: Wave, outside: Path) -> None:
    for name in (".netrc", "keys/private", "cache/object"):
        (outside / name).parent.mkdir(exist_ok=True)
        (outside / name).write_text("the caller's own\n", encoding="utf-8")
    wave.branch("E1", {"one.txt": "one\n"})
    wave.document["pass_environment"] = ["MY_CACHE"]
    caller = {"HOME": str(outside), "MY_CACHE": str(outside / "cache")}
    own = cell(load(wave.write()), wave.folder / "store", shut.checkout, shut.cell.home, caller)
    fact = tried(shut._replace(cell=own), f"find {outside} -type f; echo new > {outside}/cache/new")
    assert (said(shut, fact), fact.exit) == (f"{outside}/cache/object\n", 0)
    assert (outside / "cache" / "new").read_text(encoding="utf-8") == "new\n"
    assert "shared with the caller: MY_CACHE" in fact.isolation


@hostile("a command that reads the stores and checkouts of other plans", "finds its own only")
def test_other_stores_are_not_there(shut: Room, wave: Wave, outside: Path) -> None:
    (outside / "other").mkdir()
    (outside / "other" / "store").write_text("of another plan\n", encoding="utf-8")
    checkout, home = outside / "own" / "checkout", outside / "own" / "home"
    checkout.mkdir(parents=True)
    wave.branch("E1", {"one.txt": "one\n"})
    own = cell(load(wave.write()), outside / "own" / "store.git", checkout, home, {})
    make_ready(own)
    fact = tried(shut._replace(cell=own), f"pwd; ls {outside}; cat {outside}/other/store")
    assert said(shut, fact).startswith(f"{checkout}\nown\n")
    assert "No such file" in said(shut, fact)


@hostile("a folder that a variable shares, with the suite's cache in it", "is shared but for the cache")
def test_what_is_shared_does_not_show_the_stores(shut: Room, wave: Wave, outside: Path) -> None:
    cache = outside / "project" / "cache"
    for folder in ("other", "own/checkout", "own/store.git/objects"):
        (cache / folder).mkdir(parents=True)
    (cache / "other" / "store").write_text("of another plan\n", encoding="utf-8")
    (outside / "project" / "file").write_text("of the project\n", encoding="utf-8")
    wave.branch("E1", {"one.txt": "one\n"})
    wave.document["pass_environment"] = ["PROJECT"]
    caller = {"HOME": str(outside), "PROJECT": str(outside / "project")}
    plan = load(wave.write())
    own = cell(plan, cache / "own" / "store.git", cache / "own" / "checkout", cache / "own" / "home", caller)
    make_ready(own)
    fact = tried(shut._replace(cell=own), f"find {outside} -type f; touch here; touch {cache}/own/store.git/new")
    assert said(shut, fact).splitlines()[0] == f"{outside}/project/file"
    assert "of another plan" not in said(shut, fact)
    assert f"{cache}/other" not in said(shut, fact)
    assert (cache / "own" / "checkout" / "here").exists()
    assert not (cache / "own" / "store.git" / "new").exists()


@hostile("a command that reads the environment of other processes", "sees no process but its own")
def test_other_processes_are_not_there(shut: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "of the caller")
    fact = tried(shut, "cat /proc/[0-9]*/environ | tr '\\0' '\\n' || :; ls -d /proc/[0-9]*")
    assert fact.passed
    assert "MY_TOKEN" not in said(shut, fact)
    assert f"/proc/{os.getpid()}\n" not in said(shut, fact)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        case(__name__, "a command that writes to the system", "Read-only file system", "touch /usr/written"),
        case(
            __name__,
            "a command that makes the system writable",
            "Read-only file system",
            "mount -o remount,rw / || touch /usr/written",
        ),
        case(
            __name__,
            "a command that makes itself root of a namespace to remount the system",
            "Read-only file system",
            "unshare --user --mount --map-current-user mount -o remount,rw / ||:; touch /usr/written",
        ),
        case(
            __name__,
            "a command that changes settings of the kernel",
            "Read-only file system",
            "echo x > /proc/sys/kernel/core_pattern",
        ),
        case(__name__, "a command that makes a device", "Operation not permitted", "mknod disk b 8 0"),
        case(
            __name__, "a command that talks to services of the machine", "0 sockets", "echo $(ls /run | wc -l) sockets"
        ),
    ],
)
def test_the_system_is_out_of_reach(shut: Room, line: str, says: str) -> None:
    fact = tried(shut, line)
    assert says in said(shut, fact)
    assert not Path("/usr/written").exists()


CONNECT = """import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
    print("connected")
except OSError as error:
    print(error)
"""


@pytest.fixture
def port() -> Iterator[int]:
    """A service of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("level", ["bubblewrap", "unshare"], indirect=True)
@pytest.mark.parametrize("network", [False, True])
@hostile("a command that opens the network", "finds none but its own loopback, unless the plan says `network: true`")
def test_the_network_is_open_only_where_the_plan_says_so(
    tmp_path: Path, level: Level, port: int, *, network: bool
) -> None:
    room = room_in(tmp_path, level=level, network=network)
    fact = tried(room, f"/usr/bin/env python3 - {port} <<'END'\n{CONNECT}END")
    assert said(room, fact) == ("connected\n" if network else "[Errno 111] Connection refused\n")
    assert ("no network" in fact.isolation, "network open" in fact.isolation) == (not network, network)


@pytest.mark.parametrize("level", ["bubblewrap", "unshare"], indirect=True)
def test_the_own_loopback_works(room: Room) -> None:
    line = f"""{PYTHON} 'import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname())
print("connected")'"""
    assert said(room, tried(room, line)) == "connected\n"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("mkdir -p $(printf 'd/%.0s' {1..1500}) && touch d/file", id="deep"),
        pytest.param("mkdir closed; touch closed/file; chmod 0 closed", id="closed"),
        pytest.param("rm -rf ./*; ln -s /etc link; mkfifo fifo; : > $'a\\nb'", id="odd"),
    ],
)
@hostile("a build that leaves folders 1,500 deep, closed to itself, links and fifos", "the next checkout is clean")
def test_whatever_is_left_in_the_checkout_can_be_removed(room: Room, line: str) -> None:
    assert tried(room, line).passed
    assert isinstance(sum(1 for _ in files(room.checkout)), int)
    removed(room.checkout)
    assert not room.checkout.exists()
    assert Path("/etc/passwd").exists()


@hostile(
    "a build that puts a link to /etc in the place of its temporary folder", "has no hold of it; it is made afresh"
)
def test_a_link_in_the_place_of_a_folder_is_not_followed(room: Room) -> None:
    tried(room, f"rm -rf {room.cell.tmp}; ln -s /etc {room.cell.tmp}")
    again = room_in(room.checkout.parent, level=room.cell.level)
    assert not again.cell.tmp.is_symlink()
    assert not (again.cell.tmp / "passwd").exists()
    assert Path("/etc/passwd").exists()


def test_what_is_enforced_is_stated_with_each_command(room: Room, level: Level) -> None:
    fact = tried(room, "true", SMALL)
    assert fact.isolation.startswith(f"{level}: ")
    assert fact.isolation.endswith(
        "; at most 60 s, 300.0 MiB of memory, 40 processes, 1.0 MiB of output, 20.0 MiB on disk"
    )


@hostile("a command that opens its output anew, as `> /dev/stderr` does, to cut its log", "has no hold of the log")
def test_what_was_said_stays_said(room: Room) -> None:
    line = "echo one; echo two > /dev/stderr; : > /dev/stdout; truncate -s 0 /proc/$PPID/fd/1 2> /dev/null || echo 3"
    assert said(room, tried(room, line)) == "one\ntwo\n3\n"


@hostile("a build that puts a file in the place of its HOME", "is given a HOME again")
def test_home_is_made_afresh_where_it_is_no_folder(tmp_path: Path) -> None:
    room = room_in(tmp_path, level="processes")
    assert tried(room, "rm -r ~; touch ~").passed
    make_ready(room.cell)
    assert tried(room, "cd ~").passed


@hostile("a command that prints the password of a remote's URL", "is logged with `[secret]` in its place")
def test_secrets_are_masked_in_logs(room: Room) -> None:
    known = room._replace(secrets=secrets("https://me:s3cr3t-w0rd@example.org/team.git"))
    fact = tried(known, "printf 's3cr3t-%s\\n' w0rd; printf 'me:%s' s3cr3t-w0rd | base64; echo https://you@h/")
    assert said(known, fact) == "[secret]\n[secret]=\nhttps://h/\n"
    assert fact.size == (known.reports / fact.log).stat().st_size


@hostile("a command that writes into the channel by which its end is told", "is no success")
@pytest.mark.parametrize("end", ["exit 3", "kill -9 $PPID; exit 3"])
@pytest.mark.parametrize("told", ['{"exit": ', '{"exit": 0}'])
def test_what_meddles_with_its_end_is_no_success(room: Room, told: str, end: str) -> None:
    line = f"for fd in /proc/$PPID/fd/*; do echo '{told}' > $fd || :; done 2> /dev/null; {end}"
    assert not tried(room, line).passed


def test_root_has_no_rights_of_its_own_in_namespaces(room: Room) -> None:
    if room.cell.apart:
        assert said(room, tried(room, "grep CapEff /proc/self/status")) == f"CapEff:\t{0:016x}\n"


@hostile("a branch with a program named bash, where the caller's PATH has an empty folder", "is not asked for it")
def test_the_branch_does_not_say_what_bash_is(room: Room, wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    (room.checkout / "bash").write_text("#!/bin/sh\ntrue\n", encoding="utf-8")
    (room.checkout / "bash").chmod(0o755)
    variables = environment(load(wave.write()), room.cell, {"PATH": f":.:{os.environ['PATH']}:"})
    assert go(room, "exit 3", variables).exit == 3


@hostile("a PATH on which there is no bash", "is shown, with what was looked for; exit code 127")
def test_what_is_not_on_the_path_is_said(room: Room) -> None:
    fact = go(room, "true", {"PATH": "/nowhere"})
    assert (fact.exit, said(room, fact)) == (127, "bash: No such file or directory; PATH is /nowhere\n")


@hostile("a command that talks to a service's socket elsewhere than in /run", "finds nobody there")
def test_sockets_are_out_of_reach(shut: Room, outside: Path) -> None:
    place = outside / "s"
    line = f"""{PYTHON} 'import socket; socket.socket(socket.AF_UNIX).connect("{place}"); print("connected")'"""
    with socket.socket(socket.AF_UNIX) as service:
        service.bind(str(place))
        service.listen()
        told = said(shut, tried(shut, line))
    assert "connected" not in told
    assert "Error: [Errno " in told
