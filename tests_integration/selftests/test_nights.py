"""Night after night: what each record says of the run before it, in real runs."""

import json
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.verifying import VERIFIED, build, verify
from tests_integration.selftests.waves import Wave, git


@pytest.fixture
def nightly(stacked: Wave) -> Wave:
    """A wave that is integrated every night and published by nobody; the first night is over, and all was well."""
    del stacked.document["publish"]
    stacked.document["build"] = [{"run": 'test "${DISK:-free}" != full'}]
    stacked.document["pass_environment"] = ["DISK"]
    first = build(stacked)
    assert first.exit == 0, first.output
    assert first.record("wave")["compared"] is None
    assert "Since " not in first.output
    return stacked


def night(wave: Wave, *arguments: str, disk: str = "free") -> Run:
    """One more night; the build fails where the disk is full."""
    return run(wave.folder, "--plan", str(wave.write()), *arguments, environment={"DISK": disk})


def compared(done: Run, plan: str = "wave") -> dict[str, Any]:
    """What the record says of the run before."""
    return dict(done.record(plan)["compared"])


def moved(done: Run, plan: str = "wave") -> dict[str, tuple[str, int | None, int | None]]:
    """How branches moved, and how many commits are gone and new, by id."""
    return {one["id"]: (one["how"], one["gone"], one["new"]) for one in compared(done, plan)["moved"]}


def told(done: Run) -> list[str]:
    """The lines of the terminal's closing section that compare; `summary.md` has them too."""
    section = done.output[done.output.index("= integration =") :]
    lines = [
        line.strip() for line in section.splitlines() if line.startswith(("  Since ", "  Unstable: ", "  Not comp"))
    ]
    summary = (done.folder / "reports" / "wave" / "summary.md").read_text(encoding="utf-8")
    bare = summary.replace("\\", "").replace("`", "")
    assert [line for line in lines if line.replace("`", "") not in bare] == []
    return lines


def reset(wave: Wave, branch: str, commit: str) -> None:
    """Let a branch stand at another commit, in `work` and on the remote."""
    wave.switch(branch)
    git(wave.work, "reset", "--quiet", "--hard", commit)
    git(wave.work, "push", "--quiet", "--force", str(wave.origin), f"HEAD:refs/heads/{branch}")


def test_nothing_moved_is_one_line(nightly: Wave) -> None:
    first = json.loads((nightly.folder / "reports" / "wave" / "record.json").read_text(encoding="utf-8"))
    done = night(nightly)
    assert done.exit == 0
    assert told(done) == [f"Since {first['started_at']} (SUCCESS): nothing moved, same tip"]
    facts = compared(done)
    assert (facts["started_at"], facts["verdict"], facts["tip"]) == (first["started_at"], "SUCCESS", first["tip"])
    assert facts["same_tip"] is True
    assert not any(facts[key] for key in ("problem", "moved", "changed", "slower", "unstable", "tools", "plan_changed"))


def test_a_branch_that_moved_tells_from_where_to_where_and_by_how_many_commits(nightly: Wave) -> None:
    before = git(nightly.work, "rev-parse", "effort/E2-split-002")
    nightly.commit("effort/E2-split-002", {"a.txt": "a\n"})
    after = nightly.commit("effort/E2-split-002", {"b.txt": "b\n"})
    done = night(nightly)
    assert moved(done) == {"E2-split-002": ("moved", 0, 2)}
    (one,) = compared(done)["moved"]
    assert (one["before"], one["after"]) == (before, after)
    assert told(done)[0].endswith(f": E2-split-002 moved by 2 commits ({before[:12]} → {after[:12]}); another tip")


def test_a_branch_that_was_force_pushed_is_said_to_be_rewritten_or_rewound(nightly: Wave) -> None:
    reset(nightly, "effort/E2-split-002", "HEAD~1")
    for name in ("one", "two", "three"):
        nightly.commit("effort/E2-split-002", {f"{name}-again.txt": "again\n"})
    rewritten = night(nightly)
    assert moved(rewritten) == {"E2-split-002": ("rewritten", 1, 3)}
    assert "E2-split-002 was rewritten: 1 commit gone, 3 new (" in told(rewritten)[0]
    reset(nightly, "effort/E2-split-002", "HEAD~2")
    rewound = night(nightly)
    assert moved(rewound) == {"E2-split-002": ("rewound", 2, 0)}
    assert "E2-split-002 was rewound: 2 commits gone (" in told(rewound)[0]


def test_commits_that_the_store_has_lost_are_not_guessed(nightly: Wave) -> None:
    reset(nightly, "effort/E2-split-002", "HEAD~1")
    nightly.commit("effort/E2-split-002", {"other.txt": "other\n"})
    rmtree(nightly.folder / ".pytest_cache")
    done = night(nightly)
    assert moved(done) == {"E2-split-002": ("went", None, None)}
    assert ", by how many commits is not known; another tip" in told(done)[0]


def test_the_base_moves_like_any_branch(nightly: Wave) -> None:
    nightly.commit("main", {"news.txt": "news\n"})
    done = night(nightly)
    assert moved(done) == {"base": ("moved", 0, 1)}
    assert ": base moved by 1 commit (" in told(done)[0]


def test_branches_come_into_the_plan_and_leave_it(nightly: Wave) -> None:
    nightly.branch("E5", {"five.txt": "five\n"})
    nightly.document["branches"] = [one for one in nightly.document["branches"] if one["id"] != "E2-split-002"]
    done = night(nightly)
    assert done.exit == 0, done.output
    assert moved(done) == {"E5": ("added", None, None), "E2-split-002": ("removed", None, None)}
    line = "the plan has changed; E5 was added to the plan; E2-split-002 was removed from the plan; another tip"
    assert told(done)[0].endswith(line)
    assert compared(done)["changed"] == [], "what is judged in one of two runs only has not changed"


def test_a_branch_that_is_gone_and_back_again(nightly: Wave) -> None:
    git(nightly.origin, "branch", "-m", "effort/E1", "hidden")
    done = night(nightly)
    assert moved(done) == {"E1": ("lost", None, None)}
    assert compared(done)["unstable"] == []
    git(nightly.origin, "branch", "-m", "hidden", "effort/E1")
    assert moved(night(nightly)) == {"E1": ("found", None, None)}


def test_the_same_tip_by_another_name(nightly: Wave) -> None:
    git(nightly.origin, "branch", "same", "effort/E1")
    nightly.document["branches"][0]["from"] = "origin/same"
    done = night(nightly)
    assert moved(done) == {"E1": ("renamed", None, None)}
    assert "E1 has the same tip, from origin/same instead of origin/effort/E1" in told(done)[0]


def test_a_build_that_turns_red_with_nothing_moved_is_unstable(nightly: Wave) -> None:
    done = night(nightly, disk="full")
    assert done.exit == 1
    assert [one["criterion"] for one in compared(done)["unstable"]] == ["build_passes"]
    assert told(done)[1:] == [
        "Unstable: build_passes [1] held then and fails now, though plan, base and all branches are the same"
    ]


@pytest.mark.parametrize("what", ["branch", "plan"])
def test_a_build_that_turns_red_with_something_moved_is_not_unstable(nightly: Wave, what: str) -> None:
    if what == "branch":
        nightly.commit("effort/E2-split-002", {"a.txt": "a\n"})
    else:
        nightly.document["title"] = "Another title"
    done = night(nightly, disk="full")
    assert compared(done)["unstable"] == []
    assert [(one["criterion"], one["before"], one["after"]) for one in compared(done)["changed"]] == [
        ("build_passes", "passed", "failed")
    ]
    summary = (done.folder / "reports" / "wave" / "summary.md").read_text(encoding="utf-8")
    assert "Fails now: build\\_passes \\[1\\]" in summary


def test_what_holds_again_is_said(nightly: Wave) -> None:
    night(nightly, disk="full")
    done = night(nightly, "--force-attempt", "the disk is empty")
    assert [(one["criterion"], one["after"]) for one in compared(done)["changed"]] == [("build_passes", "passed")]
    assert compared(done)["unstable"] == []
    assert "Holds again: build\\_passes \\[1\\]" in (done.folder / "reports/wave/summary.md").read_text(
        encoding="utf-8"
    )


def test_a_rehearsal_between_two_nights_is_left_out(nightly: Wave) -> None:
    first = json.loads((nightly.folder / "reports" / "wave" / "record.json").read_text(encoding="utf-8"))
    rehearsal = night(nightly, "--until", "merge")
    assert told(rehearsal) == [f"Since {first['started_at']} (SUCCESS): nothing moved, same tip"]
    assert compared(rehearsal)["changed"] == []
    done = night(nightly, disk="full")
    assert compared(done)["started_at"] == first["started_at"]
    assert [one["criterion"] for one in compared(done)["unstable"]] == ["build_passes"]
    assert told(done)[0] == f"Since {first['started_at']} (SUCCESS, 1 run in between left out): nothing moved, same tip"


def test_nightly_rehearsals_are_compared_with_each_other(nightly: Wave) -> None:
    first = night(nightly, "--until", "demo").record("wave")
    second = night(nightly, "--until", "demo", disk="full")
    assert compared(second)["started_at"] == first["started_at"]
    assert told(second)[0] == f"Since {first['started_at']} (INCOMPLETE): nothing moved, same tip"
    assert [one["criterion"] for one in compared(second)["unstable"]] == ["build_passes"]


def test_a_run_that_left_no_record_is_left_out(nightly: Wave) -> None:
    first = json.loads((nightly.folder / "reports" / "wave" / "record.json").read_text(encoding="utf-8"))
    night(nightly)
    (nightly.folder / "reports" / "wave" / "record.json").unlink()
    done = night(nightly)
    assert (compared(done)["started_at"], compared(done)["passed_over"]) == (first["started_at"], 1)


def test_a_rejected_plan_does_not_claim_that_nothing_moved(nightly: Wave) -> None:
    title = nightly.document.pop("title")
    rejected = night(nightly)
    assert compared(rejected)["moved"] is None
    assert told(rejected)[0].endswith(": what moved is not known, since no branch was looked up")
    assert [one["criterion"] for one in compared(rejected)["changed"]] == ["plan_is_sound"]
    assert compared(rejected)["unstable"] == []
    nightly.document["title"] = title
    assert compared(night(nightly))["verdict"] == "SUCCESS"


def test_an_earlier_record_that_cannot_be_read_is_said_and_stops_nothing(nightly: Wave) -> None:
    record = nightly.folder / "reports" / "wave" / "record.json"
    record.write_bytes(record.read_bytes()[:5000])
    done = night(nightly)
    assert done.exit == 0
    (line,) = told(done)
    assert line.startswith("Not compared with the run before: the earlier record cannot be read: Invalid JSON: EOF")
    assert told(night(nightly))[0].endswith("nothing moved, same tip")


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")])
def test_several_plans_are_each_compared_with_their_own(nightly: Wave, workers: tuple[str, ...]) -> None:
    nightly.write("first")
    nightly.document["branches"] = nightly.document["branches"][:2]
    nightly.write("second")
    (nightly.folder / "plans" / "wave.yaml").unlink()
    arguments = (*workers, "--plan", "plans")
    assert run(nightly.folder, *arguments).exit == 0
    nightly.commit("effort/E2-split-002", {"a.txt": "a\n"})
    done = run(nightly.folder, *arguments)
    assert moved(done, "first") == {"E2-split-002": ("moved", 0, 1)}
    assert (moved(done, "second"), compared(done, "second")["same_tip"]) == ({}, True)


def test_verifications_are_compared_with_those_of_the_same_branch(stacked: Wave) -> None:
    assert build(stacked).exit == 0
    first = verify(stacked).record(VERIFIED)
    assert first["compared"] is None, "building was something else"
    verify(stacked, "origin/main")
    git(stacked.work, "fetch", "--quiet", str(stacked.origin), "wave-integration")
    git(stacked.work, "switch", "--quiet", "--create", "wave-integration", "FETCH_HEAD")
    stacked.commit("wave-integration", {"more.txt": "more\n"})
    third = verify(stacked)
    assert compared(third, VERIFIED)["started_at"] == first["started_at"]
    assert moved(third, VERIFIED) == {"--verify": ("moved", 0, 1)}
    assert "the judged branch moved by 1 commit (" in third.output
    assert compared(third, VERIFIED)["unstable"] == []


def test_the_time_of_a_stage_is_counted_to_the_criterion_that_asked_for_it(tmp_path: Path) -> None:
    wave = Wave(tmp_path / "wave")
    wave.branch("E1", {"one.txt": "one\n"})
    record = build(wave).record("wave")
    for command in record["commands"]:
        spent = sum(one["seconds"] for one in record["criteria"] if one["stage"] == command["stage"])
        assert spent >= command["seconds"] > 0
