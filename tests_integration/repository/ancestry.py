"""Which branches contain which: one walk over all that they have beyond the base (git-rev-list(1))."""

from collections.abc import Mapping

from git import Repo

from tests_integration.repository.git import git


class Ancestry:
    """What the base and the branches of a plan contain of each other.

    Args:
        repo: holds the commits.
        base: commit that the integration starts from.
        tips: by name of the branch.
    """

    def __init__(self, repo: Repo, base: str, tips: Mapping[str, str]) -> None:
        self.repo = repo
        self.base = base
        self.tips = tips
        self._bits = {name: 1 << n for n, name in enumerate(tips)}
        self._reached = self._walked()

    def _walked(self) -> dict[str, int]:
        """For the base and each commit beyond it: the branches that contain it, as bits."""
        asked = ("--topo-order", "--parents", *self.tips.values(), self.base, "--not", f"{self.base}^@", "--")
        bits: dict[str, int] = {}
        for name, tip in self.tips.items():
            bits[tip] = bits.get(tip, 0) | self._bits[name]
        reached = {}
        for line in git(self.repo, "rev-list", *asked).decode().splitlines():
            commit, *parents = line.split()
            reached[commit] = bits.pop(commit, 0)
            for parent in parents:
                bits[parent] = bits.get(parent, 0) | reached[commit]
        return reached

    def contains(self, branch: str, commit: str) -> bool:
        """Whether a branch contains the base, or a commit beyond it."""
        return bool(self._reached.get(commit, 0) & self._bits[branch])

    def contained(self, branch: str) -> list[str]:
        """The other branches whose tips this branch contains."""
        return [other for other, tip in self.tips.items() if other != branch and self.contains(branch, tip)]

    def shares(self, branch: str, other: str) -> bool:
        """Whether two branches have a commit beyond the base in common."""
        both = self._bits[branch] | self._bits[other]
        return any(bits & both == both for commit, bits in self._reached.items() if commit != self.base)

    def shared(self, branch: str, ancestors: Mapping[str, frozenset[str]]) -> dict[str, int]:
        """Other branches that this one shares commits with, each with how many; none that it stands on, or they on it.

        Args:
            branch: whose commits are looked at.
            ancestors: for each branch those that it is declared to be stacked on; a commit is a branch's own where
                none of these has it.
        """
        masks = {name: sum(self._bits[other] for other in ancestors[name]) for name in self.tips}
        found: dict[str, int] = {}
        for commit, bits in self._reached.items():
            if commit != self.base and bits & self._bits[branch] and not bits & masks[branch]:
                for other in self._names(bits & ~self._bits[branch]):
                    if not bits & masks[other]:
                        found[other] = found.get(other, 0) + 1
        return found

    def _names(self, bits: int) -> list[str]:
        return [name for name, bit in self._bits.items() if bits & bit] if bits else []

    def behind(self, branch: str, other: str) -> int:
        """How many commits beyond the base another branch has that this one has not."""
        own, wanted = self._bits[branch], self._bits[other]
        return sum(
            bool(bits & wanted and not bits & own) for commit, bits in self._reached.items() if commit != self.base
        )

    def behind_base(self, branch: str) -> int:
        """How many commits the base has that this branch has not."""
        if self.contains(branch, self.base):
            return 0
        return int(git(self.repo, "rev-list", "--count", self.base, f"^{self.tips[branch]}", "--"))
