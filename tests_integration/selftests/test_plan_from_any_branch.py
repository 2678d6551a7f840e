"""Whatever an integration holds, its plan gives the same trees, or git itself names its commits in them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from git import Repo
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from tests_integration.engine.integrate import integrate
from tests_integration.engine.recover import TAKES
from tests_integration.engine.sources import fetch, look_up
from tests_integration.plan.load import load
from tests_integration.repository.ask import entries, tree_of
from tests_integration.repository.commits import Committer
from tests_integration.repository.entry import Entry
from tests_integration.repository.git import GitError, git, new_repository, scrubbed_environment
from tests_integration.repository.merge import AutomaticMerge, automatic_merge, automatic_merges
from tests_integration.repository.resolutions import Merging, Resolver
from tests_integration.repository.store import open_store
from tests_integration.repository.trees import edited, stored_blob
from tests_integration.selftests.given_back import given_back
from tests_integration.selftests.running_plans import PLANS, copy_of_plans
from tests_integration.selftests.test_any_history import BRANCHES, WORKS, Work, history, lines
from tests_integration.selftests.waves import PERSON

MESSAGES = (
    "Merge {0}: Title of it\n\nWhat it brings.\n\nIntegrates: origin/effort/{0}\n",
    "Merge branch 'effort/{0}' into whole\n",
    "Merge remote-tracking branch 'origin/effort/{0}'\n",
    "Bring it in\n",
)


class Hand(NamedTuple):
    """How a person makes one merge.

    Attributes:
        message: of the commit.
        ways: how each conflict is settled.
        touched: what is done to files besides.
        then: what follows: nothing, a commit of its own, or the next branch is merged by the same commit.
    """

    message: str
    ways: list[str]
    touched: list[tuple[str, int]]
    then: str


TOUCHES = ("delete", "write", "run", "ours", "theirs", "add", "link", "submodule", "binary")
HANDS = st.lists(
    st.builds(
        Hand,
        st.sampled_from(MESSAGES),
        st.lists(st.sampled_from((*TAKES, "by hand", "left as git left it")), min_size=1, max_size=3),
        st.lists(st.tuples(st.sampled_from(TOUCHES), st.integers(0, 30)), max_size=2),
        st.sampled_from(("", "", "", "a commit", "at once")),
    ),
    min_size=len(BRANCHES),
    max_size=len(BRANCHES),
)


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repo]:
    with scrubbed_environment(), new_repository(tmp_path_factory.mktemp("histories"), bare=True) as made:
        yield made


def settled(repo: Repo, automatic: AutomaticMerge, sides: tuple[str, str], hand: Hand) -> str:
    """The tree of a merge as a person makes it."""
    resolver = Resolver(Merging(repo, *sides, automatic, Path()))
    tree = automatic.tree
    for n, conflict in enumerate(automatic.conflicts):
        way = hand.ways[n % len(hand.ways)]
        settlement = resolver.settlement(conflict, way) if way in TAKES else None
        tree = edited(repo, tree, settlement.edits if settlement else {})
        if way == "by hand":
            tree = edited(repo, tree, {conflict.path: written(repo, sides[0], lines(n) + b"by hand\n")})
    for touch in hand.touched:
        tree = touched(repo, tree, sides, touch)
    return tree


def touched(repo: Repo, tree: str, sides: tuple[str, str], touch: tuple[str, int]) -> str:
    """The tree with one file as a person leaves it."""
    what, number = touch
    there = sorted(entries(repo, tree).items())
    path, entry = there[number % len(there)] if there else ("a", Entry("100644", ""))
    if what == "add":
        return edited(repo, tree, {("a/b", "f/a", "new", "d/e/new")[number % 4]: written(repo, tree, lines(number))})
    new: dict[str, Entry | None] = {
        "delete": None,
        "write": written(repo, tree, lines(number) + b"by hand\n"),
        "run": Entry("100755", entry.blob) if entry.mode == "100644" else entry,
        "ours": entries(repo, sides[0]).get(path),
        "theirs": entries(repo, sides[1]).get(path),
        "link": Entry("120000", stored_blob(repo, b"to-9", tree)),
        "submodule": Entry("160000", str(number % 9 + 1) * 40),
        "binary": written(repo, tree, b"\0\1\2" * number),
    }
    return edited(repo, tree, {path: new[what]}) if there else tree


def written(repo: Repo, like: str, text: bytes) -> Entry:
    return Entry("100644", stored_blob(repo, text, like))


def integration(repo: Repo, tips: Mapping[str, str], hands: list[Hand], *, demo: bool) -> str:
    """The tip of an integration of these branches, made by hand; those that git itself cannot merge are left out."""
    committer = Committer(repo, PERSON | {key: value.replace("2025", "2026") for key, value in PERSON.items()})
    at, merged, before = tips["base"], {tips["base"]}, list[str]()
    for name, hand in zip(BRANCHES, hands, strict=True):
        onto, tip = at, tips[name]
        for other in before:
            onto = committer.commit(automatic_merge(repo, onto, other).tree, "", (onto, other))
        (automatic,) = automatic_merges(repo, [(onto, tip)])
        if tip in merged or isinstance(automatic, GitError):
            continue
        merged.add(tip)
        if hand.then == "at once" and name != BRANCHES[-1] and not automatic.conflicts:
            before.append(tip)
            continue
        tree = settled(repo, automatic, (onto, tip), hand)
        at = committer.commit(tree, hand.message.format(name), (at, *before, tip))
        before.clear()
        if hand.then == "a commit":
            tree = touched(repo, tree_of(repo, at), (at, tip), (hand.touched or [("add", 2)])[0])
            at = committer.commit(tree, "Touch up", (at,))
    if demo:
        file = Entry("100755", stored_blob(repo, b"#!/bin/sh\n", at))
        at = committer.commit(
            edited(repo, tree_of(repo, at), {"demos/demo.sh": file}),
            "Add demo\n\nIntegration-Infrastructure: R291\n",
            (at,),
        )
    return at


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(works=WORKS, hands=HANDS, demo=st.booleans())
def test_any_integration_is_described_so_that_the_plan_gives_the_same_trees(
    repo: Repo, works: list[Work], hands: list[Hand], *, demo: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stream, marks = history(works)
    folder = tmp_path_factory.mktemp("history")
    git(repo, "fast-import", "--quiet", "--force", f"--export-marks={folder / 'marks'}", stdin=stream)
    ids = dict(line.split() for line in (folder / "marks").read_text(encoding="utf-8").splitlines())
    tips = {key: ids[f":{mark}"] for key, mark in zip(("base", *BRANCHES), marks, strict=True)}
    origin = {f"effort/{name}": tips[name] for name in BRANCHES} | {"main": tips["base"]}
    came = given_back(repo, origin, integration(repo, tips, hands, demo=demo))
    assert [line for line in came.why.splitlines() if "has a conflict inside another" not in line] == []
    keys = {"resolve", "fixes"}.intersection(came.found.data) if came.found else {"not described"}
    event(" and ".join(sorted(keys)) or "as git merges")


@pytest.mark.parametrize("name", [file.stem for file in sorted(PLANS.glob("wave2*.yaml"))])
def test_the_seeds_wave_comes_back(tmp_path: Path, name: str) -> None:
    plan = load(copy_of_plans(tmp_path) / "plans" / f"{name}.yaml")
    with scrubbed_environment(), open_store(tmp_path / "store") as store:
        sources = fetch(plan, store, look_up(plan, store))
        made = integrate(plan, store, sources)
        origin = {str(branch.source).partition("/")[2]: str(sources[branch.id].commit) for branch in plan.branches}
        came = given_back(store, origin | {"main": str(made.base)}, str(made.tip))
    assert came.found, came.why
    told = [(fix["id"], fix["after"], fix["delete"]) for fix in came.found.data.get("fixes", [])]  # type: ignore[attr-defined]
    assert told == [(fix.id, fix.after, list(fix.delete)) for fix in plan.fixes]
    assert [one["id"] for one in came.found.data["branches"]] == [branch.id for branch in plan.branches]  # type: ignore[attr-defined]
    assert came.found.data["build"] == [{"run": "go build ./..."}]
