"""Whole runs, as a user starts them."""

import json

import pytest

from tests_integration.selftests.waves import Wave, git


def test_a_wave_is_integrated_and_published(pytester: pytest.Pytester, stacked: Wave) -> None:
    result = pytester.runpytest_subprocess("--plan", str(stacked.write()))
    record = json.loads((pytester.path / "reports" / "wave" / "record.json").read_text())
    assert result.ret == 0
    assert record["verdict"] == "SUCCESS"
    assert git(stacked.origin, "rev-parse", "refs/heads/wave-integration") == record["tip"]
