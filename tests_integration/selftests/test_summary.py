"""`summary.md` as a comment: short whatever is in it, and no text of a stranger is more than text."""

import re
from pathlib import Path

import pytest

from tests_integration.record.markdown import code, prose, summary
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.strangers import GFM, LIVE, MARKUP, TRIGGER, inlines, record, shown
from tests_integration.selftests.waves import Wave


@pytest.mark.parametrize("text", LIVE)
def test_what_would_be_live_stands_as_code(text: str) -> None:
    plain = [token.content for token in inlines(prose(f"see {text} there")) if token.type != "code_inline"]
    assert [part for part in plain if TRIGGER.search(part)] == []


@pytest.mark.parametrize("text", [*LIVE, *MARKUP[:-4], "a `b` c", "``", "` `", "$", "100 % of C# & D!", "x" * 90])
def test_a_text_is_shown_as_it_is(text: str) -> None:
    assert shown(prose(f"see {text} there")) == f"see {' '.join(text.split())} there"
    assert shown(code(f"see {text} there", 200)) == f"see {' '.join(text.split())} there"


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_text(text: str) -> None:
    types = {token.type for token in GFM.parse(prose(f"see {text} there"))}
    assert types == {"paragraph_open", "inline", "paragraph_close"}
    assert {token.type for token in inlines(prose(f"see {text} there"))} <= {"text", "text_special", "code_inline"}
    assert prose(text).isprintable()


def test_a_place_in_a_file_stays_plain_text() -> None:
    assert prose("pkg/root.go:13:5: declared") == "pkg/root.go:13:5: declared"


@pytest.mark.parametrize("text", [*LIVE, *MARKUP])
def test_a_whole_summary_of_it_is_no_more_than_text(text: str) -> None:
    markdown = summary(record(text, failures=3), Path("reports"))
    tokens = inlines(markdown)
    assert {token.type for token in tokens} <= {"text", "text_special", "code_inline", "strong_open", "strong_close"}
    plain = [token.content for token in tokens if token.type != "code_inline"]
    assert [part for part in plain if TRIGGER.search(part)] == []
    rows = [token for token in GFM.parse(markdown) if token.type == "td_open"]
    assert len(rows) == 6 * 5
    own = re.compile(r"## |`1{40}` → |Not |Failed:|- |What to do: |Worth knowing:|\| |Criteria: |Record: |$")
    assert [line for line in markdown.split("\n") if not own.match(line)] == []


@pytest.mark.parametrize(
    "text", ["x" * (1 << 20), "@a " * 300_000, "|`" * 300_000, "\U000e0001" * 100_000, "x\n" * 9999]
)
def test_it_is_short_whatever_is_in_it(text: str) -> None:
    markdown = summary(record(text, failures=400, branches=400), Path("reports"))
    assert len(markdown.splitlines()) < 60
    assert len(markdown) < 30_000
    assert "- … and 388 more\n" in markdown
    assert "- … and 394 more\n" in markdown
    assert "| … | 388 more |" in markdown
    assert " more)" in markdown or "x" * 80 not in markdown


def test_what_is_left_out_is_counted() -> None:
    assert prose("x" * 1000) == f"{'x' * 400}… (600 characters more)"


def test_a_rejected_plan_tells_each_mistake(stacked: Wave) -> None:
    stacked.document |= {"titel": "x", "wafe": 1}
    done = run(stacked.folder, "--plan", str(stacked.write()))
    text = (done.folder / "reports/wave/summary.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^- \*\*plan_is_sound\*\*: plans/wave\.yaml:\d+:1: (titel|wafe): ", text, re.MULTILINE)) == 2
    assert "\n\nWhat to do: Correct the plan" in text


def test_it_says_where_the_record_is(stacked: Wave) -> None:
    done = run(stacked.folder, "--plan", str(stacked.write()), "--until", "plan")
    text = (done.folder / "reports/wave/summary.md").read_text(encoding="utf-8")
    assert text.endswith("\n\nRecord: `reports/wave`\n")
    assert str(done.folder) not in text
