"""A plan is written as YAML that reads back as the same plan, whatever its texts and remarks hold."""

from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests_integration.plan.mistakes import Place
from tests_integration.plan.read import read
from tests_integration.plan.written import written
from tests_integration.text import visible

HOSTILE = [
    *("", " ", " x ", "no", "1.10", "0x1F", "12:30:45", "~", "null", "<<", "*a", "&a", "!tag x", "- x", "? x", "x: y"),
    *("x #y", "#x", "'", '"', "\\", "%YAML 1.2", "---", "...", "a, b", "[a]", "{a}", "@x", "`x`", "x\ty", "x\ny", "\n"),
    *(
        "\x00\x1b[31m\x7f",
        "\x85\u2028\u2029\ufeff",
        "\u202etxt",
        "\U0001f600",
        "é",
        "x\r\ny",
        "a" * 2000,
        "k: v\n- x\n",
    ),
]
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(codec="utf-8"), max_size=8))
TREES = st.dictionaries(
    TEXTS,
    st.recursive(
        TEXTS | st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    min_size=1,
    max_size=4,
)


def _places(value: object, place: Place = ()) -> Iterator[Place]:
    yield place
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from _places(inner, (*place, step))


@given(TREES, TEXTS, st.data())
@settings(max_examples=200, deadline=None)
def test_what_is_written_reads_back_the_same_with_any_texts_and_remarks(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, object], heading: str, data: st.DataObject
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    remarks = {place: data.draw(TEXTS) for place in _places(tree) if data.draw(st.booleans())}
    text = written(tree, remarks, heading)
    file.write_text(text, encoding="utf-8")
    assert read(file).data == tree
    told = [line for remark in (heading, *remarks.values()) for line in visible(remark).split("\n") if line.strip()]
    assert [line for line in told if f"# {line}".replace("\t", " ").rstrip() not in text] == []


def test_texts_that_yaml_takes_for_something_else_are_quoted_for_other_readers_too() -> None:
    tree: dict[str, object] = {"a": ["no", "1.10", "12:30:45", "0x1F", "1e3", "~", "1" * 40], "b": "off"}
    assert yaml.safe_load(written(tree, {})) == tree
    assert yaml.safe_load(written({"attempt": "2", "network": "true"}, {})) == {"attempt": 2, "network": True}
