"""Records that a stranger wrote: refused in words, before anything is asked of git."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests_integration.auditing import read as reading
from tests_integration.auditing.read import NoRecordError, read
from tests_integration.record.model import SCHEMA
from tests_integration.record.seal import digest
from tests_integration.selftests.verifying import build
from tests_integration.selftests.waves import every_kind_of_fix

Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A record as it was written; tests change a copy."""
    wave = every_kind_of_fix(tmp_path_factory.mktemp("record") / "wave")
    return build(wave).record("wave")


def refusal(file: Path, content: bytes | str) -> str:
    """What reading this as a record says."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode(errors="surrogatepass"))
    with pytest.raises(NoRecordError) as refused:
        read(file)
    assert str(file) in str(refused.value)
    return str(refused.value)


TEXTS: dict[str, tuple[bytes | str, str]] = {
    "no JSON": ('{"a": 1,\n "b": }', r":2:7: no JSON: "),
    "empty": ("", r":1:1: no JSON"),
    "a list": ("[]", "holds no JSON object"),
    "a twin": ('{"tip": 1, "tip": 2}', "the key 'tip' stands twice"),
    "a deep one": ("[" * 200_000, "nested too deeply"),
    "no number": ('{"seconds": NaN}', "NaN is no JSON number"),
    "a long number": (f'{{"seconds": {"9" * 10_000}}}', "integer string conversion"),
    "no text": (b'{"a": "\xff"}', "byte 7 is not UTF-8"),
    "no version": ("{}", "a record of version None"),
    "an older version": ('{"schema_version": 1}', f"of version 1; this waveproof audits version {SCHEMA}"),
    "a version that is true": ('{"schema_version": true}', "of version True"),
    "a newer version": ('{"schema_version": 99}', "of version 99"),
    "nothing else": (f'{{"schema_version": {SCHEMA}}}', "plan: Field required"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_what_is_no_record_is_refused(tmp_path: Path, kind: str) -> None:
    text, told = TEXTS[kind]
    assert re.search(told, refusal(tmp_path / "record.json", text))


def test_a_record_larger_than_any_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST", 1 << 20)
    assert "larger than 1 MiB" in refusal(tmp_path / "record.json", b" " * ((1 << 20) + 1))


CHANGES: dict[str, tuple[Change, str]] = {
    "an option for an id": (lambda said: said.update(base="--upload-pack=x"), "is no full object id"),
    "a ref for an id": (lambda said: said["merges"][0].update(tip="refs/heads/main"), "merges.tip: refs/heads/main is"),
    "a short id": (lambda said: said["merges"][0].update(commit="abcdef1"), "abcdef1 is no full object id"),
    "an option among parents": (lambda said: said["merges"][0]["parents"].append("-h"), "merges.parents: -h is no"),
    "an id in capitals": (lambda said: said.update(tip=said["tip"].upper()), "is no full object id"),
    "an id with a line": (lambda said: said.update(tip=said["tip"] + "\n"), "is no full object id"),
    "a range": (lambda said: said["sources"]["E1"].update(commit="HEAD~1..HEAD"), "is no full object id"),
    "ids of two kinds": (lambda said: said.update(tree="a" * 64), "are of several lengths"),
    "a mode that ends the line": (
        lambda said: said["merges"][0]["fixes"][0]["edits"][0].update(mode="100644 x", blob="a" * 40),
        "is no mode of a file",
    ),
    "a mode without content": (
        lambda said: said["merges"][0]["fixes"][0]["edits"][0].update(mode="100644"),
        "is no mode of a file",
    ),
    "a path with a NUL": (
        lambda said: said["merges"][0]["fixes"][0]["edits"][0].update(word="$'a\\x00b'"),
        "is no path",
    ),
    "two words": (
        lambda said: said["merges"][0]["fixes"][0]["edits"][0].update(word="a b"),
        "is not a path as the record writes one",
    ),
    "an infrastructure path with a NUL": (
        lambda said: said["infrastructure"]["files"][0].update(path="a\0b"),
        "no path",
    ),
    "a branch that no plan may have": (lambda said: said["plan"]["branches"][0].update(id="--x"), "plan.branches: id"),
    "a merge of no branch": (lambda said: said["merges"][0].update(branch="E9"), "E9 is merged or parked, but no"),
    "a merge twice": (lambda said: said["merges"].append(said["merges"][0]), "merged or parked twice"),
    "no sources": (lambda said: said.update(sources={}), "sources: E1 is not among them"),
    "a stage of its own": (lambda said: said["criteria"][0].update(stage="x"), "'x' is no stage"),
    "a number for a text": (lambda said: said.update(branch=1), "branch: Input should be a valid string"),
    "a text for a number": (lambda said: said.update(seconds="1"), "seconds: Input should be a valid number"),
    "an unknown key": (lambda said: said.update(proof="yes"), "proof: Extra inputs are not permitted"),
    "an object for a list": (lambda said: said.update(merges={}), "merges: Input should be a valid"),
    "half a character": (lambda said: said.update(branch="\ud800"), "not a record that waveproof has written"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_what_is_not_well_formed_is_refused(record: dict[str, Any], tmp_path: Path, kind: str) -> None:
    change, told = CHANGES[kind]
    said = json.loads(json.dumps(record))
    change(said)
    said["digest"] = digest(said)
    message = refusal(tmp_path / "record.json", json.dumps(said))
    assert told in message
    assert len(message) < 4000


def test_the_record_itself_is_read(record: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    file.write_text(json.dumps(record), encoding="utf-8")
    assert read(file).record.tip == record["tip"]


def test_the_seal_can_be_computed_by_anybody(record: dict[str, Any]) -> None:
    assert digest(record) == record["digest"]
    assert digest(dict(reversed(record.items()))) == record["digest"]
    assert digest({**record, "tip": record["base"]}) != record["digest"]
