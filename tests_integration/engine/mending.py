"""Brings sources into a store that may have been damaged: it is made afresh then, without anybody cleaning up."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tests_integration.engine.sources import fetch
from tests_integration.facts import Source
from tests_integration.plan.model import Plan
from tests_integration.repository.checkout import removed
from tests_integration.repository.damage import damage, lack
from tests_integration.repository.store import Store

UNREADABLE = re.compile("git cannot|GitError|data stream error|object file|unable to read")
"""How git, or what runs git, says that it cannot read something."""

Tell = Callable[[str], None]
"""Shows a line to whoever watches."""


def fetch_whole(plan: Plan, store: Store, sources: Mapping[str, Source], tell: Tell) -> dict[str, Source]:
    """Bring the sources into the store, as `fetch` does; into an empty one where it was damaged.

    Args:
        plan: of the store.
        store: of the plan, perhaps of others too.
        sources: as looked up.
        tell: told of a store that was made afresh.
    """
    broken = damage(store)
    found = {} if broken else fetch(plan, store, sources)
    broken = broken or lack(store, (source.commit for source in found.values() if source.commit))
    if not broken:
        return found
    store.make_afresh()
    tell(f"the store of {plan.name} was damaged and is made afresh: {broken}")
    return fetch(plan, store, sources)


def drop_damaged(plan: Plan, store: Store, failures: Iterable[str], tell: Tell, memory: Path | None = None) -> None:
    """Where git has failed in this run, look whether the store is at fault; the next run then begins with another.

    Args:
        plan: of the store.
        store: used no more in this run.
        failures: what criteria say that failed.
        tell: told of a store that was dropped.
        memory: merges that are remembered; they are forgotten, since what is missing may be theirs.
    """
    if not any(UNREADABLE.search(failure) for failure in failures):
        return
    if memory:
        removed(memory)
    if broken := damage(store, packs=True):
        store.make_afresh()
        tell(f"the store of {plan.name} is damaged; run again, it is made afresh: {broken}")
