"""Holds what was read against a model: every mistake in the words of plans, with its place in the file."""

from collections.abc import Iterator
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tests_integration.plan.mistakes import Mark, Mistake, Place, nearest
from tests_integration.plan.read import Document

M = TypeVar("M", bound=BaseModel)

WORDINGS = {
    "dict_type": "must be a mapping of names to values",
    "greater_than_equal": "must be {ge} or more, not {value}",
    "int_parsing": "must be a whole number, not {value!r}",
    "int_parsing_size": "must be a number of fewer digits",
    "int_type": "must be a whole number, not {value!r}",
    "literal_error": "must be {expected}, not {value!r}",
    "missing": "is missing",
    "model_type": "must be a mapping of keys to values",
    "string_pattern_mismatch": "{value!r} is not a full commit id (40 or 64 hexadecimal digits)",
    "string_type": "must be text",
    "too_long": "has more than {max_length} entries, the most that a plan may have",
    "too_short": "needs at least one entry",
    "tuple_type": "must be a list",
    "value_error": "{error}",
}
"""What pydantic finds, in the words of plans."""


def validated(document: Document, model: type[M]) -> tuple[M | None, Iterator[Mistake]]:
    """The document as the model has it, or None; and its mistakes, those left out that reading has told already."""
    if not isinstance(document.data, dict):
        told = "must be a mapping of keys to values; `version: 1` is the first"
        return None, iter([Mistake(Mark(1, 1), (), told)])
    try:
        return model.model_validate(document.data), iter(())
    except ValidationError as error:
        found = (_mistake(document, model, detail) for detail in error.errors() if not _follows(detail))
        places = (mistake.place for mistake in document.mistakes)
        told_already = {place[:length] for place in places for length in range(1, len(place) + 1)}
        return None, (mistake for mistake in found if mistake.place not in told_already)


def _mistake(document: Document, whole: type[BaseModel], detail: ErrorDetails) -> Mistake:
    of_key = detail["loc"][-1:] == ("[key]",)
    place = detail["loc"][:-1] if of_key else detail["loc"]
    while place and place not in document.values and place[:-1] not in document.values:
        place = place[:-1]
    if detail["type"] == "extra_forbidden":
        name = str(place[-1])
        return Mistake(
            document.mark(place, of_key=True), place, f"is not a key here{nearest(name, _keys(whole, place[:-1]))}"
        )
    return Mistake(document.mark(place, of_key=of_key), place, _wording(detail))


def _follows(detail: ErrorDetails) -> bool:
    """A list that is only too short because entries of it are wrong: these are told already."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _wording(detail: ErrorDetails) -> str:
    if detail["input"] is None and detail["type"] != "missing":
        return "is empty"
    context: dict[str, object] = detail.get("ctx", {})
    if "expected" in context:
        context["expected"] = str(context["expected"]).replace("'", "")
    return WORDINGS[detail["type"]].format(value=detail["input"], **context)


def _keys(whole: type[BaseModel], place: Place) -> set[str]:
    """The keys that a mapping at this place may have."""
    model: type[BaseModel] | None = whole
    for step in place:
        if model and step in (fields := {field.alias or name: field for name, field in model.model_fields.items()}):
            model = _model_in(fields[str(step)].annotation)
    return {field.alias or name for name, field in model.model_fields.items()} if model else set()


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for inner in get_args(annotation) if (model := _model_in(inner))), None)
