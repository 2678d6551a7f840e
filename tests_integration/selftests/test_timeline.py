"""The timeline: where each bar begins, and how long it is."""

from tests_integration.facts import CommandFact
from tests_integration.record.model import Record, StageFact
from tests_integration.record.timeline import THINNEST, bars

STAGES = (("plan", 0, 0.0), ("build", 2, 6.0), ("demo", 8, 2.0))


def stage(name: str, begins: int, seconds: float) -> StageFact:
    """A stage that began so many seconds after midnight."""
    return StageFact(stage=name, started_at=f"2026-01-01T00:00:{begins:02}.500Z", seconds=seconds)


def command(name: str, begins: int, seconds: float) -> CommandFact:
    """A command that began so many seconds after midnight."""
    started = f"2026-01-01T00:00:{begins:02}.500Z"
    facts = {"exit": 0, "timeout": 9, "log": "x", "size": 0, "sha256": ""}
    return CommandFact.model_validate(
        {"stage": name, "run": f"make {begins}", "started_at": started, "seconds": seconds} | facts
    )


def test_bars_stand_where_their_time_is() -> None:
    commands = (command("build", 3, 1.0), command("build", 4, 4.0), command("demo", 8, 2.0))
    record = Record.model_construct(stages=tuple(stage(*one) for one in STAGES), commands=commands)
    told = [(bar.stage, bar.run, bar.begins, bar.seconds, bar.left, bar.width) for bar in bars(record)]
    assert told == [
        ("plan", "", 0, 0, 0, THINNEST),
        ("build", "", 2, 6, 20, 60),
        ("build", "make 3", 3, 1, 30, 10),
        ("build", "make 4", 4, 4, 40, 40),
        ("demo", "", 8, 2, 80, 20),
        ("demo", "make 8", 8, 2, 80, 20),
    ]


def test_a_moment_at_the_end_stays_inside() -> None:
    record = Record.model_construct(stages=(stage("plan", 0, 9.0), stage("record", 9, 0.0)), commands=())
    last = bars(record)[-1]
    assert last.left + last.width <= 100


def test_nothing_that_ran_is_no_timeline() -> None:
    assert bars(Record.model_construct(stages=(), commands=())) == []
