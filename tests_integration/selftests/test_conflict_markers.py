"""Which files of a branch hold the markers of an unsettled conflict, as git tells it of their contents."""

from collections.abc import Iterator

import pytest
from git import Repo

from tests_integration.repository import ask
from tests_integration.repository.ask import with_conflict_markers
from tests_integration.repository.chain import EMPTY
from tests_integration.repository.entry import LINK, Entry
from tests_integration.repository.git import new_repository, scrubbed_environment
from tests_integration.repository.trees import stored_blob

BOTH = b"one\n<<<<<<< ours\ntwo\n=======\nthree\n>>>>>>>>> theirs\n"
CONTENTS = {
    "both": BOTH,
    "a:b\n<<<<<<< c": BOTH,
    "longer": BOTH.replace(b"<" * 7, b"<" * 30),
    "crlf": BOTH.replace(b"\n", b"\r\n"),
    "begun": b"<<<<<<< ours\ntwo\n",
    "ended": b"two\n>>>>>>> theirs\n",
    "shorter": b"<<<<<< ours\n>>>>>> theirs\n",
    "inside": b" <<<<<<< ours\n >>>>>>> theirs\n",
    "binary": b"\0" + BOTH,
    "none": b"",
}


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repo]:
    with scrubbed_environment(), new_repository(tmp_path_factory.mktemp("markers"), bare=True) as made:
        yield made


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_files_with_both_markers_are_found(repo: Repo, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(ask, "AT_ONCE", at_once)
    files: dict[str, Entry | None] = {
        name: Entry("100644", stored_blob(repo, content, EMPTY)) for name, content in CONTENTS.items()
    }
    files |= {"link": Entry(LINK, stored_blob(repo, BOTH, EMPTY)), "gone": None, "module": Entry("160000", "1" * 40)}
    assert with_conflict_markers(repo, files) == {"both", "a:b\n<<<<<<< c", "longer", "crlf"}
