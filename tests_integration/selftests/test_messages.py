"""The README's table of messages: each text is one that the package can say, and whatever speaks is in a row."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests_integration.criteria.catalogue import described
from tests_integration.plan.stages import RESULTS
from tests_integration.selftests.marked import README
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.waves import Wave

PACKAGE = Path(__file__).parents[1]
APART = ("selftests/", "bench/", "fuzz/")
BEGIN, END = "<!-- messages -->\n", "<!-- end of messages -->"
WORDS = 3
"""From how many words on a text is a sentence, and no name, key or piece of one."""

SILENT = {
    "engine/states": "the README has its table",
    "plan/examples": "examples of keys, shown in the README",
    "plan/model": "defaults of keys",
    "plan/schema": "schemas, for editors",
    "record/html": "a form of the record",
    "record/markdown": "a form of the record",
    "record/operations": "a form of the record",
    "record/r520": "schema of the metadata",
    "record/replay": "a form of the record",
    "record/schema": "schema of the record",
    "record/worklog": "a form of the record",
    "text": "an annotation of a type",
}
"""Modules that hold sentences and give no messages, and what those are."""

PATTERNS = "compile fullmatch match search sub findall startswith endswith split partition removeprefix removesuffix"
NO_MESSAGES = frozenset(f"{PATTERNS} addoption addinivalue_line add_argument ArgumentParser strptime Field".split())
"""Functions whose texts are patterns, help, or descriptions that other tables of the README show."""


class Row(NamedTuple):
    """A family of messages.

    Attributes:
        texts: how they read, with `…` for what varies or is left out.
        means: what has happened.
        exit: code of a run that says so.
        modules: who says so; patterns of `fnmatch`.
    """

    texts: tuple[str, ...]
    means: str
    exit: str
    modules: tuple[str, ...]


def rows() -> Iterator[Row]:
    """The families of the table."""
    table = README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    for row in table.splitlines()[2:]:
        says, means, _, code, names = row.removeprefix("| ").removesuffix(" |").split(" | ")
        texts = tuple(text.strip() for _, text in re.findall(r"(`+)(.+?)\1(?!`)", says))
        yield Row(texts, means, code, tuple(names.split()))


@cache
def modules() -> dict[str, ast.Module]:
    """What the package consists of, by path without ending."""
    files = {str(file.relative_to(PACKAGE).with_suffix("")): file for file in PACKAGE.rglob("*.py")}
    return {
        name: ast.parse(file.read_text(encoding="utf-8")) for name, file in files.items() if not name.startswith(APART)
    }


def texts(node: ast.AST) -> Iterator[str]:
    """Every text below a node that may be a message, with `…` for what is put in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring
        if isinstance(child, ast.Call) and _called(child) in NO_MESSAGES:
            continue
        if isinstance(child, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in child.values)
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value
        yield from texts(child)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _speaks(module: str) -> bool:
    said = (text for text in _texts(module) if " " in text and not re.match("--[a-z-]+=", text))  # of git
    return any(len(re.findall(r"[a-z]+", text)) >= WORDS for text in said)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part.strip()) for part in text.split("…")), re.DOTALL)


def _is_said(text: str, module: str) -> bool:
    said = _pattern(text)
    return any(said.search(one) for one in _texts(module))


@cache
def _texts(module: str) -> tuple[str, ...]:
    return tuple(texts(modules()[module]))


def _named(row: Row) -> set[str]:
    return {name for name in modules() for pattern in row.modules if fnmatch(name, pattern)}


def test_each_text_is_one_that_the_package_says() -> None:
    unsaid = [text for row in rows() for text in row.texts if not any(_is_said(text, name) for name in _named(row))]
    assert unsaid == []


def test_each_row_says_something_and_names_who_does() -> None:
    assert [row for row in rows() if not (row.texts and row.exit and row.modules)] == []
    speaking = list(filter(_speaks, modules()))
    silent = [name for row in rows() for name in row.modules if not any(fnmatch(one, name) for one in speaking)]
    assert silent == []


def test_the_result_of_each_criterion_named_is_the_one_that_it_gives() -> None:
    for row in rows():
        named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", row.means))
        assert named <= described().keys(), row
        results = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", row.means))
        assert results <= {*RESULTS.values()}, row
        assert not (named and results) or results == {RESULTS[described()[name].stage] for name in named}, row


def test_each_module_that_speaks_is_in_a_row() -> None:
    speaking = set(filter(_speaks, modules()))
    assert speaking - {name for row in rows() for name in _named(row)} - SILENT.keys() == set()
    assert SILENT.keys() <= speaking


def test_what_refuses_a_command_line_is_in_a_row_with_its_exit_code() -> None:
    refusing = {
        name
        for name, tree in modules().items()
        if any(isinstance(node, ast.Raise) and "UsageError" in ast.unparse(node) for node in ast.walk(tree))
    }
    assert refusing
    assert refusing - {name for row in rows() if row.exit.startswith("4") for name in _named(row)} == set()


def test_what_a_run_says_is_in_a_row_with_its_exit_code(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": "one\n"})
    wave.branch("E2", {"shared.txt": "two\n"})
    wave.write()
    (wave.folder / "open.md").write_text("# Phase 1 Wave 2\n", encoding="utf-8")
    wave.document["colour"] = "blue"
    wave.write("coloured")
    del wave.document["colour"]
    wave.document["branches"][0]["from"] = "origin/effort/E9"
    wave.write("lacking")
    told = {
        "--plan …: there is no plan (looked for …)": "--plan nowhere.yaml",
        "… is not a key here…": "--plan plans/coloured.yaml",
        "the document names no demo …, and …": "--plan open.md",
        "there is no branch … on the remote … (…)…": "--plan plans/lacking.yaml --until merge",
        "parked: …; the others were merged": "--plan plans/wave.yaml --until merge",
        "the record of … holds: … recomputed, …": "--record reports/wave/record.json --repository origin.git",
        "…: no record: it holds no JSON object": "--record list.json --repository origin.git",
    }
    (wave.folder / "list.json").write_text("[]", encoding="utf-8")
    exits = {text: row.exit for row in rows() for text in row.texts}
    for text, arguments in told.items():
        done = run(wave.folder, *arguments.split())
        assert _pattern(text).search(done.output), done.output
        assert str(done.exit) == exits[text].partition(";")[0], text
