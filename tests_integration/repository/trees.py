"""New trees from old ones: only those along changed paths are read and written, however large the whole is."""

import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from git import Repo

from tests_integration.names import IGNORED, stands_for_git_folder
from tests_integration.repository.entry import LINK, REGULAR, SUBMODULE, Entry
from tests_integration.repository.git import GitError, answer, git
from tests_integration.repository.objects import OBJECT_ID, is_there, read, write

FOLDER = "40000"
MODES = REGULAR | {LINK, SUBMODULE}
ROW = re.compile(rb"([0-7]{1,7}) ([^\0]+)\0")

SUSPECT = re.compile(rb"[.gG\x80-\xff]")
"""How every name begins that some file system takes for `.git`, for a folder itself, or for the one above."""
MODULES = re.compile(r"(\.gitmodules|gitmod~[1-4])[. ]*(:.*)?", re.IGNORECASE | re.ASCII | re.DOTALL)
"""Names that git takes no link for (`verify_path` in git's `read-cache.c`)."""

APPLY = ("apply", "--cached", "--whitespace=nowarn")


def files_at(repo: Repo, tree: str, paths: Iterable[str]) -> dict[str, Entry]:
    """Those of the paths at which a tree or commit has a file, a link or a submodule.

    Raises:
        GitError: a tree on the way cannot be read.
    """
    trees = _Trees(repo, tree)
    there = ((path, trees.at(_bytes(path))) for path in paths)
    return {path: entry for path, entry in there if entry and entry.mode != FOLDER}


def file_at(repo: Repo, tree: str, path: str) -> Entry | None:
    """The file, link or submodule at a path of a tree or commit, or nothing; errors as for `files_at`."""
    return files_at(repo, tree, [path]).get(path)


def in_the_way(repo: Repo, tree: str, path: str) -> str | None:
    """The file that a file at this path would displace from a tree: one on the way to it, or one in a folder there.

    Raises:
        GitError: a tree on the way cannot be read.
    """
    trees = _Trees(repo, tree)
    return next((_text(other) for other, _ in trees.around(_bytes(path)) if _text(other) != path), None)


def edited(repo: Repo, tree: str, edits: Mapping[str, Entry | None], *, missing_ok: bool = False) -> str:
    """The tree with each path set to an entry, or removed where it is None, one after the other.

    As in git's index, a file takes the place of a folder, and a folder that of a file; only files are removed, and no
    folder stays empty (git-update-index(1), `--replace --index-info`; git-write-tree(1)).

    Args:
        repo: holds the tree, and gets the new ones.
        tree: its id.
        edits: by path.
        missing_ok: set paths to contents that are not there, too.

    Raises:
        GitError: git takes no such path, mode or content into an index; or a tree on the way is none that git makes,
            with names that lead elsewhere, that stand there twice, or out of order.
        OSError: a tree cannot be written.
    """
    if not edits:
        return tree
    trees = _Trees(repo, tree)
    for path, entry in edits.items():
        if entry is None:
            trees.remove(_bytes(path))
        else:
            _require_sound(repo, path, entry, len(tree), missing_ok=missing_ok)
            trees.set(_bytes(path), entry)
    return trees.written()


def patched(repo: Repo, tree: str, patch: bytes) -> str:
    """The tree with a patch applied (git-apply(1)).

    Raises:
        GitError: the patch does not apply.
    """
    with _index_for(repo, tree, patch) as env:
        before = _listed(repo, env)
        git(repo, *APPLY, "-", stdin=patch, env=env)
        after = _listed(repo, env)
    gone: dict[str, Entry | None] = dict.fromkeys(path for path in before if path not in after)
    return edited(repo, tree, gone | {path: entry for path, entry in after.items() if before.get(path) != entry})


def is_applied(repo: Repo, tree: str, patch: bytes) -> bool:
    """Whether the tree has all that a patch would change already: it can be taken back (git-apply(1), --reverse)."""
    try:
        with _index_for(repo, tree, patch) as env:
            return answer(repo, *APPLY, "--check", "--reverse", "-", stdin=patch, ok=(0, 1, 128), env=env)[0] == 0
    except GitError:
        return False


def stored_blob(repo: Repo, content: bytes, like: str) -> str:
    """Id of a blob with this content, written to the repository; `like` is the id of another object there."""
    return write(repo, "blob", content, like)


@contextmanager
def _index_for(repo: Repo, tree: str, patch: bytes) -> Iterator[dict[str, str]]:
    """The environment in which git's index has what of a tree a patch can touch or meet, and nothing else."""
    trees = _Trees(repo, tree)
    entries = {path: entry for touched in _touched(repo, patch) for path, entry in trees.around(touched)}
    lines = b"".join(f"{entry.mode} {entry.blob}\t".encode() + path + b"\0" for path, entry in entries.items())
    with tempfile.TemporaryDirectory() as folder:
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git(repo, "update-index", "-z", "--index-info", stdin=lines, env=env)
        yield env


def _touched(repo: Repo, patch: bytes) -> frozenset[bytes]:
    """The paths that a patch names: as they are after it and, where it renames or copies, before it."""
    ways: tuple[tuple[str, ...], ...] = ((), ("--reverse",))
    told = (git(repo, "apply", "--numstat", "-z", *way, "-", stdin=patch) for way in ways)
    return frozenset(row.split(b"\t", 2)[2] for rows in told for row in rows.split(b"\0")[:-1])


def _listed(repo: Repo, env: Mapping[str, str]) -> dict[str, Entry]:
    """What an index holds."""
    listed = {}
    for line in git(repo, "ls-files", "--stage", "-z", env=env).split(b"\0")[:-1]:
        meta, _, path = line.partition(b"\t")
        mode, blob, _ = meta.decode().split()
        listed[_text(path)] = Entry(mode, blob)
    return listed


Content = dict[bytes, Entry]
"""What is in a folder, by name; folders in it have the mode FOLDER and the id of a tree."""


class _Trees:
    """A tree and the trees in it, each read when somebody looks into it; by path, since paths may be deep."""

    def __init__(self, repo: Repo, tree: str) -> None:
        self.repo = repo
        self.tree = tree
        self.size = len(tree)
        self.read: dict[bytes, Content] = {b"": _content(repo, tree)}
        self.changed: set[bytes] = set()

    def at(self, path: bytes) -> Entry | None:
        """What is at a path, a folder too."""
        *_, last = self._down(path)
        return last[1] if last[0] == path else None

    def around(self, path: bytes) -> Iterator[tuple[bytes, Entry]]:
        """What is at a path and is no folder; or what is on the way to it; or the first of a folder that is there."""
        *_, (place, entry) = self._down(path)
        while entry and entry.mode == FOLDER:
            name, entry = next(iter(self._inside(place, entry).items()), (b"", None))
            place += b"/" + name
        if entry:
            yield place, entry

    def set(self, path: bytes, entry: Entry) -> None:
        """Put an entry at a path, in the place of whatever is there or on the way to it."""
        folder, _, name = path.rpartition(b"/")
        self._make(folder)
        self._forget(path)
        self.read[folder][name] = entry

    def remove(self, path: bytes) -> None:
        """Remove what is no folder."""
        there = self.at(path)
        if there and there.mode != FOLDER:
            folder, _, name = path.rpartition(b"/")
            self._make(folder)
            del self.read[folder][name]

    def written(self) -> str:
        """Id of the tree as it is now; written from the deepest changed folder up."""
        for folder in sorted(self.changed - {b""}, key=lambda path: path.count(b"/"), reverse=True):
            above, _, name = folder.rpartition(b"/")
            if self.read[folder]:
                self.read[above][name] = Entry(FOLDER, self._write(folder))
            else:
                del self.read[above][name]
        return self._write(b"") if self.changed else self.tree

    def _down(self, path: bytes) -> Iterator[tuple[bytes, Entry | None]]:
        """What is at each step of the way to a path, until there is nothing or no folder."""
        entry: Entry | None = Entry(FOLDER, self.tree)
        place = b""
        for name in path.split(b"/"):
            if not entry or entry.mode != FOLDER:
                return
            entry = self._inside(place, entry).get(name)
            place = place + b"/" + name if place else name
            yield place, entry

    def _inside(self, place: bytes, entry: Entry) -> Content:
        if place not in self.read:
            self.read[place] = _content(self.repo, entry.blob)
        return self.read[place]

    def _make(self, path: bytes) -> None:
        """Let there be a folder at a path, and folders on the way to it, all to be written."""
        self.changed.add(b"")
        place = b""
        for name in path.split(b"/") if path else ():
            inside = self.read[place]
            place = place + b"/" + name if place else name
            there = inside.get(name)
            if there and there.mode == FOLDER:
                self._inside(place, there)
            else:
                inside[name] = Entry(FOLDER, "")
                self.read[place] = {}
            self.changed.add(place)

    def _forget(self, path: bytes) -> None:
        """Leave out what was done in a folder that has to give way."""
        for place in [place for place in self.read if place == path or place.startswith(path + b"/")]:
            del self.read[place]
            self.changed.discard(place)

    def _write(self, folder: bytes) -> str:
        rows = sorted((_key(name, entry), name, entry) for name, entry in self.read[folder].items())
        data = b"".join(
            b"%b %b\0%b" % (entry.mode.encode(), name, bytes.fromhex(entry.blob)) for _, name, entry in rows
        )
        return write(self.repo, "tree", data, like=self.tree)


def _content(repo: Repo, tree: str) -> Content:
    kind, data = read(repo, tree)
    if kind == "commit":
        kind, data = read(repo, data[5:].partition(b"\n")[0].decode())
    if kind != "tree":
        raise GitError(("git", "cat-file", "tree", tree), 128, f"object {tree} is no tree but a {kind}")
    content: Content = {}
    at, size = 0, len(tree) // 2
    keys = []
    while at < len(data):
        row = ROW.match(data, at)
        if not row or len(data) < row.end() + size:
            raise GitError(("git", "cat-file", "tree", tree), 128, f"tree {tree} is malformed")
        at = row.end() + size
        entry = Entry(_mode(int(row[1], 8)), data[row.end() : at].hex())
        content[row[2]] = entry
        keys.append(_key(row[2], entry))
        _require_sound_name(tree, row[2], entry.mode)
    if len(content) < len(keys) or keys != sorted(keys):
        raise GitError(("git", "cat-file", "tree", tree), 128, f"tree {tree} has a name twice, or names out of order")
    return content


def _key(name: bytes, entry: Entry) -> bytes:
    """By which git sorts what is in a tree (`base_name_compare` in git's `read-cache.c`)."""
    return name + b"/" if entry.mode == FOLDER else name


def _mode(mode: int) -> str:
    """The mode that git makes of a mode in a tree (`canon_mode` in git's `cache.h`)."""
    if stat.S_ISREG(mode):
        return "100755" if mode & stat.S_IXUSR else "100644"
    return FOLDER if stat.S_ISDIR(mode) else LINK if stat.S_ISLNK(mode) else SUBMODULE


def _require_sound_name(tree: str, name: bytes, mode: str) -> None:
    if (SUSPECT.match(name) and _leads_elsewhere(_text(name), mode)) or b"/" in name:
        raise GitError(("git", "cat-file", "tree", tree), 128, f"invalid path {_text(name)!r} in tree {tree}")


def _leads_elsewhere(name: str, mode: str) -> bool:
    """Whether git takes no such name into an index (`verify_path` in git's `read-cache.c`)."""
    if mode == LINK and MODULES.fullmatch(name.translate(IGNORED)):
        return True
    return name in {"", ".", ".."} or stands_for_git_folder(name)


def _require_sound(repo: Repo, path: str, entry: Entry, size: int, *, missing_ok: bool) -> None:
    """Refuse what git takes into no index, or into no tree of it."""
    command = ("git", "update-index", "--index-info")
    if any(_leads_elsewhere(name, entry.mode) for name in path.split("/")) or "\0" in path:
        raise GitError(command, 128, f"invalid path {path!r}")
    if entry.mode not in MODES or len(entry.blob) != size or not OBJECT_ID.fullmatch(entry.blob):
        raise GitError(command, 128, f"{path!r} cannot be of mode {entry.mode!r} and content {entry.blob!r}")
    if not missing_ok and entry.mode != SUBMODULE and not is_there(repo, entry.blob):
        raise GitError(("git", "write-tree"), 128, f"invalid object {entry.mode} {entry.blob} for {path!r}")


def _bytes(path: str) -> bytes:
    return path.encode(errors="surrogateescape")


def _text(path: bytes) -> str:
    return path.decode(errors="surrogateescape")
