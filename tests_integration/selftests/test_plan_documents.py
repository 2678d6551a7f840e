"""Plans in Markdown: each shape is read rightly, or refused with all questions; nothing is guessed in silence."""

import os
from pathlib import Path

import pytest

from tests_integration.criteria.catalogue import described
from tests_integration.plan.load import give
from tests_integration.plan.markdown.outcome import TIES
from tests_integration.selftests.plan_documents import DOCUMENTED, MAKE, WHOLE, given, of, shown, written
from tests_integration.steps import Step

READ = [file for file in DOCUMENTED if file.with_suffix(".yaml").exists()]


def test_there_are_documents_of_many_shapes() -> None:
    assert len(DOCUMENTED) >= 12


@pytest.mark.parametrize("file", DOCUMENTED, ids=lambda file: file.stem)
def test_a_document_becomes_what_stands_beside_it(file: Path) -> None:
    beside = file.with_suffix(".yaml" if file in READ else ".txt")
    found = written(file)
    if "WRITE_DOCUMENTS" in os.environ:
        beside.write_text(found, encoding="utf-8")
    assert found == beside.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", READ, ids=lambda file: file.stem)
def test_the_plan_that_is_written_is_the_plan_that_is_run(file: Path) -> None:
    found, again = given(file), give(file.with_suffix(".yaml"))
    assert again.refusal == ""
    assert found.plan
    assert again.plan
    assert again.plan.digest == found.plan.digest


COMMANDS = """```bash
# the night shift does this
git merge --no-ff origin/phase1/wave2/pay
git merge --no-ff origin/phase1/wave2/crew
```
"""
DATE, BASE, BUILT = "Date: 2026-05-04T10:00:00Z", "Target Branch: main", "Integration Branch: phase1-wave2-integration"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (BASE, "**Base Branch**: main", "\nbase: origin/main # line 3: on origin"),
        (BASE, "**Base Branch:** `main` (stable)", "\nbase: origin/main # line 3: on origin"),
        (BASE, "* Base Branch: origin/main", "\nbase: origin/main # line 3\n"),
        (
            f"{BASE}\n{BUILT}",
            "Target Branch: x/built\nBase: x/base",
            "`Target Branch` is the branch to build, since no",
        ),
        (f"{BASE}\n{BUILT}", BASE, "3:1: base: no line names the branch that the wave starts from"),
        (
            BASE,
            "Base Branch: the main branch",
            ":3:1: base: 'the main branch' names no branch; which is the branch that",
        ),
        (BASE, f"{BASE}\nTarget Branch: other", ":4:1: base: line 3 says 'main', and this line 'other'"),
        (BASE, "Base Branch: nowhere/x/main", "\nbase: origin/nowhere/x/main"),
        (DATE, "Date: next week", ":2:1: date: 'next week' is no date that is understood"),
        (DATE, "Date: 2026-02-30", ":2:1: date: '2026-02-30' is no date that is understood"),
        (DATE, "", "1:1: date: no line gives a date"),
        ("# Integration Plan - Phase 1 Wave 2", "", "title: no heading names the wave"),
        (
            "(E1.2.1 - who sails)",
            "(E1.2.1, parent: E9.9.9)",
            "'E9.9.9' is neither a branch of this document nor its base",
        ),
        ("(E1.2.1 - who sails)", "(E1.2.1, parent: E1.2.3)", "'E1.2.3' is merged later; a parent comes before"),
        (
            "phase1/wave2/crew (E1.2.1",
            "Call the crew (E9",
            "'Call the crew (E9 - who sails)' stands among the branches",
        ),
        ("`Makefile`: combine both", "`a.c`: keep ours, accept incoming", "on which side is a.c to be taken?"),
        ("`Makefile`: combine both", "`a.c`: keep all unique functions", "on which side is a.c to be taken?"),
        ("`Makefile`: combine both", "`a.c`: take theirs in E1.2.2", "in: [E1.2.2-split-001, E1.2.2-split-002]"),
        ("### Excl", "## Merge Order\n1. E1.2.3\n2. E1.2.1\n\n### Excl", "this list has another order"),
        ("### Excl", "## Strategy\n- Merge E1.2.3\n- Merge E1.2.1\n\n### Excl", "E1.2.1 is merged after E1.2.3 here"),
        ("### Excl", f"## Merge Commands\n{COMMANDS}\n### Excl", ":18:1: branches: E1.2.1 is merged after E1.2.3 here"),
        ("Build Command: `make everything`", "Build: must pass", "run: make # by the base's Makefile"),
    ],
)
def test_what_one_line_changes(tmp_path: Path, before: str, after: str, told: str) -> None:
    assert before in WHOLE
    assert told in shown(of(tmp_path, WHOLE.replace(before, after)))


NO_TESTS = WHOLE.replace("Test Command: `make check`\n", "")


def test_what_a_stage_needs_comes_with_it(tmp_path: Path) -> None:
    step = Step(("npm ci", "npm test"), "package.json", "npm", ("NVM_DIR",), "package.json: fetched", {"CI": "true"})
    found = of(tmp_path, NO_TESTS, tools={**MAKE, "test": step})
    assert found.plan, found.refusal
    plan = found.plan
    assert [command.run for command in (*plan.build, *plan.test)] == ["make everything", "npm ci", "npm test"]
    assert (plan.network, plan.pass_environment, plan.environment) == (True, ("NVM_DIR",), {"CI": "true"})
    assert "network: true # package.json: fetched" in shown(found)


def test_of_several_languages_the_one_is_asked_for(tmp_path: Path) -> None:
    step = Step(("go vet", "go test"), "go.mod", "go", others=(("npm test",),))
    assert (
        "test: no line says how to test the branch, and by what is at the top of the base it may be"
        " `go vet && go test` or `npm test`; a ```yaml plan block with `test: [{run: go vet && go test}]` settles it"
    ) in shown(of(tmp_path, NO_TESTS, tools={**MAKE, "test": step}))


PROMISE = "\n## Success Criteria\n\n- [ ] {}\n"


@pytest.mark.parametrize(
    ("promise", "proven", "beyond"),
    [
        ("All 4 branches merged in order", "merges_in_planned_order", ""),
        ("Build passes", "build_passes", ""),
        ("Builds on Windows", "build_passes", "no criterion proves windows of 'Builds on Windows'"),
        ("All tests not run", "test_passes", "no criterion proves not, run of 'All tests not run'"),
        ("Integration branch pushed", "branch_is_published", ""),
        ("No new code (R361)", "merge_holds_nothing_else", ""),
        ("BUG-404 fix applied", "", "no criterion proves 'BUG-404 fix applied'"),
        ("The captain is content", "", "no criterion proves 'The captain is content'"),
    ],
)
def test_a_promise_is_tied_to_its_proof_or_named(tmp_path: Path, promise: str, proven: str, beyond: str) -> None:
    found = of(tmp_path, WHOLE + PROMISE.format(promise))
    assert found.document
    (tied,) = found.document.promises
    assert proven in tied
    assert bool(proven) != tied.endswith(": nothing")
    unproven = [remark for remark in found.document.remarks if "no criterion proves" in remark]
    assert unproven == ([f"line 23: {beyond}"] if beyond else [])


def test_promises_are_tied_to_criteria_that_there_are() -> None:
    assert {name for tie in TIES for name in tie.criteria} - described().keys() == set()


@pytest.mark.parametrize(
    ("line", "pushes"),
    [
        ("Integration branch pushed", True),
        ("Push to origin", True),
        ("Do not push to origin", False),
        ("❌ Integration branch pushed", False),
        ("Integration branch pushed, but not before the review", False),
        ("Pushing boats off the quay works", False),
    ],
)
def test_nothing_is_published_unless_the_document_says_so(tmp_path: Path, line: str, *, pushes: bool) -> None:
    found = of(tmp_path, WHOLE + PROMISE.format(line).replace("- [ ] ❌", "❌"))
    assert found.plan
    assert bool(found.plan.publish) == pushes


def test_a_wrong_count_of_branches_is_asked_about(tmp_path: Path) -> None:
    found = of(tmp_path, WHOLE + PROMISE.format("All 6 branches merged"))
    assert "23:1: branches: 'All 6 branches merged' speaks of 6 branches, and 4 are listed" in found.refusal


OWN = "\n```yaml plan\n{}\n```\n"


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ("colour: red", "22:1: colour: is not a key here"),
        ("limits: {hours: many}", "22:17: limits.hours: must be a whole number"),
        ("limits: [", "23:1: plan: is not YAML"),
        ("- a", "22:1: plan: the ```yaml plan block must be a mapping"),
        ("branches: [{id: E1.2.3, from: origin/x, parent: E7}]", "branches[3].parent: 'E7' is no branch of this plan"),
        ("title: A\ntitle: B", "23:1: title: is given twice; the first is in line 22"),
        ("title: A\n```\n\n```yaml plan\ntitle: B", "25:1: plan: is the second ```yaml plan block"),
        ("repository: none", "22:13: repository: there is no repository in"),
    ],
)
def test_mistakes_in_its_own_block_are_told_at_their_lines(tmp_path: Path, own: str, told: str) -> None:
    found = of(tmp_path, WHOLE + OWN.format(own), clone="" if own.startswith("repository") else ".")
    assert told in found.refusal


def test_its_own_block_brings_branches_into_order(tmp_path: Path) -> None:
    ids = ["E1.2.2-split-001", "E1.2.2-split-002", "E1.2.3", "E1.2.1"]
    own = f"branches: [{', '.join(f'{{id: {name}}}' for name in ids)}]"
    found = of(tmp_path, WHOLE + PROMISE.format("All 5 branches merged") + OWN.format(own))
    assert found.plan
    assert [branch.id for branch in found.plan.branches] == ids
    assert [branch.source.rpartition("/")[2] for branch in found.plan.branches][-1] == "crew"


def test_an_answer_for_one_question_is_none_for_another(tmp_path: Path) -> None:
    doubts = WHOLE.replace("`Makefile`: combine both", "`a.c`: by hand\n- `b.c`: by hand")
    found = of(tmp_path, doubts + OWN.format("resolve: [{paths: [a.c], take: ours}]"))
    assert "resolve.b.c: on which side" in found.refusal
    assert "resolve.a.c" not in found.refusal
