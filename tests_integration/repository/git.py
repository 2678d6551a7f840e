"""Runs git, in one scrubbed environment, with one kind of error."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import takewhile
from os import PathLike
from pathlib import Path
from typing import TypeVar, overload

from git import Git, Repo

from tests_integration.text import visible, without_password

PINNED = {
    "advice.detachedHead": "false",
    "commit.gpgSign": "false",
    "core.attributesFile": os.devnull,
    "core.autocrlf": "false",
    "core.excludesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "core.quotePath": "false",
    "credential.helper": "",
    "diff.algorithm": "myers",
    "diff.renames": "true",
    "fetch.unpackLimit": "1",
    "gc.auto": "0",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "60",
    "i18n.commitEncoding": "UTF-8",
    "init.defaultBranch": "main",
    "maintenance.auto": "false",
    "merge.conflictStyle": "merge",
    "merge.directoryRenames": "conflict",
    "merge.renameLimit": "7000",
    "merge.renames": "true",
    "merge.renormalize": "false",
    "protocol.allow": "never",
    "protocol.file.allow": "always",
    "protocol.git.allow": "always",
    "protocol.http.allow": "always",
    "protocol.https.allow": "always",
    "protocol.ssh.allow": "always",
    "user.useConfigOnly": "true",
}
"""Settings that change what git answers or runs, held at one value on every machine."""

SURROUNDINGS = {
    "GIT_ASKPASS": "",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": f"{os.devnull}/none",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=60 -oServerAliveInterval=15 -oServerAliveCountMax=4",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    "TZ": "UTC",
}


LONGEST = 30_000
"""Characters of paths that are put on a command line: one argument may have 128 KiB, all of them 2 MiB (execve(2))."""


ALLOWING = re.compile(r"To add an exception for this directory, call:\s+git config --global .*")
OWNED = "It belongs to another user. Run as its owner, or name a clone of your own: your git configuration is not read."
"""What git advises where a repository is another user's would change nothing here."""


class GitError(Exception):
    """A git command that failed.

    Attributes:
        command: as it was run.
        exit: git's exit code.
        output: what git said, without passwords.
    """

    def __init__(self, command: tuple[str, ...], code: int, output: str) -> None:
        self.command = command
        self.exit = code
        self.output = visible(without_password(ALLOWING.sub(OWNED, output.strip())))
        super().__init__(f"`{without_password(' '.join(command))}` exited {code}: {self.output}")


@contextmanager
def scrubbed_environment() -> Iterator[None]:
    """Take every `GIT_*` variable of the caller out of this process's environment, pin git's settings, put all back.

    GitPython starts its processes with `os.environ`, so this is the one place where nothing can be forgotten.
    """
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]
    os.environ.update(SURROUNDINGS)
    os.environ["GIT_CONFIG_COUNT"] = str(len(PINNED))
    for n, (key, value) in enumerate(PINNED.items()):
        os.environ[f"GIT_CONFIG_KEY_{n}"] = key
        os.environ[f"GIT_CONFIG_VALUE_{n}"] = value
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def git_version() -> str:
    """What `git version` prints; the git that the PATH leads to is asked once, as long as its file stays as it is."""
    found = shutil.which("git")
    seen = Path(found).stat() if found else None
    return _asked_for_version(found, seen and (seen.st_ino, seen.st_size, seen.st_mtime_ns))


@cache
def _asked_for_version(_found: str | None, _seen: tuple[int, ...] | None) -> str:
    return str(Git().execute(("git", "version")))


def git_numbers() -> tuple[int, ...]:
    """The numbers of git's version, such as 2, 39 and 5."""
    return tuple(map(int, takewhile(str.isdigit, git_version().split()[2].split("."))))


Kind = TypeVar("Kind", bound=Repo)


@overload
def opened(folder: Path) -> Repo: ...
@overload
def opened(folder: Path, kind: type[Kind]) -> Kind: ...
def opened(folder: Path, kind: type[Repo] = Repo) -> Repo:
    """The repository in this folder, as this kind of `Repo`; close it after use.

    GitPython would expand `$NAME` and `~` in the folder that git is run in, unless it is given as a `Path`.
    """
    repo = kind(folder, expand_vars=False)
    _run_there(repo)
    return repo


def reopen(repo: Repo) -> None:
    """Let a repository be the one that its folder, a link, leads to now."""
    repo.close()
    Repo.__init__(repo, repo.git_dir, expand_vars=False)
    _run_there(repo)


def _run_there(repo: Repo) -> None:
    repo.git = Git(Path(repo.working_dir))
    repo.git.update_environment(**not_around(repo.working_dir))


def not_around(folder: str | PathLike[str]) -> dict[str, str]:
    """Variables with which git, run in a folder that is no repository any more, takes none that is around it (git(1)).

    The store lies in the user's own repository, and may be removed while a run goes on.
    """
    return {"GIT_CEILING_DIRECTORIES": str(Path(folder).resolve().parent)}


def new_repository(folder: Path, *, bare: bool = False, ids: str = "sha1") -> Repo:
    """Make a repository, as `opened`; GitPython's own `init` would expand `$NAME` in the folder's path.

    Args:
        folder: where.
        bare: without a work tree.
        ids: object format, `sha1` or `sha256`.
    """
    options = ("--quiet", f"--object-format={ids}", *(("--bare",) if bare else ()))
    Git().execute(("git", "init", *options, "--", str(folder)))
    return opened(folder)


def borrow(repo: Repo, store: Repo) -> None:
    """Let a repository find what a store has (gitrepository-layout(5), `objects/info/alternates`)."""
    alternates = Path(repo.git_dir, "objects", "info", "alternates")
    alternates.write_text(f"{Path(store.git_dir).absolute() / 'objects'}\n", encoding="utf-8")


def git(
    repo: Repo, *arguments: str, stdin: bytes = b"", ok: tuple[int, ...] = (0,), env: Mapping[str, str] | None = None
) -> bytes:
    """What `git ARGUMENTS` prints in this repository.

    Args:
        repo: where git runs.
        arguments: names that come from outside follow `--` or are full refs or ids.
        stdin: fed to git.
        ok: exit codes that are answers.
        env: further variables.

    Raises:
        GitError: any other exit code.
    """
    return answer(repo, *arguments, stdin=stdin, ok=ok, env=env)[1]


def answer(
    repo: Repo, *arguments: str, stdin: bytes = b"", ok: tuple[int, ...] = (0,), env: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """Exit code and output of `git ARGUMENTS`; see `git`."""
    command = ("git", *arguments)
    with tempfile.TemporaryFile() as stream:
        stream.write(stdin)
        stream.seek(0)
        code, out, err = repo.git.execute(
            command,
            istream=stream,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            env=dict(env or {}),
        )
    if code not in ok:
        raise GitError(command, code, _text(err) or _text(out))
    return code, out if isinstance(out, bytes) else out.encode()


def few(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths, to limit a git command to; none, so that it tells of all, where no command line can hold them."""
    paths = tuple(paths)
    return paths if sum(map(len, paths)) <= LONGEST else ()


def _text(output: str | bytes) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output
