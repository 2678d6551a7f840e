"""Which branches contain which: one walk over all that they have beyond the base (git-rev-list(1))."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property, partial
from itertools import permutations

from git import Repo

from tests_integration.repository.ask import Commit, log
from tests_integration.repository.git import answer, git
from tests_integration.repository.merge import AutomaticMerge, Merges, automatic_merges


def gone_and_new(repo: Repo, before: str, after: str) -> tuple[int, int] | None:
    """How many commits a branch has no more, and how many it has got, since its tip was another (git-rev-list(1)).

    None where the repository has not got one of the two commits.
    """
    code, counts = answer(repo, "rev-list", "--left-right", "--count", f"{before}...{after}", "--", ok=(0, 128))
    if code:
        return None
    gone, new = map(int, counts.split())
    return gone, new


class Ancestry:
    """What the base and the branches of a plan contain of each other.

    Args:
        repo: holds the commits.
        base: commit that the integration starts from.
        tips: by name of the branch.
        merged: how git's own merges are made.
    """

    def __init__(self, repo: Repo, base: str, tips: Mapping[str, str], merged: Merges | None = None) -> None:
        self.repo = repo
        self.merged = merged or partial(automatic_merges, repo)
        self.base = base
        self.tips = tips
        self._in_order = tuple(tips)
        self._bits = {name: 1 << n for n, name in enumerate(tips)}
        self._reached = self._walked()
        self._shared: dict[str, dict[str, int]] | None = None

    def _walked(self) -> dict[str, int]:
        """For the base and each commit beyond it: the branches that contain it, as bits."""
        return self._walk(self.base, "--not", f"{self.base}^@")

    def _walk(self, *asked: str) -> dict[str, int]:
        """For each commit of the branches, and what else is asked for (git-rev-list(1)): who contains it, as bits."""
        bits: dict[str, int] = {}
        for name, tip in self.tips.items():
            bits[tip] = bits.get(tip, 0) | self._bits[name]
        reached = {}
        out = git(self.repo, "rev-list", "--topo-order", "--parents", *self.tips.values(), *asked, "--")
        for line in out.decode().splitlines():
            commit, *parents = line.split()
            reached[commit] = bits.pop(commit, 0)
            for parent in parents:
                bits[parent] = bits.get(parent, 0) | reached[commit]
        return reached

    @cached_property
    def inner_merges(self) -> list[tuple[Commit, AutomaticMerge]]:
        """Merges of two commits that the branches hold beyond the base, each with what git makes of them by itself."""
        found = log(self.repo, "--merges", *self.tips.values(), f"^{self.base}")
        merges = [merge for merge in found if len(merge.parents) == 2]  # noqa: PLR2004
        made = self.merged([(merge.parents[0], merge.parents[1]) for merge in merges])
        return [(merge, one) for merge, one in zip(merges, made, strict=True) if isinstance(one, AutomaticMerge)]

    def is_beyond(self, commit: str) -> bool:
        """Whether a commit is one that branches have beyond the base."""
        return commit in self._reached and commit != self.base

    def holders(self, commit: str) -> list[str]:
        """The branches that contain the base, or a commit beyond it."""
        return self._names(self._reached.get(commit, 0))

    def first_holder(self, commit: str) -> str:
        """The first of the branches that contain a commit beyond the base; empty where none does."""
        bits = self._reached.get(commit, 0)
        return self._in_order[(bits & -bits).bit_length() - 1] if bits else ""

    def contains(self, branch: str, commit: str) -> bool:
        """Whether a branch contains the base, or a commit beyond it."""
        return bool(self._reached.get(commit, 0) & self._bits[branch])

    def contained(self, branch: str) -> list[str]:
        """The other branches whose tips this branch contains."""
        return self._contained[branch]

    @cached_property
    def _contained(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {name: [] for name in self.tips}
        for other, tip in self.tips.items():
            for name in self._names(self._reached.get(tip, 0) & ~self._bits[other]):
                found[name].append(other)
        return found

    def shares(self, branch: str, other: str) -> bool:
        """Whether two branches have a commit beyond the base in common."""
        both = self._bits[branch] | self._bits[other]
        return any(bits & both == both for commit, bits in self._reached.items() if commit != self.base)

    def shared(self, ancestors: Mapping[str, frozenset[str]]) -> dict[str, dict[str, int]]:
        """For each branch those that it shares commits with, and how many; none that it stands on, or they on it.

        Args:
            ancestors: for each branch those that it is declared to be stacked on; a commit is a branch's own where
                none of these has it.
        """
        if self._shared is None:
            masks = {name: sum(self._bits[other] for other in ancestors[name]) for name in self.tips}
            self._shared = {name: {} for name in self.tips}
            for commit, bits in self._reached.items():
                owners = [name for name in self._names(bits) if commit != self.base and not bits & masks[name]]
                for one, other in permutations(owners, 2):
                    self._shared[one][other] = self._shared[one].get(other, 0) + 1
        return self._shared

    def _names(self, bits: int) -> list[str]:
        names = []
        while bits:  # from the lowest on, those that are not set passed over
            names.append(self._in_order[(bits & -bits).bit_length() - 1])
            bits &= bits - 1
        return names

    def behind(self, branch: str, other: str) -> int:
        """How many commits beyond the base another branch has that this one has not."""
        own, wanted = self._bits[branch], self._bits[other]
        return sum(
            bool(bits & wanted and not bits & own) for commit, bits in self._reached.items() if commit != self.base
        )

    def behind_base(self, branch: str) -> int:
        """How many commits the base has that this branch has not."""
        own = self._bits[branch]
        return sum(count for bits, count in self._of_base.items() if not bits & own)

    @cached_property
    def reverts_in_base(self) -> tuple[Commit, ...]:
        """Commits of the base that say that they revert another, and that not all branches have."""
        return log(self.repo, "--grep=^This reverts commit ", self.base, *self._below) if self._stale else ()

    @cached_property
    def _stale(self) -> list[str]:
        return [name for name in self.tips if not self.contains(name, self.base)]

    @cached_property
    def _below(self) -> tuple[str, ...]:
        """What leaves out, in a walk, that which the base and all branches have (git-merge-base(1), --octopus)."""
        tips = (self.tips[name] for name in self._stale)
        code, out = answer(self.repo, "merge-base", "--octopus", self.base, *tips, ok=(0, 1))
        return tuple(f"^{commit}" for commit in out.decode().split()) if code == 0 else ()

    @cached_property
    def _of_base(self) -> Counter[int]:
        """How many of the commits that the base has, and not all branches, are contained by which, as bits."""
        if not self._stale:
            return Counter()
        own = git(self.repo, "rev-list", self.base, *self._below, "--").decode().split()
        bits = self._walk(self.base, *self._below)
        return Counter(bits[commit] for commit in own)
