"""Where the plan's branches come from: its remotes, what they hold now, and bringing them into the store."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property, partial
from pathlib import Path
from typing import NamedTuple

from git import Repo

from tests_integration.facts import Source
from tests_integration.plan.mistakes import nearest
from tests_integration.plan.model import Located, Plan, locate
from tests_integration.plan.parts import Remote
from tests_integration.refs import is_request, ref_of_branch
from tests_integration.repository.git import GitError
from tests_integration.repository.store import (
    clone_config,
    clone_names,
    clone_url,
    clone_urls,
    create_bare,
    fetch_branches,
    forget_refs,
    heads,
    set_refs,
    tips_below,
    whole,
    write_graph,
)
from tests_integration.text import without_password
from tests_integration.url import Url, is_path, secrets

AT_ONCE = 8


def refs_of(plan: Plan) -> str:
    """Folder of the plan's refs in its store, which other plans may share; the plan's file tells them apart."""
    return _refs_of(plan.file)


@cache
def _refs_of(file: Path) -> str:
    return f"refs/waveproof/{hashlib.sha256(os.fsencode(file.resolve())).hexdigest()[:12]}"


def ref_of(plan: Plan, key: str) -> str:
    """Where the store keeps a source; an id such as `E1..2` could not be part of a ref's name."""
    return f"{refs_of(plan)}/{key.encode().hex()}"


def notes_of(plan: Plan) -> str:
    """Where the store keeps the notes of the remote that the plan publishes to."""
    return f"refs/notes/{refs_of(plan).rpartition('/')[2]}"


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
        if name == ".":
            return Url(clone)
        known = None if push else self._fetched_from.get(name)
        return _from(clone, known or clone_url(self.store, clone, name, push=push))

    @cached_property
    def _fetched_from(self) -> Mapping[str, Url]:
        """The clone's remotes, read once for all that are asked."""
        return clone_urls(self.store, self.clone) if self.clone else {}

    def secrets(self) -> frozenset[str]:
        """Passwords and tokens that commands of the plan could read in the plan's URLs or in the clone's config.

        Raises:
            GitError: the clone cannot be read.
        """
        urls = [remote.url for remote in self.plan.remotes.values() if remote.url]
        return secrets("\n".join([*urls, clone_config(self.store, self.clone) if self.clone else ""]))

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
    answers = asked(remotes, _names_asked(place for place in places.values() if place))
    found = {}
    for key, place in places.items():
        if place:
            found[key] = _source(key, wanted[key], place, answers[place.remote], approved.get(key))
        else:
            near = nearest(wanted[key].split("/", 1)[0], names)
            problem = f"no remote is known by the name before {wanted[key]!r}'s first '/'{near}"
            found[key] = Source(id=key, source=wanted[key], problem=problem)
    return found


def _names_asked(places: Iterable[Located]) -> dict[str, frozenset[str]]:
    """Names of remotes in their order, each with the pull and merge requests that are wanted of it."""
    wanted: dict[str, frozenset[str]] = {}
    for place in sorted(places):
        requests = {place.branch} if is_request(place.branch) else ()
        wanted[place.remote] = wanted.get(place.remote, frozenset()).union(requests)
    return wanted


def fetch(plan: Plan, store: Repo, sources: Mapping[str, Source]) -> dict[str, Source]:
    """Bring the sources into the store: only the named branches, over one connection a remote, remotes side by side.

    Nobody is asked for what the store has whole: what the sources are at was asked in this run.

    Returns:
        The sources as fetched; one that could not be brought in says why.
    """
    wanted = {ref_of(plan, key): source for key, source in sources.items() if source.commit}
    there = tips_below(store, refs_of(plan))
    named = {ref_of(plan, key) for key in ("base", *sources, *(branch.id for branch in plan.branches))}
    forget_refs(store, there.keys() - named)
    moved = {ref: str(source.commit) for ref, source in wanted.items() if there.get(ref) != source.commit}
    if not moved:
        return dict(sources)
    had = whole(store, moved.values())
    set_refs(store, {ref: commit for ref, commit in moved.items() if commit in had})
    problems = _fetched(plan, store, {ref: wanted[ref] for ref, commit in moved.items() if commit not in had})
    there = tips_below(store, refs_of(plan))
    return {**sources, **{one.id: _as_fetched(one, there.get(ref), problems.get(ref)) for ref, one in wanted.items()}}


def _fetched(plan: Plan, store: Repo, wanted: Mapping[str, Source]) -> dict[str, str]:
    """Fetch sources to refs; why it could not be done, by ref."""
    remotes = Remotes(plan, store)
    problems: dict[str, str] = {}
    by_url: dict[Url, dict[str, str]] = {}
    for ref, source in wanted.items():
        try:
            by_url.setdefault(remotes.url(source.remote), {})[ref] = source.branch
        except (GitError, OSError) as error:
            problems[ref] = _told(error)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for refs, problem in zip(by_url.values(), pool.map(partial(_fetch, store), by_url.items()), strict=True):
            problems |= dict.fromkeys(refs, problem) if problem else {}
    if len(problems) < len(wanted):
        write_graph(store)
    return problems


def _fetch(store: Repo, batch: tuple[Url, Mapping[str, str]]) -> str:
    try:
        fetch_branches(store, *batch)
    except GitError as error:
        return error.output
    return ""


class Answer(NamedTuple):
    """What a remote said: its branches and the requests that were asked for, or why there is no answer."""

    url: str
    heads: Mapping[str, str]
    problem: str = ""


def asked(remotes: Remotes, names: Mapping[str, frozenset[str]]) -> dict[str, Answer]:
    """What remotes have, by name; each is asked once, however many names lead to it.

    Args:
        remotes: of the plan.
        names: of those that are asked, each with the pull and merge requests that are wanted beside its branches.
    """
    answers: dict[str, Answer] = {}
    by_url: dict[Url, list[str]] = {}
    for name in names:
        try:
            by_url.setdefault(remotes.url(name), []).append(name)
        except (GitError, OSError) as error:
            answers[name] = Answer("", {}, f"the remote {name!r} leads nowhere: {_told(error)}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wanted = [frozenset().union(*(names[name] for name in known)) for known in by_url.values()]
        said_of_each = pool.map(partial(_ask, remotes.store), by_url, wanted)
        for (url, known), said in zip(by_url.items(), said_of_each, strict=True):
            answers |= {name: _answer(name, without_password(url), said) for name in known}
    return answers


def _ask(store: Repo, url: Url, requests: frozenset[str]) -> dict[str, str] | str:
    try:
        return heads(store, url, requests)
    except GitError as error:
        return error.output


def _answer(name: str, shown: str, said: dict[str, str] | str) -> Answer:
    if isinstance(said, str):
        return Answer(shown, {}, f"the remote {name!r} cannot be read at {shown}: {said}")
    return Answer(shown, said)


def _told(error: GitError | OSError) -> str:
    return error.output if isinstance(error, GitError) else str(error)


def _source(key: str, source: str, place: Located, answer: Answer, approved: str | None) -> Source:
    tip = answer.heads.get(place.branch)
    problem = answer.problem
    if problem:
        tip = None
    elif tip is None and is_request(place.branch):
        problem = _no_request(place, answer)
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


def _no_request(place: Located, answer: Answer) -> str:
    kind = "pull request" if place.branch.startswith("#") else "merge request"
    return (
        f"there is no {kind} {place.branch} on the remote {place.remote!r} ({answer.url}): it offers no"
        f" {ref_of_branch(place.branch)}; GitHub's pull requests are written #123, GitLab's merge requests !123, and a"
        " mirror or bundle has only those that were put into it"
    )


def _as_fetched(source: Source, tip: str | None, problem: str | None) -> Source:
    if problem is not None:
        told = f"cannot be fetched from the remote {source.remote!r}: {problem}"
    elif tip == source.commit:
        return source
    else:
        told = f"{source.source} moved from {source.commit} to {tip} while it was fetched; run again"
    return source.model_copy(update={"commit": None, "problem": told})


def _from(folder: Path, url: str) -> Url:
    """The URL, or the path that it is as seen from a folder (git-fetch(1), GIT URLS)."""
    return Url((folder / url).resolve()) if is_path(url) else Url(url)
