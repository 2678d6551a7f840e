"""Records of earlier runs are read whoever wrote them, and compared by what they say; nothing is timed here."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests_integration.record.compare import compare, is_slower
from tests_integration.record.comparison import Comparison
from tests_integration.record.earlier import Found, UnreadableError, find, read
from tests_integration.record.markdown import summary
from tests_integration.record.model import SCHEMA, Record
from tests_integration.selftests.verifying import build
from tests_integration.selftests.waves import three_branches

Facts = dict[str, Any]
COMMIT = "1" * 40


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The `record.json` of a run in which all was well."""
    done = build(three_branches(tmp_path_factory.mktemp("nights") / "wave"))
    assert done.exit == 0
    return json.dumps(done.record("wave"))


@pytest.fixture
def facts(recorded: str) -> Facts:
    """The same, to be changed at will."""
    return dict(json.loads(recorded))


def kept(folder: Path, *records: Facts | bytes) -> Path:
    """A report folder with these records in its history, oldest first."""
    for n, facts in enumerate(records):
        place = folder / "history" / f"2026-01-{n + 1:02}T00-00-00.000000Z"
        place.mkdir(parents=True)
        content = facts if isinstance(facts, bytes) else json.dumps(facts).encode()
        (place / "record.json").write_bytes(content)
    return folder


def beside(earlier: Facts, now: Facts, folder: Path) -> Comparison:
    """The comparison of two records."""
    found = compare(Record.model_validate(now), find(kept(folder, earlier), "", begun=True, rehearsal=False), {})
    assert found
    return found


def altered(facts: Facts, **changes: Any) -> Facts:
    """A record that says something else."""
    return {**json.loads(json.dumps(facts)), **changes}


def timed(facts: Facts, seconds: float, **changes: Any) -> Facts:
    """A record whose first command took so long."""
    other = altered(facts)
    other["commands"][0] |= {"seconds": seconds, **changes}
    return other


@pytest.mark.parametrize(
    ("before", "after", "slower"),
    [(10, 15, True), (10, 14.9, False), (4, 8.9, False), (4, 9, True), (20, 29.9, False), (20, 30, True), (0, 5, True)],
)
def test_slower_is_half_as_much_again_and_five_seconds(before: float, after: float, *, slower: bool) -> None:
    assert is_slower(before, after) is slower


def test_a_command_that_got_slower_is_named_with_both_times(facts: Facts, tmp_path: Path) -> None:
    found = beside(timed(facts, 10), timed(facts, 20.5), tmp_path)
    assert found.lines[1:] == ["Slower: build `test -f base.txt` 10.0 s → 20.5 s"]


@pytest.mark.parametrize("ended", [{"exit": 1}, {"exit": None}, {"run": "another"}, {"stage": "test"}])
def test_a_command_that_did_not_pass_both_times_is_not_compared(facts: Facts, tmp_path: Path, ended: Facts) -> None:
    assert beside(timed(facts, 10, **ended), timed(facts, 20), tmp_path / "then").slower == ()
    assert beside(timed(facts, 10), timed(facts, 20, **ended), tmp_path / "now").slower == ()


def test_the_same_line_twice_in_a_stage_is_compared_each_with_its_own(facts: Facts, tmp_path: Path) -> None:
    one = facts["commands"][0]
    earlier = altered(facts, commands=[{**one, "seconds": 10}, {**one, "seconds": 30}])
    now = altered(facts, commands=[{**one, "seconds": 20}, {**one, "seconds": 31}])
    assert [(slow.before, slow.after) for slow in beside(earlier, now, tmp_path).slower] == [(10, 20)]


def whole(facts: Facts, seconds: float) -> Facts:
    """A record whose criteria took so long together."""
    other = altered(facts)
    for criterion in other["criteria"]:
        criterion["seconds"] = 0
    other["criteria"][3]["seconds"] = seconds
    return other


def test_the_whole_run_is_compared_by_the_time_of_its_criteria(facts: Facts, tmp_path: Path) -> None:
    earlier = altered(whole(facts, 30), seconds=1000)
    assert [one.line for one in beside(earlier, whole(facts, 60), tmp_path).slower] == [
        "all criteria together 30.0 s → 60.0 s"
    ]


def test_the_whole_run_is_not_compared_where_other_criteria_were_judged(facts: Facts, tmp_path: Path) -> None:
    fewer = whole(facts, 30)
    fewer["criteria"][-1]["outcome"] = "blocked"
    fewer |= {"verdict": "TEST_GATE_FAILURE"}
    assert beside(fewer, whole(facts, 60), tmp_path / "fewer").slower == ()
    other = altered(whole(facts, 30), schema_version=SCHEMA + 1)
    assert beside(other, whole(facts, 60), tmp_path / "other").slower == ()


def test_other_versions_of_the_tools_are_told(facts: Facts, tmp_path: Path) -> None:
    earlier = altered(facts, environment=facts["environment"] | {"git": "2.38.0"})
    now = facts["environment"]["git"]
    found = beside(earlier, facts, tmp_path)
    assert found.lines == [f"Since {facts['started_at']} (SUCCESS): nothing moved, same tip, git 2.38.0 → {now}"]


def test_another_tip_with_nothing_moved_is_told(facts: Facts, tmp_path: Path) -> None:
    assert beside(altered(facts, tip=COMMIT), facts, tmp_path).sentence.endswith(": nothing moved, another tip")


def test_many_things_are_told_in_few_lines(facts: Facts, tmp_path: Path) -> None:
    gone = {f"E{n}": {"source": f"origin/{n}", "commit": COMMIT} for n in range(400)}
    earlier = altered(timed(facts, 1), sources=gone | {"base": facts["sources"]["base"]}, verdict="AUDIT_FAILED")
    for criterion in earlier["criteria"]:
        criterion["outcome"] = "failed"
    found = beside(earlier, timed(facts, 20), tmp_path)
    assert len(found.moved or ()) > 400
    assert len(found.lines) <= 5
    assert max(map(len, found.lines)) < 1000
    assert all("\n" not in line for line in found.lines)


UNREADABLE: dict[str, Callable[[Facts], bytes]] = {
    "nothing": lambda _: b"",
    "cut off": lambda facts: json.dumps(facts).encode()[:-1],
    "a list": lambda _: b"[]",
    "not UTF-8": lambda facts: json.dumps(facts).encode().replace(b"SUCCESS", b"\xff\xfe"),
    "zeros": lambda _: b"\0" * 4096,
    "too deep": lambda _: b"[" * 100_000,
    "no criteria that hold": lambda facts: json.dumps(altered(facts, criteria=[])).encode(),
    "a verdict with a tag": lambda facts: json.dumps(altered(facts, verdict="<b>SUCCESS</b>")).encode(),
    "a verdict with a line": lambda facts: json.dumps(altered(facts, verdict="SUCCESS\n")).encode(),
    "a verdict that is none": lambda facts: json.dumps(altered(facts, verdict=None)).encode(),
    "a tip that is an option": lambda facts: json.dumps(altered(facts, tip="--upload-pack=x")).encode(),
    "a tip that is long": lambda facts: json.dumps(altered(facts, tip="1" * 1_000_000)).encode(),
    "a time that is none": lambda facts: json.dumps(altered(facts, started_at="yesterday")).encode(),
    "seconds below zero": lambda facts: json.dumps(altered(facts, seconds=-1)).encode(),
    "endless seconds": lambda facts: json.dumps(altered(facts, seconds=float("inf"))).encode(),
    "half a character": lambda facts: json.dumps(altered(facts, sentence="\ud800")).encode(),
    "sources that are a list": lambda facts: json.dumps(altered(facts, sources=["E1"])).encode(),
    "criteria that are texts": lambda facts: json.dumps(altered(facts, criteria=["E1"])).encode(),
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_record_is_said_to_be_none(facts: Facts, tmp_path: Path, content: Callable[[Facts], bytes]) -> None:
    folder = kept(tmp_path, facts, content(facts))
    with pytest.raises(UnreadableError, match=r"^.{5,250}$"):
        read(folder / "history" / "2026-01-02T00-00-00.000000Z" / "record.json")
    found = find(folder, "", begun=True, rehearsal=False)
    assert found.earlier is None, "it is not compared with the one before that one"
    assert found.problem.startswith("the earlier record cannot be read: ")


def test_a_folder_or_a_pipe_is_no_record(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder", "gone"):
        with pytest.raises(UnreadableError, match="it is no file"):
            read(tmp_path / name)


def test_a_record_of_another_version_is_read_by_what_it_has(facts: Facts, tmp_path: Path) -> None:
    other = {key: value for key, value in facts.items() if key not in {"compared", "environment", "commands", "gates"}}
    other |= {"schema_version": 9, "news": {"of": ["later"]}}
    assert beside(other, facts, tmp_path).lines == [f"Since {facts['started_at']} (SUCCESS): nothing moved, same tip"]


PASSED_OVER: dict[str, Callable[[Facts], Facts]] = {
    "interrupted": lambda facts: altered(
        facts, verdict="INCOMPLETE", criteria=[*facts["criteria"][:20], {**facts["criteria"][20], "outcome": "not-run"}]
    ),
    "a rehearsal that failed": lambda facts: altered(
        facts, verdict="BUILD_GATE_FAILURE", attempt={**facts["attempt"], "rehearsal": True}
    ),
    "a rejected plan": lambda facts: altered(facts, verdict="PLAN_REJECTED", attempt=None, sources={}),
    "of another branch": lambda facts: altered(facts, attempt={**facts["attempt"], "judging": "origin/theirs"}),
}


@pytest.mark.parametrize("other", PASSED_OVER.values(), ids=PASSED_OVER)
def test_runs_that_came_to_no_verdict_are_left_out(
    facts: Facts, tmp_path: Path, other: Callable[[Facts], Facts]
) -> None:
    first = altered(facts, started_at="2026-01-01T00:00:00Z")
    found = find(kept(tmp_path, first, other(facts), other(facts)), "", begun=True, rehearsal=False)
    assert found.earlier
    assert (found.earlier.started_at, found.passed_over) == ("2026-01-01T00:00:00Z", 2)


def test_the_record_that_stands_in_the_folder_is_the_earlier_one_only_before_a_run_begins(
    facts: Facts, tmp_path: Path
) -> None:
    kept(tmp_path, altered(facts, started_at="2026-01-01T00:00:00Z"))
    (tmp_path / "record.json").write_text(json.dumps(facts), encoding="utf-8")
    found = {begun: find(tmp_path, "", begun=begun, rehearsal=False).earlier for begun in (True, False)}
    assert {begun: one.started_at for begun, one in found.items() if one} == {
        True: "2026-01-01T00:00:00Z",
        False: facts["started_at"],
    }


def test_no_earlier_run_is_no_comparison(facts: Facts, tmp_path: Path) -> None:
    assert find(tmp_path, "", begun=True, rehearsal=False) == Found()
    assert compare(Record.model_validate(facts), Found(), {}) is None


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a\nb\n# c", "\x1b[31mred\u202e", "x" * 1_000_000])
def test_texts_of_an_earlier_record_neither_act_nor_flood(facts: Facts, tmp_path: Path, name: str) -> None:
    earlier = altered(facts, sources={**facts["sources"], name: {"source": name, "commit": COMMIT}})
    earlier["sources"]["E1"]["source"] = name
    earlier["environment"]["git"] = name
    found = beside(earlier, facts, tmp_path)
    text = summary(Record.model_validate(facts).model_copy(update={"compared": found}), tmp_path).replace("\\<", "")
    assert "was removed from the plan" in text
    assert len(text.splitlines()) < 60
    assert len(text) < 10_000
    assert not any(part in text for part in ("<script", "\n# c", "\x1b", "\u202e"))
