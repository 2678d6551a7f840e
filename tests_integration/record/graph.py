"""The merge graph: where each row of the drawing stands, and the lines between the rows, as SVG paths."""

from typing import NamedTuple

from tests_integration.record.model import Record

ROW = 46
"""Height of a row in pixels; the style sheet gives the labels beside the drawing the same."""

LINE, TIPS, RAILS, RAIL, BEND = 14, 42, 64, 14, 8
"""Where the integration branch runs, where the branches' tips stand, where the first rail runs; the distance between
rails and the radius of their bends. All in pixels."""

WHOLE, FIRST, LAST = 60, 30, 29
"""Up to how many branches all are drawn, and how many at either end of more."""


class Row(NamedTuple):
    """One row of the drawing.

    Attributes:
        kind: base, merge, parked (a branch that is not merged), gap (rows left out) or infrastructure.
        id: of the branch; empty for the others.
        y: middle of the row.
        fixed: whether the merge holds known fixes.
        tip: whether the integration branch ends here.
        left_out: how many branches a gap stands for.
    """

    kind: str
    y: int
    id: str = ""
    fixed: bool = False
    tip: bool = False
    left_out: int = 0


class Graph(NamedTuple):
    """A drawing: rows from the base down, and paths.

    Attributes:
        line: the integration branch.
        merges: from a branch's tip to its merge.
        parents: from what a branch is on to its tip.
        width: in pixels.
        height: in pixels.
    """

    rows: tuple[Row, ...]
    line: str
    merges: tuple[str, ...]
    parents: tuple[str, ...]
    width: int
    height: int


def drawn(record: Record) -> Graph:
    """The graph of a record: base, each branch on its parents, its merge, the infrastructure, the tip."""
    rows = _rows(record)
    there = [row for row in rows if row.kind in {"base", "merge", "infrastructure"}]
    rails, edges = _parents(record, rows)
    return Graph(
        rows,
        line=f"M{LINE} {there[0].y}V{there[-1].y}",
        merges=tuple(f"M{TIPS} {row.y}H{LINE}" for row in rows if row.kind == "merge"),
        parents=tuple(edges),
        width=RAILS + RAIL * max(rails, 1),
        height=ROW * len(rows),
    )


def _rows(record: Record) -> tuple[Row, ...]:
    merges = {merge.branch: merge for merge in record.merges}
    ids = [branch["id"] for branch in record.plan.branches]
    left_out = len(ids) - FIRST - LAST if len(ids) > WHOLE else 0
    names = [*ids[:FIRST], "", *ids[-LAST:]] if left_out else ids
    last = record.merges[-1].branch if record.merges and not record.infrastructure else ""
    kinds = [("base", "")]
    kinds += [("gap" if not name else "merge" if name in merges else "parked", name) for name in names]
    kinds += [("infrastructure", "")] if record.infrastructure else []
    return tuple(
        Row(
            kind,
            n * ROW + ROW // 2,
            name,
            fixed=bool(name in merges and any(not fix.stale for fix in merges[name].fixes)),
            tip=bool(record.tip) and (kind == "infrastructure" or (bool(name) and name == last)),
            left_out=left_out if kind == "gap" else 0,
        )
        for n, (kind, name) in enumerate(kinds)
    )


def _parents(record: Record, rows: tuple[Row, ...]) -> tuple[int, list[str]]:
    """How many rails there are, and the paths: straight to a branch right below its parent, else along a rail."""
    place = {row.id: n for n, row in enumerate(rows) if row.id}
    gap = next((n for n, row in enumerate(rows) if row.kind == "gap"), 0)
    children: dict[int, list[int]] = {}
    for branch in record.plan.branches:
        if branch["id"] in place:
            for parent in branch["parent"]:
                above = 0 if parent == "base" else place.get(parent, gap)
                children.setdefault(above, []).append(place[branch["id"]])
    paths = []
    rails: list[int] = []
    for above, below in sorted(children.items()):
        if above and above + 1 in below:
            paths.append(f"M{TIPS} {rows[above].y}V{rows[above + 1].y}")
        far = [row for row in below if not above or row != above + 1]
        if far:
            rail = next((n for n, end in enumerate(rails) if end <= above), len(rails))
            rails[rail:] = [max(far), *rails[rail + 1 :]]
            paths.append(_rail(RAILS + RAIL * rail, rows[above], [rows[row] for row in sorted(far)]))
    return len(rails), paths


def _rail(x: int, above: Row, below: list[Row]) -> str:
    start = LINE if above.kind == "base" else TIPS
    down = f"M{start} {above.y}H{x - BEND}Q{x} {above.y} {x} {above.y + BEND}V{below[-1].y - BEND}"
    return down + "".join(f"M{x} {row.y - BEND}Q{x} {row.y} {x - BEND} {row.y}H{TIPS}" for row in below)
