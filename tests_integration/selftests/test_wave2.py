"""The seed's wave, with its real Go project, as it was planned and as it went."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests_integration.plan.load import load
from tests_integration.selftests.running_plans import PLANS, Run, copy_of_plans, run, run_apart
from tests_integration.selftests.waves import git

BRANCHES = [
    "E1.2.1",
    "E1.2.2-split-001",
    "E1.2.2-split-002",
    "E1.2.3-split-001",
    "E1.2.3-split-002",
    "E1.2.3-split-003",
]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project's plans."""
    return copy_of_plans(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def wave2(clone: Path, go_cache: dict[str, str]) -> Run:
    """The seed's plan, run once."""
    return run_apart(clone, "--plan", "plans/wave2.yaml", environment=go_cache)


@pytest.fixture(scope="module")
def attempt1(clone: Path, go_cache: dict[str, str]) -> Run:
    """The plan without a fix, run once."""
    return run(clone, "--plan", "plans/wave2-attempt1.yaml", environment=go_cache)


def published(run: Run, plan: str) -> str:
    """Branches of the plan's origin, each with its commit."""
    return git(run.folder / "reports" / plan / "origin.git", "for-each-ref", "--format=%(refname) %(objectname)")


def test_the_seeds_plan_is_all_green(wave2: Run) -> None:
    assert wave2.exit == 0, wave2.output
    assert list(wave2.outcomes("wave2")) == ["passed"]
    assert len(wave2.outcomes("wave2")["passed"]) == 66
    assert wave2.record("wave2")["verdict"] == "SUCCESS"


def test_the_seeds_report_is_small_enough_to_attach(wave2: Run) -> None:
    report = wave2.folder / "reports" / "wave2" / "report.html"
    assert "Merge graph" in report.read_text(encoding="utf-8")
    assert report.stat().st_size < 400_000


def test_the_seeds_branches_are_merged_in_order_and_published(wave2: Run) -> None:
    record = wave2.record("wave2")
    assert [merge["branch"] for merge in record["merges"]] == BRANCHES
    assert [merge["from"].split("/")[0] for merge in record["merges"]] == [f"effort-{name}" for name in BRANCHES]
    ref = "refs/heads/idpbuilder-push-oci/phase1-wave2-integration-attempt2"
    assert f"{ref} {record['tip']}" in published(wave2, "wave2")


def test_the_demo_pushes_with_authentication_and_a_retried_failure(wave2: Run) -> None:
    log = (wave2.folder / "reports/wave2/logs/demo-1.log").read_text(encoding="utf-8")
    assert "authentication: bearer token" in log
    assert "503 Service Unavailable" in log
    assert "retry 2 of 3" in log
    assert "pushed sha256:" in log


def test_elsewhere_for_somebody_else_with_gos_package_the_tip_is_the_same(
    wave2: Run, tmp_path: Path, go_cache: dict[str, str]
) -> None:
    home = tmp_path / "somebody"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[merge]\n\trenames = false\n[user]\n\tname = Somebody\n[core]\n\tautocrlf = true\n"
    )
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("git", "bash", "env", "mktemp", "rm", "grep", "cat", "tee", "sha256sum", "mkdir", "sed", "dirname"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    surroundings = {"HOME": str(home), "PATH": str(tools), "GIT_DIR": "/nowhere", "TZ": "Asia/Tokyo"}
    elsewhere = run_apart(
        copy_of_plans(tmp_path / "elsewhere"), "--plan", "plans/wave2.yaml", environment=go_cache | surroundings
    )
    assert elsewhere.exit == 0, elsewhere.output
    assert elsewhere.record("wave2")["tip"] == wave2.record("wave2")["tip"]


def test_a_second_run_is_green_and_finds_the_branch_published(wave2: Run, go_cache: dict[str, str]) -> None:
    tip = wave2.record("wave2")["tip"]
    again = run(wave2.folder, "--plan", "plans/wave2.yaml", environment=go_cache)
    assert again.exit == 0, again.output
    assert again.record("wave2")["tip"] == tip
    assert again.record("wave2")["publication"]["status"] == "unchanged"


def test_without_the_fix_exactly_the_build_fails(attempt1: Run) -> None:
    outcomes = attempt1.outcomes("wave2-attempt1")
    assert attempt1.exit == 1
    assert outcomes["failed"] == ["build_passes[1]"]
    stages = {fact["stage"] for fact in attempt1.record("wave2-attempt1")["criteria"] if fact["outcome"] == "blocked"}
    assert stages == {"test", "demo", "publish", "record"}


def test_the_failed_build_shows_the_compilers_line_and_names_the_branch(attempt1: Run) -> None:
    assert "pkg/cmd/push/root.go:13:5: PushCmd redeclared in this block" in attempt1.output
    assert "pkg/cmd/push/push.go came with E1.2.1, Command Structure Foundation (merge " in attempt1.output
    assert "Traceback" not in attempt1.output


def test_the_failed_build_says_since_which_merge_and_with_what_together(attempt1: Run) -> None:
    found = attempt1.record("wave2-attempt1")["gates"][0]["culprit"]
    assert (found["branch"], found["together"], found["files"]) == ("E1.2.1", ["base"], ["pkg/cmd/push/root.go"])
    since = f"fails since E1.2.1 (merge {found['merge'][:12]}); E1.2.1 fails in the same way alone, on its own parent"
    assert found["sentence"] == (
        f"{since}, the base; it breaks together with the base's pkg/cmd/push/root.go, without which it builds"
    )


def test_nothing_is_published_after_a_failed_build(attempt1: Run) -> None:
    metadata = attempt1.record("wave2-attempt1")["metadata"]
    assert "integration" not in published(attempt1, "wave2-attempt1").replace("phase1-wave1-integration", "")
    assert metadata["last_attempt_result"] == "BUILD_GATE_FAILURE"
    assert metadata["ready_for_retry"] is False
    assert metadata["next_action"] == "WAIT_FOR_FIXES"


def test_the_same_failure_is_not_repeated(attempt1: Run, go_cache: dict[str, str]) -> None:
    reports = attempt1.folder / "reports" / "wave2-attempt1"
    before = {file: file.read_bytes() for file in reports.iterdir() if file.is_file()}
    again = run(attempt1.folder, "--plan", "plans/wave2-attempt1.yaml", environment=go_cache)
    assert again.exit == 1
    assert "attempt 1 ended with BUILD_GATE_FAILURE at" in again.output
    assert f"Its record: {reports}" in again.output
    assert "A change would be: a commit on the base or on one of the 6 branches" in again.output
    assert {file: file.read_bytes() for file in reports.iterdir() if file.is_file()} == before


def test_a_fix_proven_elsewhere_may_not_fit_here_and_the_opposite_one_heals(
    clone: Path, go_cache: dict[str, str]
) -> None:
    bug010 = run(clone, "--plan", "plans/wave2-bug010.yaml", "--heal", environment=go_cache)
    readme = (PLANS.parent / "README.md").read_text(encoding="utf-8")
    told = [line.strip() for line in bug010.output.splitlines() if line.startswith(("  tried: ", "  healed: "))]
    assert "\n".join(["$ pytest --plan plans/wave2-bug010.yaml --heal", *told, "```"]) in readme
    assert bug010.exit == 1
    assert bug010.outcomes("wave2-bug010")["failed"] == ["build_passes[1]"]
    assert "pkg/cmd/push/flags.go:33:40: undefined: PushOptions" in bug010.output
    assert "BUG-007 was applied inside the merge of E1.2.1: delete pkg/cmd/push/push.go" in bug010.output
    assert "that is with the fix BUG-007 in; without it, it fails in another way (pkg/cmd/push/root.go" in bug010.output


def test_the_opposite_fix_succeeds(clone: Path, go_cache: dict[str, str]) -> None:
    attempt3 = run(clone, "--plan", "plans/wave2-attempt3.yaml", environment=go_cache)
    assert attempt3.exit == 0, attempt3.output
    assert list(attempt3.outcomes("wave2-attempt3")) == ["passed"]


def test_sources_and_bundles_agree(tmp_path: Path) -> None:
    script = PLANS / "wave2" / "make_bundles.py"
    subprocess.run(["python3", script, tmp_path], check=True, capture_output=True)
    for name in ("wave2.bundle", "wave2-as-it-went.bundle"):
        heads = [git(tmp_path, "bundle", "list-heads", str(folder / name)) for folder in (tmp_path, PLANS / "wave2")]
        assert heads[0] == heads[1]
        assert len(heads[0].splitlines()) == 7


def test_the_readmes_example_is_what_is_printed(attempt1: Run) -> None:
    readme = (PLANS.parent / "README.md").read_text(encoding="utf-8")
    example = re.findall(r"```text\n(.*?)```", readme, re.DOTALL)[0]
    assert example in attempt1.output


def test_both_twins_are_tried_and_the_healed_plan_passes_all_gates(attempt1: Run, go_cache: dict[str, str]) -> None:
    forced = ("--force-attempt", "to see it healed", "--heal")
    done = run(attempt1.folder, "--plan", "plans/wave2-attempt1.yaml", *forced, environment=go_cache)
    healing = done.record("wave2-attempt1")["healing"]
    assert [(one["action"], one["after"], one["stage"]) for one in healing["attempts"]] == [
        ("delete pkg/cmd/push/push.go", "E1.2.1", ""),
        ("delete pkg/cmd/push/root.go, pkg/cmd/push/root_test.go", "E1.2.1", ""),
    ]
    assert (healing["plan"], healing["published"], healing["stopped"]) == ("wave2-attempt1.healed.yaml", False, "")
    healed = load(attempt1.folder / "plans" / "wave2-attempt1.healed.yaml")
    assert [(fix.id, fix.action) for fix in healed.fixes] == [("BUG-007", "delete pkg/cmd/push/push.go")]
    assert "attempt2" not in published(attempt1, "wave2-attempt1")
