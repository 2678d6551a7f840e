"""The terminal: a closing section that says it all, a live line that leaves nothing behind, and no noise."""

import re

import pytest

from tests_integration.live import fitting
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.terminal import Shown, run_in_terminal
from tests_integration.selftests.waves import Wave

SLOW = "for n in 1 2 3; do echo 'step 漢字 \033[2J\a' $n; sleep 0.2; done"
SHOWN = SLOW.replace("\033", "\\x1b").replace("\a", "\\x07")


def closing(done: Run) -> str:
    """The closing section."""
    return done.output.split(" integration =")[1].partition("\n")[2]


def before_closing(done: Shown) -> list[str]:
    """The rows that tell how the cases went."""
    first = next(n for n, row in enumerate(done.rows) if "test_plan.py" in row)
    return done.rows[first : next(n for n, row in enumerate(done.rows) if "warnings summary" in row)]


@pytest.mark.parametrize(("width", "how"), [(40, ()), (200, ()), (80, ("-v",))], ids=["narrow", "wide", "verbose"])
def test_a_live_line_leaves_nothing_behind(stacked: Wave, width: int, how: tuple[str, ...]) -> None:
    stacked.document["build"] = [{"run": SLOW}]
    done = run_in_terminal(stacked.folder, "--plan", str(stacked.write()), *how, width=width)
    assert done.exit == 0
    for stage in ("fetch", "merge", "build"):
        assert re.search(rf"\x1b\[2K{stage} +\d+ s  ", done.sent)
    assert [row for row in done.rows if re.search(r" s  |step|for n in", row)] == []
    still = run_in_terminal(stacked.folder, "--plan", str(stacked.write()), *how, width=width, environment={"CI": "1"})
    assert "\x1b[2K" not in still.sent
    assert before_closing(done) == before_closing(still)


def test_a_live_line_shows_what_runs(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": SLOW}]
    done = run_in_terminal(stacked.folder, "--plan", str(stacked.write()), width=400)
    step = re.escape(f" s  {SHOWN}  step 漢字 \\x1b[2J\\x07 ")
    assert re.search(rf"build +\d+{step}\d\r", done.sent)
    assert re.search(r"fetch +\d+ s  3 branches", done.sent)
    assert "\x1b[2J" not in done.sent
    assert "\a" not in done.sent


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(("-q",), {}), ((), {"CI": "true"}), ((), {"BUILD_NUMBER": "1"})],
    ids=["-q", "CI", "BUILD_NUMBER"],
)
def test_nothing_is_live_where_nobody_watches(
    stacked: Wave, arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    stacked.document["build"] = [{"run": SLOW}]
    plan = str(stacked.write())
    done = run_in_terminal(stacked.folder, "--plan", plan, *arguments, environment=environment)
    assert done.exit == 0
    assert "\x1b[2K" not in done.sent
    assert not re.search(r" \d+ s  ", done.sent)


def test_a_log_has_no_escape_sequence_whatever_strangers_wrote(stacked: Wave) -> None:
    evil = "\x1b[31m\x1b]8;;http://evil.example\x07x\x9b2J\r"
    stacked.commit("effort/E1", {"evil.txt": evil}, message=f"subject {evil}")
    stacked.branch("E3", {"evil.txt": f"{evil}more"})
    stacked.document["build"] = [{"run": f"printf '%s' '{evil}'; exit 3"}, {"run": f"echo '{evil}'"}]
    plans = [str(stacked.write())]
    stacked.document["resolve"] = [{"paths": ["evil.txt"], "take": "theirs", "drops": "true"}]
    plans.append(str(stacked.write("settled")))
    stacked.document[f"key {evil}"] = evil
    plans.append(str(stacked.write("rejected")))
    for how in (("-v", "-rA"), ("--collect-only",)):
        done = run(stacked.folder, *how, *(part for plan in plans for part in ("--plan", plan)))
        assert "evil.example" in done.output
        assert [line for line in done.output.split("\n") if not line.isprintable()] == []


def test_the_closing_section_says_what_why_and_what_to_do(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "echo one.txt:1: bad; exit 3"}]
    done = run(stacked.folder, "--plan", str(stacked.write()))
    why = "the build fails: `echo one.txt:1: bad; exit 3` exited 3: one.txt:1: bad"
    verdict, what, bug, advice, tip, record = closing(done).splitlines()[:6]
    assert bug == "  bug: BUG-002, new"
    assert verdict == f"BUILD_GATE_FAILURE  Selftest Wave, attempt 1: not integrated, {why}"
    assert what == f"  build: build_passes [1]: {why}"
    assert advice.startswith("  what to do: Repair it on E1, which brought files that the log names (R300), or by a ")
    assert re.fullmatch("  [0-9a-f]{40} -> [0-9a-f]{40}", tip)
    assert record == f"  record: {done.folder}/reports/wave"


def test_with_q_it_is_the_verdict_the_failures_and_the_record(stacked: Wave) -> None:
    stacked.branch("E3", {"one.txt": "three\n"})
    stacked.document["resolve"] = [{"paths": ["unused.txt"], "take": "ours"}]
    done = run(stacked.folder, "--plan", str(stacked.write()), "-q")
    why = "E3 (origin/effort/E3) does not merge: add/add conflict in one.txt with E1"
    section = [
        f"MERGE_FAILED  Selftest Wave, attempt 1: not integrated, {why}",
        f"  merge: branch_merges [E3]: {why}",
        f"  record: {done.folder}/reports/wave",
    ]
    assert "\n" + "\n".join(section) + "\n" in done.output
    assert "what to do" not in done.output
    assert "note:" not in done.output
    assert " integration =" not in done.output


def test_hundreds_of_failures_do_not_drown_it(stacked: Wave) -> None:
    for n in range(100):
        stacked.plan_for(f"X{n}")
    done = run(stacked.folder, "--plan", str(stacked.write()))
    assert closing(done).count("  merge: source_is_found [X") == 20
    assert "  … and 80 more failures, in the record\n" in closing(done)


def test_a_megabyte_in_one_line_does_not_either(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "head -c 1048576 /dev/zero | tr '\\0' x; exit 3"}]
    done = run(stacked.folder, "--plan", str(stacked.write()))
    assert max(map(len, closing(done).splitlines())) < 1100
    assert "characters more)\n" in closing(done)


@pytest.mark.parametrize(
    ("text", "width", "left"), [("abc", 2, "ab"), ("漢字", 3, "漢"), ("e\u0301e\u0301", 1, "e\u0301"), ("", 5, "")]
)
def test_a_line_is_cut_by_columns(text: str, width: int, left: str) -> None:
    assert fitting(text, width) == left
