"""An index for git (gitformat-index(5), version 2) that tells of files what is known of them already.

Git by itself tells of a file what the system does only once it has written the file, or read all of it.
"""

import hashlib
import os
import struct
from collections.abc import Mapping

from tests_integration.repository.entry import Entry

HEAD = struct.Struct(">4sII")
ROW = struct.Struct(">10I20sH")
LONGEST = 0xFFF
BLOCK = 8
WORD = 0xFFFFFFFF
BILLION = 10**9


def stat_index(entries: Mapping[str, Entry], known: Mapping[str, os.stat_result]) -> bytes:
    """The content of an index file.

    Args:
        entries: all files, in the order of git-ls-tree(1), which is that of an index.
        known: what the system tells of files that hold what their entry says; the others git will read itself.
    """
    rows = b"".join(_row(path, entry, known.get(path)) for path, entry in entries.items())
    content = HEAD.pack(b"DIRC", 2, len(entries)) + rows
    return content + hashlib.sha1(content, usedforsecurity=False).digest()


def _row(path: str, entry: Entry, found: os.stat_result | None) -> bytes:
    name, mode = os.fsencode(path), int(entry.mode, 8)
    fields = (0,) * 6 + (mode, 0, 0, 0)
    if found:
        times = *divmod(found.st_ctime_ns, BILLION), *divmod(found.st_mtime_ns, BILLION)
        fields = (*times, found.st_dev, found.st_ino, mode, found.st_uid, found.st_gid, found.st_size)
    row = ROW.pack(*[field & WORD for field in fields], bytes.fromhex(entry.blob), min(len(name), LONGEST)) + name
    return row + bytes(BLOCK - len(row) % BLOCK)
