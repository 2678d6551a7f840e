"""A terminal to run pytest in: a pseudo terminal, and what a person sees on it in the end."""

import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

SEQUENCE = re.compile(r"\x1b\[(?P<count>\d*)(?:;\d+)*(?P<what>[A-Za-z])|\r\n|\r|\n|.", re.DOTALL)
IMPATIENT = (
    "import sys, pytest; from tests_integration import live; live.TICK = 0.001; sys.exit(pytest.main(sys.argv[1:]))"
)
"""Runs pytest with a clock that ticks at once, so that short stages show their line too."""


class Shown(NamedTuple):
    """A finished run in a terminal: exit code, all that was sent to it, and the rows that are left on it."""

    exit: int
    sent: str
    rows: list[str]


def run_in_terminal(
    folder: Path, *arguments: str, width: int = 100, environment: Mapping[str, str] | None = None
) -> Shown:
    """Run pytest in a folder as a person at a terminal does; `environment` is added to the caller's."""
    own, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, width))
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", IMPATIENT, "-p", "no:xdist", *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in {"CI", "BUILD_NUMBER", "COLUMNS"}}
        | {"TERM": "xterm", **(environment or {})},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    sent = b"".join(iter(lambda: _read(own), b""))
    os.close(own)
    text = sent.decode(errors="replace")
    return Shown(process.wait(), text, rows(text, width))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux says so where the other end is closed
        return b""


def rows(text: str, width: int) -> list[str]:
    """What a terminal of so many columns shows after a text, row by row; colours are left out."""
    screen: list[list[str]] = [[]]
    row = column = 0
    for found in SEQUENCE.finditer(text):
        count, what = int(found["count"] or 1), found["what"]
        if what is None and found[0] not in {"\r", "\n", "\r\n"}:
            if column == width:
                row, column = row + 1, 0
            screen += [[] for _ in range(row + 1 - len(screen))]
            line = screen[row]
            line += " " * (column + 1 - len(line))
            line[column] = found[0]
            column += 1
        elif what is None:
            column = 0 if "\r" in found[0] else column
            row += "\n" in found[0]
        elif what == "K":
            screen[row:] = [[], *screen[row + 1 :]]
        elif what == "A":
            row = max(0, row - count)
        elif what == "C":
            column = min(width - 1, column + count)
        else:
            assert what == "m", f"an escape sequence that a live line has no need of: {found[0]!r}"
    return ["".join(line).rstrip() for line in screen]
