"""How trees differ, path by path (git-diff-tree(1)), renames not guessed."""

from collections.abc import Iterable
from typing import NamedTuple

from git import Repo

from tests_integration.repository.entry import Entry
from tests_integration.repository.git import git

ABSENT = "0" * 6
RAW = ("-r", "-z", "--raw", "--no-renames", "--no-abbrev")


class Change(NamedTuple):
    """How a path differs between two trees; None where it is not there."""

    before: Entry | None
    after: Entry | None


def changes(repo: Repo, before: str, after: str) -> dict[str, Change]:
    """Paths that differ between two trees or commits, renames not guessed (git-diff-tree(1))."""
    if before == after:
        return {}
    out = git(repo, "diff-tree", *RAW, before, after, "--")
    fields = iter(out.split(b"\0")[:-1])
    return {_text(next(fields)): _change(meta) for meta in fields}


def all_changes(repo: Repo, pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, Change]]:
    """Paths that differ between commits and what they are held against, in one process; by commit."""
    pairs = list(pairs)
    found: dict[str, dict[str, Change]] = {commit: {} for commit, _ in pairs}
    stdin = "".join(f"{commit} {against}\n" for commit, against in pairs).encode()
    fields = iter(git(repo, "diff-tree", "--stdin", *RAW, stdin=stdin).split(b"\0")[:-1])
    commit = ""
    for field in fields:
        if field.startswith(b":"):
            found[commit][_text(next(fields))] = _change(field)
        else:
            commit = field.decode()
    return found


def changes_of_trees(repo: Repo, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Change]]:
    """Paths that differ between two trees (ids), of many pairs in one process."""
    found: dict[tuple[str, str], dict[str, Change]] = {pair: {} for pair in pairs}
    stdin = "".join(f"{before} {after}\n" for before, after in found if before != after).encode()
    fields = iter(git(repo, "diff-tree", "--stdin", *RAW, stdin=stdin).split(b"\0")[:-1] if stdin else ())
    pair = ("", "")
    for field in fields:
        heads, _, meta = field.rpartition(b"\n")  # git ends the line that names a pair like any other
        if heads:
            before, after = heads.decode().split("\n")[-1].split()
            pair = before, after
        found[pair][_text(next(fields))] = _change(meta)
    return found


def _change(meta: bytes) -> Change:
    mode_before, mode_after, blob_before, blob_after, _ = meta.decode().lstrip(":").split()
    return Change(
        None if mode_before == ABSENT else Entry(mode_before, blob_before),
        None if mode_after == ABSENT else Entry(mode_after, blob_after),
    )


def _text(path: bytes) -> str:
    return path.decode(errors="surrogateescape")
