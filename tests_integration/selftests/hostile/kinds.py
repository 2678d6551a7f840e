"""The table of what the selftests of this room try, and of what happens, as the README shows it.

It is written there by `python -m tests_integration.selftests.hostile.kinds`.
"""

import importlib
from pathlib import Path

from tests_integration.selftests.hostile.told import TOLD
from tests_integration.selftests.marked import between

README = Path(__file__).parents[3] / "README.md"
BEGIN = "<!-- hostile kinds -->\n"
END = "<!-- end of hostile kinds -->"


def kinds() -> dict[str, tuple[str, str]]:
    """What is tried: module and what happens, by what is tried."""
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        importlib.import_module(f"{__package__}.{file.stem}")
    return dict(sorted(TOLD.items(), key=lambda item: item[1][0]))


def table() -> str:
    """The table as Markdown: of what, what was tried, what happens."""
    rows = [f"| {_room(room)} | {_cell(tried)} | {_cell(happens)} |" for tried, (room, happens) in kinds().items()]
    return "\n".join(["| of | what was tried | what happens |", "|---|---|---|", *rows]) + "\n"


def with_table(text: str) -> str:
    """The README's text with the table between its marks.

    Raises:
        ValueError: the marks are not there.
    """
    return between(text, BEGIN, END, table())


def _room(module: str) -> str:
    return module.rpartition(".test_")[2].replace("_", " ")


def _cell(text: str) -> str:
    shown = "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
    return shown.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
