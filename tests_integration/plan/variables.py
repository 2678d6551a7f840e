"""Variables of a plan: `${NAME}` and `${NAME:-default}` below `remotes`, `publish` and `attempt`, and nowhere else.

They are put in once, after the YAML or the Markdown was read: a value is text, whatever it holds. Commands have
`${NAME}` of bash.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote

from tests_integration.plan.mistakes import Mistake, Place, nearest
from tests_integration.plan.read import Document
from tests_integration.url import SHORTEST, URL, Url

VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?P<default>[^{}]*))?\}", re.ASCII)
SETTING = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)", re.ASCII | re.DOTALL)
TAKEN = ("remotes", "publish", "attempt")
LONGEST = 4096
"""Characters of a value at most."""

MISLEADING = ("project", "phase", "wave", "author", "repository", "known_fixes", "metadata")
"""Keys whose values would be taken for names and paths with `${` in them; in titles and commands it is text, and in
branches' names, since git allows them to have it."""


class Variables:
    """Values that plans may take; no traceback shows them.

    Args:
        given: those of the command line, as `NAME=VALUE`, which go before.
        environment: those of the environment, which is this process's where it is not given.
    """

    def __init__(self, given: Iterable[str] = (), environment: Mapping[str, str] | None = None) -> None:
        found = (SETTING.fullmatch(one) for one in given)
        self._given = {one["name"]: one["value"] for one in found if one}
        self._environment = dict(os.environ if environment is None else environment)

    def options(self, names: Collection[str]) -> list[str]:
        """Those of the command line that have these names, for the command line of another session."""
        return [f"--set={name}={value}" for name, value in self._given.items() if name in names]

    def untaken(self, taken: frozenset[str]) -> str:
        """What to say where the command line gives a value that nothing takes; empty where each is taken.

        Args:
            taken: names of the variables of all plans.
        """
        unknown = sorted(self._given.keys() - taken)
        if not unknown:
            return ""
        return (
            f"--set {unknown[0]}: no plan takes a variable of this name{nearest(unknown[0], taken)}; variables are put"
            " in where `remotes`, `publish` or `attempt` of a plan have ${NAME}"
        )

    def value(self, name: str, default: str | None) -> tuple[str | None, str]:
        """The value that is put in, and where it comes from; as in bash, a default goes before an empty value."""
        for values, origin in ((self._given, "--set"), (self._environment, "environment")):
            if values.get(name):
                return values[name], origin
        return default, "default"


def filled(document: Document, variables: Variables) -> Document:
    """The document with the values of its variables, and with a mistake for each that is missing or misplaced."""
    if not isinstance(document.data, dict):
        return document
    filling = _Filling(document, variables)
    data = {key: filling.inside(value, (key,)) if key in TAKEN else value for key, value in document.data.items()}
    mistakes = (*document.mistakes, *filling.mistakes, *_misplaced(document))
    told = (f"the variable {name} is taken from {_origin(origin)}" for name, origin in sorted(filling.names.items()))
    return replace(
        document,
        data=data,
        mistakes=mistakes,
        written=filling.written,
        variables=frozenset(filling.names),
        remarks=(*document.remarks, *told),
    )


def _origin(origin: str) -> str:
    return {"--set": "the command line (--set)", "environment": "the environment"}.get(origin, "its default")


def as_written(document: Document, mistake: Mistake) -> Mistake:
    """The mistake with what the file holds in place of values of variables, which may be secrets."""
    text = mistake.text
    for place, (written, value) in document.written.items():
        if place[: len(mistake.place)] == mistake.place or mistake.place[: len(place)] == place:
            text = text.replace(repr(str(value)), repr(written)).replace(repr(value), repr(written))
            text = text.replace(value, written) if len(value) >= SHORTEST else text
    return mistake._replace(text=text)


class _Filling:
    def __init__(self, document: Document, variables: Variables) -> None:
        self.document = document
        self.variables = variables
        self.mistakes: list[Mistake] = []
        self.written: dict[Place, tuple[str, str]] = {}
        self.names: dict[str, str] = {}

    def inside(self, value: object, place: Place) -> object:
        if isinstance(value, dict):
            return {key: self.inside(inner, (*place, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.inside(inner, (*place, n)) for n, inner in enumerate(value)]
        return self.text(value, place) if isinstance(value, str) and "${" in value else value

    def text(self, written: str, place: Place) -> str | None:
        """The text with its variables; None where one is missing, which is told."""
        before = len(self.mistakes)
        if "${" in VARIABLE.sub("", written):
            self.refuse(place, f"{written!r} holds '${{' and no variable: those are ${{NAME}} and ${{NAME:-default}}")
        secret = _secret_part(written)
        parts, end = [], 0
        for found in VARIABLE.finditer(written):
            value = self.value(found, place)
            parts += [written[end : found.start()], quote(value, safe=":") if found.start() in secret else value]
            end = found.end()
        if len(self.mistakes) > before:
            return None
        whole = Url("".join([*parts, written[end:]]))
        self.written[place] = written, whole
        return whole

    def value(self, found: re.Match[str], place: Place) -> str:
        name, default = found["name"], found["default"]
        value, origin = self.variables.value(name, default)
        if value is None:
            self.refuse(
                place,
                f"needs the variable {name}, which is not set, or empty: set it in the environment or with --set"
                f" {name}=VALUE, or give it a default, ${{{name}:-default}}",
            )
        elif len(value) > LONGEST or not value.isprintable():
            self.refuse(
                place,
                f"the variable {name} holds a line break, or what cannot be printed, or over {LONGEST} characters",
            )
        self.names[name] = origin
        return value or ""

    def refuse(self, place: Place, text: str) -> None:
        self.mistakes.append(Mistake(self.document.mark(place), place, text))


def _secret_part(written: str) -> range:
    """Where user and password of a URL stand: a value there is no part of the URL's form, whatever it holds."""
    found = URL.fullmatch(VARIABLE.sub(lambda one: "x" * len(one[0]), written))
    at = found["authority"].rfind("@") if found else -1
    return range(found.start("authority"), found.start("authority") + at) if found and at >= 0 else range(0)


def _misplaced(document: Document) -> Iterator[Mistake]:
    data: object = document.data
    if not isinstance(data, dict):
        return
    told: list[tuple[Place, object]] = [((key,), data.get(key)) for key in MISLEADING]
    for place, value in told:
        for inner, text in _texts(place, value):
            if found := VARIABLE.search(text):
                yield Mistake(
                    document.mark(inner),
                    inner,
                    f"holds {found[0]}, and no variable is put in here: only in `remotes`, `publish` and `attempt`",
                )


def _texts(place: Place, value: object) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts((*place, str(key)), inner)
