"""What a clone has that a wave could be made of: the branch that it starts from, and the efforts, in order."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from git import Repo
from pydantic import TypeAdapter, ValidationError

from tests_integration.engine.described import named
from tests_integration.engine.messages import free_id
from tests_integration.plan.model import Located
from tests_integration.plan.values import Source
from tests_integration.refs import branch_of_ref, is_request
from tests_integration.repository.ancestry import Ancestry
from tests_integration.repository.ask import is_ancestor, log
from tests_integration.repository.git import GitError, answer, git
from tests_integration.repository.remote import speak
from tests_integration.repository.store import FETCHING, clone_names, tips_below

REFS = "refs/waveproof/survey"
MAIN = ("main", "master", "trunk", "develop")
"""Names that a branch to start from has, where no remote says which it is."""
EFFORT = re.compile(r"[Ee][0-9]+(?:\.[0-9]+)+(?:-split-[0-9]+)?")
OTHERS = re.compile(r"(?:.*/)?(?:[^/]*integration[^/]*|gh-pages|release|hotfix)(?:/.*)?|dependabot/.*|renovate/.*")
"""Names of branches that are no effort: integrations (R270), what is released, and what robots ask for."""


class Effort(NamedTuple):
    """A branch to be merged: its id, title, place, tip, and ids of those that it is stacked on."""

    id: str
    title: str
    place: Located
    tip: str
    parents: list[str]


@dataclass
class Survey:
    """What was found.

    Attributes:
        base: where the wave starts.
        tip: its commit.
        efforts: in the order in which they can be merged.
        heads: all branches that were looked at, with their tips.
        left_out: why branches are no efforts, a line each.
    """

    base: Located
    tip: str
    heads: Mapping[Located, str]
    efforts: list[Effort] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def survey(store: Repo, clone: Path) -> Survey:
    """Look at the branches that a clone knows of its remotes, or at its own where it has no remotes.

    Args:
        store: gets the commits.
        clone: stays as it is, and asks no remote.

    Raises:
        GitError: it cannot be read, or has no branch to start from.
    """
    heads = _heads(store, clone)
    base = _base(store, clone, heads)
    found = Survey(base, heads[base], heads)
    kept = _candidates(store, found)
    ancestry = Ancestry(store, found.tip, {named(place): tip for place, tip in kept.items()})
    by_name = {named(place): place for place in kept}
    contained = {place: {by_name[other] for other in ancestry.contained(name)} for name, place in by_name.items()}
    for place in [place for place in kept if _gathers(contained, place) and _begins_with_merge(store, found, place)]:
        found.left_out.append(f"{named(place)} begins by merging branches that are here: an integration (R270)")
        del contained[place]
    _add_efforts(store, found, kept, contained)
    return found


def _heads(store: Repo, clone: Path) -> dict[Located, str]:
    remotes = sorted(clone_names(store, clone), key=len, reverse=True)
    folder = "remotes" if remotes else "heads"
    speak(store, ("fetch", *FETCHING), str(clone), f"+refs/{folder}/*:{REFS}/*")
    tips = {ref.removeprefix(f"{REFS}/"): tip for ref, tip in tips_below(store, REFS).items()}
    if not remotes:
        return {Located(".", name): tip for name, tip in tips.items()}
    found = {}
    refspecs = {remote: _refspecs(store, clone, remote) for remote in remotes}
    for name, tip in tips.items():
        remote = next((remote for remote in remotes if name.startswith(f"{remote}/")), None)
        if remote and (branch := name.removeprefix(f"{remote}/")) != "HEAD":
            found[Located(remote, _there(refspecs[remote], f"refs/remotes/{name}") or branch)] = tip
    return dict(sorted(found.items(), key=lambda one: (one[0].remote != "origin", one[0])))


def _refspecs(store: Repo, clone: Path, remote: str) -> list[tuple[str, str]]:
    """What is fetched from a remote, and to where: the parts before each `*`; of several, the longest goes first."""
    key = f"remote.{remote}.fetch"
    code, said = answer(store, "-C", str(clone), "config", "--get-all", key, ok=(0, 1))
    lines = [] if code else said.decode(errors="surrogateescape").splitlines()
    specs = [(spec.lstrip("+").partition(":")[0], spec.partition(":")[2]) for spec in lines]
    return sorted(specs, key=lambda spec: -len(spec[1].partition("*")[0]))


def _there(refspecs: list[tuple[str, str]], ref: str) -> str:
    """What a remote-tracking ref is called on its remote: a branch, or a pull or merge request; empty where it is open.

    The default of clones takes branches by their names; `+refs/pull/*/head:refs/remotes/origin/pr/*` takes requests.
    """
    for source, target in refspecs:
        before, _, after = target.partition("*")
        if "*" in target and "*" in source and ref.startswith(before) and ref.endswith(after):
            return branch_of_ref(source.replace("*", ref[len(before) : len(ref) - len(after)], 1))
        if target == ref:
            return branch_of_ref(source)
    return ""


def _base(store: Repo, clone: Path, heads: Mapping[Located, str]) -> Located:
    """What a remote, `origin` first, says that it starts from; else a branch with one of the usual names."""
    for remote in dict.fromkeys(place.remote for place in heads):
        ref = "HEAD" if remote == "." else f"refs/remotes/{remote}/HEAD"
        code, said = answer(store, "-C", str(clone), "symbolic-ref", "--quiet", ref, ok=(0, 1, 128))
        prefix = "refs/heads/" if remote == "." else f"refs/remotes/{remote}/"
        usual = [said.decode(errors="surrogateescape").rstrip("\n").removeprefix(prefix)] if not code else []
        for branch in [*usual, *MAIN]:
            if (place := Located(remote, branch)) in heads:
                return place
    there = ", ".join(map(named, heads)) or "no branch at all; `git fetch` brings those of a remote"
    raise GitError(
        ("git", "symbolic-ref"), 1, f"no branch to start from is known ({', '.join(MAIN)}); there is {there}"
    )


def _candidates(store: Repo, found: Survey) -> dict[Located, str]:
    """Branches that have something to bring, each commit once."""
    kept: dict[Located, str] = {}
    by_tip: dict[str, Located] = {}
    for place, tip in found.heads.items():
        why = _no_effort(place)
        if place == found.base:
            continue
        if why:
            pass
        elif tip in by_tip:
            why = f"is the same commit as {named(by_tip[tip])}"
        elif is_ancestor(store, tip, found.tip):
            why = "has nothing that is not in the base"
        elif answer(store, "merge-base", found.tip, tip, ok=(0, 1))[0]:
            why = "has no history in common with the base"
        if why:
            found.left_out.append(f"{named(place)} {why}")
        else:
            kept[place] = by_tip.setdefault(tip, place) and tip
    return kept


def _no_effort(place: Located) -> str:
    """Why a name is none of an effort's branch, or empty."""
    if is_request(place.branch):
        return f"is a request: `from: {named(place)}` takes it, if it belongs to the wave"
    if place.branch.startswith("refs/"):
        return "is no branch of its remote"
    if not _can_be_named(place):
        return "has a name that no plan can hold"
    return "by its name is no effort" if OTHERS.fullmatch(place.branch) else ""


def _can_be_named(place: Located) -> bool:
    try:
        TypeAdapter(Source).validate_python(named(place))
    except ValidationError:
        return False
    return named(place).isprintable()


def _gathers(contained: Mapping[Located, set[Located]], place: Located) -> bool:
    """Whether a branch contains two others of which neither contains the other, as an integration does."""
    inside = list(contained[place])
    return any(
        one not in contained[other] and other not in contained[one]
        for n, one in enumerate(inside)
        for other in inside[n + 1 :]
    )


def _begins_with_merge(store: Repo, found: Survey, place: Located) -> bool:
    first = log(store, "--first-parent", f"{found.tip}..{found.heads[place]}")
    return len(first[0].parents) > 1


def _add_efforts(
    store: Repo, found: Survey, tips: Mapping[Located, str], contained: Mapping[Located, set[Located]]
) -> None:
    """Those that are contained come first, else by name."""
    ids: dict[Located, str] = {}
    for place in sorted(contained, key=lambda place: (len(contained[place]), natural(place.branch), place)):
        parents = [other for other in ids if other in contained[place]]
        nearest = [one for one in parents if not any(one in contained[other] for other in parents)]
        says = EFFORT.search(place.branch) or EFFORT.search(place.remote)
        names = [*([says[0]] if says else []), place.branch.rpartition("/")[2], place.branch]
        ids[place] = free_id(names, frozenset(ids.values()))
        title = _title(store, tips[place], place)
        found.efforts.append(Effort(ids[place], title, place, tips[place], [ids[one] for one in nearest]))


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts 2 before 10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split("([0-9]+)", name)]


def _title(store: Repo, tip: str, place: Located) -> str:
    """The subject of the last commit, where it can be shown."""
    (commit,) = log(store, "-1", tip)
    subject = " ".join(commit.message.partition("\n")[0].split())
    return subject if subject and subject.isprintable() else place.branch


def first_free(name: str, heads: Iterable[Located]) -> str:
    """A name that a branch can be given beside those that are there."""
    taken = {place.branch for place in heads}
    names = (name, *(f"{name}-{n}" for n in range(2, len(taken) + 3)))
    return next(one for one in names if not any(one == other or other.startswith(f"{one}/") for other in taken))


def top_of(store: Repo, folder: Path) -> Path:
    """The work tree that a folder is in (git-rev-parse(1)).

    Raises:
        GitError: it is in none.
    """
    said = git(store, "-C", str(folder), "rev-parse", "--show-toplevel")
    return Path(said.decode(errors="surrogateescape").removesuffix("\n"))
