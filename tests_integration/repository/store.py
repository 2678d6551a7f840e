"""The suite's own bare store, and what it asks of remotes and of the user's clone."""

import glob
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from shutil import rmtree

from git import Repo

from tests_integration.files import held
from tests_integration.refs import HEADS, is_request, ref_of_branch
from tests_integration.repository import generations
from tests_integration.repository.damage import WITHOUT_GRAPH, is_store, make_afresh
from tests_integration.repository.git import GitError, answer, git, new_repository, opened, reopen
from tests_integration.repository.remote import require_sound, speak
from tests_integration.repository.retries import Patient
from tests_integration.url import Url, refusal

FETCHING = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")

FROM = re.compile(r"^([^\t\n]+)\t([^\n]*) \(fetch\)(?: \[[^\n]*\])?$", re.MULTILINE)
"""A line of `git remote --verbose`; of a partial clone, it ends with the filter."""

PATIENCE = 600
"""Seconds to wait for another plan that makes the same repository."""


class Store(Patient):
    """A bare store of the suite's own.

    Attributes:
        shared: folder of its generations, where plans share it.
        held: what keeps the one in use from being removed.
    """

    shared: Path | None = None
    held: ExitStack

    def make_afresh(self) -> None:
        """Go on with an empty store; who else uses what is there now keeps that.

        Raises:
            OSError: there can be none.
        """
        self.git.clear_cache()
        folder = Path(self.git_dir)
        if self.shared is None:
            make_afresh(folder)
        else:
            _use(folder, self.shared, self.held, after=generations.number(folder.resolve()))
            reopen(self)


@contextmanager
def open_store(folder: Path, shared: Path | None = None) -> Iterator[Store]:
    """The bare store in this folder, made where none is there that git takes for one.

    Args:
        folder: of the store; where it is shared, a link that leads to the newest generation.
        shared: folder of the generations of a store that plans share; without it the store is nobody else's.
    """
    with ExitStack() as held:
        if shared:
            _use(folder, shared, held)
        elif not is_store(folder):
            make_afresh(folder)
        store = opened(folder, Store)
        held.callback(store.close)
        store.shared, store.held = shared, held
        yield store


def _use(folder: Path, shared: Path, held: ExitStack, after: int = 0) -> None:
    generations.lead(folder, held.enter_context(generations.newest(shared, after)))


def create_bare(path: Path, origin: Path) -> None:
    """Make a bare repository with every branch of another repository or bundle; it appears whole or not at all.

    What a run that died has left half-made beside it is removed.

    Raises:
        GitError: the origin cannot be read.
        OSError: the folder cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with held(path.parent, PATIENCE):
        for left in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 32}"):
            rmtree(left, ignore_errors=True)
        if not path.exists():
            _create_bare(path, origin)


def _create_bare(path: Path, origin: Path) -> None:
    folder = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        folder.mkdir()
        with new_repository(folder, bare=True) as made:
            speak(made, ("fetch", *FETCHING), str(origin), "+refs/heads/*:refs/heads/*")
        folder.rename(path)
    finally:
        rmtree(folder, ignore_errors=True)


def heads(store: Repo, url: str, requests: Iterable[str] = ()) -> dict[str, str]:
    """Branches of a remote and their tips (git-ls-remote(1)).

    Args:
        store: where git runs.
        url: of the remote.
        requests: pull and merge requests that are asked for as well, as `#123` and `!123`; no branch is called so.

    Raises:
        GitError: the remote cannot be reached or is no repository.
    """
    asked = {ref_of_branch(request): request for request in requests}
    narrow = () if asked else ("--heads",)  # most servers have far more requests than branches
    said = speak(store, ("ls-remote", *narrow), url, *(["refs/heads/*", *asked] if asked else []))
    rows = (line.split("\t", 1) for line in said.decode(errors="surrogateescape").split("\n")[:-1])
    tips = {ref: commit for commit, ref in rows}
    branches = {ref.removeprefix(HEADS): commit for ref, commit in tips.items() if ref.startswith(HEADS)}
    found = {request: tips[ref] for ref, request in asked.items() if ref in tips}
    return {name: commit for name, commit in branches.items() if not is_request(name)} | found


def fetch_branches(store: Repo, url: str, refs: Mapping[str, str]) -> None:
    """Fetch branches of a remote, and nothing else, over one connection.

    Args:
        store: where they land.
        url: of the remote.
        refs: of the store, and the branch (or pull or merge request) that each is to have.

    Raises:
        GitError: the remote cannot be reached, or has no such branch.
    """
    refspecs = "".join(f"+{ref_of_branch(branch)}:{ref}\n" for ref, branch in refs.items())
    speak(store, ("fetch", *FETCHING, "--stdin"), url, stdin=refspecs.encode(errors="surrogateescape"))


def fetch_all_branches(store: Repo, url: str, folder: str) -> None:
    """Fetch every branch of a remote that has some, to refs below `folder`.

    Raises:
        GitError: the remote cannot be reached.
    """
    speak(store, ("fetch", *FETCHING), url, f"+refs/heads/*:{folder}/*")


def fetch_commit(store: Repo, url: str, commit: str, ref: str) -> None:
    """Fetch a commit by its id, to a ref of the store.

    Raises:
        GitError: the remote cannot be reached, has no such commit, or gives out branches only.
    """
    speak(store, ("fetch", *FETCHING), url, f"+{commit}:{ref}")


def tips_below(store: Repo, folder: str) -> dict[str, str]:
    """The refs below a folder of refs, and the commit that each is at."""
    rows = git(store, "for-each-ref", "--format=%(objectname) %(refname)", f"{folder}/").decode().splitlines()
    return {ref: commit for commit, _, ref in (row.partition(" ") for row in rows)}


def whole(store: Repo, commits: Iterable[str]) -> frozenset[str]:
    """Those of the commits that the store has with all that they lead to; all or none of those that are there at all.

    Whatever refs lead to is whole (git-fetch(1) sees to it before it writes them), so only what is beyond is looked at.
    """
    lines = "".join(f"{commit}\n" for commit in commits).encode()
    rows = git(store, "cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=lines).decode().splitlines()
    there = [commit for commit, _, kind in (row.partition(" ") for row in rows) if kind == "commit"]
    if not there:
        return frozenset()
    beyond = ("--objects", "--quiet", "--stdin", "--not", "--all")
    code, _ = answer(store, *WITHOUT_GRAPH, "rev-list", *beyond, stdin="\n".join(there).encode(), ok=(0, 1, 128))
    return frozenset() if code else frozenset(there)


def set_refs(store: Repo, refs: Mapping[str, str]) -> None:
    """Let each ref be at a commit, all at once."""
    if refs:
        lines = "".join(f"update {ref} {commit}\n" for ref, commit in refs.items())
        git(store, "update-ref", "--stdin", stdin=lines.encode())


def forget_refs(store: Repo, refs: Iterable[str]) -> None:
    """Remove refs; where a lock that another run has left is in the way, they stay until nobody uses the store."""
    if lines := "".join(f"delete {ref}\n" for ref in refs):
        with suppress(GitError):
            git(store, "update-ref", "--stdin", stdin=lines.encode())


def write_graph(store: Repo) -> None:
    """Let git find merge bases quickly (git-commit-graph(1)); without it the answers are the same, and come later."""
    with suppress(GitError):  # another plan does so at the same time
        git(store, "commit-graph", "write", "--reachable", "--split", "--no-progress")


def clone_names(store: Repo, clone: Path) -> frozenset[str]:
    """Names of the remotes that a local clone has.

    Raises:
        GitError: there is no clone.
    """
    return frozenset(git(store, "-C", str(clone), "remote").decode().split())


def clone_urls(store: Repo, clone: Path) -> dict[str, Url]:
    """Where the remotes of a local clone are fetched from; those that are not taken are left to `clone_url`.

    Raises:
        GitError: there is no clone.
    """
    said = git(store, "-C", str(clone), "remote", "--verbose").decode(errors="surrogateescape")
    return {name: Url(url) for name, url in reversed(FROM.findall(said)) if not refusal(url)}


def clone_config(store: Repo, clone: Path) -> str:
    """The config of a local clone (git-config(1), `--list --null`), with the secrets that people keep in it.

    Raises:
        GitError: there is no clone.
    """
    return git(store, "-C", str(clone), "config", "--list", "--null", "--local").decode(errors="replace")


def clone_url(store: Repo, clone: Path, name: str, *, push: bool) -> Url:
    """Where a remote of a local clone is fetched from or pushed to (git-remote(1)).

    Raises:
        GitError: the clone has no such remote, or its URL is none that is taken.
    """
    direction = ("--push",) if push else ()
    said = git(store, "-C", str(clone), "remote", "get-url", *direction, "--", name)
    url = Url(said.decode(errors="surrogateescape").removesuffix("\n"))
    require_sound(url)
    return url
