"""Changes what a YAML file says and leaves the rest as its author wrote it, comments too."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests_integration.plan.mistakes import PlanRejectedError
from tests_integration.plan.read import composed
from tests_integration.plan.written import written


class Edit(NamedTuple):
    """Characters of a text, from `start` to before `end`, and what stands in their place."""

    start: int
    end: int
    text: str


def edited(file: Path, text: str, wanted: Mapping[str, Any]) -> str:
    """The text of a file, changed so that it says what is wanted; written anew where it cannot be changed in place.

    Args:
        file: for messages.
        text: what it holds.
        wanted: mappings, lists and texts, as `plan.read` gives them.

    Raises:
        PlanRejectedError: the text is not YAML.
    """
    before = composed(file, text).data
    edits = list(_edits(text, yaml.compose(text, Loader=yaml.SafeLoader), before, wanted))
    changed = text
    edits.reverse()  # of two at one place, the later one goes first, and the other before it
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        changed = changed[: edit.start] + edit.text + changed[edit.end :]
    try:
        return changed if composed(file, changed).data == wanted else written(wanted, {})
    except PlanRejectedError:
        return written(wanted, {})


def _edits(text: str, node: yaml.Node | None, before: Any, after: Any) -> Iterator[Edit]:
    block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    if before == after or node is None:
        return
    if block and isinstance(before, dict) and isinstance(after, dict) and next(iter(before)) in after:
        for key, value in node.value:
            if key.value in after:
                yield from _edits(text, value, before[key.value], after[key.value])
            else:
                yield Edit(text.rindex("\n", 0, key.start_mark.index), _end(text, value), "")
        added = {key: value for key, value in after.items() if key not in before}
        yield from _appended(text, node, written(added, {}) if added else "")
    elif block and isinstance(before, list) and isinstance(after, list) and len(before) <= len(after):
        for item, old, new in zip(node.value, before, after, strict=False):
            yield from _edits(text, item, old, new)
        yield from _appended(text, node, _items(after[len(before) :]))
    elif block and after and isinstance(after, dict | list):
        lines = written(after, {}) if isinstance(after, dict) else _items(after)
        yield Edit(node.start_mark.index, _end(text, node), _indented(lines, node.start_mark.column).lstrip())
    else:
        yield Edit(node.start_mark.index, _end(text, node) if block else node.end_mark.index, _flow(after))


def _appended(text: str, node: yaml.Node, lines: str) -> Iterator[Edit]:
    if lines:
        end = _end(text, node)
        yield Edit(end, end, f"\n{_indented(lines, node.start_mark.column)}")


def _items(values: list[Any]) -> str:
    """Values as the entries of a list, each begun in the first column."""
    lines = written({"list": values}, {}).splitlines()[1:]
    return "\n".join(line.removeprefix("  ") for line in lines)


def _flow(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_flow(key)}: {_flow(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return written({"list": [value]}, {}).rstrip("\n").removeprefix("list: [").removesuffix("]")


def _end(text: str, node: yaml.Node) -> int:
    """Where the last line of a node ends, a comment beside it included; comments below it are not its own."""
    end = text.find("\n", max(leaf.end_mark.index for leaf in _leaves(node)))
    return len(text) if end < 0 else end


def _leaves(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        pairs = node.value if isinstance(node, yaml.MappingNode) else [[inner] for inner in node.value]
        yield from (leaf for pair in pairs for inner in pair for leaf in _leaves(inner))
    else:
        yield node


def _indented(lines: str, column: int) -> str:
    return "\n".join(f"{' ' * column}{line}" for line in lines.splitlines() if line)
