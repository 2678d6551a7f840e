"""The plan of an integration branch that is there already, such that running it gives the same trees."""

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from git import Repo

from tests_integration.engine.described import (
    Described,
    Merge,
    head,
    named,
    write_branches,
    write_fixes,
    write_gates,
    write_rules,
)
from tests_integration.engine.integrate import integrate
from tests_integration.engine.messages import Told, free_id, told
from tests_integration.engine.obstacles import obstacles
from tests_integration.engine.recover import Known, is_nameable, recovered
from tests_integration.engine.straight import Straight, straightened
from tests_integration.facts import Source
from tests_integration.plan.model import Located, Plan
from tests_integration.repository.ask import Commit, History
from tests_integration.repository.git import GitError, answer
from tests_integration.text import visible

SHOWN = 5
INNER = (
    "{} has a conflict inside another; git names the commit before the merge in the lines that it leaves there, which"
    " is another one when the plan is run: settle that on the branch (R300), and integrate afresh"
)
FIRST, LAST = "origin", "."
"""Remotes that a branch is taken from before all others, and after them: the clone itself is on one machine only."""


class UndescribableError(Exception):
    """No plan gives this branch; the text says why, one reason a line."""


class Asked(NamedTuple):
    """An integration branch to be described.

    Attributes:
        store: has its commits, and gets others.
        base: the branch that it starts from.
        branch: the integration branch.
        heads: the commits of all branches of the repository, on each of its remotes.
        name: of the plan.
    """

    store: Repo
    base: Located
    branch: Located
    heads: Mapping[Located, str]
    name: str


def describe(asked: Asked) -> Described:
    """Recover the plan of a branch from its merges, each compared with git's own.

    Raises:
        UndescribableError: no plan gives it: it holds commits that no merge of one branch can stand for, or a branch
            that it merged is nowhere.
    """
    history = History(asked.store, asked.heads[asked.base], asked.heads[asked.branch])
    others = {place: tip for place, tip in asked.heads.items() if place != asked.branch}
    found = obstacles(history, named(asked.base), others)
    straight = None if found else straightened(history, _of_other_names(asked))
    if straight is None or straight.problems:
        raise UndescribableError("\n".join(straight.problems if straight else found))
    made = Described(warnings=straight.notes)
    with TemporaryDirectory() as memory:
        merges = _merges(asked, straight, others, (made, Path(memory)))
        made.files = {f"{asked.name}.resolutions/{name}": (text, False) for name, text in _files(Path(memory))}
    made.tips = {"base": history.base} | {merge.id: merge.tip for merge in merges}
    made.trees = [*(merge.tree for merge in merges), history.commits[-1].tree]
    made.data = head(history, asked.base, asked.branch)
    write_branches(made, history, merges)
    write_rules(made, asked.name, merges)
    write_fixes(made, asked.name, merges)
    write_gates(made, asked.name, straight)
    return made


def _of_other_names(asked: Asked) -> dict[Located, str]:
    """The branches that are not the integration itself, here or on another remote."""
    return {place: tip for place, tip in asked.heads.items() if place.branch != asked.branch.branch}


def _files(folder: Path) -> list[tuple[str, bytes]]:
    return [(str(file.relative_to(folder)), file.read_bytes()) for file in sorted(folder.rglob("*")) if file.is_file()]


def proven(plan: Plan, store: Repo, described: Described) -> str:
    """Run the plan, and hold what it gives against the branch, tree by tree.

    Returns:
        The commit that it gives.

    Raises:
        UndescribableError: it gives another tree somewhere, or none.
    """
    sources = {key: Source(id=key, source=key, commit=tip) for key, tip in described.tips.items()}
    made = integrate(plan, store, sources)
    if made.tip is None:
        parked = [f"{one.branch}: {one.problem}" for one in made.parked]
        raise _not_given(store, described, [text for text in (made.problem, *parked) if text])
    found = [*(merge.tree for merge in made.merges), str(made.tree)]
    steps = [*(f"the merge of {merge.branch}" for merge in made.merges), "the tip"]
    for step, wanted, given in zip(steps, described.trees, found, strict=True):
        if wanted != given:
            other = f"running the plan gives another tree in {step}: {given}, not {wanted}"
            raise _not_given(store, described, [other])
    return made.tip


def _not_given(store: Repo, described: Described, why: list[str]) -> UndescribableError:
    """Why a plan does not give a branch: by lines of git's own that are others with each run, if there are any."""
    inner = [
        INNER.format(name)
        for name, before, tree in described.automatic
        if answer(store, "grep", "--quiet", "-E", f"^<{{8,}} {before}", tree, "--", ok=(0, 1))[0] == 0
    ]
    return UndescribableError("\n".join(inner or why))


def _merges(
    asked: Asked, straight: Straight, heads: Mapping[Located, str], gets: tuple[Described, Path]
) -> list[Merge]:
    """The merges, with what the plan has to say of each; the plan and a memory of settled conflicts get the rest."""
    found: list[Merge] = []
    problems: list[str] = []
    gone: frozenset[str] = frozenset()
    history, (made, memory) = straight.history, gets
    for commit in history.merges:
        said, was = told(commit.message), straight.was.get(commit.id, commit)
        source = _source(commit, was, said, heads, made.warnings)
        if source is None:
            problems.append(_nowhere(commit, was, said, heads))
        try:
            automatic = history.automatic_merge(commit)
            made.automatic.append((was.short, commit.parents[0], automatic.tree))
            held = recovered(asked.store, commit, automatic, _known(history, commit, said, gone, memory))
        except GitError as error:
            problems.append(f"{was.short}: git cannot merge its parents: {visible(error.output)}")
            continue
        gone |= frozenset(held.deleted)
        if source:
            names = [said.id, source.branch.rpartition("/")[2], source.branch]
            name = free_id(names, frozenset(one.id for one in found))
            found.append(Merge(was, commit.parents[1], commit.tree, said, name, source, held))
    if problems:
        raise UndescribableError("\n".join(problems))
    return found


def _known(history: History, commit: Commit, said: Told, gone: frozenset[str], memory: Path) -> Known:
    """What is known of a merge; its message may have been written by anybody."""
    deleted, taken = set[str](), dict[str, str]()
    for action in said.fixes:
        verb, _, rest = action.partition(" ")
        if verb == "delete":
            deleted.update(rest.split(", "))
        elif verb == "take":
            for part in re.split(", (?=(?:ours|theirs) of )", rest):
                side, _, paths = part.partition(" of ")
                taken.update(dict.fromkeys(paths.split(", "), side))
    later = [one.tree for one in history.commits[history.commits.index(commit) + 1 :]]
    named_paths = {path: side for path, side in taken.items() if is_nameable(path)}
    return Known(frozenset(filter(is_nameable, deleted)), named_paths, gone, later, memory)


def _source(
    commit: Commit, was: Commit, said: Told, heads: Mapping[Located, str], warnings: list[str]
) -> Located | None:
    """Where the branch that was merged is to be had: by the name in the message, if that is one of several."""
    there = [place for place, tip in heads.items() if tip == commit.parents[1]]
    there.sort(key=lambda place: (place.remote == LAST, place.remote != FIRST, place))
    exact = [place for place in there if said.source == named(place)]
    alike = [place for place in there if said.source in {place.branch, *_tails(said.source, place)}]
    if there and not exact and not alike and len({place.branch for place in there}) > 1:
        told_of = ", ".join(map(named, there[1:]))
        warnings.append(f"{was.short} may have merged another branch than {named(there[0])}: {told_of} is there too")
    return next(iter([*exact, *alike, *there]), None)


def _tails(source: str, place: Located) -> set[str]:
    """What a name is without a remote before it, where that leaves the branch."""
    return {source} if source.endswith(f"/{place.branch}") else set()


def _nowhere(commit: Commit, was: Commit, said: Told, heads: Mapping[Located, str]) -> str:
    tip = commit.parents[1]
    moved = [f"{named(place)} is at {at[:12]} now" for place, at in heads.items() if _called(said, place)]
    where = f" ({', '.join(moved[:SHOWN])})" if moved else ""
    name = f"{said.source.rpartition('/')[2] or 'branch'}-{tip[:8]}"
    return (
        f"{was.short} merged {tip}, and no branch of the repository is there any more{where}; make one:"
        f" `git branch {name} {tip}`"
    )


def _called(said: Told, place: Located) -> bool:
    return said.source == place.branch or said.source.endswith(f"/{place.branch}")
