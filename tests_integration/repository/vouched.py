"""git's own merges as an earlier audit has made them, so that the next one does not make them again.

They are the audit's own, never the engine's, and known by content: the two commits, and all that git's answer depends
on beside them (its version, the pinned settings, the store's own). They lie in the store, and go with it.

The seal on them shows a slip, and is no signature. So nothing is believed that a command of a plan could have written:
where commands are not shut in by bubblewrap none are kept or read, and where a plan shares with its commands a folder
that has stores in it, or lies in one, all that is kept is dropped before its commands run and after them (`forget`).
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from git import Repo

from tests_integration import bounded
from tests_integration.files import replace_among_others
from tests_integration.repository.entry import Entry
from tests_integration.repository.git import PINNED, SURROUNDINGS, GitError, git, git_numbers
from tests_integration.repository.merge import MERGE_TREE, OBJECT_ID, AutomaticMerge, Conflict, automatic_merges

FILE = "waveproof-audited-{}.json"
LARGEST = 16 << 20
"""Bytes that are read or written at most."""

SETTINGS = ("config", "info/attributes", "shallow")
"""Files of a store that change what git makes of two commits."""

Pair = tuple[str, str]


class Vouched:
    """Merges that audits of a store have made.

    Args:
        repo: the store.
        plan: name of the plan that is audited; plans may share a store.
        fresh: make all of them again; those that are made are kept.

    Attributes:
        made: how many this run had to make.
    """

    def __init__(self, repo: Repo, plan: str, *, fresh: bool = False) -> None:
        self.repo = repo
        self.file = Path(repo.git_dir, FILE.format(plan))
        self.known = {} if fresh else _read(repo, self.file)
        self.made = 0
        self.asked: dict[Pair, AutomaticMerge] = {}

    def merges(self, pairs: Sequence[Pair]) -> list[AutomaticMerge | GitError]:
        """What git by itself makes of pairs of commits; what it cannot merge is asked again each time."""
        lacking = [pair for pair in dict.fromkeys(pairs) if pair not in self.known]
        made = dict(zip(lacking, automatic_merges(self.repo, lacking), strict=True))
        found = [made[pair] if pair in made else self.known[pair] for pair in pairs]
        self.asked |= {pair: one for pair, one in zip(pairs, found, strict=True) if isinstance(one, AutomaticMerge)}
        self.known |= self.asked
        self.made += len(lacking)
        if lacking:
            self._keep()
        return found

    def _keep(self) -> None:
        """Write what was asked for in this run, and no more; what cannot be written is made again."""
        merges = [[*pair, *one] for pair, one in self.asked.items()]
        text = json.dumps({"of": _surroundings(self.repo), "merges": merges})
        sealed = f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}".encode()
        if len(sealed) <= LARGEST:
            with suppress(OSError):
                replace_among_others(self.file, sealed)


def forget(folder: Path) -> None:
    """Drop what audits of all stores in a folder have kept."""
    for place in ("*", "*/*", "*/*/*"):
        for file in folder.glob(f"{place}/{FILE.format('*')}"):
            file.unlink(missing_ok=True)


def _read(repo: Repo, file: Path) -> dict[Pair, AutomaticMerge]:
    """What is kept, if it is whole, was made under the same settings, and its trees are there; else nothing."""
    try:
        seal, _, text = bounded.content(file, LARGEST).partition(b"\n")
        said = json.loads(text) if hashlib.sha256(text).hexdigest().encode() == seal else {}
        if said.get("of") != _surroundings(repo):
            return {}
        merges = {_pair(row[:2]): _merge(*row[2:]) for row in said["merges"]}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
    trees = "".join(f"{merge.tree}\n" for merge in merges.values())
    there = git(repo, "cat-file", "--batch-check=%(objecttype)", stdin=trees.encode()).decode().splitlines()
    return merges if set(there) <= {"tree"} else {}


def _pair(said: Sequence[str]) -> Pair:
    ours, theirs = map(_id, said)
    return ours, theirs


def _merge(tree: str, conflicts: Sequence[Sequence[Any]]) -> AutomaticMerge:
    return AutomaticMerge(_id(tree), tuple(_conflict(*row) for row in conflicts))


def _conflict(path: str, kind: str, *more: Any) -> Conflict:
    *sides, aside, related = more
    base, ours, theirs = (Entry(*side) if side else None for side in sides)
    return Conflict(path, kind, base, ours, theirs, tuple(aside), tuple(related))


def _id(text: str) -> str:
    if not OBJECT_ID.fullmatch(text):
        raise ValueError(f"{text!r} is no id of an object")
    return text


def _surroundings(repo: Repo) -> str:
    """A digest of all that git's merges depend on beside the two commits."""
    files = [Path(repo.git_dir, name) for name in SETTINGS]
    own = [file.read_bytes().hex() if file.is_file() else "" for file in files]
    told = [1, *git_numbers(), MERGE_TREE, PINNED, SURROUNDINGS, own]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
