"""Learns how a merge made by hand settled its conflicts, for `take: recorded`.

Run: `python -m tests_integration.learn plans/mine.yaml REF`. REF is `remote/branch` or a full commit id on a remote of
the plan: a merge, or an integration branch whose merges are all looked at. What is learned lands in
`plans/mine.resolutions/`, as git-rerere(1) keeps it; commit it beside the plan.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from git import Repo

from tests_integration import commands
from tests_integration.engine import verify
from tests_integration.engine.sources import fetch, look_up
from tests_integration.plan.model import Plan
from tests_integration.repository.ask import Commit, History, content, entry, shown
from tests_integration.repository.entry import is_text_file
from tests_integration.repository.git import GitError, scrubbed_environment
from tests_integration.repository.merge import automatic_merge
from tests_integration.repository.rerere import learn, recalled
from tests_integration.repository.resolutions import not_two_texts
from tests_integration.repository.store import open_store
from tests_integration.text import visible

CONFLICT = re.compile(rb"^<{7,} [0-9a-f]{40,64}.*?^>{7,} [0-9a-f]{40,64}[^\n]*\n?", re.MULTILINE | re.DOTALL)
"""A conflict as git marks it in a file, with commit ids as labels."""


def main(arguments: list[str]) -> int:
    """Learn from one merge or branch; the exit code is 1 where nothing was learned."""
    parser = commands.parser("learn", __doc__)
    parser.add_argument("ref", help="remote/branch or full commit id: a merge, or a branch with merges")
    given = parser.parse_args(arguments)
    try:
        plan = commands.plan_of(given)
    except commands.NoPlanError as error:
        return _said([str(error)], learned=False)
    with scrubbed_environment(), tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "store") as store:
        try:
            return _learned(plan, store, given.ref)
        except OSError as error:
            return _said([f"cannot be remembered in {plan.resolutions}: {error}"], learned=False)


def _learned(plan: Plan, store: Repo, ref: str) -> int:
    sources = fetch(plan, store, look_up(plan, store))
    judged = verify.find(plan, store, ref)
    base = sources["base"].commit
    if base is None or judged.commit is None:
        return _said([judged.problem or sources["base"].problem], learned=False)
    lines = [line for merge in _merges(store, base, judged.commit) for line in _of_merge(plan, store, merge)]
    if not lines:
        return _said(
            [f"{ref} holds no merge with a conflict between two texts; there is nothing to learn"], learned=False
        )
    return _said(lines, learned=any(line.startswith("learned") for line in lines))


def _merges(store: Repo, base: str, commit: str) -> tuple[Commit, ...]:
    """The merges on the first-parent chain beyond the base; of a commit that is elsewhere, itself."""
    history = History(store, base, commit)
    if history.starts_at == base:
        return history.merges
    return tuple(merge for merge in history.merges if merge.id == commit)


def _of_merge(plan: Plan, store: Repo, merge: Commit) -> Iterator[str]:
    try:
        automatic = automatic_merge(store, merge.parents[0], merge.parents[1])
    except GitError as error:
        yield f"left out {merge.short}: git cannot merge its parents: {error.output}"
        return
    for conflict in automatic.conflicts:
        marked, settled = (entry(store, tree, conflict.path) for tree in (automatic.tree, merge.tree))
        place = f"{shown(conflict.path)} ({conflict.kind}) in {merge.short}"
        if problem := not_two_texts(store, conflict):
            yield f"left out {place}: {problem}"
        elif marked is None or settled is None or not (is_text_file(marked) and is_text_file(settled)):
            yield f"left out {place}: the merge holds no such text"
        else:
            texts = content(store, marked.blob), content(store, settled.blob)
            before = recalled(store, plan.resolutions, texts[0])
            if learn(store, plan.resolutions, *texts):
                yield f"learned {place}{_beyond(before, *texts)}"
            else:
                yield f"left out {place}: git-rerere(1) does not take it"


def _beyond(before: bytes | None, marked: bytes, settled: bytes) -> str:
    """What a person has to know of a settlement that was learned, to stand behind it."""
    replaced = ", in place of another settlement of the same conflict" if before not in {None, settled} else ""
    first, *rest = CONFLICT.split(marked)
    at = len(first) if settled.startswith(first) else -1
    for text in rest:
        at = settled.find(text, at) + len(text) if at >= 0 and text in settled[at:] else -1
    edited = bool(rest) and (at < 0 or not settled.endswith(rest[-1]))
    return replaced + (", with what it changes outside of the conflict" if edited else "")


def _said(lines: list[str], *, learned: bool) -> int:
    print(visible("\n".join(lines)), file=sys.stdout if learned else sys.stderr)
    return 0 if learned else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
