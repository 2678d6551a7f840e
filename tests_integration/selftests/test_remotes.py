"""Remotes that are made from a bundle, or hold secrets."""

from pathlib import Path

import pytest

from tests_integration.selftests.test_sources import fetched, looked_up, problem
from tests_integration.selftests.waves import Wave, git
from tests_integration.text import without_password


@pytest.fixture
def bundled(stacked: Wave) -> Wave:
    """The remote `origin` is made from a bundle."""
    git(stacked.work, "bundle", "create", "--quiet", "../wave.bundle", "--branches")
    stacked.document["remotes"] = {"origin": {"path": "../new/deep/origin.git", "create_from": "../wave.bundle"}}
    return stacked


def made(wave: Wave) -> Path:
    return wave.folder / "new" / "deep" / "origin.git"


def heads(folder: Path) -> list[str]:
    return git(folder, "for-each-ref", "--format=%(objectname) %(refname)").splitlines()


def test_a_bare_repository_is_made_with_every_branch(bundled: Wave) -> None:
    assert fetched(bundled)["E1"].url == str(made(bundled))
    assert heads(made(bundled)) == heads(bundled.work)
    assert git(made(bundled), "rev-parse", "--is-bare-repository") == "true"
    assert [file.name for file in made(bundled).parent.iterdir()] == ["origin.git"]


def test_a_repository_that_is_there_is_never_made_again(bundled: Wave) -> None:
    fetched(bundled)
    git(made(bundled), "branch", "--delete", "--force", "effort/E1")
    git(made(bundled), "branch", "own", "main")
    before = heads(made(bundled))
    assert problem(bundled).startswith("there is no branch 'effort/E1'")
    assert heads(made(bundled)) == before


def test_a_bundle_that_cannot_be_read_is_told_and_leaves_nothing(bundled: Wave) -> None:
    (bundled.folder / "wave.bundle").write_text("this is no bundle\n")
    assert problem(bundled).startswith("the remote 'origin' leads nowhere: fatal: ")
    assert list(made(bundled).parent.iterdir()) == []


def test_a_place_where_none_can_be_made_is_told(bundled: Wave) -> None:
    (bundled.folder / "new").write_text("a file is in the way\n")
    assert problem(bundled).startswith("the remote 'origin' leads nowhere: ")


@pytest.mark.parametrize(
    "url",
    [
        "http://somebody:s3cret@127.0.0.1:1/repository.git",
        "http://s3cret@127.0.0.1:1/repository.git",
        "http://somebody:s3@cret@127.0.0.1:1/repository.git",
        "http://somebody:s3cret@127.0.0.1:1/with space.git",
    ],
)
def test_a_password_is_never_shown(stacked: Wave, url: str) -> None:
    stacked.document["remotes"]["team"] = url
    stacked.document["branches"][0]["from"] = "team/effort/E1"
    for source in (looked_up(stacked)["E1"], fetched(stacked)["E1"]):
        assert "the remote 'team' cannot be read at" in source.problem
        assert "127.0.0.1" in source.url
        assert "cret" not in source.model_dump_json()


def test_a_url_without_a_password_is_shown_as_it_is() -> None:
    text = "see https://example.org/a@b and mail a@example.org, or git@example.org:team/repository.git"
    assert without_password(text) == text
