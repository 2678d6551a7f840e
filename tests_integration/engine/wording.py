"""How trials, and what they show, are put into words."""

from collections.abc import Sequence

SHOWN = 3
"""Names of many that are told."""

PASSES = {"build": "builds", "test": "passes the test", "demo": "passes the demo"}
FAILS = {"build": "does not build", "test": "fails the test", "demo": "fails the demo"}


class Wording:
    """The words for one stage.

    Attributes:
        passes: what a tree does that passes it.
        fails: what one does that does not.
    """

    def __init__(self, stage: str) -> None:
        self.passes = PASSES[stage]
        self.fails = FAILS[stage]

    def first(self, ids: Sequence[str], count: int) -> str:
        """The base with the first so many branches."""
        if not count:
            return "the base"
        if count == 1:
            return f"the base and {ids[0]}"
        return f"the base, {ids[0]} to {ids[count - 1]} ({count} of {len(ids)} branches)"

    def first_with(self, ids: Sequence[str], count: int, kept: Sequence[str]) -> str:
        """The same with other branches on top."""
        first = self.first(ids, count)
        return f"{first}, with {listed(kept)}"

    def on_base(self, ids: Sequence[str]) -> str:
        """The base with these branches."""
        return f"the base with {listed(ids)}"


def listed(names: Sequence[str], word: str = "and") -> str:
    """Names as people list them."""
    return f" {word} ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""


def and_more(names: Sequence[str], word: str) -> str:
    """A few names as people list them: of many, the first and the last, or the first few."""
    if len(names) <= SHOWN:
        return listed(names, word)
    if word == "or":
        return f"{len(names)} branches, {names[0]} to {names[-1]}"
    return f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more"
