"""The push: believed when read back, never over something else, and nothing beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests_integration.engine.publish import publish
from tests_integration.facts import Publication
from tests_integration.repository.git import GitError
from tests_integration.repository.push import push, read_back
from tests_integration.selftests.waves import Built, Wave, git, integrated

REF = "refs/heads/wave-integration"


@pytest.fixture
def built(stacked: Wave) -> Iterator[Built]:
    """A finished integration."""
    with integrated(stacked) as built:
        yield built


def published(built: Built) -> Publication:
    return publish(built.plan, built.store, "origin", tip_of(built))


def tip_of(built: Built) -> str:
    assert built.integration.tip
    return built.integration.tip


def refs(folder: Path) -> dict[str, str]:
    """Every ref of a repository and what it leads to."""
    rows = git(folder, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(row.split(" ") for row in rows)


def hook(wave: Wave, name: str, script: str) -> None:
    """Let the remote run a hook."""
    file = wave.origin / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_the_branch_is_pushed_and_read_back(stacked: Wave, built: Built) -> None:
    publication = published(built)
    assert (publication.status, publication.problem) == ("pushed", "")
    assert (publication.ref, publication.url) == (REF, str(stacked.origin))
    assert publication.read_back == publication.commit == tip_of(built) == refs(stacked.origin)[REF]


def test_nothing_else_on_the_remote_changes(stacked: Wave, built: Built) -> None:
    git(stacked.origin, "tag", "--annotate", "--message", "tag", "v1", "main")
    git(stacked.folder / "wave-store.git", "tag", "--annotate", "--message", "own", "own", tip_of(built))
    before = refs(stacked.origin)
    published(built)
    assert refs(stacked.origin) == {**before, REF: tip_of(built)}


def test_the_same_branch_again_is_unchanged(stacked: Wave, built: Built) -> None:
    published(built)
    before = refs(stacked.origin)
    hook(stacked, "pre-receive", "exit 1")
    publication = published(built)
    assert (publication.status, publication.problem, publication.read_back) == ("unchanged", "", tip_of(built))
    assert refs(stacked.origin) == before


@pytest.mark.parametrize("there", ["main", "effort/E1"], ids=["an-ancestor", "something-else"])
def test_a_branch_that_is_there_is_left_as_it_is(stacked: Wave, built: Built, there: str) -> None:
    git(stacked.origin, "branch", "wave-integration", there)
    before = refs(stacked.origin)
    publication = published(built)
    assert publication.status == "refused"
    assert publication.problem.startswith(
        f"wave-integration is there already, at {before[REF]}, and that is not this integration ({tip_of(built)}).\n"
    )
    assert publication.read_back == before[REF]
    assert refs(stacked.origin) == before


def test_a_branch_that_holds_this_one_and_more_is_left_as_it_is(stacked: Wave, built: Built) -> None:
    published(built)
    git(stacked.work, "fetch", "--quiet", str(stacked.origin), "wave-integration:wave-integration")
    more = stacked.commit("wave-integration", {"more.txt": "more\n"})
    assert published(built).status == "refused"
    assert refs(stacked.origin)[REF] == more


def test_a_push_overwrites_nothing(stacked: Wave, built: Built) -> None:
    git(stacked.origin, "branch", "wave-integration", "main")
    with pytest.raises(GitError, match="stale info"):
        push(built.store, str(stacked.origin), "wave-integration", tip_of(built))
    assert read_back(built.store, str(stacked.origin), "wave-integration") == refs(stacked.origin)["refs/heads/main"]


def test_a_branch_that_appears_during_the_push_is_left_as_it_is(stacked: Wave, built: Built) -> None:
    hook(stacked, "pre-receive", f"unset GIT_QUARANTINE_PATH; git update-ref {REF} refs/heads/main")
    publication = published(built)
    assert publication.status == "refused"
    assert publication.read_back == refs(stacked.origin)[REF] == refs(stacked.origin)["refs/heads/main"]


@pytest.mark.parametrize("name", ["pre-receive", "update"])
def test_a_hook_that_rejects_is_quoted(stacked: Wave, built: Built, name: str) -> None:
    hook(stacked, name, "echo 'branches need a ticket: größe' >&2; exit 1")
    before = refs(stacked.origin)
    publication = published(built)
    assert publication.status == "failed"
    assert publication.problem.startswith("the remote did not take the branch: ")
    assert "branches need a ticket: größe" in publication.problem
    assert publication.read_back is None
    assert refs(stacked.origin) == before


def test_a_rejection_without_a_word_gives_gits_reason(stacked: Wave, built: Built) -> None:
    hook(stacked, "pre-receive", "exit 1")
    assert "pre-receive hook declined" in published(built).problem


def test_a_hook_that_moves_the_branch_is_found_out(stacked: Wave, built: Built) -> None:
    hook(stacked, "post-receive", f"git update-ref {REF} refs/heads/main")
    publication = published(built)
    assert publication.status == "refused"
    assert publication.read_back == refs(stacked.origin)["refs/heads/main"]


def test_a_hook_that_deletes_the_branch_is_found_out(stacked: Wave, built: Built) -> None:
    hook(stacked, "post-receive", f"git update-ref -d {REF}")
    publication = published(built)
    assert (publication.status, publication.read_back) == ("failed", None)
    assert publication.problem == ("the remote did not take the branch: git told no error, but the branch is not there")


def test_a_remote_that_has_gone_is_told(stacked: Wave, built: Built) -> None:
    stacked.origin.rename(stacked.folder / "gone.git")
    publication = published(built)
    assert publication.status == "failed"
    assert publication.problem.startswith(f"'origin' cannot be read: fatal: '{stacked.origin}' does not appear")


def test_a_remote_that_can_only_be_read_is_told(stacked: Wave) -> None:
    git(stacked.origin, "bundle", "create", "--quiet", "../read-only.bundle", "--branches")
    stacked.document["remotes"]["origin"] = "../read-only.bundle"
    with integrated(stacked) as built:
        publication = published(built)
    assert publication.status == "failed"
    assert publication.problem.startswith("the remote did not take the branch: fatal: ")


def test_a_branch_in_the_way_of_the_name_is_told(stacked: Wave, built: Built) -> None:
    git(stacked.origin, "branch", "wave-integration/old", "main")
    before = refs(stacked.origin)
    publication = published(built)
    assert publication.status == "failed"
    assert "wave-integration/old" in publication.problem
    assert refs(stacked.origin) == before


def test_a_tag_of_the_same_name_is_not_taken_for_the_branch(stacked: Wave, built: Built) -> None:
    git(stacked.origin, "tag", "wave-integration", "main")
    assert published(built).status == "pushed"
    assert refs(stacked.origin)["refs/tags/wave-integration"] == refs(stacked.origin)["refs/heads/main"]


def test_hooks_of_the_user_do_not_run(
    stacked: Wave, built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "pre-push").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "hooks" / "pre-push").chmod(0o755)
    (tmp_path / ".gitconfig").write_text(f"[core]\n    hooksPath = {tmp_path}/hooks\n[push]\n    followTags = true\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    git(Path(built.store.git_dir), "tag", "--annotate", "--message", "own", "own", tip_of(built))
    assert published(built).status == "pushed"
    assert "refs/tags/own" not in refs(stacked.origin)


def test_a_password_is_not_shown(stacked: Wave) -> None:
    stacked.document["remotes"]["team"] = "http://somebody:s3cret@127.0.0.1:1/repository.git"
    with integrated(stacked) as built:
        publication = publish(built.plan, built.store, "team", tip_of(built))
    assert publication.status == "failed"
    assert publication.url == "http://127.0.0.1:1/repository.git"
    assert "s3cret" not in publication.model_dump_json()
