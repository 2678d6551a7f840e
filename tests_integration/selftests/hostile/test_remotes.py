"""Remotes that hang, die, lie or are damaged: each ends soon, in words that say which one, what, and what to do."""

import copy
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import socket
from threading import Event

import psutil
import pytest

from tests_integration.engine.sources import fetch, look_up
from tests_integration.facts import Source
from tests_integration.plan.load import load
from tests_integration.repository import git as running
from tests_integration.repository.git import scrubbed_environment
from tests_integration.repository.remote import VARIABLE
from tests_integration.repository.store import open_store
from tests_integration.selftests.hostile.serving import Site, Talk, listening, served
from tests_integration.selftests.hostile.told import case, hostile
from tests_integration.selftests.waves import Wave, git

SOON = "1"
"""Seconds that a remote which never answers is given."""


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Wave:
    """A wave whose branch comes from another remote than its base."""
    wave = Wave(tmp_path_factory.mktemp("remotes") / "wave")
    wave.branch("E1", {"one.txt": "one\n" * 2000})
    wave.document["branches"][0]["from"] = "team/effort/E1"
    return wave


@pytest.fixture
def wave(settled: Wave, tmp_path: Path) -> Iterator[Wave]:
    """The same, with a remote of its own for each test."""
    document, origin = settled.document, settled.origin
    settled.document = copy.deepcopy(document)
    settled.origin = tmp_path / "team.git"
    shutil.copytree(origin, settled.origin)
    yield settled
    settled.document, settled.origin = document, origin


def fetched(wave: Wave, url: str, store: Path) -> Source:
    """The branch, looked up and fetched from a remote at this URL."""
    wave.document["remotes"]["team"] = url
    plan = load(wave.write())
    with scrubbed_environment(), open_store(store) as opened:
        return fetch(plan, opened, look_up(plan, opened))["E1"]


def blob_of(remote: Path) -> Path:
    """The file in which a remote keeps the content of `one.txt`."""
    blob = git(remote, "rev-parse", "effort/E1:one.txt")
    file = remote / "objects" / blob[:2] / blob[2:]
    file.chmod(0o644)
    return file


def damaged(wave: Wave) -> str:
    file = blob_of(wave.origin)
    file.write_bytes(file.read_bytes()[:-8] + b"8 bytes!")
    return str(wave.origin)


def without_a_blob(wave: Wave) -> str:
    blob_of(wave.origin).unlink()
    return str(wave.origin)


def without_its_commit(wave: Wave) -> str:
    (wave.origin / "refs" / "heads" / "effort" / "E1").write_text("1" * 40 + "\n")
    return str(wave.origin)


def without_head(wave: Wave) -> str:
    (wave.origin / "HEAD").unlink()
    return str(wave.origin)


def shallow(wave: Wave) -> str:
    clone = wave.origin.with_name("shallow.git")
    git(wave.folder, "clone", "--quiet", "--bare", "--no-single-branch", "--depth=1", wave.origin.as_uri(), str(clone))
    return str(clone)


def partial_clone(wave: Wave) -> str:
    clone = wave.origin.with_name("partial.git")
    git(wave.origin, "config", "uploadpack.allowFilter", "true")
    git(wave.folder, "clone", "--quiet", "--bare", "--filter=blob:none", wave.origin.as_uri(), str(clone))
    return str(clone)


def empty(wave: Wave) -> str:
    git(wave.folder, "init", "--quiet", "--bare", str(wave.origin.with_name("empty.git")))
    return str(wave.origin.with_name("empty.git"))


def of_sha256(wave: Wave) -> str:
    other = wave.origin.with_name("sha256.git")
    git(wave.folder, "init", "--quiet", "--bare", "--object-format=sha256", str(other))
    commit = git(other, "commit-tree", "-m", "Of another kind", git(other, "mktree"))
    git(other, "update-ref", "refs/heads/effort/E1", commit)
    return str(other)


def bundle(wave: Wave, change: Callable[[bytes], bytes], *revisions: str) -> str:
    """A bundle that is not as git made it."""
    file = wave.origin.with_name("team.bundle")
    git(wave.origin, "bundle", "create", "--quiet", str(file), *(revisions or ("--branches",)))
    file.write_bytes(change(file.read_bytes()))
    return str(file)


def bundle_cut_off(wave: Wave) -> str:
    return bundle(wave, lambda content: content[:-100])


def bundle_of_a_beginning(wave: Wave) -> str:
    return bundle(wave, lambda content: content[:10])


def bundle_that_lies(wave: Wave) -> str:
    tip = git(wave.origin, "rev-parse", "effort/E1").encode()
    return bundle(wave, lambda content: content.replace(tip, b"1" * 40))


def bundle_of_an_end(wave: Wave) -> str:
    tip = git(wave.origin, "commit-tree", "-p", "effort/E1", "-m", "More", "effort/E1^{tree}")
    git(wave.origin, "update-ref", "refs/heads/effort/E1", tip)
    return bundle(wave, bytes, "effort/E1~1..effort/E1")


def no_bundle(wave: Wave) -> str:
    return bundle(wave, lambda _: b"this is no bundle\n")


def a_folder(wave: Wave) -> str:
    return str(wave.folder)


def nothing_there(wave: Wave) -> str:
    return str(wave.origin.with_name("nowhere.git"))


MAKERS = [
    case(__name__, "a remote with a damaged object", "The remote is damaged: `git fsck` there", damaged),
    case(__name__, "a remote with a missing object", "The remote is damaged: `git fsck` there", without_a_blob),
    case(__name__, "a remote that names a commit it has not", "a commit that it does not have", without_its_commit),
    case(__name__, "a remote without HEAD", "There is neither a repository nor a bundle at this path.", without_head),
    case(__name__, "a shallow remote", "The remote is a shallow clone: it lacks the history that merging", shallow),
    case(__name__, "a remote that is a partial clone", "`git fetch --refetch --no-filter", partial_clone),
    case(__name__, "an empty remote", "it has no branches", empty),
    case(__name__, "a SHA-256 remote", "The remote names objects by SHA-256; this suite integrates", of_sha256),
    case(__name__, "a truncated bundle", "What came was cut off. Run again; of a bundle, make it", bundle_cut_off),
    case(__name__, "a bundle that ends in its first line", "This file is no bundle", bundle_of_a_beginning),
    case(__name__, "a bundle that names a commit it has not", "it is damaged, or lies", bundle_that_lies),
    case(__name__, "a bundle of an end without its beginning", "`git bundle create FILE", bundle_of_an_end),
    case(__name__, "a file that is no bundle", "This file is no bundle (git-bundle(1))", no_bundle),
    case(__name__, "a folder that is no repository", "There is neither a repository nor a bundle", a_folder),
    case(__name__, "a path where nothing is", "There is neither a repository nor a bundle at this", nothing_there),
]


@pytest.mark.parametrize(("make", "says"), MAKERS)
def test_a_remote_that_is_not_whole_is_told(wave: Wave, tmp_path: Path, make: Callable[[Wave], str], says: str) -> None:
    source = fetched(wave, make(wave), tmp_path / "store")
    assert source.commit is None
    assert "'team'" in source.problem
    assert says in source.problem


@pytest.mark.parametrize(
    ("make", "completed"),
    [
        (shallow, ("fetch", "--quiet", "--unshallow")),
        (partial_clone, ("fetch", "--quiet", "--refetch", "--no-filter", "origin", "'refs/*:refs/whole/*'")),
    ],
)
def test_what_is_advised_completes_the_remote(
    wave: Wave, tmp_path: Path, make: Callable[[Wave], str], completed: tuple[str, ...]
) -> None:
    clone = make(wave)
    assert " ".join(completed).replace(" --quiet", "") in fetched(wave, clone, tmp_path / "store").problem
    git(Path(clone), *(word.strip("'") for word in completed))
    assert fetched(wave, clone, tmp_path / "store").problem == ""


@hostile("a remote whose HEAD is unborn", "is fetched from all the same")
def test_a_remote_whose_head_is_unborn_is_read(wave: Wave, tmp_path: Path) -> None:
    (wave.origin / "HEAD").write_text("ref: refs/heads/nowhere\n")
    assert fetched(wave, str(wave.origin), tmp_path / "store").problem == ""


def nothing(client: socket, ended: Event) -> None:
    del client
    ended.wait()


def half(client: socket, ended: Event) -> None:
    dies(client, ended)
    ended.wait()


def dies(client: socket, ended: Event) -> None:
    del ended
    client.recv(4096)
    client.sendall(b"003d" + b"1" * 40 + b" refs/heads")


def garbage(client: socket, ended: Event) -> None:
    del ended
    client.recv(4096)
    client.sendall(b"<html>\x1b[2J</html>\n" * 100)


def closes(client: socket, ended: Event) -> None:
    del ended
    client.recv(4096)


ENDED = "`git ls-remote` was not done after 1 s, and was ended"

TALKS = [
    case(__name__, "a git:// server that says nothing", ENDED, nothing, "git"),
    case(__name__, "a git:// server that says half, then nothing", ENDED, half, "git"),
    case(__name__, "an HTTP server that says nothing", ENDED, nothing, "http"),
    case(__name__, "a git:// server that dies half-way", "Could not read from remote repository.", dies, "git"),
    case(__name__, "a git:// server that closes at once", "make sure you have the correct access", closes, "git"),
    case(__name__, "a git:// server that says garbage", "bad line length character", garbage, "git"),
    case(__name__, "an HTTP server that closes at once", "Empty reply from server", closes, "http"),
]


@pytest.mark.parametrize(("talk", "scheme", "says"), TALKS)
def test_a_server_that_misbehaves_is_told(
    wave: Wave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, talk: Talk, scheme: str, says: str
) -> None:
    if says == ENDED:
        monkeypatch.setenv(VARIABLE, SOON)
    with listening(talk) as port:
        url = f"{scheme}://localhost:{port}/team.git"
        source = fetched(wave, url, tmp_path / "store")
    assert source.commit is None
    assert f"the remote 'team' cannot be read at {url}: " in source.problem
    assert says in source.problem
    assert "\x1b" not in source.problem
    if says == ENDED:
        assert f"Look whether `git ls-remote {url}` answers, and run again." in source.problem
        assert f"{VARIABLE}=3600" in source.problem


SITES = [
    case(__name__, "an HTTP server that answers 500", "error: 500", {"status": 500}),
    case(__name__, "an HTTP server that answers 404", "There is no repository at this URL", {"status": 404}),
    case(__name__, "an HTTP server that wants a password", "give them in the URL", {"login": "anna:b"}),
    case(__name__, "an HTTP server that redirects in a circle", "redirects", {"moved": "self"}),
    case(
        __name__,
        "an HTTP server that answers garbage",
        "bad line length character",
        {"garbage": b"\x1b[2J" * 9},
    ),
    case(__name__, "an HTTP server that cuts a pack off", "error: RPC failed", {"cut": 50}),
]


@pytest.mark.parametrize(("how", "says"), SITES)
def test_an_http_server_that_misbehaves_is_told(wave: Wave, tmp_path: Path, how: dict[str, str], says: str) -> None:
    with served(Site(tmp_path, **how)) as site:  # type: ignore[arg-type]
        site.moved = site.moved and site.url("").rstrip("/")
        source = fetched(wave, site.url("team.git"), tmp_path / "store")
    assert source.commit is None
    assert "'team'" in source.problem
    assert says in source.problem
    assert "\x1b" not in source.problem


@hostile("an HTTP server that sends no byte for a minute", "is left; `Not a byte came for a minute`")
def test_a_line_that_falls_silent_is_left(wave: Wave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert running.PINNED["http.lowSpeedTime"] == "60"
    monkeypatch.setitem(running.PINNED, "http.lowSpeedTime", SOON)
    with listening(nothing) as port:
        source = fetched(wave, f"http://localhost:{port}/team.git", tmp_path / "store")
    assert "Not a byte came for a minute." in source.problem


@hostile("an ssh that never comes back, with children of its own", "is ended with all of them, and told")
def test_all_that_git_started_is_ended(wave: Wave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "fifo")
    pids = tmp_path / "pids"
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(f"#!/bin/sh\ncat {tmp_path}/fifo & echo $$ $! > {pids}\nwait\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}{os.pathsep}{os.environ['PATH']}")
    for seconds in ("1", "8", "64"):  # however slow the machine is, the children are there when git is ended
        monkeypatch.setenv(VARIABLE, seconds)
        source = fetched(wave, "team.example:team.git", tmp_path / "store")
        if pids.exists():
            break
    assert f"`git ls-remote` was not done after {seconds} s, and was ended" in source.problem
    assert not any(runs(int(pid)) for pid in pids.read_text().split())


def runs(pid: int) -> bool:
    """Whether a process is there, and not only its exit code."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("seconds", ["ten", "0", "-1", "inf", "99999999"])
@hostile("a deadline for remotes that is no number of seconds", "is told with the variable's name")
def test_a_deadline_that_is_none_is_told(
    wave: Wave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: str
) -> None:
    monkeypatch.setenv(VARIABLE, seconds)
    source = fetched(wave, str(wave.origin), tmp_path / "store")
    assert f"{VARIABLE} is {seconds!r}, which is no number of seconds" in source.problem
