"""Paths of an integration that not every file system can hold, or tell from another one."""

from collections.abc import Iterable

from tests_integration.plan.patterns import PathPatterns
from tests_integration.repository.ask import History, paths_of, shown
from tests_integration.repository.portable import collisions, unportable


def unportable_paths(history: History, wanted: Iterable[str]) -> dict[str, str]:
    """What is wrong with paths that the integration brought, by path.

    Args:
        history: of the integration.
        wanted: patterns (gitignore(5)) of paths that are not looked at.
    """
    allowed = PathPatterns(wanted)
    brought = {path for path, change in history.changed.items() if change.before is None and not allowed.match(path)}
    wrong = {path: text for path in sorted(brought) if (text := unportable(path))}
    if brought:
        meets = collisions(paths_of(history.repo, history.tip))
        for path in sorted(brought & meets.keys()):
            wrong[path] = f"meets {shown(meets[path])} where case or Unicode normalisation is ignored"
    return wrong
