"""Integrations made by hand, wrong in what is merged and in which order: exactly the criteria that it breaks fail."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from tests_integration.criteria.judge import merge_to_judge
from tests_integration.selftests.given_back import assert_same_or_told
from tests_integration.selftests.hand import by_hand
from tests_integration.selftests.waves import Built, Wave, every_kind_of_fix, failures, integrated

NOT_MERGED = "branch_is_merged_once[{0}]"
ANOTHER_IS = "branch_is_merged_once[{0}] merges_in_planned_order"
ALL = ("E1", "E2-split-001", "E2-split-002", "E3", "E4")
INSIDE = "its commits are in, but not by a merge commit of their own: "


class Wrong(NamedTuple):
    """A wrong way to integrate.

    Attributes:
        script: what is run by hand, from the base on; empty: what the engine makes of the wave is judged.
        fails: the criteria that fail, the telling one first.
        says: the lines that the telling one begins with, commit ids as `#`.
        wave: the wave that is integrated; None: the one of `every_kind_of_fix`.
    """

    script: str
    fails: str
    says: str
    wave: Callable[[Wave], object] | None = None

    @property
    def telling(self) -> str:
        """The criterion that is meant for it."""
        return self.fails.split()[0]


def without_ids(message: str) -> str:
    """A message with `#` for every commit id."""
    return re.sub(r"\b([0-9a-f]{40}|[0-9a-f]{12})\b", "#", message)


def assert_caught(wrong: Wrong, found: dict[str, str]) -> None:
    """The criteria fail that are to fail, no other, and the telling one begins as it should."""
    assert found.keys() == set(wrong.fails.split())
    said = without_ids(found[wrong.telling])
    assert said == wrong.says or said.startswith(f"{wrong.says}\n"), said


WRONG = {
    "nothing is merged": Wrong(
        "true",
        " ".join(NOT_MERGED.format(name) for name in ALL)
        + " demo_script_is_present demo_script_is_executable demo_is_documented infrastructure_adds_only_its_files",
        "E1 (tip #) is not merged: it is not in",
    ),
    "a branch is dropped": Wrong(
        "E1; E2a; E2b; E3; demo", NOT_MERGED.format("E4"), "E4 (tip #) is not merged: it is not in"
    ),
    "a branch is dropped, but comes in with what is stacked on it": Wrong(
        "merge E2-split-001; git rm --quiet twin.txt; amend; E2b; E3; E4; demo",
        NOT_MERGED.format("E1"),
        f"E1 (tip #) is not merged: {INSIDE}# (Merge E2-split-001) brought them in, merging #, 2 commits further on",
    ),
    "an old tip is merged": Wrong(
        "E1; E2a; E2b; E3; git merge --quiet --no-ff -m 'Merge E4' origin/effort/E4~1; demo",
        ANOTHER_IS.format("E4"),
        "E4 (tip #) is not merged: # (Merge E4) merges an older tip of it, #; 1 commit behind it",
    ),
    "a newer tip than the planned one is merged": Wrong(
        "E1; E2a; E2b; E3; git switch --create mine origin/effort/E4; echo more >> four.txt; save 'One thing more';"
        " git switch integration; git merge --no-ff -m 'Merge E4' mine; demo",
        ANOTHER_IS.format("E4"),
        f"E4 (tip #) is not merged: {INSIDE}# (Merge E4) brought them in, merging #, 1 commit further on",
    ),
    "a branch is squashed": Wrong(
        "E1; E2a; E2b; E3; git merge --quiet --squash origin/effort/E4; save 'Merge E4'; demo",
        ANOTHER_IS.format("E4"),
        "E4 (tip #) is not merged: it was squashed into # (Merge E4), which is no merge",
    ),
    "a branch is cherry-picked": Wrong(
        "E1; E2a; E2b; E3; git cherry-pick origin/effort/E4~2..origin/effort/E4; demo",
        ANOTHER_IS.format("E4"),
        "E4 (tip #) is not merged: it was cherry-picked: #, # have the changes of its commits",
    ),
    "a branch is rebased before it is merged": Wrong(
        "E1; E2a; E2b; E3; git switch --create mine origin/effort/E4; git rebase integration; git switch integration;"
        " git merge --no-ff -m 'Merge E4' mine; demo",
        ANOTHER_IS.format("E4"),
        "E4 (tip #) is not merged: # (Merge E4) merges a copy of it, #: the same changes in other commits",
    ),
    "the dates of a branch are rewritten before it is merged": Wrong(
        "E1; E2a; E2b; E3; git switch --create mine origin/effort/E4; GIT_COMMITTER_DATE=2025-11-11T11:11:11Z"
        " git rebase --force-rebase origin/main; git switch integration; git merge --no-ff -m 'Merge E4' mine; demo",
        ANOTHER_IS.format("E4"),
        "E4 (tip #) is not merged: # (Merge E4) merges a copy of it, #: the same changes in other commits",
    ),
    "the message of a branch is amended before it is merged": Wrong(
        "E1; E2a; E2b; E3; git switch --create mine origin/effort/E4; git commit --amend -m 'Better words';"
        " git switch integration; git merge --no-ff -m 'Merge E4' mine; demo",
        ANOTHER_IS.format("E4"),
        "E4 (tip #) is not merged: # (Merge E4) merges a copy of it, #: the same changes in other commits",
    ),
    "a branch is fast-forwarded": Wrong(
        "git merge --quiet origin/effort/E1; git rm --quiet twin.txt; save 'Drop twin'; E2a; E2b; E3; E4; demo",
        ANOTHER_IS.format("E1"),
        "E1 (tip #) is not merged: it was fast-forwarded: its tip stands on the first-parent chain itself",
    ),
    "a branch is merged twice": Wrong(
        "E1; E2a; E2b; E3; E4; demo;"
        " git reset --hard $(git commit-tree -p HEAD -p origin/effort/E4 -m 'Merge it again' HEAD^{tree})",
        ANOTHER_IS.format("E4"),
        "E4 is merged 2 times: # (Merge E4), # (Merge it again)",
    ),
    "two branches are merged at once": Wrong(
        "E1; git merge --quiet --no-ff -m Octopus origin/effort/E2-split-001 origin/effort/E4; E2b; E3; demo",
        f"{NOT_MERGED.format('E4')} {NOT_MERGED.format('E2-split-001')}",
        "E4 is merged by # (Octopus), which has 3 parents; a merge of one branch has two",
    ),
    "stacked branches are merged by the last of them": Wrong(
        "merge E2-split-002; git rm --quiet twin.txt; git apply ../plans/three.patch; amend; E3; E4; demo",
        f"{NOT_MERGED.format('E1')} {NOT_MERGED.format('E2-split-001')}",
        f"E1 (tip #) is not merged: {INSIDE}# (Merge E2-split-002) brought them in, merging #, 3 commits further on",
    ),
    "what was merged is merged into a branch": Wrong(
        "E1; E2a; E2b; E3; git checkout --detach origin/effort/E4; git merge -m 'Merge E4' integration; demo",
        "branch_is_merged_once[E4] merges_in_planned_order " + " ".join(NOT_MERGED.format(name) for name in ALL),
        "E4 (tip #) is not merged: it was fast-forwarded: # (Merge E4) stands on it as its first parent",
    ),
    "a branch is merged through an integration branch": Wrong(
        "E1; E2a; E2b; E3; git switch --create sprint-integration origin/main; E4; git switch integration;"
        " git merge --no-ff -m 'Merge sprint-integration' sprint-integration; demo",
        ANOTHER_IS.format("E4"),
        f"E4 (tip #) is not merged: {INSIDE}# (Merge sprint-integration) brought them in, merging #",
    ),
    "a merge of something else has the subject of a branch's merge": Wrong(
        "E1; E2a; E2b; E3; git switch --create wip origin/main; echo 4 > four.txt; save 'Try four';"
        " git switch integration; git merge --no-ff -m 'Merge E4: Title of E4' -m 'Integrates: origin/effort/E4' wip;"
        " demo",
        ANOTHER_IS.format("E4"),
        "E4 (tip #) is not merged: it is not in",
    ),
    "an empty commit has the subject of a branch's merge": Wrong(
        "E1; E2a; E2b; E3; git commit --allow-empty -m 'Merge E4: Title of E4' -m 'Integrates: origin/effort/E4'; demo",
        ANOTHER_IS.format("E4"),
        "E4 (tip #) is not merged: it is not in",
    ),
    "two branches are swapped": Wrong(
        "E1; E2a; E2b; E4; E3; demo",
        "merges_in_planned_order",
        "the merges stand in another order: # (Merge E1), # (Merge E2-split-001), # (Merge E2-split-002),"
        " # (Merge E4), # (Merge E3)",
    ),
    "two splits are swapped": Wrong(
        "E1; E2b; git reset --hard $(git commit-tree -p HEAD -p origin/effort/E2-split-001 -m Late HEAD^{tree});"
        " E3; E4; demo",
        "efforts_come_before_dependents merges_in_planned_order",
        "E2-split-002 was merged before E2-split-001, which it depends on",
    ),
    "two splits are swapped, and git finds nothing left to merge": Wrong(
        "E1; E2b; E2a; E3; E4; demo",
        NOT_MERGED.format("E2-split-001"),
        f"E2-split-001 (tip #) is not merged: {INSIDE}# (Merge E2-split-002) brought them in, merging #,"
        " 1 commit further on",
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
    "a base that moved on is merged in": Wrong(
        "E1; E2a; E2b; E3; E4; git switch --create fresh origin/main; echo later > later.txt; save 'Go on with main';"
        " git switch integration; git merge --no-ff -m \"Merge branch 'main'\" fresh; demo",
        "merges_in_planned_order",
        "merged, but not planned: # (Merge branch 'main')",
    ),
    "a commit stands between the merges": Wrong(
        "E1; E2a; E2b; echo more >> two.txt; save 'Touch up'; E3; E4; demo",
        "merges_in_planned_order",
        "no merge, and not the one infrastructure commit at the end: # (Touch up)",
    ),
    "an empty commit stands between the merges": Wrong(
        "E1; E2a; E2b; E3; git commit --allow-empty -m 'Wake the robots'; E4; demo",
        "merges_in_planned_order",
        "no merge, and not the one infrastructure commit at the end: # (Wake the robots)",
    ),
    "a merge is reverted": Wrong(
        "E1; E2a; E2b; E3; E4; git revert --no-edit --mainline 1 HEAD; demo",
        "merges_in_planned_order",
        'no merge, and not the one infrastructure commit at the end: # (Revert "Merge E4")',
    ),
    "the infrastructure comes first": Wrong(
        "demo; git rm --quiet demos/NOTES.md; amend; E1; E2a; E2b; E3; E4",
        "merges_in_planned_order",
        "no merge, and not the one infrastructure commit at the end: # (Add demo)",
    ),
    "a commit stands on top": Wrong(
        "E1; E2a; E2b; E3; E4; demo; echo more >> two.txt; save 'Touch up'",
        "infrastructure_adds_only_its_files merges_in_planned_order",
        "# (Touch up) is no merge and does not say what it is",
    ),
    "infrastructure comes in two commits": Wrong(
        "E1; E2a; E2b; E3; E4; files; git add demos/demo.sh;"
        " git commit -m 'Add script' -m 'Integration-Infrastructure: R291'; demo",
        "merges_in_planned_order",
        "no merge, and not the one infrastructure commit at the end: # (Add script), # (Add demo)",
    ),
    "it starts at an older base": Wrong(
        "git reset --quiet --hard main~1; E1; E2a; E2b; E3; E4; demo",
        "branch_starts_at_base",
        "the integration starts at #, not at the base origin/main (#): 1 commit behind it; integrate afresh",
    ),
    "it starts at another branch than the base": Wrong(
        "git reset --hard main~1; echo release > release.txt; save 'Cut the release'; E1; E2a; E2b; E3; E4; demo",
        "branch_starts_at_base merges_in_planned_order",
        "the integration starts at #, not at the base origin/main (#): 1 commit behind it; integrate afresh",
    ),
    "it starts at a base that moved on": Wrong(
        "echo later > later.txt; save 'Go on with main'; E1; E2a; E2b; E3; E4; demo",
        "merges_in_planned_order",
        "no merge, and not the one infrastructure commit at the end: # (Go on with main)",
    ),
    "a replacement hides a commit": Wrong(
        "E1; E2a; E2b; E3; E4; echo more >> one.txt; save 'Slip it in';"
        " git replace HEAD $(git commit-tree -p HEAD~1 -m 'Nothing here' HEAD~1^{tree});"
        " git push --quiet ../wave-store.git 'refs/replace/*:refs/replace/*'; demo",
        "merges_in_planned_order",
        "no merge, and not the one infrastructure commit at the end: # (Slip it in)",
    ),
    "a graft hides a commit": Wrong(
        "E1; E2a; E2b; E3; git commit --allow-empty -m 'Wake the sleepers'; E4;"
        " echo $(git rev-parse HEAD HEAD~2 HEAD^2) >> ../wave-store.git/info/grafts; demo",
        "merges_in_planned_order",
        "no merge, and not the one infrastructure commit at the end: # (Wake the sleepers)",
    ),
}


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    with integrated(every_kind_of_fix(tmp_path_factory.mktemp("right") / "wave")) as built:
        yield built


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_branch_fails_the_criteria_that_it_breaks(wrong: Wrong, right: Built) -> None:
    tip = by_hand(right, wrong.script)
    assert_caught(wrong, failures(right, tip))
    assert_same_or_told(right, tip)


def test_what_cannot_be_judged_is_blocked_and_not_green(right: Built) -> None:
    history = right.history_of(by_hand(right, "E1; E2a; E2b; E3; demo"))
    with pytest.raises(pytest.skip.Exception, match=r"^blocked: E4 is not merged as it should be"):
        merge_to_judge(history, right.plan.branch("E4"), right.tips["E4"])
