"""Since which merge a build fails, and with what together: named only where trials show it."""

import html
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests_integration.selftests.running_plans import run
from tests_integration.selftests.searching import IDS, Bench, bench, breaks, wide
from tests_integration.selftests.waves import Wave


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """64 branches."""
    folder = tmp_path_factory.mktemp("many")
    with bench(wide(64)(folder / "wave"), folder) as found:
        yield found


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """20 branches."""
    folder = tmp_path_factory.mktemp("twenty")
    with bench(wide(20)(folder / "wave"), folder) as found:
        yield found


@pytest.mark.parametrize("place", [33, 64])
def test_a_culprit_among_64_merges_is_found_with_8_builds(many: Bench, place: int) -> None:
    found = many.search(breaks((f"e{place}.txt", f"e{place}.txt:1: broken"))).found
    merge = many.built.integration.merges[place - 1].commit
    looked = [trial.what.endswith("once more") for trial in found.trials].index(True)
    assert looked <= 8
    assert (found.kind, found.branch, found.merge) == ("branch", f"E{place}", merge)
    own = f"E{place} fails in the same way alone, on its own parent, the base"
    assert found.sentence == f"fails since E{place} (merge {merge[:12]}); {own}"


def test_the_branch_that_breaks_with_another_one_of_20_is_named_with_it(twenty: Bench) -> None:
    found = twenty.search(breaks(("e7.txt e15.txt", "e7.txt:1: redeclared in e15.txt"))).found
    assert (found.branch, found.together, found.files) == ("E15", ("E7",), ("e7.txt",))
    assert found.sentence.partition("); ")[2] == (
        "E15 builds alone, on its own parent, the base; it breaks together with E7; of its files the log names e7.txt"
    )


def test_three_branches_that_break_together_are_named(twenty: Bench) -> None:
    found = twenty.search(breaks(("e3.txt e11.txt e18.txt", "three are too many"))).found
    assert (found.branch, found.together) == ("E18", ("E3", "E11"))
    assert found.sentence.endswith("on its own parent, the base; it breaks together with E3 and E11")


def test_a_base_that_does_not_build_ends_the_search(twenty: Bench) -> None:
    found = twenty.search(breaks(("base.txt", "base.txt:1: broken"))).found
    assert (found.kind, found.branch, len(found.trials)) == ("base", "", 3)
    base = twenty.built.integration.base
    assert found.sentence == (
        f"the base itself does not build: origin/main at {str(base)[:12]} fails in the same way, without any branch"
    )


COUNTED = "n=$(cat $HOME/.cache/n 2>/dev/null || echo 0); mkdir -p $HOME/.cache; echo $((n + 1)) > $HOME/.cache/n; "
"""A build that knows how often it was run, as one that is flaky seems to."""


@pytest.mark.parametrize(
    ("fails", "sentence"),
    [
        ("0", "unstable: run again on the same commit, it passed; it stays failed, see "),
        (
            "0 1 3 4 5 6 8 9",
            "unstable: the base and E1 failed in trial 6, passed in trial 7, the same commit each time",
        ),
        ("0 1 8", "unstable: the base, E1 to E19 (19 of 20 branches) passed in trial 7, failed in trial 8, the same"),
    ],
    ids=["at-once", "where-it-fails", "where-it-passes"],
)
def test_what_fails_now_and_then_accuses_nobody(tmp_path: Path, twenty: Bench, fails: str, sentence: str) -> None:
    flaky = twenty._replace(folder=tmp_path)
    searched = flaky.search(f"{COUNTED}for k in {fails}; do test $n -ne $k || {{ echo no; exit 1; }}; done")
    found = searched.found
    assert (found.kind, found.branch, found.branches) == ("unstable", "", ())
    assert found.sentence.startswith(sentence)
    assert not searched.gate.commands[-1].passed
    logs = [searched.gate.commands[-1].log, *(trial.commands[-1].log for trial in found.trials)]
    assert len({log for log in logs if (searched.reports / log).is_file()}) == len(found.trials) + 1


def test_a_failure_that_is_another_one_the_second_time_is_unstable(tmp_path: Path, twenty: Bench) -> None:
    flaky = twenty._replace(folder=tmp_path)
    found = flaky.search(f"{COUNTED}test $n -eq 0 && echo e1.txt:1: broken || echo e2.txt:1: broken; exit 1").found
    assert found.kind == "unstable"
    assert "run again on the same commit, it failed in another way (e2.txt:1: broken)" in found.sentence


def test_a_failure_of_another_kind_is_passed_over(twenty: Bench) -> None:
    other = ("e10.txt !e11.txt", "e10.txt:1: of another kind")
    searched = twenty.search(breaks(other, ("e13.txt", "e13.txt:1: broken")))
    assert "otherwise" in searched.outcomes
    assert (searched.found.kind, searched.found.branch) == ("branch", "E13")


def test_what_is_said_where_it_passes_too_makes_no_two_failures_one(twenty: Bench) -> None:
    other = f"test -e e4.txt && test ! -e e11.txt && {{ echo {CAREFUL}; echo e4.txt:1: of another kind; exit 1; }}; "
    both = f"echo {CAREFUL}; test ! -e e16.txt || {{ echo e16.txt:1: broken; exit 1; }}"
    searched = twenty.search(f"{other}{both}")
    assert "otherwise" in searched.outcomes
    assert (searched.found.kind, searched.found.branch) == ("branch", "E16")


CAREFUL = "base.txt:1: take care"


def test_where_it_fails_in_another_way_in_between_a_range_is_named(twenty: Bench) -> None:
    other = ("e5.txt !e8.txt", "e5.txt:1: of another kind")
    found = twenty.search(breaks(other, ("e6.txt", "e6.txt:1: broken"))).found
    assert (found.kind, found.branch, found.branches) == ("range", "", ("E5", "E6", "E7", "E8"))
    assert found.sentence == (
        "fails since one of 4 branches, E5 to E8: what lies between tells nothing of it (the base, E1 to E5 (5 of 20"
        " branches) fails: e5.txt:1: of another kind)"
    )


def test_where_the_base_fails_in_another_way_it_may_be_before_any_merge(twenty: Bench) -> None:
    found = twenty.search(breaks(("!e2.txt", "base.txt:1: of another kind"), ("base.txt", "base.txt:2: no"))).found
    assert (found.kind, found.branches) == ("range", ("E1", "E2"))
    assert found.sentence == "fails since one of E1 or E2, or before: the base fails: base.txt:1: of another kind"


def test_the_search_ends_at_the_plans_limits_and_says_so(many: Bench) -> None:
    found = many.search(breaks(("e33.txt", "e33.txt:1: broken")), limits={"trials": 4}).found
    assert (found.kind, found.bound, len(found.trials)) == ("range", "`limits.trials` (4)", 4)
    assert found.branches == IDS[32:48]
    assert found.sentence == "fails since one of 16 branches, E33 to E48; no more was tried: `limits.trials` (4)"


@pytest.mark.parametrize("trials", [1, 2, 7, 10])
def test_wherever_the_search_ends_it_says_no_more_than_it_knows(twenty: Bench, trials: int) -> None:
    found = twenty.search(breaks(("e7.txt e15.txt", "redeclared")), limits={"trials": trials}).found
    assert found.bound == f"`limits.trials` ({trials})"
    assert found.sentence.endswith(f"; no more was tried: `limits.trials` ({trials})")
    assert len(found.trials) == trials
    assert found.branch in {"", "E15"}
    assert not found.branches or "E15" in found.branches
    assert found.together == ()


def test_the_time_of_trials_is_bounded_in_all(twenty: Bench) -> None:
    found = twenty.search(
        "test -e $HOME/.cache/ran && sleep 60; mkdir -p $HOME/.cache/ran; exit 1", limits={"trial_time": "1s"}
    ).found
    assert found.kind == "unknown"
    assert "the time for all trials was up" in found.sentence


def test_no_trial_is_run_where_the_plan_allows_none_or_the_command_was_ended(twenty: Bench) -> None:
    assert twenty.search("exit 1", limits={"trials": 0}).culprit is None
    twenty.wave.document["build"] = []
    assert twenty.search("head -c 9M /dev/zero", limits={"output": "1M"}).culprit is None


def test_a_test_is_tried_with_the_build_before_it(twenty: Bench) -> None:
    twenty.wave.document["build"] = [{"run": breaks(("e4.txt !e5.txt", "e4.txt:1: does not build"))}]
    searched = twenty.search(breaks(("e12.txt", "e12.txt:1: wrong")), stage="test")
    assert searched.found.branch == "E12"
    assert {command.stage for trial in searched.found.trials for command in trial.commands} == {"build", "test"}
    assert "; E12 fails in the same way alone" in searched.found.sentence


def test_a_demo_is_tried_with_its_script_on_each_tree(wave: Wave, tmp_path: Path) -> None:
    for name in ("E1", "E2", "E3"):
        wave.branch(name, {f"{name.lower()}.txt": f"{name}\n"})
    script = wave.folder / "plans" / "infrastructure" / "demos" / "demo.sh"
    script.write_text(f"#!/bin/bash\n{breaks(('e2.txt', 'e2.txt:1: broken'))}\n", encoding="utf-8")
    with bench(wave, tmp_path) as made:
        searched = made.search("", stage="demo")
        assert (searched.found.kind, searched.found.branch) == ("branch", "E2")
        stages = {tuple(command.stage for command in trial.commands) for trial in searched.found.trials}
        assert stages == {("build", "demo")}


def test_a_fix_that_breaks_it_is_named(wave: Wave, tmp_path: Path) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n", "twin.txt": "twin\n"})
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "twice", "after": "E2", "delete": ["twin.txt"]}]
    with bench(wave, tmp_path) as made:
        found = made.search(breaks(("two.txt !twin.txt", "two.txt:1: undefined: twin"))).found
        assert (found.branch, found.fixes) == ("E2", ("BUG-1",))
        assert found.sentence.partition("); ")[2] == (
            "E2 builds alone, on its own parent, the base; it breaks by the fix BUG-1: without it, it builds"
        )
        still = made.search(breaks(("two.txt", "two.txt:1: broken"))).found
        assert (still.branch, still.fixes) == ("E2", ())


def test_a_branch_that_breaks_with_a_newer_base_is_told_from_one_that_is_broken(wave: Wave, tmp_path: Path) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"})
    wave.commit("main", {"new.txt": "new\n"})
    with bench(wave, tmp_path) as made:
        found = made.search(breaks(("two.txt new.txt", "new.txt:1: redeclared in two.txt"))).found
        assert (found.branch, found.together, found.files) == ("E2", ("base",), ("new.txt",))
        assert found.sentence.partition("); ")[2] == (
            "E2 builds alone, on its own parent; it breaks together with the base's new.txt, without which it builds"
        )


def test_the_files_of_the_demo_may_be_what_breaks_it(wave: Wave, tmp_path: Path) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"})
    with bench(wave, tmp_path) as made:
        first = made.search(breaks(("demos/demo.sh", "demos/demo.sh:1: broken"))).found
        assert (first.kind, first.branch) == ("unknown", "")
        assert first.sentence == (
            "it fails on the base already, with the files of `demo.create` added, and builds without them"
        )
        second = made.search(breaks(("demos/demo.sh two.txt", "demos/demo.sh:1: broken"))).found
        assert (second.branch, second.together) == ("E2", ())
        assert second.sentence.endswith("; at its own tip it fails only with the files of `demo.create` added")


def test_every_form_of_the_record_says_what_was_found(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"})
    wave.document |= {"build": [{"run": breaks(("one.txt two.txt", "one.txt:1: <b>twice</b>"))}], "limits": {}}
    done = run(wave.folder, "--plan", str(wave.write()))
    reports = wave.folder / "reports" / "wave"
    found = done.record("wave")["gates"][0]["culprit"]
    said = next(one["message"] for one in done.record("wave")["criteria"] if one["outcome"] == "failed")
    sentence = found["sentence"]
    assert sentence.endswith("it breaks together with E1; of its files the log names one.txt")
    assert said.split("\n\n")[1] == sentence
    assert f"  looked into: {sentence}\n" in done.output
    assert "trial 1, the same commit again: fails: one.txt:1: <b>twice</b> (" in done.output
    assert "  what to do: Repair it on E2, or on E1, with which it breaks (R300)" in done.output
    page = (reports / "report.html").read_text(encoding="utf-8")
    assert html.escape(sentence) in page
    assert '<td data-label="tree">the base with E2 ' in page
    assert "<b>twice</b>" not in page
    assert sentence.replace("_", "\\_") in (reports / "work-log.md").read_text(encoding="utf-8")
    assert "Looked into by " in (reports / "summary.md").read_text(encoding="utf-8")
    logs = [command["log"] for trial in found["trials"] for command in trial["commands"]]
    assert all((reports / log).is_file() for log in logs)


def test_a_failure_that_does_not_repeat_stays_one_and_blames_nobody(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    once = f"{COUNTED}test $n -ne 0 || {{ echo 'one.txt:1: now and then'; exit 1; }}"
    wave.document |= {"build": [{"run": once}], "limits": {}}
    done = run(wave.folder, "--plan", str(wave.write()))
    assert done.exit == 1
    assert done.outcomes("wave")["failed"] == ["build_passes[1]"]
    assert done.record("wave")["verdict"] == "BUILD_GATE_FAILURE"
    logs = "see logs/build-1.log and logs/build-1.trial-01.log"
    assert f"unstable: run again on the same commit, it passed; it stays failed, {logs}" in done.output
    assert "what to do: Find out what the command depends on beside the branch" in done.output
