"""Looks at pages in headless Chromium, as people's browsers, mail viewers and printers would show them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = (360, 768, 1280, 1920)
SCHEMES = ("light", "dark")

SHOWN = """() => ({
    text: document.body.innerText,
    whole: document.body.textContent,
    title: document.title,
    sideways: document.documentElement.scrollWidth - innerWidth,
    background: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(document.body).color,
})"""


class Seen(NamedTuple):
    """What a page shows.

    Attributes:
        text: visible.
        whole: all text, also of what is folded.
        title: of the document.
        sideways: by how many pixels the page can be scrolled sideways.
        background: colour of the page.
        ink: colour of its text.
        told: what the browser's console said: errors, and whatever the policy blocked.
        asked: addresses that the page asked for, its own left out.
    """

    text: str
    whole: str
    title: str
    sideways: int
    background: str
    ink: str
    told: tuple[str, ...]
    asked: tuple[str, ...]


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser without a window."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Chromium (Debian package chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-quic"])
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser,
    report: Path,
    *,
    width: int = 1280,
    scripts: bool = True,
    scheme: str = "light",
    policy: bool = True,
) -> Iterator[Page]:
    """A page, for a test to look at and to use.

    Args:
        browser: see `launched`.
        report: an HTML file.
        width: of the window in pixels.
        scripts: whether they may run.
        scheme: light or dark, as the reader's system asks.
        policy: whether the page's own policy is in force.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        java_script_enabled=scripts,
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=not policy,
    )
    page = context.new_page()
    page.goto(report.absolute().as_uri())
    yield page
    context.close()


def look(browser: Browser, report: Path, *, width: int = 1280, scripts: bool = True, scheme: str = "light") -> Seen:
    """What a person sees of a page; see `opened`."""
    told: list[str] = []
    asked: list[str] = []
    with opened(browser, report, width=width, scripts=scripts, scheme=scheme) as page:
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
        facts = page.evaluate(SHOWN)
    return Seen(**facts, told=tuple(told), asked=tuple(url for url in asked if url != report.absolute().as_uri()))


def findings(browser: Browser, report: Path, *, width: int = 1280, scheme: str = "light") -> list[str]:
    """Serious and critical findings of axe-core, with everything unfolded, each with an element that it is about."""
    with opened(browser, report, width=width, scheme=scheme, policy=False) as page:
        page.evaluate("() => document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {one['nodes'][0]['html']}: {one['nodes'][0]['failureSummary']}"
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
