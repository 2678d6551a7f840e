"""What `--verify REF` leads to: a branch on any remote of the plan, or a commit; never anything else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from git import Repo

from tests_integration.engine.verify import find
from tests_integration.facts import Source
from tests_integration.plan.load import load
from tests_integration.repository.ask import commit_at
from tests_integration.repository.git import scrubbed_environment
from tests_integration.repository.store import open_store
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.verifying import VERIFIED, message, refs, verify
from tests_integration.selftests.waves import Wave, git, integrated, three_branches


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Repo]:
    with scrubbed_environment(), open_store(tmp_path / "store.git") as repo:
        yield repo


def found(wave: Wave, store: Repo, ref: str = "") -> Source:
    """What a reference leads to."""
    return find(load(wave.write()), store, ref)


def test_by_default_the_published_branch_is_meant(stacked: Wave, store: Repo) -> None:
    git(stacked.origin, "branch", "wave-integration", "effort/E1")
    source = found(stacked, store)
    assert (source.source, source.problem) == ("origin/wave-integration", "")
    assert source.commit == git(stacked.origin, "rev-parse", "effort/E1")


def test_a_plan_that_publishes_nothing_has_no_default(stacked: Wave, store: Repo) -> None:
    del stacked.document["publish"]
    assert found(stacked, store).problem == (
        "the plan publishes nothing, so there is no branch to judge by default; say --verify REF"
    )


@pytest.mark.parametrize("name", ["plain", "with/slashes/in-it", "-dashed", "wave@2", "a{b}c"])
def test_a_branch_on_a_remote(stacked: Wave, store: Repo, name: str) -> None:
    git(stacked.origin, "update-ref", f"refs/heads/{name}", "refs/heads/effort/E1")
    source = found(stacked, store, f"origin/{name}")
    assert (source.commit, source.branch) == (git(stacked.origin, "rev-parse", "effort/E1"), name)


def test_a_branch_on_a_remote_whose_name_has_a_slash(stacked: Wave, store: Repo) -> None:
    stacked.document["repository"] = "../clone"
    git(stacked.folder, "clone", "--quiet", str(stacked.origin), "clone")
    git(stacked.folder / "clone", "remote", "add", "origin/two", "../two.git")
    git(stacked.folder, "clone", "--quiet", "--bare", str(stacked.origin), "two.git")
    git(stacked.folder / "two.git", "branch", "by-hand", "effort/E2-split-001")
    source = found(stacked, store, "origin/two/by-hand")
    assert (source.remote, source.branch) == ("origin/two", "by-hand")


def test_a_commit_at_the_tip_of_a_branch(stacked: Wave, store: Repo) -> None:
    tip = git(stacked.origin, "rev-parse", "effort/E1")
    assert found(stacked, store, tip).commit == tip


def test_a_commit_below_the_tip_of_a_branch(stacked: Wave, store: Repo) -> None:
    older = git(stacked.origin, "rev-parse", "effort/E2-split-002~1")
    assert found(stacked, store, older).commit == older


def test_a_commit_that_only_another_remote_has(stacked: Wave, store: Repo) -> None:
    stacked.document["remotes"] |= {"another": "../two.git", "gone": "../gone.git"}
    git(stacked.folder, "clone", "--quiet", "--bare", str(stacked.origin), "two.git")
    tree = git(stacked.origin, "rev-parse", "main^{tree}")
    only = git(stacked.folder / "two.git", "commit-tree", "-m", "only here", tree)
    git(stacked.folder / "two.git", "branch", "only", only)
    assert found(stacked, store, only).commit == only


def test_a_commit_that_nobody_has(stacked: Wave, store: Repo) -> None:
    stacked.document["remotes"]["another"] = "../work"
    assert found(stacked, store, "0" * 40).problem == (
        "no remote of the plan gives out this commit (asked: another, origin); name a branch that is at it"
    )


def test_a_commit_that_only_this_suite_has_is_not_taken(stacked: Wave) -> None:
    with integrated(stacked) as built:
        tip = str(built.integration.tip)
        assert commit_at(built.store, tip) == tip
        assert "no remote of the plan gives out this commit" in find(built.plan, built.store, tip).problem


@pytest.mark.parametrize("kind", ["main^{tree}", "main:base.txt", "v1"])
def test_what_is_no_commit_is_not_judged(stacked: Wave, store: Repo, kind: str) -> None:
    git(stacked.origin, "tag", "-a", "-m", "one", "v1", "main")
    source = found(stacked, store, git(stacked.origin, "rev-parse", kind))
    assert source.commit is None
    assert source.problem.startswith("no remote of the plan gives out this commit")


def test_a_branch_and_a_commit_of_the_callers_clone(stacked: Wave, store: Repo) -> None:
    stacked.document["repository"] = "../clone"
    git(stacked.folder, "clone", "--quiet", str(stacked.origin), "clone")
    clone = stacked.folder / "clone"
    git(clone, "switch", "--quiet", "--create", "mine")
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "mine")
    tip = git(clone, "rev-parse", "HEAD")
    before = refs(clone)
    assert found(stacked, store, "./mine").commit == tip
    assert found(stacked, store, tip).commit == tip
    assert refs(clone) == before


@pytest.mark.parametrize("ref", ["", "origin/main", "./main", "1" * 40])
def test_a_clone_that_cannot_be_read_is_told(stacked: Wave, store: Repo, ref: str) -> None:
    stacked.document["repository"] = "../nowhere"
    assert found(stacked, store, ref).problem.startswith("the clone ../nowhere cannot be read: ")


def test_an_unknown_branch_is_told_with_those_that_are_there(stacked: Wave, store: Repo) -> None:
    problem = found(stacked, store, "origin/wave-integrations").problem
    assert problem.startswith("there is no branch 'wave-integrations' on the remote 'origin' (")


def test_an_unknown_remote_is_told_with_those_that_are_known(stacked: Wave, store: Repo) -> None:
    problem = found(stacked, store, "orign/main").problem
    assert problem.startswith("no remote is known by the name before 'orign/main''s first '/'")
    assert "origin" in problem


@pytest.mark.parametrize(
    "ref",
    [
        "origin/--upload-pack=touch PWNED",
        "--upload-pack=touch PWNED/x",
        "origin/main:refs/heads/other",
        "origin/+main",
        "origin/*",
        "origin/main^{tree}",
        "origin/main..effort/E1",
        "origin/../../etc",
        "origin/refs/heads/main",
        "origin/HEAD",
        "ext::touch PWNED/main",
        "../origin.git/main",
    ],
)
def test_a_hostile_reference_leads_nowhere(
    stacked: Wave, store: Repo, ref: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = refs(stacked.origin)
    source = found(stacked, store, ref)
    assert source.commit is None
    assert source.problem
    assert not list(tmp_path.rglob("*PWNED*"))
    assert refs(stacked.origin) == before
    assert git(Path(store.git_dir), "for-each-ref") == ""


@pytest.mark.parametrize("ref", ["-x", "a..b", "", "74b053794c84", "main", "/main", "origin/", "o/a\nb", "o/\x1b[31m"])
def test_what_is_neither_branch_nor_commit_is_an_error_of_use(stacked: Wave, ref: str) -> None:
    done = run(stacked.folder, "--plan", str(stacked.write()), f"--verify={ref}")
    assert done.exit == pytest.ExitCode.USAGE_ERROR
    assert f"argument --verify: {ref!r} is neither a branch (`remote/branch`) nor a full commit id" in done.output
    assert "Traceback" not in done.output
    assert "\x1b" not in done.output
    assert not (stacked.folder / "reports").exists()


def test_a_commit_in_capital_letters_is_the_same_commit(stacked: Wave) -> None:
    tip = git(stacked.origin, "rev-parse", "main")
    assert verify(stacked, tip.upper()).record(VERIFIED)["judged"]["ref"] == tip


def test_verify_without_a_plan_is_an_error_of_use(tmp_path: Path) -> None:
    done = run(tmp_path, "--verify")
    assert done.exit == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: --verify needs --plan: a branch is judged by what a plan promised" in done.output


@pytest.mark.parametrize("ref", ["origin/gone", "elsewhere/main", "0" * 40])
def test_what_is_not_there_is_red_and_told_once(stacked: Wave, ref: str) -> None:
    done = verify(stacked, ref)
    assert done.exit == 1
    assert done.outcomes(VERIFIED)["failed"] == ["branch_is_whole[]"]
    assert message(done, "branch_is_whole").startswith(f"{ref}: ")
    assert f"MERGE_FAILED  Selftest Wave, attempt 1: {ref} is not as planned, " in done.output
    assert "Traceback" not in done.output


def test_a_commit_is_judged_by_its_id(tmp_path: Path) -> None:
    wave = three_branches(tmp_path / "wave")
    assert run(wave.folder, "--plan", str(wave.write())).exit == 0
    tip = git(wave.origin, "rev-parse", "wave-integration")
    git(wave.origin, "branch", "more", tip)
    git(wave.origin, "branch", "-D", "wave-integration")
    done = verify(wave, tip)
    assert done.exit == 0, done.output
    assert f"{tip} is as planned, all " in done.output
