"""Where the plan's branches come from: its remotes, what they hold now, and bringing them into the store."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from git import Repo

from tests_integration.facts import Source
from tests_integration.plan.mistakes import nearest
from tests_integration.plan.model import Located, Plan, locate
from tests_integration.plan.parts import Remote
from tests_integration.repository.ask import commit_at
from tests_integration.repository.git import GitError
from tests_integration.repository.store import clone_names, clone_url, create_bare, fetch_branches, heads
from tests_integration.text import without_password
from tests_integration.url import Url, is_path, secrets

AT_ONCE = 8


class Remotes:
    """The remotes that a plan knows: its own, and those of the local clone that it names."""

    def __init__(self, plan: Plan, store: Repo) -> None:
        self.plan = plan
        self.store = store

    @property
    def clone(self) -> Path | None:
        """The local clone that the plan names."""
        return self.plan.folder / self.plan.repository if self.plan.repository else None

    def names(self) -> frozenset[str]:
        """Names that may stand before the first `/` of a source.

        Raises:
            GitError: the clone cannot be read.
        """
        names = frozenset(self.plan.remotes)
        return names | {"."} | clone_names(self.store, self.clone) if self.clone else names

    def url(self, name: str, *, push: bool = False) -> Url:
        """The URL or path of a remote; a `create_from` repository is made where it is not there yet.

        Raises:
            GitError: the clone knows no such remote, or the repository cannot be made.
        """
        if remote := self.plan.remotes.get(name):
            return self._of_plan(remote)
        clone = self.clone or self.plan.folder
        return Url(clone) if name == "." else _from(clone, clone_url(self.store, clone, name, push=push))

    def secrets(self) -> frozenset[str]:
        """What must not be shown of the URLs of all remotes."""
        urls = [remote.url for remote in self.plan.remotes.values() if remote.url]
        for name in self.names() - {"."} - set(self.plan.remotes):
            for push in (False, True):
                with suppress(GitError):  # one that is not taken is nowhere used
                    urls.append(clone_url(self.store, self.clone or Path(), name, push=push))
        return secrets(urls)

    def _of_plan(self, remote: Remote) -> Url:
        if remote.url is not None:
            return _from(self.plan.folder, remote.url)
        path = (self.plan.folder / str(remote.path)).resolve()
        if remote.create_from and not path.exists():
            create_bare(path, (self.plan.folder / remote.create_from).resolve())
        return Url(path)


def look_up(plan: Plan, store: Repo) -> dict[str, Source]:
    """Base and branches of the plan as their remotes have them now, all remotes asked side by side.

    Returns:
        Sources by id (`base` first, then the plan's order); what is not there says why.
    """
    return _looked_up(plan, store, {"base": plan.base} | {branch.id: branch.source for branch in plan.branches})


def look_up_one(plan: Plan, store: Repo, key: str, source: str) -> Source:
    """A branch that the plan does not name, as its remote has it now."""
    return _looked_up(plan, store, {key: source})[key]


def _looked_up(plan: Plan, store: Repo, wanted: Mapping[str, str]) -> dict[str, Source]:
    approved = {branch.id: branch.commit for branch in plan.branches if branch.commit}
    remotes = Remotes(plan, store)
    try:
        names = remotes.names()
    except GitError as error:
        problem = f"the clone {plan.repository} cannot be read: {error.output}"
        return {key: Source(id=key, source=source, problem=problem) for key, source in wanted.items()}
    places = {key: locate(source, names) for key, source in wanted.items()}
    asked = sorted({place.remote for place in places.values() if place})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = dict(zip(asked, pool.map(lambda name: _ask(remotes, name), asked), strict=True))
    found = {}
    for key, place in places.items():
        if place:
            found[key] = _source(key, wanted[key], place, answers[place.remote], approved.get(key))
        else:
            near = nearest(wanted[key].split("/", 1)[0], names)
            problem = f"no remote is known by the name before {wanted[key]!r}'s first '/'{near}"
            found[key] = Source(id=key, source=wanted[key], problem=problem)
    return found


def fetch(plan: Plan, store: Repo, sources: Mapping[str, Source]) -> dict[str, Source]:
    """Bring the sources into the store: only the named branches, remotes side by side.

    Returns:
        The sources as fetched; one that could not be brought in says why.
    """
    remotes = Remotes(plan, store)
    by_remote: dict[str, list[Source]] = {}
    for source in sources.values():
        if source.commit:
            by_remote.setdefault(source.remote, []).append(source)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        batches = pool.map(lambda item: _fetch_from(remotes, *item), by_remote.items())
        return {**sources, **{source.id: source for batch in batches for source in batch}}


class _Answer(NamedTuple):
    """What a remote said: its branches, or why there is no answer."""

    url: str
    heads: Mapping[str, str]
    problem: str = ""


def _ask(remotes: Remotes, name: str) -> _Answer:
    try:
        url = remotes.url(name)
    except GitError as error:
        return _Answer("", {}, f"the remote {name!r} leads nowhere: {error.output}")
    except OSError as error:
        return _Answer("", {}, f"the remote {name!r} leads nowhere: {error}")
    shown = without_password(url)
    try:
        return _Answer(shown, heads(remotes.store, url))
    except GitError as error:
        return _Answer(shown, {}, f"the remote {name!r} cannot be read at {shown}: {error.output}")


def _source(key: str, source: str, place: Located, answer: _Answer, approved: str | None) -> Source:
    tip = answer.heads.get(place.branch)
    problem = answer.problem
    if problem:
        tip = None
    elif tip is None:
        others = f"; {len(answer.heads)} others are there" if answer.heads else "; it has no branches"
        near = nearest(place.branch, answer.heads) or others
        problem = f"there is no branch {place.branch!r} on the remote {place.remote!r} ({answer.url}){near}"
    elif approved and tip != approved:
        problem = f"{source} is at {tip}, but {approved} was approved (`commit:` in the plan)"
        tip = None
    return Source(
        id=key, source=source, remote=place.remote, branch=place.branch, url=answer.url, commit=tip, problem=problem
    )


def _fetch_from(remotes: Remotes, name: str, sources: list[Source]) -> list[Source]:
    store = remotes.store
    try:
        url = remotes.url(name)
        fetch_branches(store, url, {source.branch: source.ref for source in sources})
    except (GitError, OSError) as error:
        told = error.output if isinstance(error, GitError) else str(error)
        problem = f"cannot be fetched from the remote {name!r}: {told}"
        return [source.model_copy(update={"commit": None, "problem": problem}) for source in sources]
    return [_as_fetched(source, commit_at(store, source.ref)) for source in sources]


def _as_fetched(source: Source, tip: str | None) -> Source:
    if tip == source.commit:
        return source
    problem = f"{source.source} moved from {source.commit} to {tip} while it was fetched; run again"
    return source.model_copy(update={"commit": None, "problem": problem})


def _from(folder: Path, url: str) -> Url:
    """The URL, or the path that it is as seen from a folder (git-fetch(1), GIT URLS)."""
    return Url((folder / url).resolve()) if is_path(url) else Url(url)
