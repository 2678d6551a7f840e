"""JSON Schema of records: `python -m tests_integration.record.schema > tests_integration/record/record.schema.json`."""

import json
import sys
from pathlib import Path

from tests_integration.record.model import SCHEMA, Record

PUBLISHED = Path(__file__).with_name("record.schema.json")


def text() -> str:
    """The schema of `record.json` as it is written: every key is there, and no other (Draft 2020-12)."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Record.model_json_schema(by_alias=True, mode="serialization"),
        "title": f"Record of an integration, version {SCHEMA}",
    }
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
