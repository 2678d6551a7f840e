"""JUnit XML: every case says which plan, stage, criterion and branch it is about, whatever came of it."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests_integration.criteria.about import about
from tests_integration.criteria.catalogue import cases
from tests_integration.plan.load import load
from tests_integration.plan.parts import Resolve
from tests_integration.selftests.running_plans import PLANS, run
from tests_integration.selftests.waves import Wave, three_branches

HOSTILE = "]]> </testcase> <b> & \" ' \ufffe"


def properties(file: Path) -> dict[str, tuple[str, dict[str, list[str]]]]:
    """Outcome and properties of each case in a file of JUnit XML, by name."""
    found = {}
    for case in ET.parse(file).getroot().iter("testcase"):  # noqa: S314 - pytest wrote it
        said: dict[str, list[str]] = {}
        for one in case.iter("property"):
            said.setdefault(one.attrib["name"], []).append(one.attrib["value"])
        outcome = next((child.tag for child in case if child.tag in {"failure", "skipped", "error"}), "passed")
        found[case.attrib["name"].removeprefix("test_")] = outcome, said
    return found


@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")], ids=["one process", "workers"])
def test_every_case_has_its_properties(tmp_path: Path, family: str, workers: tuple[str, ...]) -> None:
    wave = three_branches(tmp_path / "wave")
    wave.document["title"] = wave.document["branches"][0]["title"] = HOSTILE.removesuffix(" \ufffe")
    wave.document["resolve"] = [{"paths": ["go.mod"], "take": "ours", "in": ["E1", "E2-split-001"]}]
    wave.document["build"] = [{"run": "printf ']]>\\0\\377\\033[31m'; exit 3"}]
    wave.write("red")
    wave.document["build"] = [{"run": "true"}]
    wave.write("green")
    done = run(wave.folder, *workers, "--plan", "plans", "--junit-xml", "junit.xml", "-o", f"junit_family={family}")
    found = properties(done.folder / "junit.xml")
    assert {outcome for outcome, _ in found.values()} == {"passed", "failure", "skipped"}
    for name in ("green", "red"):
        plan = load(wave.folder / "plans" / f"{name}.yaml")
        assert len([case for case in found if f"[{name}" in case]) == len(cases(plan))
        for case in cases(plan):
            _, said = found[f"{case.criterion}[{name}{f'-{case.subject}' if case.subject else ''}]"]
            assert (said["plan"], said["stage"], said["criterion"]) == ([name], [case.stage], [case.criterion])
    assert found["branch_merges[red-E2-split-001]"][1]["branch"] == ["E2-split-001"]
    assert found["source_is_found[red-E1]"][1]["branch"] == ["E1"]
    assert found["fix_is_in_its_merge[red-BUG-1]"][1]["branch"] == ["E1"]
    assert found["rule_drops_only_what_it_may[red-rule-1]"][1]["branch"] == ["E1", "E2-split-001"]
    assert "branch" not in found["source_is_found[red-base]"][1]
    assert found["rule_drops_only_what_it_may[red-rule-1]"][1]["remark"] == [
        "rule 1 (ours of go.mod) is unused: no conflict of this run is for it"
    ]


def test_a_rejected_plan_has_its_properties(wave: Wave) -> None:
    wave.document["title"] = HOSTILE
    done = run(wave.folder, "--plan", str(wave.write()), "--junit-xml", "junit.xml")
    assert properties(done.folder / "junit.xml") == {
        "plan_is_sound[wave]": ("failure", {"plan": ["wave"], "stage": ["plan"], "criterion": ["plan_is_sound"]})
    }


@pytest.mark.parametrize("verify", [None, "", "origin/theirs"])
def test_every_case_is_about_something_that_the_plan_may_hold(verify: str | None) -> None:
    rule = Resolve(paths=("go.mod",), take="theirs")
    plan = load(PLANS / "wave2.yaml").model_copy(update={"resolve": (rule,)})
    found = about(plan, verify)
    assert list(found) == [case.key for case in cases(plan, verify)]
    data = plan.model_dump(mode="json", by_alias=True)
    for key, (place, _) in found.items():
        value: object = data
        for step in place:
            value = value[step]  # type: ignore[index]
        assert value is not None, key
        assert place or key == ("plan_is_sound", "")
