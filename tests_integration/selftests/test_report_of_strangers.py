"""What strangers wrote is shown on the page as they wrote it, and never acts."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests_integration.record.html import HEAD, TAIL, excerpt, policy
from tests_integration.selftests.browser import look
from tests_integration.selftests.report_kinds import LONG, MARKUP, SHOWN_ESCAPES, hostile, page
from tests_integration.selftests.running_plans import Run


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with texts of strangers everywhere."""
    return hostile(tmp_path_factory.mktemp("hostile") / "wave")


@pytest.mark.parametrize("scripts", [True, False])
def test_nothing_that_strangers_wrote_acts(browser: Browser, ran: Run, scripts: bool) -> None:  # noqa: FBT001
    seen = look(browser, page(ran), scripts=scripts)
    assert seen.title == f"{MARKUP}, attempt 1"
    assert seen.told == ()
    assert seen.asked == ()


def test_all_that_strangers_wrote_is_shown(browser: Browser, ran: Run) -> None:
    record = ran.record("wave")
    assert record["verdict"] == "DEMO_GATE_FAILURE"
    seen = look(browser, page(ran), scripts=False)
    assert seen.whole.count(MARKUP) > 8
    for text in (
        *SHOWN_ESCAPES,
        "\ufffd\\x00\\rback",
        "the last line",
        "effort/<b>&amp;",
        "<img src=x onerror=alert(1)>",
    ):
        assert text in seen.whole, text
    for text in ("\x1b", "\u202e", "\u200b", "\0"):
        assert text not in seen.whole


def test_the_page_of_a_long_log_stays_small(ran: Run) -> None:
    text = page(ran).read_text(encoding="utf-8")
    assert len(text) < LONG
    assert "bytes left out; the whole log is test-1.log" in text


@pytest.mark.parametrize(
    "evil",
    [
        "<script>document.title = 'owned'</script>",
        "<img src=x onerror=\"document.title = 'owned'\">",
        "<style>body { background: url(https://example.org/x.png) }</style>",
        '<iframe src="https://example.org/"></iframe>',
        '<link rel="stylesheet" href="https://example.org/x.css">',
        '<form action="https://example.org/"><button id="b">x</button></form><script>b.click()</script>',
        "<svg onload=\"document.title = 'owned'\"></svg>",
    ],
)
def test_the_policy_stops_what_got_in_all_the_same(browser: Browser, ran: Run, tmp_path: Path, evil: str) -> None:
    broken = tmp_path / "report.html"
    text = page(ran).read_text(encoding="utf-8")
    assert text.count("<main>") == 1
    broken.write_text(text.replace("<main>", f"<main>{evil}"), encoding="utf-8")
    seen = look(browser, broken)
    assert seen.title == f"{MARKUP}, attempt 1"
    assert "Content Security Policy" in "".join(seen.told)


def test_the_policy_allows_no_inline_code_but_ours() -> None:
    allowed = policy("p { color: red }", "go()")
    assert allowed.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in allowed
    assert allowed != policy("p { color: red }", "go(1)")


def test_an_excerpt_has_head_and_tail_and_counts_what_lies_between(tmp_path: Path) -> None:
    log = tmp_path / "build-1.log"
    lines = [f"line {n}" for n in range(20_000)]
    log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    shown = excerpt(log)
    head, tail = shown.split("\n… ")
    left_out, tail = tail.split(" bytes left out; the whole log is build-1.log\n")
    assert lines[: len(head.split("\n"))] == head.split("\n")
    assert lines[-len(tail.split("\n")) :] == tail.split("\n")
    assert len(head) + len(tail) + int(left_out) + 2 == log.stat().st_size
    assert HEAD // 2 < len(head) <= HEAD
    assert TAIL // 2 < len(tail) <= TAIL


def test_a_short_log_is_shown_whole(tmp_path: Path) -> None:
    log = tmp_path / "build-1.log"
    log.write_bytes(b"one\r\ntwo\x1b[0m\n")
    assert excerpt(log) == "one\ntwo\\x1b[0m"
