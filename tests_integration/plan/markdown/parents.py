"""What branches stand on, by what a document says of them; where it says nothing, by their history."""

import re
from collections.abc import Mapping, Sequence

from tests_integration.plan.markdown.draft import Draft
from tests_integration.plan.markdown.entries import Entry, Told
from tests_integration.plan.markdown.words import EFFORT, NOTHING, SPLIT, aside, names, same

BASE = frozenset({"base", "the base", "base branch"})
ONE_OF = re.compile(r"(?:branch\s*|#\s*|step\s*)?([0-9]{1,3})", re.IGNORECASE)


def read_parents(draft: Draft, entries: Sequence[Entry]) -> None:
    """Put the parents of all branches into the plan, once all have their ids."""
    reader = _Parents(draft, entries)
    for n in range(len(entries)):
        reader.read(n)
    if unknown := [reader.ids[n] for n in reader.unknown if not _is_settled(draft, reader.ids[n])]:
        told = "the base is taken for the parent, since no line and nothing that the clone has fetched says what else"
        draft.remark(entries[reader.unknown[0]].line.number, f"{', '.join(unknown)}: {told}")


def _is_settled(draft: Draft, name: str) -> bool:
    """Whether the document's own YAML says what a branch stands on."""
    said = draft.settled.get("branches")
    named = [one for one in said if isinstance(one, dict) and one.get("id") == name] if isinstance(said, list) else []
    return any("parent" in one for one in named)


class _Parents:
    def __init__(self, draft: Draft, entries: Sequence[Entry]) -> None:
        self.draft = draft
        self.entries = entries
        branches: list[dict[str, object]] = draft.data["branches"]  # type: ignore[assignment]
        self.ids = [str(branch["id"]) for branch in branches]
        self.sources = [str(branch.get("from", "")) for branch in branches]
        self.base = str(draft.settled.get("base") or draft.data.get("base") or "")
        self.lineage: list[frozenset[int]] = []
        self.unknown: list[int] = []
        self.called: dict[str, list[int]] = {}
        self.efforts: dict[str, list[int]] = {}
        for n, (entry, name) in enumerate(zip(entries, self.ids, strict=True)):
            for key in entry.keys | {same(name)}:
                self.called.setdefault(key, []).append(n)
            for effort in entry.efforts:
                self.efforts.setdefault(effort, []).append(n)

    def read(self, n: int) -> None:
        told, needed = self.entries[n].told.get("parent"), self.entries[n].told.get("needs")
        needs = self.needs(n, needed) if needed else []
        if told:
            parents, line, why = self.declared(n, told), told.line.number, ""
        elif needed and needs:
            parents, line, why = (
                self.of_needs(n, needs, needed),
                needed.line.number,
                "it depends on it, and stands on it",
            )
        else:
            parents, line = self.by_history(n), self.entries[n].line.number
            why = "no line says so; its history in the clone stands on it"
        above = frozenset(parent for parent in parents if parent is not None and parent < n)
        self.lineage.append(above.union(*(self.lineage[parent] for parent in above)))
        beside = [other for other in needs if told and other not in self.lineage[n]]
        self.require_earlier(n, beside, needed)
        named = ["base" if parent is None else self.ids[parent] for parent in parents]
        if named:
            self.draft.put(("branches", n, "parent"), named[0] if len(named) == 1 else named, line, why)

    def declared(self, n: int, told: Told) -> list[int | None]:
        found: list[int | None] = []
        for name in names(re.sub(r"^from\s+", "", aside(told.value)[0], flags=re.IGNORECASE)):
            known, parent = self.resolve(n, name)
            if not known:
                text = f"{name!r} is neither a branch of this document nor its base"
                settle = f"branches: [{{id: {self.ids[n]}, parent: base}}]"
                self.draft.ask(("branches", n, "parent"), told.line.number, text, settle)
            elif parent not in found:
                found.append(parent)
        return found or ([None] if told.value.strip().casefold() in NOTHING else [])

    def needs(self, n: int, told: Told) -> list[int]:
        """What it depends on among the branches; other dependencies are told, as nothing orders them."""
        found: list[int] = []
        for name in names(aside(told.value)[0]):
            known, other = self.resolve(n, name)
            if not known and (effort := EFFORT.search(name)):
                known, other = self.resolve(n, effort[1])
            if not known:
                self.draft.remark(told.line.number, f"{self.ids[n]} depends on {name!r}, which no branch here is")
            elif other is not None:
                found.append(other)
        return list(dict.fromkeys(found))

    def of_needs(self, n: int, needs: Sequence[int], told: Told) -> list[int | None]:
        """Those of its dependencies that it stands on; whether it does, the clone knows or is asked."""
        stands = {other: self.shares(n, other) for other in needs}
        for other in (other for other, answer in stands.items() if answer is None):
            text = f"{self.ids[n]} depends on {self.ids[other]}: does its branch stand on it, or on the base alone?"
            settle = f"branches: [{{id: {self.ids[n]}, parent: {self.ids[other]}}}]"
            self.draft.ask(("branches", n, "parent"), told.line.number, text, settle)
        for other in (other for other, answer in stands.items() if answer is False):
            text = f"{self.ids[n]} depends on {self.ids[other]}, and has none of its commits: it is no parent"
            self.draft.remark(told.line.number, text)
        self.require_earlier(n, [other for other in needs if not stands[other]], told)
        return self.nearest([other for other in needs if stands[other]])

    def by_history(self, n: int) -> list[int | None]:
        commits = self.commits(n)
        own = frozenset(commits or ())
        if commits is None and n:  # the first has no other to stand on
            self.unknown.append(n)
        tips = {other: (self.commits(other) or [""])[0] for other in range(n)} if own else {}
        return self.nearest([other for other, tip in tips.items() if tip in own])

    def nearest(self, parents: Sequence[int]) -> list[int | None]:
        """The parents without those that others of them stand on already."""
        above = {older for parent in parents if parent < len(self.lineage) for older in self.lineage[parent]}
        return [parent for parent in parents if parent not in above]

    def require_earlier(self, n: int, needs: Sequence[int], told: Told | None) -> None:
        for other in needs:
            if told and other > n:
                text = f"{self.ids[n]} depends on {self.ids[other]}, which is listed after it (R306)"
                settle = f"branches: [{{id: {self.ids[other]}}}, {{id: {self.ids[n]}}}] in the order of merging"
                self.draft.ask(("branches", n), told.line.number, text, settle)

    def commits(self, n: int) -> Sequence[str] | None:
        return self.draft.around.commits(self.sources[n], self.base) if self.sources[n] and self.base else None

    def shares(self, n: int, other: int) -> bool | None:
        own, others = self.commits(n), self.commits(other)
        return None if own is None or others is None else not set(own).isdisjoint(others)

    def resolve(self, n: int, name: str) -> tuple[bool, int | None]:
        """Whether a name is known, and which branch it is; None is the base."""
        text = same(name)
        base = same(self.base)
        if text in BASE or text in {base, base.partition("/")[2]} or (base and base.endswith(f"/{text}")):
            return True, None
        part = same(f"{SPLIT.sub('', same(self.ids[n]))}-{text}")  # such as `split-001`, of its own effort
        found = self.others(n, self.called, text) or self.others(n, self.called, part)
        found = found or self.others(n, self.efforts, text)[-1:]
        if not found and (place := ONE_OF.fullmatch(text)) and 0 < int(place[1]) <= len(self.entries):
            found = [int(place[1]) - 1]
        return bool(found), found[0] if found else None

    @staticmethod
    def others(n: int, known: Mapping[str, list[int]], name: str) -> list[int]:
        return [other for other in known.get(name, ()) if other != n]
