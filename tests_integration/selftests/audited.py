"""Records for the auditor, whole and changed; the cases of an audit, run in this process."""

import copy
from collections.abc import Iterator
from importlib import import_module
from inspect import isfunction, signature
from typing import Any, NamedTuple

import pytest

from tests_integration.auditing.evidence import ClaimError, Evidence
from tests_integration.auditing.planned import branches_of
from tests_integration.auditing.read import NoRecordError, Read, understood
from tests_integration.auditing.subjects import ORDER, subjects
from tests_integration.record.seal import SEAL, digest
from tests_integration.repository.git import GitError

CASES = [
    member
    for module in ORDER
    for name, member in vars(import_module(f"tests_integration.auditing.test_{module}")).items()
    if name.startswith("test_") and isfunction(member)
]
PARAMETERS = {function: tuple(signature(function).parameters) for function in CASES}
SEALED = "record_is_as_written"
SWAPPED = {
    "passed": "failed",
    "failed": "passed",
    "blocked": "not-run",
    "not-run": "passed",
    "pushed": "unchanged",
    "unchanged": "pushed",
    "SUCCESS": "INCOMPLETE",
    "100644": "100755",
    "100755": "100644",
}
"""Words for which another one fits the form."""


class Leaf(NamedTuple):
    """A value of a record that holds no other: its place (JSON pointer), and what it could be changed to."""

    keys: tuple[str | int, ...]
    changes: tuple[Any, ...]

    @property
    def pointer(self) -> str:
        """RFC 6901, but for the escapes; the keys of a record hold no `/`."""
        return "".join(f"/{key}" for key in self.keys)


def leaves(value: Any, keys: tuple[str | int, ...] = ()) -> Iterator[Leaf]:
    """Every leaf; empty lists and objects are leaves too."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*keys, key))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from leaves(inner, (*keys, number))
    else:
        yield Leaf(keys, tuple(_otherwise(value)))


def _otherwise(value: Any) -> Iterator[Any]:
    """Other values of the same type, as near to this one as a forger would choose."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    elif isinstance(value, str):
        yield from _other_text(value)
    elif value is None:
        yield "x"
    else:
        yield ["x"] if isinstance(value, list) else {"x": "x"}


def _other_text(text: str) -> Iterator[str]:
    yield f"{text}x"
    if text in SWAPPED:
        yield SWAPPED[text]
    if text:
        middle = len(text) // 2
        yield f"{text[:middle]}{'b' if text[middle] == 'a' else 'a'}{text[middle + 1 :]}"


def changed(said: dict[str, Any], keys: tuple[str | int, ...], value: Any, *, reseal: bool) -> dict[str, Any]:
    """The record with one leaf changed; what else it holds is the same in both."""
    other = copy.copy(said)
    holder: Any = other
    for key in keys[:-1]:
        holder[key] = copy.copy(holder[key])
        holder = holder[key]
    holder[keys[-1]] = value
    if reseal and keys != (SEAL,):
        other[SEAL] = digest(other)
    return other


def first_red(read: Read, said: dict[str, Any], evidence: Evidence) -> str:
    """The first case, or the reading itself, that a changed record does not pass; empty where it passes all.

    An error that is no refusal in words is raised.
    """
    try:
        other = understood(read.file, said)
    except NoRecordError as error:
        return f"refused: {error}"
    whole = {
        "said": said,
        "record": other.record,
        "branches": branches_of(other.record),
        "evidence": evidence,
        "folder": read.file.parent,
    }
    for function in CASES:
        found = subjects(PARAMETERS[function], other.record)
        name, rows = found or ("", [("", None)])
        for key, value in rows:
            given = {**whole, name: value}
            try:
                function(**{parameter: given[parameter] for parameter in PARAMETERS[function]})
            except (pytest.fail.Exception, ClaimError, GitError) as error:
                return f"{function.__name__.removeprefix('test_')}[{key}]: {error}"
            except pytest.skip.Exception:
                continue
    return ""
