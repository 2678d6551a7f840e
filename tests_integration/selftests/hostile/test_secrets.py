"""Passwords and tokens in URLs: used, and found nowhere by anybody who looks."""

import base64
import html
import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from git import Repo

from tests_integration.engine.sources import Remotes, look_up
from tests_integration.plan.load import load
from tests_integration.plan.mistakes import PlanRejectedError
from tests_integration.plan.parts import Remote
from tests_integration.repository.git import GitError, scrubbed_environment
from tests_integration.repository.store import heads, open_store
from tests_integration.selftests.hostile.serving import Site, served
from tests_integration.selftests.hostile.told import case, hostile
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.waves import Wave, git
from tests_integration.url import entrance, without_secrets

USER = "anna"
PASSWORD = 'S3cr"et/wörd <&>\\x:y@z'  # noqa: S105 - the secret of a selftest
WRONG = 'Wr0ng"one/wörd <&>\\x:y@z'
TOKEN = "t0ken-that-nobody-may-see"  # noqa: S105 - the same


def forms(secret: str) -> dict[str, str]:
    """Ways in which a password could be written down."""
    return {
        "as it is": secret,
        "percent-encoded": quote(secret, safe=""),
        "percent-encoded in small letters": quote(secret, safe="").lower(),
        "as a form's value": quote_plus(secret),
        "base64 with the user": base64.b64encode(f"{USER}:{secret}".encode()).decode(),
        "base64": base64.b64encode(secret.encode()).decode().rstrip("="),
        "base64 for URLs": base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
        "hexadecimal": secret.encode().hex(),
        "JSON": json.dumps(secret)[1:-1],
        "JSON in UTF-8": json.dumps(secret, ensure_ascii=False)[1:-1],
        "HTML": html.escape(secret),
        "a Python literal": repr(secret)[1:-1],
        "a word of a shell": shlex.quote(secret)[1:-1],
        "backwards": secret[::-1],
    }


def found(secrets: Iterable[str], texts: dict[str, bytes]) -> list[tuple[str, str]]:
    """Where a secret stands, and in which form."""
    return [
        (where, form)
        for secret in secrets
        for form, written in forms(secret).items()
        for where, text in texts.items()
        if written.encode() in text or written.encode("utf-16-le") in text
    ]


def texts(folder: Path) -> dict[str, bytes]:
    """All that a run has left: its files, and what the repositories hold unpacked; not the plans that it was given."""
    files = {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    given = {str(file) for file in (folder / "plans").glob("*.yaml")}
    stores = [file.parent for file in folder.rglob("HEAD") if (file.parent / "objects").is_dir()]
    objects = {str(store): unpacked(store) for store in stores}
    return {name: text for name, text in files.items() if name not in given} | objects


def unpacked(store: Path) -> bytes:
    """All objects of a repository."""
    command = ["git", "cat-file", "--batch-all-objects", "--batch"]
    return subprocess.run(command, cwd=store, stdout=subprocess.PIPE, check=True).stdout


@pytest.fixture
def command_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which git writes down all commands that it starts and is started with (trace2)."""
    traces = tmp_path / "traces"
    traces.mkdir()
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(
        f'#!/bin/sh\nexport GIT_TRACE_REDACT=0 GIT_TRACE2_EVENT={traces}\nexec {shutil.which("git")} "$@"\n'
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}")
    return traces


@pytest.fixture
def site(stacked: Wave) -> Iterator[Site]:
    """Serves the wave's remote to those who know user and password."""
    git(stacked.origin, "config", "http.receivepack", "true")
    with served(Site(stacked.folder, f"{USER}:{PASSWORD}")) as site:
        yield site


def login(password: str = PASSWORD) -> str:
    """User and password as they stand in a URL."""
    return f"{USER}:{quote(password, safe='')}"


def said(traces: Path) -> dict[str, bytes]:
    """Command lines as git wrote them down, with JSON's own escapes taken away."""
    lines = [json.loads(line) for file in traces.iterdir() for line in file.read_text(errors="replace").splitlines()]
    commands = [json.dumps(line.get("argv", []), ensure_ascii=False) for line in lines]
    assert any("git-remote-http" in command or "remote-http" in command for command in commands)
    return {"command lines of git": "\n".join(commands).encode()}


@hostile(
    "a password in a URL that is fetched from and published to, with a note",
    "is used, and found in no form in any file, output or command line; the run is green",
)
def test_a_password_is_used_and_told_nowhere(stacked: Wave, site: Site, command_lines: Path) -> None:
    stacked.document["remotes"]["origin"] = site.url("origin.git", login())
    stacked.document["publish"]["notes"] = True
    stacked.document["build"] = [{"run": "env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' ' ' || true"}]
    done = run(stacked.folder, "--plan", str(stacked.write()), "-ra", "-vv", "--showlocals")
    assert done.exit == 0, done.output
    assert f"{USER}:{PASSWORD}" in site.logins
    everywhere = {
        "the terminal": done.output.encode(),
        "processes": b"\n".join(site.command_lines),
        **said(command_lines),
        **texts(stacked.folder),
    }
    assert any(name.endswith("record.json") for name in everywhere)
    assert found([PASSWORD], everywhere) == []


@hostile(
    "a wrong password, a repository that is not there, a token that is not known, and a URL where no URL belongs",
    "is told with what to do, and the secret in no form",
)
def test_a_run_that_fails_tells_no_password(stacked: Wave, site: Site, command_lines: Path) -> None:
    wrong = site.url("origin.git", login(WRONG))
    for name, url in {
        "wrong": wrong,
        "gone": site.url("gone.git", login()),
        "token": site.url("origin.git", TOKEN),
    }.items():
        stacked.document["remotes"] = {"origin": url}
        stacked.write(name)
    stacked.document |= {"base": f"{wrong}/main", "metadata": {"file": wrong}, "publish": {"remote": wrong}}
    stacked.write("misplaced")
    done = run(stacked.folder, "--plan", "plans", "-ra", "--showlocals", "--full-trace")
    assert done.exit == 1, done.output
    assert "does not take the user and password or token" in done.output
    assert "There is no repository at this URL, or it is not shown to this user." in done.output
    assert "base: is a URL; here goes remote/branch, and the URL under `remotes`" in done.output
    assert f"'http://localhost:{site.port}/origin.git' is not among the remotes of this plan" in done.output
    assert f"{TOKEN}:" in site.logins
    everywhere = {
        "the terminal": done.output.encode(),
        "processes": b"\n".join(site.command_lines),
        **said(command_lines),
        **texts(stacked.folder),
    }
    assert found([PASSWORD, WRONG, TOKEN], everywhere) == []


@hostile("a redirect to another server", "is followed, and user and password stay behind")
def test_a_password_does_not_follow_a_redirect(stacked: Wave, tmp_path: Path) -> None:
    with redirected(stacked, tmp_path / "store") as (store, site, other):
        assert heads(store, site.url("origin.git", login()))["main"]
        other.login = "someone:else"
        with pytest.raises(GitError, match="The remote wants a user and a password") as refused:
            heads(store, site.url("origin.git", login()))
    assert set(other.logins) == {""}
    assert found([PASSWORD], {"error": str(refused.value).encode()}) == []


@hostile("a server that asks for the password first, and then redirects", "gets the password, and no other server does")
def test_a_password_that_was_given_does_not_follow_a_redirect(stacked: Wave, tmp_path: Path) -> None:
    with redirected(stacked, tmp_path / "store") as (store, site, other):
        site.asks_first = True
        with pytest.raises(GitError, match="The requested URL returned error: 302"):
            heads(store, site.url("origin.git", login()))
    assert f"{USER}:{PASSWORD}" in site.logins
    assert set(other.logins) == {""}


@contextmanager
def redirected(wave: Wave, folder: Path) -> Iterator[tuple[Repo, Site, Site]]:
    """A store, a server that wants a password and redirects, and the other one that it redirects to."""
    with served(Site(wave.folder)) as other:
        moved = other.url("", host="127.0.0.1").rstrip("/")
        with (
            served(Site(wave.folder, f"{USER}:{PASSWORD}", moved)) as site,
            scrubbed_environment(),
            open_store(folder) as store,
        ):
            yield store, site, other


REFUSED = [
    case(__name__, "a password in an ssh URL", "that ssh:// does not take", f"ssh://{USER}:{TOKEN}@example.org/x"),
    case(__name__, "a password in a git:// URL", "that git:// does not take", f"git://{USER}:{TOKEN}@example.org/x"),
    case(__name__, "a password in a file URL", "file:// has none of", f"file://{USER}:{TOKEN}@example.org/x"),
    case(__name__, "a password in host:path", "without a scheme", f"{USER}:{TOKEN}@example.org/x"),
    case(__name__, "a token in the query of a URL", "holds a query", f"https://example.org/x?private_token={TOKEN}"),
    case(__name__, "a '/' in a password as it is", "write '/' as %2F", f"https://{USER}:a/{TOKEN}@example.org/x"),
    case(__name__, "a '#' in a password as it is", "write '/' as %2F", f"https://{USER}:a#{TOKEN}@example.org/x"),
]


@pytest.mark.parametrize(("url", "says"), REFUSED)
def test_a_secret_that_could_not_be_kept_is_refused(wave: Wave, url: str, says: str) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    git(wave.work, "config", "remote.team.url", url)
    wave.document["repository"] = "../work"
    wave.document["branches"][0]["from"] = "team/effort/E1"
    with scrubbed_environment(), open_store(wave.folder / "store") as store:
        problem = look_up(load(wave.write()), store)["E1"].problem
    wave.document["remotes"]["team"] = url
    with pytest.raises(PlanRejectedError) as rejected:
        load(wave.write())
    for told in (problem, str(rejected.value)):
        assert says in told
        assert TOKEN not in told


def test_a_plan_shows_no_secret_in_a_traceback() -> None:
    remote = Remote.model_validate({"url": f"https://{TOKEN}@example.org/x"})
    assert TOKEN in str(remote.url)
    assert repr(remote) == "Remote(url='https://example.org/x', path=None, create_from=None)"
    assert TOKEN not in repr(entrance(str(remote.url)))


HEADER = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


def test_secrets_of_plan_and_clone_are_masked_in_what_commands_print(stacked: Wave) -> None:
    stacked.document["remotes"]["team"] = f"https://{login()}@example.org/x"
    stacked.document["repository"] = "../work"
    git(stacked.work, "config", "remote.other.url", f"https://{TOKEN}@example.org/x")
    git(
        stacked.work,
        "config",
        f"url.https://oauth2:{quote(WRONG, safe='')}@example.org/.insteadOf",
        "https://example.org/",
    )
    git(stacked.work, "config", "http.https://github.com/.extraheader", f"AUTHORIZATION: basic {HEADER}")
    with scrubbed_environment(), open_store(stacked.folder / "store") as store:
        told = Remotes(load(stacked.write()), store).secrets()
    lines = [*forms(PASSWORD).values(), TOKEN, HEADER, f"https://{login()}@example.org/x", "anna was here"]
    masked = without_secrets("\n".join(lines).encode(), told)
    assert masked.endswith(b"https://example.org/x\nanna was here")
    assert TOKEN in told
    assert quote(WRONG, safe="") in told
    assert HEADER.encode() not in masked
    assert {form for _, form in found([PASSWORD, TOKEN], {"log": masked})} == {"hexadecimal", "backwards"}


def test_a_plan_without_secrets_masks_nothing(stacked: Wave) -> None:
    with scrubbed_environment(), open_store(stacked.folder / "store") as store:
        told = Remotes(load(stacked.write()), store).secrets()
    assert told == frozenset()
    assert without_secrets(b"all is \xff well\n", told) == b"all is \xff well\n"
