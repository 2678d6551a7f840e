"""JSON Schema of plans, for editors: `python -m tests_integration.plan.schema > plans/plan.schema.json`."""

import json
import sys

from tests_integration.plan.model import PlanDocument


def text() -> str:
    """The schema, as it stands in `plans/plan.schema.json`."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **PlanDocument.model_json_schema(by_alias=True),
        "title": "Integration plan, version 1",
    }
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
