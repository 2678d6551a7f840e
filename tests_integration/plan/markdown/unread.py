"""What of a document no reader has taken anything from: it is named, so that nothing is passed over in silence."""

from collections.abc import Iterable, Iterator

from tests_integration.plan.markdown.branches import STATUS
from tests_integration.plan.markdown.draft import OWN, Draft
from tests_integration.plan.markdown.entries import FIELD
from tests_integration.plan.markdown.fixes import PROBLEM
from tests_integration.plan.markdown.outline import Block, Fence, Line, Section, Table
from tests_integration.plan.markdown.rules import HOW, MERGES, WHERE
from tests_integration.plan.markdown.words import label

MANY = 20
"""Stretches of lines that are named one by one."""


def tell_unread(draft: Draft, root: Section) -> None:
    """Name what is struck out, and the lines that nothing was taken from."""
    for line in root.struck:
        draft.remark(line.number, f"{line.struck!r} is struck out, and not read")
    blocks = [block for section in root.all() for block in section.blocks]
    for table in blocks:
        if isinstance(table, Table) and any(cell.number in draft.read for row in table.rows for cell in row):
            for cell in _unknown(table):
                draft.remark(cell.number, f"the column {cell.text!r} is not read")
    unread = sorted({number for number in _numbers(blocks) if number not in draft.read})
    if unread:
        stretches = [f"{first} to {last}" if last > first else str(first) for first, last in _stretches(unread)]
        more = f" and {len(stretches) - MANY} more stretches" if len(stretches) > MANY else ""
        word = "line" if len(unread) == 1 else "lines"
        draft.remarks.append(f"nothing is taken from {word} {', '.join(stretches[:MANY])}{more}")


def _numbers(blocks: Iterable[Block]) -> Iterator[int]:
    for block in blocks:
        if isinstance(block, Table):
            yield from (row[0].number for row in block.rows)
        elif isinstance(block, Fence):
            lines = range(block.number, block.number + block.content.count("\n"))
            if block.info != OWN:
                yield from (number for number in lines if block.content.splitlines()[number - block.number].strip())
        else:
            if block.text and not (block.children and block.text.endswith(":")):
                yield block.number
            yield from _numbers(block.children)


def _unknown(table: Table) -> Iterator[Line]:
    """Heads of columns that say nothing here, of a table of branches or of conflicts."""
    heads = {label(cell.text): cell for cell in table.head if label(cell.text)}
    known: frozenset[str] = frozenset()
    if WHERE & heads.keys() and HOW & heads.keys():
        known = WHERE | HOW | MERGES | PROBLEM
    elif {FIELD.get(head) for head in heads} & {"source", "remote"}:
        known = STATUS.union(FIELD)
    else:
        return
    yield from (cell for head, cell in heads.items() if head not in known)


def _stretches(numbers: list[int]) -> list[tuple[int, int]]:
    """First and last of each stretch of numbers that follow each other."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found
