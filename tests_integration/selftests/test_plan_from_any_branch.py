"""Whatever an integration holds, its plan gives the same trees, or it is said what no plan can give."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from git import Repo
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from tests_integration.engine.recover import TAKES
from tests_integration.repository.ask import entries
from tests_integration.repository.commits import Committer
from tests_integration.repository.entry import Entry
from tests_integration.repository.git import git, new_repository, scrubbed_environment
from tests_integration.repository.merge import automatic_merge
from tests_integration.repository.resolutions import Merging, Resolver
from tests_integration.repository.trees import edited, stored_blob
from tests_integration.selftests.given_back import given_back
from tests_integration.selftests.test_any_history import BRANCHES, WORKS, Work, history, lines
from tests_integration.selftests.waves import PERSON

MESSAGES = (
    "Merge {0}: Title of it\n\nWhat it brings.\n\nIntegrates: origin/effort/{0}\n",
    "Merge branch 'effort/{0}' into whole\n",
    "Merge remote-tracking branch 'origin/effort/{0}'\n",
    "Bring it in\n",
)


class Hand(NamedTuple):
    """How a person makes one merge: the message, how each conflict is settled, and what is done to files besides."""

    message: str
    ways: list[str]
    touched: list[tuple[str, int]]


HANDS = st.lists(
    st.builds(
        Hand,
        st.sampled_from(MESSAGES),
        st.lists(st.sampled_from((*TAKES, "left as git left it")), min_size=1, max_size=3),
        st.lists(
            st.tuples(st.sampled_from(("delete", "write", "run", "ours", "theirs")), st.integers(0, 30)), max_size=2
        ),
    ),
    min_size=len(BRANCHES),
    max_size=len(BRANCHES),
)


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repo]:
    with scrubbed_environment(), new_repository(tmp_path_factory.mktemp("histories"), bare=True) as made:
        yield made


def settled(repo: Repo, sides: tuple[str, str], hand: Hand) -> str:
    """The tree of a merge as a person makes it."""
    automatic = automatic_merge(repo, *sides)
    resolver = Resolver(Merging(repo, *sides, automatic, Path()))
    tree = automatic.tree
    for n, conflict in enumerate(automatic.conflicts):
        way = hand.ways[n % len(hand.ways)]
        settlement = resolver.settlement(conflict, way) if way in TAKES else None
        tree = edited(repo, tree, settlement.edits if settlement else {})
    for what, number in hand.touched:
        there = sorted(entries(repo, tree).items())
        path, entry = there[number % len(there)] if there else ("a", Entry("100644", ""))
        new: dict[str, Entry | None] = {
            "delete": None,
            "write": Entry("100644", stored_blob(repo, lines(number) + b"by hand\n", sides[0])),
            "run": Entry("100755", entry.blob) if entry.mode == "100644" else entry,
            "ours": entries(repo, sides[0]).get(path),
            "theirs": entries(repo, sides[1]).get(path),
        }
        tree = edited(repo, tree, {path: new[what]}) if there else tree
    return tree


def integration(repo: Repo, tips: Mapping[str, str], hands: list[Hand], *, demo: bool) -> str:
    """The tip of an integration of these branches, made by hand."""
    committer = Committer(repo, PERSON | {key: value.replace("2025", "2026") for key, value in PERSON.items()})
    at, merged = tips["base"], {tips["base"]}
    for name, hand in zip(BRANCHES, hands, strict=True):
        sides = at, tips[name]
        if tips[name] not in merged:
            at = committer.commit(settled(repo, sides, hand), hand.message.format(name), sides)
            merged.add(tips[name])
    if demo:
        file = Entry("100755", stored_blob(repo, b"#!/bin/sh\n", at))
        tree = edited(repo, git(repo, "rev-parse", f"{at}^{{tree}}").decode().strip(), {"demos/demo.sh": file})
        at = committer.commit(tree, "Add demo\n\nIntegration-Infrastructure: R291\n", (at,))
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
    assert [line for line in came.why.splitlines() if "an integration adds no files (R361)" not in line] == []
    keys = {"resolve", "fixes"}.intersection(came.found.data) if came.found else {"not described"}
    event(" and ".join(sorted(keys)) or "as git merges")
