"""Whole audits, as an auditor starts them: with the record and a repository, and nothing else."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests_integration.record.seal import digest
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.verifying import build
from tests_integration.selftests.waves import Wave, git, three_branches

HOLDS = "the record of wave holds"
FALSE = "the record of wave does not hold"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Wave:
    """A wave that was integrated and published; tests leave it as it is."""
    wave = three_branches(tmp_path_factory.mktemp("finished") / "wave")
    assert build(wave).exit == 0
    return wave


@pytest.fixture
def kept(finished: Wave, tmp_path: Path) -> Path:
    """A folder with nothing but the record, its logs, and the repository `origin.git`."""
    shutil.copytree(finished.folder / "reports" / "wave", tmp_path / "kept")
    shutil.copytree(finished.origin, tmp_path / "origin.git")
    return tmp_path


def audit(folder: Path, *arguments: str, repository: str = "origin.git") -> Run:
    """Audit the record in `kept`; the repository is as seen from the folder."""
    return run(folder, "--record", "kept/record.json", "--repository", repository, *arguments)


def said(folder: Path) -> dict[str, Any]:
    """The record."""
    return dict(json.loads((folder / "kept" / "record.json").read_text(encoding="utf-8")))


def forge(folder: Path, record: dict[str, Any]) -> None:
    """Put another record in its place, sealed anew."""
    text = json.dumps({**record, "digest": digest(record)})
    (folder / "kept" / "record.json").write_text(text, encoding="utf-8")


def test_a_record_holds_without_plan_and_store(kept: Path) -> None:
    done = audit(kept)
    assert done.exit == 0
    assert HOLDS in done.output
    assert "it says: SUCCESS  Selftest Wave, attempt 1: integrated" in done.output
    assert "open: nothing_decides[times]: when it was, and how long it took" in done.output
    assert not (kept / "reports").exists()


def test_a_bundle_will_do(kept: Path) -> None:
    git(kept / "origin.git", "bundle", "create", "--quiet", "../all.bundle", "--all")
    assert HOLDS in audit(kept, repository="all.bundle").output


def test_what_was_never_published_is_made_again(kept: Path) -> None:
    git(kept / "origin.git", "update-ref", "-d", "refs/heads/wave-integration")
    git(kept / "origin.git", "gc", "--quiet", "--prune=now")
    git(kept / "origin.git", "cat-file", "-e", said(kept)["tip"], fails=True)
    done = audit(kept)
    assert done.exit == 0
    assert "has no refs/heads/wave-integration; it was published at" in done.output


def test_a_published_branch_that_was_taken_away_is_missed(finished: Wave, kept: Path) -> None:
    git(finished.origin, "update-ref", "refs/heads/kept", "refs/heads/wave-integration")
    git(finished.origin, "update-ref", "-d", "refs/heads/wave-integration")
    done = audit(kept, repository=str(finished.origin))
    git(finished.origin, "update-ref", "refs/heads/wave-integration", "refs/heads/kept")
    git(finished.origin, "update-ref", "-d", "refs/heads/kept")
    assert done.exit == 1
    assert "has no refs/heads/wave-integration any more" in done.output


def test_a_published_branch_that_was_moved_is_a_false_claim(kept: Path) -> None:
    git(kept / "origin.git", "update-ref", "refs/heads/wave-integration", "refs/heads/main")
    done = audit(kept)
    assert done.exit == 1
    assert f"{FALSE}: 1 claim failed" in done.output
    assert f"the record says {said(kept)['tip']}" in done.output


def test_a_branch_that_moved_on_is_no_false_claim(kept: Path) -> None:
    tip = git(kept / "origin.git", "rev-parse", "refs/heads/wave-integration")
    git(kept / "origin.git", "update-ref", "refs/heads/effort/E1", tip)
    git(kept / "origin.git", "update-ref", "-d", "refs/heads/effort/E2-split-001")
    done = audit(kept)
    assert done.exit == 0
    assert "open: source_is_where_it_was[E1]: effort/E1 has moved on since" in done.output
    assert "open: source_is_where_it_was[E2-split-001]:" in done.output


def test_another_repository_does_not_hold_it(kept: Path, tmp_path: Path) -> None:
    other = Wave(tmp_path / "other")
    other.branch("E1", {"one.txt": "another one\n"})
    done = audit(kept, repository=str(other.origin))
    assert done.exit == 1
    assert f"there is no commit {said(kept)['merges'][0]['tip']} in {other.origin}" in done.output
    assert "Traceback" not in done.output


def test_an_empty_repository_does_not_hold_it(kept: Path) -> None:
    git(kept, "init", "--quiet", "--bare", "empty.git")
    assert FALSE in audit(kept, repository="empty.git").output


@pytest.mark.parametrize("repository", ["nowhere.git", "kept", "ext::sh -c 'touch owned'", "--upload-pack=touch owned"])
def test_a_repository_that_cannot_be_read_is_refused(kept: Path, repository: str) -> None:
    done = run(kept, "--record", "kept/record.json", f"--repository={repository}")
    assert done.exit == 4
    assert "cannot be read: " in done.output
    assert not list(kept.rglob("owned"))


def test_part_of_an_audit_is_no_verdict(kept: Path) -> None:
    done = audit(kept, "-k", "parents")
    assert HOLDS not in done.output
    assert "the record of wave is not judged: 3 of " in done.output


def test_an_audit_is_listed(kept: Path) -> None:
    done = audit(kept, "--collect-only", "-q")
    assert done.exit == 0
    assert "test_merges.py::test_merge_is_that_commit[E2-split-001]" in done.output
    assert "of wave" not in done.output


def test_workers_share_an_audit(kept: Path) -> None:
    done = run(kept, "-p", "xdist", "-n", "2", "--record", "kept/record.json", "--repository", "origin.git")
    assert done.exit == 0
    assert HOLDS in done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--record", "kept/record.json"), "--record needs --repository"),
        (("--repository", "origin.git"), "--repository needs --record"),
        (("--record", "kept/record.json", "--repository", ".", "--plan", "p.yaml"), "exclude each other"),
        (("--record", "none.json", "--repository", "origin.git"), "there is no such file"),
        (("--record", "kept", "--repository", "origin.git"), "there is no such file"),
    ],
)
def test_options_that_do_not_fit_are_refused(kept: Path, arguments: tuple[str, ...], told: str) -> None:
    done = run(kept, *arguments)
    assert done.exit == 4
    assert told in done.output
    assert "Traceback" not in done.output


def test_a_log_that_was_changed_is_red(kept: Path) -> None:
    (kept / "kept" / "logs" / "test-1.log").write_text("Base\n", encoding="utf-8")
    done = audit(kept)
    assert done.exit == 1
    assert "failed: log_is_as_recorded[test-1]: logs/test-1.log: the record says" in done.output


def test_a_log_that_is_not_there_stays_open(kept: Path) -> None:
    shutil.rmtree(kept / "kept" / "logs")
    done = audit(kept)
    assert done.exit == 0
    assert "open: log_is_as_recorded[test-1]: logs/test-1.log is not beside the record" in done.output


@pytest.mark.parametrize(
    "log",
    ["../../secret", "/etc/passwd", "logs/../secret", "other/build-1.log", "logs/", "logs/..", "secret", "logs\0"],
)
def test_no_log_is_read_outside_the_folder(kept: Path, log: str) -> None:
    (kept / "kept" / "secret").write_text("", encoding="utf-8")
    record = said(kept)
    for command in (record["gates"][0]["commands"][0], record["commands"][0]):
        command["log"] = log
    forge(kept, record)
    done = audit(kept, "-k", "log_is")
    assert done.exit == 1
    assert "is no log of a record" in done.output


@pytest.mark.parametrize("link", ["logs", "logs/build-1.log"])
def test_no_log_is_read_through_a_link(kept: Path, link: str) -> None:
    place = kept / "kept" / link
    place.rename(kept / "moved")
    place.symlink_to(kept / "moved")
    done = audit(kept, "-k", "log_is and build")
    assert "open: log_is_as_recorded[build-1]" in done.output or "is no log of a record" in done.output
    assert "1 passed" not in done.output


def test_what_is_shown_of_a_hostile_record_cannot_act(kept: Path) -> None:
    record = said(kept)
    record["merges"][0]["message"] += "\x1b]8;;http://evil.example\x07\u202e"
    record["plan"]["name"] = record["sentence"] = "\x1b[2J"
    forge(kept, record)
    done = audit(kept)
    assert done.exit == 1
    assert "\x1b" not in done.output
    assert "\u202e" not in done.output
