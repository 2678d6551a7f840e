"""URLs that would run something, or that cannot be what they seem: refused, in the plan and in a clone's config."""

import copy
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests_integration.engine.sources import look_up
from tests_integration.plan.load import load
from tests_integration.plan.mistakes import PlanRejectedError
from tests_integration.plan.parts import Remote
from tests_integration.repository.git import GitError, scrubbed_environment
from tests_integration.repository.store import heads, open_store
from tests_integration.selftests.hostile.told import case, hostile
from tests_integration.selftests.waves import Wave, git
from tests_integration.url import refusal

OWN = "would have git run a program of its own for it"
OPTION = "begins with '-', which git would take for an option"
CONTROL = "holds control characters or a line break"
SCHEME = "has a scheme that is not taken; remotes are paths, bundles, host:path, and URLs of https, http"
HOST = "names no host that ssh could be given"
UNTOLD = "names no host that can be told from what is around it"

URLS = [
    case(__name__, "a remote `ext::COMMAND`", OWN, "ext::sh -c touch% RAN"),
    case(__name__, "a remote `fd::17`", OWN, "fd::17/x"),
    case(__name__, "a remote `NAME::` with a `git-remote-NAME` on the PATH", OWN, "evil::x"),
    case(__name__, "a remote `http::`, by which git takes a URL past its scheme", OWN, "http::http://127.0.0.1:1/x"),
    case(__name__, "a scheme with a program of its own on the PATH", SCHEME, "evil://host/x"),
    case(__name__, "a scheme that git does not know", SCHEME, "gopher://example.org/x"),
    case(__name__, "a scheme in capitals", SCHEME, "HTTPS://example.org/x"),
    case(__name__, "a URL that begins with an option of git", OPTION, "--upload-pack=touch RAN"),
    case(__name__, "a URL that begins with a short option of git", OPTION, "-u touch RAN"),
    case(__name__, "an ssh URL whose host is an option", UNTOLD, "ssh://-oProxyCommand=touch RAN/x"),
    case(__name__, "an ssh URL whose host is an option, percent-encoded", UNTOLD, "ssh://%2DoProxyCommand=touch RAN/x"),
    case(__name__, "an ssh host, as host:path, that is an option", HOST, "git@-oProxyCommand=touch RAN:x"),
    case(__name__, "an ssh host with a command in it", HOST, "host`touch RAN`:x"),
    case(
        __name__, "an ssh user with a command in it", "holds a user that ssh could take", "ssh://$(touch%20RAN)@host/x"
    ),
    case(__name__, "a URL with a line break", CONTROL, "https://example.org/a\nhost=evil.example"),
    case(__name__, "a URL with a line break as %0a", CONTROL, "https://example.org%0ahost=evil.example/x"),
    case(__name__, "a URL with an escape character", CONTROL, "https://example.org/\x1b[2J"),
    case(__name__, "a URL that reads from right to left", CONTROL, "https://example.org/\u202egpj.git"),
    case(__name__, "a URL without a host", UNTOLD, "https:///x"),
    case(__name__, "a URL with a backslash before its host", UNTOLD, "https://example.org\\@evil.example/x"),
    case(__name__, "a port that is none", UNTOLD, "https://example.org:-x/x"),
    case(__name__, "`file:` with one slash, which git takes for a host", "a host named 'file'", "file:/srv/x.git"),
    case(__name__, "`file://` with a host", "file:// has none of", "file://example.org/srv/x.git"),
]


@pytest.fixture
def hostile_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that git and its commands are started in, with a remote helper of a stranger on the PATH."""
    helper = tmp_path / "bin" / "git-remote-evil"
    helper.parent.mkdir()
    helper.write_text(f"#!/bin/sh\ntouch {tmp_path}/RAN\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{helper.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Wave:
    """A wave of one branch."""
    wave = Wave(tmp_path_factory.mktemp("urls") / "wave")
    wave.branch("E1", {"one.txt": "one\n"})
    return wave


@pytest.fixture
def wave(settled: Wave) -> Iterator[Wave]:
    """The same, whose plan each test may change."""
    document = settled.document
    settled.document = copy.deepcopy(document)
    yield settled
    settled.document = document


@pytest.mark.parametrize(("url", "says"), URLS)
def test_a_url_that_is_not_taken_is_a_mistake_of_the_plan(wave: Wave, hostile_path: Path, url: str, says: str) -> None:
    wave.document["remotes"]["team"] = url
    with pytest.raises(PlanRejectedError) as rejected:
        load(wave.write())
    (mistake,) = rejected.value.mistakes
    assert says in mistake.text
    assert (mistake.mark.line, mistake.mark.column, mistake.path) == (6, 9, "remotes.team.url")
    assert not list(hostile_path.rglob("*RAN*"))


@pytest.mark.parametrize(("url", "says"), URLS)
def test_a_url_that_is_not_taken_is_not_used_from_a_clone(wave: Wave, hostile_path: Path, url: str, says: str) -> None:
    git(wave.work, "config", "remote.team.url", url)
    wave.document["repository"] = "../work"
    wave.document["branches"][0]["from"] = "team/effort/E1"
    plan = load(wave.write())
    with scrubbed_environment(), open_store(hostile_path / "store") as store:
        source = look_up(plan, store)["E1"]
        assert source.problem.startswith("the remote 'team' leads nowhere: its URL ")
        assert says in source.problem
        with pytest.raises(GitError, match="its URL "):
            heads(store, url)
    assert source.url == ""
    assert not list(hostile_path.rglob("*RAN*"))


@hostile("a URL in place of the plan's own clone", "is a mistake of the plan; only a path may stand there")
def test_a_clone_is_a_path(wave: Wave) -> None:
    wave.document["repository"] = "https://anna:s3cret@example.org/x.git"
    wave.document["remotes"]["team"] = {"path": "file:///srv/x.git"}
    with pytest.raises(PlanRejectedError) as rejected:
        load(wave.write())
    told = str(rejected.value)
    assert told.count("is a URL; here goes the path of a repository on this machine") == 2
    assert "s3cret" not in told


@pytest.mark.parametrize(
    "url",
    [
        "../a  b/team.git",
        "/srv/team.git",
        "./-x",
        "file:///srv/team.git",
        "https://example.org/team.git",
        "https://anna:s3%2Fcret@example.org:8443/team.git",
        "http://[::1]:8080/team.git",
        "git://example.org/team.git",
        "ssh://git@example.org:22/~anna/team.git",
        "git@example.org:team/wave.git",
        "example.org:/srv/a@b.git",
        "[::1]:wave.git",
        "https://münchen.example/team.git",
    ],
)
def test_a_sound_url_is_taken_as_it_is(url: str) -> None:
    assert refusal(url) == ""
    assert Remote.model_validate({"url": url}).url == url
