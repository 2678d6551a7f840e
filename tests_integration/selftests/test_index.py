"""The list of all plans: what it shows, in which order, and that no record can break it or lead away from it."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser

from tests_integration.record import index
from tests_integration.record.html import asset
from tests_integration.record.index import duration
from tests_integration.record.write import KEPT, write_index
from tests_integration.selftests.browser import SCHEMES, WIDTHS, findings, look
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.verifying import build, verify
from tests_integration.selftests.waves import Wave, three_branches

Facts = dict[str, Any]
AT = "2026-02-01T04:20:00Z"
HOSTILE = "<script>alert(1)</script><b onclick=x>'\"&#x1b;\x1b[31m\u202e\0"


class Row(NamedTuple):
    """A plan as the page shows it: its texts, its addresses, and its runs with what each says."""

    name: str
    text: str
    addresses: list[str]
    runs: list[str]


class Page(HTMLParser):
    """Reads the list of plans."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.rows: list[Row] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.source = (folder / "index.html").read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in a tag; an `article` begins a row."""
        values = dict(attrs)
        self.tags.append((tag, values))
        if tag == "article":
            self.rows.append(Row(str(values["aria-label"]), "", [], []))
        if self.rows and values.get("href"):
            self.rows[-1].addresses.append(str(values["href"]))
        if self.rows and values.get("title") and (values.get("class") or "").startswith("run"):
            self.rows[-1].runs.append(str(values["title"]))

    def handle_data(self, data: str) -> None:
        """Take in text."""
        if self.rows:
            self.rows[-1] = self.rows[-1]._replace(text=self.rows[-1].text + data)

    @property
    def names(self) -> list[str]:
        """Names of the rows, in order."""
        return [row.name for row in self.rows]

    def row(self, name: str) -> Row:
        """A row by name."""
        return next(row for row in self.rows if row.name == name)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The `record.json` of a run in which all was well."""
    done = build(three_branches(tmp_path_factory.mktemp("index") / "wave"))
    assert done.exit == 0
    return json.dumps(done.record("wave"))


@pytest.fixture
def green(recorded: str) -> Facts:
    """The same, to be changed at will."""
    return dict(json.loads(recorded))


@pytest.fixture
def red(green: Facts) -> Facts:
    """The record of a run whose build failed."""
    criteria = [{**one, "outcome": "failed" if one["stage"] == "build" else "passed"} for one in green["criteria"]]
    sentence = "Wave: not integrated, the build fails"
    return green | {"verdict": "BUILD_GATE_FAILURE", "criteria": criteria, "sentence": sentence}


def put(folder: Path, facts: Facts | bytes, *past: Facts | bytes) -> Path:
    """A report folder with a record, and earlier ones, oldest first."""
    for n, one in enumerate(past):
        put(folder / "history" / f"2026-01-{n + 1:02}T00-00-00.000000Z", one)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "record.json").write_bytes(facts if isinstance(facts, bytes) else json.dumps(facts).encode())
    return folder


def listed(reports: Path) -> Page:
    """The list as it is written."""
    write_index(reports, index.page(reports, {}, AT))
    return Page(reports)


def dead(page: Page) -> list[str]:
    """Addresses that lead to no file of the reports folder."""
    root = page.folder.resolve()
    files = {address: (root / unquote(address)).resolve() for row in page.rows for address in row.addresses}
    return [address for address, file in files.items() if not (file.is_file() and file.is_relative_to(root))]


def test_a_session_lists_its_plans_with_those_that_need_attention_first(stacked: Wave) -> None:
    stacked.write("a-good")
    stacked.document["build"] = [{"run": "false"}]
    stacked.write("b-bad")
    run(stacked.folder, "--plan", "plans")
    page = Page(stacked.folder / "reports")
    assert page.names == ["b-bad", "a-good"]
    assert dead(page) == []
    assert page.row("a-good").addresses == [
        "a-good/report.html",
        *("a-good/report.html", "a-good/summary.md", "a-good/record.json"),
        "a-good/report.html",
    ]
    assert "2 plans, 1 not green" in page.source
    assert "BUILD_GATE_FAILURE" in page.row("b-bad").text
    assert "not integrated, the build fails" in page.row("b-bad").text


def test_every_session_that_writes_a_record_writes_the_list_anew(stacked: Wave) -> None:
    build(stacked)
    build(stacked, "--until", "merge")
    verify(stacked)
    page = Page(stacked.folder / "reports")
    assert page.names == ["wave", "wave, verified"]
    assert dead(page) == []
    assert "wave/verified/report.html" in page.row("wave, verified").addresses
    assert [told.split(",")[0] for told in page.row("wave").runs] == ["SUCCESS", "INCOMPLETE"]
    assert [told.split(",")[0] for told in page.row("wave, verified").runs] == ["SUCCESS"]
    assert "1 plan, 1 not green" in page.source
    assert list((stacked.folder / "reports").glob(".*")) == []


def test_without_a_report_there_is_no_link_to_one(stacked: Wave) -> None:
    build(stacked, "-p", "no:html")
    page = Page(stacked.folder / "reports")
    assert dead(page) == []
    assert "wave/summary.md" in page.row("wave").addresses


def test_a_row_says_verdict_time_duration_tip_and_what_is_unstable(green: Facts, red: Facts, tmp_path: Path) -> None:
    put(tmp_path / "good", green | {"seconds": 3725, "started_at": "2026-01-31T23:59:58Z"})
    unstable = {"unstable": [{"criterion": "build_passes", "subject": "1", "stage": "build"}]}
    put(tmp_path / "shaky", red | {"compared": unstable, "tip": None})
    page = listed(tmp_path)
    text = " ".join(page.row("good").text.split())
    for part in ("✔ SUCCESS", "2026-01-31 23:59 UTC", "took 1 h 2 min", green["tip"][:12], green["sentence"]):
        assert part in text
    assert "Unstable: build_passes [1] turned red with nothing moved" in " ".join(page.row("shaky").text.split())
    assert "no tip" in page.row("shaky").text
    assert "Unstable" not in text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 0 s"), (125, "2 min 5 s"), (3599.7, "1 h 0 min")],
)
def test_durations_are_for_people(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_what_needs_attention_comes_first_then_by_name(green: Facts, red: Facts, tmp_path: Path) -> None:
    rehearsed = [{**one, "outcome": "not-run" if one["stage"] == "demo" else "passed"} for one in green["criteria"]]
    incomplete = green | {"verdict": "INCOMPLETE", "criteria": rehearsed}
    for name, facts in (("b", green), ("z", red), ("a", green), ("d", incomplete), ("e", b"{"), ("c", red)):
        put(tmp_path / name, facts)
    page = listed(tmp_path)
    assert page.names == ["c", "z", "e", "d", "a", "b"]
    assert "6 plans, 4 not green" in page.source


def test_all_green_is_said(green: Facts, tmp_path: Path) -> None:
    put(tmp_path / "a", green)
    put(tmp_path / "a" / "verified", green)
    assert "1 plan, all green" in listed(tmp_path).source


def test_the_strip_has_the_newest_runs_the_oldest_left(green: Facts, red: Facts, tmp_path: Path) -> None:
    past = [(red if n == 3 else green) | {"started_at": f"2026-01-01T00:{n:02}:00Z"} for n in range(KEPT + 5)]
    put(tmp_path / "a", green | {"started_at": "2026-01-01T01:00:00Z"})
    for n, one in enumerate(past):
        put(tmp_path / "a" / "history" / f"2026-01-01T00-{n:02}-00.000000Z", one)
    (tmp_path / "a" / "history" / "2026-01-01T00-20-00.000000Z" / "report.html").touch()
    page = listed(tmp_path)
    runs = page.row("a").runs
    assert len(runs) == KEPT + 1
    assert (runs[0], runs[-1]) == ("SUCCESS, 2026-01-01 00:05 UTC", "SUCCESS, 2026-01-01 01:00 UTC")
    assert "a/history/2026-01-01T00-20-00.000000Z/report.html" in page.row("a").addresses
    assert dead(page) == []


def test_a_run_that_left_no_record_does_not_show_the_green_one_before_it(green: Facts, tmp_path: Path) -> None:
    put(tmp_path / "a", green, green)
    (tmp_path / "a" / "record.json").unlink()
    page = listed(tmp_path)
    assert "NO RECORD" in page.row("a").text
    assert "the last run has left no record: it is in progress, or was killed" in page.row("a").text
    assert page.row("a").runs == [f"SUCCESS, {said(green)}", "NO RECORD, nobody knows when"]
    assert "1 plan, 1 not green" in page.source


def said(facts: Facts) -> str:
    """When a run began, as the page says it."""
    return f"{facts['started_at'][:10]} {facts['started_at'][11:16]} UTC"


def test_folders_that_are_no_plans_are_left_out(green: Facts, tmp_path: Path) -> None:
    put(tmp_path / "a", green)
    (tmp_path / "notes" / "history" / "old").mkdir(parents=True)
    put(tmp_path / ".hidden", green)
    (tmp_path / "file").touch()
    assert listed(tmp_path).names == ["a"]


BROKEN: dict[str, Callable[[Facts], bytes]] = {
    "cut off": lambda facts: json.dumps(facts).encode()[:-1],
    "other types": lambda facts: json.dumps(facts | {"verdict": ["SUCCESS"]}).encode(),
    "a verdict that acts": lambda facts: json.dumps(facts | {"verdict": HOSTILE}).encode(),
    "a time that acts": lambda facts: json.dumps(facts | {"started_at": HOSTILE}).encode(),
    "a tip that acts": lambda facts: json.dumps(facts | {"tip": HOSTILE}).encode(),
    "a success that is none": lambda facts: json.dumps(
        facts | {"criteria": [{**one, "outcome": "blocked"} for one in facts["criteria"]]}
    ).encode(),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_record_that_cannot_be_read_is_a_row_that_says_so(
    green: Facts, tmp_path: Path, content: Callable[[Facts], bytes]
) -> None:
    put(tmp_path / "a", content(green), green, content(green))
    page = listed(tmp_path)
    assert "UNREADABLE" in page.row("a").text
    assert "the record cannot be read: " in page.row("a").text
    assert [told.split(",")[0] for told in page.row("a").runs] == ["SUCCESS", "UNREADABLE", "UNREADABLE"]
    assert dead(page) == []


def test_links_that_lead_outside_are_not_followed(green: Facts, tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", green, green)
    (outside / "report.html").touch()
    reports = tmp_path / "reports"
    put(reports / "file", green)
    (reports / "file" / "record.json").unlink()
    (reports / "file" / "record.json").symlink_to(outside / "record.json")
    (reports / "folder").symlink_to(outside)
    put(reports / "page", green)
    (reports / "page" / "report.html").symlink_to(outside / "report.html")
    page = listed(reports)
    assert page.names == ["file", "folder", "page"]
    for name in ("file", "folder"):
        assert "the record cannot be read: it leads out of the reports folder" in page.row(name).text
        assert page.row(name).addresses == []
    assert page.row("page").addresses == ["page/record.json"] * 3
    assert dead(page) == []


def hostile(green: Facts, red: Facts, folder: Path) -> Page:
    """A list in which every text is a stranger's."""
    long = "x" * 1_000_000
    change = {"criterion": HOSTILE, "subject": long, "stage": ""}
    texts = {"plan": {"heading": HOSTILE, "digest": ""}, "compared": {"unstable": [change] * 7}}
    put(
        folder / "javascript:alert(1)&lt;%2e%2e\"' onclick=x?#<script>\x1b\u202e",
        red | texts | {"sentence": HOSTILE},
        green,
    )
    put(folder / "long", green | {"sentence": long, "seconds": 1e9}, *[b"{"] * 29)
    put(folder / ("y" * 200), green)
    return listed(folder)


def test_no_text_of_a_record_acts(green: Facts, red: Facts, tmp_path: Path) -> None:
    page = hostile(green, red, tmp_path)
    assert dead(page) == []
    assert {tag for tag, _ in page.tags} & {"script", "b", "iframe", "object", "base", "form"} == set()
    attributes = {name for _, values in page.tags for name in values}
    assert [name for name in attributes if name.startswith("on") or name == "style"] == []
    assert not any(ord(character) < 32 and character != "\n" for character in page.source)
    assert "\u202e" not in page.source
    assert len(page.source) < 100_000
    assert r"\x1b[31m\u202e\x00" in page.rows[0].text


def test_the_page_allows_its_own_style_and_nothing_else(green: Facts, tmp_path: Path) -> None:
    put(tmp_path / "a", green)
    page = listed(tmp_path)
    (policy,) = [str(values["content"]) for tag, values in page.tags if tag == "meta" and "http-equiv" in values]
    (style,) = re.findall(r"<style>(.*?)</style>", page.source, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in style
    assert "@import" not in style


def test_the_page_has_the_colours_of_the_report_and_no_others() -> None:
    own, palette = asset("index.css"), asset("palette.css")
    used = set(re.findall(r"var\((--[a-z-]+)\)", own)) - {"--tone", "--back"}
    assert {"--page", "--panel", "--ink", "--quiet", "--line", "--good", "--bad", "--open"} <= used
    assert used - set(re.findall(r"(--[a-z-]+):", palette)) == set()
    assert re.findall(r"#[0-9a-f]{3,8}\b", own) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_person_sees_all_of_it_without_scrolling_sideways(
    browser: Browser, green: Facts, red: Facts, tmp_path: Path, scheme: str
) -> None:
    put(tmp_path / "wave", red, *[green, red] * 15)
    hostile(green, red, tmp_path)
    for width in WIDTHS:
        seen = look(browser, tmp_path / "index.html", width=width, scripts=False, scheme=scheme)
        assert seen.sideways == 0
        assert seen.title == "4 plans, 2 not green: integration plans"
        for text in ("Integration plans", "4 plans, 2 not green", "BUILD_GATE_FAILURE", "the build fails", "took"):
            assert text in seen.text
        assert (sum(map(int, re.findall(r"\d+", seen.background)[:3])) > 384) == (scheme == "light")
        assert (seen.told, seen.asked) == ((), ())
    assert findings(browser, tmp_path / "index.html", scheme=scheme) == []
