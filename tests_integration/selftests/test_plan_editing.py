"""YAML that is changed in place says what was wanted, and keeps the words of its author."""

import copy
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests_integration.plan.edited import edited
from tests_integration.plan.read import composed
from tests_integration.selftests.running_plans import PLANS

TEXT = """\
# The head.
version: 1
fixes:
  - id: BUG-1 # the first
    delete: [one.txt] # its file
    # about the proof
    proven: [{plan: wave 1}]
  - id: BUG-2
    deep:
      inner: text

# The foot.
"""

VALUES: tuple[Any, ...] = ("x", "a b: c", "1", "", "# no comment", ["a", "b, c"], {"k": "v", "l": [{"m": "n"}]}, [], {})


def said(text: str) -> Any:
    return composed(Path("plan.yaml"), text).data


def change(data: Any, chance: random.Random) -> None:
    """Change one thing somewhere in the data."""
    inside = data
    while chance.random() < 0.7:
        deeper = [
            one for one in (inside.values() if isinstance(inside, dict) else inside) if one and not isinstance(one, str)
        ]
        if not deeper:
            break
        inside = chance.choice(deeper)
    value = copy.deepcopy(chance.choice(VALUES))
    if isinstance(inside, list):
        inside[chance.randrange(len(inside) + 1) :] = [value]
    elif chance.random() < 0.3:
        del inside[chance.choice(list(inside))]
    else:
        inside[chance.choice([*inside, "new"])] = value


@pytest.mark.parametrize("name", ["wave2-bug010.yaml", "known-fixes.yaml"])
def test_whatever_is_changed_is_what_is_read_afterwards(name: str) -> None:
    text = (PLANS / name).read_text(encoding="utf-8")
    for seed in range(150):
        wanted = said(text)
        chance = random.Random(seed)  # noqa: S311 - the same each time
        for _ in range(chance.randint(1, 3)):
            change(wanted, chance)
        assert said(edited(Path(name), text, wanted)) == wanted, seed


@pytest.mark.parametrize(
    ("do", "old", "new"),
    [
        (lambda data: data.update(version="2"), "version: 1", "version: 2"),
        (
            lambda data: data["fixes"][0]["proven"].append({"plan": "wave 2"}),
            "[{plan: wave 1}]",
            "[{plan: wave 1}, {plan: wave 2}]",
        ),
        (lambda data: data["fixes"][0].pop("delete"), "    delete: [one.txt] # its file\n", ""),
        (
            lambda data: data["fixes"].append({"id": "BUG-3"}),
            "      inner: text\n",
            "      inner: text\n  - id: BUG-3\n",
        ),
        (
            lambda data: (data["fixes"][1]["deep"].update(more="text"), data.update(last="key")),
            "      inner: text\n",
            "      inner: text\n      more: text\nlast: key\n",
        ),
        (
            lambda data: data["fixes"].__setitem__(1, {"name": "x"}),
            "id: BUG-2\n    deep:\n      inner: text",
            "name: x",
        ),
    ],
)
def test_all_else_stays_as_it_was_written(do: Callable[[Any], object], old: str, new: str) -> None:
    wanted = said(TEXT)
    do(wanted)
    assert old in TEXT
    assert edited(Path("plan.yaml"), TEXT, wanted) == TEXT.replace(old, new)
