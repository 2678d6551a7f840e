"""Read-only questions to git, each a function named for what it answers."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from git import Repo

from tests_integration.repository.git import answer, git
from tests_integration.repository.merge import AutomaticMerge, automatic_merge
from tests_integration.text import visible

ABSENT = "0" * 6
MARKERS = r"^(<<<<<<<|>>>>>>>)( |$)"


class Entry(NamedTuple):
    """A file in a tree: mode such as `100755`, and blob id."""

    mode: str
    blob: str


class Change(NamedTuple):
    """How a path differs between two trees; None where it is not there."""

    before: Entry | None
    after: Entry | None


class Commit(NamedTuple):
    """A commit on the integration branch's first-parent chain."""

    id: str
    tree: str
    parents: tuple[str, ...]
    message: str

    @property
    def subject(self) -> str:
        """First line of the message."""
        return self.message.split("\n", 1)[0]

    @property
    def short(self) -> str:
        """Subject behind an abbreviated id, for messages."""
        return f"{self.id[:12]} ({self.subject})"


class History:
    """First-parent commits that an integration branch has beyond its base, oldest first."""

    def __init__(self, repo: Repo, base: str, tip: str) -> None:
        self.repo = repo
        self.base = base
        self.tip = tip
        self._automatic: dict[str, AutomaticMerge] = {}

    @cached_property
    def commits(self) -> tuple[Commit, ...]:
        """Oldest first."""
        return _log(self.repo, "--first-parent", f"{self.base}..{self.tip}")

    @cached_property
    def starts_at(self) -> str | None:
        """The commit right below the oldest one: the base, if all is well."""
        if not self.commits:
            return self.tip
        return next(iter(self.commits[0].parents), None)

    def automatic_merge(self, merge: Commit) -> AutomaticMerge:
        """What git by itself makes of the parents of a merge; computed once.

        Raises:
            GitError: git cannot merge them.
        """
        if merge.id not in self._automatic:
            self._automatic[merge.id] = automatic_merge(self.repo, *merge.parents)
        return self._automatic[merge.id]

    def merges_of(self, tip: str) -> tuple[Commit, ...]:
        """The commits that merge this very tip as a parent beyond the first."""
        return tuple(commit for commit in self.commits if tip in commit.parents[1:])


def integration_commits(history: History, tips: Iterable[str]) -> dict[str, tuple[Commit, ...]]:
    """Commits of an integration, this one or any that says so in its trailers, that branches have beyond the base.

    Returns:
        By tip; tips that have none are left out.
    """
    tips = list(tips)
    beyond = (*tips, f"^{history.base}")
    reached = set(git(history.repo, "rev-list", *beyond, "--").decode().split())
    told = _log(history.repo, "--grep=^Integrates: ", "--grep=^Integration-Infrastructure: ", *beyond)
    own = (commit for commit in history.commits if len(commit.parents) > 1 and commit.id in reached)
    found = tuple({commit.id: commit for commit in (*told, *own)}.values())
    inside = {tip: tuple(c for c in found if is_ancestor(history.repo, c.id, tip)) for tip in tips} if found else {}
    return {tip: commits for tip, commits in inside.items() if commits}


def commit_at(repo: Repo, ref: str) -> str | None:
    """The commit that a full ref or an id leads to, or nothing."""
    question = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    code, out = answer(repo, *question, ok=(0, 1, 128))
    return out.decode().strip() if code == 0 else None


def tree_of(repo: Repo, commit: str) -> str:
    """The tree of a commit."""
    return git(repo, "rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}").decode().strip()


def is_ancestor(repo: Repo, ancestor: str, commit: str) -> bool:
    """Whether `commit` contains `ancestor` (git-merge-base(1))."""
    return answer(repo, "merge-base", "--is-ancestor", ancestor, commit, ok=(0, 1))[0] == 0


def entry(repo: Repo, tree: str, path: str) -> Entry | None:
    """The file or link at a path of a tree or commit, or nothing."""
    return entries(repo, tree, [path]).get(path)


def entries(repo: Repo, tree: str, paths: Iterable[str] = ()) -> dict[str, Entry]:
    """Files of a tree or commit: all, or those of the given paths that are there."""
    found = {}
    paths = frozenset(paths)
    for line in git(repo, "ls-tree", "-r", "-z", "--full-tree", tree, "--", *paths).split(b"\0")[:-1]:
        meta, _, path = line.partition(b"\t")
        mode, _, blob = meta.decode().split()
        found[path.decode(errors="surrogateescape")] = Entry(mode, blob)
    return {path: file for path, file in found.items() if path in paths} if paths else found


def content(repo: Repo, blob: str) -> bytes:
    """The bytes of a blob."""
    return git(repo, "cat-file", "blob", blob)


def changes(repo: Repo, before: str, after: str) -> dict[str, Change]:
    """Paths that differ between two trees or commits, renames not guessed (git-diff-tree(1))."""
    out = git(repo, "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", before, after, "--")
    fields = out.split(b"\0")[:-1]
    found = {}
    for meta, path in zip(fields[::2], fields[1::2], strict=True):
        mode_before, mode_after, blob_before, blob_after, _ = meta.decode().lstrip(":").split()
        found[path.decode(errors="surrogateescape")] = Change(
            None if mode_before == ABSENT else Entry(mode_before, blob_before),
            None if mode_after == ABSENT else Entry(mode_after, blob_after),
        )
    return found


def changed_lines(repo: Repo, before: str, after: str, paths: Iterable[str]) -> int:
    """Lines added plus lines removed in these paths (git-diff(1), --numstat); a binary file counts as one."""
    paths = list(paths)
    if not paths:
        return 0
    lines = 0
    out = git(repo, "diff-tree", "-r", "-z", "--numstat", "--no-renames", before, after, "--", *paths)
    for row in out.split(b"\0"):
        if row:
            added, removed, _ = row.decode(errors="replace").split("\t", 2)
            lines += 1 if added == "-" else int(added) + int(removed)
    return lines


def diff(repo: Repo, before: str, after: str, paths: Iterable[str] = ()) -> str:
    """A patch between two trees, for people."""
    return git(repo, "diff-tree", "-p", "-r", "--no-color", "--no-ext-diff", before, after, "--", *paths).decode(
        errors="replace"
    )


def with_conflict_markers(repo: Repo, commit: str, paths: Iterable[str]) -> frozenset[str]:
    """Those of the paths whose file holds lines that git writes around an unsettled conflict."""
    found: dict[bytes, set[bytes]] = {}
    out = git(repo, "grep", "-I", "-z", "-o", "-E", MARKERS, commit, ok=(0, 1))
    for name, marker in re.findall(commit.encode() + rb":(.*?)\0([<>])", out, re.DOTALL):
        found.setdefault(name, set()).add(marker)
    both = {name.decode(errors="surrogateescape") for name, kinds in found.items() if kinds == {b"<", b">"}}
    return frozenset(both.intersection(paths))


def last_change(history: History) -> dict[str, Commit]:
    """For each path that the integration changed: the first-parent commit that last did."""
    changed: dict[str, Commit] = {}
    below = history.starts_at
    for commit in history.commits:
        if below:
            changed.update(dict.fromkeys(changes(history.repo, below, commit.id), commit))
        below = commit.id
    return changed


def _log(repo: Repo, *arguments: str) -> tuple[Commit, ...]:
    form = "%H%x00%T%x00%P%x00%B%x00%x01"
    out = git(repo, "log", "--reverse", "--topo-order", f"--format={form}", *arguments, "--")
    commits = []
    for chunk in out.decode(errors="replace").split("\0\x01")[:-1]:
        name, tree, parents, message = chunk.lstrip("\n").split("\0", 3)
        commits.append(Commit(name, tree, tuple(parents.split()), message))
    return tuple(commits)


def shown(path: str) -> str:
    """A path of any bytes, as text of one line that can be shown and written."""
    text = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")
