"""Publishes the integration branch: never over something else, and believed only when read back."""

from git import Repo

from tests_integration.engine.clock import now, stamp
from tests_integration.engine.sources import Remotes, refs_of
from tests_integration.facts import Publication
from tests_integration.plan.model import Plan
from tests_integration.repository.ask import committed
from tests_integration.repository.git import GitError
from tests_integration.repository.push import push, read_back
from tests_integration.repository.store import fetch_branches
from tests_integration.text import without_password


def publish(plan: Plan, store: Repo, remote: str, tip: str) -> Publication:
    """Push the finished branch to its remote and read it back.

    Args:
        plan: names the branch.
        store: holds the tip.
        remote: name of the remote that the plan publishes to.
        tip: the finished branch.
    """
    blank = Publication(
        remote=remote, url="", ref=f"refs/heads/{plan.integration}", commit=tip, status="failed", at=stamp(now())
    )
    try:
        url = Remotes(plan, store).url(remote, push=True)
    except (GitError, OSError) as error:
        return blank.model_copy(update={"problem": f"the remote {remote!r} leads nowhere: {error}"})
    publication = blank.model_copy(update={"url": without_password(url)})
    try:
        return publication.model_copy(update=_pushed(plan, store, url, tip))
    except GitError as error:
        return publication.model_copy(update={"problem": f"{remote!r} cannot be read: {error.output}"})


def _pushed(plan: Plan, store: Repo, url: str, tip: str) -> dict[str, str | None]:
    before = read_back(store, url, plan.integration)
    if before == tip:
        return {"status": "unchanged", "read_back": before, "at": stamp(now())}
    if before is not None:
        return _taken(plan, store, url, before, tip)
    problem = "git told no error, but the branch is not there"
    try:
        push(store, url, plan.integration, tip)
    except GitError as error:
        problem = error.output
    try:
        after = read_back(store, url, plan.integration)
    except GitError as error:
        return {"problem": _unknown(url, plan.integration, tip, error.output), "at": stamp(now())}
    if after == tip:
        return {"status": "pushed", "read_back": after, "at": stamp(now())}
    if after is not None:
        return _taken(plan, store, url, after, tip)
    return {"status": "failed", "problem": f"the remote did not take the branch: {problem}", "at": stamp(now())}


def _unknown(url: str, branch: str, tip: str, said: str) -> str:
    return (
        f"nobody knows whether the branch is published: it was pushed, but the remote cannot be read back: {said}\n"
        f"Look, when it answers: `git ls-remote {without_password(url)} refs/heads/{branch}` tells {tip} if it is"
        " there. Or run again: a branch that is there is left as it is, one that is not is pushed."
    )


def _taken(plan: Plan, store: Repo, url: str, there: str, tip: str) -> dict[str, str | None]:
    problem = (
        f"{plan.integration} is there already, at {there}, and that is not this integration ({tip}).\n"
        f"{_whose(plan, store, url, there)}"
        "Nothing was overwritten. Somebody may have reviewed or built on it: integrate on a fresh branch (raise"
        " `attempt` and name another `integration` in the plan), or delete that branch there if nobody needs it."
    )
    return {"status": "refused", "read_back": there, "problem": problem, "at": stamp(now())}


def _whose(plan: Plan, store: Repo, url: str, there: str) -> str:
    """Who made what is there, as far as that can be read."""
    try:
        fetch_branches(store, url, {f"{refs_of(plan)}/asked/{there}": plan.integration})
        return f"What is there was {committed(store, there)}.\n"
    except GitError:
        return ""
