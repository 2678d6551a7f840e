"""The metadata file: one object of it is replaced, every other byte is somebody else's and stays."""

import json
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests_integration.engine import metadata
from tests_integration.engine.jsonpointer import NotThereError, replaced, value_at
from tests_integration.engine.metadata import Attempts, MetadataError

quick = settings(derandomize=True, database=None, deadline=None, max_examples=150)

TOKENS = [
    "0",
    "-1.50",
    "1E3",
    "12345678901234567890.10",
    "true",
    "null",
    "[]",
    "{}",
    '"\\u00e9\\/\\n"',
    '"\u00e9 \u2028"',
]
TOKENS += ['"{\\"}[,:"', '"\\\\"', '"\\ud83d\\ude00"', '"\udcff"']
"""Values as people write them; the last is a byte that is no UTF-8."""
KEYS = ['"a"', '"b"', '"a b"', '"\\u0062"', '""', '"/"', '"~"', '"{"']
STEPS = {
    '"x"': "x",
    '"\\u0078"': "x",
    '"p/q"': "p~1q",
    '"m~n"': "m~0n",
    '"~1"': "~01",
    '"\u00e9"': "\u00e9",
    '" "': " ",
}
"""Keys as written, and as JSON pointers name them."""

spaces = st.text(" \t\r\n", max_size=3)


def listed(items: Sequence[str]) -> str:
    return ",".join(items)


def members(values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    member = st.builds("{}{}{}:{}{}{}".format, spaces, st.sampled_from(KEYS), spaces, spaces, values, spaces)
    return st.lists(member, max_size=3)


values = st.recursive(
    st.sampled_from(TOKENS),
    lambda inner: st.one_of(
        st.builds("[{}{}{}]".format, spaces, st.lists(inner, min_size=1, max_size=3).map(listed), spaces),
        st.builds("{{{}{}}}".format, spaces, members(inner).map(listed)),
    ),
    max_leaves=5,
)


class Written(NamedTuple):
    """A JSON text by hand: `before` + an object + `after`, and the pointer to the object."""

    before: str
    after: str
    pointer: str


@st.composite
def written(draw: st.DrawFn) -> Written:
    before, after, pointer = draw(spaces), draw(spaces), ""
    for key in draw(st.lists(st.sampled_from(list(STEPS)), min_size=1, max_size=3)):
        first, last = draw(members(values)), draw(members(values))
        opened = listed([*first, f"{draw(spaces)}{key}{draw(spaces)}:{draw(spaces)}"])
        before += "{" + opened
        after = draw(spaces) + "".join(f",{member}" for member in last) + "}" + after
        pointer += f"/{STEPS[key]}"
    return Written(before, after, pointer)


def at(value: Any, pointer: str) -> Any:
    """What a pointer names, by the words of RFC 6901."""
    for step in pointer.split("/")[1:]:
        value = value[step.replace("~1", "/").replace("~0", "~")]
    return value


def same_start(one: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


@quick
@given(written(), values)
def test_every_byte_beside_the_object_stays(text: Written, old: str) -> None:
    new = replaced(text.before + old + text.after, text.pointer, {"k": [1, "\u00e9"]})
    assert new.startswith(text.before)
    assert new.endswith(text.after)
    assert json.loads(new[len(text.before) : len(new) - len(text.after)]) == {"k": [1, "\u00e9"]}


@quick
@given(written(), values)
def test_the_value_is_read_where_it_is_written(text: Written, old: str) -> None:
    assert value_at(text.before + old + text.after, text.pointer) == json.loads(old)


@quick
@given(written(), members(values), st.lists(st.sampled_from(["new", "n/w", "~"]), min_size=1, max_size=3))
def test_an_object_that_is_not_there_is_added_and_nothing_is_taken_away(
    text: Written, inside: list[str], missing: list[str]
) -> None:
    old = f"{text.before}{{{listed(inside or [KEYS[0] + ': 1'])}}}{text.after}"
    pointer = text.pointer + "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in ["!", *missing])
    new = replaced(old, pointer, {"k": 1})
    assert same_start(old, new) + same_start(old[::-1], new[::-1]) >= len(old)
    assert at(json.loads(new), pointer) == {"k": 1}
    assert all(
        at(json.loads(new), text.pointer)[key] == value for key, value in at(json.loads(old), text.pointer).items()
    )


@pytest.mark.parametrize(
    ("old", "pointer", "new"),
    [
        ("{}\n", "", '{\n  "k": 1\n}\n'),
        ("{}", "/a", '{\n  "a": {\n    "k": 1\n  }\n}'),
        ("{ }\r\n", "/a/b", '{\n  "a": {\n    "b": {\n      "k": 1\n    }\n  }\n}\r\n'),
        ('{"z": 1, "y": 2}', "/a", '{"z": 1, "y": 2,\n  "a": {\n    "k": 1\n  }}'),
        ('{\n\t"a": {"old": 0},\r\n\t"z": 1.10\n}', "/a", '{\n\t"a": {\n    "k": 1\n  },\r\n\t"z": 1.10\n}'),
        ('{"a": {}, "a": {"b": 0}}', "/a/b", '{"a": {}, "a": {"b": {\n      "k": 1\n    }}}'),
        ('{"a": null}\n', "/a", '{"a": {\n    "k": 1\n  }}\n'),
        ('{"": {"": 0}}', "//", '{"": {"": {\n      "k": 1\n    }}}'),
    ],
)
def test_the_object_is_written_as_people_indent_it(old: str, pointer: str, new: str) -> None:
    assert replaced(old, pointer, {"k": 1}) == new


@pytest.mark.parametrize("old", ['{"a": [{}]}', '{"a": 1}', '{"a": null}', '{"a": "text"}', '{"a": [{"b": {}}]}'])
def test_a_pointer_leads_through_objects_only(old: str) -> None:
    with pytest.raises(NotThereError, match=r"^/a/0/b leads through something that is no object$"):
        replaced(old, "/a/0/b", {})


def added(key: str, past: Attempts) -> Attempts:
    return {**past, key: past.get(key, 0) + 1}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state" / "orchestrator-state.json"


@pytest.mark.parametrize(
    ("raw", "mistake"),
    [
        (b"", "1:1: is not JSON: Expecting value"),
        (b'{"a": 1,}\n', "1:9: is not JSON: Expecting property name enclosed in double quotes"),
        (b'{\n  "a": 1\n  "b": 2\n}\n', "3:3: is not JSON: Expecting ',' delimiter"),
        (b"{} {}", "1:4: is not JSON: Extra data"),
        (b"\xef\xbb\xbf{}", "1:1: is not JSON: Unexpected UTF-8 BOM (decode using utf-8-sig)"),
        (b"[]", "/a leads through something that is no object"),
        (b'{"a": []}', "/a is no JSON object"),
    ],
)
def test_a_file_that_cannot_be_kept_is_told_and_stays_as_it_is(raw: bytes, mistake: str, file: Path) -> None:
    file.write_bytes(raw)
    with pytest.raises(MetadataError) as refused:
        metadata.update(file, "/a", partial(added, "k"))
    assert str(refused.value) == f"{file}: {mistake}"
    assert file.read_bytes() == raw
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("raw", [b"[" * 200_000, b'{"b": ' + b"9" * 5000 + b"}"], ids=["too deep", "too many digits"])
def test_json_beyond_all_measure_is_told(raw: bytes, file: Path) -> None:
    file.write_bytes(raw)
    with pytest.raises(MetadataError, match="1:1: cannot be read as JSON: "):
        metadata.update(file, "/a", partial(added, "k"))


def test_a_folder_in_place_of_the_file_is_told(file: Path) -> None:
    file.mkdir()
    with pytest.raises(MetadataError, match=r"orchestrator-state\.json: Is a directory$"):
        metadata.update(file, "/a", partial(added, "k"))


def test_a_file_that_is_not_there_is_made_with_its_folder(file: Path) -> None:
    new = file.parent / "deep" / "er" / "state.json"
    metadata.update(new, "/waves/one", partial(added, "k"))
    assert json.loads(new.read_text(encoding="utf-8")) == {"waves": {"one": {"k": 1}}}


def test_the_object_is_changed_from_what_it_is(file: Path) -> None:
    file.write_text('{"a": {"k": 41, "else": [1]}}', encoding="utf-8")
    metadata.update(file, "/a", partial(added, "k"))
    assert metadata.read(file, "/a") == {"k": 42, "else": [1]}


def test_the_file_keeps_its_mode_and_leaves_nothing_beside_it(file: Path) -> None:
    file.write_text("{}", encoding="utf-8")
    file.chmod(0o640)
    metadata.update(file, "/a", partial(added, "k"))
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(file.parent.iterdir()) == [file]


def test_bytes_that_are_no_utf_8_stay(file: Path) -> None:
    file.write_bytes(b'{"latin": "\xe9", "a": {}}')
    metadata.update(file, "/a", partial(added, "k"))
    assert file.read_bytes() == b'{"latin": "\xe9", "a": {\n    "k": 1\n  }}'


@pytest.mark.parametrize("half", ["\\ud800", "\\udc80", "\\udfff"])
def test_half_a_character_in_the_object_stays_what_it_is(half: str, file: Path) -> None:
    file.write_text(f'{{"a": {{"note": "{half}"}}}}', encoding="utf-8")
    metadata.update(file, "/a", partial(added, "k"))
    assert json.loads(file.read_bytes().decode("utf-8")) == {"a": {"note": json.loads(f'"{half}"'), "k": 1}}


def test_what_stands_beside_the_object_is_known_before_and_after(file: Path) -> None:
    file.write_text('{"z":1.0,\t"a": {"k": 1}}', encoding="utf-8")
    before = metadata.rest(file, "/a")
    metadata.update(file, "/a", partial(added, "k"))
    assert metadata.rest(file, "/a") == before
    file.write_text(file.read_text(encoding="utf-8").replace("1.0", "1.1"), encoding="utf-8")
    assert metadata.rest(file, "/a") != before


def count(file: Path, pointer: str) -> None:
    for _ in range(40):
        metadata.update(file, pointer, partial(added, "k"))


def threads() -> Executor:
    return ThreadPoolExecutor(2)


def processes() -> Executor:
    return ProcessPoolExecutor(2, get_context("spawn"))


@pytest.mark.parametrize("workers", [threads, processes])
def test_plans_that_share_a_file_lose_nothing_of_each_other(workers: Any, file: Path) -> None:
    file.write_text('{"one": {}, "two": {"k": 2}}', encoding="utf-8")
    with workers() as pool:
        list(pool.map(count, [file] * 2, ["/one", "/two"]))
    assert json.loads(file.read_text(encoding="utf-8")) == {"one": {"k": 40}, "two": {"k": 42}}
