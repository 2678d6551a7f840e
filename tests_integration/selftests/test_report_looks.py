"""The report looks right to everybody: in every width, in light and dark, to axe-core; nothing scrolls sideways."""

import re

import pytest
from playwright.sync_api import Browser

from tests_integration.selftests.browser import SCHEMES, WIDTHS, findings, look, opened
from tests_integration.selftests.report_kinds import green, hostile, many, page, parked, red
from tests_integration.selftests.running_plans import Run

KINDS = {"green": green, "red": red, "parked": parked, "sixty": lambda folder: many(folder, 60), "hostile": hostile}


@pytest.fixture(scope="module", params=KINDS)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of each kind."""
    return KINDS[request.param](tmp_path_factory.mktemp(request.param) / "wave")


@pytest.mark.parametrize(("width", "scheme"), [(WIDTHS[0], SCHEMES[0]), (WIDTHS[2], SCHEMES[1])])
def test_axe_finds_nothing_serious(browser: Browser, ran: Run, width: int, scheme: str) -> None:
    assert findings(browser, page(ran), width=width, scheme=scheme) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_the_page_stays_in_its_width(browser: Browser, ran: Run, scripts: bool) -> None:  # noqa: FBT001
    assert [look(browser, page(ran), width=width, scripts=scripts).sideways for width in WIDTHS] == [0, 0, 0, 0]


def test_colours_follow_the_readers_system(browser: Browser, ran: Run) -> None:
    light, dark = (look(browser, page(ran), scheme=scheme) for scheme in SCHEMES)
    assert _brightness(light.background) - _brightness(light.ink) > 150
    assert _brightness(dark.ink) - _brightness(dark.background) > 150


def test_it_is_printed_on_white_whatever_the_readers_system_asks_for(browser: Browser, ran: Run) -> None:
    colour = "() => getComputedStyle(document.body).color"
    with opened(browser, page(ran), scheme="dark") as seen:
        seen.emulate_media(media="print")
        assert _brightness(seen.evaluate(colour)) < 60


def _brightness(colour: str) -> int:
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return (red * 299 + green * 587 + blue * 114) // 1000
