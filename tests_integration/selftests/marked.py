"""Tables of the README that are made by code stand between marks, and are put there."""

from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def between(text: str, begin: str, end: str, table: str) -> str:
    """The README's text with this table between its marks, in place of what is there.

    Raises:
        ValueError: the marks are not there.
    """
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"{README} has no lines {begin.strip()} and {end}")
    return f"{before}{begin}{table}{end}{after}"
