"""Reads a record that a stranger may have written: whole and well-formed, or refused in words."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from tests_integration.auditing.planned import branches_of, plan_of
from tests_integration.plan.stages import STAGES
from tests_integration.plan.values import COMMIT
from tests_integration.record.model import SCHEMA, Record
from tests_integration.repository.entry import LINK, REGULAR, SUBMODULE
from tests_integration.text import visible

LARGEST = 256 << 20
"""Bytes of a record that are read; the largest that waves of hundreds of branches leave is a small part of it."""

SHOWN = 5
IDS = frozenset({"base", "tip", "tree", "commit", "tree_merged", "blob", "read_back"})
FROM_GIT = ("base", "tip", "tree", "sources", "merges", "infrastructure", "judged", "publication")
"""Keys of the record below which keys in IDS hold ids of git objects."""

MODES = REGULAR | {LINK, SUBMODULE}


class NoRecordError(Exception):
    """A file that cannot be audited; the text says where and why."""


class Read(NamedTuple):
    """A record as it was read.

    Attributes:
        file: where it lies; logs lie beside it.
        said: the JSON as it stands there.
        record: what it means.
    """

    file: Path
    said: dict[str, Any]
    record: Record


def read(file: Path) -> Read:
    """The record in this file.

    Raises:
        NoRecordError: it is none, or of another version, or names objects by something else than full ids.
    """
    return understood(file, _parsed(file, _content(file)))


def understood(file: Path, said: dict[str, Any]) -> Read:
    """What the JSON of a record means.

    Raises:
        NoRecordError: as for `read`.
    """
    _require_version(file, said)
    try:
        record = Record.model_validate_json(json.dumps(said), strict=True)
    except ValidationError as error:
        mistakes = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise _refusal(file, mistakes) from None
    wrong = [*_wrong_ids(said), *_wrong_edits(record), *_wrong_branches(record), *_wrong_stages(record)]
    if wrong := [*wrong, *_wrong_plan(record)]:
        raise _refusal(file, wrong)
    return Read(file, said, record)


def _content(file: Path) -> str:
    if not file.is_file():
        raise NoRecordError(f"{file}: there is no such file")
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise NoRecordError(f"{file}: larger than {LARGEST >> 20} MiB; no record is")
        return content.decode()
    except OSError as error:
        raise NoRecordError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise NoRecordError(f"{file}: byte {error.start} is not UTF-8, so this is no JSON (RFC 8259)") from None


def _parsed(file: Path, text: str) -> dict[str, Any]:
    try:
        said = json.loads(text, object_pairs_hook=_without_twins, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise NoRecordError(f"{file}:{error.lineno}:{error.colno}: no JSON: {error.msg}") from None
    except RecursionError:
        raise NoRecordError(f"{file}: nested too deeply for a record") from None
    except ValueError as error:
        raise NoRecordError(f"{file}: {visible(str(error))}") from None
    if not isinstance(said, dict):
        raise NoRecordError(f"{file}: no record: it holds no JSON object")
    return said


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twin!r} stands twice in one object, so that readers may differ on what it says")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")


def _require_version(file: Path, said: dict[str, Any]) -> None:
    version = said.get("schema_version")
    if version is True or version != SCHEMA:
        raise NoRecordError(
            f"{file}: a record of version {visible(repr(version))[:40]}; this waveproof audits version {SCHEMA}."
            " Audit it with the waveproof that wrote it (`environment.waveproof` in the record)."
        )


def _wrong_ids(said: dict[str, Any]) -> Iterator[str]:
    ids = [place for key in FROM_GIT for place in _ids(said.get(key), key)]
    yield from (f"{at}: {_short(one)} is no full object id" for at, one in ids if not _is_id(at, one))
    lengths = {len(one) for _, one in ids if isinstance(one, str) and one}
    if len(lengths) > 1:
        yield "its object ids are of several lengths; a repository has SHA-1 or SHA-256, not both"


def _ids(value: object, at: str) -> Iterator[tuple[str, object]]:
    key = at.rpartition(".")[2]
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _ids(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from [(at, inner)] if key == "parents" else _ids(inner, at)
    elif key in IDS:
        yield at, value


def _is_id(at: str, value: object) -> bool:
    may_be_empty = at.endswith((".blob", ".tree_merged"))  # of what is removed, or was never merged by git
    return value is None or (value == "" and may_be_empty) or bool(COMMIT.fullmatch(str(value)))


def _wrong_edits(record: Record) -> Iterator[str]:
    edits = [edit for merge in record.merges for edit in merge.edits]
    edits += [edit for merge in record.merges for fix in merge.fixes for edit in fix.edits]
    for edit in edits:
        try:
            path = edit.path
        except ValueError as error:
            yield str(error)
            continue
        if "\0" in path or not path:
            yield f"{_short(edit.word)} is no path"
        if (edit.mode not in MODES or not edit.blob) and (edit.mode or edit.blob or edit.content):
            yield f"{_short(edit.word)}: {_short(edit.mode)} is no mode of a file"
    files = record.infrastructure.files if record.infrastructure else ()
    yield from (f"{_short(file.path)}: no mode" for file in files if file.mode not in MODES or not file.blob)
    yield from (f"{_short(file.path)}: no path" for file in files if "\0" in file.path)


def _wrong_branches(record: Record) -> Iterator[str]:
    try:
        known = {branch.id for branch in branches_of(record)}
    except ValidationError as error:
        yield from (f"plan.branches: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        return
    named = [*(merge.branch for merge in record.merges), *(parked.branch for parked in record.parked)]
    yield from (f"{_short(name)} is merged or parked, but no branch of the plan" for name in named if name not in known)
    missing = sorted({"base", *known} - record.sources.keys()) if named else []
    yield from (f"sources: {name} is not among them" for name in missing)
    if len(set(named)) < len(named):
        yield "a branch is merged or parked twice"


def _wrong_stages(record: Record) -> Iterator[str]:
    stages = {one.stage for one in record.criteria} - set(STAGES)
    yield from (f"criteria: {_short(stage)!r} is no stage" for stage in sorted(stages))


def _wrong_plan(record: Record) -> Iterator[str]:
    try:
        plan_of(record)
    except ValidationError as error:
        yield from (f"plan.document: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())


def _refusal(file: Path, mistakes: list[str]) -> NoRecordError:
    more = [f"and {len(mistakes) - SHOWN} more"] if len(mistakes) > SHOWN else []
    lines = [_short(mistake, 300) for mistake in mistakes[:SHOWN]] + more
    return NoRecordError("\n".join([f"{file}: not a record that waveproof has written:", *lines]))


def _short(value: object, most: int = 80) -> str:
    text = re.sub(r"\s+", " ", visible(str(value)))
    return text if len(text) <= most else f"{text[:most]}…"
