"""What a run of a locked plan is held to, and what has changed where it is otherwise."""

from collections.abc import Mapping

import git
import pytest

from tests_integration import __version__
from tests_integration.criteria.judge import fail
from tests_integration.facts import Integration, Source
from tests_integration.plan.lock import Lock
from tests_integration.plan.model import Plan
from tests_integration.repository.ancestry import gone_and_new
from tests_integration.text import counted


def require_where_it_was(store: git.Repo, plan: Plan, source: Source) -> None:
    """Fail where the base or a branch is not where the plan's lock has it; one that was not found is blocked."""
    wanted = plan.lock.commit_of(source.id) if plan.lock else None
    if source.commit is None:
        pytest.skip(f"blocked: {source.id} was not found")
    if wanted is None:
        fail(f"not locked: {source.id} is not in the lock\n`--update-lock {source.id}` locks it at {source.commit}.")
    if wanted != source.commit:
        fail(
            f"moved: {source.id} from {wanted} to {source.commit}, {_distance(store, wanted, source.commit)}\n"
            f"Whoever wants it there: `--update-lock {source.id}`, and commit the lock."
        )


def _distance(store: git.Repo, before: str, after: str) -> str:
    counts = gone_and_new(store, before, after)
    if counts is None:
        return "by how many commits is not known: the locked one is nowhere any more"
    gone, new = counts
    if not gone:
        return counted(new, "commit")
    return (
        f"rewritten: {counted(gone, 'commit')} gone, {new} new" if new else f"rewound: {counted(gone, 'commit')} gone"
    )


def require_nothing_moved(integration: Integration, sources: Mapping[str, Source], lock: Lock) -> None:
    """Let what asks about the result be blocked where it is that of other inputs, or where there is none."""
    there = {key: source.commit for key, source in sources.items() if key in {"base", *lock.branches}}
    if moved := [key for key, commit in there.items() if commit != lock.commit_of(key)]:
        pytest.skip(f"blocked: {', '.join(moved)} moved since the plan was locked (source_is_as_locked)")
    if integration.tip is None:
        pytest.skip("blocked: there is no integration branch")


def made_with(lock: Lock) -> str:
    """What was at work when the plan was locked, and what is now."""
    now_there = ".".join(map(str, git.Git().version_info))
    return (
        f"Then: waveproof {lock.waveproof}, git {lock.git}; now: waveproof {__version__}, git {now_there}. The suite or"
        " git has changed, or somebody else has built this. If it is meant: `--update-lock`."
    )
