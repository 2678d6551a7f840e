"""The report says all that the record says: without scripts, on the first screen, and to whoever cannot see it."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests_integration.record.advice import what_to_do
from tests_integration.record.model import Record
from tests_integration.selftests.browser import look, opened
from tests_integration.selftests.report_kinds import green, page, parked, red
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import three_branches

SHORT = 12
MARKS = {"passed": "✔", "failed": "✘", "blocked": "◌"}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that succeeds, with fixes and a conflict."""
    return green(tmp_path_factory.mktemp("green") / "wave")


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose build fails."""
    return red(tmp_path_factory.mktemp("red") / "wave")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with a conflict that nothing settles."""
    return parked(tmp_path_factory.mktemp("parked") / "wave")


def facts(record: dict[str, Any]) -> Iterator[str]:
    """What a reader has to find on the page, from `record.json`."""
    yield from (record["sentence"], record["verdict"], record["started_at"], record["branch"])
    yield from (record[key] for key in ("base", "tip") if record[key])
    yield from (record["plan"][key] for key in ("heading", "base", "digest"))
    for branch in record["plan"]["branches"]:
        yield from (branch["id"], branch["title"], branch["from"], f"on {', '.join(branch['parent'])}")
    whole = Record.model_validate(record)
    yield from whole.compared.lines if whole.compared else ()
    yield from (record["note"]["ref"], record["note"]["at"]) if record["note"] else ()
    yield what_to_do(whole) if record["verdict"] != "SUCCESS" else ""
    yield from merging(record)
    yield from running(record)
    for criterion in record["criteria"]:
        yield from (criterion["description"], criterion["criterion"], *criterion["remarks"])
        yield from criterion["message"].splitlines() if criterion["outcome"] == "failed" else ()
        yield f"{MARKS[criterion['outcome']]} {criterion['subject']}"
    if record["publication"]:
        yield from (record["publication"]["ref"], record["publication"]["at"], record["publication"]["url"])
    for attempt in record["metadata"]["integration_attempts"]:
        yield from (attempt["started_at"], attempt["overall_result"])
    yield from record["environment"].values()


def merging(record: dict[str, Any]) -> Iterator[str]:
    """What it has to find of merges, fixes and conflicts."""
    for merge in record["merges"]:
        yield from (merge["tip"][:SHORT], merge["commit"][:SHORT])
        yield from (text for at in merge["conflicts"] for text in (at["path"], at["kind"], at["settled"]))
        yield from (line for at in merge["conflicts"] for line in at["dropped"])
        for fix in merge["fixes"]:
            yield from (fix["id"], fix["problem"], fix["action"], *fix["diff"].splitlines())
        yield from (f"{path} stays deleted" for path in merge["dropped"])
    for at in record["parked"]:
        yield from (text for conflict in at["conflicts"] for text in (conflict["path"], conflict["kind"]))
        yield from (f"with {other}" for other in at["waits_for"])
    if record["infrastructure"]:
        yield record["infrastructure"]["commit"][:SHORT]
        yield from (file["path"] for file in record["infrastructure"]["files"])


def running(record: dict[str, Any]) -> Iterator[str]:
    """What it has to find of stages and commands."""
    for gate in record["gates"]:
        yield from (f"The {gate['stage']} changed files that git tracks: {path}" for path in gate["changed"])
    for command in record["commands"]:
        yield from (command["run"], f"exit {command['exit']}", command["log"], command["sha256"])
        yield from (f"{command['size']} bytes", f"{command['seconds']:.1f} s")
    for stage in record["stages"]:
        yield from (stage["stage"], f"{stage['seconds']:.1f} s")


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("kind", ["good", "bad", "stopped"])
def test_all_that_the_record_says_is_on_the_page_without_scripts(
    browser: Browser, kind: str, request: pytest.FixtureRequest
) -> None:
    ran: Run = request.getfixturevalue(kind)
    whole = squeezed(look(browser, page(ran), scripts=False).whole)
    told = list(facts(ran.record("wave")))
    assert [fact for fact in told if squeezed(fact) not in whole] == []
    assert len(told) > 100


@pytest.mark.parametrize("kind", ["good", "bad", "stopped"])
def test_scripts_hide_nothing(browser: Browser, kind: str, request: pytest.FixtureRequest) -> None:
    ran: Run = request.getfixturevalue(kind)
    with_scripts, without = (look(browser, page(ran), scripts=scripts) for scripts in (True, False))
    assert with_scripts.told == without.told == ()
    assert [line for line in without.text.splitlines() if line not in with_scripts.text] == []


def test_a_failure_is_explained_on_the_first_screen(browser: Browser, bad: Run) -> None:
    with opened(browser, page(bad)) as seen:
        for text in ("BUILD_GATE_FAILURE", "What needs attention"):
            box = seen.get_by_text(text).first.bounding_box()
            assert box
            assert box["y"] < 800
        assert "one.txt came with E1" in seen.inner_text("body")


def test_a_conflict_is_explained_to_the_last_line(browser: Browser, stopped: Run) -> None:
    seen = look(browser, page(stopped), width=360, scripts=False)
    messages = [fact["message"] for fact in stopped.record("wave")["criteria"] if fact["outcome"] == "failed"]
    lines = [line for message in messages for line in message.splitlines()]
    assert len(messages) == 2
    assert [line for line in lines if line not in seen.text] == []


def test_what_settling_a_conflict_dropped_is_told(browser: Browser, good: Run) -> None:
    with opened(browser, page(good)) as seen:
        row = seen.locator(".conflicts tr", has_text="drop.txt").inner_text()
    assert "E9" in row
    assert "theirs by rule 1" in row
    assert "1 line of earlier work: `eight`" in row


def test_the_graph_names_and_draws_each_merge(browser: Browser, good: Run) -> None:
    ids = [merge["branch"] for merge in good.record("wave")["merges"]]
    with opened(browser, page(good), scripts=False) as seen:
        assert seen.locator(".graph li b").all_inner_texts() == ["base", *ids, "infrastructure"]
        assert seen.locator(".graph svg .node").count() == len(ids) + 2
        assert seen.locator(".graph svg .topic").count() == len(ids)
        assert seen.locator(".graph svg .fixed").count() == 3


def test_tables_can_be_sorted(browser: Browser, good: Run) -> None:
    with opened(browser, page(good)) as seen:
        heads = seen.locator(".branches tbody th")
        before = heads.all_inner_texts()
        seen.locator(".branches thead button").first.click()
        seen.locator(".branches thead button").first.click()
        after = heads.all_inner_texts()
        assert seen.locator(".branches thead th").first.get_attribute("aria-sort") == "descending"
    assert after == sorted(after, reverse=True)
    assert after != before


def test_parts_can_be_folded_at_once(browser: Browser, good: Run) -> None:
    count = "() => [...document.querySelectorAll('#wave-criteria ~ details')].filter((part) => part.open).length"
    with opened(browser, page(good)) as seen:
        assert seen.evaluate(count) == 0
        button = seen.locator("section.foldable", has=seen.locator("#wave-criteria")).locator("button.fold")
        button.click()
        assert seen.evaluate(count) == 8
        assert button.inner_text() == "Fold all"


def test_folded_parts_are_printed(browser: Browser, good: Run) -> None:
    shown = "() => document.querySelector('#wave-criteria ~ details table').checkVisibility()"
    with opened(browser, page(good), scripts=False) as seen:
        assert not seen.evaluate("() => document.querySelector('#wave-criteria ~ details').open")
        seen.emulate_media(media="print")
        box = seen.evaluate(
            "() => document.querySelector('#wave-criteria ~ details table').getBoundingClientRect().height"
        )
        assert seen.evaluate(shown)
        assert box > 20


def test_everything_can_be_reached_with_the_keyboard(browser: Browser, good: Run) -> None:
    with opened(browser, page(good)) as seen:
        reached = set()
        for _ in range(200):
            seen.keyboard.press("Tab")
            reached.add(
                seen.evaluate("() => document.activeElement.tagName + document.activeElement.innerText.slice(0, 40)")
            )
        wanted = seen.evaluate(
            "() => [...document.querySelectorAll('a, button, summary')].filter((one) => one.checkVisibility())"
            ".map((one) => one.tagName + one.innerText.slice(0, 40))"
        )
    assert set(wanted) <= reached
    assert len(wanted) > 20


def test_the_report_of_several_plans_has_a_part_for_each(browser: Browser, tmp_path: Path) -> None:
    wave = three_branches(tmp_path / "wave")
    names = [str(wave.write(name)) for name in ("one", "two")]
    wave.document["integration"] = "another"
    run(wave.folder, "--plan", names[0], "--plan", names[1])
    seen = look(browser, wave.folder / "reports" / "report.html", scripts=False)
    assert seen.title == "2 integration plans"
    assert seen.text.count("Merge graph") == 4


def test_the_report_asks_for_nothing_from_elsewhere(browser: Browser, good: Run) -> None:
    assert look(browser, page(good)).asked == ()
    assert not re.search(r"""(?:src|href)=["'](?!#)""", page(good).read_text(encoding="utf-8"))


def test_nothing_of_the_callers_environment_is_shown(tmp_path: Path) -> None:
    wave = three_branches(tmp_path)
    token = uuid.uuid4().hex
    surroundings = {
        "CI": "true",
        "GITHUB_TOKEN": token,
        "GIT_URL": f"https://user:{token}@example.org/x.git",
        "JENKINS_URL": "x",
    }
    ran = run(wave.folder, "--plan", str(wave.write()), environment=surroundings)
    assert ran.exit == 0
    assert token not in ran.output
    for file in (wave.folder / "reports").rglob("*"):
        assert not file.is_file() or token.encode() not in file.read_bytes()
