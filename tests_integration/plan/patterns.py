"""Patterns that plans give, of texts and of paths: held against strangers' texts in time that grows with these only.

RE2 matches them: it has no pattern that backtracks, and refuses those that would take much memory.
"""

import warnings
from collections.abc import Iterable

import re2
from pathspec import GitIgnoreSpec

LONGEST = 1000
"""Characters of a pattern at most."""


class PatternError(ValueError):
    """Text that is no pattern; the error says why."""


class PathPatterns:
    """Patterns as in gitignore(5), of which the last that matches decides.

    Raises:
        PatternError: one of them is none, or they are too many to be held at once.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        try:
            with warnings.catch_warnings(action="ignore"):  # of `[[`, which is nothing special here
                self._spec = GitIgnoreSpec.from_lines(patterns, backend="re2")
        except Exception as error:  # noqa: BLE001 - pathspec, re and re2 each have errors of their own
            raise PatternError(str(error)) from None

    def match(self, path: str) -> bool:
        """Whether they match a path; bytes that are not UTF-8 match as U+FFFD, one each."""
        return self._spec.match_file(path.encode(errors="surrogateescape").decode(errors="replace"))


class TextPattern:
    """A regular expression (https://github.com/google/re2/wiki/Syntax).

    Raises:
        PatternError: it is none.
    """

    def __init__(self, pattern: str) -> None:
        try:
            self._compiled = re2.compile(pattern, options=_quiet())
        except re2.error as error:
            raise PatternError(error.args[0].decode(errors="replace")) from None

    def is_in(self, text: str) -> bool:
        """Whether a text has it anywhere."""
        return self._compiled.search(text) is not None


def _quiet() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options
