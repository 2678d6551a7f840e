"""A run that dies at any point needs no cleaning by hand: the next one ends in the same commit, green."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests_integration.selftests.hostile import dying
from tests_integration.selftests.hostile.told import hostile
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waiting import DEADLINE
from tests_integration.selftests.waves import Wave, git, integrated

BOUNDARIES = ["before merge", *(f"after {stage}" for stage in ("merge", "audit", "build", "test", "demo", "publish"))]
IN_GIT = "init fetch commit-graph merge-tree read-tree update-index update-ref symbolic-ref checkout-index"
ONCE = ("fetch", "commit-graph", "merge-tree")
"""What is not done again where the store has it."""

READ_BY_GIT = (
    "version var ls-tree ls-remote rev-parse log diff-files diff-tree rev-list grep cat-file fsck for-each-ref"
)
BESIDE = "clone push config switch commit merge add"
"""What else git writes: in a scratch clone, where it is of no account; and the push, which has tests of its own."""

FILES = ["file metadata.json", "replaced metadata.json", "file record.json", "replaced record.json", "file report.html"]

GIT = r"""#!/bin/sh
for word; do
  case $word in
    -*|/*|*=*|user.*|core.*) ;;
    *) break ;;
  esac
done
echo "$word" >> {seen}
nth=$(grep -cxe "$word" {seen})
case $DYING in
  "hang git $word") echo $$ > {begun}; exec sleep 600 ;;
  push) echo $PPID > {pusher} ;;
  "git $word $nth") {git} "$@"; kill -9 $PPID ;;
  "in git $word") {git} "$@" & kill -9 $! $PPID ;;
esac
exec {git} "$@"
"""
"""Stands before git: kills who asked git to write, when git has written or just as it begins; or hangs."""


class Mortal:
    """A wave of two branches whose runs die where they are told to; its remote counts what is pushed to it."""

    def __init__(self, wave: Wave) -> None:
        self.wave = wave
        wave.branch("E1", {"one.txt": "one\n"})
        wave.branch("E2", {"two.txt": "two\n"})
        wave.document["limits"] = {"attempts": 99}
        self.pushes, self.seen, self.pusher = (wave.folder / name for name in ("pushes", "seen", "pusher"))
        self.begun = wave.folder / "begun"
        os.mkfifo(self.begun)
        self.hook("post-receive", f"cat >> {self.pushes}")
        tools = wave.folder / "tools"
        tools.mkdir()
        _script(
            tools / "git", GIT.format(git=shutil.which("git"), seen=self.seen, pusher=self.pusher, begun=self.begun)
        )
        self.environment = {"PATH": f"{tools}:{os.environ['PATH']}"}

    def hook(self, name: str, line: str) -> None:
        """Let the remote run a line when something is pushed to it."""
        (self.wave.origin / "hooks").mkdir(exist_ok=True)
        _script(self.wave.origin / "hooks" / name, f"#!/bin/sh\n{line}\n")

    def go(self, point: str = "", *arguments: str) -> Run:
        """Run the plan; it dies at this point."""
        plan = str(self.wave.write())
        self.seen.unlink(missing_ok=True)
        dies = {**self.environment, "DYING": point}
        return run(self.wave.folder, "-p", dying.__name__, "--plan", plan, *arguments, environment=dies)

    def hanging(self, word: str) -> tuple["subprocess.Popen[str]", int]:
        """A run that is in the middle of a git that hangs, and that git's process id."""
        line = os.open(self.begun, os.O_RDWR)
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "--plan", str(self.wave.write())],
            cwd=self.wave.folder,
            env={**os.environ, **self.environment, "DYING": f"hang git {word}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert select.select([line], [], [], DEADLINE)[0], f"git {word} has not begun"
        number = int(os.read(line, 100))
        os.close(line)
        return process, number

    def dies(self, point: str, *arguments: str) -> None:
        """Run the plan, and see it die at this point: whatever died before it was no obstacle on the way there."""
        done = self.go(point, *arguments)
        assert done.exit == -signal.SIGKILL, f"did not come to {point!r}: {done.output}"

    def dies_at_each(self, word: str) -> int:
        """Run the plan, and have it die at the first such write of git, then at the second, until there are no more.

        The git that merges pair after pair is ended by the run, and not the other way round.

        Returns:
            How often it died.
        """
        died = nth = 0
        self.lose_the_store()
        while nth <= self.words.count(word):
            nth += 1
            done = self.go(f"git {word} {nth}")
            died += done.exit == -signal.SIGKILL
            if word in ONCE:
                self.lose_the_store()
        assert done.exit == 0, done.output
        return died

    @property
    def words(self) -> list[str]:
        """What git was asked for in the last run."""
        return self.seen.read_text(encoding="utf-8").split() if self.seen.exists() else []

    def lose_the_store(self) -> None:
        """Let the next run begin with an empty store."""
        for stores in self.cache.glob("*/stores"):
            shutil.rmtree(stores)

    def heals(self) -> Run:
        """Run the plan to its end: green, the same commit as ever, pushed once in all, and nothing left lying about."""
        done = self.go()
        assert done.exit == 0, done.output
        with integrated(self.wave, "again") as built:
            tip = built.integration.tip
        assert git(self.wave.origin, "rev-parse", "wave-integration") == tip == done.record("wave")["tip"]
        assert self.pushes.read_text(encoding="utf-8").split()[1::3] == [tip]
        assert [str(file) for file in self.wave.folder.rglob("*") if _is_left(file)] == []
        return done

    @property
    def cache(self) -> Path:
        """The suite's own folder."""
        return self.wave.folder / ".pytest_cache" / "d" / "waveproof"

    @property
    def record(self) -> dict[str, Any]:
        """What the last run has left."""
        file = self.wave.folder / "reports" / "wave" / "record.json"
        return dict(json.loads(file.read_text(encoding="utf-8")))

    @property
    def results(self) -> list[str]:
        """Results of all attempts so far (R520)."""
        file = self.wave.folder / "reports" / "wave" / "metadata.json"
        return [one["overall_result"] for one in json.loads(file.read_text("utf-8"))["integration_attempts"]]


def _script(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)


def _is_left(file: Path) -> bool:
    half = file.name.startswith(".") and (file.suffix == ".new" or file.suffix[1:].isdigit())
    return half or file.suffix == ".lock" or file.name in {"turn.json", "tmp_pack_1"}


@pytest.fixture
def mortal(wave: Wave) -> Mortal:
    return Mortal(wave)


@hostile(
    "kill -9 at every boundary of stages",
    "what is known is in the record, which says in which stage; the next run goes on, and pushes nothing twice",
)
def test_a_run_that_dies_between_stages(mortal: Mortal) -> None:
    for n, point in enumerate(BOUNDARIES):
        mortal.dies(point)
        assert mortal.results == ["INCOMPLETE"] * n + ["IN_PROGRESS"]
        if n:
            stage = point.removeprefix("after ")
            assert (mortal.record["verdict"], mortal.record["interrupted"]) == ("INCOMPLETE", stage)
            assert f"interrupted in the stage {stage}, " in mortal.record["sentence"]
    assert mortal.heals().record("wave")["publication"]["status"] == "unchanged"
    assert mortal.results == ["INCOMPLETE"] * len(BOUNDARIES) + ["SUCCESS"]
    mortal.dies("after record")
    assert mortal.heals().record("wave")["verdict"] == "SUCCESS"


@hostile("kill -9 after every write of git", "the next run needs no cleaning, and ends in the same commit")
def test_a_run_that_dies_when_git_has_written(mortal: Mortal) -> None:
    for word in IN_GIT.split():
        assert mortal.dies_at_each(word), f"nothing was written by git {word}"
    mortal.lose_the_store()
    mortal.heals()
    assert {*mortal.words} - {*READ_BY_GIT.split(), *BESIDE.split()} == {*IN_GIT.split()}


@hostile("kill -9 of the run and of git in the middle of a write", "the next run ends in the same commit")
def test_a_run_that_dies_with_its_git(mortal: Mortal) -> None:
    for word in ("init", "fetch", "merge-tree", "read-tree", "checkout-index", "push"):
        mortal.dies(f"in git {word}")
    mortal.heals()


@hostile(
    "kill -9 while the remote takes the push",
    "what came of it is read back: pushed once, whether or not the first push came through",
)
def test_a_run_that_dies_while_it_pushes(mortal: Mortal) -> None:
    mortal.hook("pre-receive", f"kill -9 $(cat {mortal.pusher})")
    mortal.dies("push")
    mortal.hook("pre-receive", "true")
    mortal.heals()
    assert mortal.results[-1] == "SUCCESS"


@hostile(
    "kill -9 while metadata, record or report are written",
    "the file is the old one or the new one; the half-written one is removed by the next run",
)
def test_a_run_that_dies_while_it_writes(mortal: Mortal) -> None:
    for point in FILES:
        mortal.dies(point)
        for name in ("metadata.json", "record.json"):
            file = mortal.wave.folder / "reports" / "wave" / name
            assert not file.exists() or json.loads(file.read_text(encoding="utf-8")) is not None
    store = next(mortal.cache.glob("*/store.git"))
    for left in ("packed-refs.lock", "config.lock", "objects/pack/tmp_pack_1"):
        (store / left).touch()
    next(store.glob("refs/waveproof/*/4531")).with_suffix(".lock").touch()
    mortal.heals()


@hostile(
    "kill -9 in the stage record, when the metadata say SUCCESS already",
    "the next run calls that attempt interrupted, and finds published what was",
)
def test_a_run_that_dies_before_its_record_is_judged(mortal: Mortal) -> None:
    mortal.dies("before replay_gives_the_same_commit")
    assert (mortal.record["interrupted"], mortal.results) == ("record", ["SUCCESS"])
    record = mortal.heals().record("wave")
    assert mortal.results == ["INCOMPLETE", "SUCCESS"]
    assert record["publication"]["status"] == "unchanged"
    assert record["metadata"]["progress_warnings"] == [
        f"the attempt started at {record['metadata']['integration_attempts'][0]['started_at']} was interrupted"
    ]


@hostile(
    "Ctrl-C in the stage record, when the metadata say SUCCESS already, and when all is judged",
    "the attempt is closed as INCOMPLETE, or is the SUCCESS that it was; the record says the same",
)
def test_a_run_that_is_interrupted_while_it_records(mortal: Mortal) -> None:
    for point, said in (
        ("before replay_gives_the_same_commit", ("INCOMPLETE", "record")),
        ("after record", ("SUCCESS", "")),
    ):
        assert mortal.go(f"interrupted {point}").exit == pytest.ExitCode.INTERRUPTED
        assert (mortal.record["verdict"], mortal.record["interrupted"]) == said
    assert mortal.results == ["INCOMPLETE", "SUCCESS"]
    assert mortal.heals().record("wave")["publication"]["status"] == "unchanged"


@hostile(
    "what a killed run and a killed rehearsal leave",
    "is no finished run: not in the list of plans, not for the comparison of nights, not for `--record`",
)
def test_what_died_is_taken_for_no_finished_run(mortal: Mortal) -> None:
    first = mortal.heals().record("wave")
    reports = mortal.wave.folder / "reports"
    mortal.dies("after merge")
    listed = (reports / "index.html").read_text(encoding="utf-8")
    assert "all green" not in listed
    assert "NO RECORD" in listed
    refused(mortal, "merge")
    mortal.dies("after test", "--until", "demo")
    refused(mortal, "test")
    again = mortal.heals().record("wave")
    assert again["compared"]["passed_over"] == 2
    assert again["compared"]["started_at"] == first["started_at"]
    assert "all green" in (reports / "index.html").read_text(encoding="utf-8")


def refused(mortal: Mortal, stage: str) -> None:
    """An audit of the record that a killed run has left is red, and says why."""
    record = mortal.wave.folder / "reports" / "wave" / "record.json"
    done = run(mortal.wave.folder, "--record", str(record), "--repository", str(mortal.wave.origin))
    assert done.exit == 1, done.output
    assert f"the run was killed or interrupted in the stage {stage}: the record says how far it came" in done.output


HANGING = {"fetch": "merge", "merge-tree": "merge", "push": "publish"}
"""The stage in which git hangs, by what it does."""


@pytest.mark.parametrize("word", HANGING)
@hostile(
    "Ctrl-C, and then again and SIGTERM while it closes, while git fetches, merges or pushes",
    "git is ended, the attempt and the record say in which stage it was interrupted; the next run goes on",
)
def test_a_run_that_is_interrupted_while_git_hangs(mortal: Mortal, word: str) -> None:
    process, hanging = mortal.hanging(word)
    for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM):
        process.send_signal(number)
    output, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    assert "Traceback" not in output
    with suppress(psutil.NoSuchProcess):
        psutil.Process(hanging).wait(DEADLINE)
    assert mortal.record["interrupted"] == HANGING[word]
    assert (mortal.record["verdict"], mortal.results) == ("INCOMPLETE", ["INCOMPLETE"])
    if word == "fetch":
        mortal.heals()
