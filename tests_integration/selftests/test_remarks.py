"""What is no failure but has to be known: in every form of the record, and never in the way of a success."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests_integration.selftests.browser import look
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import Wave, three_branches

HOSTILE = "<script>document.title='owned'</script>`*_|x|_*`[a](b)\x1b[31m\u202e"
SHOWN = 8
"""So many remarks are in the summary and on the terminal; all are in the record and the report."""

WANTED = [
    "E2-split-001 is stale: its parent E1 has moved on, 1 commit since",
    "BUG-9 is stale: E6 has no such problem any more; take the fix out of the plan",
    "rule 1 (theirs of go.mod) is unused: no conflict of this run is for it",
    "E3 changes what git does with files: .gitattributes changes how files are merged (",
    "E4 adds nothing: what it brings was in before it",
    "E5 removes lines of earlier branches by commits of its own:\n  two.txt, of E2-split-001 (merge ",
]


def remarkable(folder: Path) -> Wave:
    """A wave that is right, with a remark of every kind; one has two lines, one is hostile."""
    wave = three_branches(folder)
    wave.commit("effort/E1", {"late.txt": "late\n"})
    wave.branch("E3", {".gitattributes": f"*.lock merge=ours\n{HOSTILE} merge=theirs\n"})
    wave.branch("E4", {}, parent="E1")
    wave.commit("effort/E5", {"two.txt": ""}, parent="effort/E2-split-001")
    wave.plan_for("E5", parent="E2-split-001")
    wave.commit("effort/E6", {"six.txt": "six\n", "gone.txt": "gone\n"})
    wave.branch("E6", {"gone.txt": None})
    wave.document["fixes"].append({"id": "BUG-9", "problem": "gone", "after": "E6", "delete": ["gone.txt"]})
    wave.document["resolve"] = [{"paths": ["go.mod"], "take": "theirs"}]
    return wave


@pytest.fixture(scope="module", params=[(), ("-p", "xdist", "-n", "2")], ids=["one process", "workers"])
def remarked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    wave = remarkable(tmp_path_factory.mktemp("remarked") / "wave")
    return run(wave.folder, *request.param, "--plan", str(wave.write()))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with a hundred remarks."""
    wave = three_branches(tmp_path_factory.mktemp("many") / "wave")
    wave.document["resolve"] = [{"paths": [f"{n}.txt"], "take": "ours"} for n in range(100)]
    return run(wave.folder, "--plan", str(wave.write()))


def form(done: Run, name: str) -> str:
    """A form of the record, as text."""
    return (done.folder / "reports" / "wave" / name).read_text(encoding="utf-8")


def remarks(done: Run) -> list[str]:
    """All remarks of `record.json`."""
    return [remark for criterion in done.record("wave")["criteria"] for remark in criterion["remarks"]]


def test_remarks_leave_a_success_what_it_is(remarked: Run) -> None:
    assert remarked.exit == 0, remarked.output
    assert remarked.record("wave")["verdict"] == "SUCCESS"
    assert list(remarked.outcomes("wave")) == ["passed"]


def test_each_is_in_the_record(remarked: Run) -> None:
    said = remarks(remarked)
    assert [text for text in WANTED if not any(remark.startswith(text) for remark in said)] == []


def test_each_is_on_the_terminal(remarked: Run) -> None:
    lines = [text.splitlines()[0] for text in WANTED]
    assert [line for line in lines if f"  note: {line}" not in remarked.output] == []
    assert re.search(
        r"own:\n    two\.txt, of E2-split-001 \(merge [0-9a-f]{12}\): 1 line gone: `two`\n", remarked.output
    )


def test_each_is_in_the_summary(remarked: Run) -> None:
    summary = form(remarked, "summary.md")
    lines = [text.splitlines()[0].replace("[", "\\[") for text in WANTED]
    assert "\n\nWorth knowing:\n\n- " in summary
    assert [line for line in lines if f"\n- {line}" not in summary] == []


def test_each_is_in_the_report(browser: Browser, remarked: Run) -> None:
    seen = look(browser, remarked.folder / "reports/wave/report.html", scripts=False)
    assert "Worth knowing" in seen.text
    assert [remark for remark in remarks(remarked) if remark not in seen.text] == []


def test_a_hostile_one_does_nothing(browser: Browser, remarked: Run) -> None:
    for text in (remarked.output, form(remarked, "record.json"), form(remarked, "summary.md")):
        assert "\x1b[31m\\" not in text
        assert "\x1b[31m " not in text
        assert "\u202e" not in text
    assert "\\<script\\>document.title='owned'\\</script\\>\\`\\*\\_\\|x\\|\\_\\*\\`" in form(remarked, "summary.md")
    seen = look(browser, remarked.folder / "reports/wave/report.html", width=360)
    assert "owned" not in seen.title
    assert seen.sideways == 0
    assert "<script>document.title='owned'</script>`*_|x|_*`" in seen.text


def test_a_hundred_do_not_drown_the_summary(many: Run) -> None:
    summary = form(many, "summary.md")
    assert len(remarks(many)) == 100
    assert len(summary.splitlines()) < 60
    assert summary.count("is unused") == 6
    assert "- … and 94 more\n" in summary


def test_a_hundred_do_not_drown_the_terminal(many: Run) -> None:
    assert many.exit == 0
    assert many.output.count("  note: rule ") == SHOWN
    assert "  note: and 92 more, in the record\n" in many.output


def test_a_long_one_does_not_drown_the_terminal(tmp_path: Path) -> None:
    wave = Wave(tmp_path / "wave")
    wave.branch("E1", {f"{n}.txt": f"one\n{n}\n" for n in range(30)})
    wave.branch("E2", {f"{n}.txt": "one\n" for n in range(30)}, parent="E1")
    done = run(wave.folder, "--plan", str(wave.write()))
    (remark,) = remarks(done)
    assert done.exit == 0
    assert len(remark.splitlines()) == 31
    assert done.output.count(".txt, of E1 ") == 4
    assert "    … 26 more lines, in the record\n" in done.output
    assert remark.splitlines()[0] in form(done, "summary.md")


def test_in_a_part_of_the_criteria_they_are_kept_too(tmp_path: Path) -> None:
    wave = remarkable(tmp_path / "wave")
    done = run(wave.folder, "--plan", str(wave.write()), "--until", "audit")
    assert [text for text in WANTED if not any(remark.startswith(text) for remark in remarks(done))] == []
