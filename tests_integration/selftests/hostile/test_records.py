"""Records that cannot be written: the run is red, and says which; the next one needs no cleaning."""

import pytest

from tests_integration.selftests.hostile.told import hostile
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import Wave


def folder_while_pushing(wave: Wave, place: str) -> None:
    """Have a folder made when the remote takes the branch, where a file is to be written."""
    hook = wave.origin / "hooks" / "post-receive"
    hook.parent.mkdir(exist_ok=True)
    there = f"'{wave.folder / place}'"
    hook.write_text(f"#!/bin/sh\ncat >/dev/null\nrm -rf {there}\nmkdir -p {there}\n", encoding="utf-8")
    hook.chmod(0o755)


def red_in_words(done: Run) -> str:
    """What a run says that fails without any traceback."""
    assert done.exit == pytest.ExitCode.TESTS_FAILED, done.output
    assert "Traceback" not in done.output, done.output
    assert "INTERNALERROR" not in done.output
    return done.output


@pytest.mark.parametrize("name", ["record.json", "work-log.md"])
@hostile("a folder in place of a form of the record", "the run is red and names it; the next one is green")
def test_a_form_that_cannot_be_written_is_told(wave: Wave, name: str) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    folder_while_pushing(wave, f"reports/wave/{name}")
    output = red_in_words(run(wave.folder, "--plan", str(wave.write())))
    assert "the record of wave could not be written: [Errno 21] Is a directory: " in output
    assert f"{wave.folder}/reports/wave/{name}" in output
    assert run(wave.folder, "--plan", str(wave.write())).exit == 0


@hostile("a folder in place of report.html", "the run is red and says so; the record is whole; the next run is green")
def test_a_report_that_cannot_be_written_is_told(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    page = wave.folder / "reports" / "wave" / "report.html"
    folder_while_pushing(wave, "reports/wave/report.html")
    done = run(wave.folder, "--plan", str(wave.write()))
    assert f"the report {page} could not be written: Is a directory" in red_in_words(done)
    assert "Generated html report" not in done.output
    assert done.record("wave")["verdict"] == "SUCCESS"
    assert run(wave.folder, "--plan", str(wave.write())).exit == 0
    assert page.is_file()


@hostile("folders in place of the pages of several plans, and of the list", "each is named; the records are whole")
def test_pages_of_several_plans_that_cannot_be_written_are_told(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    for name in ("one", "two"):
        wave.document["integration"] = f"integration-{name}"
        wave.write(name)
    reports = wave.folder / "reports"
    for page in ("report.html", "index.html"):
        (reports / page / "in-the-way").mkdir(parents=True)
    folder_while_pushing(wave, "reports/one/report.html")
    done = run(wave.folder, "--plan", "plans")
    output = red_in_words(done)
    assert "the record of one could not be written: " in output
    assert "the record of two" not in output
    assert "the list of plans could not be written: " in output
    assert f"the report {reports / 'report.html'} could not be written: Is a directory" in output
    assert [done.record(name)["verdict"] for name in ("one", "two")] == ["SUCCESS", "SUCCESS"]
    assert "SUCCESS" in (reports / "two" / "report.html").read_text(encoding="utf-8")
