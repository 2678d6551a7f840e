"""A branch that somebody else built is judged by the same criteria, and by nothing that this suite would have built."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests_integration.criteria.catalogue import cases
from tests_integration.plan.load import load
from tests_integration.selftests.running_plans import Run
from tests_integration.selftests.verifying import (
    CORRECT,
    VERIFIED,
    build,
    by_hand_wave,
    integrate_by_hand,
    left_behind,
    message,
    refs,
    verify,
)
from tests_integration.selftests.waves import Wave, git, see_outside, three_branches

BUILDING = ["branch_merges", "metadata_is_updated", "work_log_is_complete", "replay_gives_the_same_commit"]


class Judged(NamedTuple):
    """A verification of a branch, and the wave that it is of, with what was there before it."""

    wave: Wave
    run: Run
    reports: dict[str, bytes]
    refs: str


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """What this suite has published, judged."""
    wave = three_branches(tmp_path_factory.mktemp("own") / "wave")
    assert build(wave).exit == 0
    reports = wave.folder / "reports"
    return Judged(wave, verify(wave), left_behind(reports), refs(wave.origin))


@pytest.fixture(scope="module")
def annas(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """What Anna has integrated by hand, judged; nothing was ever built here."""
    wave = by_hand_wave(tmp_path_factory.mktemp("annas") / "wave")
    clone = wave.folder / "anna-0"
    wave.document["build"] = [{"run": "git log -1 --format='built by %cn: %H'"}]
    before = left_behind(clone) | left_behind(wave.work)
    done = verify(wave)
    assert left_behind(clone) | left_behind(wave.work) == before
    return Judged(wave, done, {}, refs(wave.origin))


@pytest.fixture
def by_hand(tmp_path: Path) -> Wave:
    """A wave that Anna has integrated by hand, rightly."""
    return by_hand_wave(tmp_path / "wave")


def test_what_the_suite_has_published_holds(own: Judged) -> None:
    assert own.run.exit == 0, own.run.output
    assert list(own.run.outcomes(VERIFIED)) == ["passed"]
    assert own.run.record(VERIFIED)["verdict"] == "SUCCESS"


def test_all_criteria_are_judged_but_those_about_building(own: Judged) -> None:
    every = {case.criterion for case in cases(load(own.wave.write()))}
    judged = {fact["criterion"] for fact in own.run.record(VERIFIED)["criteria"]}
    assert every - judged == {*BUILDING, "attempt_may_start"} & (every - judged)
    assert judged <= every
    assert every - judged >= set(BUILDING)


@pytest.mark.parametrize("judged", ["own", "annas"])
def test_nothing_is_pushed_written_or_lost(judged: str, request: pytest.FixtureRequest) -> None:
    before: Judged = request.getfixturevalue(judged)
    assert refs(before.wave.origin) == before.refs
    left = left_behind(before.wave.folder / "reports")
    assert b", verified" in left["index.html"], "the list of all plans names what was judged"
    assert {**left, "index.html": b""} == {**before.reports, "index.html": b""}


def test_its_record_stands_beside_the_record_of_building(own: Judged) -> None:
    folder = own.wave.folder / "reports" / "wave" / "verified"
    names = {"logs", "record.intoto.jsonl", "record.json", "report.html", "summary.md"}
    assert {file.name for file in folder.iterdir()} == names
    assert own.run.record("wave")["judged"] is None
    assert own.run.record("wave")["tip"] == own.run.record(VERIFIED)["tip"]


def test_what_anna_built_by_hand_holds(annas: Judged) -> None:
    assert annas.run.exit == 0, annas.run.output
    assert list(annas.run.outcomes(VERIFIED)) == ["passed"]
    record = annas.run.record(VERIFIED)
    assert record["tip"] == git(annas.wave.origin, "rev-parse", "wave-integration")
    assert [merge["branch"] for merge in record["merges"]] == ["E1", "E2-split-001", "E2-split-002", "E3", "E4"]
    assert record["infrastructure"]["commit"] == record["tip"]
    assert [file["path"] for file in record["infrastructure"]["files"]] == ["demos/DEMO.md", "demos/demo.sh"]


def test_the_record_says_who_built_and_who_judged(annas: Judged) -> None:
    said = annas.run.record(VERIFIED)["judged"]
    assert said["built_by"] == ["Anna <anna@example.org>"]
    assert said["judged_by"].startswith("waveproof ")
    assert (said["ref"], said["commit"]) == ("origin/wave-integration", annas.run.record(VERIFIED)["tip"])


def test_every_form_says_who_built_and_who_judged(annas: Judged) -> None:
    folder = annas.wave.folder / "reports" / "wave" / "verified"
    sentence = "Selftest Wave, attempt 1: origin/wave-integration is as planned, all "
    built = "origin/wave-integration was built by Anna <anna@example.org>, and judged by waveproof"
    summary = "`origin/wave-integration` was built by Anna `<anna@example.org>` and judged by waveproof"
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert sentence in annas.run.output
    assert built in annas.run.output
    assert summary in (folder / "summary.md").read_text(encoding="utf-8")
    assert sentence in report
    assert "Anna &lt;anna@example.org&gt;" in report
    assert "nothing was merged or pushed" in report
    assert "replay.sh" not in report


def test_the_gates_run_in_a_checkout_of_the_judged_commit(annas: Judged) -> None:
    log = annas.wave.folder / "reports" / VERIFIED / "logs" / "build-1.log"
    assert log.read_text(encoding="utf-8") == f"built by Anna: {annas.run.record(VERIFIED)['tip']}\n"


class Wrong(NamedTuple):
    """What is wrong: how it was integrated, what happened then, and the criterion that says so, with what it says."""

    script: str
    then: Callable[[Wave], object] | None
    fails: str
    says: str


def set_gate(stage: str, line: str) -> Callable[[Wave], object]:
    return lambda wave: wave.document.update({stage: [{"run": line}]})


WRONG = {
    "a branch was dropped": Wrong(CORRECT.replace("E4; ", ""), None, "branch_is_merged_once[E4]", "E4 (tip "),
    "something was edited in a merge": Wrong(
        CORRECT.replace("E4", "E4; echo evil >> four.txt; amend"), None, "merge_holds_nothing_else[E4]", "four.txt: "
    ),
    "a commit of its own": Wrong(
        CORRECT.replace("E4", "E4; echo more > more.txt; save More"), None, "merges_in_planned_order[]", "(More)"
    ),
    "the build fails": Wrong(CORRECT, set_gate("build", "! test -f four.txt"), "build_passes[1]", "exited 1"),
    "the tests fail": Wrong(CORRECT, set_gate("test", "exit 3"), "test_passes[1]", "exited 3"),
    "the build changes a file": Wrong(
        CORRECT, set_gate("build", "echo more >> base.txt"), "build_changes_no_tracked_file[]", "base.txt"
    ),
    "the demo shows something else": Wrong(
        CORRECT, lambda wave: wave.document["demo"].update(shows=["two"]), "demo_shows[text-1]", "'two'"
    ),
    "the base has moved on": Wrong(
        CORRECT, lambda wave: wave.commit("main", {"new.txt": "new\n"}), "branch_starts_at_base[]", "1 commit behind"
    ),
    "a branch has moved on": Wrong(
        CORRECT,
        lambda wave: wave.commit("effort/E4", {"new.txt": "new\n"}),
        "branch_is_merged_once[E4]",
        "merges an older tip of it",
    ),
    "a branch is gone": Wrong(
        CORRECT,
        lambda wave: git(wave.origin, "branch", "-D", "effort/E4"),
        "source_is_found[E4]",
        "there is no branch 'effort/E4'",
    ),
    "nothing was merged": Wrong(":", None, "branch_is_merged_once[E1]", "it is not in"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_found_by_its_criterion(kind: str, tmp_path: Path) -> None:
    wrong = WRONG[kind]
    wave = by_hand_wave(tmp_path / "wave", wrong.script)
    if wrong.then:
        wrong.then(wave)
    done = verify(wave)
    assert done.exit == 1
    assert wrong.fails in done.outcomes(VERIFIED)["failed"]
    assert wrong.says in message(done, *wrong.fails.rstrip("]").split("["))
    assert "origin/wave-integration is not as planned, " in done.output
    assert "Traceback" not in done.output
    assert not (wave.folder / "reports" / "wave" / "metadata.json").exists()


def test_a_demo_that_fails_is_red(by_hand: Wave) -> None:
    script = "echo exit 3 >> ../plans/infrastructure/demos/demo.sh; " + CORRECT
    integrate_by_hand(by_hand, script)
    assert verify(by_hand).outcomes(VERIFIED)["failed"] == ["demo_runs[]"]


def test_the_gates_see_what_is_judged_and_not_what_would_be_built(by_hand: Wave) -> None:
    integrate_by_hand(by_hand, CORRECT.replace("E4", "E4; echo evil > evil.txt; amend"), "evil")
    by_hand.document["build"] = [{"run": "test -f evil.txt"}]
    assert verify(by_hand, "origin/evil", "-m", "build").exit == 0
    assert verify(by_hand, "-m", "build").exit == 1


@pytest.mark.parametrize("named", [(), ("origin/wave-integration",)])
def test_a_branch_that_moves_while_it_is_judged_is_red(by_hand: Wave, named: tuple[str, ...]) -> None:
    moves = f"git --git-dir {by_hand.origin} update-ref refs/heads/wave-integration refs/heads/main"
    by_hand.document["test"] = [{"run": moves}]
    see_outside(by_hand)
    if named:
        del by_hand.document["publish"]
    done = verify(by_hand, *named)
    main = git(by_hand.origin, "rev-parse", "main")
    assert done.exit == 1
    assert [name.partition("[")[0] for name in done.outcomes(VERIFIED)["failed"]] == ["branch_is_published"]
    assert f"origin has refs/heads/wave-integration at {main}, but " in done.output


def test_a_branch_that_disappears_while_it_is_judged_is_red(by_hand: Wave) -> None:
    gone = f"git --git-dir {by_hand.origin} update-ref -d refs/heads/wave-integration"
    by_hand.document["test"] = [{"run": gone}]
    see_outside(by_hand)
    done = verify(by_hand)
    assert done.exit == 1
    assert "there is no branch 'wave-integration' on the remote 'origin'" in message(
        done, "branch_is_published", "origin"
    )


def test_a_committers_name_cannot_act(by_hand: Wave) -> None:
    hostile = "\x1b[31m&lt;b&gt; `x` *y*\u202e"
    integrate_by_hand(by_hand, f"export GIT_COMMITTER_NAME=$'{hostile}'; {CORRECT}")
    done = verify(by_hand)
    folder = by_hand.folder / "reports" / "wave" / "verified"
    forms = {file.suffix: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.is_file()}
    assert done.exit == 0
    for text in (done.output, *forms.values()):
        assert "\x1b[31m&" not in text
        assert "\u202e" not in text
    assert "&lt;b&gt`; \\`x\\` \\*y\\*" in forms[".md"]
    assert "&amp;lt;b&amp;gt; `x` *y*" in forms[".html"]
