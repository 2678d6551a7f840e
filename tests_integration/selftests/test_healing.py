"""`--heal`: what the catalogue knows is tried, each way to cure as an attempt of its own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import Wave, git, made_once

BUILD = """\
if test -e old.txt && test -e new.txt; then echo 'new.txt:1:1: Cmd redeclared'; exit 1; fi
if test -e uses.txt && ! test -e new.txt; then echo 'uses.txt:3:9: undefined: Options'; exit 1; fi
if test -e third.txt; then echo 'third.txt:1:1: third wheel'; exit 1; fi
"""

FAILS = f"the build fails: `{BUILD.splitlines()[0]} …` exited 1:"

TWINS: dict[str, Any] = {
    "id": "BUG-007",
    "problem": "twins",
    "signature": "Cmd redeclared",
    "variants": [
        {"delete": ["new.txt"], "needs": ["old.txt"], "proven": [{"plan": "wave1", "attempt": 2}]},
        {"delete": ["old.txt"], "needs": ["new.txt"]},
    ],
}
GONE = {"id": "BUG-010", "problem": "Options went with new.txt", "signature": "undefined: Options"}
THIRD = {"id": "BUG-011", "problem": "a third", "signature": "third wheel", "delete": ["third.txt"]}


@made_once
def sick_wave(folder: Path) -> Wave:
    """E1 brings the twin of a file that the base has; deleting either is a cure, on the face of it."""
    wave = Wave(folder)
    wave.commit("main", {"old.txt": "old\n"})
    wave.branch("E1", {"new.txt": "new\n", "uses.txt": "uses\n"})
    wave.branch("E2", {"two.txt": "two\n"})
    wave.document |= {"build": [{"run": BUILD}], "attempt": 1, "integration": "wave-attempt1", "limits": {}}
    return wave


def heal(wave: Wave, *entries: dict[str, Any], options: tuple[str, ...] = ()) -> Run:
    """Run the wave's plan with these entries as its catalogue."""
    file = wave.write()
    catalogue = {"version": 1, "fixes": list(entries)}
    file.with_name("known-fixes.yaml").write_text(yaml.safe_dump(catalogue, sort_keys=False), encoding="utf-8")
    return run(wave.folder, "--plan", str(file), "--heal", *options)


def told(done: Run) -> list[str]:
    """What the terminal says of what was tried: what stands between the failure and what to do."""
    lines = [line.strip() for line in done.output.partition("= integration =")[2].splitlines()]
    first = 1 + next((n for n, line in enumerate(lines) if line.startswith("build: build_passes")), len(lines))
    last = next((n for n, line in enumerate(lines) if line.startswith(("bug: ", "what to do: ", "since when"))), 0)
    return lines[first:last]


def metadata(wave: Wave) -> dict[str, Any]:
    """The plan's R520 object."""
    return dict(json.loads((wave.folder / "reports/wave/metadata.json").read_text(encoding="utf-8")))


def sick(folder: Path, change: Callable[[Wave], object] = lambda _: None) -> Wave:
    """A sick wave of one's own."""
    wave = sick_wave(folder)
    change(wave)
    return wave


@pytest.fixture(scope="module")
def healed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Wave, Run]:
    """A run that tried both ways to cure, of which the second cures."""
    wave = sick(tmp_path_factory.mktemp("healed"))
    return wave, heal(wave, TWINS, GONE)


def test_each_way_to_cure_is_tried_and_said_in_a_line(healed: tuple[Wave, Run]) -> None:
    _, done = healed
    assert done.exit == 1
    assert told(done) == [
        f"tried: BUG-007, delete new.txt -> BUG-010: {FAILS} uses.txt:3:9: undefined: Options",
        "tried: BUG-007, delete old.txt -> all gates pass",
        "healed: wave.healed.yaml, to be reviewed",
    ]


def test_the_record_has_each_attempt_and_the_record_of_each(healed: tuple[Wave, Run]) -> None:
    wave, done = healed
    first, second = done.record("wave")["healing"]["attempts"]
    assert (first["number"], first["stage"], first["result"], first["shows"]) == (
        2,
        "build",
        "BUILD_GATE_FAILURE",
        ["BUG-010"],
    )
    assert (second["number"], second["stage"], second["result"], second["after"]) == (3, "", "INCOMPLETE", "E1")
    for attempt in (first, second):
        file = wave.folder / "reports" / "wave" / attempt["record"] / "record.json"
        assert json.loads(file.read_text(encoding="utf-8"))["tip"] == attempt["tip"]
    assert "old.txt" not in git(
        wave.folder / "work", "--git-dir", str(_store(wave)), "ls-tree", "--name-only", second["tip"]
    )


def _store(wave: Wave) -> Path:
    (store,) = {link.resolve() for link in (wave.folder / ".pytest_cache").glob("d/waveproof/wave.trial-*/store.git")}
    return store


def test_the_attempts_are_counted_and_the_next_is_a_persons(healed: tuple[Wave, Run]) -> None:
    wave, _ = healed
    said = metadata(wave)
    assert [(one["attempt_number"], one["overall_result"]) for one in said["integration_attempts"]] == [
        (1, "BUILD_GATE_FAILURE"),
        (2, "BUILD_GATE_FAILURE"),
        (3, "INCOMPLETE"),
    ]
    assert (said["attempt_count"], said["next_action"], said["integration_complete"]) == (
        3,
        "MANUAL_INTERVENTION",
        False,
    )
    assert [one["build_status"] for one in said["integration_attempts"]] == ["FAILED", "FAILED", "SUCCESS"]


def test_nothing_is_published_and_nothing_but_the_healed_plan_is_left(healed: tuple[Wave, Run]) -> None:
    wave, _ = healed
    assert git(wave.origin, "branch", "--list", "wave-*") == ""
    assert sorted(file.name for file in (wave.folder / "plans").iterdir()) == [
        "infrastructure",
        "known-fixes.yaml",
        "wave.healed.yaml",
        "wave.yaml",
    ]


def test_the_night_after_does_not_try_it_all_again(healed: tuple[Wave, Run], tmp_path: Path) -> None:
    wave = healed[0].copied_to(tmp_path / "night")
    done = run(wave.folder, "--plan", "plans/wave.yaml", "--heal")
    assert done.exit == 1
    assert "nothing that it was built from has changed since" in done.output
    assert told(done) == []
    assert len(metadata(wave)["integration_attempts"]) == 3


def test_the_healed_plan_runs_and_goes_on_with_the_same_attempts(healed: tuple[Wave, Run], tmp_path: Path) -> None:
    wave = healed[0].copied_to(tmp_path / "healed")
    done = run(wave.folder, "--plan", "plans/wave.healed.yaml")
    assert done.exit == 0
    assert "wave-attempt3" in git(wave.origin, "branch", "--list", "wave-*")
    said = metadata(wave)
    assert (said["last_attempt_result"], len(said["integration_attempts"])) == ("SUCCESS", 4)


def test_the_plans_own_fix_is_a_hypothesis_too(tmp_path: Path) -> None:
    def wrong_fix(wave: Wave) -> None:
        fix = {"id": "BUG-007", "problem": "twins", "after": "E1", "delete": ["new.txt"]}
        wave.document |= {"fixes": [fix], "attempt": "${ATTEMPT}", "integration": "wave-attempt2"}
        wave.document["remotes"] = {"origin": "${WHERE}"}

    wave = sick(tmp_path, wrong_fix)
    done = heal(wave, TWINS, GONE, options=("--set", "ATTEMPT=2", "--set", "WHERE=../origin.git"))
    before, after, where = told(done)
    assert before.startswith("tried: BUG-007, delete new.txt (as planned) -> BUG-010: the build fails: ")
    assert after == "tried: BUG-007, delete old.txt -> all gates pass"
    assert where == "healed: wave.healed.yaml, to be reviewed"
    plan = yaml.safe_load((wave.folder / "plans/wave.healed.yaml").read_text(encoding="utf-8"))
    assert [fix["delete"] for fix in plan["fixes"]] == [["old.txt"]]
    assert (plan["attempt"], plan["integration"]) == (3, "wave-attempt3")
    assert plan["remotes"] == {"origin": "${WHERE}"}


def test_where_no_single_fix_cures_what_is_known_of_the_next_failure_is_added(tmp_path: Path) -> None:
    def third(wave: Wave) -> None:
        wave.branch("E3", {"third.txt": "third\n"})
        wave.document["publish"]["healed"] = True

    wave = sick(tmp_path, third)
    done = heal(wave, TWINS, GONE, THIRD)
    assert [line.rpartition(" -> ")[2] for line in told(done)[1:3]] == [
        f"BUG-011: {FAILS} third.txt:1:1: third wheel",
        "all gates pass",
    ]
    assert told(done)[-1] == "healed: wave.healed.yaml, integrated and pushed"
    files = git(wave.origin, "ls-tree", "--name-only", "wave-attempt4").splitlines()
    assert {"old.txt", "third.txt"}.isdisjoint(files)
    assert "new.txt" in files
    assert done.exit == 1


def test_no_more_is_tried_than_the_plan_allows(tmp_path: Path) -> None:
    wave = sick(tmp_path, lambda wave: wave.document.update(limits={"attempts": 2}))
    done = heal(wave, TWINS, GONE)
    assert len(done.record("wave")["healing"]["attempts"]) == 1
    assert told(done)[-1] == (
        "no more was tried: 2 attempts since the last success have failed; the plan allows 2 (`limits.attempts`)"
    )
    assert not (wave.folder / "plans/wave.healed.yaml").exists()
    assert metadata(wave)["next_action"] == "ESCALATE"


def test_what_has_passed_is_kept_where_no_more_may_be_tried(tmp_path: Path) -> None:
    wave = sick(tmp_path, lambda wave: wave.document.update(limits={"attempts": 2}))
    done = heal(wave, {**TWINS, "variants": TWINS["variants"][::-1]})
    assert len(told(done)) == 3
    assert told(done)[0] == "tried: BUG-007, delete old.txt -> all gates pass"
    assert told(done)[1] == "healed: wave.healed.yaml, to be reviewed"
    assert "no more was tried" in told(done)[2]


def test_where_no_cure_is_known_it_says_so(tmp_path: Path) -> None:
    wave = sick(tmp_path)
    done = heal(wave, {"id": "BUG-7", "problem": "twins", "signature": "Cmd redeclared"})
    assert told(done) == ["nothing was tried: no cure is known for it, or not inside which merge"]


def test_a_file_of_somebody_elses_is_not_replaced(tmp_path: Path) -> None:
    wave = sick(tmp_path)
    theirs = wave.folder / "plans/wave.healed.yaml"
    theirs.write_text("mine\n", encoding="utf-8")
    done = heal(wave, TWINS)
    assert theirs.read_text(encoding="utf-8") == "mine\n"
    assert "wave.healed.yaml is there, and not as --heal has left it" in told(done)[-1]


def test_what_is_known_is_proposed_without_heal_with_the_lines_to_add(tmp_path: Path) -> None:
    wave = sick(tmp_path)
    file = wave.write()
    file.with_name("known-fixes.yaml").write_text(yaml.safe_dump({"version": 1, "fixes": [TWINS]}), encoding="utf-8")
    done = run(wave.folder, "--plan", str(file))
    record = done.record("wave")
    assert record["healing"] is None
    (failed,) = [one for one in record["criteria"] if one["outcome"] == "failed"]
    lines = record["gates"][0]["proposals"][1]["lines"]
    assert "BUG-007 is known (known-fixes.yaml): twins; the log shows it (Cmd redeclared)" in failed["message"]
    assert "\n".join(f"    {line}" for line in lines.splitlines()) in failed["message"]
    assert yaml.safe_load(lines) == [
        {
            "id": "BUG-007",
            "problem": "twins",
            "after": "E1",
            "delete": ["old.txt"],
            "needs": ["new.txt"],
            "signature": "Cmd redeclared",
        }
    ]


def test_a_patch_may_change_no_more_lines_than_the_catalogue_allows(tmp_path: Path) -> None:
    wave = Wave(tmp_path)
    wave.branch("E1", {"code.txt": "bad\n" * 3})
    wave.branch("E2", {"two.txt": "two\n"})
    wave.document |= {"build": [{"run": "! grep bad code.txt"}], "limits": {}}
    patch = "--- a/code.txt\n+++ b/code.txt\n@@ -1,3 +1,3 @@\n-bad\n-bad\n-bad\n+good\n+good\n+good\n"
    (wave.folder / "plans" / "good.patch").write_text(patch, encoding="utf-8")
    entry = {"id": "BUG-1", "problem": "bad", "signature": "^bad$|(?m:^bad$)", "patch": "good.patch"}
    done = heal(wave, {**entry, "limits": {"changed_lines": 5}})
    assert told(done) == ["tried: BUG-1, apply good.patch -> it changes 6 lines; the catalogue allows 5 for BUG-1"]
    again = heal(wave, {**entry, "limits": {"changed_lines": 6}})
    assert told(again)[0] == "tried: BUG-1, apply good.patch -> all gates pass"


@pytest.mark.parametrize("options", [("--heal",), ("--heal", "--plan", "plans/wave.yaml", "--verify")])
def test_only_a_plan_that_is_built_can_be_healed(options: tuple[str, ...], tmp_path: Path) -> None:
    wave = sick(tmp_path)
    wave.write()
    done = run(wave.folder, *options)
    assert done.exit == 4
    assert "--heal needs --plan and no --verify" in done.output
