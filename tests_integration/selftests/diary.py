"""Attempts that selftests make and remember (R520)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest

from tests_integration.engine import attempts, metadata, past
from tests_integration.engine.attempts import Outcome
from tests_integration.engine.clock import stamp
from tests_integration.facts import AttemptFact, Integration, Source
from tests_integration.plan.load import load
from tests_integration.plan.model import Plan
from tests_integration.selftests.good_plans import PLAN

STATUSES = {"merge_status": "SUCCESS", "build_status": "FAILED", "test_status": "NOT_RUN", "demo_status": "NOT_RUN"}
POINTER = "/wave_integrations/one"
REPORTS = Path("reports/wave")
TIP = "f" * 40


class Diary:
    """Attempts at one plan, kept in a real metadata file, with a clock that goes when it is told to.

    Attributes:
        now: what the clock says.
        tips: of base and branches; move them at will.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "state.json"
        self.plan_file = folder / "wave.yaml"
        self.now = datetime(2025, 10, 6, 4, 0, tzinfo=UTC)
        self.tips = {"base": "b" * 40, "E1": "1" * 40, "E2": "2" * 40}

    @classmethod
    def by_its_own_clock(cls, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Self:
        """One whose clock is that of the suite, too."""
        diary = cls(folder)
        for module in (attempts, past):
            monkeypatch.setattr(module, "now", lambda: diary.now)
        return diary

    @property
    def plan(self) -> Plan:
        """As it is written now; the good plan at first."""
        if not self.plan_file.exists():
            self.plan_file.write_text(PLAN, encoding="utf-8")
        return load(self.plan_file)

    @property
    def inputs(self) -> dict[str, str]:
        """What an attempt would be built from now."""
        sources = {key: Source(id=key, source=f"origin/{key}", commit=tip) for key, tip in self.tips.items()}
        return attempts.inputs(self.plan, sources)

    @property
    def kept(self) -> dict[str, Any]:
        """The object of R520 as it is in its file."""
        return metadata.read(self.file, POINTER)

    @property
    def last(self) -> dict[str, Any]:
        """The last attempt in it."""
        entry: dict[str, Any] = self.kept["integration_attempts"][-1]
        return entry

    def seconds(self) -> float:
        """What another clock says, one that only goes on."""
        return self.now.timestamp()

    def refusal(self) -> str:
        """Why an attempt may not start now."""
        return attempts.refusal(self.plan, self.kept, self.inputs, REPORTS)

    def start(self, forced: str = "", **more: Any) -> AttemptFact:
        """Begin an attempt; `more` is further keys of it."""
        fact = AttemptFact(
            number=self.plan.attempt,
            started_at=stamp(self.now),
            forced=forced,
            file=str(self.file),
            at=POINTER,
            inputs=self.inputs,
            **more,
        )
        attempts.start(fact, self.plan, REPORTS)
        return fact

    def finish(self, fact: AttemptFact, result: str, *, interrupted: bool = False, record_judged: bool = True) -> None:
        """End an attempt."""
        outcome = Outcome(result, STATUSES, "" if result == "SUCCESS" else "make: no rule", interrupted=interrupted)
        built = Integration(base=self.tips["base"], tip=TIP)
        attempts.finish(fact, built, outcome, record_judged=record_judged)

    def attempt(self, result: str, *, minutes: int = 1, forced: str = "") -> None:
        """Begin an attempt and end it `minutes` later; an hour passes."""
        fact = self.start(forced)
        self.now += timedelta(minutes=minutes)
        self.finish(fact, result)
        self.now += timedelta(hours=1)
