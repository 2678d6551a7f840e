"""Stage publish: the remote has the branch that was proven, and nothing else was touched."""

from collections.abc import Mapping

import pytest

from tests_integration.criteria.judge import require
from tests_integration.facts import Publication, Source
from tests_integration.plan.parts import Publish
from tests_integration.repository.ask import History

pytestmark = pytest.mark.publish


def test_branch_is_published(published: Publication, publish: Publish, history: History) -> None:
    """The remote has the integration branch, and read back it is the very commit that was built and tested."""
    remote = published.remote or publish.remote
    require(not published.problem, f"{remote}: {published.problem}")
    require(
        published.read_back == history.tip,
        f"{remote} has {published.ref} at {published.read_back}, but {history.tip} was built and tested",
    )


def test_sources_are_untouched(
    published: Publication, publish: Publish, sources: Mapping[str, Source], sources_now: Mapping[str, Source]
) -> None:
    """Base and effort branches are as they were: nothing wrote to them (R262), and nothing newer is left out."""
    moved = [key for key, source in sources.items() if sources_now[key].commit != source.commit]
    lines = [
        f"{sources[key].source}: {sources[key].commit} then, {sources_now[key].commit or 'gone'} now" for key in moved
    ]
    require(
        not moved,
        f"moved while {published.ref} was built for {publish.remote}; run again:\n" + "\n".join(lines),
    )
