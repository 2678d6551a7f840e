"""`record.intoto.jsonl`: as the specifications publish it, saying what git and the record say, and nothing unproven."""

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests_integration.plan.load import Given
from tests_integration.plan.model import PlanDocument
from tests_integration.record.gather import gather
from tests_integration.record.intoto import BUILDER, INTEGRATION, PROVENANCE, TEST_RESULT, lines
from tests_integration.record.ledger import PlanLedger
from tests_integration.record.location import git_location
from tests_integration.record.model import CriterionFact, Record
from tests_integration.record.write import write_forms
from tests_integration.selftests.published_forms import departures
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.verifying import VERIFIED, by_hand_wave, verify
from tests_integration.selftests.waves import Built, Wave, every_kind_of_fix, git, integrated, three_branches

Json = dict[str, Any]

FORM = "record.intoto.jsonl"
ODD_BRANCH = "effort/#1%41@x{y}é\"<b>'&"
HOSTILE = "line one\necho '\x1b[31m\u2028\u202e</script>\x07'"


def predicates(done: Run, plan: str = "wave") -> dict[str, Json]:
    """The statements' predicates by type."""
    return {statement["predicateType"]: statement["predicate"] for statement in statements(done, plan)}


def statements(done: Run, plan: str = "wave") -> list[Json]:
    text = (done.folder / "reports" / plan / FORM).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def green(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that succeeds, of a wave with conflicts and every kind of fix; its remote has a password."""
    wave = every_kind_of_fix(tmp_path_factory.mktemp("green") / "wave")
    wave.document["remotes"]["team"] = "https://anna:s3cret@Example.ORG/team.git"
    wave.document["environment"] = {"PROXY": "http://anna:s3cret@proxy.example.org:8080/"}
    wave.document["build"] = [{"run": "true https://anna:s3cret@example.org/x"}]
    return run(wave.folder, "--plan", str(wave.write()))


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose build fails, with a branch and commands that are odd or hostile."""
    wave = three_branches(tmp_path_factory.mktemp("red") / "wave")
    git(wave.origin, "update-ref", f"refs/heads/{ODD_BRANCH}", "effort/E2-split-002")
    wave.document["branches"][2] |= {"from": f"origin/{ODD_BRANCH}", "title": '</script>"\\'}
    wave.document["build"] = [{"run": f"{HOSTILE}; exit 3"}]
    return run(wave.folder, "--plan", str(wave.write()))


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A branch that Anna made by hand, judged."""
    return verify(by_hand_wave(tmp_path_factory.mktemp("verified") / "wave"))


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A preview of the merges: a tip, and little that was judged."""
    wave = three_branches(tmp_path_factory.mktemp("rehearsed") / "wave")
    return run(wave.folder, "--plan", str(wave.write()), "--until", "merge")


def test_every_statement_is_as_published(green: Run, red: Run, verified: Run, rehearsed: Run) -> None:
    told = [*statements(green), *statements(red), *statements(verified, VERIFIED), *statements(rehearsed)]
    assert len(told) == 11
    assert [found for statement in told for found in departures(statement)] == []


@pytest.mark.parametrize(
    "change",
    [
        lambda statement: statement.pop("predicateType"),
        lambda statement: statement["subject"][0].pop("digest"),
        lambda statement: statement["predicate"].update(systemParameters={}),
        lambda statement: statement["predicate"]["buildDefinition"].pop("buildType"),
        lambda statement: statement["predicate"]["buildDefinition"]["resolvedDependencies"].append({"name": "x"}),
        lambda statement: statement["predicate"]["runDetails"]["builder"].update(id="no uri"),
        lambda statement: statement["predicate"]["runDetails"]["metadata"].update(startedOn="2025-10-06 04:20"),
    ],
)
def test_what_is_not_as_published_is_found(green: Run, change: Callable[[Json], object]) -> None:
    statement = copy.deepcopy(statements(green)[0])
    change(statement)
    assert len(departures(statement)) == 1


def test_the_subject_is_the_tip_by_its_branch_and_place(green: Run) -> None:
    tip = git(green.folder / "origin.git", "rev-parse", "wave-integration")
    place = f"git+{(green.folder / 'origin.git').as_uri()}@refs/heads/wave-integration"
    subject = {"name": "refs/heads/wave-integration", "uri": place, "digest": {"gitCommit": tip}}
    assert [statement["subject"] for statement in statements(green)] == [[subject]] * 3


def test_what_was_not_published_has_no_place(red: Run, rehearsed: Run) -> None:
    for done in (red, rehearsed):
        subject = {"name": "refs/heads/wave-integration", "digest": {"gitCommit": done.record("wave")["tip"]}}
        assert [statement["subject"] for statement in statements(done)] == [[subject]] * 3


def test_a_name_that_is_taken_is_no_place_of_the_tip(stacked: Wave) -> None:
    git(stacked.origin, "branch", "wave-integration", "main")
    done = run(stacked.folder, "--plan", str(stacked.write()))
    assert done.record("wave")["publication"]["status"] == "refused"
    assert "uri" not in statements(done)[0]["subject"][0]


def test_the_external_parameters_are_the_plan(green: Run) -> None:
    definition = predicates(green)[PROVENANCE]["buildDefinition"]
    plan = green.record("wave")["plan"]
    assert definition["externalParameters"] == plan["document"]
    read = PlanDocument.model_validate(definition["externalParameters"])
    assert [branch.source for branch in read.branches] == [branch["from"] for branch in plan["branches"]]
    assert (read.fixes[1].patch, read.build[0].timeout, read.publish) == ("three.patch", 600, read.publish)
    assert read.remotes["team"].url == "https://Example.ORG/team.git"


def test_base_branches_and_files_are_the_dependencies(green: Run) -> None:
    there = {entry["name"]: entry for entry in predicates(green)[PROVENANCE]["buildDefinition"]["resolvedDependencies"]}
    origin = green.folder / "origin.git"
    branches = {name: f"effort/{name}" for name in ("E1", "E2-split-001", "E2-split-002", "E3", "E4")}
    for name, branch in {"base": "main", **branches}.items():
        entry = there.pop(name)
        assert entry["uri"] == f"git+{origin.as_uri()}@refs/heads/{branch}"
        assert entry["digest"] == {"gitCommit": git(origin, "rev-parse", branch)}
    names = {
        "wave.yaml",
        "three.patch",
        *(f"infrastructure/demos/{name}" for name in ("DEMO.md", "NOTES.md", "demo.sh")),
    }
    assert there.keys() == names
    assert {name: entry["digest"] for name, entry in there.items()} == digests(green.folder / "plans", names)


def digests(folder: Path, names: set[str]) -> dict[str, Json]:
    return {name: {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()} for name in names}


def test_logs_and_other_forms_are_byproducts_as_they_are_on_the_disk(green: Run) -> None:
    there = {entry["name"]: entry["digest"] for entry in predicates(green)[PROVENANCE]["runDetails"]["byproducts"]}
    names = {"record.json", "summary.md", "work-log.md", "replay.sh"}
    names |= {f"logs/{stage}-1.log" for stage in ("build", "test", "demo")}
    assert there == digests(green.folder / "reports" / "wave", names)


def test_builder_and_times_are_those_of_the_run(green: Run) -> None:
    record = green.record("wave")
    details = predicates(green)[PROVENANCE]["runDetails"]
    assert details["builder"]["id"] == BUILDER
    assert details["builder"]["version"].keys() == {"waveproof", "git", "Python", "pytest"}
    assert details["metadata"]["invocationId"] == record["attempt"]["run"]
    assert record["started_at"] <= details["metadata"]["startedOn"] <= details["metadata"]["finishedOn"]


def test_no_run_ends_before_its_attempt_began(green: Run) -> None:
    facts = green.record("wave") | {"started_at": "2025-10-06T04:20:05Z", "seconds": 0.3}
    facts["attempt"]["started_at"] = "2025-10-06T04:20:06Z"  # the second turned between them
    told = json.loads(lines(Record.model_validate(facts), {}).splitlines()[0])
    assert told["predicate"]["runDetails"]["metadata"]["finishedOn"] == facts["attempt"]["started_at"]


def test_remarks_are_warnings(green: Run) -> None:
    result = predicates(green)[TEST_RESULT]
    assert result["result"] == "WARNED"
    assert result["warnedTests"] == ["parents_are_as_declared[E3]"]
    names = {name.removesuffix("[]") for name in green.outcomes("wave")["passed"]}
    assert {*result["passedTests"], *result["warnedTests"]} == names
    assert (result["failedTests"], result["waveproof_notJudged"]) == ([], [])


def test_a_failure_is_failed_and_what_it_blocks_is_not_judged(red: Run) -> None:
    result = predicates(red)[TEST_RESULT]
    assert (result["result"], result["failedTests"]) == ("FAILED", ["build_passes[1]"])
    blocked = {name.removesuffix("[]") for name in red.outcomes("wave")["blocked"]}
    assert set(result["waveproof_notJudged"]) == blocked
    assert "test_passes[1]" in blocked


def test_a_rehearsal_has_not_passed(rehearsed: Run) -> None:
    result = predicates(rehearsed)[TEST_RESULT]
    assert (result["result"], result["failedTests"]) == ("FAILED", [])
    assert "build_passes[1]" in result["waveproof_notJudged"]


@pytest.mark.parametrize(
    ("outcomes", "result"),
    [
        ("passed passed", "PASSED"),
        ("passed remarked", "WARNED"),
        ("passed failed", "FAILED"),
        ("remarked failed", "FAILED"),
        ("passed not-run", "FAILED"),
        ("passed blocked", "FAILED"),
        ("remarked not-run", "FAILED"),
        ("not-run", "FAILED"),
        ("", "FAILED"),
    ],
)
def test_less_than_everything_judged_never_passes(outcomes: str, result: str, stacked: Wave) -> None:
    with integrated(stacked) as built:
        told = told_of(built, outcomes.split())
    assert told[TEST_RESULT]["result"] == result


def told_of(built: Built, outcomes: list[str]) -> dict[str, Json]:
    """Predicates of a built branch with these outcomes."""
    told = [json.loads(line) for line in lines(record_of(built, outcomes), {}).splitlines()]
    assert [found for statement in told for found in departures(statement)] == []
    return {statement["predicateType"]: statement["predicate"] for statement in told}


def record_of(built: Built, outcomes: list[str]) -> Record:
    """The record of a built branch with these outcomes."""
    ledger = PlanLedger([criterion(n, outcome) for n, outcome in enumerate(outcomes)])
    ledger.note("integration", built.integration)
    given = Given(built.plan.file, built.plan.name, built.plan)
    return gather(given, ledger, ledger.criteria(), environment={}, started_at="", seconds=1, metadata={})


def criterion(number: int, outcome: str) -> CriterionFact:
    said: Json = {"outcome": outcome} if outcome != "remarked" else {"outcome": "passed", "remarks": ("stale",)}
    return CriterionFact(criterion=f"c{number}", subject="", stage="audit", description="Holds.", **said)


def test_the_merges_are_told_in_order_with_their_trees(green: Run) -> None:
    origin = green.folder / "origin.git"
    told = predicates(green)[INTEGRATION]
    commits = git(origin, "rev-list", "--reverse", "--first-parent", "--merges", "main..wave-integration").splitlines()
    assert [merge["commit"]["gitCommit"] for merge in told["merges"]] == commits
    for merge in told["merges"]:
        commit = merge["commit"]["gitCommit"]
        parents = [parent["gitCommit"] for parent in merge["parents"]]
        automatic = git(origin, "merge-tree", "--write-tree", *parents, fails=True).splitlines()[0]
        assert git(origin, "rev-parse", f"{commit}^1", f"{commit}^2").splitlines() == parents
        assert merge["tip"]["gitCommit"] == parents[1]
        assert merge["tree"]["gitTree"] == git(origin, "rev-parse", f"{commit}^{{tree}}")
        assert merge["treeBeforeFixes"]["gitTree"] == automatic or merge["conflicts"]
        assert (merge["treeBeforeFixes"] == merge["tree"]) == (merge["branch"] in {"E2-split-001", "E4"})


def test_conflicts_and_what_settled_them_are_told(green: Run) -> None:
    merges = {merge["branch"]: merge for merge in predicates(green)[INTEGRATION]["merges"]}
    settled = {conflict["path"]: conflict["settledBy"] for conflict in merges["E3"]["conflicts"]}
    assert settled == {"lock.txt": "theirs taken by BUG-3", "twin.txt": "deleted by BUG-1"}
    assert merges["E3"]["keptDeleted"] == ["twin.txt"]
    assert [fix["id"] for merge in merges.values() for fix in merge.get("fixes", [])] == ["BUG-1", "BUG-2", "BUG-3"]
    assert merges["E1"]["fixes"][0]["removed"] == ["twin.txt"]


def test_what_a_rule_settled_is_told(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": "one\n"})
    wave.branch("E2", {"shared.txt": "two\n"})
    wave.document["resolve"] = [{"paths": ["shared.txt"], "take": "union"}]
    with integrated(wave) as built:
        (merge,) = told_of(built, ["passed"])[INTEGRATION]["merges"][1:]
        blob = git(wave.folder / "wave-store.git", "rev-parse", f"{built.integration.merges[1].commit}:shared.txt")
    assert merge["conflicts"][0]["rule"] == 1
    assert merge["resolutions"] == [{"word": "shared.txt", "mode": "100644", "digest": {"gitBlob": blob}}]


def test_of_what_others_built_there_is_no_provenance(verified: Run) -> None:
    told = predicates(verified, VERIFIED)
    assert told.keys() == {TEST_RESULT, INTEGRATION}
    assert told[TEST_RESULT]["result"] == "WARNED"
    assert told[INTEGRATION]["builtBy"] == ["Anna <anna@example.org>"]
    assert told[INTEGRATION]["judgedBy"].startswith("waveproof ")
    assert not any(merge.keys() & {"fixes", "resolutions", "keptDeleted"} for merge in told[INTEGRATION]["merges"])


def test_odd_and_hostile_texts_stay_in_their_place(red: Run) -> None:
    raw = (red.folder / "reports" / "wave" / FORM).read_bytes()
    assert raw.isascii()
    assert not {byte for byte in raw if byte < 0x20} - {0x0A}
    assert len(raw.splitlines()) == 3
    definition = predicates(red)[PROVENANCE]["buildDefinition"]
    assert definition["externalParameters"]["build"][0]["run"] == f"{HOSTILE}; exit 3"
    (odd,) = [entry for entry in definition["resolvedDependencies"] if entry["name"] == "E2-split-002"]
    assert odd["uri"].endswith("@refs/heads/effort/%231%2541%40x%7By%7D%C3%A9%22%3Cb%3E%27%26")


def test_passwords_stay_out_of_statements_and_plan(green: Run) -> None:
    assert green.exit == 0, green.output
    stated = (green.folder / "reports" / "wave" / FORM).read_text(encoding="utf-8")
    for text in (stated, json.dumps(green.record("wave")["plan"])):
        assert "http://proxy.example.org:8080/" in text
        assert "https://Example.ORG/team.git" in text
        assert "s3cret" not in text


def test_the_same_inputs_say_the_same_but_for_time_and_run(tmp_path: Path) -> None:
    wave = every_kind_of_fix(tmp_path / "wave")
    assert timeless(run(wave.folder, "--plan", str(wave.write()))) == timeless(
        run(wave.folder, "--plan", str(wave.write()))
    )


def timeless(done: Run) -> list[Json]:
    told = statements(done)
    details = told[0]["predicate"]["runDetails"]
    assert details.pop("metadata").keys() == {"invocationId", "startedOn", "finishedOn"}
    details["byproducts"] = [entry["name"] for entry in details["byproducts"]]
    return told


def test_without_a_tip_there_is_nothing_to_state(stacked: Wave) -> None:
    reports = stacked.folder / "reports" / "wave"
    assert run(stacked.folder, "--plan", str(stacked.write())).exit == 0
    before = (reports / FORM).read_bytes()
    stacked.branch("E3", {"one.txt": "three\n"})
    assert run(stacked.folder, "--plan", str(stacked.write())).record("wave")["tip"] is None
    assert not (reports / FORM).exists()
    assert [file.read_bytes() for file in (reports / "history").glob(f"*/{FORM}")] == [before]


def test_statements_of_an_earlier_tip_do_not_stay(stacked: Wave) -> None:
    with integrated(stacked) as built:
        record = record_of(built, ["passed"])
        write_forms(stacked.folder, built.plan, record)
        assert (stacked.folder / FORM).exists()
        write_forms(stacked.folder, built.plan, record.model_copy(update={"tip": None}))
    assert not (stacked.folder / FORM).exists()


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://Example.ORG/team/wave.git", "git+https://example.org/team/wave.git"),
        ("HTTPS://example.org:8443/a%20b.git", "git+https://example.org:8443/a%20b.git"),
        ("ssh://example.org/a b@c.git", "git+ssh://example.org/a%20b%40c.git"),
        ("git@GitHub.com:team/wave.git", "git+ssh://git@github.com/team/wave.git"),
        ("example.org:/srv/wave.git", "git+ssh://example.org/srv/wave.git"),
        ("https://[::1]:8080/wave.git", "git+https://[::1]:8080/wave.git"),
        ("/srv/plans/../größe #1.git", "git+file:///srv/gr%C3%B6%C3%9Fe%20%231.git"),
        ("file:///srv/wave.git", "git+file:///srv/wave.git"),
    ],
)
def test_a_place_is_one_uri(url: str, place: str) -> None:
    assert git_location(url, "refs/heads/a@b") == f"{place}@refs/heads/a%40b"
