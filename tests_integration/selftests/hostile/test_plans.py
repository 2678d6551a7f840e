"""Files that are no plan, or no YAML that a plan may be: each is refused in a line, at its place."""

from pathlib import Path

import pytest

from tests_integration.plan.load import give, load
from tests_integration.selftests.good_plans import PLAN
from tests_integration.selftests.hostile.told import case, hostile

EMPTY = "1:1: plan: must be a mapping of keys to values; `version: 1` is the first"
TOO_DEEP = "31:21: project[0][0][0][0][0][0][0][0][0][0][0]: nested deeper than 12 levels"
LAUGHS = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))

REFUSED: dict[str, tuple[str, list[str]]] = {
    "empty file": ("", [EMPTY]),
    "comments only": ("# version: 1\n", [EMPTY]),
    "empty document": ("---\n...\n", [EMPTY]),
    "null": ("~\n", [EMPTY]),
    "list": ("- version: 1\n", [EMPTY]),
    "text": ("version 1\n", [EMPTY]),
    "tab for indentation": (
        PLAN.replace("  origin: ..", "\torigin: .."),
        ["5:1: plan: is not YAML: found character that cannot start any token"],
    ),
    "unclosed bracket": (f"{PLAN}limits: [\n", ["32:1: plan: is not YAML: did not find expected node content"]),
    "bad indentation": (
        PLAN.replace("    title: Two", "   title: Two"),
        ["13:4: plan: is not YAML: did not find expected '-' indicator"],
    ),
    "unclosed quote": (
        PLAN.replace("title: Two", 'title: "Two'),
        ["31:1: plan: is not YAML: found unexpected end of stream"],
    ),
    "control character": (
        PLAN.replace("title: Two", "title: T\x1bwo"),
        ["1:1: plan: is not YAML: unacceptable character #x001b: control characters are not allowed"],
    ),
    "NUL": (
        PLAN.replace("title: Two", "title: T\0wo"),
        ["1:1: plan: is not YAML: unacceptable character #x0000: control characters are not allowed"],
    ),
    "key twice": (f"{PLAN}title: Again\n", ["31:1: title: is given twice; the first is in line 2"]),
    "nested key twice": (
        PLAN.replace("    title: Two", "    title: Two\n    title: Three"),
        ["14:5: branches[1].title: is given twice; the first is in line 13"],
    ),
    "key three times": (
        f"{PLAN}title: Again\ntitle: And again\n",
        ["31:1: title: is given twice; the first is in line 2", "32:1: title: is given twice; the first is in line 2"],
    ),
    "alias": (
        PLAN.replace("title: One", "title: &one One").replace("title: Two", "title: *one"),
        ["13:12: branches[1].title: is an alias (*one); write the value out"],
    ),
    "alias of what holds it": (
        f"{PLAN}limits: &limits {{hours: *limits}}\n",
        ["31:25: limits.hours: is an alias (*limits); write the value out"],
    ),
    "merge key": (
        PLAN.replace("    title: One", "    title: One\n    <<: {contains: x}"),
        ["11:5: branches[0].<<: is a merge key; write the values out"],
    ),
    "tag of Python": (
        PLAN.replace("run: make test", "run: !!python/name:os.system x"),
        ["25:10: test[0].run: has the tag tag:yaml.org,2002:python/name:os.system; plans hold plain values only"],
    ),
    "tag for a number": (
        f"{PLAN}attempt: !!int 2\n",
        ["31:10: attempt: has the tag tag:yaml.org,2002:int; plans hold plain values only"],
    ),
    "tag of its own": (
        f"{PLAN}project: !secret x\n",
        ["31:10: project: has the tag !secret; plans hold plain values only"],
    ),
    "second document": (f"{PLAN}---\n{PLAN}", ["31:1: plan: holds a second document; one file is one plan"]),
    "version of YAML that there is not": (
        f"%YAML 3.0\n---\n{PLAN}",
        ["1:1: plan: is not YAML: found incompatible YAML document"],
    ),
    "key that is a list": (f"{PLAN}? [a]\n: b\n", ["31:3: plan: holds a key that is not plain text"]),
    "nested too deep": (f"{PLAN}project: {'[' * 20}{']' * 20}\n", [TOO_DEEP]),
    "nested so deep that Python would give up": (f"{PLAN}project: {'[' * 200_000}", [TOO_DEEP]),
}


ROWS = [
    case(__name__, f"plan: {why}", mistakes[-1].partition(": ")[2], text, mistakes)
    for why, (text, mistakes) in REFUSED.items()
]


@pytest.mark.parametrize(("text", "mistakes", "said"), ROWS)
def test_what_is_no_plan_is_refused_at_its_place(text: str, mistakes: list[str], said: str, tmp_path: Path) -> None:
    file = tmp_path / "wave.yaml"
    file.write_text(text, encoding="utf-8", newline="")
    assert give(file).refusal.splitlines() == [f"{file}:{mistake}" for mistake in mistakes]
    assert said in mistakes[-1]


@hostile("plan: aliases of aliases of aliases (billion laughs)", "is refused at each alias; none is followed")
def test_aliases_of_aliases_are_never_followed(tmp_path: Path) -> None:
    file = tmp_path / "wave.yaml"
    file.write_text(f"l0: &l0 [lol]\n{LAUGHS}", encoding="utf-8")
    assert f"{file}:10:50: l9[8]: is an alias (*l8); write the value out" in give(file).refusal.splitlines()


ENCODINGS = {
    "Latin-1": (PLAN.replace("One", "\xd6ne").encode("latin-1"), "10:12"),
    "a byte that is not UTF-8 in a comment": (PLAN.encode() + b"# \xff", "31:3"),
    "a byte order mark and then what is not UTF-8": (b"\xef\xbb\xbf" + PLAN.encode() + b"\xff", "31:1"),
    "UTF-16": (PLAN.encode("utf-16"), "1:1"),
}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        case(__name__, f"plan: {why}", f"{place}: plan: is not UTF-8 text", raw)
        for why, (raw, place) in ENCODINGS.items()
    ],
)
def test_what_is_not_utf_8_is_refused_where_it_stands(raw: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "wave.yaml"
    file.write_bytes(raw)
    assert give(file).refusal == f"{file}:{said}"


def test_a_plan_may_be_a_mebibyte_long_and_no_longer(tmp_path: Path) -> None:
    file = tmp_path / "wave.yaml"
    file.write_text(PLAN + "#" * ((1 << 20) - len(PLAN)), encoding="utf-8")
    assert load(file).title == "Selftest Wave"
    with file.open("a") as stream:
        stream.write("#")
    assert give(file).refusal == f"{file}:1:1: plan: is larger than 1 MiB"


@pytest.mark.parametrize(
    "name", ["my plan", "-wave", ".wave", "wav\N{LATIN SMALL LETTER E WITH ACUTE}", "a\nb", "a\x1b"]
)
def test_the_name_of_the_file_is_held_to_what_names_may_be(name: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.yaml"
    file.write_text(PLAN, encoding="utf-8")
    text = f"the file's name gives the plan its name; {name!r} may hold letters, digits, '.', '_' and '-' only"
    assert give(file).refusal == f"{file}:1:1: plan: {text}"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    file = tmp_path / "wave.yaml"
    assert give(file).refusal == f"{file}:1:1: plan: cannot be read: No such file or directory"


def test_a_folder_is_no_plan(tmp_path: Path) -> None:
    assert give(tmp_path).refusal == f"{tmp_path}:1:1: plan: cannot be read: Is a directory"
