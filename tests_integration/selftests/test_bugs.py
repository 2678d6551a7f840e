"""Bugs (R266, R521): the same failure is the same bug, under one id, whatever happens between."""

import json
from pathlib import Path
from typing import Any

import pytest
import re2

from tests_integration.criteria.gates import of_bug
from tests_integration.engine import attempts, bugs
from tests_integration.engine.attempts import Outcome
from tests_integration.engine.bugs import documented, generalised
from tests_integration.facts import AttemptFact, Bug, CommandFact, Culprit, Gate
from tests_integration.selftests.diary import STATUSES, Diary
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.waves import Wave

UNDEFINED = "# example.org/push\npkg/cmd/push/flags.go:12:9: undefined: PushOptions\nmake: *** [all] Error 2\n"
REDECLARED = "pkg/cmd/push/root.go:13:5: PushCmd redeclared in this block\n"
SINCE = "fails since E2 (merge 222222222222)"


class Nights(Diary):
    """Attempts whose build fails with a log."""

    def night(self, log: str = "", *, exit: int = 1, **more: Any) -> tuple[Bug, ...]:  # noqa: A002 - as facts say it
        """An attempt whose build says this and fails; without a log it is a success. What it is documented as."""
        fact = self.start("once more")
        gate = self.gate(log, exit, more.pop("culprit", None), more.pop("stage", "build"), **more)
        found = documented(gate, log.strip(), self.plan, fact) if log else ()
        self.end(fact, "BUILD_GATE_FAILURE" if log else "SUCCESS", found)
        return found

    def end(self, fact: AttemptFact, result: str, found: tuple[Bug, ...] = ()) -> None:
        """End an attempt that met these bugs."""
        attempts.finish(fact, None, Outcome(result, STATUSES, "" if result == "SUCCESS" else "no", bugs=found))

    def gate(self, log: str, exit: int, culprit: Culprit | None, stage: str, **more: Any) -> Gate:  # noqa: A002
        """A gate that says this and fails."""
        said = {"run": "make", "seconds": 1, "timeout": 60, "log": "build-1.log", "size": len(log), "sha256": ""}
        command = CommandFact.model_validate(said | {"stage": stage, "exit": exit} | more)
        return Gate(stage=stage, commands=(command,), culprit=culprit)

    def know(self, name: str, signature: str) -> None:
        """Let the catalogue know a bug."""
        entry = f"version: 1\nfixes:\n  - id: {name}\n    signature: '{signature}'\n    problem: it is known\n"
        (self.plan_file.parent / "known-fixes.yaml").write_text(entry, encoding="utf-8")

    @property
    def pending(self) -> list[str]:
        """Ids of what waits."""
        return [entry if isinstance(entry, str) else entry["id"] for entry in self.kept["bugs_pending_fix"]]

    @property
    def created(self) -> list[list[str]]:
        """Ids that each attempt was the first to meet."""
        return [entry["bugs_created"] for entry in self.kept["integration_attempts"]]


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nights:
    return Nights.by_its_own_clock(tmp_path, monkeypatch)


def blamed(kind: str = "branch", branch: str = "E2") -> Culprit:
    return Culprit(stage="build", command="make", kind=kind, branch=branch, merge="2" * 40, sentence=SINCE)  # type: ignore[arg-type]


def test_a_new_bug_is_documented_with_all_that_its_effort_needs(nights: Nights) -> None:
    (bug,) = nights.night(UNDEFINED, culprit=blamed())
    assert nights.kept["bugs_pending_fix"] == [json.loads(bug.model_dump_json())]
    assert nights.kept["bugs_pending_fix"][0] == {
        "id": "BUG-002",  # the plan has BUG-1
        "stage": "build",
        "run": "make",
        "signature": r"(?m)^[ \t]*pkg/cmd/push/flags\.go:[0-9.,:]+: undefined: PushOptions[ \t]*$",
        "ended": "exit 1",
        "known": False,
        "unstable": False,
        "culprit": {"kind": "branch", "branch": "E2", "merge": "2" * 40, "sentence": SINCE},
        "effort": "E2",
        "excerpt": UNDEFINED.strip(),
        "first_seen": "2025-10-06T04:00:00Z",
        "last_seen": "2025-10-06T04:00:00Z",
        "seen": 1,
        "formerly": [],
        "fixed_at": "",
    }
    assert nights.created == [["BUG-002"]]
    assert of_bug(bug) == "BUG-002, new, for E2; documented in the metadata (R266)"


def test_the_same_failure_tomorrow_is_the_same_bug(nights: Nights) -> None:
    nights.night(UNDEFINED)
    (bug,) = nights.night("\n\n" + UNDEFINED.replace(":12:9:", ":140:1:"))
    assert of_bug(bug) == "BUG-002, seen in 2 attempts since 2025-10-06T04:00:00Z"
    assert (nights.pending, nights.created) == (["BUG-002"], [["BUG-002"], []])


def test_another_failure_is_another_bug_and_the_first_waits_on(nights: Nights) -> None:
    nights.night(UNDEFINED)
    nights.night(REDECLARED)
    assert (nights.pending, nights.created) == (["BUG-002", "BUG-003"], [["BUG-002"], ["BUG-003"]])
    assert [bug.id for bug in nights.night(UNDEFINED + REDECLARED)] == ["BUG-002", "BUG-003"], "it shows both"


def test_what_stands_behind_any_failure_makes_no_two_the_same(nights: Nights) -> None:
    nights.night("make: *** [all] Error 2\n")
    (bug,) = nights.night("two.c:1: no such function\nmake: *** [all] Error 2\n")
    assert bug.id == "BUG-003"


def test_the_same_words_in_another_stage_are_another_bug(nights: Nights) -> None:
    nights.night(UNDEFINED)
    (bug,) = nights.night(UNDEFINED, stage="test")
    assert (bug.id, bug.stage) == ("BUG-003", "test")


def test_a_name_that_only_begins_the_same_is_another_bug(nights: Nights) -> None:
    nights.night("a.go:1: undefined: Push\n")
    (bug,) = nights.night("a.go:1: undefined: PushOptions\n")
    assert bug.id == "BUG-003"


def test_after_a_success_nothing_waits_and_what_comes_back_is_the_same_bug(nights: Nights) -> None:
    nights.night(UNDEFINED)
    nights.now = nights.now.replace(hour=6)
    nights.night()
    assert nights.pending == []
    assert [(one["id"], one["fixed_at"]) for one in nights.kept["bugs_fixed"]] == [("BUG-002", "2025-10-06T06:00:00Z")]
    nights.night(REDECLARED)
    (bug,) = nights.night(UNDEFINED)
    assert (bug.id, bug.seen, bug.fixed_at, bug.new) == ("BUG-002", 2, "", False)
    assert (nights.pending, nights.kept["bugs_fixed"]) == (["BUG-003", "BUG-002"], [])
    assert nights.created == [["BUG-002"], [], ["BUG-003"], []]


def test_what_the_catalogue_knows_has_its_id_and_is_not_created(nights: Nights) -> None:
    nights.know("BUG-010", "undefined: PushOptions")
    (bug,) = nights.night(UNDEFINED)
    assert (bug.id, bug.known, bug.told, bug.signature) == ("BUG-010", True, "BUG-010, known", "undefined: PushOptions")
    assert (nights.pending, nights.created) == (["BUG-010"], [[]])
    (other,) = nights.night(REDECLARED)
    assert other.id == "BUG-011", "free above all that is known"


def test_a_bug_that_comes_to_be_known_is_not_there_twice(nights: Nights) -> None:
    nights.night(UNDEFINED)
    nights.know("KNOWN-1", "undefined: PushOptions")
    (bug,) = nights.night(UNDEFINED)
    assert (bug.id, bug.formerly, bug.seen, bug.first_seen) == ("KNOWN-1", ("BUG-002",), 2, "2025-10-06T04:00:00Z")
    assert nights.pending == ["KNOWN-1"]
    (again,) = nights.night(UNDEFINED)
    assert (again.formerly, again.seen) == (("BUG-002",), 3)
    (other,) = nights.night(REDECLARED)
    assert other.id == "BUG-003", "an id that was given is not given again"


def test_a_fix_whose_problem_is_in_the_log_all_the_same_is_that_bug(nights: Nights) -> None:
    text = nights.plan.file.read_text(encoding="utf-8")
    nights.plan_file.write_text(text.replace("    after: E1\n", "    after: E1\n    signature: redeclared\n"), "utf-8")
    (bug,) = nights.night(REDECLARED)
    assert (bug.id, bug.known) == ("BUG-1", True)


def test_an_unstable_failure_is_documented_once_and_is_no_efforts(nights: Nights) -> None:
    (bug,) = nights.night(UNDEFINED, culprit=blamed("unstable", ""))
    assert (bug.unstable, bug.culprit, bug.effort, bug.told) == (True, None, "", "BUG-002, unstable, new")
    nights.night(UNDEFINED, culprit=blamed("unstable", ""))
    assert (nights.pending, nights.kept["bugs_pending_fix"][0]["unstable"]) == (["BUG-002"], True)
    (bug,) = nights.night(UNDEFINED, culprit=blamed())
    assert (bug.unstable, bug.effort, bug.seen) == (False, "E2", 3), "it did repeat, in the end"
    (bug,) = nights.night(UNDEFINED, culprit=blamed("unstable", ""))
    assert (bug.unstable, bug.effort) == (False, "E2"), "what did repeat once is no chance"


@pytest.mark.parametrize(("log", "limit"), [("", ""), ("step 1\nstep 2\n", "time")], ids=["silent", "deadline"])
def test_a_log_that_does_not_say_why_is_known_by_how_it_ended(log: str, limit: str, nights: Nights) -> None:
    how: dict[str, Any] = {"exit": None, "limit": limit, "ended": "at its deadline"} if limit else {"exit": 3}
    (first,) = nights.night(log or "\n", **how)
    (second,) = nights.night(f"{log}\n", **how)
    assert (first.signature, first.id, second.id) == ("", "BUG-002", "BUG-002")
    (third,) = nights.night(log or "\n", exit=4)
    assert third.id == "BUG-003"


def test_an_attempt_that_does_not_count_documents_nothing_and_knows_what_is_known(nights: Nights) -> None:
    nights.night(UNDEFINED)
    fact = nights.start("rehearsal").model_copy(update={"rehearsal": True})

    def met(log: str) -> list[tuple[str, int]]:
        gate = nights.gate(log, 1, None, "build")
        return [(bug.id, bug.seen) for bug in documented(gate, log, nights.plan, fact)]

    assert (met(UNDEFINED), met(REDECLARED)) == ([("BUG-002", 1)], [])


def test_a_command_that_could_not_be_run_is_no_bug(nights: Nights) -> None:
    assert nights.night(UNDEFINED, problem="no room to shut it in") == ()


def test_what_others_wrote_among_the_bugs_stays_and_takes_its_ids(nights: Nights) -> None:
    others = ["BUG-7", {"id": "BUG-020", "title": "by hand"}, {"id": 5}, None]
    nights.file.write_text(json.dumps({"wave_integrations": {"one": {"bugs_pending_fix": others}}}), encoding="utf-8")
    (bug,) = nights.night(UNDEFINED)
    assert bug.id == "BUG-021"
    assert nights.kept["bugs_pending_fix"][:4] == others
    nights.night()
    assert (nights.kept["bugs_pending_fix"], nights.kept["bugs_fixed"][:4]) == ([], others)


@pytest.mark.parametrize(
    ("line", "alike", "others"),
    [
        ("/srv/a1/checkout/x.go:3: bad", ["/home/b/c/x.go:14: bad", "  /x/x.go:3:9: bad  "], ["/srv/a1/y.go:3: bad"]),
        ("--- FAIL: TestPush (0.03s)", ["--- FAIL: TestPush (12.50s)"], ["--- FAIL: TestPushAll (0.03s)"]),
        ("panic at 0xc0001b: a.b*c", ["panic at 0x00ff: a.b*c"], ["panic at 0x00ff: aXb*c"]),
        ("bad object 1f0c2d3e4a", ["bad object 99aa00bb11cc22dd33ee44ff55aa66bb77cc88dd"], ["bad object nowhere"]),
        ("x" * 400, ["x" * 400, "x" * 300 + "y"], ["x" * 299]),
        (r"[a](b){c}|d^e$f\g?h+i", [r"[a](b){c}|d^e$f\g?h+i"], ["a"]),
    ],
)
def test_a_signature_finds_the_line_wherever_it_stands(line: str, alike: list[str], others: list[str]) -> None:
    signature = re2.compile(generalised(line))
    assert len(generalised(line)) < 1000
    assert [text for text in [line, *alike] if not signature.search(f"before\n{text}\nafter")] == []
    assert [text for text in others if signature.search(f"before\n{text}\nafter")] == []


def test_ids_begin_as_they_are_told_to(nights: Nights) -> None:
    assert bugs.next_id(nights.plan, {}, "WAVE.") == "WAVE.001"
    assert bugs.next_id(nights.plan, {"bugs_fixed": [{"id": "WAVE.1041"}]}, "WAVE.") == "WAVE.1042"


def test_every_form_of_the_record_names_the_bug(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "echo 'one.txt:3: is broken'; exit 3"}]
    folder = stacked.folder / "reports" / "wave"
    for why, told in (("first", "BUG-002, new"), ("second", "BUG-002, seen in 2 attempts since ")):
        done = run(stacked.folder, "--plan", str(stacked.write()), "--force-attempt", why)
        (failed,) = [one for one in done.record("wave")["criteria"] if one["outcome"] == "failed"]
        assert f"\n{told}" in failed["message"]
        assert f"  bug: {told}" in done.output
        for form in ("report.html", "summary.md", "work-log.md"):
            assert told in (folder / form).read_text("utf-8")
    kept = json.loads((folder / "metadata.json").read_text("utf-8"))
    assert [(one["id"], one["seen"]) for one in kept["bugs_pending_fix"]] == [("BUG-002", 2)]
    assert [one["bugs_created"] for one in kept["integration_attempts"]] == [["BUG-002"], []]


def test_the_prefix_is_the_callers(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "exit 3"}]
    done = run(stacked.folder, "--plan", str(stacked.write()), "--bug-prefix", "WAVE-")
    assert "bug: WAVE-001, new" in done.output
    assert "is nothing that an id begins with" in run(stacked.folder, "--plan", "x.yaml", "--bug-prefix", "-").output
