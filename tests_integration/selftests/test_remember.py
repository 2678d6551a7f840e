"""`python -m tests_integration.remember`: what a plan has proven goes into the catalogue, and no more."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests_integration import remember
from tests_integration.plan.load import give
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.waves import Wave

CATALOGUE = """\
# What earlier attempts taught.
version: 1
fixes:
  - id: BUG-1 # the first
    problem: twins
    signature: Cmd redeclared
    delete: [twin.txt]
    proven: [{plan: wave1}]
"""


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Wave:
    """A wave that was integrated with a fix that had an effect, and one that was stale."""
    wave = Wave(tmp_path_factory.mktemp("passed"))
    wave.branch("E1", {"twin.txt": "twin\n", "other.txt": "other\n"})
    wave.branch("E2", {"gone.txt": "gone\n"})
    wave.commit("effort/E2", {"gone.txt": None})
    fixes = [("BUG-1", "E1", "twin.txt"), ("BUG-2", "E2", "gone.txt")]
    wave.document["fixes"] = [
        {"id": name, "problem": "twins", "after": after, "delete": [path], "signature": "Cmd redeclared"}
        for name, after, path in fixes
    ]
    done = run(wave.folder, "--plan", str(wave.write()))
    assert done.exit == 0, done.output
    return wave


@pytest.fixture
def wave(passed: Wave, tmp_path: Path) -> Wave:
    """The same in a folder of the test's own."""
    return passed.copied_to(tmp_path / "wave")


def remembered(wave: Wave, capsys: pytest.CaptureFixture[str], catalogue: str = "") -> tuple[int, list[str], str]:
    """Exit code, what was said, and what the catalogue then holds."""
    file = wave.folder / "plans" / "known-fixes.yaml"
    if catalogue:
        file.write_text(catalogue, encoding="utf-8")
    code = remember.main([str(wave.folder / "plans/wave.yaml"), "--reports", str(wave.folder / "reports")])
    said = capsys.readouterr()
    return code, (said.out + said.err).splitlines(), file.read_text(encoding="utf-8") if file.exists() else ""


def tip(wave: Wave) -> str:
    """What was integrated."""
    return str(json.loads((wave.folder / "reports/wave/record.json").read_text(encoding="utf-8"))["tip"])


def test_a_fix_that_is_not_known_becomes_an_entry_with_its_proof(
    wave: Wave, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, catalogue = remembered(wave, capsys)
    assert (code, len(said)) == (0, 1)
    assert said[0].startswith("BUG-1 is new in ")
    assert yaml.safe_load(catalogue)["fixes"] == [
        {
            "id": "BUG-1",
            "problem": "twins",
            "signature": "Cmd redeclared",
            "delete": ["twin.txt"],
            "proven": [{"plan": "wave", "attempt": 1, "commit": tip(wave)}],
        }
    ]
    plan = give(wave.folder / "plans/wave.yaml").plan
    assert plan
    assert [entry.id for entry in plan.catalogue.matching("Cmd redeclared")] == ["BUG-1"]


def test_one_that_is_known_gets_one_proof_more_and_all_else_stays(
    wave: Wave, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, catalogue = remembered(wave, capsys, CATALOGUE)
    proof = f"{{plan: wave, attempt: 1, commit: {tip(wave)}}}"
    assert code == 0
    assert said[0].startswith("BUG-1, delete twin.txt has one proof more in ")
    assert catalogue == CATALOGUE.replace("[{plan: wave1}]", f"[{{plan: wave1}}, {proof}]")
    assert remembered(wave, capsys)[2] == catalogue


def test_another_way_to_cure_stands_beside_the_one_that_is_known(
    wave: Wave, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, catalogue = remembered(wave, capsys, CATALOGUE.replace("twin.txt", "other.txt"))
    (entry,) = yaml.safe_load(catalogue)["fixes"]
    assert code == 0
    assert said[0].startswith("BUG-1 has one way more to cure it: delete twin.txt in ")
    assert [way["delete"] for way in entry["variants"]] == [["other.txt"], ["twin.txt"]]
    assert "delete" not in entry
    assert "# the first" in catalogue


def forged(wave: Wave) -> None:
    file = wave.folder / "reports/wave/record.json"
    file.write_text(file.read_text(encoding="utf-8").replace("Title of E1", "Title of e1"), encoding="utf-8")


def changed(wave: Wave) -> None:
    wave.document["title"] = "Another"
    wave.write()


def rehearsed(wave: Wave) -> None:
    run(wave.folder, "--plan", "plans/wave.yaml", "--until", "demo")


def without_signature(wave: Wave) -> None:
    del wave.document["fixes"][0]["signature"]
    run(wave.folder, "--plan", str(wave.write()))


def without_fixes(wave: Wave) -> None:
    wave.document |= {"fixes": [], "integration": "another"}
    run(wave.folder, "--plan", str(wave.write()))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (forged, "its seal is broken"),
        (changed, "is of another state of wave.yaml"),
        (rehearsed, "proves nothing to remember: INCOMPLETE"),
        (without_signature, "BUG-1 has no `signature` in wave.yaml"),
        (without_fixes, "has no fix that had an effect"),
    ],
)
def test_what_is_not_proven_is_not_remembered(
    change: Callable[[Wave], Any], why: str, wave: Wave, capsys: pytest.CaptureFixture[str]
) -> None:
    change(wave)
    code, said, catalogue = remembered(wave, capsys)
    assert (code, catalogue) == (1, "")
    assert why in "\n".join(said)


def test_variables_are_given_as_to_the_run(wave: Wave, capsys: pytest.CaptureFixture[str]) -> None:
    wave.document["remotes"] = {"origin": "${WHERE}"}
    plan = ["--set=WHERE=../origin.git", "--reports", str(wave.folder / "reports"), str(wave.write())]
    assert remember.main(plan) == 0
    assert "BUG-1 is new in " in capsys.readouterr().out
    told = {
        ("WHERE=../other.git",): "is of another state of wave.yaml",
        (): "needs the variable WHERE, which is not set",
        ("WHERE=../origin.git", "HERE=s3cret"): "--set HERE: no plan takes a variable of this name; did you mean",
    }
    for values, why in told.items():
        assert remember.main([*(f"--set={value}" for value in values), *plan[1:]]) == 1
        assert why in (said := capsys.readouterr().err)
        assert "s3cret" not in said
