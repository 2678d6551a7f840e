"""The table of wrong integrations that the criteria catch, as the README shows it.

It is written there by `python -m tests_integration.selftests.wrong_kinds`.
"""

from collections.abc import Iterator
from pathlib import Path

from tests_integration.selftests.marked import between
from tests_integration.selftests.test_publish_criteria import WRONG_PUBLICATIONS, WRONG_REMOTES
from tests_integration.selftests.test_wrong_branches import WRONG, Wrong
from tests_integration.selftests.test_wrong_contents import WRONG_LAST_COMMITS, WRONG_MERGES
from tests_integration.selftests.test_wrong_resolutions import WRONG_RESOLUTIONS
from tests_integration.selftests.test_wrong_sources import WRONG_SOURCES, WRONG_TIPS

README = Path(__file__).parents[2] / "README.md"
BEGIN = "<!-- wrong kinds -->\n"
END = "<!-- end of wrong kinds -->"
WIDTH = 110

TABLES: tuple[dict[str, Wrong], ...] = (
    WRONG,
    WRONG_SOURCES,
    WRONG_TIPS,
    WRONG_RESOLUTIONS,
    WRONG_MERGES,
    WRONG_LAST_COMMITS,
    WRONG_REMOTES,
    WRONG_PUBLICATIONS,
)


def kinds() -> Iterator[tuple[str, Wrong]]:
    """Every kind that selftests make, with what they assert of it."""
    for table in TABLES:
        yield from table.items()


def table() -> str:
    """The table as Markdown: the kind, the criterion that is meant for it, and how that puts it."""
    rows = [f"| {_cell(kind)} | `{_criterion(wrong)}` | {_cell(_message(wrong.says))} |" for kind, wrong in kinds()]
    return "\n".join(["| what is wrong | criterion | what it says |", "|---|---|---|", *rows]) + "\n"


def with_table(text: str) -> str:
    """The README's text with the table between its marks.

    Raises:
        ValueError: the marks are not there.
    """
    return between(text, BEGIN, END, table())


def _criterion(wrong: Wrong) -> str:
    return wrong.telling.partition("[")[0]


def _message(says: str) -> str:
    """The first line, and what it announces where it ends with a colon, cut to a width that can be read."""
    first, *more = says.splitlines()
    text = f"{first} {more[0].strip()}" if first.endswith((":", " in")) and more else first
    return text if len(text) <= WIDTH else text[: WIDTH - 1].rstrip() + "…"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
