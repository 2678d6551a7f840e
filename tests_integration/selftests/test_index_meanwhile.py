"""The list of plans while a session runs."""

from tests_integration.selftests.running_plans import run
from tests_integration.selftests.test_index import Page, dead
from tests_integration.selftests.waves import Wave, see_outside


def test_while_a_session_runs_no_earlier_record_passes_for_its_own(stacked: Wave) -> None:
    see_outside(stacked)
    stacked.document["build"] = [{"run": 'cp "$OUTSIDE/reports/index.html" "$OUTSIDE" || true'}]
    stacked.write("first")
    stacked.write("second")
    for _ in range(2):
        assert run(stacked.folder, "--plan", "plans", "--until", "build").exit == 0
    then = Page(stacked.folder)
    now = Page(stacked.folder / "reports")
    for name in ("first", "second"):
        assert "NO RECORD" in then.row(name).text
        assert "that has left no record yet: it is in progress, or was killed" in then.row(name).text
        assert [told.split(",")[0] for told in then.row(name).runs] == ["INCOMPLETE", "NO RECORD"]
        assert then.row(name).addresses == []
        assert [told.split(",")[0] for told in now.row(name).runs] == ["INCOMPLETE", "INCOMPLETE"]
    assert dead(now) == []
