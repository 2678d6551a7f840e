"""Every claim of real records is changed in turn: the audit turns red; what it cannot decide is an explicit list."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests_integration.auditing.evidence import Evidence, gathered
from tests_integration.auditing.read import Read, read
from tests_integration.auditing.remake import remake
from tests_integration.auditing.undecided import UNDECIDED
from tests_integration.repository.git import scrubbed_environment
from tests_integration.selftests.audited import SEALED, Leaf, changed, first_red, leaves
from tests_integration.selftests.verifying import build, by_hand_wave, verify
from tests_integration.selftests.waves import Wave

TIMES = {"/started_at", "/seconds", "/criteria/*/seconds", "/stages/*/seconds", "/stages/*/started_at"}
PLACES = {"/sources/*/url", "/attempt/file", "/plan/files/wave.yaml"}
ALWAYS = TIMES | PLACES | {"/criteria/*/remarks", "/environment/*"}
WARNINGS = {"/metadata/progress_warnings"}
FIXED = {"/metadata/bugs_fixed"}
FAILED = FIXED | {"/criteria/*/message"}
PUBLISHED = {"/publication/at", "/publication/url"}
MERGED = {"/merging/made", "/merging/remembered"}
NOTED = {"/note/at", "/note/url", "/note/status"}
NO_ATTEMPT = {f"/attempt/{key}" for key in ("forced", "run", "started_at", "owner/*")} | {"/metadata"}
EARLIER = {f"/compared/{key}" for key in ("passed_over", "plan_changed", "problem", "started_at", "tools", "verdict")}
MOVED = {f"/compared/moved/*/{key}" for key in ("before", "source", "source_before")} | {"/compared/tip"}
TRIED = ("ended", "exit", "isolation", "left_running", "problem", "reused", "seconds", "started_at", "timeout")
TRIALS = {f"/gates/*/culprit/trials/*/{key}" for key in ("commit", "line", "what", *(f"commands/*/{k}" for k in TRIED))}
STATUSES = {f"{gate}_status" for gate in ("merge", "build", "test", "demo")}
DONE = {"attempt_number", "started_at", "completed_at", "merge_commit_sha", "bugs_created", "cascade_triggered", "run"}
OWN = {"inputs/*", "owner/*", "record_judged", "interrupted"}
NAMING_A_CASE = {f"/criteria/*/{key}" for key in ("criterion", "description", "remarks", "seconds", "stage", "subject")}
ANOTHER = {f"/metadata/integration_attempts/*/{key}" for key in DONE | STATUSES | OWN}


def integrated(folder: Path) -> Wave:
    """Rules of every kind, a conflict that a fix settles, a deletion, a patch, a published branch, a lock."""
    wave = Wave(folder)
    wave.commit("main", dict.fromkeys(("a", "b", "c", "d", "lock", "twin"), "base\n"))
    first = {"a": "1\n", "b": "1\n", "c": "1\n", "d": None, "lock": "1\n", "twin": "1\n", "list": "1\n2\n3\n"}
    wave.branch("E1", first, contains="All of it")
    wave.branch("E2", {"a": "2\n", "b": "2\n", "c": "2\n", "d": "2\n", "lock": "2\n", "twin": "2\n"})
    takes = {"a": "theirs", "b": "union", "c": "ours", "d": "delete"}
    wave.document["resolve"] = [{"paths": [name], "take": take, "drops": True} for name, take in takes.items()]
    wave.document["fixes"] = [
        {"id": "BUG-1", "problem": "twice", "after": "E1", "delete": ["twin"]},
        {"id": "BUG-2", "problem": "count", "after": "E1", "patch": "list.patch"},
        {"id": "BUG-3", "problem": "stale", "after": "E2", "take": {"ours": ["lock"]}},
    ]
    patch = "--- a/list\n+++ b/list\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n"
    (folder / "plans" / "list.patch").write_text(patch, encoding="utf-8")
    wave.document["publish"]["notes"] = True
    assert build(wave, "--lock").exit == 0
    assert build(wave).exit == 0
    return wave


def rehearsed(folder: Path) -> Wave:
    """A dry run, after one before it and a branch that moved; its build failed then and holds now."""
    wave = Wave(folder)
    wave.branch("E1", {"a": "1\n"})
    wave.branch("E2", {"b": "1\n"})
    wave.document["build"] = [{"run": "test -e c"}]
    assert build(wave, "--until", "demo").exit == 1
    wave.commit("effort/E2", {"c": "2\n"})
    assert build(wave, "--until", "demo").exit == 0
    return wave


def parked(folder: Path) -> Wave:
    """A branch that conflicts, one that depends on it, one that is missing, one that is merged; nothing published."""
    wave = Wave(folder)
    wave.branch("E1", {"a": "1\n"})
    wave.branch("E2", {"a": "2\n"})
    wave.branch("E3", {"c": "3\n"}, parent="E2")
    wave.plan_for("E4")
    assert build(wave).exit == 1
    return wave


def failing(folder: Path) -> Wave:
    """A build that fails, and why, found by trials: no tip is anywhere but in the record."""
    wave = Wave(folder)
    wave.branch("E1", {"a": "1\n"})
    wave.commit("main", {"c.txt": "1\n"})
    lines = ("true", "test ! -e a || test ! -e c.txt || { echo 'c.txt:1: no'; false; }")
    wave.document |= {"build": [{"run": line, "timeout": "60s"} for line in lines], "limits": {"trials": 30}}
    assert build(wave).exit == 1
    return wave


def judged(folder: Path) -> Wave:
    """A branch that Anna built."""
    wave = by_hand_wave(folder)
    assert verify(wave).exit == 0
    return wave


class Sample(NamedTuple):
    """A wave, where its record is, and which of its claims nothing decides."""

    wave: Callable[[Path], Wave]
    record: str
    undecided: set[str]


SAMPLES = {
    "integrated": Sample(
        integrated,
        "wave",
        ALWAYS
        | MERGED
        | WARNINGS
        | FIXED
        | PUBLISHED
        | NOTED
        | EARLIER
        | ANOTHER
        | {"/criteria/*/remarks/*", "/publication/status"},
    ),
    "parked": Sample(parked, "wave", ALWAYS | MERGED | WARNINGS | FIXED | {"/metadata/bugs_pending_fix"}),
    "rehearsed": Sample(rehearsed, "wave", ALWAYS | MERGED | NO_ATTEMPT | EARLIER | MOVED),
    "failing": Sample(failing, "wave", ALWAYS | MERGED | WARNINGS | FAILED | TRIALS | {"/criteria/*/remarks/*"}),
    "judged": Sample(
        judged,
        "wave/verified",
        ALWAYS | PUBLISHED | NO_ATTEMPT | {"/criteria/*/remarks/*"},
    ),
}


class Audited(NamedTuple):
    """A record with the evidence of its repository."""

    read: Read
    evidence: Evidence
    undecided: set[str]


@pytest.fixture(scope="module", params=SAMPLES)
def audited(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    sample = SAMPLES[request.param]
    wave = sample.wave(tmp_path_factory.mktemp(request.param) / "wave")
    found = read(wave.folder / "reports" / sample.record / "record.json")
    with scrubbed_environment(), gathered(found.record, str(wave.origin)) as evidence:
        remake(evidence, found.record)
        yield Audited(found, evidence, sample.undecided)


def pattern(leaf: Leaf) -> str:
    """The place of a leaf, with `*` for what differs from record to record."""
    text = re.sub(r"/[0-9]+(?=/|$)", "/*", leaf.pointer)
    return re.sub(r"(?<=^/(?:environment)/).+|(?<=^/sources/)[^/]+|(?<=/owner/).+|(?<=/[0-9*]/inputs/).+", "*", text)


def told_apart(said: dict[str, Any]) -> Iterator[Leaf]:
    """Every leaf, but one in five of those that name a case, which the audit holds against the same list for all."""
    seen = Counter[str]()
    for leaf in leaves(said):
        kind = pattern(leaf)
        seen[kind] += 1
        if kind not in NAMING_A_CASE or seen[kind] % 5 == 1:
            yield leaf


def test_the_record_as_it_is_holds(audited: Audited) -> None:
    assert first_red(audited.read, audited.read.said, audited.evidence) == ""


def test_any_claim_changed_is_red(audited: Audited) -> None:
    survivors = [
        leaf.pointer
        for leaf in leaves(audited.read.said)
        if not first_red(
            audited.read, changed(audited.read.said, leaf.keys, leaf.changes[-1], reseal=False), audited.evidence
        )
    ]
    assert survivors == []


def test_any_claim_changed_and_sealed_anew_is_red_or_listed(audited: Audited) -> None:
    survivors = set()
    for leaf in told_apart(audited.read.said):
        for value in leaf.changes:
            other = changed(audited.read.said, leaf.keys, value, reseal=True)
            red = first_red(audited.read, other, audited.evidence)
            assert SEALED not in red or leaf.pointer == "/digest"
            if not red:
                survivors.add(pattern(leaf))
                assert any(one.covers(leaf.pointer) for one in UNDECIDED), leaf.pointer
    assert survivors == audited.undecided
