"""Plans on other machines: pytest-xdist's own gateways, by ssh to folders of their own on this one."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests_integration import machines, turns
from tests_integration.files import ground
from tests_integration.plan.load import give
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.test_distribution import arm, distributed
from tests_integration.selftests.waves import Wave, git
from tests_integration.session import Session, Withheld, Worker

STAND_IN = """#!/usr/bin/env bash
# ssh [-C] -F FILE HOST COMMAND: the host is this machine, with nothing of the caller's environment
exec env -i PATH="$PATH" HOME="$HOME" bash -c "$5"
"""

SERVER = """
ListenAddress 127.0.0.1
Port {port}
HostKey {keys}/host
AuthorizedKeysFile {keys}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
"""

CLIENT = """
Host one two
HostName 127.0.0.1
Port {port}
IdentityFile {keys}/user
UserKnownHostsFile {keys}/known
StrictHostKeyChecking accept-new
BatchMode yes
ConnectionAttempts 20
LogLevel ERROR
"""

SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")


class Ssh(NamedTuple):
    """How machines are reached: configuration of the client, and the PATH that leads to it."""

    config: Path
    path: str


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[Ssh]:
    """Ssh to this machine: OpenSSH's server where it is installed, and what does as much where it is not."""
    keys = tmp_path / "keys"
    keys.mkdir()
    config = keys / "config"
    if SSHD is None:
        config.touch()
        (keys / "ssh").write_text(STAND_IN, encoding="utf-8")
        (keys / "ssh").chmod(0o755)
        yield Ssh(config, f"{keys}:{os.environ['PATH']}")
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / name], check=True)
    config.write_text(CLIENT.format(port=port, keys=keys), encoding="utf-8")
    (keys / "server").write_text(SERVER.format(port=port, keys=keys), encoding="utf-8")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where it drops its rights
    server = subprocess.Popen([SSHD, "-D", "-e", "-f", keys / "server"])
    try:
        tried = subprocess.run(["ssh", "-F", config, "one", "true"], capture_output=True, text=True, check=False)
        if tried.returncode:
            pytest.skip(f"sshd does not let this user in: {tried.stderr.strip()}")
        yield Ssh(config, os.environ["PATH"])
    finally:
        server.terminate()
        server.wait()


def machine(wave: Wave, ssh: Ssh, name: str, kills: str = "") -> str:
    """Make a machine that has the wave's plans, and nothing else; how `--tx` names it."""
    folder = wave.folder / name
    shutil.copytree(wave.folder / "plans", folder / "plans")
    arm(folder, kills)
    return f"--tx=ssh={name}//ssh_config={ssh.config}//chdir={folder}//python={sys.executable}"


def test_plans_are_run_on_two_machines_and_all_of_it_comes_home(wave: Wave, ssh: Ssh) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.document["remotes"] = {"origin": str(wave.origin)}
    wave.document["pass_environment"] = ["WITHHELD"]
    builds = {"good": 'pwd; test -z "${WITHHELD-}"', "killed": "true", "failed": "false"}
    for name, build in builds.items():
        wave.document |= {"integration": f"integration-{name}", "build": [{"run": build}]}
        wave.write(name)
    assert run(wave.folder, "--plan", "plans/failed.yaml").exit == 1
    arm(wave.folder, "")
    towards = [machine(wave, ssh, name, "test_build_passes[killed-1]") for name in ("one", "two")]
    result = distributed(wave, *towards, path=ssh.path)
    good, killed, failed = (result.record(name) for name in builds)
    home = wave.folder / "reports"
    assert result.exit == 1, result.output
    assert [one["verdict"] for one in (good, killed, failed)] == ["SUCCESS", "INCOMPLETE", "BUILD_GATE_FAILURE"]
    assert good["tip"] == git(wave.origin, "rev-parse", "refs/heads/integration-good")
    places = {one["environment"]["worker"].partition(", in ")[2] for one in (good, killed)}
    assert places <= {str(wave.folder / "one"), str(wave.folder / "two")}
    for command in good["commands"]:
        assert hashlib.sha256((home / "good" / command["log"]).read_bytes()).hexdigest() == command["sha256"]
    assert good["attempt"]["file"] == str(home / "good" / "metadata.json")
    assert json.loads((home / "good" / "metadata.json").read_bytes())["last_attempt_result"] == "SUCCESS"
    assert good["metadata"]["attempt_count"] == killed["metadata"]["attempt_count"] == 1
    assert killed["metadata"]["last_attempt_result"] == "INCOMPLETE"
    assert "failed: refused; nothing was done" in result.output
    assert all(name in (home / "index.html").read_text(encoding="utf-8") for name in builds)


def test_nothing_is_run_where_a_machine_has_other_plans(wave: Wave, ssh: Ssh) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.write("a")
    wave.write("b")
    arm(wave.folder, "")
    towards = [machine(wave, ssh, name) for name in ("one", "two")]
    with (wave.folder / "two" / "plans" / "b.yaml").open("a", encoding="utf-8") as plan:
        plan.write("limits: {changed_lines: 51}\n")
    result = distributed(wave, *towards, "--until", "plan", path=ssh.path)
    assert result.exit == 1
    assert f"{wave.folder}/two/plans/b.yaml: not what the session was started with" in result.output
    assert "passed" not in result.output.splitlines()[-1]


@pytest.fixture
def session(wave: Wave) -> Callable[..., Session]:
    """A session over one plan, in a worker where it was told something."""

    def made(**told: object) -> Session:
        worker = Worker("gw0", {}, **({"turns": {}, "reports": "", "home": "/home/reports", "metadata": {}} | told))  # type: ignore[arg-type]
        suite = Session([give(wave.write())], wave.folder / "reports", "record", "", Withheld(), worker=worker)
        suite.cache = wave.folder / "cache"
        return suite

    return made


def test_a_worker_takes_its_own_turn_unless_the_session_has_it_there(session: Callable[..., Session]) -> None:
    other = session()
    given = other.givens[0]
    here = ground(other.workspace("wave").lock.parent)
    with (
        machines.turn(session(turns={"wave": here}), "wave", wait=False),
        turns.take(other, print, wait=False, givens=[given]),
    ):
        assert other.refusals == {}
    with (
        machines.turn(session(turns={"wave": "elsewhere"}), "wave", wait=False),
        turns.take(other, print, wait=False, givens=[given]),
    ):
        assert "another run of" in other.refusals["wave"]


@pytest.mark.parametrize(
    ("given", "handed_on"),
    [
        ("--plan plans --reports r -q", "--plan=plans --reports=r -q"),
        ("--plan=plans -k one", "--plan=plans -k one"),
        ("--plan", "--plan"),
    ],
)
def test_paths_are_handed_on_as_options(given: str, handed_on: str) -> None:
    assert " ".join(machines.joined(given.split())) == handed_on


@pytest.mark.parametrize(
    ("given", "asked"),
    [("-n 2", ""), ("--dist load", "load"), ("--dist=each --dist no", "no"), ("-d", "load"), ("--dist", "")],
)
def test_what_was_asked_of_dist(given: str, asked: str) -> None:
    assert machines.asked_to_distribute(given.split()) == asked
