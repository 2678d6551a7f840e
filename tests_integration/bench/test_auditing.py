"""Asking every criterion that judges a branch, beside merging it (`test_merging.py`)."""

import pytest

from tests_integration.bench.conftest import Timed
from tests_integration.bench.scenes import Fetched, Scene
from tests_integration.engine.integrate import integrate
from tests_integration.selftests.waves import Built, failures


@pytest.mark.benchmark(group="audit")
def test_audit(timed: Timed, scene: Scene, fetched: Fetched) -> None:
    made = integrate(fetched.plan, fetched.store, fetched.sources)
    if made.tip is None:
        pytest.skip("what conflicts leaves nothing to audit")
    built = Built(fetched.plan, fetched.store, fetched.sources, made)
    failed = timed(f"{scene.name} audit", lambda: failures(built, made.tip or ""), 3)
    assert scene.name == "given" or failed == {}
