"""No run loses the record of an earlier one, and none is taken for it."""

import json
import os
from pathlib import Path

from tests_integration.record.write import KEPT, set_aside
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.waves import Wave


def verdict(file: Path) -> str:
    """What a `record.json` says."""
    return str(json.loads(file.read_text(encoding="utf-8"))["verdict"])


def test_a_rehearsal_leaves_the_record_of_the_integration(stacked: Wave) -> None:
    reports = stacked.folder / "reports" / "wave"
    assert run(stacked.folder, "--plan", str(stacked.write())).exit == 0
    before = {name: (reports / name).read_bytes() for name in ("report.html", "record.json", "logs/build-1.log")}
    assert run(stacked.folder, "--plan", str(stacked.write()), "--until", "merge").exit == 0
    (kept,) = (reports / "history").iterdir()
    assert {name: (kept / name).read_bytes() for name in before} == before
    assert (verdict(kept / "record.json"), verdict(reports / "record.json")) == ("SUCCESS", "INCOMPLETE")


def test_a_rejected_plan_leaves_the_record_of_the_integration(stacked: Wave) -> None:
    reports = stacked.folder / "reports" / "wave"
    assert run(stacked.folder, "--plan", str(stacked.write())).exit == 0
    del stacked.document["title"]
    assert run(stacked.folder, "--plan", str(stacked.write())).exit == 1
    (kept,) = (reports / "history").iterdir()
    assert (verdict(kept / "record.json"), verdict(reports / "record.json")) == ("SUCCESS", "PLAN_REJECTED")


def test_the_newest_thirty_are_kept(tmp_path: Path) -> None:
    for n in range(KEPT + 3):
        (tmp_path / "record.json").write_text(f"{n}", encoding="utf-8")
        os.utime(tmp_path / "record.json", (n, n))
        set_aside(tmp_path)
    kept = sorted(
        int((place / "record.json").read_text(encoding="utf-8")) for place in (tmp_path / "history").iterdir()
    )
    assert kept == list(range(3, KEPT + 3))


def test_a_report_without_a_record_is_set_aside_too(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("of a run that was killed", encoding="utf-8")
    set_aside(tmp_path)
    assert not (tmp_path / "report.html").exists()
    assert [file.name for file in (tmp_path / "history").rglob("*.html")] == ["report.html"]
