"""The stages of a plan, and the result that a failure in each gives an attempt (R520)."""

STAGES = ("plan", "merge", "audit", "build", "test", "demo", "publish", "record")

RESULTS = {
    "plan": "PLAN_REJECTED",
    "merge": "MERGE_FAILED",
    "audit": "AUDIT_FAILED",
    "build": "BUILD_GATE_FAILURE",
    "test": "TEST_GATE_FAILURE",
    "demo": "DEMO_GATE_FAILURE",
    "publish": "PUSH_FAILED",
    "record": "INCOMPLETE",
}
