"""Conflicts that were settled before are settled the same way again, as git's own rerere would, and as safely."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from git import Repo

from tests_integration.repository.git import git as ask_git
from tests_integration.repository.git import opened, scrubbed_environment
from tests_integration.repository.rerere import learn, recalled
from tests_integration.selftests.waves import git

BASE, OURS, THEIRS, SETTLED = (f"1\n2\n{line}\n4\n5\n" for line in ("base", "ours", "theirs", "settled"))


class Desk:
    """A store in which conflicts arise, and a memory beside it."""

    def __init__(self, folder: Path, store: Repo) -> None:
        self.folder = folder
        self.store = store
        self.memory = folder / "rr-cache"
        self.number = count()

    def side(self, name: str, content: str | bytes, *parents: str) -> str:
        """A commit in the store whose tree holds one file."""
        folder = Path(self.store.git_dir)
        data = content.encode() if isinstance(content, str) else content
        blob = git(folder, "hash-object", "-w", "--stdin", stdin=data)
        tree = git(folder, "mktree", stdin=f"100644 blob {blob}\t{name}\n".encode())
        message = f"Side {next(self.number)}"  # so that the ids in the labels are never the same
        return git(folder, "commit-tree", tree, "-m", message, *(word for one in parents for word in ("-p", one)))

    def conflict(
        self, ours: str | bytes, theirs: str | bytes, base: str | bytes | None = BASE, *, name: str = "file"
    ) -> bytes:
        """What merge-tree makes of a file that two sides changed, or both added."""
        start = self.side("another" if base is None else name, base or "")
        tips = (self.side(name, ours, start), self.side(name, theirs, start))
        tree = git(Path(self.store.git_dir), "merge-tree", "--write-tree", *tips, fails=True).split("\n", 1)[0]
        return ask_git(self.store, "cat-file", "blob", f"{tree}:{name}")

    def learn(self, marked: bytes, settled: str | bytes) -> bool:
        """Record a settlement."""
        return learn(self.store, self.memory, marked, settled.encode() if isinstance(settled, str) else settled)

    def recalled(self, marked: bytes) -> bytes | None:
        """Ask for a settlement."""
        return recalled(self.store, self.memory, marked)

    @property
    def images(self) -> dict[str, bytes]:
        """All files of the memory, without the conflicts' ids."""
        return {file.name: file.read_bytes() for file in sorted(self.memory.rglob("*")) if file.is_file()}

    @property
    def entry(self) -> Path:
        """The folder of the only conflict known."""
        (folder,) = self.memory.iterdir()
        return folder


@pytest.fixture(params=["sha1"])
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A store without commits, its ids of the kind asked for, and no memory yet."""
    git(tmp_path, "init", "--quiet", "--bare", f"--object-format={request.param}", "store.git")
    with scrubbed_environment(), opened(tmp_path / "store.git") as store:
        yield Desk(tmp_path, store)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("desk", ["sha1", "sha256"], indirect=True)
def test_a_conflict_is_settled_again_as_it_was(desk: Desk) -> None:
    assert desk.recalled(desk.conflict(OURS, THEIRS)) is None
    assert desk.learn(desk.conflict(OURS, THEIRS), SETTLED)
    assert len(desk.entry.name) == len(desk.side("file", "")), "the id is of the store's kind"
    assert desk.recalled(desk.conflict(OURS, THEIRS)) == SETTLED.encode()


def test_neither_path_nor_commits_nor_the_order_of_sides_matter(desk: Desk) -> None:
    first = desk.conflict(OURS, THEIRS)
    desk.learn(first, SETTLED)
    again = desk.conflict(THEIRS, OURS, name="elsewhere")
    assert again != first
    assert desk.recalled(again) == SETTLED.encode()


def test_the_merge_base_and_the_rest_of_the_file_do_not_matter(desk: Desk) -> None:
    desk.learn(desk.conflict(OURS, THEIRS), SETTLED)
    more = "".join(f"{n}\n" for n in range(20))
    assert desk.recalled(desk.conflict(more + OURS, more + THEIRS, more + BASE)) == (more + SETTLED).encode()
    assert desk.recalled(desk.conflict(OURS, THEIRS, BASE.replace("base", "another"))) == SETTLED.encode()


@pytest.mark.parametrize("other", [OURS.replace("ours", "ours!"), "1\n2\n3\n4\n5\n6\nours\n"])
def test_another_conflict_is_not_known(desk: Desk, other: str) -> None:
    desk.learn(desk.conflict(OURS, THEIRS), SETTLED)
    assert desk.recalled(desk.conflict(other, THEIRS)) is None


def test_two_hunks_are_known_together_or_not_at_all(desk: Desk) -> None:
    gap = "".join(f"{n}\n" for n in range(9))
    both = desk.conflict(OURS + gap + OURS, THEIRS + gap + THEIRS, BASE + gap + BASE)
    assert both.count(b"<<<<<<<") == 2
    desk.learn(desk.conflict(OURS, THEIRS), SETTLED)
    assert desk.recalled(both) is None
    desk.learn(both, SETTLED + gap + OURS)
    assert desk.recalled(both) == (SETTLED + gap + OURS).encode()
    assert desk.recalled(desk.conflict(OURS, THEIRS)) == SETTLED.encode()


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "settled"),
    [
        pytest.param(None, "ours\n", "theirs\n", "both\n", id="both sides added it"),
        pytest.param(b"1\r\n2\r\n", b"1\r\no\r\n", b"1\r\nt\r\n", b"1\r\ns\r\n", id="CRLF"),
        pytest.param("1\n2", "1\nours", "1\ntheirs", "1\nsettled", id="no newline at the end"),
        pytest.param("a\n1\nz", "a\n2\nz", "a\n3\nz", "a\n4\nz", id="no newline at the end of what is agreed"),
        pytest.param(BASE, OURS, THEIRS, b"", id="settled as empty"),
        pytest.param("1\n\xe9\n".encode("latin-1"), b"1\n\xff\n", b"1\n\xfe\n", b"1\n\xfd\n", id="not UTF-8"),
        pytest.param(BASE, OURS, THEIRS, "=======\nTitle\n=======\n", id="settled with a title like a marker"),
        pytest.param("=======\nT\n" + BASE, "=======\nT\n" + OURS, "=======\nT\n" + THEIRS, "T\n", id="title outside"),
        pytest.param(BASE, "<<<<<<< a\no\n=======\nO\n>>>>>>> b\n", THEIRS, SETTLED, id="a side holds a conflict"),
    ],
)
def test_what_files_may_look_like(
    desk: Desk, base: str | bytes | None, ours: str | bytes, theirs: str | bytes, settled: str | bytes
) -> None:
    marked = desk.conflict(ours, theirs, base)
    assert b"\n>>>>>>> " in marked
    assert desk.learn(marked, settled)
    assert desk.recalled(marked) == (settled.encode() if isinstance(settled, str) else settled)


@pytest.mark.parametrize(
    ("ours", "settled"),
    [
        pytest.param("Title\n=======\nours\n", SETTLED, id="a line of a side looks like a marker"),
        pytest.param(OURS + "\0" * 4 + "\n", SETTLED, id="git would cut a line at NUL"),
        pytest.param(OURS, "1\n<<<<<<< a\n2\n=======\n3\n>>>>>>> b\n", id="settled with a conflict"),
        pytest.param(OURS, "1\n<<<<<<< a\n2\n", id="settled with half a conflict"),
    ],
)
def test_what_git_does_not_handle_is_neither_learned_nor_recalled(desk: Desk, ours: str, settled: str) -> None:
    fill = "fill\n" * 3000  # NUL makes a file binary to git only where it is near the beginning
    marked = desk.conflict(fill + ours, fill + THEIRS, fill + BASE)
    assert b"\n>>>>>>> " in marked
    assert not desk.learn(marked, settled)
    assert desk.images == {}
    assert desk.recalled(marked) is None


def test_a_file_without_conflict_is_neither_learned_nor_recalled(desk: Desk) -> None:
    assert not desk.learn(b"a binary file\n", SETTLED)
    assert desk.recalled(b"") is None
    assert desk.images == {}


def test_longer_markers_are_known_by_their_labels(desk: Desk) -> None:
    attributes = Path(desk.store.git_dir, "info", "attributes")
    attributes.write_text("file conflict-marker-size=12\n")
    marked = desk.conflict("1\n2\nTitle\n=======\n4\n5\n", THEIRS)
    assert b"\n============\n" in marked
    assert desk.learn(marked, SETTLED)
    assert desk.recalled(marked) == SETTLED.encode()


def test_a_later_settlement_replaces_an_earlier_one(desk: Desk) -> None:
    marked = desk.conflict(OURS, THEIRS)
    for settled in (SETTLED, "another\n", "another\n"):
        assert desk.learn(marked, settled)
        assert desk.recalled(marked) == settled.encode()
        assert list(desk.images) == ["postimage", "preimage"]


def test_the_same_hunks_in_other_surroundings_are_a_variant(desk: Desk) -> None:
    around = [[text.replace("2", n).replace("4", n) for text in (OURS, THEIRS, BASE)] for n in "ab"]
    first, second = (desk.conflict(*texts) for texts in around)
    assert desk.learn(first, "all anew\n")
    assert desk.recalled(second) is None
    assert desk.learn(second, "all anew, too\n")
    assert sorted(desk.images) == ["postimage", "postimage.1", "preimage", "preimage.1"]
    assert (desk.recalled(first), desk.recalled(second)) == (b"all anew\n", b"all anew, too\n")
    assert desk.learn(first, "replaced\n")
    assert desk.learn(second, "all anew, too\n"), "known already"
    assert (desk.recalled(first), desk.recalled(second)) == (b"replaced\n", b"all anew, too\n")


def test_every_variant_that_would_say_otherwise_is_replaced(desk: Desk) -> None:
    marked = desk.conflict(OURS, THEIRS)
    desk.learn(marked, SETTLED)
    for image in list(desk.entry.iterdir()):
        image.with_name(f"{image.name}.3").write_bytes(image.read_bytes())
    desk.learn(marked, "another\n")
    assert list(desk.images) == ["postimage", "preimage"]
    assert desk.recalled(marked) == b"another\n"


def test_other_entries_stay_and_nothing_else_is_left(desk: Desk) -> None:
    desk.learn(desk.conflict(OURS, THEIRS), SETTLED)
    (desk.memory / "notes.txt").write_text("mine")
    before = contents(desk.memory)
    desk.learn(desk.conflict("more\n", "less\n"), "some\n")
    after = contents(desk.memory)
    assert {name: after[name] for name in before} == before
    assert sorted(Path(name).name for name in after.keys() - before.keys()) == ["postimage", "preimage"]


def test_the_same_is_learned_byte_for_byte_and_the_store_is_not_touched(desk: Desk) -> None:
    marked, swapped = desk.conflict(OURS, THEIRS), desk.conflict(THEIRS, OURS)
    store = contents(Path(desk.store.git_dir))
    desk.learn(marked, SETTLED)
    once = contents(desk.memory)
    desk.memory = desk.folder / "new" / "rr-cache"
    desk.learn(swapped, SETTLED)
    desk.recalled(marked)
    assert contents(desk.memory) == once
    assert contents(Path(desk.store.git_dir)) == store


def person_merges(desk: Desk, memory: Path | None = None) -> Path:
    """A person's clone in the middle of a conflicted merge, with rerere on and perhaps somebody's memory."""
    start = desk.side("file", BASE)
    ours, theirs = desk.side("file", OURS, start), desk.side("file", THEIRS, start)
    git(Path(desk.store.git_dir), "update-ref", "refs/heads/theirs", theirs)
    git(Path(desk.store.git_dir), "update-ref", "refs/heads/ours", ours)
    clone = desk.folder / "clone"
    git(desk.folder, "clone", "--quiet", "--branch=ours", "store.git", "clone")
    git(clone, "config", "rerere.enabled", "true")
    if memory:
        memory.rename(clone / ".git" / "rr-cache")
    git(clone, "merge", "origin/theirs", fails=True)
    return clone


def test_what_a_person_settled_in_a_clone_is_recalled(desk: Desk) -> None:
    clone = person_merges(desk)
    (clone / "file").write_text(SETTLED)
    git(clone, "add", "file")
    git(clone, "commit", "--quiet", "--message", "Merge")
    desk.memory = clone / ".git" / "rr-cache"
    assert desk.recalled(desk.conflict(THEIRS, OURS)) == SETTLED.encode()


def test_what_was_learned_helps_a_person_in_a_clone(desk: Desk) -> None:
    desk.learn(desk.conflict(THEIRS, OURS), SETTLED)
    clone = person_merges(desk, desk.memory)
    assert (clone / "file").read_text() == SETTLED


@pytest.mark.parametrize("name", ["memory", "entry", "postimage", "preimage"])
def test_links_in_the_memory_are_not_followed(desk: Desk, name: str) -> None:
    marked = desk.conflict(OURS, THEIRS)
    desk.learn(marked, SETTLED)
    link = {"memory": desk.memory, "entry": desk.entry}.get(name, desk.entry / name)
    elsewhere = desk.folder / "elsewhere"
    link.rename(elsewhere)
    link.symlink_to(elsewhere)
    before = contents(elsewhere) if elsewhere.is_dir() else elsewhere.read_bytes()
    assert desk.recalled(marked) is None
    if elsewhere.is_dir():
        with pytest.raises(NotADirectoryError, match="is a link"):
            desk.learn(marked, "another\n")
    else:
        assert desk.learn(marked, "another\n")
        assert desk.recalled(marked) == b"another\n"
    assert (contents(elsewhere) if elsewhere.is_dir() else elsewhere.read_bytes()) == before


def test_what_is_no_plain_file_is_not_read(desk: Desk) -> None:
    marked = desk.conflict(OURS, THEIRS)
    desk.learn(marked, SETTLED)
    (desk.entry / "postimage").unlink()
    os.mkfifo(desk.entry / "postimage")
    assert desk.recalled(marked) is None


@pytest.mark.parametrize("end", [".-5", ".1000000000", ".01", ".x"])
def test_names_of_variants_that_would_upset_git_are_not_read(desk: Desk, end: str) -> None:
    marked = desk.conflict(OURS, THEIRS)
    desk.learn(marked, SETTLED)
    for image in list(desk.entry.iterdir()):
        image.rename(image.with_name(image.name + end))
    assert desk.recalled(marked) is None


@pytest.mark.parametrize("more", ["=======\n2\n>>>>>>> b\n", ""])
def test_a_settlement_that_itself_holds_a_conflict_is_not_recalled(desk: Desk, more: str) -> None:
    marked = desk.conflict(OURS, THEIRS)
    desk.learn(marked, SETTLED)
    (desk.entry / "postimage").write_text(f"<<<<<<< a\n1\n{more}")
    assert desk.recalled(marked) is None


def test_half_an_entry_is_not_known_and_is_made_whole(desk: Desk) -> None:
    marked = desk.conflict(OURS, THEIRS)
    desk.learn(marked, SETTLED)
    (desk.entry / "postimage").unlink()
    assert desk.recalled(marked) is None
    assert desk.learn(marked, SETTLED)
    assert desk.recalled(marked) == SETTLED.encode()


def test_a_memory_that_is_a_file_is_told(desk: Desk) -> None:
    desk.memory.write_text("not a folder")
    marked = desk.conflict(OURS, THEIRS)
    assert desk.recalled(marked) is None
    with pytest.raises(NotADirectoryError):
        desk.learn(marked, SETTLED)
