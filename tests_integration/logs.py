"""Logs of commands: as text that can be shown, and what in them tells how a command failed."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests_integration.text import visible

READ = 1 << 16

POINTING = re.compile(r"[^\sA-Za-z]*+[A-Za-z]\S*:\d+(:\d+)?[: ]")
"""How a line begins that points into a file; one with a time in front does not. Found in time linear in the line."""

NAMING = re.compile(r"--- FAIL: |FAILED \S|panic: |Error: |error(\[\w+\])?: ")
"""How a line begins that names what failed."""

HARMLESS = re.compile(r":\s*(warning|note|info|remark)\b", re.IGNORECASE)
"""What says of such a line that nothing fails by it."""

GENERAL = re.compile(r"\W*+\w*+\W*+|.*\bexit (status|code)\b.*|make\b.*\bError \S+|npm ERR!.*", re.IGNORECASE)
"""A line that ends the log of any failure: one word, or that something else failed."""

NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d{4}-\d\d-\d\d[T ][\d:.,]+Z?|(?<![\w.])\d+(\.\d+)?(ns|us|µs|ms|s|m|h|%)?(?!\w)")
"""What differs from run to run: addresses, times, and numbers that stand alone, of lines, seconds, processes."""


class Said(NamedTuple):
    """How a command failed, as far as its log tells; numbers aside.

    Attributes:
        exit: exit code.
        lines: all lines.
        telling: those that point into a file or name what failed.
        last: the last that says anything of its own.
    """

    exit: int | None
    lines: frozenset[str]
    telling: frozenset[str]
    last: str


def said(log: str, code: int | None) -> Said:
    """What a log says.

    Args:
        log: its end, as text.
        code: exit code of the command.
    """
    lines = [NUMBER.sub("#", line.strip()) for line in log.splitlines() if line.strip()]
    own = [line for line in lines if not GENERAL.fullmatch(line)] or lines
    return Said(code, frozenset(lines), frozenset(map(_bare, _telling(log))), own[-1] if own else "")


def fail_alike(one: Said, other: Said, harmless: frozenset[str]) -> bool:
    """Whether two failures are the same: they share a telling line; where neither has one, the exit code and the last.

    Args:
        one: a failure.
        other: another.
        harmless: lines of logs of the same command where it passed, which tell nothing.
    """
    telling, others = one.telling - harmless, other.telling - harmless
    if telling or others:
        return not telling.isdisjoint(others)
    return (one.exit, one.last) == (other.exit, other.last)


def most_telling(log: str) -> str:
    """The first line that points into a file, else the last that says anything; empty where the log does not."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return next((line for line in lines if POINTING.match(line)), lines[-1] if lines else "")


def telling_lines(log: str) -> list[str]:
    """The lines that point into a file or name what failed; where there are none, the last that says anything."""
    return list(_telling(log)) or [most_telling(log)][: bool(log.strip())]


def paths_named(lines: Iterable[str]) -> tuple[str, ...]:
    """What in these lines looks like the path of a file in the repository, in order, each once."""
    words = (word.rstrip("-.+@") for line in lines for word in re.findall(r"[\w.@+-]+(?:/[\w.@+-]+)*", line))
    paths = (path for word in words for path in (word.removeprefix("./"), word.partition("/checkout/")[2]))
    return tuple(dict.fromkeys(path for path in paths if "." in path and ".." not in path.split("/")))


def own_lines(log: str, harmless: frozenset[str]) -> list[str]:
    """The lines of a log that are in no log where the command passed."""
    return [line for line in log.splitlines() if NUMBER.sub("#", line.strip()) not in harmless]


def end_of_log(file: Path) -> str:
    """The last 64 KiB of a log, as text that can be shown."""
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - READ))
        return visible(stream.read().decode(errors="replace").replace("\r\n", "\n"))


def _telling(log: str) -> Iterator[str]:
    for line in log.splitlines():
        text = line.strip()
        if (POINTING.match(text) and not HARMLESS.search(text)) or NAMING.match(text):
            yield text


def _bare(line: str) -> str:
    return NUMBER.sub("#", line)
