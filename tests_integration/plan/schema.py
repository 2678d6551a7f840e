"""JSON Schemas of what lies in `plans/`, for editors: `python -m tests_integration.plan.schema plans` writes them."""

import json
import sys
from pathlib import Path

from pydantic import BaseModel

from tests_integration.plan.known import CatalogueDocument
from tests_integration.plan.model import PlanDocument

SCHEMAS: dict[str, tuple[type[BaseModel], str]] = {
    "plan.schema.json": (PlanDocument, "Integration plan, version 1"),
    "known-fixes.schema.json": (CatalogueDocument, "Catalogue of known fixes, version 1"),
}
"""Model and title, by name of the file."""


def text(name: str = "plan.schema.json") -> str:
    """A schema, as it stands in `plans/`."""
    model, title = SCHEMAS[name]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(by_alias=True),
        "title": title,
    }
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    for name in SCHEMAS:
        Path(sys.argv[1], name).write_text(text(name), encoding="utf-8")
