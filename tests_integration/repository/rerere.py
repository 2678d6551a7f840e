"""git's own memory of settled conflicts (git-rerere(1)), kept as an `rr-cache` folder beside a plan.

The rules are git's: a conflict is known by the text of all its hunks together, not by its path, labels, sides' order
or merge base; a settlement applies where the rest of the file lets it. git runs in a scratch repository with this
one file; of the memory it sees the one entry in question, and nothing of the user's clone.
"""

import errno
import hashlib
import re
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from git import Repo

from tests_integration.repository.git import git, opened

FILE = "conflicted"
PREIMAGE = re.compile(r"preimage(|\.[1-9][0-9]{0,2})")
"""Names that are read: git makes the number the length of a list, so a stranger's must be small and positive."""
MARKER = re.compile(rb"^(<+) [0-9a-f]{40}", re.MULTILINE)
USUAL_SIZE = 7


class Settlement(NamedTuple):
    """A conflict as git writes it without labels, and the file as it was settled."""

    preimage: bytes
    postimage: bytes


Variants = Mapping[str, Settlement]
"""Settlements of the same hunks in different surroundings, by the end of their file names: empty, `.1`, `.2`."""


def recalled(store: Repo, memory: Path, marked: bytes) -> bytes | None:
    """What git's rerere makes of a conflict that was settled before.

    Args:
        store: tells the kind of object ids; it is not changed.
        memory: an `rr-cache` folder, which may be missing and is not trusted: links are not followed.
        marked: the regular file with conflict markers, labelled with commit ids, as `git merge-tree` writes it.

    Returns:
        The settled file; None where git does not know each of its hunks, or does not handle the file.
    """
    with _scratch(store, marked) as scratch:
        known = _read(memory, scratch.conflict)
        return scratch.replayed(known) if known else None


def learn(store: Repo, memory: Path, marked: bytes, settled: bytes) -> bool:
    """Record how a conflict was settled, in place of what would be recalled for it now; other entries stay.

    Args:
        store: as for `recalled`.
        memory: as for `recalled`; made where it is missing.
        marked: as for `recalled`.
        settled: the whole file as it should have been.

    Returns:
        Whether git took it: not where it cannot read the conflict, nor where `settled` still holds one.

    Raises:
        OSError: the memory cannot be written; it, or the entry in it, is a link.
    """
    with _scratch(store, marked) as scratch:
        known = _read(memory, scratch.conflict)
        agreeing = {end: one for end, one in known.items() if scratch.replayed({end: one}) in {None, settled}}
        learned = scratch.recorded(agreeing, settled)
        if learned is not None:
            _write(memory, scratch.conflict, learned, known.keys() - agreeing.keys())
        return learned is not None


class _Scratch:
    """A repository that is in the middle of a merge with one conflicted file.

    Attributes:
        conflict: git's id of the conflict; empty where git does not handle it.
    """

    def __init__(self, repo: Repo, marked: bytes) -> None:
        self.repo = repo
        self.marked = marked
        self.file = Path(repo.working_dir, FILE)
        self.unsettled = Path(repo.git_dir, "MERGE_RR")
        self.cache = Path(repo.git_dir, "rr-cache")
        self.conflict = ""
        self.conflict = self._begin({}).partition(".")[0]

    def replayed(self, known: Variants) -> bytes | None:
        """What git makes of the conflict with these settlements, if that is all settled."""
        if self._begin(known):
            return None
        result = self.file.read_bytes()
        return result if self.recorded({}, result) else None  # a stranger's settlement may itself hold a conflict

    def recorded(self, known: Variants, settled: bytes) -> Variants | None:
        """What git adds to the settlements when told of this one; None where it does not take it."""
        if not self.conflict:
            return None
        name = self._begin(known)
        if not name:  # `known` held it
            return {}
        self.file.write_bytes(settled)
        self._rerere()
        end = name.removeprefix(self.conflict)
        preimage, postimage = (self.cache / self.conflict / f"{kind}image{end}" for kind in ("pre", "post"))
        return {end: Settlement(preimage.read_bytes(), settled)} if postimage.is_file() else None

    def _begin(self, known: Variants) -> str:
        """Put the conflict into the work tree, with nothing but these settlements in memory; see `_rerere`."""
        self.file.write_bytes(self.marked)
        self.unsettled.unlink(missing_ok=True)
        entry = self.cache / self.conflict
        for image in entry.glob("*image*"):
            image.unlink()
        for end, one in known.items():
            (entry / f"preimage{end}").write_bytes(one.preimage)
            (entry / f"postimage{end}").write_bytes(one.postimage)
        return self._rerere()

    def _rerere(self) -> str:
        """Run git's rerere; the conflict it leaves unsettled, with the end that its file names would have."""
        git(self.repo, "-c", "rerere.enabled=true", "-c", "rerere.autoUpdate=false", "rerere")
        return self.unsettled.read_bytes().partition(b"\t")[0].decode()


@contextmanager
def _scratch(store: Repo, marked: bytes) -> Iterator[_Scratch]:
    """A scratch repository in the state that `git merge` leaves behind; only git's work tree file is ever read."""
    form = git(store, "rev-parse", "--show-object-format").decode().strip()
    with tempfile.TemporaryDirectory() as folder:
        git(store, "init", "--quiet", "--template=", f"--object-format={form}", "--", folder)
        with opened(Path(folder)) as repo:
            _set_marker_size(repo, marked)
            if b"\0" not in marked:  # rerere would cut the line off there
                _stage(repo, form)
            yield _Scratch(repo, marked)


def _stage(repo: Repo, form: str) -> None:
    """Tell git that both sides have the file; rerere looks whether there are stages, not what is in them."""
    blob = hashlib.new(form, b"blob 0\0").hexdigest()
    lines = "".join(f"100644 {blob} {stage}\t{FILE}\n" for stage in (1, 2, 3))
    git(repo, "update-index", "--index-info", stdin=lines.encode())


def _set_marker_size(repo: Repo, marked: bytes) -> None:
    """Let git look for markers as long as those in the file (gitattributes(5), conflict-marker-size)."""
    found = MARKER.search(marked)
    size = len(found[1]) if found else USUAL_SIZE
    attributes = Path(repo.git_dir, "info", "attributes")
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text(f"{FILE} conflict-marker-size={size}\n", encoding="utf-8")


def _read(memory: Path, conflict: str) -> Variants:
    """The settlements of a conflict that are whole; only plain files in plain folders are looked at."""
    entry = memory / conflict
    if not conflict or memory.is_symlink() or entry.is_symlink() or not entry.is_dir():
        return {}
    ends = [found[1] for file in entry.iterdir() if (found := PREIMAGE.fullmatch(file.name))]
    images = {end: (entry / f"preimage{end}", entry / f"postimage{end}") for end in ends}
    return {
        end: Settlement(*(image.read_bytes() for image in pair))
        for end, pair in images.items()
        if all(image.is_file() and not image.is_symlink() for image in pair)
    }


def _write(memory: Path, conflict: str, learned: Variants, outdated: set[str]) -> None:
    """Put settlements into the memory; whoever reads meanwhile finds each whole or not at all."""
    entry = memory / conflict
    if link := next((folder for folder in (memory, entry) if folder.is_symlink()), None):
        raise NotADirectoryError(errno.ENOTDIR, "is a link, which is not followed", str(link))
    entry.mkdir(parents=True, exist_ok=True)
    for end in outdated | learned.keys():
        (entry / f"postimage{end}").unlink(missing_ok=True)
        (entry / f"preimage{end}").unlink(missing_ok=True)
    for end, one in learned.items():
        _replace(entry / f"preimage{end}", one.preimage)
        _replace(entry / f"postimage{end}", one.postimage)


def _replace(file: Path, content: bytes) -> None:
    new = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    new.write_bytes(content)
    new.replace(file)
