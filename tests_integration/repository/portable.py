"""Paths that some file systems cannot hold, and paths that some cannot tell apart."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from unicodedata import normalize

from tests_integration.names import IGNORED, stands_for_git_folder

LONGEST = 255

DEVICE = re.compile(
    r"(CON|PRN|AUX|NUL|(?:COM|LPT)[1-9¹²³]|CONIN\$|CONOUT\$) *([.:].*)?", re.IGNORECASE | re.ASCII | re.DOTALL
)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
FORBIDDEN = re.compile(r'[<>:"|?*\\]')
NOT_UTF8 = re.compile(r"[\ud800-\udfff]")

DEEP = 100
"""Folders on the way to a path beyond which the ways to all of them are too long to be written out."""

Steps = list[tuple[int, int]]
"""For each component down a path: a number that alike paths share, and one that only the same spelling has."""


def unportable(path: str) -> str:
    """Why a path cannot be checked out everywhere, in a short phrase; empty where nothing speaks against it.

    Windows forbids some characters, endings and names of devices (Naming Files, Paths, and Namespaces); a component
    that NTFS or HFS+ takes for `.git` is refused by git (`is_ntfs_dotgit`, `is_hfs_dotgit`); APFS holds UTF-8 only; a
    component has 255 bytes at most on Linux. How long the whole path is depends on the folder it is put in.

    Args:
        path: separated by slashes; bytes that are not UTF-8 as `surrogateescape` decodes them.
    """
    return next(filter(None, map(_fault, path.split("/"))), "")


def collisions(paths: Iterable[str]) -> dict[str, str]:
    """Paths that another path of the same tree meets on a file system that ignores case or normalisation.

    Two paths meet where they, or folders on their way, are spelled differently but are alike: `A` and `a`, `Docs/a` and
    `docs/b`, `docs` and `DOCS/a`. Alike is what any usual file system takes for the same: NTFS ignores case one
    character for one; HFS+ ignores case, how accents are composed, and some invisible characters; APFS and ext4's
    casefold also take `ß` and `ss` for the same. So this is Unicode's full case folding and NFC, and on NTFS a few of
    these pairs could in fact stand side by side.

    Args:
        paths: all files of the tree.

    Returns:
        For each path that meets others, the one it meets deepest down; of several, the first.
    """
    paths = _near(tuple(paths))
    alike: dict[tuple[int, str], int] = {}
    spelled: dict[tuple[int, str], int] = {}
    first: dict[int, tuple[int, str]] = {}
    second: dict[int, str] = {}
    for path in paths:
        for place, spelling in _steps(path, alike, spelled):
            if first.setdefault(place, (spelling, path))[0] != spelling:
                second.setdefault(place, path)
    if not second:
        return {}
    met = {path: _met(_steps(path, alike, spelled), first, second) for path in paths}
    return {path: other for path, other in met.items() if other}


def _near(paths: Sequence[str]) -> Sequence[str]:
    """Those of the paths that are alike another one, or lie in a folder that is, in their order; mostly none."""
    if any(path.count("/") > DEEP for path in paths):
        return paths
    folders: set[str] = set()
    above = {path.rpartition("/")[0] for path in paths}
    while above:
        folders |= above
        above = {path.rpartition("/")[0] for path in above} - folders
    times = Counter(_folded_paths(folders.union(paths)))
    several = {alike for alike, number in times.items() if number > 1}
    if not several:
        return ()
    return [path for path in paths if not several.isdisjoint(_places(_folded_path(path)))]


def _places(path: str) -> Iterator[str]:
    """The path, and before it each folder on the way to it."""
    end = path.find("/")
    while end >= 0:
        yield path[:end]
        end = path.find("/", end + 1)
    yield path


def _folded_paths(paths: Iterable[str]) -> Iterable[str]:
    text = "\0".join(paths)  # which no path holds; all at once takes a fifth of the time
    return text.lower().split("\0") if text.isascii() else map(_folded_path, text.split("\0"))


def _folded_path(path: str) -> str:
    return path.lower() if path.isascii() else "/".join(map(_folded, path.split("/")))


def _met(steps: Steps, first: dict[int, tuple[int, str]], second: dict[int, str]) -> str:
    for place, spelling in reversed(steps):
        if place in second:
            there, path = first[place]
            return path if there != spelling else second[place]
    return ""


def _steps(path: str, alike: dict[tuple[int, str], int], spelled: dict[tuple[int, str], int]) -> Steps:
    """Number the path's components, not its prefixes: a stranger's path may be thousands of folders deep."""
    steps = []
    place = spelling = 0
    for name in path.split("/"):
        place = alike.setdefault((place, _folded(name)), len(alike) + 1)
        spelling = spelled.setdefault((spelling, name), len(spelled) + 1)
        steps.append((place, spelling))
    return steps


@lru_cache(maxsize=1 << 14)
def _folded(name: str) -> str:
    if name.isascii():
        return name.lower()
    return normalize("NFC", normalize("NFD", name.translate(IGNORED)).casefold())


@lru_cache(maxsize=1 << 14)
def _fault(name: str) -> str:
    if stands_for_git_folder(name):
        return "stands for .git on some file systems"
    if NOT_UTF8.search(name):
        return "holds bytes that are not UTF-8"
    if CONTROL.search(name):
        return "holds a control character"
    if found := DEVICE.fullmatch(name):
        return f"{found[1].upper()} is a device on Windows"
    return _windows_fault(name) or _length_fault(name)


def _windows_fault(name: str) -> str:
    if found := FORBIDDEN.search(name):
        return f"holds {found[0]}, which Windows forbids"
    if name.endswith((".", " ")):
        return f"ends in a {'dot' if name.endswith('.') else 'space'}, which Windows drops"
    return ""


def _length_fault(name: str) -> str:
    size = len(name.encode())
    return f"has a name of {size} bytes, and {LONGEST} is the most" if size > LONGEST else ""
