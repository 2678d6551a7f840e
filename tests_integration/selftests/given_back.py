"""The plan that `--plan-from` recovers from a branch which selftests have built, run by the engine."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from git import Repo

from tests_integration.describing import put
from tests_integration.engine.describe import Asked, UndescribableError, describe, proven
from tests_integration.engine.described import Described
from tests_integration.plan.load import load
from tests_integration.plan.mistakes import PlanRejectedError
from tests_integration.plan.model import Located
from tests_integration.repository.ask import tree_of
from tests_integration.repository.store import heads
from tests_integration.selftests.waves import Built

BASE, WHOLE = Located("origin", "main"), Located("origin", "whole")

REFUSALS = (
    *("it begins at ", "it holds no commit beyond the base", " conflicts with those before it; a plan merges one"),
    *(" did before; a plan merges a branch once", "integrations are never a source (R270)", " (R306)"),
    *("a commit of its own, a squash, or a cherry-pick", "a branch was squashed into it", " and fast-forwarded, so"),
    *(", and no branch of the repository is there any more",),
    "git cannot merge its parents: fatal: refusing to merge unrelated histories",
)
"""Why no plan gives a branch; each is told of some branch in `test_plan_from`."""


class Back(NamedTuple):
    """What came of a branch: the plan and the commit that it gives, or why there is none."""

    found: Described | None = None
    tip: str = ""
    why: str = ""


def given_back(store: Repo, origin: Mapping[str, str], tip: str) -> Back:
    """Describe a branch at this tip, integrate its plan, and hold the tree against the branch's.

    Args:
        store: holds all commits.
        origin: what the branches of the remote are at.
        tip: of the integration; its plan is called `whole`.
    """
    with TemporaryDirectory() as folder:
        places = {Located("origin", name): commit for name, commit in origin.items()} | {WHOLE: tip}
        try:
            found = describe(Asked(store, BASE, WHOLE, places, "whole"))
            plan = load(put(Path(folder) / "whole.yaml", found, str(store.git_dir), ""))
            made = proven(plan, store, found)
        except (UndescribableError, PlanRejectedError) as error:
            return Back(why=str(error))
    assert tree_of(store, made) == tree_of(store, tip)
    return Back(found, made)


def back(built: Built, tip: str) -> Back:
    """The same for a branch that was made of a selftest's wave."""
    return given_back(built.store, heads(built.store, str(built.plan.folder.parent / "origin.git")), tip)


def assert_same_or_told(built: Built, tip: str) -> None:
    """Its plan gives the same trees, or every reason why there is none is one that is known."""
    why = back(built, tip).why.splitlines()
    assert [line for line in why if not any(text in line for text in REFUSALS)] == []
