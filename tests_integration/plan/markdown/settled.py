"""The block of YAML in a document that settles what its words leave open."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from tests_integration.plan.markdown.draft import OWN, Draft
from tests_integration.plan.markdown.outline import Block, Fence, Line, Section
from tests_integration.plan.mistakes import Mark, Mistake, Place, PlanRejectedError
from tests_integration.plan.read import Document, composed

BY_ID = frozenset({"branches", "fixes"})
"""Lists whose entries are told apart by their ids: what an entry says is added to what the document says of it."""


def own_block(file: Path, root: Section) -> Document:
    """What the block says, with its places in the document's file.

    Raises:
        PlanRejectedError: it is no YAML, or there are two of them.
    """
    fences = [fence for section in root.all() for fence in _fences(section.blocks) if fence.info == OWN]
    if not fences:
        return Document({})
    if len(fences) > 1:
        text = f"is the second ```{OWN} block; the first is in line {fences[0].number - 1}"
        raise PlanRejectedError(file, [Mistake(Mark(fences[1].number - 1, 1), (), text)])
    found = composed(file, "\n" * (fences[0].number - 1) + fences[0].content)
    if isinstance(found.data, dict):
        return found
    text = f"the ```{OWN} block must be a mapping of keys to values"
    raise PlanRejectedError(file, [Mistake(Mark(fences[0].number, 1), (), text)])


def _fences(blocks: list[Block] | tuple[Block, ...]) -> Iterator[Fence]:
    for block in blocks:
        if isinstance(block, Fence):
            yield block
        elif isinstance(block, Line):
            yield from _fences(block.children)


def settle(draft: Draft, own: Document) -> None:
    """Let the block have its say: its values stand in the plan, and what they answer is not asked."""
    data: Mapping[str, object] = own.data if isinstance(own.data, dict) else {}
    answered: set[Place] = set()
    for key, value in data.items():
        before = draft.data.get(key)
        if key in BY_ID and _are_named(value) and (before is None or _are_named(before)):
            _settle_by_id(draft, own, key, answered)
        elif key == "resolve" and isinstance(value, list) and isinstance(before, list):
            _shift(draft, key, len(value))
            draft.data[key] = [*value, *before]
            _mark(draft, own, (key,), (key,))
        elif isinstance(value, dict) and isinstance(before, dict):
            draft.data[key] = {**before, **value}
            answered |= {(key, name) for name in value}
            for name in value:
                _mark(draft, own, (key, name), (key, name))
        else:
            draft.data[key] = value
            answered.add((key,))
            _mark(draft, own, (key,), (key,))
    rules = data.get("resolve")
    draft.questions = [one for one in draft.questions if not _is_answered(one.place, answered, rules)]


def _settle_by_id(draft: Draft, own: Document, key: str, answered: set[Place]) -> None:
    said: list[dict[str, object]] = own.data[key]  # type: ignore[index]
    entries: list[dict[str, object]] = draft.data.setdefault(key, [])  # type: ignore[assignment]
    at = {str(entry["id"]): n for n, entry in enumerate(entries)}
    for m, item in enumerate(said):
        name = str(item["id"])
        if name not in at:
            at[name] = len(entries)
            entries.append({})
        answered.add((key, name))
        entries[at[name]].update(item)
        for word in item:
            answered.add((key, at[name], word))
            _mark(draft, own, (key, m, word), (key, at[name], word))
        draft.marks.setdefault((key, at[name]), own.mark((key, m)))
    draft.marks.setdefault((key,), own.mark((key,)))
    if key == "branches" and len(said) == len(entries):
        answered.add((key,))
        _arrange(draft, key, [at[str(item["id"])] for item in said])


def _arrange(draft: Draft, key: str, order: list[int]) -> None:
    """Bring the entries of a list, with all that is known of them, into another order."""
    entries: list[object] = draft.data[key]  # type: ignore[assignment]
    draft.data[key] = [entries[n] for n in order]
    _renumber(draft, key, {old: new for new, old in enumerate(order)})


def _shift(draft: Draft, key: str, by: int) -> None:
    _renumber(draft, key, {n: n + by for n in range(len(draft.data[key]))})  # type: ignore[arg-type]


def _renumber(draft: Draft, key: str, to: Mapping[int, int]) -> None:
    def renumbered(place: Place) -> Place:
        inside = len(place) > 1 and place[0] == key and isinstance(place[1], int)
        return (key, to[int(place[1])], *place[2:]) if inside else place

    draft.marks = {renumbered(place): mark for place, mark in draft.marks.items()}
    draft.reasons = {renumbered(place): why for place, why in draft.reasons.items()}


def _mark(draft: Draft, own: Document, said: Place, place: Place) -> None:
    """Let what stands at a place be marked as the block has it."""
    depth = len(place)
    for marks in (draft.marks, draft.reasons):
        for gone in [old for old in marks if old[:depth] == place and place[0] != "resolve"]:
            del marks[gone]
    for old, mark in own.values.items():
        if old[: len(said)] == said:
            draft.marks[(*place, *old[len(said) :])] = mark
    for old, mark in own.keys.items():
        if old[: len(said)] == said:
            draft.keys[(*place, *old[len(said) :])] = mark


def _are_named(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in value)


def _is_answered(place: Place, answered: set[Place], rules: object) -> bool:
    if place[:1] == ("resolve",):
        given = (
            [path for rule in rules if isinstance(rule, dict) for path in rule.get("paths") or ()]
            if isinstance(rules, list)
            else []
        )
        return bool(given) and set(place[1:]) <= set(given)
    return place in answered or (place[:1] in answered and place[:1] != ("branches",))
