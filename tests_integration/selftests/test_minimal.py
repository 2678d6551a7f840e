"""With `--minimal`: which fixes and rules of a plan are still needed, and since when one is not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import Wave, made_once


@made_once
def doubtful(folder: Path) -> Wave:
    """BUG-1 is stale, the build needs BUG-2 and nothing BUG-3; a merge needs rule 1, and nothing rule 2."""
    wave = Wave(folder)
    wave.commit("main", {"lock.txt": "0\n"})
    wave.branch("E1", {"one.txt": "one\n", "lock.txt": "1\n", "broken.txt": "no\n", "spare.txt": "spare\n"})
    wave.branch("E2", {"two.txt": "two\n", "lock.txt": "2\n"})
    wave.commit("effort/E1", {"twin.txt": None, "broken.txt": "no\n"} | {"twin.txt": "twin\n"}, message="Add the twin")
    wave.commit("effort/E1", {"twin.txt": None}, message="Remove the twin")
    wave.document["fixes"] = [
        {"id": "BUG-1", "problem": "twice", "after": "E1", "delete": ["twin.txt"]},
        {"id": "BUG-2", "problem": "broken", "after": "E1", "delete": ["broken.txt"]},
        {"id": "BUG-3", "problem": "spare", "after": "E1", "delete": ["spare.txt"]},
    ]
    wave.document["resolve"] = [
        {"paths": ["lock.txt"], "take": "theirs", "drops": True},
        {"paths": ["two.txt"], "take": "ours"},
    ]
    wave.document |= {"build": [{"run": "test ! -e broken.txt || { echo broken.txt:1: no; exit 1; }"}], "limits": {}}
    return wave


def go(wave: Wave, *arguments: str) -> Run:
    return run(wave.folder, "--plan", str(wave.write()), "--minimal", "--until", "audit", *arguments)


def cases(done: Run) -> dict[str, tuple[str, str]]:
    """Outcome of each case that is there with `--minimal`, and what it says or remarks."""
    facts = [one for one in done.record("wave")["criteria"] if one["criterion"].endswith("_is_still_needed")]
    return {one["subject"]: (one["outcome"], "".join([one["message"], *one["remarks"]])) for one in facts}


def test_what_is_no_longer_needed_is_told_with_the_newest_commit_on_it(tmp_path: Path) -> None:
    wave = doubtful(tmp_path / "wave")
    done = go(wave)
    assert done.exit == 0, done.output
    found = cases(done)
    assert {subject: outcome for subject, (outcome, _) in found.items()} == dict.fromkeys(found, "passed")
    assert list(found) == ["BUG-1", "BUG-2", "BUG-3", "rule-1", "rule-2"]
    same = (
        f"without it, the branch is the same, tree {done.record('wave')['tree']}; the newest commit on what it is about"
    )
    assert found["BUG-1"][1].startswith(f"BUG-1 (delete twin.txt) is no longer needed: {same} is ")
    assert found["BUG-1"][1].endswith(" of E1: Remove the twin")
    assert found["BUG-2"][1] == found["rule-1"][1] == ""
    told = "BUG-3 (delete spare.txt) is no longer needed: without it, all gates pass; the newest commit on what"
    assert found["BUG-3"][1].startswith(told)
    assert found["rule-2"][1].startswith(f"rule 2 (ours of two.txt) is no longer needed: {same}")
    assert "minimal 2, the wave without BUG-2: fails: broken.txt:1: no (" in done.output
    assert "note: BUG-3 (delete spare.txt) is no longer needed" in done.output


def breaks(wave: Wave) -> None:
    wave.document["test"] = [{"run": "echo base.txt:1: no; exit 1"}]


def flaky(wave: Wave) -> None:
    once = "test -e $HOME/.cache/n || { mkdir -p $HOME/.cache/n; exit 1; }"
    line = f"test ! -e broken.txt || {{ {once}; }}"
    wave.document["build"] = [{"run": line}]


@pytest.mark.parametrize(
    ("change", "fix", "why"),
    [
        (lambda wave: wave.document.update(limits={"trials": 2}), "BUG-3", "no more was tried: `limits.trials` (2)"),
        (breaks, "BUG-2", "the wave itself does not stand: trial 1 fails: base.txt:1: no"),
        (flaky, "BUG-2", "trial 2 fails: it says nothing; once more, it passes"),
    ],
    ids=["bound", "wave-that-fails", "flaky"],
)
def test_what_cannot_be_judged_is_not_green(tmp_path: Path, change: Callable[[Wave], None], fix: str, why: str) -> None:
    wave = doubtful(tmp_path / "wave")
    change(wave)
    done = go(wave)
    assert done.exit == 1
    outcome, said = cases(done)[fix]
    assert outcome == "blocked"
    assert said.endswith(f"is still needed was not judged: {why}")


def test_the_wave_itself_is_judged_as_without_the_question(tmp_path: Path) -> None:
    wave = doubtful(tmp_path / "wave")
    wave.document["test"] = [{"run": 'ls -A $HOME; test -z "$(ls -A $HOME | grep -v .cache)"; touch $HOME/left'}]
    done = run(wave.folder, "--plan", str(wave.write()), "--minimal")
    assert done.exit == 0, done.output
    assert done.record("wave")["verdict"] == "SUCCESS"
    assert cases(run(wave.folder, "--plan", str(wave.write()), "--until", "audit")) == {}
