"""What keeps a branch from being the integration that a plan gives: one merge a branch on the base, and demo files."""

import re
from collections.abc import Iterator, Mapping

from tests_integration.plan.model import Located
from tests_integration.plan.values import repository_path
from tests_integration.repository.ancestry import Ancestry
from tests_integration.repository.ask import Commit, History, is_ancestor, missing_commits
from tests_integration.repository.entry import is_text_file
from tests_integration.text import counted

INFRASTRUCTURE = "\nIntegration-Infrastructure: "
SQUASHED = re.compile(r"Squashed commit of the following|^[^\n]* \(#[0-9]+\)$", re.MULTILINE)


def obstacles(history: History, base: str, heads: Mapping[Located, str]) -> list[str]:
    """Why no plan gives a branch, one reason a commit; empty where one does.

    Args:
        history: of the branch, beyond the base.
        base: what the base is called.
        heads: the commits of the repository's other branches.
    """
    if not history.commits:
        held = is_ancestor(history.repo, history.tip, history.base) and history.tip != history.base
        return [f"{base} has all of it already; name a branch that is where it was begun" if held else NOTHING]
    if history.starts_at != history.base:
        return [_begun_elsewhere(history, base, heads)]
    return list(_merges(history))


NOTHING = "it holds no commit beyond the base"


def _begun_elsewhere(history: History, base: str, heads: Mapping[Located, str]) -> str:
    start = str(history.starts_at)
    behind = len(missing_commits(history.repo, history.base, start))
    there = ", ".join(f"{place.remote}/{place.branch}" for place, tip in heads.items() if tip == start)
    advice = f"these are: {there}" if there else f"such as one that you make: `git branch wave-base {start}`"
    return (
        f"it begins at {start}, not at {base} ({history.base}), which has {counted(behind, 'commit')} more; --base"
        f" has to name a branch that is there, {advice}"
    )


def infrastructure(history: History) -> Commit | None:
    """The one commit on top that adds files and nothing else, which `demo.create` can give (R291)."""
    last = history.commits[-1]
    if len(last.parents) != 1 or len(history.commits) == 1 or SQUASHED.search(last.message):
        return None
    changes = history.changes[last.id]
    added = all(
        change.before is None and is_text_file(change.after) and _is_plain(path) for path, change in changes.items()
    )
    return last if changes and added else None


def _is_plain(path: str) -> bool:
    try:
        return repository_path(path) == path
    except ValueError:
        return False


def says_so(commit: Commit) -> bool:
    """Whether a commit says that it is infrastructure."""
    return INFRASTRUCTURE in commit.message


def _merges(history: History) -> Iterator[str]:
    tips = {tip: tip for merge in history.merges for tip in merge.parents[1:]}
    ancestry = Ancestry(history.repo, history.base, tips)
    seen: dict[str, Commit] = {}
    for merge, tip in [(one, tip) for one in history.merges for tip in one.parents[1:]]:
        if tip in seen:
            yield (
                f"{merge.short} merges {tip[:12]}, as {seen[tip].short} did before; a plan merges a branch once:"
                " integrate afresh, or put what the second merge changes on a branch"
            )
        seen.setdefault(tip, merge)
        if first := next((one for one in history.merges if ancestry.contains(tip, one.id)), None):
            yield (
                f"{merge.short} merges {tip[:12]}, which was begun on this integration, after {first.short};"
                " integrations are never a source (R270): begin it on the base, and integrate afresh"
            )
