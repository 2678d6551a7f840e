"""What stays open."""

from tests_integration.auditing import claims
from tests_integration.auditing.undecided import Undecided


def test_nothing_decides(undecided: Undecided) -> None:
    """Neither a repository nor another claim of the record tells."""
    claims.undecided(undecided.about)
