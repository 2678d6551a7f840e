"""All that a plan says, as plain values: what its digest is of, and what records repeat."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tests_integration.plan.model import PlanDocument
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


def _without_passwords(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_passwords(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_passwords(inner) for inner in value]
    return without_password(value) if isinstance(value, str) else value
