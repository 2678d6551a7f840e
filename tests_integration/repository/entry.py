"""What a tree holds at a path."""

from typing import NamedTuple

REGULAR = frozenset({"100644", "100755"})
LINK = "120000"
SUBMODULE = "160000"


class Entry(NamedTuple):
    """A file in a tree: mode such as `100755` (`120000` a link, `160000` a submodule), and id of its content."""

    mode: str
    blob: str


def is_text_file(entry: Entry | None) -> bool:
    """Whether it is a file whose lines can be looked at: no link, no submodule, not missing."""
    return entry is not None and entry.mode in REGULAR
