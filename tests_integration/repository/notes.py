"""Notes on commits (git-notes(1)) in a ref of the suite's own, so that the notes of others are left alone."""

from git import Repo

from tests_integration.repository.git import GitError, git
from tests_integration.repository.remote import speak
from tests_integration.repository.store import FETCHING
from tests_integration.repository.trees import stored_blob

NOTES = "refs/notes/waveproof"

TAKEN_FOR_NOTES = {f"refs/{kind}/{NOTES}" for kind in ("heads", "tags", "remotes")}
"""Refs that git completes the name of the notes to, although that is in full (gitrevisions(7))."""


def fetch_notes(store: Repo, url: str, ref: str = NOTES) -> str | None:
    """Bring the notes of a remote into the store, in place of those that are there.

    Args:
        store: where they land.
        url: of the remote.
        ref: of the store.

    Returns:
        The commit that they are at; None where the remote has none.

    Raises:
        GitError: the remote cannot be read, or git could take another ref there for the notes.
    """
    rows = speak(store, ("ls-remote",), url, NOTES).decode(errors="replace").splitlines()
    names = {row.partition("\t")[2] for row in rows}
    if names & TAKEN_FOR_NOTES:
        told = f"{' and '.join(names & TAKEN_FOR_NOTES)} is there; git-push(1) takes that for {NOTES}. Rename it"
        raise GitError(("git", "push"), 1, told)
    if NOTES not in names:
        git(store, "update-ref", "-d", ref)
        return None
    speak(store, ("fetch", *FETCHING), url, f"+{NOTES}:{ref}")
    return _at(store, ref)


def add_note(store: Repo, commit: str, text: str, identity: dict[str, str], ref: str = NOTES) -> str:
    """Add a note to those in the store, in place of one that the commit has; what was there stays in their history.

    Args:
        store: holds the commit.
        commit: that the note is about.
        text: of the note, kept to the byte.
        identity: author, committer and dates.
        ref: of the store, which has the notes.

    Returns:
        The commit that the notes are at then.

    Raises:
        GitError: what is in the ref are no notes.
    """
    blob = stored_blob(store, text.encode(), like=commit)
    git(store, "notes", f"--ref={ref}", "add", "--force", "-C", blob, commit, env=identity)
    return _at(store, ref)


def note_on(store: Repo, notes: str, commit: str) -> str | None:
    """The note that a commit has among these notes; None where it has none."""
    rows = git(store, "ls-tree", "-r", "-z", notes).decode(errors="replace").split("\0")[:-1]
    for row in rows:
        entry, _, path = row.partition("\t")
        if path.replace("/", "") == commit:
            return git(store, "cat-file", "blob", entry.split(" ")[2]).decode(errors="replace")
    return None


def _at(store: Repo, ref: str) -> str:
    return git(store, "rev-parse", "--verify", ref).decode().strip()
