"""What a plan says of the merges that it is to give: branches, rules, fixes, and the gates that no branch tells of."""

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tests_integration.engine.clock import stamp
from tests_integration.engine.messages import Told, free_id
from tests_integration.engine.obstacles import infrastructure, says_so
from tests_integration.engine.recover import Recovered
from tests_integration.engine.straight import Straight
from tests_integration.engine.toolchain import UNKNOWN, toolchain
from tests_integration.plan.mistakes import Place
from tests_integration.plan.model import Located
from tests_integration.plan.offer import by_depth, pattern_of
from tests_integration.plan.values import PERSON
from tests_integration.repository.ancestry import Ancestry
from tests_integration.repository.ask import Commit, History, content, entries, shown
from tests_integration.repository.entry import Entry
from tests_integration.repository.git import git
from tests_integration.steps import Step

SHOWN = 5
LAST_SECOND = 4102444799
"""Of the year 2099: a commit may be dated later, but git takes no later date that it is given."""
READ = "They count as code of the integration (R361); read them"
SCRIPT = re.compile(r"(?:.*/)?demos?/[^/]*\.sh")
DOCUMENT = re.compile(r"(?:.*/)?demos?/[^/]*\.md")
DEMO_SCRIPT, DEMO_DOCUMENT = "demos/demo.sh", "demos/DEMO.md"


@dataclass
class Described:
    """A plan as it is to be written.

    Attributes:
        data: what it says, without the place of the repository.
        remarks: comments in it.
        files: those that it takes in, by path as seen from its folder: content, and whether it can be run.
        warnings: what a person has to know of it.
        tips: base and branches, by id.
        trees: of the merges that it has to give, and of the tip.
        automatic: git's own merges: what each is for people, the commit before it, and its tree.
    """

    data: dict[str, object] = field(default_factory=dict)
    remarks: dict[Place, str] = field(default_factory=dict)
    files: dict[str, tuple[bytes, bool]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    tips: dict[str, str] = field(default_factory=dict)
    trees: list[str] = field(default_factory=list)
    automatic: list[tuple[str, str, str]] = field(default_factory=list)


class Merge(NamedTuple):
    """A merge that the plan has to give.

    Attributes:
        commit: of the branch that is described, for people.
        tip: that it merges.
        tree: that it has to hold.
        told: what its message says.
        id: of the branch that it merges.
        source: place of that branch.
        held: what the plan has to say of it.
    """

    commit: Commit
    tip: str
    tree: str
    told: Told
    id: str
    source: Located
    held: Recovered


def head(history: History, base: Located, branch: Located) -> dict[str, object]:
    """Title, date and author as the last commit has them, base and integration."""
    form = "--format=%ct%n%cn <%ce>"
    told = git(history.repo, "log", "-1", form, history.tip, "--").decode(errors="replace")
    seconds, _, person = told.removesuffix("\n").partition("\n")
    said: dict[str, object] = {"version": "1", "title": branch.branch}
    said["date"] = stamp(datetime.fromtimestamp(min(int(seconds), LAST_SECOND), UTC))
    if PERSON.fullmatch(person) and person.isprintable():
        said["author"] = person
    return said | {"repository": "", "base": named(base), "integration": branch.branch}


def write_branches(made: Described, history: History, merges: list[Merge]) -> None:
    """Add the branches, each with the parents that it really has and the commit that was merged."""
    ancestry = Ancestry(history.repo, history.base, {merge.id: merge.tip for merge in merges})
    branches: list[dict[str, object]] = []
    for n, merge in enumerate(merges):
        earlier = [one["id"] for one in branches]
        contained = ancestry.contained(merge.id)
        parents = [one for one in contained if one in earlier]
        nearest = [one for one in parents if not any(one in ancestry.contained(other) for other in parents)]
        if later := [one for one in contained if one not in earlier]:
            made.warnings.append(
                f"{merge.id} contains {' and '.join(later)}, merged after it; the audit will ask for it first"
            )
        parent = {"parent": nearest[0] if len(nearest) == 1 else nearest} if nearest else {}
        contains = (
            {"contains": merge.told.contains} if merge.told.contains.isprintable() and merge.told.contains else {}
        )
        title = merge.told.title if merge.told.title.strip() and merge.told.title.isprintable() else merge.source.branch
        entry = {"id": merge.id, "title": title, "from": named(merge.source), **parent, **contains}
        branches.append({**entry, "commit": merge.tip})
        made.remarks["branches", n] = merge.commit.short
    made.remarks["branches", 0, "commit"] = (
        "as merged; another tip is refused. Without it, the plan follows the branch."
    )
    made.data["branches"] = branches


def write_rules(made: Described, name: str, merges: list[Merge]) -> None:
    """Add the rules that settle the conflicts, each in its merge; `name` is the plan's."""
    rules: list[dict[str, object]] = []
    for merge in merges:
        for alike in by_depth(merge.held.rules, lambda rule: rule.path):
            together: dict[tuple[str, bool], list[str]] = {}
            for rule in alike:
                together.setdefault((rule.take, rule.drops), []).append(pattern_of(rule.path))
            for (take, drops), paths in together.items():
                rules.append({"paths": paths, "take": take, "in": [merge.id], **({"drops": "true"} if drops else {})})
        if recorded := tuple(rule.path for rule in merge.held.rules if rule.take == "recorded"):
            made.warnings.append(
                f"{merge.commit.short} settles conflicts by hand in {listed(recorded)}: the lines are remembered in"
                f" {name}.resolutions/ (git-rerere(1)). {READ}"
            )
    if rules:
        made.data["resolve"] = rules


def write_fixes(made: Described, folder: str, merges: list[Merge]) -> None:
    """Add the fixes, by the names that the messages have for them, and their patches."""
    fixes: list[dict[str, object]] = []
    for merge in merges:
        for name, does in _fixes(merge, folder):
            taken = frozenset(str(one["id"]) for one in fixes)
            free = free_id([name], taken) if name in taken else name
            problem = f"found in the merge of {merge.id}, {merge.commit.id[:12]}; what is wrong without it is not told"
            fixes.append({"id": free, "problem": problem, "after": merge.id, **does})
        if merge.held.patch:
            made.files[_patch_file(merge, folder)] = (merge.held.patch, False)
        if own := tuple(path for path in merge.held.patched if path not in merge.held.added):
            made.warnings.append(
                f"{merge.commit.short} holds lines of its own in {listed(own)}: they are in"
                f" {_patch_file(merge, folder)}. {READ}"
            )
        if merge.held.added:
            made.warnings.append(
                f"{merge.commit.short} adds {listed(merge.held.added)}, which neither git nor a side of the merge"
                f" brings: {_patch_file(merge, folder)} does so, too, and merge_holds_nothing_else[{merge.id}] will"
                " fail, since an integration adds no files (R361). Put them on a branch"
            )
    if fixes:
        made.data["fixes"] = fixes


def _fixes(merge: Merge, folder: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Id of each fix of a merge, and what it does: what the message names is named so."""
    left = list(merge.held.deleted)
    for action, name in merge.told.fixes.items():
        paths = action.removeprefix("delete ").split(", ")
        if action.startswith("delete ") and set(paths) <= set(left):
            yield name, {"delete": paths}
            left = [path for path in left if path not in paths]
    if left:
        yield f"{merge.id}-delete", {"delete": left}
    sides = {side: list(paths) for side, paths in (("ours", merge.held.ours), ("theirs", merge.held.theirs)) if paths}
    if sides:
        yield _told_id(merge, "take "), {"take": sides}
    if merge.held.patch:
        yield _told_id(merge, "apply "), {"patch": _patch_file(merge, folder)}


def _told_id(merge: Merge, verb: str) -> str:
    found = [name for action, name in merge.told.fixes.items() if action.startswith(verb)]
    return found[0] if len(found) == 1 else f"{merge.id}-{'take' if verb == 'take ' else 'patch'}"


def _patch_file(merge: Merge, folder: str) -> str:
    return f"{folder}/{merge.id}.patch"


def write_gates(made: Described, folder: str, straight: Straight) -> None:
    """Add build and test by what the branch has, and the demo as far as the branch shows it."""
    history = straight.history
    write_commands(made, toolchain(history.repo, history.tip), "the branch")
    last = infrastructure(history)
    added = {path: change.after for path, change in history.changes[last.id].items() if change.after} if last else {}
    made.data["demo"] = demo = _demo(made, added or entries(history.repo, history.tip), own=bool(added))
    if last:
        demo["create"] = f"{folder}/infrastructure"
        for path, file in added.items():
            made.files[f"{demo['create']}/{path}"] = (content(history.repo, file.blob), file.mode == "100755")
        if not says_so(last):
            made.warnings.append(
                f"{straight.was.get(last.id, last).short} is no merge, and does not say what it is; what it adds"
                f" ({len(added)} files) is taken for the demo and its documents (`demo.create`). If they are code, put"
                " them on a branch (R361)"
            )


def write_commands(made: Described, tools: Mapping[str, Step], where: str) -> None:
    """Add build and test as tools have them, and what they need; else lines that fail until a person says how.

    Args:
        made: the plan.
        tools: those of the project, by stage.
        where: whose files they were looked for in, for people.
    """
    for stage in ("build", "test"):
        step = tools.get(stage, Step((f"echo 'the plan does not say how to {stage}' >&2; exit 1",), ""))
        made.data[stage] = [{"run": line} for line in step.lines]
        because = f"by {step.because}; run in a clean checkout"
        made.remarks[stage,] = because if step.because else UNKNOWN.format(where=where)
        if not step.because:
            made.warnings.append(f"nothing at the top of {where} tells how to {stage}: write it into the plan")
    if passed := list(dict.fromkeys(name for step in tools.values() for name in step.passed)):
        made.data["pass_environment"] = passed
        made.remarks["pass_environment",] = (
            "where these are set, what they name is there for commands, to write to as well"
        )
    if environment := {name: value for step in tools.values() for name, value in step.environment.items()}:
        made.data["environment"] = environment
        made.remarks["environment",] = "so that the result is the same on any machine"
    if network := next((step.network for step in tools.values() if step.network), ""):
        made.data["network"] = "true"
        made.remarks["network",] = network
    for tool, names in {step.tool: step.passed for step in tools.values() if step.tool}.items():
        made.warnings += [why] if (why := _out_of_reach(tool, names)) else []


def _out_of_reach(tool: str, passed: Iterable[str]) -> str:
    """Why commands will not find a program; empty where they will."""
    found = shutil.which(tool)
    if found is None:
        return f"there is no {tool} on the PATH; build and test are written for it"
    inside = [os.environ.get(name, "") for name in passed] + [sys.prefix, sys.base_prefix]
    home = os.environ.get("HOME") or "/"
    if home == "/" or not Path(found).is_relative_to(home) or any(map(Path(found).is_relative_to, inside)):
        return ""
    export = " and ".join(passed)
    by_hand = "name a variable that holds it under `pass_environment`, or install it elsewhere"
    advice = f"export {export}, which the plan lets through" if export else by_hand
    return f"{tool} is in your home folder ({found}), and commands have a home of their own: {advice}"


def _demo(made: Described, there: dict[str, Entry], *, own: bool) -> dict[str, object]:
    """Script and document of the demo, where there is one of each.

    Args:
        made: the plan.
        there: files that the integration itself adds; else all.
        own: whether they are its own: then what is named as the script is made executable.
    """
    scripts = [path for path, file in there.items() if file.mode == "100755" and (own or SCRIPT.fullmatch(path))]
    documents = [path for path in there if path.endswith(".md") and (own or DOCUMENT.fullmatch(path))]
    absent = f"{DEMO_SCRIPT}.missing" if own and DEMO_SCRIPT in there else DEMO_SCRIPT
    demo: dict[str, object] = {}
    for key, paths, default in (("script", scripts, absent), ("document", documents, DEMO_DOCUMENT)):
        demo[key] = paths[0] if len(paths) == 1 else default
        if demo[key] not in there:
            made.remarks["demo", key] = "No branch tells this: name the file."
    return demo


def named(place: Located) -> str:
    """A branch as a plan names it."""
    return f"{place.remote}/{place.branch}"


def listed(paths: tuple[str, ...]) -> str:
    """The first few paths, for people."""
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(map(shown, paths[:SHOWN])) + more
