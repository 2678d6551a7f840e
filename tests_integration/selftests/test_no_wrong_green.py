"""Ways in which something unproven was once called proven, pushed or recorded as a success."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests_integration.repository.git import scrubbed_environment
from tests_integration.repository.merge import automatic_merge
from tests_integration.repository.store import open_store
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import Wave, failures, git, integrated


def go(wave: Wave, *arguments: str) -> Run:
    """Run the wave's plan."""
    return run(wave.folder, "--plan", str(wave.write()), *arguments)


def metadata(wave: Wave) -> dict[str, Any]:
    """The R520 object that the last run has left."""
    return dict(json.loads((wave.folder / "reports" / "wave" / "metadata.json").read_text(encoding="utf-8")))


def is_published(wave: Wave) -> bool:
    """Whether the remote has the integration branch."""
    return bool(git(wave.origin, "branch", "--list", "wave-integration"))


def test_a_rehearsal_makes_no_success_of_a_failure(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "false"}]
    go(stacked)
    before = metadata(stacked)
    stacked.document["build"] = [{"run": "true"}]
    rehearsal = go(stacked, "-k", "not replay")
    assert rehearsal.exit == 1
    assert "not every criterion of the plan was asked for" in rehearsal.output
    assert metadata(stacked) == before
    assert not is_published(stacked)


def test_publishing_by_until_is_an_attempt_like_any_other(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "false"}]
    go(stacked)
    assert "nothing that it was built from has changed since" in go(stacked, "--until", "publish").output
    assert not is_published(stacked)


def test_criteria_that_were_asked_for_and_never_ran_are_not_green(stacked: Wave) -> None:
    assert go(stacked, "--setup-only").exit == 1


def test_what_the_build_leaves_is_not_there_for_the_tests(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "echo made > made.txt"}]
    stacked.document["test"] = [{"run": "test -f made.txt"}]
    assert go(stacked).outcomes("wave")["failed"] == ["test_passes[1]"]


def test_attributes_that_the_build_writes_hide_nothing(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "echo '* text eol=lf' > .gitattributes; sed -i 's/$/\\r/' base.txt"}]
    assert go(stacked).outcomes("wave")["failed"] == ["build_changes_no_tracked_file[]"]


def test_a_patch_adds_no_file(stacked: Wave) -> None:
    (stacked.folder / "plans" / "new.patch").write_text("--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+code = 1\n")
    fix = {"id": "BUG-2", "problem": "it lacks code", "after": "E1", "patch": "new.patch"}
    stacked.document["fixes"].append(fix)
    with integrated(stacked) as built:
        assert built.integration.tip
        failed = failures(built, built.integration.tip)
    assert failed.keys() == {"merge_holds_nothing_else[E1]"}
    said = "new.py: BUG-2 adds it by new.patch; an integration adds no files (R361): bring it on a branch"
    assert said in failed["merge_holds_nothing_else[E1]"]


def test_a_folder_that_was_renamed_to_two_places_is_a_conflict(wave: Wave) -> None:
    wave.commit("main", {f"a/{n}": f"{n}\n" * 9 for n in range(4)})
    moved = {f"a/{n}": None for n in range(4)} | {f"{'bc'[n % 2]}/{n}": f"{n}\n" * 9 for n in range(4)}
    split = wave.commit("split", moved)
    adds = wave.commit("adds", {"a/new": "new\n"}, parent="main")
    with scrubbed_environment(), open_store(wave.work / ".git") as store:
        conflicts = automatic_merge(store, split, adds).conflicts
    assert {conflict.kind for conflict in conflicts} == {"directory rename split"}


def test_two_branches_at_one_commit_are_told_apart(stacked: Wave) -> None:
    git(stacked.origin, "branch", "effort/E9", "effort/E1")
    stacked.document["branches"].append({"id": "E9", "title": "Twin", "from": "origin/effort/E9"})
    with integrated(stacked) as built:
        assert built.integration.parked
        assert "E9 (origin/effort/E9) has the same tip as E1" in built.integration.parked[0].problem


def test_the_order_of_stages_holds_whatever_failed_first(stacked: Wave) -> None:
    git(stacked.origin, "branch", "wave-integration", "main")
    assert go(stacked).outcomes("wave")["failed"] == ["branch_is_published[origin]"]
    git(stacked.origin, "branch", "-D", "wave-integration")
    assert go(stacked, "--ff").exit == 0


@pytest.mark.parametrize("name", ["line\nbreak.md", ".git/config"])
def test_an_odd_file_beside_the_plan_is_refused(stacked: Wave, name: str) -> None:
    file: Path = stacked.folder / "plans" / "infrastructure" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("odd\n")
    refused = go(stacked)
    assert refused.exit == 1
    assert "demo.create: 'infrastructure' holds" in refused.output


def test_a_branch_with_an_odd_name_that_nobody_asked_for_is_no_obstacle(stacked: Wave) -> None:
    git(stacked.origin, "branch", "odd\u2028name", "main")
    with integrated(stacked) as built:
        assert built.integration.tip


def test_what_a_hostile_file_name_says_to_the_terminal_is_written_out(wave: Wave) -> None:
    for name in ("E1", "E2"):
        wave.branch(name, {"e\x1b]0;owned\x07": f"{name}\n"})
    done = go(wave)
    assert "\x1b]0;" not in done.output
    assert "e\\x1b]0;owned\\x07 (add/add)" in done.output
