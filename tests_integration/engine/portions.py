"""Parts of a wave, integrated in memory as the whole was: with its rules, its fixes, its infrastructure."""

from collections.abc import Collection, Mapping

from git import Repo

from tests_integration.engine.integrate import integrate
from tests_integration.engine.memory import Memory
from tests_integration.facts import Integration, Source
from tests_integration.plan.model import Plan
from tests_integration.plan.order import needed_by
from tests_integration.repository.ask import is_ancestor, tree_of
from tests_integration.repository.commits import Committer
from tests_integration.repository.trees import edited


class Portions:
    """What comes of some of a plan's branches alone.

    Args:
        plan: the whole.
        store: has base and branches.
        sources: as fetched, by id.
        memory: merges of the whole, which are not made again.
    """

    def __init__(self, plan: Plan, store: Repo, sources: Mapping[str, Source], memory: Memory | None = None) -> None:
        self.plan = plan
        self.store = store
        self.sources = sources
        self.memory = memory or Memory(store, plan)
        self.ids = tuple(branch.id for branch in plan.branches)

    def of(self, branches: Collection[str], without: Collection[str] = ()) -> Integration:
        """These branches on the base, with what they depend on, in the plan's order.

        Args:
            branches: ids; none for the base with its infrastructure.
            without: ids of fixes that are left out.
        """
        return self.as_planned(self.plan.part(self.with_needed(branches), without))

    def as_planned(self, part: Plan) -> Integration:
        """What comes of a part of the plan, or of the plan with other rules."""
        return integrate(part, self.store, self.sources, self.memory.lent_to(part))

    def alone(self, branch: str) -> Integration:
        """A branch as it is, not merged with anything, with the infrastructure."""
        tip = self.sources[branch].model_copy(update={"id": "base"})
        return integrate(self.plan.part(()), self.store, {"base": tip})

    def without_files(self, commit: str, paths: Collection[str]) -> str:
        """A commit that holds all that another one does but for these files."""
        tree = edited(self.store, tree_of(self.store, commit), dict.fromkeys(paths))
        return Committer(self.store, self.plan.identity).commit(tree, f"Without {', '.join(paths)}\n", (commit,))

    def is_on_base(self, branch: str) -> bool:
        """Whether a branch holds the whole base, as it is now."""
        base, tip = self.sources["base"].commit, self.sources[branch].commit
        return bool(base and tip) and is_ancestor(self.store, str(base), str(tip))

    def with_needed(self, branches: Collection[str]) -> frozenset[str]:
        """Ids of these branches and of all that have to be merged before them (R306)."""
        found: set[str] = set()
        left = set(branches)
        while left:
            found |= left
            left = {needed for name in left for needed in needed_by(self.plan.branch(name), self.plan.branches)} - found
        return frozenset(found)


def problem_of(made: Integration) -> str:
    """Why there is no branch of a part, in one line; empty where there is one."""
    if made.tip:
        return ""
    told = made.problem or next((parked.problem for parked in made.parked), "it cannot be integrated")
    return told.splitlines()[0].rstrip(":")
