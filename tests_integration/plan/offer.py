"""Lines that a person can paste into a plan."""

import json
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from tests_integration.plan.parts import Cure

T = TypeVar("T")


def rule_line(paths: Sequence[str], take: str, branch: str, *, drops: bool = False) -> str:
    """A line for `resolve:` that settles these paths in this merge."""
    patterns = ", ".join(scalar(pattern_of(path)) for path in paths)
    words = [f"paths: [{patterns}]", f"take: {take}", f"in: [{branch}]"]
    return f"- {{{', '.join([*words, *(['drops: true'] if drops else [])])}}}"


def fix_lines(name: str, after: str, problem: str, cure: Cure, **more: str) -> str:
    """An entry of `fixes:`, to stand in a list that begins each entry in the first column.

    Args:
        name: id of the fix.
        after: id of the branch in whose merge it belongs; empty where a person has to say it.
        problem: what it cures.
        cure: what it does.
        more: other keys and their texts; empty ones are left out.
    """
    rows = {"id": scalar(name), "problem": scalar(problem)}
    rows["after"] = scalar(after) if after else "# id of the branch whose merge needs it"
    if cure.take:
        sides = (("ours", cure.take.ours), ("theirs", cure.take.theirs))
        rows["take"] = f"{{{', '.join(f'{side}: {_list(paths)}' for side, paths in sides if paths)}}}"
    rows |= {key: _list(paths) for key, paths in (("delete", cure.delete), ("needs", cure.needs)) if paths}
    texts = {"patch": cure.patch, **more}
    rows |= {key: scalar(text) for key, text in texts.items() if text}
    return "- " + "\n  ".join(f"{key}: {row}" for key, row in rows.items())


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(scalar, texts))}]"


def pattern_of(path: str) -> str:
    """The pattern that matches this path alone (gitignore(5)); characters that YAML cannot hold match any."""
    escaped = re.sub(r"([\\*?\[])", r"\\\1", path)
    return "/" + "".join(c if c.isprintable() else "?" for c in re.sub(r" $", r"\\ ", escaped))


def by_depth(things: Sequence[T], path: Callable[[T], str]) -> list[list[T]]:
    """Things in the order in which the rules for their paths have to stand, those that may stand in any together.

    The pattern of a file is for all in a folder of that name, too, and the first rule settles: deeper ones go first.
    """
    paths = {path(thing) for thing in things}
    if not any(one.startswith(f"{other}/") for one in paths for other in paths):
        return [list(things)]
    depths = sorted({one.count("/") for one in paths}, reverse=True)
    return [[thing for thing in things if path(thing).count("/") == depth] for depth in depths]


def scalar(text: str) -> str:
    """A text as YAML reads it back, quoted where that is needed."""
    plain = re.fullmatch(r"[\w./-]+|[a-z0-9]([\w./ -]*[\w.])?", text, re.ASCII | re.IGNORECASE)
    return text if plain else json.dumps(text, ensure_ascii=False)
