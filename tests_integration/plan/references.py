"""What one value of a plan says about another: parents, order, remotes, fix targets, files beside the plan.

Works on the data as read, so that these mistakes are reported together with those that the models find; parts that
the models refuse are left to the models.
"""

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from tests_integration import bounded
from tests_integration.plan import order
from tests_integration.plan.mistakes import Place, nearest
from tests_integration.plan.model import MOST, PlanDocument, locate
from tests_integration.plan.parts import Branch, Command, Demo, Fix, Model, Remote, Resolve
from tests_integration.plan.values import repository_path

M = TypeVar("M", bound=Model)

RESERVED = {
    "base": "the branch that the wave starts from",
    "plan": "the plan among what an attempt depends on",
    "catalogue": "the known fixes among what an attempt depends on",
}
"""Ids that no branch may have."""


class Finding(NamedTuple):
    """A mistake before its place in the file is looked up."""

    place: Place
    text: str


def findings(data: Mapping[str, object], folder: Path, content: PlanDocument | None = None) -> Iterator[Finding]:
    """Every reference of the plan that leads nowhere or breaks a rule.

    Args:
        data: the plan as read from YAML.
        folder: folder of the plan's file.
        content: the same as the models have it, where they find no mistake; its parts need no other look.
    """
    if any(isinstance(named := data.get(key), list | dict) and len(named) > MOST for key in ("branches", "remotes")):
        return
    parts = data if content is None else vars(content)
    valid = dict(_valid(Branch, parts.get("branches")))
    branches = {n: branch for n, branch in valid.items() if branch.id != "base"}
    yield from _branch_ids(data.get("branches"), valid)
    yield from _parents(branches, _ids(data.get("branches")))
    yield from _remotes(data)
    yield from _integration(data)
    yield from _fixes(data, parts, set(_ids(data.get("branches")).values()))
    yield from _rules(data, parts, set(_ids(data.get("branches")).values()))
    yield from _reuse(data, parts)
    yield from _files(parts, folder)


def _reuse(data: Mapping[str, object], parts: Mapping[str, object]) -> Iterator[Finding]:
    """A stage is run again whole or not at all: what a command leaves in the checkout, the next one may need."""
    for stage in ("build", "test"):
        says = {n: command.reuse for n, command in _valid(Command, parts.get(stage))}
        if not any(says.values()):
            continue
        first = next(n for n in says if says[n])
        if str(data.get("network")).lower() == "true":
            text = "needs `network: false`: nobody knows what has changed in the network since"
            yield Finding((stage, first, "reuse"), text)
        for n in (n for n in says if not says[n]):
            text = f"lacks `reuse: true`, which {stage}[{first}] has: a stage is run again whole or not at all"
            yield Finding((stage, n), text)


def _items(data: object) -> list[tuple[int, Mapping[str, object]]]:
    return [(n, item) for n, item in enumerate(data) if isinstance(item, dict)] if isinstance(data, list) else []


def _ids(data: object) -> dict[int, str]:
    return {n: str(item["id"]) for n, item in _items(data) if isinstance(item.get("id"), str)}


def _valid(model: type[M], parts: object) -> Iterator[tuple[int, M]]:
    """Those of the parts that are what the model wants; what has been validated is taken as it is."""
    for n, item in enumerate(parts) if isinstance(parts, list | tuple) else ():
        if isinstance(item, model):
            yield n, item
        elif isinstance(item, dict):
            with suppress(ValidationError):
                yield n, model.model_validate(item)


def _branch_ids(data: object, valid: Mapping[int, Branch]) -> Iterator[Finding]:
    yield from _twice(data, "branches")
    for n, name in _ids(data).items():
        if name in RESERVED:
            yield Finding(("branches", n, "id"), f"{name!r} means {RESERVED[name]}; take another id")
    sources: dict[str, int] = {}
    for n, item in _items(data):
        source = item.get("from")
        if isinstance(source, str) and sources.setdefault(source, n) != n:
            yield Finding(("branches", n, "from"), f"{source!r} is merged already by branches[{sources[source]}]")
    splits: dict[tuple[str, int], int] = {}
    for n, branch in valid.items():
        key = (branch.effort, branch.split)
        first = splits.setdefault(key, n)
        if first != n and branch.id not in {name for m, name in _ids(data).items() if m < n}:
            text = f"is split {branch.split} of effort {branch.effort}, which branches[{first}] is already"
            yield Finding(("branches", n, "id"), text)


def _twice(data: object, key: str) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for n, name in _ids(data).items():
        if first.setdefault(name, n) != n:
            yield Finding((key, n, "id"), f"{name!r} is the id of {key}[{first[name]}] already")


def _parents(branches: Mapping[int, Branch], ids: Mapping[int, str]) -> Iterator[Finding]:
    at = {name: n for n, name in ids.items() if name != "base"}
    index = {id(branch): n for n, branch in branches.items()}
    circle = order.cycle(tuple(branches.values()))
    if circle:
        yield Finding(("branches", at[circle[0]], "parent"), f"the parents form a circle: {' -> '.join(circle)}")
    for n, branch in branches.items():
        for parent in branch.parent:
            place = ("branches", n, "parent")
            if parent != "base" and parent not in at:
                near = nearest(parent, {*at, "base"} - {branch.id})
                yield Finding(place, f"{parent!r} is no branch of this plan{near}")
            elif parent in at and at[parent] > n and not circle:
                yield Finding(place, f"{parent!r} is merged later; a parent comes before what is stacked on it (R306)")
    if not circle:
        for branch, text in order.violations(tuple(branches.values())):
            yield Finding(("branches", index[id(branch)]), text)


def _remotes(data: Mapping[str, object]) -> Iterator[Finding]:
    remotes = data.get("remotes")
    names = frozenset(map(str, remotes)) if isinstance(remotes, dict) else frozenset()
    if isinstance(data.get("repository"), str) or not isinstance(remotes, dict | None):
        return
    sources: list[tuple[Place, object]] = [(("base",), data.get("base"))]
    sources += [(("branches", n, "from"), item.get("from")) for n, item in _items(data.get("branches"))]
    for place, source in sources:
        if isinstance(source, str) and "/" in source and not locate(source, names):
            yield _unknown_remote(place, source.split("/", 1)[0], names)
    publish = data.get("publish")
    target = publish.get("remote") if isinstance(publish, dict) else None
    if isinstance(target, str) and target not in names:
        yield _unknown_remote(("publish", "remote"), target, names)


def _unknown_remote(place: Place, name: str, names: frozenset[str]) -> Finding:
    return Finding(place, f"{name!r} is not among the remotes of this plan{nearest(name, names)}")


def _integration(data: Mapping[str, object]) -> Iterator[Finding]:
    name = data.get("integration")
    publish = data.get("publish")
    target = f"{publish.get('remote')}/{name}" if isinstance(publish, dict) else None
    base = data.get("base")
    if base == target and isinstance(base, str):
        yield Finding(("integration",), "is the base itself; an integration is built on a branch of its own")
    for n, item in _items(data.get("branches")):
        if target and item.get("from") == target:
            yield Finding(("branches", n, "from"), "is the integration branch; it is never a source (R270)")
        elif isinstance(base, str) and item.get("from") == base:
            yield Finding(("branches", n, "from"), "is the base; there is nothing to merge")


def _fixes(data: Mapping[str, object], parts: Mapping[str, object], branch_ids: set[str]) -> Iterator[Finding]:
    yield from _twice(data.get("fixes"), "fixes")
    for n, item in _items(data.get("fixes")):
        after = item.get("after")
        if isinstance(after, str) and after not in branch_ids and isinstance(data.get("branches"), list):
            yield Finding(("fixes", n, "after"), f"{after!r} is no branch of this plan{nearest(after, branch_ids)}")
    for n, fix in _valid(Fix, parts.get("fixes")):
        for path in sorted(set(fix.delete) & set(fix.needs)):
            yield Finding(("fixes", n, "needs"), f"{path!r} is deleted by this very fix")


def _rules(data: Mapping[str, object], parts: Mapping[str, object], branch_ids: set[str]) -> Iterator[Finding]:
    for n, rule in _valid(Resolve, parts.get("resolve")):
        for name in rule.merges:
            if name not in branch_ids and isinstance(data.get("branches"), list):
                yield Finding(("resolve", n, "in"), f"{name!r} is no branch of this plan{nearest(name, branch_ids)}")


def _files(parts: Mapping[str, object], folder: Path) -> Iterator[Finding]:
    for n, fix in _valid(Fix, parts.get("fixes")):
        if fix.patch:
            yield from inside(("fixes", n, "patch"), folder, fix.patch, folder=False)
    demo = parts.get("demo")
    for _, valid in _valid(Demo, [demo]):
        if valid.create:
            yield from inside(("demo", "create"), folder, valid.create, folder=True)
    remotes = parts.get("remotes")
    for name, remote in remotes.items() if isinstance(remotes, dict) else ():
        for _, valid_remote in _valid(Remote, [remote]):
            source = valid_remote.create_from
            if source and not _leads_to(folder / source, Path.exists):
                yield Finding(("remotes", name, "create_from"), f"{source!r} is not there")


def inside(place: Place, plans: Path, name: str, *, folder: bool) -> Iterator[Finding]:
    """Why a file or folder beside the plan cannot be taken in; nothing where it can."""
    path = Path(os.path.realpath(plans / name))
    if not path.is_relative_to(plans.resolve()):
        yield Finding(place, f"{name!r} leads out of the plan's folder")
    elif not _leads_to(path, Path.is_dir if folder else Path.is_file):
        yield Finding(place, f"{name!r} is not a {'folder' if folder else 'file'} beside the plan")
    elif folder:
        yield from (Finding(place, text) for text in _not_to_be_added(path, name))
    elif problem := _unreadable(path):
        yield Finding(place, f"{name!r} {problem}")


def _not_to_be_added(folder: Path, name: str) -> Iterator[str]:
    for file in sorted(Path(place, called) for place, *found in os.walk(folder) for called in chain(*found)):
        mode = file.lstat().st_mode
        if stat.S_ISLNK(mode):
            yield f"{name!r} holds a symbolic link; only files are added"
        elif not stat.S_ISDIR(mode) and (problem := _unreadable(file)):
            yield f"{name!r} holds a file that {problem}"
        try:
            repository_path(file.relative_to(folder).as_posix())
        except ValueError as error:
            yield f"{name!r} holds {error}"


def _unreadable(file: Path) -> str:
    """Why a file cannot be taken in; empty where it can."""
    try:
        bounded.content(file, bounded.TAKEN_IN)
    except OSError as error:
        return bounded.why_unreadable(error)
    return ""


def _leads_to(path: Path, kind: Callable[[Path], bool]) -> bool:
    """Whether it is there and of that kind; a name that the system refuses to look up is not there."""
    try:
        return kind(path)
    except OSError:
        return False
