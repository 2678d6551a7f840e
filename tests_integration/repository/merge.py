"""Merges in memory: no index, no work tree (git-merge-tree(1), 2.38 and later)."""

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from git import Repo

from tests_integration.repository.entry import Entry
from tests_integration.repository.git import GitError, answer

KIND = re.compile(r"CONFLICT \(([^)]+)\)")
"""The text is finer than the type: `content` and `add/add` are both of the type `contents`."""

MERGE_TREE = ("merge-tree", "--write-tree", "-z")

ANY = re.compile(r".*", re.DOTALL)
SOME = re.compile(r".+", re.DOTALL)
CLEAN = re.compile(r"[01]")
COUNT = re.compile(r"[0-9]{1,9}")
OBJECT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
STAGE = re.compile(r"([0-7]{6} [0-9a-f]{40}([0-9a-f]{24})? [123]\t.+)?", re.DOTALL)
"""Fields of an answer (git-merge-tree(1), OUTPUT); a line of the section of stages, or its end."""

LONGEST = 80
LEFT_ASIDE = re.compile(r"(?P<path>.+)~(?P<commit>[0-9a-f]{40,64})(_[0-9]+)?", re.DOTALL)
"""The name under which git leaves a file whose own name the other side has taken for something else."""


class Conflict(NamedTuple):
    """A path that git could not merge on its own.

    Attributes:
        path: in the repository.
        kind: in git's words, such as `content` or `modify/delete`.
        base: what the sides started from; None where it was not there.
        ours: what was merged before; None where it is not there.
        theirs: what the branch has; None where it is not there.
        aside: names such as `path~<commit>` under which git left a side in the tree.
        related: the other paths that git names with this one, such as the two names of a renamed file.
    """

    path: str
    kind: str
    base: Entry | None = None
    ours: Entry | None = None
    theirs: Entry | None = None
    aside: tuple[str, ...] = ()
    related: tuple[str, ...] = ()


class AutomaticMerge(NamedTuple):
    """What git makes of two commits; with conflicts, the tree holds git's own markers."""

    tree: str
    conflicts: tuple[Conflict, ...]


Merges = Callable[[Sequence[tuple[str, str]]], list[AutomaticMerge | GitError]]
"""Merges pairs of commits as `git merge` would; what git cannot merge has its error."""


def automatic_merge(repo: Repo, ours: str, theirs: str) -> AutomaticMerge:
    """Merge two commits as `git merge` would.

    Raises:
        GitError: git cannot merge them at all (no common history, a missing object).
    """
    return _merged(repo, (), ours, theirs)


def union_merge(repo: Repo, ours: str, theirs: str) -> AutomaticMerge:
    """Merge two commits; where lines conflict, both sides' are kept (gitattributes(5), `merge=union`).

    Raises:
        GitError: as for `automatic_merge`.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".attributes", encoding="utf-8") as attributes:
        attributes.write("* merge=union\n")
        attributes.flush()
        return _merged(repo, ("-c", f"core.attributesFile={Path(attributes.name)}"), ours, theirs)


def automatic_merges(repo: Repo, pairs: Sequence[tuple[str, str]]) -> list[AutomaticMerge | GitError]:
    """Merge many pairs of commits, in one process where git can (2.39 and later), else in one for each."""
    if not pairs:
        return []
    stdin = "".join(f"{ours} {theirs}\n" for ours, theirs in pairs).encode()
    try:
        return list(read_many(answer(repo, *MERGE_TREE, "--stdin", stdin=stdin)[1], pairs))
    except GitError:  # this git cannot, or one of the pairs cannot be merged and took the others with it
        return [_merged_or_error(repo, *pair) for pair in pairs]


def _merged_or_error(repo: Repo, ours: str, theirs: str) -> AutomaticMerge | GitError:
    try:
        return automatic_merge(repo, ours, theirs)
    except GitError as error:
        return error


def _merged(repo: Repo, options: tuple[str, ...], ours: str, theirs: str) -> AutomaticMerge:
    code, out = answer(repo, *options, *MERGE_TREE, ours, theirs, ok=(0, 1))
    return read_one(out, (ours, theirs), clean=code == 0)


def read_one(out: bytes, sides: tuple[str, str], *, clean: bool) -> AutomaticMerge:
    """What `git merge-tree -z` printed of two commits, which it merged `clean` or not.

    Raises:
        GitError: git prints nothing like it.
    """
    return _parsed(_Fields(out.split(b"\0")), sides, clean=clean)


def read_many(out: bytes, pairs: Sequence[tuple[str, str]]) -> Iterator[AutomaticMerge]:
    """What `git merge-tree -z --stdin` printed of pairs of commits.

    Raises:
        GitError: git prints nothing like it.
    """
    fields = _Fields(out.split(b"\0"))
    for pair in pairs:
        yield _next(fields, pair)


def read_next(fields: Iterable[bytes], sides: tuple[str, str]) -> AutomaticMerge:
    """What `git merge-tree -z --stdin` says next, of two commits; not a field more is taken than is about them.

    Raises:
        GitError: git says nothing like it.
    """
    return _next(_Fields(fields), sides)


class _Message(NamedTuple):
    """A kind of conflict, and all paths that git names with it."""

    kind: str
    paths: tuple[str, ...]


class _Fields:
    """The fields of git's answer, one after the other; empty ones stand between sections and at the end.

    Raises:
        GitError: there are no more, or one is not as it has to be.
    """

    def __init__(self, fields: Iterable[bytes]) -> None:
        self.fields = iter(fields)

    def next(self, form: re.Pattern[str] = ANY) -> str:
        field = next(self.fields, None)
        text = None if field is None else field.decode(errors="surrogateescape")
        if text is None or not form.fullmatch(text):
            there = "its end" if text is None else repr(text)[:LONGEST]
            raise GitError(("git", *MERGE_TREE), 0, f"its answer has {there} in place of {form.pattern}")
        return text

    def section(self, form: re.Pattern[str] = ANY) -> Iterator[str]:
        while field := self.next(form):
            yield field


def _next(fields: _Fields, sides: tuple[str, str]) -> AutomaticMerge:
    return _parsed(fields, sides, clean=fields.next(CLEAN) == "1")


def _parsed(fields: _Fields, sides: tuple[str, str], *, clean: bool) -> AutomaticMerge:
    tree = fields.next(OBJECT_ID)
    if clean:
        fields.next()
        return AutomaticMerge(tree, ())
    stages = list(fields.section(STAGE))
    kinds = _messages(fields, sides)
    return AutomaticMerge(tree, _conflicts(stages, kinds, sides))


def _conflicts(stages: Iterable[str], messages: dict[str, _Message], sides: tuple[str, str]) -> tuple[Conflict, ...]:
    versions: dict[str, dict[str, Entry]] = {}
    aside: dict[str, set[str]] = {}
    for line in stages:
        meta, _, name = line.partition("\t")
        mode, blob, stage = meta.split()
        path = _own_name(name, sides)
        versions.setdefault(path, {})[stage] = Entry(mode, blob)
        aside.setdefault(path, set()).update({name} - {path})
    # a directory rename conflicts without a conflicted file (git-merge-tree(1), MISTAKES TO AVOID)
    split = (path for path, said in messages.items() if said.kind == "directory rename split")
    versions |= {path: {} for path in split if path not in versions}
    return tuple(
        Conflict(
            path,
            said.kind,
            found.get("1"),
            found.get("2"),
            found.get("3"),
            aside=tuple(sorted(aside.get(path, ()))),
            related=tuple(other for other in said.paths if other != path),
        )
        for path, found in (versions or {"(no file)": {}}).items()
        for said in [messages.get(path, _Message("conflict", ()))]
    )


def _messages(fields: _Fields, sides: tuple[str, str]) -> dict[str, _Message]:
    """What git says of each path: the kind that it names first, and all paths that it ever names with it."""
    messages: dict[str, _Message] = {}
    for count in fields.section():
        if not COUNT.fullmatch(count):  # advice on submodules, which gits before 2.44 print where the section ends
            break
        paths = [_own_name(fields.next(SOME), sides) for _ in range(int(count))]
        kind, text = fields.next(), fields.next()
        if match := KIND.match(text) or KIND.match(kind):
            word = "submodule" if match[1].startswith("submodule") else match[1]
            for path in paths:
                former = messages.get(path, _Message(word, ()))
                messages[path] = former._replace(paths=tuple(dict.fromkeys((*former.paths, *paths))))
    return messages


def _own_name(name: str, sides: tuple[str, str]) -> str:
    match = LEFT_ASIDE.fullmatch(name)
    return match["path"] if match and match["commit"] in sides else name
