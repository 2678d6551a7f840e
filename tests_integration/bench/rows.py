"""The table of the README: what is promised, and how that is computed from what was measured.

`WAVEPROOF_BENCH=full python -m tests_integration.bench.rows` writes what was measured into the README.
"""

import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from tests_integration.bench.generate import git
from tests_integration.bench.scenes import COLLECTED, FULL, GIVEN, MANY, SCENES, SIX, title
from tests_integration.selftests.marked import between

README = Path(__file__).parents[2] / "README.md"
BEGIN = "<!-- figures -->\n"
END = "<!-- end of figures -->"
KEPT = f"bench/{'full' if FULL else 'quick'}"
"""Where pytest's cache keeps what was measured."""

SECONDS = "{:.1f} s"

Measured = Mapping[str, float]
Figure = Callable[[Measured], float]


class Row(NamedTuple):
    """A line of the table.

    Attributes:
        what: is measured.
        where: the arguments of pytest that measure it.
        value: computed from what was measured; a KeyError where some of that was not.
        form: how value and limit are written.
        at_most: the limit that the value must not exceed.
        at_least: the limit that it has to reach.
    """

    what: str
    where: str
    value: Figure
    form: str
    at_most: Figure | None = None
    at_least: Figure | None = None

    @property
    def promised(self) -> bool:
        """Whether there is a limit at all."""
        return bool(self.at_most or self.at_least)

    def written(self, measured: Measured) -> str:
        """The row in Markdown; what was not measured says so."""
        target, value, verdict = "", "not measured", ""
        if (found := _computed(self.value, measured)) is not None:
            value = self.form.format(found)
        for words, figure, sign in (("at most", self.at_most, 1), ("at least", self.at_least, -1)):
            if figure and (limit := _computed(figure, measured)) is not None:
                target = f"{words} {self.form.format(limit)}"
                verdict = ("met" if sign * found <= sign * limit else "missed") if found is not None else ""
        return f"| {self.what} | {target} | {value} | {verdict} | `{self.where}` |"


def table(measured: Measured, *, promised_only: bool = False) -> Iterator[str]:
    """The lines of the table, in Markdown, after what the figures were measured on."""
    yield f"{machine()}:"
    yield ""
    yield "| | target | measured | | by |"
    yield "|---|---|---|---|---|"
    yield from (row.written(measured) for row in ROWS if row.promised or not promised_only)


def machine() -> str:
    """What the figures were measured on, and when."""
    memory = psutil.virtual_memory().total / (1 << 30)
    tools = [f"Python {platform.python_version()}", git(Path("/"), "version").replace("version ", "")]
    tools += [f"{name} {version(name)}" for name in ("pytest", "pytest-html", "pytest-xdist")]
    on = f"{os.cpu_count()} cores of {_cpu()}, {memory:.0f} GB, {platform.system()}"
    return f"Measured on {datetime.now(UTC):%Y-%m-%d}: {on}; {', '.join(tools)}"


def with_table(text: str, measured: Measured) -> str:
    """The README's text with the table between its marks.

    Raises:
        ValueError: the marks are not there.
    """
    lines = "\n".join(table(measured, promised_only=True))
    return between(text, BEGIN, END, f"{lines}\n")


def code() -> str:
    """What was measured, in one word: the code of the suite, and the repository that was given."""
    files = sorted(Path(__file__).parents[1].rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files) + GIVEN.encode()).hexdigest()


def measured_before(kept: dict[str, Any] | None) -> dict[str, float]:
    """Out of what pytest's cache keeps: what was measured with the very same code, so that it can be done in parts."""
    return dict(kept["measured"]) if kept and kept["code"] == code() else {}


def _computed(figure: Figure, measured: Measured) -> float | None:
    try:
        return figure(measured)
    except KeyError:
        return None


def _cpu() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _ratio(above: str, below: str) -> Figure:
    return lambda measured: measured[above] / measured[below]


def _one(name: str) -> Figure:
    return lambda measured: measured[name]


def _fixed(limit: float) -> Figure:
    return lambda _: limit


def _merging(name: str) -> Iterator[Row]:
    tree, history = name == "tree", name == "history"
    where, what = f"test_merging.py -k {name}", f"{title(name)}: merge stage"
    faster, within = "{:.1f} times faster", "{:.2f} times as long"
    by_hand = _ratio(f"{name} loop", f"{name} suite")
    yield Row(f"{what} against `git merge --no-ff`", where, by_hand, faster, None, _fixed(50) if tree else None)
    if not tree:
        by_hand = _ratio(f"{name} loop with commit-graph", f"{name} suite")
        words = f"{what} against the same with a commit-graph"
        yield Row(words, where, by_hand, faster, None, _fixed(6) if history else None)
    floor = _ratio(f"{name} suite", f"{name} floor")
    words = f"{what} against `git merge-tree --stdin` that knows all pairs"
    yield Row(words, where, floor, within, _fixed(2.5) if tree else None)
    moved = _ratio(f"{name} moved", f"{name} suite")
    words = f"{what} where one has moved, at place 7/8"
    yield Row(words, where, moved, "{:.2f} of a full one", _fixed(0.25) if tree else None)
    audit = _ratio(f"{name} audit", f"{name} suite")
    yield Row(f"{title(name)}: audit against merge stage", f"test_auditing.py -k {name}", audit, within)


def _sessions(name: str) -> Iterator[Row]:
    tree = name == "tree"
    where, what = f"test_sessions.py -k {name}", f"{title(name)}: session `--until audit`"

    def allowed(measured: Measured) -> float:
        return 8 * measured[f"{name} floor"] + 0.005 * measured[f"{name} cases"]

    whole = _one(f"{name} session")
    yield Row(f"{what}, report written", where, whole, SECONDS, allowed if tree else None)
    again = _one(f"{name} session again")
    yield Row(f"{what}, nothing moved since", where, again, SECONDS, _fixed(1.5) if tree else None)
    yield Row(f"{what}, one moved", where, _one(f"{name} session moved"), SECONDS)
    yield Row(f"{what}, only collected", where, _one(f"{name} collected"), SECONDS)
    peak, where = _one(f"{name} memory"), f"test_memory.py -k {name}"
    yield Row(f"{what}, memory of all processes", where, peak, "{:.0f} MB", _fixed(300) if tree else None)


def _rows() -> Iterator[Row]:
    for name in SCENES:
        yield from _merging(name)
        yield from _sessions(name)
    yield Row("wave 2, without its commands", "test_wave2.py", _one("wave 2"), SECONDS, _fixed(2))
    plans, where = f"{MANY.branches // SIX} plans of {SIX} branches", "test_plans.py"
    two = _ratio("plans on 1", "plans on 2")
    yield Row(f"{plans} on two workers, against one", where, two, "{:.2f} times faster", None, _fixed(1.7))
    yield Row(f"{COLLECTED:,} plans collected", where, _one("plans collected"), SECONDS, _fixed(5))
    yield Row(f"{title('tree')}: report written", "test_report.py", _one("report written"), SECONDS)
    yield Row(f"{title('tree')}: report opened", "test_report.py", _one("report opened"), SECONDS)


ROWS = tuple(_rows())

if __name__ == "__main__":
    kept = README.with_name(".pytest_cache") / "v" / KEPT
    measured = measured_before(json.loads(kept.read_bytes())) if kept.exists() else {}
    if not measured:
        raise SystemExit(f"nothing was measured with the code that is here: {kept}")
    README.write_text(with_table(README.read_text(encoding="utf-8"), measured), encoding="utf-8")
