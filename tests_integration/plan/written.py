"""Writes a plan as YAML that people read on, with remarks as comments; reading it back gives the same plan."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile

import yaml

from tests_integration.plan.mistakes import Place
from tests_integration.plan.values import INSTANT
from tests_integration.text import visible

WIDEST = 120
"""Characters of a line that holds a whole list, or a remark beside its value."""

LONGEST_KEY = 500
"""Characters of a key that stands in one line with its value; YAML takes no more than 1024."""

AS_IT_IS = re.compile(rf"0|[1-9][0-9]{{0,14}}|true|false|{INSTANT.pattern}")
"""Texts that other readers of YAML take for something else, and the plan's schema likewise."""


def written(data: Mapping[str, object], remarks: Mapping[Place, str], heading: str = "") -> str:
    """A plan as YAML.

    Args:
        data: as `plan.read` gives it: mappings, lists and texts, None for nothing; numbers and flags are taken too.
        remarks: a comment for each place that has one; its lines stay lines.
        heading: a comment at the top.
    """
    lines = [*_comment(heading), *_comment(remarks.get((), "")), *_Writer(remarks).mapping(data, ())]
    return "\n".join(lines) + "\n"


class _Writer:
    """Lines of parts of a plan, not indented yet."""

    def __init__(self, remarks: Mapping[Place, str]) -> None:
        self.remarks = {place: _comment(text) for place, text in remarks.items()}
        self.remarked = {place[:length] for place in remarks for length in range(len(place))}

    def mapping(self, data: Mapping[str, object], place: Place) -> Iterator[str]:
        for n, (key, value) in enumerate(data.items()):
            name, inside = _scalar(key), (*place, key)
            above, start = ([], f"{name}:") if len(name) <= LONGEST_KEY else ([f"? {name}"], ":")
            if n and not place and self.is_spread(value, inside):
                yield ""
            yield from self.entry(above, start, value, inside)

    def sequence(self, data: list[object], place: Place) -> Iterator[str]:
        for n, item in enumerate(data):
            inside = (*place, n)
            if isinstance(item, Mapping) and item:
                lines = list(self.mapping(item, inside))
                comments = list(takewhile(lambda line: line.startswith("#"), lines))
                first, *others = lines[len(comments) :]
                yield from (*self.remarks.get(inside, ()), *comments, f"- {first}", *_indented(others))
            else:
                yield from self.entry([], "-", item, inside)

    def entry(self, above: list[str], start: str, value: object, place: Place) -> Iterator[str]:
        """A key or a dash, its remark, and its value."""
        remark = self.remarks.get(place, [])
        spread = self.is_spread(value, place)
        line = start if spread else f"{start} {_leaf(value)}".rstrip()
        if len(remark) == 1 and not above and len(line) + len(remark[0]) < WIDEST:
            yield f"{line} {remark[0]}"
        else:
            yield from (*remark, *above, line)
        if spread and isinstance(value, Mapping):
            yield from _indented(self.mapping(value, place))
        elif spread and isinstance(value, list):
            yield from _indented(self.sequence(value, place))

    def is_spread(self, value: object, place: Place) -> bool:
        """Whether a value takes lines of its own: all mappings do, and lists but the short ones of texts."""
        if not isinstance(value, Mapping | list) or not value:
            return False
        if isinstance(value, Mapping) or place in self.remarked:
            return True
        return any(one is None or isinstance(one, Mapping | list) for one in value) or len(_leaf(value)) > WIDEST


def _comment(text: str) -> list[str]:
    return [f"# {line}".rstrip() for line in visible(text).replace("\t", " ").split("\n")] if text else []


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _leaf(value: object) -> str:
    """A value in one line."""
    if isinstance(value, Mapping | list) and not value:
        return "{}" if isinstance(value, Mapping) else "[]"
    if isinstance(value, list):
        return f"[{', '.join(_scalar(one, in_list=True) for one in value)}]"
    return "" if value is None else _scalar(value)


def _scalar(value: object, *, in_list: bool = False) -> str:
    """A text as YAML writes it in one line, so that it stays a text; numbers and flags as they are.

    Args:
        value: a text, a number or a flag.
        in_list: whether it stands in a list in one line.
    """
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if AS_IT_IS.fullmatch(text):
        return text
    dumped: str = yaml.safe_dump(
        [text],
        default_style=None if text.isprintable() else '"',
        default_flow_style=in_list,
        width=math.inf,
        allow_unicode=True,
    )
    return dumped.strip()[1:-1] if in_list else dumped[2:].rstrip("\n")
