"""What was set or removed inside a merge, written down so exactly that it can be done again."""

import base64
from collections.abc import Container, Mapping

from git import Repo

from tests_integration.facts import EditFact
from tests_integration.repository.ask import content
from tests_integration.repository.changes import Change
from tests_integration.repository.entry import SUBMODULE, Entry
from tests_integration.repository.trees import files_at
from tests_integration.text import shell_word


def edit_facts(repo: Repo, edits: Mapping[str, Entry | None], known: Container[str]) -> tuple[EditFact, ...]:
    """Edits for the record; contents that are not among the known blobs are written out."""
    return tuple(_edit_fact(repo, path, entry, known) for path, entry in edits.items())


def effect(repo: Repo, changed: Mapping[str, Change], sides: tuple[str, str]) -> tuple[EditFact, ...]:
    """What changed in a tree, for the record; what a side of the merge has at the path is not written out."""
    found = {path: change.after for path, change in changed.items()}
    known = (
        {file.blob for side in sides for file in files_at(repo, side, found).values()} if any(found.values()) else ()
    )
    return edit_facts(repo, found, known)


def _edit_fact(repo: Repo, path: str, entry: Entry | None, known: Container[str]) -> EditFact:
    if entry is None:
        return EditFact(word=shell_word(path))
    there = entry.blob in known or entry.mode == SUBMODULE
    made = "" if there else base64.b64encode(content(repo, entry.blob)).decode()
    return EditFact(word=shell_word(path), mode=entry.mode, blob=entry.blob, content=made)
