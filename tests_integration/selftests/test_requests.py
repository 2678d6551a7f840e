"""Pull requests (`origin/#7`) and merge requests (`origin/!8`) as branches, where a remote offers them."""

import re
import subprocess
from pathlib import Path

import pytest

from tests_integration.engine.sources import look_up
from tests_integration.engine.survey import survey
from tests_integration.engine.verify import find
from tests_integration.plan.load import load
from tests_integration.plan.mistakes import PlanRejectedError
from tests_integration.refs import ref_of_branch
from tests_integration.repository.git import scrubbed_environment
from tests_integration.repository.store import open_store
from tests_integration.selftests.running_plans import PLANS, Run, run
from tests_integration.selftests.verifying import build
from tests_integration.selftests.waves import Wave, git, integrated, made_once

PULL, MERGE = "refs/pull/7/head", "refs/merge-requests/8/head"


@made_once
def requests(folder: Path) -> Wave:
    """E1 as a pull request and E2 as a merge request, each in no branch; and requests that nobody asked for."""
    wave = Wave(folder)
    for name, ref, source in (("E1", PULL, "origin/#7"), ("E2", MERGE, "origin/!8")):
        wave.branch(name, {f"{name}.txt": f"{name}\n"})
        git(wave.origin, "update-ref", ref, f"refs/heads/effort/{name}")
        git(wave.origin, "update-ref", "-d", f"refs/heads/effort/{name}")
        wave.document["branches"][-1]["from"] = source
    git(wave.origin, "update-ref", "refs/pull/70/head", "refs/heads/main")
    git(wave.origin, "update-ref", "refs/heads/x/refs/pull/7/head", "refs/heads/main")
    return wave


@pytest.fixture
def wave(tmp_path: Path) -> Wave:
    return requests(tmp_path / "wave")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of such a plan; tests leave it as it is."""
    done = build(requests(tmp_path_factory.mktemp("finished") / "wave"))
    assert done.exit == 0, done.output
    return done


def problem(wave: Wave, key: str) -> str:
    """Why a source of the plan cannot be had."""
    plan = load(wave.write())
    with scrubbed_environment(), open_store(wave.folder / "store.git") as store:
        found = look_up(plan, store)[key]
    assert found.commit is None
    return found.problem


def test_requests_are_merged_by_their_own_refs_and_under_their_names(wave: Wave) -> None:
    tips = {"E1": git(wave.origin, "rev-parse", PULL), "E2": git(wave.origin, "rev-parse", MERGE)}
    with integrated(wave) as built:
        assert built.tips == {"base": git(wave.origin, "rev-parse", "main"), **tips}
        assert [(merge.source, merge.tip) for merge in built.integration.merges] == [
            ("origin/#7", tips["E1"]),
            ("origin/!8", tips["E2"]),
        ]
        refs = git(Path(built.store.git_dir), "for-each-ref", "--format=%(objectname)").split()
        assert sorted(refs) == sorted(built.tips.values())


def test_a_request_that_was_pushed_anew_is_fetched_anew(wave: Wave) -> None:
    with integrated(wave):
        pass
    git(wave.work, "switch", "--quiet", "effort/E1")
    git(wave.work, "commit", "--quiet", "--amend", "--message", "Again")
    git(wave.work, "push", "--quiet", "--force", str(wave.origin), f"HEAD:{PULL}")
    with integrated(wave) as built:
        assert built.tips["E1"] == git(wave.work, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("origin/#71", "there is no pull request #71 on the remote 'origin' ({}): it offers no refs/pull/71/head; "),
        ("origin/!7", "there is no merge request !7 on the remote 'origin' ({}): it offers no refs/merge-requests/7/h"),
        ("origin/#9", "there is no pull request #9 on the remote 'origin' ({}): it offers no refs/pull/9/head; "),
    ],
)
def test_a_request_that_is_not_offered_is_refused(wave: Wave, source: str, said: str) -> None:
    git(wave.origin, "update-ref", "refs/heads/#9", PULL)
    wave.document["branches"][0]["from"] = source
    assert problem(wave, "E1").startswith(said.format(wave.origin))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("base", "origin/#07", "'#07' is no pull request (#123) or merge request (!123): numbers begin with 1"),
        ("integration", "!9", "'!9' is what pull and merge requests are called in a plan, and no branch"),
    ],
)
def test_what_only_looks_like_a_request_is_a_mistake(wave: Wave, key: str, value: str, said: str) -> None:
    wave.document[key] = value
    with pytest.raises(PlanRejectedError) as refused:
        load(wave.write())
    assert [f"{one.path}: {one.text}" for one in refused.value.mistakes] == [f"{key}: {said}"]


def test_the_record_names_requests_and_is_audited_by_them(finished: Run) -> None:
    sources = finished.record("wave")["sources"]
    assert {key: one["source"] for key, one in sources.items()} == {
        "base": "origin/main",
        "E1": "origin/#7",
        "E2": "origin/!8",
    }
    assert "Integrates: origin/#7" in (finished.folder / "reports" / "wave" / "work-log.md").read_text()
    statements = (finished.folder / "reports" / "wave" / "record.intoto.jsonl").read_text()
    assert f"@{PULL}" in statements
    assert f"@{MERGE}" in statements
    assert f"heads/{PULL}" not in statements
    record = "reports/wave/record.json"
    audit = run(finished.folder, "--record", record, "--repository", "origin.git", "--reports", "audited")
    assert audit.exit == 0
    assert "source_is_where_it_was" not in audit.output, "it is decided, and holds"
    git(finished.folder / "origin.git", "update-ref", "refs/pull/7/head", "refs/heads/main")
    audit = run(finished.folder, "--record", record, "--repository", "origin.git", "--reports", "audited")
    assert audit.exit == 0
    assert "#7 has been replaced since" in audit.output


def sources_tip(finished: Run, key: str) -> str:
    """The recorded tip of a source."""
    return str(finished.record("wave")["sources"][key]["commit"])


def test_the_readme_writes_requests_as_they_are_read() -> None:
    named = re.findall(r"`from: origin/([^`]+)`, [^`]+`([^`]+)`", (PLANS.parent / "README.md").read_text("utf-8"))
    assert [(ref_of_branch(name), ref) for name, ref in named] == [(ref, ref) for _, ref in named]
    assert len(named) == 2


def test_a_request_can_be_judged(finished: Run, tmp_path: Path) -> None:
    git(finished.folder / "origin.git", "update-ref", "refs/pull/12/head", "refs/heads/wave-integration")
    with scrubbed_environment(), open_store(tmp_path / "store.git") as store:
        found = find(load(finished.folder / "plans" / "wave.yaml"), store, "origin/#12")
    assert found.commit == git(finished.folder / "origin.git", "rev-parse", "wave-integration")
    git(finished.folder / "origin.git", "update-ref", "refs/pull/7/head", sources_tip(finished, "E1"))
    judged = run(finished.folder, "--plan", "plans/wave.yaml", "--verify", "origin/#12")
    assert judged.exit == 0, judged.output
    assert judged.record("wave/verified")["publication"]["ref"] == "refs/pull/12/head"
    record = "reports/wave/verified/record.json"
    audit = run(finished.folder, "--record", record, "--repository", "origin.git", "--reports", "audited")
    assert audit.exit == 0, audit.output


def test_a_plan_from_a_clone_that_fetches_requests_names_none_as_a_branch(wave: Wave, tmp_path: Path) -> None:
    wave.commit("renamed", {"other.txt": "other\n"})
    git(wave.folder, "clone", "--quiet", str(wave.origin), "clone")
    for spec in ("pull/*/head:refs/remotes/origin/pr/*", "merge-requests/*:refs/remotes/origin/mr/*"):
        git(wave.folder / "clone", "config", "--add", "remote.origin.fetch", f"+refs/{spec}")
    git(wave.origin, "update-ref", "refs/merge-requests/8/merge", "renamed~0")
    git(wave.folder / "clone", "fetch", "--quiet")
    with scrubbed_environment(), open_store(tmp_path / "store.git") as store:
        found = survey(store, wave.folder / "clone")
    assert [effort.place.branch for effort in found.efforts] == ["renamed"]
    for told in (
        "origin/#7 is a request: `from: origin/#7` takes it, if it belongs to the wave",
        "origin/!8 is a request: `from: origin/!8` takes it, if it belongs to the wave",
        "origin/refs/merge-requests/8/merge is no branch of its remote",
    ):
        assert told in found.left_out


DOCUMENT = """# Integration Plan - Wave 1
Date: 2026-01-01T00:00:00Z
Base Branch: main
Integration Branch: wave-integration
Build: `true --build`
Test: `true --test`
Demo Script: `demos/demo.sh`
Demo Document: `demos/DEMO.md`

## Branches to Merge
1. E1: One
   - Branch: origin/#7
2. E2: Two
   - Branch: `!8`
"""


def test_requests_may_stand_in_documents_locks_and_replays(wave: Wave) -> None:
    git(wave.folder, "clone", "--quiet", str(wave.origin), "clone")
    (wave.folder / "plans" / "document.md").write_text(DOCUMENT, encoding="utf-8")
    arguments = ("--plan", "plans/document.md", "--repository", "clone", "--until", "merge")
    done = run(wave.folder, *arguments, "--lock")
    assert done.exit == 0, done.output
    merges = done.record("document")["merges"]
    assert [merge["from"] for merge in merges] == ["origin/#7", "origin/!8"]
    for place in (str(wave.origin), f"file://{wave.origin}"):
        script = str(wave.folder / "reports" / "document" / "replay.sh")
        again = subprocess.run(["bash", script, place], capture_output=True, text=True, check=False)
        assert (again.returncode, again.stdout.strip()) == (0, done.record("document")["tip"]), again.stderr
    git(wave.origin, "update-ref", PULL, MERGE)
    done = run(wave.folder, *arguments)
    assert f"moved: E1 from {merges[0]['tip']} to {merges[1]['tip']}" in done.output
