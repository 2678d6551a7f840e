"""Whose lines a merge removed: the same as git-blame(1) says, in whatever way files and their names are odd."""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from git import Repo
from hypothesis import given, settings
from hypothesis import strategies as st

from tests_integration.repository import provenance as under_test
from tests_integration.repository.git import git, scrubbed_environment
from tests_integration.repository.provenance import FileChange, Hunk, provenance
from tests_integration.repository.store import open_store

quick = settings(derandomize=True, database=None, deadline=None, max_examples=25)
TIP = "refs/heads/integration"
File = bytes | tuple[str, bytes]
Tree = Mapping[str, File]


class Chain(NamedTuple):
    """Ids of an integration branch's commits, number 0 the base, and what is said to have changed in each."""

    ids: tuple[str, ...]
    changes: tuple[tuple[FileChange, ...], ...]

    def only(self, number: int) -> FileChange:
        """The one file that a commit changed."""
        (change,) = self.changes[number]
        return change

    def gone(self, number: int) -> list[tuple[bytes, int | None]]:
        """Lines that a commit removed, each with the number of the commit that had brought it."""
        gone = [line for change in self.changes[number] for hunk in change.hunks for line in hunk.removed]
        return [(line.text, self.ids.index(line.origin.commit) if line.origin else None) for line in gone]

    def touched(self, number: int) -> dict[str, list[int]]:
        """Numbers of the commits that shaped each file that a commit changed."""
        changes = self.changes[number]
        return {change.path: [self.ids.index(commit) for commit in change.origins] for change in changes}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Repo]:
    """An empty bare repository."""
    with scrubbed_environment(), open_store(tmp_path / "store.git") as opened:
        yield opened


def chain(store: Repo, *trees: Tree, sides: int = 1) -> Chain:
    """Let the trees be a chain: the base, then merges, each of so many branches that were begun at the base."""
    stream = [_commit(1, "refs/heads/base", trees[0])]
    for number, tree in enumerate(trees[1:], 2):
        tops = range(number * 100, number * 100 + sides)
        stream += [_commit(top, f"refs/heads/{top}", {str(top): b"a side\n"}, 1) for top in tops]
        stream.append(_commit(number, TIP, tree, number - 1, *tops))
    git(store, "fast-import", "--quiet", "--force", stdin=b"".join(stream))
    base = git(store, "rev-parse", "refs/heads/base").decode().strip()
    ids = git(store, "rev-list", "--first-parent", "--reverse", f"{base}..{TIP}").decode().split()
    found = provenance(store, base, TIP)
    assert list(found) == ids
    return Chain((base, *ids), ((), *found.values()))


def _commit(mark: int, ref: str, tree: Tree, *parents: int) -> bytes:
    """A commit as git-fast-import(1) reads it; names are quoted byte by byte."""
    head = f"commit {ref}\nmark :{mark}\ncommitter E <e@example.org> {mark} +0000\ndata 2\nm\n"
    head += "".join(f"{'merge' if n else 'from'} :{parent}\n" for n, parent in enumerate(parents)) + "deleteall\n"
    return head.encode() + b"".join(_entry(path, file) for path, file in tree.items())


def _entry(path: str, file: File) -> bytes:
    quoted = "".join(f"\\{byte:03o}" for byte in path.encode(errors="surrogateescape"))
    mode, content = file if isinstance(file, tuple) else ("100644", file)
    if mode == "160000":
        return f'M {mode} {content.decode()} "{quoted}"\n'.encode()
    return f'M {mode} inline "{quoted}"\ndata {len(content)}\n'.encode() + content + b"\n"


def lines(content: bytes) -> list[bytes]:
    """Lines as git has them, each with its end."""
    return re.findall(rb"[^\n]*\n|[^\n]+\Z", content)


def replayed(before: Sequence[bytes], hunks: Sequence[Hunk]) -> tuple[list[bytes], list[int]]:
    """The lines of a file after these hunks, and the places where removed lines stood before."""
    after: list[bytes] = []
    gone: list[int] = []
    at = 0
    for hunk in hunks:
        top = at + hunk.start - len(after)
        after += [*before[at:top], *hunk.added]
        at = top + len(hunk.removed)
        gone += range(top, at)
        assert [line.text for line in hunk.removed] == before[top:at]
    return [*after, *before[at:]], gone


def blamed(store: Repo, commit: str, path: str) -> list[str]:
    """The commit that git-blame(1) holds for each line of a file."""
    out = git(store, "blame", "--first-parent", "--porcelain", commit, "--", path)
    return [found.decode() for found in re.findall(rb"^([0-9a-f]{40}) \d+ \d+", out, re.MULTILINE)]


contents = st.lists(st.sampled_from([b"%d\n" % n for n in range(9)]), max_size=12).map(b"".join)
"""Few kinds of lines, so that most stand there more than once."""


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, bytes]]:
    """Trees that follow each other: files are edited, renamed, removed and added, at most one to a new name at once.

    Where there are several, git-log(1) may pair them otherwise than git-blame(1), which looks for one name only.
    """
    trees = [{name: draw(contents) for name in "abc"}]
    for number in range(draw(st.integers(2, 7))):
        tree = dict(trees[-1])
        for name in draw(st.lists(st.sampled_from(sorted(tree)), unique=True, max_size=3)) if tree else []:
            tree[name] = draw(edits(tree[name]))
        if tree and draw(st.integers(0, 3)) == 0:
            del tree[draw(st.sampled_from(sorted(tree)))]
        if draw(st.booleans()):
            new, old = f"n{number}", draw(st.sampled_from([*sorted(tree), ""]))
            tree[new] = draw(edits(tree.pop(old))) if old else draw(contents)
        trees.append(tree)
    return trees


@st.composite
def edits(draw: st.DrawFn, content: bytes) -> bytes:
    """The content with a few lines replaced, and now and then without the last line's end."""
    old = [line.rstrip(b"\n") + b"\n" for line in lines(content)]
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(old)))
        old[at : at + draw(st.integers(0, 3))] = lines(draw(contents))[:3]
    joined = b"".join(old)
    return joined.removesuffix(b"\n") if draw(st.integers(0, 4)) == 0 else joined


@quick
@given(histories())
def test_the_same_as_git_blame_and_replayed_to_the_same_files(trees: list[dict[str, bytes]]) -> None:
    with scrubbed_environment(), tempfile.TemporaryDirectory() as folder, open_store(Path(folder, "s")) as store:
        found = chain(store, *trees)
        for number, (before, after) in enumerate(pairwise(trees), 1):
            tree = dict(before)
            for change in found.changes[number]:
                old = lines(tree.pop(change.before, b""))
                new, gone = replayed(old, change.hunks)
                if change.kind != "deleted":
                    tree[change.path] = b"".join(new)
                says = blamed(store, found.ids[number - 1], change.before) if gone else []
                wanted = [found.ids.index(says[place]) or None for place in gone]
                removed = [line for hunk in change.hunks for line in hunk.removed]
                assert [line.origin and found.ids.index(line.origin.commit) for line in removed] == wanted
            assert tree == after


def test_a_merge_undoes_lines_of_another(store: Repo) -> None:
    base = b"1\n2\n3\n"
    found = chain(store, {"f": base}, {"f": b"0\n1\n2\ntwo\n3\n"}, {"f": b"0\none\n2\ntwo\n3\n"}, {"f": b"0\n2\n3\n"})
    assert found.gone(2) == [(b"1\n", None)]
    assert found.gone(3) == [(b"one\n", 2), (b"two\n", 1)]
    first, second = found.only(3).hunks
    assert (first.start, second.start) == (1, 2)
    assert (first.removed[0].origin, second.removed[0].origin) == (found.only(2).hunks[0], found.only(1).hunks[1])
    assert found.touched(3) == {"f": [1, 2]}


def test_one_process_and_no_more(store: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    found = chain(store, *({"f": b"%d\n" % n} for n in range(9)))
    answers = [git(store, *under_test.LOG, f"{found.ids[0]}..{TIP}", "--")]
    monkeypatch.setattr(under_test, "git", lambda *_: answers.pop())
    assert tuple(provenance(store, found.ids[0], TIP)) == found.ids[1:]


@pytest.mark.parametrize("sides", [0, 1, 3])
def test_a_commit_of_any_number_of_parents_differs_from_the_first(store: Repo, sides: int) -> None:
    found = chain(store, {"f": b"1\n"}, {"f": b"2\n"}, {"f": b"2\n"}, {"f": b"3\n"}, sides=sides)
    assert [len(changes) for changes in found.changes] == [0, 1, 0, 1]
    assert found.gone(3) == [(b"2\n", 1)]


def test_a_chain_that_begins_with_a_root_of_its_own(store: Repo) -> None:
    tip = chain(store, {"f": b"1\n"}, {"f": b"2\n"}).ids[1]
    git(store, "fast-import", "--quiet", stdin=_commit(1, "refs/heads/elsewhere", {}))
    git(store, "config", "log.showRoot", "false")
    first, second = provenance(store, "refs/heads/elsewhere", tip).values()
    assert (first[0].kind, first[0].hunks[0].added) == ("added", (b"1\n",))
    assert second[0].hunks[0].removed[0].origin is first[0].hunks[0]


ODD = (
    b'a b/a b| b/x|x b/x b|new\nline|tab\there|quo"te|back\\slash|bell\a|return\r|spaced |n\xff\xfe|\xc3\xbc|'
    b":100644 100644 0 0 M|diff --git a|@@ -1 +1 @@|dev/null|a/a|\\123|-p"
)
ODD_NAMES = ODD.decode(errors="surrogateescape").split("|")
LOOKS_LIKE_GIT = (
    b"diff --git a/f b/f|--- a/f|+++ b/f|@@ -1 +1 @@|-- a/f|++ b/f|\\ No newline at end of file|old mode 100644|"
    b"Binary files a/f and b/f differ|:100644 100644 0 0 M\0f\0|0123456789012345678901234567890123456789\0|"
    b"|-|+| |\\|cr\r|\r|f\xff\xfe|a\fb\vc\x85d"
).split(b"|")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name(store: Repo, name: str) -> None:
    text = b"1\n2\n3\n4\n5\n"
    found = chain(store, {"old": text}, {name: text + b"6\n"}, {name: text + b"7\n"}, {}, {name: text}, {"new": text})
    told = [found.only(n)[:3] for n in range(1, 6)]
    assert told[:2] == [(name, "old", "renamed"), (name, name, "modified")]
    assert told[2:] == [(name, name, "deleted"), (name, name, "added"), ("new", name, "renamed")]
    assert (found.gone(2), found.gone(3)[4:]) == ([(b"6\n", 1)], [(b"5\n", None), (b"7\n", 2)])
    assert (found.touched(3), found.touched(5)) == ({name: [1, 2]}, {"new": [4]})


def test_content_that_looks_like_what_git_prints(store: Repo) -> None:
    head = b"a long line, so that nothing is taken for binary\n" * 200
    text = head + b"".join(line + b"\n" for line in LOOKS_LIKE_GIT)
    found = chain(store, {"f": head}, {"f": text, "g": text}, {"f": head, "g": text}, {"f": head})
    assert [b"".join(change.hunks[0].added) for change in found.changes[1]] == [text.removeprefix(head), text]
    assert found.gone(2) == [(line + b"\n", 1) for line in LOOKS_LIKE_GIT]
    assert found.gone(3) == [(line, 1) for line in lines(text)]


@pytest.mark.parametrize("heading", LOOKS_LIKE_GIT)
def test_a_heading_of_a_hunk_that_looks_like_what_git_prints(store: Repo, heading: bytes) -> None:
    text = b"x\n" * 4000 + b"f" + heading + b"\n" + b"x\n" * 9
    found = chain(store, {"f": text + b"1\n"}, {"f": text + b"2\n"}, {"f": text + b"3\n4\n"})
    assert found.gone(2) == [(b"2\n", 1)]
    assert found.only(2).hunks[0].added == (b"3\n", b"4\n")


def test_a_last_line_without_its_end_and_other_ends_of_lines(store: Repo) -> None:
    found = chain(store, {"f": b"1"}, {"f": b"1\n2"}, {"f": b"1\n2\n"}, {"f": b"1\n3"}, {"f": b"1\n4"}, {"f": b""})
    assert [found.only(n).hunks[0].added for n in range(1, 6)] == [(b"1\n", b"2"), (b"2\n",), (b"3",), (b"4",), ()]
    assert [found.gone(n) for n in range(1, 5)] == [[(b"1", None)], [(b"2", 1)], [(b"2\n", 2)], [(b"3", 3)]]
    assert found.gone(5) == [(b"1\n", 1), (b"4", 4)]
    other = chain(store, {"f": b"1\n2\n"}, {"f": b"1\r\n2\n"}, {"f": b"1\n2\r\n"})
    assert (other.gone(1), other.gone(2)) == ([(b"1\n", None)], [(b"1\r\n", 1), (b"2\n", None)])


def test_a_mode_alone_and_empty_files(store: Repo) -> None:
    found = chain(store, {"z": b""}, {"z": b"", "f": b""}, {"z": b"", "f": b"1\n"}, {"z": b"", "f": b""}, {"y": b""})
    assert found.only(1) == FileChange("f", "f", "added", binary=False, hunks=(), origins=())
    assert (found.only(2).kind, found.gone(3)) == ("modified", [(b"1\n", 2)])
    assert {change.path: change.kind for change in found.changes[4]} == {"f": "deleted", "y": "added", "z": "deleted"}
    assert found.touched(4) == {"f": [1, 2, 3], "y": [], "z": []}
    found = chain(store, {"f": b"1\n"}, {"f": ("100755", b"1\n")}, {"f": ("100755", b"2\n")})
    assert found.only(1) == FileChange("f", "f", "modified", binary=False, hunks=(), origins=())
    assert (found.gone(2), found.touched(2)) == ([(b"1\n", None)], {"f": [1]})


def test_binary_files(store: Repo) -> None:
    found = chain(store, {"b": b"\0base"}, {"b": b"\0one"}, {"b": b"\0two\n"}, {"c": b"\0two\n"}, {})
    assert [(found.only(n).kind, found.only(n).binary) for n in (1, 2)] == [("modified", True)] * 2
    assert [(hunk.removed, hunk.added) for hunk in found.only(2).hunks] == [((), ())]
    assert found.only(3)[2:5] == ("renamed", False, ())
    assert (found.only(4).kind, found.only(4).binary, found.touched(4)) == ("deleted", True, {"c": [1, 2, 3]})


def test_binary_files_of_any_name(store: Repo) -> None:
    found = chain(store, {}, dict.fromkeys(ODD_NAMES, b"\0one"), dict.fromkeys(ODD_NAMES, b"\0two"))
    assert {change[:4] for change in found.changes[2]} == {(name, name, "modified", True) for name in ODD_NAMES}


def test_text_that_was_binary_in_between_is_of_the_commit_that_made_it_text(store: Repo) -> None:
    found = chain(store, {"f": b"1\n"}, {"f": b"\0\n"}, {"f": b"1\n2\n"}, {"f": b"1\n3\n"}, {})
    assert [change.binary for n in (1, 2, 3, 4) for change in found.changes[n]] == [True, True, False, False]
    assert found.gone(3) == [(b"2\n", 2)]
    assert found.gone(4) == [(b"1\n", 2), (b"3\n", 3)]
    assert found.only(3).hunks[0].removed[0].origin is found.only(2).hunks[0]


def test_a_submodule(store: Repo) -> None:
    one, two, three = (("160000", digit * 40) for digit in (b"1", b"2", b"3"))
    found = chain(store, {"s": one}, {"s": two}, {"s": three}, {"s": b"text\n"}, {"s": one})
    assert found.gone(2) == [(b"Subproject commit " + b"2" * 40 + b"\n", 1)]
    assert [change.kind for change in found.changes[3]] == ["deleted", "added"]
    assert found.gone(4) == [(b"text\n", 3)]


def test_a_file_that_becomes_a_link_and_a_file_again(store: Repo) -> None:
    links: list[Tree] = [{"f": ("120000", target)} for target in (b"1", b"2")]
    found = chain(store, {"f": b"1\n"}, {"f": b"1\n2\n"}, links[0], {"f": b"1\n"}, *links)
    for number in (2, 3):
        deleted, added = found.changes[number]
        assert (deleted.kind, deleted.path, added.kind, added.path) == ("deleted", "f", "added", "f")
        assert (deleted.origins, added.origins) == ((found.ids[number - 1],), ())
    assert (found.gone(2), found.gone(3)) == ([(b"1\n", None), (b"2\n", 1)], [(b"1", 2)])
    assert (found.gone(5), found.only(5).hunks[0].added, found.touched(5)) == ([(b"1", 4)], (b"2",), {"f": [4]})


def test_a_file_that_comes_again_knows_nothing_of_the_one_that_went(store: Repo) -> None:
    found = chain(store, {"f": b"1\n2\n"}, {"f": b"1\n3\n"}, {"z": b"z\n"}, {"z": b"z\n", "f": b"1\n"}, {"z": b"z\n"})
    assert sorted(found.gone(2)) == [(b"1\n", None), (b"3\n", 1)]
    assert (found.touched(3), found.touched(4)) == ({"f": []}, {"f": [3]})
    assert found.gone(4) == [(b"1\n", 3)]


MISLEADING = (
    *(
        "color.ui=always",
        "diff.context=9",
        "diff.ignoreSubmodules=all",
        "diff.interHunkContext=9",
        "diff.noprefix=true",
    ),
    *("diff.mnemonicPrefix=true", "diff.renameLimit=1", "diff.submodule=log", "log.diffMerges=separate"),
)


@pytest.mark.parametrize("setting", MISLEADING)
def test_settings_of_the_repository_do_not_matter(store: Repo, setting: str) -> None:
    before: Tree = {"f": b"1\n2\n3\n", "a": b"a\n" * 9, "b": b"b\n" * 9, "s": ("160000", b"1" * 40)}
    after: Tree = {"f": b"one\n2\nthree\n", "c": b"a\n" * 8, "d": b"b\n" * 8, "s": ("160000", b"2" * 40)}
    git(store, "config", *setting.split("="))
    kinds = [(change.path, change.kind, len(change.hunks)) for change in chain(store, before, after).changes[1]]
    assert kinds == [("c", "renamed", 1), ("d", "renamed", 1), ("f", "modified", 2), ("s", "modified", 1)]


def test_files_are_never_converted(store: Repo) -> None:
    (Path(store.git_dir) / "info" / "attributes").write_text("f diff=none\n", encoding="utf-8")
    git(store, "config", "diff.none.textconv", "true")
    assert chain(store, {"f": b"1\n"}, {"f": b"2\n"}, {"f": b"3\n"}).gone(2) == [(b"2\n", 1)]


def test_long_ids(store: Repo) -> None:
    folder = Path(store.git_dir) / "long.git"
    git(store, "init", "--quiet", "--bare", "--object-format=sha256", str(folder))
    with open_store(folder) as long:
        assert chain(long, {"f": b"1\n"}, {"f": b"2\n"}, {"f": b"3\n"}).gone(2) == [(b"2\n", 1)]


@pytest.mark.parametrize("out", [b"fatal", b"0" * 40 + b"\0\n:100644 100644 0 0 M\0f\0\0 f | 2 +-\n"])
def test_what_is_not_understood_is_not_passed_over(store: Repo, monkeypatch: pytest.MonkeyPatch, out: bytes) -> None:
    monkeypatch.setattr(under_test, "git", lambda *_: out)
    with pytest.raises(ValueError, match="not understood"):
        provenance(store, TIP, TIP)


def test_a_hunk_is_itself_alone_and_shown_without_those_that_it_knows(store: Repo) -> None:
    found = chain(store, *({"f": b"%d\n" % n} for n in range(40)))
    assert len(repr(found.only(39).hunks)) < 200
    assert replace(found.only(1).hunks[0]) != found.only(1).hunks[0]
