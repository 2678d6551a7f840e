"""What a repository says: a bare repository of the auditor's own, for one run, filled from the one that is given."""

import base64
import tempfile
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from git import Repo

from tests_integration.facts import EditFact
from tests_integration.record.model import Record
from tests_integration.refs import is_request
from tests_integration.repository.ask import diff, is_ancestor
from tests_integration.repository.changes import Change, changes
from tests_integration.repository.entry import Entry
from tests_integration.repository.git import GitError, git, new_repository
from tests_integration.repository.merge import AutomaticMerge, automatic_merges
from tests_integration.repository.notes import fetch_notes
from tests_integration.repository.store import fetch_all_branches, fetch_commit, heads
from tests_integration.repository.trees import edited, stored_blob
from tests_integration.text import without_password

T = TypeVar("T")
SHA256_DIGITS = 64
COMMIT = ("commit", b"commit")
"""What GitPython calls a commit: a text by its types, bytes in truth."""


class ClaimError(Exception):
    """A claim that cannot be true, met while another one was recomputed; the text says which and why."""


class CommitObject(NamedTuple):
    """A commit as git keeps it (git-cat-file(1)); author and committer as `Name <mail> seconds zone`."""

    tree: str
    parents: tuple[str, ...]
    author: str
    committer: str
    message: str


class Evidence:
    """Answers of the repository that is given; those about objects are kept, since an id means one object for ever.

    Attributes:
        repo: the auditor's own.
        url: the repository that was given, without password.
        branches: those that it has now, with their tips.
        notes: commit that its notes are at, or None.
    """

    def __init__(self, repo: Repo, url: str, branches: Mapping[str, str], notes: str | None = None) -> None:
        self.repo = repo
        self.url = url
        self.branches = branches
        self.notes = notes
        self._kept: dict[Hashable, Any] = {}

    def _once(self, question: Hashable, ask: Callable[[], T]) -> T:
        if question not in self._kept:
            self._kept[question] = ask()
        answer: T = self._kept[question]
        return answer

    def has(self, commit: str) -> bool:
        """Whether the commit is there."""
        try:
            self.commit(commit)
        except ClaimError:
            return False
        return True

    def commit(self, commit: str) -> CommitObject:
        """A commit by its full id.

        Raises:
            ClaimError: the repository has none, and the record does not make one.
        """
        return self._once(("commit", commit), lambda: _commit(self.repo, commit, self.url))

    def foresee(self, pairs: Iterable[tuple[str, ...]]) -> None:
        """Make many merges in one process; those that cannot be made are left for `automatic` to explain."""
        wanted = [(pair[0], pair[1]) for pair in pairs if len(pair) == 2 and all(map(self.has, pair))]  # noqa: PLR2004
        for pair, made in zip(wanted, automatic_merges(self.repo, wanted), strict=True):
            if isinstance(made, AutomaticMerge):
                self._kept["merge", pair] = made

    def automatic(self, parents: tuple[str, ...]) -> AutomaticMerge:
        """Git's own merge of two commits.

        Raises:
            ClaimError: there are not two, or one is missing.
            GitError: git cannot merge them.
        """
        if len(parents) != 2:  # noqa: PLR2004
            raise ClaimError(f"a merge of one branch has two parents, not {len(parents)}")
        for parent in parents:
            self.commit(parent)
        ours, theirs = parents
        return self._once(("merge", parents), lambda: _merged(self.repo, ours, theirs))

    def edited(self, tree: str, edits: tuple[EditFact, ...]) -> str:
        """The tree with recorded edits made in it.

        Raises:
            ClaimError: a content is not the blob that it should be.
            GitError: git does not take the result for a tree.
        """
        return self._once(("edit", tree, edits), lambda: _edited(self.repo, tree, edits))

    def changes(self, before: str, after: str) -> Mapping[str, Change]:
        """Paths that differ between two trees."""
        return self._once(("changes", before, after), lambda: changes(self.repo, before, after))

    def diff(self, before: str, after: str) -> str:
        """A patch between two trees, with full ids."""
        return self._once(("diff", before, after), lambda: diff(self.repo, before, after, "--full-index"))

    def contains(self, commit: str, ancestor: str) -> bool:
        """Whether a commit contains another one; both have to be there."""
        self.commit(commit)
        self.commit(ancestor)
        return self._once(("contains", commit, ancestor), lambda: is_ancestor(self.repo, ancestor, commit))

    def chain(self, base: str, tip: str) -> tuple[str, ...]:
        """The first-parent commits that a tip has beyond the base, oldest first."""
        self.commit(base)
        self.commit(tip)
        asked = ("rev-list", "--first-parent", "--reverse", tip, f"^{base}", "--")
        return self._once(asked, lambda: tuple(git(self.repo, *asked).decode().split()))

    def once(self, question: Hashable, ask: Callable[[], T]) -> T:
        """Any other question about objects, asked once."""
        return self._once(question, ask)


@contextmanager
def gathered(record: Record, url: str) -> Iterator[Evidence]:
    """The evidence that a repository holds about a record, for as long as the context lasts.

    All branches are fetched, and by their ids the commits that none of them has, where the repository gives them out.

    Raises:
        GitError: the repository cannot be read.
    """
    ids = "sha256" if len(record.base or "") == SHA256_DIGITS else "sha1"
    with (
        tempfile.TemporaryDirectory(prefix="waveproof-audit-") as folder,
        new_repository(Path(folder) / "audit.git", bare=True, ids=ids) as repo,
    ):
        notes = fetch_notes(repo, url) if record.note else None
        evidence = Evidence(repo, without_password(url), heads(repo, url, _requests(record)), notes)
        if evidence.branches:
            fetch_all_branches(repo, url, "refs/audited")
        for commit in _sources(record):
            if not evidence.has(commit):
                _fetch_if_there(repo, url, commit)
        yield evidence


def _requests(record: Record) -> list[str]:
    """Pull and merge requests among the recorded sources."""
    return sorted({source.branch for source in record.sources.values() if is_request(source.branch)})


def _sources(record: Record) -> list[str]:
    found = [record.base, *(source.commit for source in record.sources.values()), record.tip]
    return list(dict.fromkeys(commit for commit in found if commit))


def _fetch_if_there(repo: Repo, url: str, commit: str) -> None:
    try:
        fetch_commit(repo, url, commit, f"refs/asked/{commit}")
    except GitError:  # the cases say that it is missing
        return


def _commit(repo: Repo, commit: str, url: str) -> CommitObject:
    try:
        _, kind, _, data = repo.git.get_object_data(commit)
    except ValueError:
        kind, data = "missing", b""
    if kind not in COMMIT:
        raise ClaimError(f"there is no commit {commit} in {url}, and none with this id follows from the record")
    head, _, message = data.partition(b"\n\n")
    lines = [line.partition(" ") for line in head.decode(errors="replace").split("\n")]
    found = {name: value for name, _, value in reversed(lines)}
    parents = tuple(value for name, _, value in lines if name == "parent")
    return CommitObject(found["tree"], parents, found["author"], found["committer"], message.decode(errors="replace"))


def _merged(repo: Repo, ours: str, theirs: str) -> AutomaticMerge:
    (made,) = automatic_merges(repo, [(ours, theirs)])
    if isinstance(made, GitError):
        raise made
    return made


def _edited(repo: Repo, tree: str, edits: tuple[EditFact, ...]) -> str:
    for edit in edits:
        if edit.content and stored_blob(repo, _decoded(edit), like=tree) != edit.blob:
            raise ClaimError(f"the recorded content of {edit.word} is not {edit.blob}")
    return edited(repo, tree, {edit.path: Entry(edit.mode, edit.blob) if edit.mode else None for edit in edits})


def _decoded(edit: EditFact) -> bytes:
    try:
        content = base64.b64decode(edit.content, validate=True)
    except ValueError:
        content = b""
    if base64.b64encode(content).decode() != edit.content:
        raise ClaimError(f"the recorded content of {edit.word} is no base64 (RFC 4648)")
    return content
