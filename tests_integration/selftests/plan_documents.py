"""Documents of the shapes in which waves are planned; beside each stands what is made of it.

That is `.yaml` where it is read (what `--write-plan` writes), `.txt` where it is refused (all questions).
"""

import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from tests_integration.engine.surroundings import look
from tests_integration.plan.load import Given, give
from tests_integration.plan.markdown.draft import Surroundings
from tests_integration.steps import Step
from tests_integration.writing import text

DOCUMENTS = Path(__file__).parent / "documents"
CLONE = DOCUMENTS / "clone"
WHOLE = (DOCUMENTS / "parentheses.md").read_text(encoding="utf-8")
"""A document that is whole, to be made strange."""

KNOWN = {"e6f5cdd": "e6f5cdd" + "0" * 33, "d34e714": "d34e714" + "0" * 33, "37b5e68": "37b5e68" + "0" * 33}
"""Commits that the clone has, by how documents shorten them."""

HISTORIES = {
    "origin/ferry/phase1/wave2/fares": ["f1"],
    "origin/ferry/phase1/wave2/refunds": ["f2", "f1"],
    "origin/ferry/phase1/wave2/refunds-by-mail": ["f3", "f2", "f1"],
    "origin/ferry/phase2/wave2/effort-1-warnings": ["a1"],
    "origin/ferry/phase2/wave2/effort-2-notices": ["b2", "a1"],
    "origin/ferry/phase2/wave2/effort-3-lights": ["c3"],
}
"""Commits that branches have beyond the base."""


MAKE = {"build": Step(("make",), "Makefile"), "test": Step(("make test",), "Makefile")}


def surroundings(_clone: Path, tools: Mapping[str, Step] = MAKE) -> Surroundings:
    """What a clone would tell of which these documents speak; `test_plan_document_runs.py` has a real one."""
    return Surroundings(
        frozenset({"origin", "effort-1.3.1", "effort-1.3.2"}),
        lambda _source: tools,
        lambda short: KNOWN.get(short, ""),
        lambda source, _base: HISTORIES.get(source),
    )


def given(file: Path) -> Given:
    """The document as `--plan` reads it; those in `bare` without `--repository`."""
    return give(file, None if file.parent.name == "bare" else CLONE, surroundings)


def written(file: Path) -> str:
    """What `--write-plan` would write, or all questions."""
    return shown(given(file)).replace(f"{file}:", f"{file.name}:")


def shown(found: Given) -> str:
    """What is made of a document: the plan as YAML, or all questions."""
    if found.plan and found.document:
        return text(found, found.document, found.file.with_suffix(".yaml"))
    return f"{found.refusal}\n"


def of(folder: Path, document: str, clone: str = ".", tools: Mapping[str, Step] = MAKE) -> Given:
    """A document in a folder, with a demo beside it; without `clone`, it has to name one that there is.

    Args:
        folder: where it is written.
        document: its text.
        clone: what it is read beside.
        tools: how the project is built and tested, by what the base has.
    """
    shutil.copytree(DOCUMENTS / "infrastructure", folder / "infrastructure", dirs_exist_ok=True)
    file = folder / "wave.md"
    file.write_text(document, encoding="utf-8")
    return give(file, folder, partial(surroundings, tools=tools)) if clone else give(file, None, look)


def made(folder: Path, *edits: tuple[str, str]) -> str:
    """What is made of the document with these edits."""
    text = WHOLE
    for before, after in edits:
        assert before in text
        text = text.replace(before, after, 1)
    return shown(of(folder, text))


DOCUMENTED = [
    file
    for file in sorted(DOCUMENTS.rglob("*.md"))
    if file.with_suffix(".yaml").exists() or file.with_suffix(".txt").exists()
]
