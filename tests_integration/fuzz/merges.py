"""What reads the answers of `git merge-tree -z`: any bytes are an answer, or an error says where they are none."""

import re
from contextlib import suppress

from tests_integration.repository.git import GitError
from tests_integration.repository.merge import AutomaticMerge, read_many, read_one

OURS, THEIRS, TREE, BLOB = (digit * 40 for digit in "1234")
STAGES = "".join(f"100644 {BLOB} {stage}\tgo.mod\0" for stage in (1, 2, 3))
TEXT = "CONFLICT (content): Merge conflict in go.mod\n"
SAID = f"1\0go.mod\0Auto-merging\0Auto-merging go.mod\n\0001\0go.mod\0CONFLICT (contents)\0{TEXT}\0"
ASIDE = f"120000 {BLOB} 2\ta~{OURS}\0\0002\0a\0a~{OURS}\0CONFLICT (file/directory)\0CONFLICT (file/directory): a\0"
SPLIT = "\0003\0a/\0b/\0c/\0CONFLICT (directory rename split)\0CONFLICT (directory rename split): a\0"
SEEDS = [
    f"1{TREE}\0".encode(),
    f"0{TREE}\0{STAGES}\0{SAID}".encode(),
    f"0{TREE}\0{ASIDE}".encode(),
    f"0{TREE}\0{SPLIT}".encode(),
    f"0{TREE}\0{SPLIT}".replace("b/", "").encode(),
    f"21\0{TREE}\0\0000\0{TREE}\0{STAGES}\0{SAID}\0".encode(),
]
"""The first byte says of which kind an answer is: one that is clean, or not, or many."""

WORDS = [
    b"\0",
    b"\0\0",
    b"1\0",
    b"9",
    b"\t",
    b"\n",
    b"\xff",
    TREE.encode(),
    *(b"~%s_1" % side.encode() for side in (OURS, THEIRS)),
]


def one(data: bytes) -> None:
    """Read an answer, behind a byte that says of which kind it is; see `SEEDS`.

    Raises:
        AssertionError: what was read is no merge.
    """
    sides = (OURS, THEIRS)
    with suppress(GitError):
        if data[:1] == b"2":
            made = list(read_many(data[1:], (sides, sides)))
        else:
            made = [read_one(data[1:], sides, clean=data[:1] == b"1")]
        for merge in made:
            _require_merge(merge)


def _require_merge(merge: AutomaticMerge) -> None:
    assert re.fullmatch(r"[0-9a-f]{40}([0-9a-f]{24})?", merge.tree)
    for conflict in merge.conflicts:
        assert conflict.path
        assert conflict.kind
        assert "\0" not in conflict.path
        files = [file for file in (conflict.base, conflict.ours, conflict.theirs) if file]
        assert all(re.fullmatch(r"[0-7]{6}", file.mode) and re.fullmatch(r"[0-9a-f]+", file.blob) for file in files)
