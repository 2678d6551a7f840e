"""All that a plan says, as plain values: what its digest is of, and what records repeat."""

import copy
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tests_integration.plan.mistakes import Place
from tests_integration.plan.model import PlanDocument
from tests_integration.plan.variables import TAKEN
from tests_integration.text import without_password


def document(plan: PlanDocument) -> dict[str, Any]:
    """The plan with its defaults, as JSON would hold it; passwords in URLs are left out."""
    said = plan.model_dump(mode="json", by_alias=True, include=set(PlanDocument.model_fields), exclude_none=True)
    everywhere = [{key: value for key, value in rule.items() if key != "in" or value} for rule in said["resolve"]]
    return {key: _without_passwords(value) for key, value in {**said, "resolve": everywhere}.items()}


def digest(document: Mapping[str, Any], files: Mapping[str, str]) -> str:
    """SHA-256, in hexadecimal, of what a plan says and of the files that it takes in.

    What is hashed is the JSON of both as a list, with sorted keys and no spaces, in UTF-8.

    Args:
        document: as `document` gives it.
        files: SHA-256 of each file, by path as seen from the plan's folder.
    """
    text = json.dumps([document, files], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def locked_digest(document: Mapping[str, Any], variables: Mapping[str, str], files: Mapping[str, str]) -> str:
    """The digest that a lock holds: with variables as the plan has them, since their values may be others elsewhere.

    None of these decides what comes of a plan whose tips are locked: where branches are fetched from, where the result
    is pushed, and the number of the attempt.

    Args:
        document: as `document` gives it.
        variables: texts with variables, as `as_pointers` gives them.
        files: as `digest` takes them.
    """
    written = copy.deepcopy(dict(document))
    for pointer, text in variables.items():
        if (holder := holder_of(written, pointer)) is not None:
            holder[pointer.rpartition("/")[2]] = text
    return digest(written, files)


def holder_of(document: Mapping[str, Any], pointer: str) -> dict[str, Any] | None:
    """The mapping in which a value with variables stands; None where none may stand there, or nothing does."""
    *above, key = pointer.removeprefix("/").split("/")
    holder: Any = document
    for step in above:
        holder = holder.get(step) if isinstance(holder, dict) else None
    may = (*above, key)[0] in TAKEN
    return holder if may and isinstance(holder, dict) and key in holder else None


def as_pointers(written: Mapping[Place, tuple[str, str]]) -> dict[str, str]:
    """Texts with variables, by JSON pointer (RFC 6901) of their values in the document; passwords are left out.

    Args:
        written: by place in the plan's file, as the file has them and as they are (`plan.read.Document`).
    """
    found: dict[str, str] = {}
    for place, (text, _) in sorted(written.items()):
        is_url = place == ("remotes", place[-1])  # `NAME: URL` is short for `NAME: {url: URL}`
        pointer = "".join(f"/{step}" for step in place)  # names of remotes are ids, with no `/` or `~`
        found[f"{pointer}/url" if is_url else pointer] = without_password(text)
    return found


def _without_passwords(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_passwords(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_passwords(inner) for inner in value]
    return without_password(value) if isinstance(value, str) else value
