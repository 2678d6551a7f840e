"""The JSON Schema beside the plans says what the models say."""

from tests_integration.plan.schema import text
from tests_integration.selftests.running_plans import PLANS


def test_the_schema_beside_the_plans_is_the_models_own() -> None:
    assert (PLANS / "plan.schema.json").read_text(encoding="utf-8") == text()
