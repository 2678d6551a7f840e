"""Names of files that some file systems take for other names, and of bugs that have none yet."""

import re

BUG_PREFIX = "BUG-"
"""How ids of bugs begin, before the next free number."""

IGNORED = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])
"""Code points that HFS+ takes as not there: the list in git's `utf8.c`, for `str.translate`."""

DOTGIT = re.compile(r"(\.git|git~1)[. ]*([:\\].*)?", re.IGNORECASE | re.ASCII | re.DOTALL)


def stands_for_git_folder(name: str) -> bool:
    """Whether NTFS or HFS+ take a component of a path for `.git` (`is_ntfs_dotgit`, `is_hfs_dotgit` in git)."""
    return bool(DOTGIT.fullmatch(name)) or name.translate(IGNORED).lower() == ".git"
