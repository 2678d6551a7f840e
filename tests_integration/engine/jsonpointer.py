"""Replaces one value of a JSON text and leaves every other byte as it is (RFC 6901 names the value)."""

import json
import re
from typing import NamedTuple

DECODER = json.JSONDecoder()
INDENT = 2


class NotThereError(ValueError):
    """The text is not JSON, or the pointer leads through something that is no object."""


class _Span(NamedTuple):
    start: int
    end: int


def steps(pointer: str) -> list[str]:
    """The keys that a pointer names, from the outermost in."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def value_at(text: str, pointer: str) -> object:
    """The value that the pointer names; None where it is not there yet.

    Raises:
        NotThereError: the text is not JSON, or the pointer leads through something that is no object.
    """
    value: object = _decoded(text)
    for step in steps(pointer):
        if not isinstance(value, dict):
            raise NotThereError(f"{pointer} leads through something that is no object")
        if step not in value:
            return None
        value = value[step]
    return value


def replaced(text: str, pointer: str, value: object) -> str:
    """The text with the value at the pointer replaced, or added where it is not there yet.

    Raises:
        NotThereError: as for `value_at`.
    """
    value_at(text, pointer)
    keys = steps(pointer)
    span = _Span(_skip(text, 0), len(text.rstrip()))
    for depth, key in enumerate(keys):
        members, end = _members(text, span.start)
        if key not in members:
            for inner in reversed(keys[depth + 1 :]):
                value = {inner: value}
            return _added(text, key, value, depth, members, end)
        span = members[key]
    return text[: span.start] + _dumped(value, len(keys)) + text[span.end :]


def _added(text: str, key: str, value: object, depth: int, members: dict[str, _Span], end: int) -> str:
    member = f"{json.dumps(key)}: {_dumped(value, depth + 1)}"
    pad = "\n" + " " * (INDENT * (depth + 1))
    if members:
        last = max(span.end for span in members.values())
        return f"{text[:last]},{pad}{member}{text[last:]}"
    closing = "\n" + " " * (INDENT * depth)
    return f"{text[: end - 1].rstrip()}{pad}{member}{closing}{text[end - 1 :]}"


def _members(text: str, start: int) -> tuple[dict[str, _Span], int]:
    """Spans of the values of the object that begins here, and where it ends; of a key given twice, the last."""
    members: dict[str, _Span] = {}
    at = _skip(text, start + 1)
    while text[at] != "}":
        key, at = DECODER.raw_decode(text, at)
        value = _skip(text, _skip(text, at) + 1)
        _, end = DECODER.raw_decode(text, value)
        members[key] = _Span(value, end)
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at
    return members, at + 1


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise NotThereError(f"{error.lineno}:{error.colno}: is not JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise NotThereError(f"1:1: cannot be read as JSON: {error}") from None


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _dumped(value: object, depth: int) -> str:
    text = json.dumps(value, indent=INDENT, ensure_ascii=False)
    text = re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)
    return text.replace("\n", f"\n{' ' * (INDENT * depth)}")
