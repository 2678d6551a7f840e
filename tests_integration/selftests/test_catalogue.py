"""The catalogue of known fixes: read with every mistake, and held against logs."""

from pathlib import Path

import pytest

from tests_integration.plan.load import give
from tests_integration.plan.schema import text
from tests_integration.selftests.good_plans import PLAN
from tests_integration.selftests.running_plans import PLANS

CATALOGUE = """\
version: 1
fixes:
  - id: BUG-7
    problem: twins
    signature: ["(Push|Pull)Cmd redeclared", "duplicate case"]
    variants:
      - delete: [new.txt]
        needs: [old.txt]
        proven: [{plan: wave1, attempt: 2, commit: 0123456789012345678901234567890123456789}]
      - patch: twin.patch
    limits: {changed_lines: 3}
  - id: BUG-8
    problem: no cure is known
    signature: "undefined: Options"
"""


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    (tmp_path / "wave.yaml").write_text(PLAN, encoding="utf-8")
    (tmp_path / "known-fixes.yaml").write_text(CATALOGUE, encoding="utf-8")
    (tmp_path / "twin.patch").write_text("a patch\n", encoding="utf-8")
    return tmp_path


def refused(plans: Path) -> list[str]:
    return give(plans / "wave.yaml").refusal.splitlines()


def changed(plans: Path, old: str, new: str) -> None:
    file = plans / "known-fixes.yaml"
    before = file.read_text(encoding="utf-8")
    assert old in before
    file.write_text(before.replace(old, new), encoding="utf-8")


def test_the_catalogue_beside_a_plan_is_its_own_and_no_part_of_its_digest(plans: Path) -> None:
    plan = give(plans / "wave.yaml").plan
    assert plan
    assert [(entry.id, [cure.action for cure in entry.cures]) for entry in plan.catalogue.entries] == [
        ("BUG-7", ["delete new.txt", "apply twin.patch"]),
        ("BUG-8", []),
    ]
    assert [proof.told for proof in plan.catalogue.entries[0].cures[0].proven] == ["wave1, attempt 2, 012345678901"]
    (plans / "known-fixes.yaml").unlink()
    without = give(plans / "wave.yaml").plan
    assert without
    assert (without.catalogue.entries, without.digest) == ((), plan.digest)


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ("a.go:3: PullCmd redeclared in this block", ["BUG-7"]),
        ("duplicate case\nundefined: Options", ["BUG-7", "BUG-8"]),
        ("PopCmd redeclared", []),
    ],
)
def test_a_log_shows_the_problems_whose_signature_it_has(plans: Path, log: str, found: list[str]) -> None:
    plan = give(plans / "wave.yaml").plan
    assert plan
    assert [entry.id for entry in plan.catalogue.matching(log)] == found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("problem: twins", "problem: {}"),
        ("BUG-8", "BUG-9"),
        ("a patch", "a patch"),
        ("delete: [new.txt]", "delete: [newer.txt]"),
    ],
)
def test_the_digest_is_of_what_the_catalogue_says_and_of_its_patches(plans: Path, old: str, new: str) -> None:
    before = give(plans / "wave.yaml").plan
    if old == "a patch":
        (plans / "twin.patch").write_text("another patch\n", encoding="utf-8")
    else:
        changed(plans, old, new.replace("{}", "other twins"))
    after = give(plans / "wave.yaml").plan
    assert before
    assert after
    assert before.catalogue.digest != after.catalogue.digest


def test_comments_of_the_catalogue_do_not_count(plans: Path) -> None:
    before = give(plans / "wave.yaml").plan
    changed(plans, "version: 1", "# other words\nversion: 1")
    after = give(plans / "wave.yaml").plan
    assert before
    assert after
    assert before.catalogue.digest == after.catalogue.digest


def test_every_mistake_of_the_catalogue_is_one_of_the_plan_with_its_own_place(plans: Path) -> None:
    changed(plans, "BUG-8", "BUG-7")
    changed(plans, "duplicate case", "(")
    changed(plans, "needs: [old.txt]", "need: [old.txt]")
    changed(plans, "version: 1", "version: 2")
    (plans / "twin.patch").unlink()
    told = refused(plans)
    place = f"{plans / 'wave.yaml'}:1:1: known_fixes: {plans / 'known-fixes.yaml'}"
    assert [line.removeprefix(f"{place}:") for line in told] == [
        "1:10: version: must be 1, not '2'",
        "5:46: fixes[0].signature[1]: '(' is not a regular expression that RE2 takes: missing ): (",
        "8:9: fixes[0].variants[0].need: is not a key here; did you mean 'needs'?",
    ]


def test_entries_twice_and_patches_that_are_not_there_are_told(plans: Path) -> None:
    changed(plans, "BUG-8", "BUG-7")
    (plans / "twin.patch").unlink()
    assert sorted(line.partition("known-fixes.yaml:")[2] for line in refused(plans)) == [
        "10:16: fixes[0].variants[1].patch: 'twin.patch' is not a file beside the plan",
        "12:9: fixes[1].id: 'BUG-7' is the id of fixes[0] already",
    ]


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("gone.yaml", "'gone.yaml' is not a file beside the plan"),
        ("../known-fixes.yaml", "'../known-fixes.yaml' leads out of the plan's folder"),
    ],
)
def test_a_catalogue_that_is_named_must_be_there(plans: Path, named: str, why: str) -> None:
    (plans / "wave.yaml").write_text(f"{PLAN}known_fixes: {named}\n", encoding="utf-8")
    assert refused(plans) == [f"{plans / 'wave.yaml'}:31:14: known_fixes: {why}"]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("- patch: twin.patch", "- needs: [a]", "needs exactly one of"),
        ("limits:", "delete: [other.txt]\n    limits:", "put all of them into 'variants'"),
    ],
)
def test_each_way_to_cure_does_one_thing(plans: Path, old: str, new: str, why: str) -> None:
    changed(plans, old, new)
    (told,) = refused(plans)
    assert why in told


def test_the_schema_beside_the_catalogue_is_the_models_own() -> None:
    assert (PLANS / "known-fixes.schema.json").read_text(encoding="utf-8") == text("known-fixes.schema.json")
