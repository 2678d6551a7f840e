"""Read-only questions to git, each a function named for what it answers."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeVar

from git import Repo

from tests_integration.repository.changes import Change, all_changes, changes, changes_of_trees
from tests_integration.repository.entry import Entry, is_text_file
from tests_integration.repository.git import GitError, answer, few, git
from tests_integration.repository.merge import AutomaticMerge, Merges, automatic_merges
from tests_integration.repository.objects import read
from tests_integration.repository.provenance import FileChange, provenance
from tests_integration.repository.trees import files_at
from tests_integration.text import visible

MARKERS = r"^(<{7,}|>{7,})( |$)"

AT_ONCE = 10_000
"""Ids of objects that are put on one command line: so many take half a megabyte (execve(2), ARG_MAX)."""

T = TypeVar("T")


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

    def __init__(self, repo: Repo, base: str, tip: str, merged: Merges | None = None) -> None:
        self.repo = repo
        self.merged = merged or partial(automatic_merges, repo)
        self.base = base
        self.tip = tip
        self._made: dict[tuple[str, ...], Any] = {}

    def once(self, what: tuple[str, ...], make: Callable[[], T]) -> T:
        """What `make` gives, made once for all who ask this history for `what`; an error is raised each time."""
        if what not in self._made:
            self._made[what] = make()
        found: T = self._made[what]
        return found

    @cached_property
    def commits(self) -> tuple[Commit, ...]:
        """Oldest first."""
        return log(self.repo, "--first-parent", f"{self.base}..{self.tip}")

    @cached_property
    def starts_at(self) -> str | None:
        """The commit right below the oldest one: the base, if all is well."""
        if not self.commits:
            return self.tip
        return next(iter(self.commits[0].parents), None)

    @cached_property
    def merges(self) -> tuple[Commit, ...]:
        """The commits with more than one parent."""
        return tuple(commit for commit in self.commits if len(commit.parents) > 1)

    @cached_property
    def _automatic(self) -> dict[str, AutomaticMerge | GitError]:
        merges = [(commit.id, (commit.parents[0], commit.parents[1])) for commit in self.merges]
        made = self.merged([parents for _, parents in merges])
        return dict(zip((name for name, _ in merges), made, strict=True))

    def automatic_merge(self, merge: Commit) -> AutomaticMerge:
        """What git by itself makes of the first two parents of a merge; all are computed at once.

        Raises:
            GitError: git cannot merge them.
        """
        made = self._automatic[merge.id]
        if isinstance(made, GitError):
            raise made
        return made

    @cached_property
    def by_hand(self) -> dict[str, dict[str, Change]]:
        """For each merge: the paths that differ from git's own merge of its parents; none where git cannot merge."""
        made = {name: one.tree for name, one in self._automatic.items() if isinstance(one, AutomaticMerge)}
        pairs = {merge.id: (made.get(merge.id, merge.tree), merge.tree) for merge in self.merges}
        found = changes_of_trees(self.repo, pairs.values())
        return {name: found[pair] for name, pair in pairs.items()}

    def tree_before(self, commit: Commit) -> str:
        """The tree of a commit's first parent."""
        return self._trees.get(commit.parents[0]) or tree_of(self.repo, commit.parents[0])

    @cached_property
    def _trees(self) -> dict[str, str]:
        return {commit.id: commit.tree for commit in self.commits}

    @cached_property
    def by_second_parent(self) -> dict[str, tuple[Commit, ...]]:
        """The commits that merge a tip as a parent beyond the first, by that tip."""
        found: dict[str, tuple[Commit, ...]] = {}
        for commit in self.commits:
            for parent in commit.parents[1:]:
                found[parent] = (*found.get(parent, ()), commit)
        return found

    @cached_property
    def changed(self) -> dict[str, Change]:
        """The paths that differ between the base and the tip, renames not guessed."""
        return changes(self.repo, self.base, self.tip)

    @cached_property
    def changes(self) -> dict[str, dict[str, Change]]:
        """For each commit: the paths that differ from its first parent, renames not guessed."""
        pairs = [(commit.id, commit.parents[0]) for commit in self.commits if commit.parents]
        return all_changes(self.repo, pairs)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {commit.id: place for place, commit in enumerate(self.commits)}

    @cached_property
    def _changing(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for commit in self.commits:
            for path in self.changes.get(commit.id, ()):
                found.setdefault(path, []).append(commit.id)
        return found

    def changed_before(self, merge: Commit, path: str) -> list[str]:
        """The earlier commits that changed a path, oldest first."""
        return [commit for commit in self._changing[path] if self._places[commit] < self._places[merge.id]]

    @cached_property
    def provenance(self) -> dict[str, tuple[FileChange, ...]]:
        """For each commit: the lines that it removed, and which earlier commit had brought them."""
        return provenance(self.repo, self.base, self.tip)

    def merges_of(self, tip: str) -> tuple[Commit, ...]:
        """The commits that merge this very tip as a parent beyond the first."""
        return self.by_second_parent.get(tip, ())


def integration_commits(history: History, tips: Iterable[str]) -> list[Commit]:
    """Commits of an integration: this one's merges, and all that tips have beyond the base whose trailers say so."""
    beyond = (*tips, f"^{history.base}")
    told = log(history.repo, "--grep=^Integrates: ", "--grep=^Integration-Infrastructure: ", *beyond)
    return list({commit.id: commit for commit in (*told, *history.merges)}.values())


def committed(repo: Repo, commit: str) -> str:
    """Who committed it, when and under which subject, in a few words.

    Raises:
        GitError: the commit is not there.
    """
    form = "--format=committed by %cn <%ce> at %cI: %s"
    return visible(git(repo, "log", "-1", "--no-show-signature", form, commit, "--").decode(errors="replace").strip())


def committers(history: History) -> tuple[str, ...]:
    """Who made the commits of an integration, each as `Name <mail>`."""
    out = git(history.repo, "log", "--first-parent", "--format=%cn <%ce>", f"{history.base}..{history.tip}", "--")
    return tuple(dict.fromkeys(visible(line) for line in out.decode(errors="replace").split("\n") if line))


def commit_at(repo: Repo, ref: str) -> str | None:
    """The commit that a full ref or an id leads to; None where it leads to none.

    Raises:
        GitError: git cannot tell, for it cannot read what is there.
    """
    question = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    code, out = answer(repo, *question, ok=(0, 1))
    return out.decode().strip() if code == 0 else None


def missing_commits(repo: Repo, tip: str, commit: str) -> list[str]:
    """Commits that a tip has and another commit has not, newest first, merges left out."""
    return git(repo, "rev-list", "--no-merges", "--topo-order", tip, f"^{commit}", "--").decode().split()


def patch_ids(repo: Repo, commits: Iterable[str]) -> dict[str, str]:
    """What commits change, as an id that is the same for the same change (git-patch-id(1)); empty commits have none."""
    stdin = "".join(f"{commit}\n" for commit in commits).encode()
    patches = git(repo, "diff-tree", "--stdin", "--root", "-p", "-r", "--no-ext-diff", "--full-index", stdin=stdin)
    rows = git(repo, "patch-id", "--stable", stdin=patches).decode().splitlines()
    return {commit: patch for patch, commit in (row.split() for row in rows)}


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
    if paths := frozenset(paths):
        return files_at(repo, tree, sorted(paths, key=lambda path: path.encode(errors="surrogateescape")))
    found = {}
    for line in git(repo, "ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0")[:-1]:
        meta, _, path = line.partition(b"\t")
        mode, _, blob = meta.decode().split()
        found[path.decode(errors="surrogateescape")] = Entry(mode, blob)
    return found


def paths_of(repo: Repo, tree: str) -> list[str]:
    """Paths of all files of a tree or commit."""
    out = git(repo, "ls-tree", "-r", "-z", "--full-tree", "--name-only", tree)
    return out.decode(errors="surrogateescape").split("\0")[:-1]


def once_there(repo: Repo, path: str, commits: Iterable[str]) -> bool:
    """Whether some commit in the history of these has ever touched this path."""
    return bool(git(repo, "log", "-1", "--full-history", "--format=%H", *commits, "--", path))


def content(repo: Repo, blob: str) -> bytes:
    """The bytes of a blob, read through one `git cat-file --batch` for all of them; it ends with the repository.

    Raises:
        GitError: there is no such object.
    """
    return read(repo, blob)[1]


def changed_lines(repo: Repo, before: str, after: str, paths: Iterable[str]) -> int:
    """Lines added plus lines removed in these paths (git-diff(1), --numstat); a binary file counts as one."""
    paths = frozenset(paths)
    if not paths:
        return 0
    lines = 0
    out = git(repo, "diff-tree", "-r", "-z", "--numstat", "--no-renames", before, after, "--", *few(paths))
    for row in out.split(b"\0")[:-1]:
        added, removed, path = row.decode(errors="surrogateescape").split("\t", 2)
        if path in paths:
            lines += 1 if added == "-" else int(added) + int(removed)
    return lines


def diff(repo: Repo, before: str, after: str, *options: str) -> str:
    """A patch between two trees, for people; `options` are further ones of git-diff-tree(1)."""
    patch = git(repo, "diff-tree", "-p", "-r", "--no-color", "--no-ext-diff", *options, before, after, "--")
    return patch.decode(errors="replace")


def with_conflict_markers(repo: Repo, files: Mapping[str, Entry | None]) -> frozenset[str]:
    """Those of the files, by path, that hold lines that git writes around an unsettled conflict."""
    blobs = {path: entry.blob for path, entry in files.items() if entry and is_text_file(entry)}
    asked = sorted(set(blobs.values()))
    found: dict[str, set[bytes]] = {}
    for some in (asked[n : n + AT_ONCE] for n in range(0, len(asked), AT_ONCE)):
        out = git(repo, "grep", "-I", "-z", "-o", "-E", MARKERS, *some, "--", ok=(0, 1))
        for blob, marker in re.findall(rb"^([0-9a-f]+)\0([<>])", out, re.MULTILINE):
            found.setdefault(blob.decode(), set()).add(marker)
    return frozenset(path for path, blob in blobs.items() if found.get(blob) == {b"<", b">"})


def has_line(repo: Repo, tree: str, paths: Iterable[str], line: str) -> bool:
    """Whether one of these files of a tree or commit has a line like this (git-grep(1), -E)."""
    return answer(repo, "grep", "-q", "-I", "-E", "-e", line, tree, "--", *few(paths), ok=(0, 1))[0] == 0


def last_change(history: History) -> dict[str, Commit]:
    """For each path that the integration changed: the first-parent commit that last did."""
    changed: dict[str, Commit] = {}
    for commit in history.commits:
        changed.update(dict.fromkeys(history.changes.get(commit.id, ()), commit))
    return changed


def log(repo: Repo, *arguments: str) -> tuple[Commit, ...]:
    """The commits that `git log ARGUMENTS` tells, oldest first."""
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
