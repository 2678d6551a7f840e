"""The catalogue of known fixes (R521): what failures look like, and what has cured them."""

from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from tests_integration.plan.parts import Cure, Model
from tests_integration.plan.patterns import TextPattern
from tests_integration.plan.values import CommitId, Id, Pattern, Text

MOST = 1000
"""Entries of a catalogue at most, and variants of one."""


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


OneOrMorePatterns = Annotated[
    tuple[Pattern, ...],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class Proof(Model):
    """Where a fix was shown to work.

    Attributes:
        plan: name of the plan, or a text.
        attempt: of that plan.
        commit: the integration branch that came of it.
    """

    plan: Text
    attempt: int | None = Field(default=None, ge=1)
    commit: CommitId | None = None

    @property
    def told(self) -> str:
        """The same for people, as `proven` of a fix says it."""
        attempt = f", attempt {self.attempt}" if self.attempt else ""
        return f"{self.plan}{attempt}{f', {self.commit[:12]}' if self.commit else ''}"


class Variant(Cure):
    """One way to cure a problem.

    Attributes:
        proven: where it was shown to work.
    """

    proven: tuple[Proof, ...] = ()


class Bounds(Model):
    """How far a known fix may go in a wave.

    Attributes:
        changed_lines: lines of its own that it may change, where that is less than the plan allows (R361).
    """

    changed_lines: int = Field(ge=0)


class KnownFix(Variant):
    """A problem that is known, with what cures it; one without a cure is known by name only.

    Attributes:
        id: such as `BUG-007`.
        problem: what goes wrong.
        signature: regular expressions (RE2); a log that has one of them shows the problem.
        variants: several ways to cure it, each tried on its own.
        limits: how far it may go.
    """

    id: Id
    problem: Text
    signature: OneOrMorePatterns = Field(min_length=1)
    variants: tuple[Variant, ...] = Field(default=(), max_length=MOST)
    limits: Bounds | None = None

    @model_validator(mode="after")
    def _cures_one_way_each(self) -> "KnownFix":
        if self.deeds > 1 or any(variant.deeds != 1 for variant in self.variants):
            raise ValueError("needs exactly one of 'delete', 'take' and 'patch' in each of its ways to cure")
        if self.deeds and self.variants:
            raise ValueError("has a cure of its own and 'variants'; put all of them into 'variants'")
        return self

    @property
    def cures(self) -> tuple[Variant, ...]:
        """All ways to cure it."""
        own = {name: getattr(self, name) for name in Variant.model_fields}
        return (*self.variants, *([Variant.model_construct(**own)] if self.deeds else []))

    @cached_property
    def _patterns(self) -> tuple[TextPattern, ...]:
        return tuple(map(TextPattern, self.signature))

    def shows_in(self, log: str) -> str:
        """The first of its signatures that a log has; empty where it has none."""
        found = (text for text, pattern in zip(self.signature, self._patterns, strict=True) if pattern.is_in(log))
        return next(found, "")


class CatalogueDocument(Model):
    """A catalogue as its YAML file says it.

    Attributes:
        version: of the format.
        fixes: what is known.
    """

    version: Annotated[Literal["1"], WithJsonSchema({"enum": [1, "1"]})]
    fixes: tuple[KnownFix, ...] = Field(default=(), max_length=MOST)


class Catalogue(NamedTuple):
    """The known fixes that a plan may look up.

    Attributes:
        file: where they are written, as seen from the plan's folder; empty where there is no catalogue.
        entries: all of them, in the order of the file.
        digest: SHA-256 of what they say and of their patches; empty where there are none.
    """

    file: str = ""
    entries: tuple[KnownFix, ...] = ()
    digest: str = ""

    def matching(self, log: str) -> tuple[KnownFix, ...]:
        """The entries whose problem a log shows."""
        return tuple(entry for entry in self.entries if entry.shows_in(log))

    def entry(self, name: str) -> KnownFix | None:
        """The entry with this id, if there is one."""
        return next((entry for entry in self.entries if entry.id == name), None)


EMPTY = Catalogue()
