"""The table of the README: what is promised, and how it is computed from what was measured."""

import os
import platform
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import psutil

from tests_integration.bench.generate import git
from tests_integration.bench.scenes import COLLECTED, MANY, SCENES, SIX, title

COMMAND = "WAVEPROOF_BENCH=full .venv/bin/pytest tests_integration/bench"
Measured = Mapping[str, float]
SECONDS = "{:.1f} s"


class Row(NamedTuple):
    """A line of the table.

    Attributes:
        what: is measured.
        where: the arguments of pytest that measure it.
        value: computed from what was measured; a KeyError where some of that was not.
        form: how value and limit are written.
        at_most: the limit that the value must not exceed; None without one.
        at_least: the limit that it has to reach; None without one.
    """

    what: str
    where: str
    value: Callable[[Measured], float]
    form: str
    at_most: Callable[[Measured], float] | None = None
    at_least: Callable[[Measured], float] | None = None

    def written(self, measured: Measured) -> str:
        """The row in Markdown; what was not measured says so."""
        cells = [self.what, *self._figures(measured), f"`{self.where}`"]
        return f"| {' | '.join(cells)} |"

    def _figures(self, measured: Measured) -> tuple[str, str, str]:
        try:
            value = self.value(measured)
            limit = self.at_most or self.at_least
            if limit is None:
                return "", self.form.format(value), ""
            bound = limit(measured)
        except KeyError:
            return "", "not measured", ""
        met = value <= bound if self.at_most else value >= bound
        words = "at most" if self.at_most else "at least"
        return f"{words} {self.form.format(bound)}", self.form.format(value), "met" if met else "missed"


def table(measured: Measured) -> Iterator[str]:
    """The lines of the table, in Markdown."""
    yield f"{machine()}:"
    yield ""
    yield f"| what | target | measured | | `{COMMAND}/…` |"
    yield "|---|---|---|---|---|"
    yield from (row.written(measured) for row in ROWS)


def machine() -> str:
    """What the figures were measured on, and when."""
    memory = psutil.virtual_memory().total / (1 << 30)
    parts = [
        f"{os.cpu_count()} cores of {_cpu()}, {memory:.0f} GB, {platform.system()}",
        f"Python {platform.python_version()}, {git(Path('/'), 'version')}",
        *(f"{name} {version(name)}" for name in ("pytest", "pytest-html", "pytest-xdist")),
    ]
    return f"Measured on {datetime.now(UTC):%Y-%m-%d}, {', '.join(parts)}"


def _cpu() -> str:
    names = [line.partition(":")[2].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def _ratio(above: str, below: str) -> Callable[[Measured], float]:
    return lambda measured: measured[above] / measured[below]


def _one(name: str) -> Callable[[Measured], float]:
    return lambda measured: measured[name]


def _fixed(limit: float) -> Callable[[Measured], float]:
    return lambda _: limit


def _merging(name: str) -> Iterator[Row]:
    where, what = f"test_merging.py -k {name}", f"{title(name)}: merge stage"
    faster, within = "{:.1f} times faster", "{:.2f} times as long"
    times = {"tree": _fixed(50)}.get(name)
    yield Row(
        f"{what} against `git merge --no-ff`", where, _ratio(f"{name} loop", f"{name} suite"), faster, None, times
    )
    if name != "tree":  # which has no history
        times = {"history": _fixed(6)}.get(name)
        by_graph = _ratio(f"{name} loop with commit-graph", f"{name} suite")
        yield Row(f"{what} against the same with a commit-graph", where, by_graph, faster, None, times)
    times = {"tree": _fixed(2.5)}.get(name)
    yield Row(
        f"{what} against `git merge-tree --stdin`", where, _ratio(f"{name} suite", f"{name} floor"), within, times
    )
    moved, part = _ratio(f"{name} moved", f"{name} suite"), "{:.2f} of a full one"
    times = {"tree": _fixed(0.25)}.get(name)
    yield Row(f"{what}, one moved, at place 7/8", where, moved, part, times)
    audit = _ratio(f"{name} audit", f"{name} suite")
    yield Row(f"{title(name)}: audit against merge stage", f"test_auditing.py -k {name}", audit, within)


def _sessions(name: str) -> Iterator[Row]:
    where, what = f"test_sessions.py -k {name}", f"{title(name)}: session `--until audit`"
    tree = name == "tree"

    def allowed(measured: Measured) -> float:
        return 8 * measured[f"{name} floor"] + 0.005 * measured[f"{name} cases"]

    yield Row(f"{what}, report written", where, _one(f"{name} session"), SECONDS, allowed if tree else None)
    still = _fixed(1.5) if tree else None
    yield Row(f"{what}, nothing moved since", where, _one(f"{name} session again"), SECONDS, still)
    yield Row(f"{what}, one moved, at place 7/8", where, _one(f"{name} session moved"), SECONDS)
    yield Row(f"{what}, only collected", where, _one(f"{name} collected"), SECONDS)
    peak = _fixed(300) if tree else None
    yield Row(
        f"{what}, peak memory of all processes", f"test_memory.py -k {name}", _one(f"{name} memory"), "{:.0f} MB", peak
    )


def _rows() -> Iterator[Row]:
    for name in SCENES:
        yield from _merging(name)
        yield from _sessions(name)
    plans = MANY.branches // SIX
    two = _ratio("plans on 1", "plans on 2")
    yield Row(
        f"{plans} plans of {SIX} branches: two workers against one",
        "test_plans.py",
        two,
        "{:.2f} times faster",
        None,
        _fixed(1.7),
    )
    yield Row(f"{COLLECTED:,} plans collected", "test_plans.py", _one("plans collected"), SECONDS, _fixed(5))
    yield Row("wave 2, without its commands' time", "test_wave2.py", _one("wave 2"), SECONDS, _fixed(2))
    yield Row(f"{title('tree')}: report written", "test_report.py", _one("report written"), SECONDS)
    yield Row(f"{title('tree')}: report opened in Chromium", "test_report.py", _one("report opened"), SECONDS)


ROWS = tuple(_rows())
