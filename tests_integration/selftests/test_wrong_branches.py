"""Integrations made by hand, wrong in what is merged and in which order: exactly the criteria that it breaks fail."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests_integration.selftests.waves import Built, Wave, by_hand, every_kind_of_fix, failures, git, integrated

NOT_MERGED = (
    "branch_is_merged_once[{0}] merge_holds_nothing_else[{0}] merges_in_planned_order own_lines_stay_within_limit "
)


class Wrong(NamedTuple):
    """A wrong way to integrate.

    Attributes:
        script: what is run by hand, from the base on.
        fails: the criteria that fail, the telling one first.
        says: how the telling one puts it, commit ids as `#`.
    """

    script: str
    fails: str
    says: str


WRONG = {
    "nothing is merged": Wrong(
        "true",
        "".join(NOT_MERGED.format(name) for name in ("E1", "E2-split-001", "E2-split-002", "E3", "E4"))
        + "fix_is_in_its_merge[BUG-1] fix_is_in_its_merge[BUG-2] fix_is_in_its_merge[BUG-3]"
        " demo_script_is_present demo_script_is_executable demo_is_documented",
        "E1 (tip #) is not merged: it is not in",
    ),
    "a branch is dropped": Wrong(
        "E1; E2a; E2b; E3; demo",
        NOT_MERGED.format("E4"),
        "E4 (tip #) is not merged: it is not in",
    ),
    "a branch is dropped, but comes in with what is stacked on it": Wrong(
        "merge E2-split-001; git rm --quiet twin.txt; amend; E2b; E3; E4; demo",
        NOT_MERGED.format("E1") + "fix_is_in_its_merge[BUG-1]",
        "E1 (tip #) is not merged: its commits are in, but not by a merge commit of their own",
    ),
    "an old tip is merged": Wrong(
        "E1; E2a; E2b; E3; git merge --quiet --no-ff -m 'Merge E4' origin/effort/E4~1; demo",
        NOT_MERGED.format("E4"),
        "E4 (tip #) is not merged: it is not in",
    ),
    "a branch is squashed": Wrong(
        "E1; E2a; E2b; E3; git merge --quiet --squash origin/effort/E4; save 'Merge E4'; demo",
        NOT_MERGED.format("E4"),
        "E4 (tip #) is not merged: it is not in",
    ),
    "a branch is cherry-picked": Wrong(
        "E1; E2a; E2b; E3; git cherry-pick origin/effort/E4~2..origin/effort/E4; demo",
        NOT_MERGED.format("E4"),
        "E4 (tip #) is not merged: it is not in",
    ),
    "a branch is rebased before it is merged": Wrong(
        "E1; E2a; E2b; E3; git switch --create mine origin/effort/E4; git rebase integration; git switch integration;"
        " git merge --no-ff -m 'Merge E4' mine; demo",
        NOT_MERGED.format("E4"),
        "E4 (tip #) is not merged: it is not in",
    ),
    "a branch is fast-forwarded": Wrong(
        "git merge --quiet origin/effort/E1; git rm --quiet twin.txt; save 'Drop twin'; E2a; E2b; E3; E4; demo",
        NOT_MERGED.format("E1") + "fix_is_in_its_merge[BUG-1]",
        "E1 (tip #) is not merged: its commits are in, but not by a merge commit of their own",
    ),
    "a branch is merged twice": Wrong(
        "E1; E2a; E2b; E3; E4; demo;"
        " git reset --hard $(git commit-tree -p HEAD -p origin/effort/E4 -m 'Merge it again' HEAD^{tree})",
        NOT_MERGED.format("E4"),
        "E4 is merged 2 times: # (Merge E4), # (Merge it again)",
    ),
    "two branches are merged at once": Wrong(
        "E1; git merge --quiet --no-ff -m Octopus origin/effort/E2-split-001 origin/effort/E4; E2b; E3; demo",
        NOT_MERGED.format("E4") + NOT_MERGED.format("E2-split-001"),
        "# (Octopus) has 3 parents; a merge of one branch has two",
    ),
    "what was merged is merged into a branch": Wrong(
        "E1; E2a; E2b; E3; git checkout --detach origin/effort/E4; git merge -m 'Merge E4' integration; demo",
        "".join(NOT_MERGED.format(name) for name in ("E1", "E2-split-001", "E2-split-002", "E3", "E4"))
        + "fix_is_in_its_merge[BUG-1] fix_is_in_its_merge[BUG-2] fix_is_in_its_merge[BUG-3]",
        "E1 (tip #) is not merged: its commits are in, but not by a merge commit of their own",
    ),
    "two branches are swapped": Wrong(
        "E1; E2a; E2b; E4; E3; demo",
        "merges_in_planned_order",
        "the merges stand in another order: # (Merge E1), # (Merge E2-split-001), # (Merge E2-split-002),"
        " # (Merge E4), # (Merge E3)",
    ),
    "a branch comes before a split that it depends on": Wrong(
        "E1; E2a; E3; E2b; E4; demo",
        "efforts_come_before_dependents merges_in_planned_order",
        "E3 was merged before E2-split-002, which it depends on",
    ),
    "an unplanned branch is merged": Wrong(
        "E1; E2a; E2b; E3; git switch --create extra origin/main; echo x > extra.txt; save Extra;"
        " git switch integration; git merge --no-ff -m 'Merge extra' extra; E4; demo",
        "merges_in_planned_order",
        "merged, but not planned: # (Merge extra)",
    ),
    "a commit stands between the merges": Wrong(
        "E1; E2a; E2b; echo more >> two.txt; save 'Touch up'; E3; E4; demo",
        "merges_in_planned_order",
        "no merge, and not the infrastructure at the end: # (Touch up)",
    ),
    "an empty commit stands between the merges": Wrong(
        "E1; E2a; E2b; E3; git commit --allow-empty -m 'Wake the robots'; E4; demo",
        "merges_in_planned_order",
        "no merge, and not the infrastructure at the end: # (Wake the robots)",
    ),
    "a merge is reverted": Wrong(
        "E1; E2a; E2b; E3; E4; git revert --no-edit --mainline 1 HEAD; demo",
        "merges_in_planned_order",
        'no merge, and not the infrastructure at the end: # (Revert "Merge E4")',
    ),
    "the infrastructure comes first": Wrong(
        "demo; git rm --quiet demos/NOTES.md; amend; E1; E2a; E2b; E3; E4",
        "merges_in_planned_order",
        "no merge, and not the infrastructure at the end: # (Add demo)",
    ),
    "a commit stands on top": Wrong(
        "E1; E2a; E2b; E3; E4; demo; echo more >> two.txt; save 'Touch up'",
        "infrastructure_adds_only_its_files merges_in_planned_order",
        "# (Touch up) is no merge and does not say what it is",
    ),
    "it starts at an older base": Wrong(
        "git reset --quiet --hard main~1; E1; E2a; E2b; E3; E4; demo",
        "branch_starts_at_base",
        "the integration starts at #, not at the base #",
    ),
    "it starts at a base that moved on": Wrong(
        "echo later > later.txt; save 'Go on with main'; E1; E2a; E2b; E3; E4; demo",
        "merges_in_planned_order",
        "no merge, and not the infrastructure at the end: # (Go on with main)",
    ),
}


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    with integrated(every_kind_of_fix(tmp_path_factory.mktemp("right") / "wave")) as built:
        yield built


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_branch_fails_the_criteria_that_it_breaks(wrong: Wrong, right: Built) -> None:
    found = failures(right, by_hand(right, wrong.script))
    assert set(found) == set(wrong.fails.split())
    assert re.sub(r"\b([0-9a-f]{40}|[0-9a-f]{12})\b", "#", found[wrong.fails.split()[0]]) == wrong.says


def test_a_branch_that_holds_this_integration_is_no_source(right: Built) -> None:
    script = "E1; E2a; E2b; E3; git switch --create E4 origin/effort/E4; git merge --no-ff -m 'Stay fresh' integration;"
    tip = by_hand(right, f"{script} git switch integration; git merge --no-ff -m 'Merge E4' E4; demo")
    found = failures(right, tip, tips=right.tips | {"E4": git(Path(right.store.git_dir), "rev-parse", f"{tip}~1^2")})
    assert found.keys() == {"branches_are_not_integrations"}


def test_a_branch_that_holds_an_earlier_attempt_is_no_source(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    with integrated(wave) as first:
        git(wave.work, "fetch", "--quiet", str(first.store.git_dir), f"{first.integration.tip}:refs/heads/effort/first")
    wave.branch("E2", {"two.txt": "two\n"}, parent="first")
    wave.document |= {"attempt": 2, "date": "2025-10-07T00:00:00Z"}
    wave.document["branches"][-1]["parent"] = "E1"
    with integrated(wave, "second") as second:
        assert second.integration.tip
        found = failures(second, second.integration.tip)
    merge, demo = first.integration.merges[0].commit[:12], str(first.integration.tip)[:12]
    assert found == {
        "branches_are_not_integrations": f"E2 contains {merge} (Merge E1: Title of E1), "
        f"{demo} (Add demo and integration documents), which are integrations; they are never a source (R270)"
    }


def test_a_branch_without_common_history_is_put_in_words(right: Built) -> None:
    orphan = "git switch --orphan E4; echo four > 4.txt; save Begin; git switch integration"
    merge = "git merge --no-ff -m 'Merge E4' --allow-unrelated-histories E4"
    tip = by_hand(right, f"E1; E2a; E2b; E3; {orphan}; {merge}; demo")
    found = failures(right, tip, tips=right.tips | {"E4": git(Path(right.store.git_dir), "rev-parse", f"{tip}~1^2")})
    assert found.keys() == {"merge_holds_nothing_else[E4]", "own_lines_stay_within_limit"}
    assert "unrelated histories" in found["merge_holds_nothing_else[E4]"]
