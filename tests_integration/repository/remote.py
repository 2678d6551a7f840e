"""Speaks to remotes: the one place where git is started to do so, with an end to waiting and no secret told."""

import os
import re
import subprocess
import tempfile
from contextlib import suppress
from functools import partial
from typing import IO

import psutil
from git import Repo

from tests_integration.repository.git import GitError, not_around
from tests_integration.repository.retries import retries_of
from tests_integration.text import visible, without_password
from tests_integration.url import Entrance, Url, entrance, is_path, refusal

VARIABLE = "WAVEPROOF_REMOTE_SECONDS"
SECONDS = 600
"""How long one git command may speak to a remote; the environment of a machine behind a slow line may say more."""

HELPER = r"""!f() { test "$1" != get || printf 'username=%s\npassword=%s\n' "$REMOTE_USER" "$REMOTE_PASSWORD"; }; f"""
"""Tells git user and password of a URL (gitcredentials(7)); they are in no command line, only in git's environment."""

SHALLOW = "shallow roots are not allowed"
"""What git warns of where it leaves a branch out, and ends as if all were well."""

PARTIAL = "from promisor remote"
"""What git says of an object that a partial clone left where it was cloned from."""

ADVICE = {
    "terminal prompts disabled": "The remote wants a user and a password or token, and has none: give them in the URL"
    " (https://USER:TOKEN@host/path), or in ~/.netrc.",
    "Authentication failed": "The remote does not take the user and password or token that it was given; look whether"
    " they are still valid.",
    "error: 403": "This user may read there, but not write.",
    "not found": "There is no repository at this URL, or it is not shown to this user.",
    "not appear to be a git repository": "There is neither a repository nor a bundle at this path.",
    "invalid gitfile format": "This file is no bundle (git-bundle(1)), or only the torn beginning of one.",
    "mismatched algorithms": "The remote names objects by SHA-256; this suite integrates repositories of SHA-1.",
    SHALLOW: "The remote is a shallow clone: it lacks the history that merging needs. Complete it there with `git fetch"
    " --unshallow`, or name the repository that it was cloned from.",
    "lacks these prerequisite": "The bundle holds only what came after these commits. Make it with the whole history:"
    " `git bundle create FILE --branches`.",
    PARTIAL: "The remote is a partial clone (`git clone --filter`): it lacks files that merging needs, and git fetches"
    " none of them in passing. Complete it there: `git fetch --refetch --no-filter origin 'refs/*:refs/whole/*'`; or"
    " name the repository that it was cloned from.",
    "corruption on the remote side": "The remote is damaged: `git fsck` there tells what is missing.",
    "not our ref": "The remote names a commit that it does not have, or has just lost: `git fsck` there tells more.",
    "did not send all": "The remote or bundle names a commit that it does not hold: it is damaged, or lies.",
    "early EOF": "What came was cut off. Run again; of a bundle, make it again.",
    "Operation too slow": "Not a byte came for a minute. Look whether the remote is well, and run again.",
}
"""What to do about what git says."""


def require_sound(url: str) -> None:
    """Let no URL near git that could run something, or that cannot be kept from being shown.

    Raises:
        GitError: the URL is none that is taken.
    """
    if reason := refusal(url):
        raise GitError(("git", "ls-remote"), 128, f"its URL {reason}")


def speak(store: Repo, verb: tuple[str, ...], url: str, *names: str, stdin: bytes = b"") -> bytes:
    """What `git VERB -- URL NAMES` prints, ended with all that it started where it takes too long.

    What network or machine fail in passing is done again, as often as the store says.

    Args:
        store: where git runs.
        verb: what is done, with its options.
        url: of the remote; its user part is kept from every command line.
        names: refs and refspecs.
        stdin: fed to git.

    Raises:
        GitError: the URL is not taken, git fails, or does not end in time.
    """
    require_sound(url)
    to = entrance(Url(url))
    what = f"`git {verb[0]}` of {without_password(to.url)}"
    return retries_of(store).of(what, partial(_spoken, store, verb, to, names, stdin), remote=not is_path(url))


def _spoken(store: Repo, verb: tuple[str, ...], to: Entrance, names: tuple[str, ...], stdin: bytes) -> bytes:
    """The same, once."""
    command = ("git", *verb, "--", to.url, *names)
    seconds = _patience()
    with tempfile.TemporaryFile() as fed, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        fed.write(stdin)
        fed.seek(0)
        code = _ended(store, command, to, seconds, (fed, out, err))
        said = _read(err).decode(errors="replace")
        if code is None:
            raise GitError(command, 128, _too_late(verb[0], to.url, seconds, said))
        if code or SHALLOW in said:
            raise GitError(command, code, _advised(said))
        return _read(out)


def _ended(
    store: Repo, command: tuple[str, ...], to: Entrance, seconds: int, streams: tuple[IO[bytes], IO[bytes], IO[bytes]]
) -> int | None:
    """Git's exit code; None where it was ended. Output goes to files: what git leaves behind keeps no pipe open."""
    fed, out, err = streams
    environment = _environment(to) | not_around(store.git_dir)
    process = subprocess.Popen(command, cwd=store.git_dir, env=environment, stdin=fed, stdout=out, stderr=err)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and all that it has started: ssh, git-remote-https, what a local remote runs."""
    family = psutil.Process(process.pid)
    for one in (*family.children(recursive=True), family):
        with suppress(psutil.NoSuchProcess):
            one.kill()
    process.wait()


def _environment(to: Entrance) -> dict[str, str]:
    if not to.scope:
        return {**os.environ}
    count = int(os.environ.get("GIT_CONFIG_COUNT", "0"))
    return {
        **os.environ,
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": f"credential.{to.scope}.helper",
        f"GIT_CONFIG_VALUE_{count}": HELPER,
        "REMOTE_USER": to.user,
        "REMOTE_PASSWORD": to.password,
    }


def _patience() -> int:
    said = os.environ.get(VARIABLE, "") or str(SECONDS)
    if not re.fullmatch("[1-9][0-9]{0,6}", said):
        raise GitError(("git",), 128, f"{VARIABLE} is {said!r}, which is no number of seconds")
    return int(said)


def _too_late(verb: str, url: str, seconds: int, said: str) -> str:
    so_far = f" So far it had said: {visible(said.strip())}" if said.strip() else ""
    return (
        f"`git {verb}` was not done after {seconds} s, and was ended; the remote has stopped answering, or is very"
        f" slow.{so_far}\nLook whether `git ls-remote {url}` answers, and run again. If it only is slow, give it more"
        f" seconds: {VARIABLE}=3600"
    )


def _advised(said: str) -> str:
    advice = [ADVICE[PARTIAL]] if PARTIAL in said else [text for symptom, text in ADVICE.items() if symptom in said]
    return "\n".join([said.strip(), *advice])


def _read(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    return stream.read()
