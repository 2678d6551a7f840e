"""Trees are edited along changed paths only, and come out as git's own index of the whole tree makes them."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from git import Repo
from hypothesis import given, settings
from hypothesis import strategies as st

from tests_integration.repository import chain
from tests_integration.repository.entry import Entry
from tests_integration.repository.git import GitError, answer, git, new_repository, scrubbed_environment
from tests_integration.repository.objects import read, write
from tests_integration.repository.trees import (
    APPLY,
    edited,
    file_at,
    files_at,
    in_the_way,
    is_applied,
    patched,
    stored_blob,
)

SUBMODULE = Entry("160000", "1" * 40)
NAMES = ("a", "a.b", "a-", "ab", "b", "é")
"""They sort in one way as files, and in another as folders."""

PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
MODES = st.sampled_from(["100644", "100755", "120000", "160000"])
FILES = st.dictionaries(PATHS, st.tuples(MODES, st.integers(0, 2)), max_size=8)
EDITS = st.dictionaries(PATHS, st.none() | st.tuples(MODES, st.integers(0, 2)), min_size=1, max_size=5)

Wanted = Mapping[str, tuple[str, int] | None]


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repo]:
    with scrubbed_environment(), new_repository(tmp_path_factory.mktemp("trees"), bare=True) as made:
        yield made


@pytest.fixture(scope="module")
def blobs(repo: Repo) -> list[str]:
    return [
        stored_blob(repo, "".join(f"{n} line {line}\n" for line in range(9)).encode(), chain.EMPTY) for n in range(3)
    ]


@pytest.fixture(scope="module")
def empty(repo: Repo) -> str:
    return git(repo, "mktree").decode().strip()


def entries(blobs: list[str], wanted: Wanted) -> dict[str, Entry | None]:
    return {
        path: SUBMODULE if file and file[0] == SUBMODULE.mode else Entry(file[0], blobs[file[1]]) if file else None
        for path, file in wanted.items()
    }


def by_index(repo: Repo, tree: str, edits: Mapping[str, Entry | None], *then: str, stdin: bytes = b"") -> str:
    """What git makes of it in an index of the whole tree; then after another command on that."""
    nothing = Entry("0", "0" * 40)
    rows = [f"{(entry or nothing).mode} {(entry or nothing).blob}\t{path}\0" for path, entry in edits.items()]
    with tempfile.TemporaryDirectory() as folder:
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git(repo, "read-tree", tree, env=env)
        git(repo, "update-index", "--replace", "-z", "--index-info", stdin="".join(rows).encode(), env=env)
        if then:
            git(repo, *then, stdin=stdin, env=env)
        return git(repo, "write-tree", env=env).decode().strip()


@settings(max_examples=40, deadline=None)
@given(files=FILES, edits=EDITS)
def test_edits_give_the_tree_that_an_index_gives(
    repo: Repo, blobs: list[str], empty: str, files: Wanted, edits: Wanted
) -> None:
    before = by_index(repo, empty, entries(blobs, files))
    assert edited(repo, empty, entries(blobs, files)) == before
    assert edited(repo, before, entries(blobs, edits)) == by_index(repo, before, entries(blobs, edits))


@settings(max_examples=15, deadline=None)
@given(files=FILES, changes=EDITS, elsewhere=EDITS)
def test_patches_give_the_tree_that_an_index_gives(
    repo: Repo, blobs: list[str], empty: str, files: Wanted, changes: Wanted, elsewhere: Wanted
) -> None:
    before = edited(repo, empty, entries(blobs, files))
    after = edited(repo, before, entries(blobs, changes))
    other = edited(repo, before, entries(blobs, elsewhere))
    patch = git(repo, "diff-tree", "-p", "--binary", "-M", "-C", "--find-copies-harder", before, after)
    by_git = partial(by_index, repo, stdin=patch)
    for tree in (after, other):
        assert outcome(patched, repo, tree, patch) == outcome(by_git, tree, {}, *APPLY, "-")
        assert is_applied(repo, tree, patch) == (outcome(by_git, tree, {}, *APPLY, "--check", "--reverse", "-") == tree)


def outcome(make: Callable[..., str], *arguments: object) -> str | None:
    """The tree, or that there is none."""
    try:
        return make(*arguments)
    except GitError:
        return None


def tree(repo: Repo, *rows: tuple[str, str, str]) -> str:
    """A tree as nobody's git writes it: rows of mode, name and id, as they stand."""
    data = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(name_of) for mode, name, name_of in rows)
    return write(repo, "tree", data, like="0" * 40)


HOSTILE = {
    "twice": [("100644", "a"), ("100644", "a")],
    "as a file and as a folder": [("100644", "a"), ("40000", "a")],
    "out of order": [("100644", "b"), ("100644", "a")],
    "out of a folder's order": [("40000", "a"), ("100644", "a.b")],
    "of two steps": [("100644", "a/b")],
    "..": [("40000", "..")],
    ".": [("40000", ".")],
    ".GIT": [("40000", ".GIT")],
    "git~1": [("100644", "git~1")],
    ".g\u200cit": [("40000", ".g\u200cit")],
    "a link called .gitmodules": [("120000", ".gitmodules")],
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_tree_that_git_would_not_make_is_refused(repo: Repo, blobs: list[str], empty: str, kind: str) -> None:
    inner = edited(repo, empty, {"x": Entry("100644", blobs[0])})
    top = tree(repo, *((mode, name, inner if mode == "40000" else blobs[0]) for mode, name in HOSTILE[kind]))
    for hostile, place in ((top, "new"), (tree(repo, ("40000", "down", top)), "down/new")):
        with pytest.raises(GitError, match=r"invalid path|has a name twice, or names out of order"):
            edited(repo, hostile, {place: Entry("100644", blobs[1])})
        with pytest.raises(GitError, match=r"invalid path|has a name twice, or names out of order"):
            file_at(repo, hostile, place)


@pytest.mark.parametrize("cut", [1, 20, 27])
def test_a_torn_tree_is_refused(repo: Repo, blobs: list[str], empty: str, cut: int) -> None:
    data = read(repo, edited(repo, empty, {"a": Entry("100644", blobs[0])}))[1]
    torn = write(repo, "tree", data[:-cut], like=empty)
    with pytest.raises(GitError, match="is malformed"):
        edited(repo, torn, {"new": Entry("100644", blobs[0])})


@pytest.mark.parametrize(
    ("path", "mode", "said"),
    [
        *((path, "100644", "invalid path") for path in ("../x", "a/.git/x", "/x", "a//x", "", "git~1", "a\0b")),
        (".gitmodules", "120000", "invalid path"),
        ("x", "40000", "cannot be of mode"),
        ("x", "100666", "cannot be of mode"),
    ],
)
def test_a_path_that_leads_elsewhere_is_not_set(
    repo: Repo, blobs: list[str], empty: str, path: str, mode: str, said: str
) -> None:
    with pytest.raises(GitError, match=said):
        edited(repo, empty, {path: Entry(mode, blobs[0])})
    assert edited(repo, empty, {path: None}) == empty


def test_a_content_has_to_be_there(repo: Repo, empty: str) -> None:
    missing = {"x": Entry("100644", "2" * 40)}
    with pytest.raises(GitError, match="invalid object 100644 2222"):
        edited(repo, empty, missing)
    assert file_at(repo, edited(repo, empty, missing, missing_ok=True), "x") == missing["x"]
    for name in ("HEAD", "2" * 39, f"{'2' * 40}\n"):
        with pytest.raises(GitError, match="cannot be of mode"):
            edited(repo, empty, {"x": Entry("100644", name)}, missing_ok=True)


def test_paths_may_be_thousands_of_folders_deep(repo: Repo, blobs: list[str], empty: str) -> None:
    deep = "/".join(["a"] * 2000)
    made = edited(repo, empty, {deep: Entry("100644", blobs[0]), "a/b": Entry("100644", blobs[1])})
    assert files_at(repo, made, [deep, "a/b", "a/a", "b"]) == {
        deep: Entry("100644", blobs[0]),
        "a/b": Entry("100644", blobs[1]),
    }
    assert edited(repo, made, {deep: None, "a/b": None}) == empty


def test_what_a_new_file_would_displace(repo: Repo, blobs: list[str], empty: str) -> None:
    made = edited(repo, empty, {path: Entry("100644", blobs[0]) for path in ("a", "b/c/d", "b/c.d")})
    found = {path: in_the_way(repo, made, path) for path in ("a", "a/x/y", "b", "b/c", "b/c/d", "c", "b/x")}
    assert found == {"a": None, "a/x/y": "a", "b": "b/c.d", "b/c": "b/c/d", "b/c/d": None, "c": None, "b/x": None}


def test_only_trees_along_changed_paths_are_read(repo: Repo, blobs: list[str], empty: str) -> None:
    made = edited(repo, empty, {"a/x": Entry("100644", blobs[0]), "b/y": Entry("100644", blobs[1])})
    top = tree(repo, ("40000", "a", git(repo, "rev-parse", f"{made}:a").decode().strip()), ("40000", "b", "3" * 40))
    after = edited(repo, top, {"a/x": None, "a/z": Entry("100755", blobs[2])})
    assert f"040000 tree {'3' * 40}\tb" in git(repo, "ls-tree", after).decode()
    assert answer(repo, "read-tree", after, ok=(0, 128))[0] == 128
