"""Documents that are no plan, or would make one do what nobody sees: each is refused in words, at its line."""

from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests_integration.selftests.hostile.told import case, hostile
from tests_integration.selftests.plan_documents import DOCUMENTS, of

WHOLE = (DOCUMENTS / "parentheses.md").read_text(encoding="utf-8")
OWN = "\n```yaml plan\n{}\n```\n"
PATH = WHOLE + OWN.format("branches: [{id: ../x}]")
FIX = "\n### BUG-1 Fix\nDelete `a/../../.git/config` after E1.2.1\n"
OPTION = WHOLE.replace("wave2/crew", "--x=y..z")
RUNS = "   - Source: ext::sh/-c/x\n2. phase1"
LISTS = "".join(f"{'  ' * n}- a\n" for n in range(60))
CONTROL = "plan: holds the control character"


def _documents(tried: str, says: str, document: str) -> ParameterSet:
    return case(__name__, tried, says, document)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        _documents("a document with HTML", ":3:1: plan: holds HTML ('<b>'), which is not", "x\n\n<b>main</b>\n"),
        _documents("a document with a script", ":1:1: plan: holds HTML ('<script>", "<script>alert(1)</script>\n"),
        _documents("a document with a placeholder in it", "holds HTML ('<branch>')", "Base Branch: <branch>\n"),
        _documents("a document with an escape character", f":2:1: {CONTROL} '\\x1b'", "a\n\x1b[2J\n"),
        _documents("a document with a NUL", f":1:1: {CONTROL} '\\x00'", "a\0b\n"),
        _documents("a document that reads from right to left", f"{CONTROL} '\\u202e'", "Base: \u202eniam\n"),
        _documents("a document of megabytes", ":1:1: plan: is longer than 64 KiB", "a" * 300_000),
        _documents("a document of very many lines", ":5001:1: plan: has more than 5000 lines", "- a\n" * 6000),
        _documents("a document of quotes in quotes", "deeper than 8 levels", "> " * 100 + "a\n"),
        _documents("a document of lists in lists", "deeper than 8 levels", LISTS),
        _documents("a document in one line", ":1:1: plan: goes on for more than 2000 characters", "[(" * 5000),
        _documents("a document of a paragraph without end", ":2:1: plan: goes on for more than", "\n" + "a b\n" * 4000),
        _documents("a document whose own YAML has a tag", "has the tag tag:yaml.org", OWN.format("a: !!int 1")),
        _documents("a document whose own YAML has a path for an id", "'../x' is not an id", PATH),
        _documents("a document's branch that no git would have", "is not a branch name", OPTION),
        _documents("a document's fix that leaves the repository", "leaves the repository's own files", WHOLE + FIX),
        _documents("a document's place that runs a program", "begins with no remote", WHOLE.replace("2. phase1", RUNS)),
    ],
)  # fmt: skip
def test_it_is_refused_in_words(tmp_path: Path, document: str, says: str) -> None:
    found = of(tmp_path, document)
    assert found.plan is None
    assert says in found.refusal
    assert found.refusal.replace("\n", "").isprintable()


@hostile("a document with a BOM, Windows' line ends and no-break spaces", "is read as without them")
def test_what_editors_put_in_is_no_matter(tmp_path: Path) -> None:
    changed = "\ufeff" + WHOLE.replace("Target Branch: main", "Target\u00a0Branch:\u00a0main").replace("\n", "\r\n")
    plain, other = of(tmp_path, WHOLE), of(tmp_path, changed)
    assert plain.plan
    assert other.plan
    assert other.plan.digest == plain.plan.digest
