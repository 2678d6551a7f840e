"""Merges in memory: no index, no work tree (git-merge-tree(1), 2.38 and later)."""

import re
from typing import NamedTuple

from git import Repo

from tests_integration.repository.git import answer

KIND = re.compile(r"CONFLICT \(([^)]+)\)")
"""The text is finer than the type: `content` and `add/add` are both of the type `contents`."""


class Conflict(NamedTuple):
    """A path that git could not merge on its own, and the kind of conflict in git's words."""

    path: str
    kind: str


class AutomaticMerge(NamedTuple):
    """What git makes of two commits; with conflicts, the tree holds git's own markers."""

    tree: str
    conflicts: tuple[Conflict, ...]


def automatic_merge(repo: Repo, ours: str, theirs: str) -> AutomaticMerge:
    """Merge two commits as `git merge` would.

    Raises:
        GitError: git cannot merge them at all (no common history, a missing object).
    """
    code, out = answer(repo, "merge-tree", "--write-tree", "-z", "--messages", ours, theirs, ok=(0, 1))
    text = out.decode(errors="surrogateescape")
    tree, _, rest = text.partition("\0")
    files, _, messages = rest.partition("\0\0") if not rest.startswith("\0") else ("", "", rest[1:])
    paths = dict.fromkeys(line.split("\t", 1)[1] for line in files.split("\0") if line)
    kinds = _kinds(messages)
    if code:  # a directory rename conflicts without a conflicted file (git-merge-tree(1), MISTAKES TO AVOID)
        paths |= {path: None for path, kind in kinds.items() if kind.startswith("directory rename")}
        paths = paths or {"(no file)": None}
    return AutomaticMerge(tree, tuple(Conflict(path, kinds.get(path, "conflict")) for path in paths))


def _kinds(messages: str) -> dict[str, str]:
    fields = messages.split("\0")
    kinds: dict[str, str] = {}
    at = 0
    while at < len(fields) and fields[at].isdigit():
        count = int(fields[at])
        paths = fields[at + 1 : at + 1 + count]
        kind, text = fields[at + 1 + count : at + 3 + count]
        if match := KIND.match(text) or KIND.match(kind):
            kinds = {**dict.fromkeys(paths, match[1]), **kinds}
        at += count + 3
    return kinds
