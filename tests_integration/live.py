"""One line on the terminal that shows what runs and for how long, while a long stage runs; gone when it has ended."""

import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from tests_integration.engine.commands import Progress
from tests_integration.session import Session
from tests_integration.text import visible

TICK = 0.5
CLEAR = "\r\x1b[2K"


@contextmanager
def line(suite: Session, config: pytest.Config, stage: str) -> Iterator[Progress]:
    """Show what is told on one line; nothing where nobody watches: no terminal, `-q`, a job of a CI system.

    Args:
        suite: knows the terminal, and the caller's environment.
        config: pytest's, whose capturing is left for a moment.
        stage: of the plan.
    """
    terminal = suite.terminal
    if terminal is None or not is_watched(suite):
        yield lambda _run, _seconds, _line: None
        return
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():  # while output is captured, there is no terminal to ask for its width
        width = config.get_terminal_writer().fullwidth
    column = config.get_terminal_writer().width_of_current_line % width
    shown = ""

    def write(text: str) -> None:
        with capture.global_and_fixture_disabled():
            terminal.flush()
            sys.stdout.write(text)
            sys.stdout.flush()

    def show(run: str, seconds: float, last: str) -> None:
        nonlocal shown
        text = f"{stage} {seconds:4.0f} s  {fitting(_shown(run), width // 2)}  {_shown(last)}"
        text = fitting(text, width - 1)
        if text != shown:
            write(("" if shown else "\n") + CLEAR + text)
        shown = text

    try:
        yield show
    finally:
        if shown:
            write(f"{CLEAR}\x1b[1A" + (f"\x1b[{column}C" if column else ""))


@contextmanager
def clock(suite: Session, config: pytest.Config, stage: str, what: str) -> Iterator[None]:
    """The same for what tells nothing itself while it runs: what it is, and the seconds."""
    with line(suite, config, stage) as show:
        started = time.monotonic()
        ended = Event()

        def tick() -> None:
            while not ended.wait(TICK):
                show(what, time.monotonic() - started, "")

        thread = Thread(target=tick, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def say(suite: Session, text: str) -> None:
    """Print a line that stays; nothing in a worker of pytest-xdist, which has no terminal."""
    if suite.terminal:
        capture = suite.terminal.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            suite.terminal.ensure_newline()
            suite.terminal.write_line(_shown(text), flush=True)


def is_watched(suite: Session) -> bool:
    """Whether somebody sees the terminal as it changes; a CI system keeps every state of it in its log."""
    terminal = suite.terminal
    in_ci = suite.caller.get("CI") or suite.caller.get("BUILD_NUMBER")
    return terminal is not None and bool(terminal.isatty) and terminal.verbosity >= 0 and not in_ci


def fitting(text: str, width: int) -> str:
    """As much of a text as so many columns of a terminal hold."""
    used = 0
    for n, character in enumerate(text):
        used += _columns(character)
        if used > width:
            return text[:n]
    return text


def _shown(text: str) -> str:
    return visible(text).replace("\n", " ").expandtabs()


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
