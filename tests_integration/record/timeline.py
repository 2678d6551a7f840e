"""The timeline: each stage, and each command in it, as a bar on the time from the first to the last."""

from datetime import datetime
from typing import NamedTuple

from tests_integration.record.model import Record

THINNEST = 0.4


class Bar(NamedTuple):
    """A stage or a command.

    Attributes:
        stage: name of the stage.
        run: the command; empty for the stage itself.
        begins: seconds after the first stage began.
        seconds: that it took.
        left: where the bar begins, in percent of the whole.
        width: in percent; never too thin to be seen.
    """

    stage: str
    run: str
    begins: float
    seconds: float
    left: float
    width: float


def bars(record: Record) -> list[Bar]:
    """The bars, in the order in which stages and commands began."""
    spans = [(stage.stage, "", stage.started_at, stage.seconds) for stage in record.stages]
    spans += [
        (command.stage, command.run, command.started_at, command.seconds)
        for command in record.commands
        if not command.reused
    ]
    timed = [(stage, run, _seconds(at), seconds) for stage, run, at, seconds in spans if at]
    if not timed:
        return []
    first = min(at for _, _, at, _ in timed)
    whole = max(at + seconds for _, _, at, seconds in timed) - first or 1
    order = [stage.stage for stage in record.stages]
    rows = sorted(timed, key=lambda row: (order.index(row[0]) if row[0] in order else len(order), bool(row[1]), row[2]))
    return [_bar(stage, run, at - first, seconds, whole) for stage, run, at, seconds in rows]


def _bar(stage: str, run: str, begins: float, seconds: float, whole: float) -> Bar:
    width = max(THINNEST, 100 * seconds / whole)
    left = min(100 * begins / whole, 100 - width)
    return Bar(stage, run, begins, seconds, round(left, 2), round(width, 2))


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
