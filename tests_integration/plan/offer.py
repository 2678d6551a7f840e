"""Lines that a person can paste into a plan."""

import json
import re
from collections.abc import Sequence


def rule_line(paths: Sequence[str], take: str, branch: str, *, drops: bool = False) -> str:
    """A line for `resolve:` that settles these paths in this merge."""
    patterns = ", ".join(_scalar(pattern_of(path)) for path in paths)
    words = [f"paths: [{patterns}]", f"take: {take}", f"in: [{branch}]"]
    return f"- {{{', '.join([*words, *(['drops: true'] if drops else [])])}}}"


def pattern_of(path: str) -> str:
    """The pattern that matches this path alone (gitignore(5)); characters that YAML cannot hold match any."""
    escaped = re.sub(r"([\\*?\[])", r"\\\1", path)
    return "/" + "".join(c if c.isprintable() else "?" for c in re.sub(r" $", r"\\ ", escaped))


def _scalar(text: str) -> str:
    return text if re.fullmatch(r"[\w./-]+", text, re.ASCII) else json.dumps(text, ensure_ascii=False)
