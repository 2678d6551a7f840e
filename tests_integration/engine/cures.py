"""Looks a failure up in the catalogue of known fixes, before anybody calls it a new bug (R521)."""

from collections.abc import Iterator

from tests_integration.facts import Culprit, Proposal
from tests_integration.plan.known import KnownFix, Variant
from tests_integration.plan.model import Plan
from tests_integration.plan.offer import fix_lines
from tests_integration.plan.parts import Fix


def proposed(plan: Plan, log: str, culprit: Culprit | None) -> tuple[Proposal, ...]:
    """What the catalogue has for a failure, one proposal for each way to cure it, in the order of the catalogue.

    The plan's own fixes are hypotheses too: where the failure came with the merge that holds one, the other ways to
    cure that problem are proposed in its place, whatever the log says.

    Args:
        plan: that failed.
        log: of the command that failed.
        culprit: since when it fails; None where that was not looked for.
    """
    since = (culprit.branch or "".join(culprit.branches[-1:])) if culprit else ""
    own = {fix.id: fix for fix in plan.fixes}
    found: list[Proposal] = []
    for entry in plan.catalogue.entries:
        fix, signature = own.get(entry.id), entry.shows_in(log)
        if signature or (fix and (culprit is None or fix.after == since)):
            found += _ways(entry, signature, fix, fix.after if fix else since)
    return tuple(found)


def _ways(entry: KnownFix, signature: str, own: Fix | None, after: str) -> Iterator[Proposal]:
    for cure in entry.cures:
        if own is None or cure.action != own.action:
            yield _proposal(entry, cure, signature, after, replaces=own is not None)
    if not entry.cures and signature:
        words = {"id": entry.id, "problem": entry.problem, "signature": signature, "after": after}
        yield Proposal(**words, action="", proven="", replaces=False, lines="")


def _proposal(entry: KnownFix, cure: Variant, signature: str, after: str, *, replaces: bool) -> Proposal:
    proven = "; ".join(proof.told for proof in cure.proven)
    return Proposal(
        id=entry.id,
        problem=entry.problem,
        signature=signature,
        action=cure.action,
        after=after,
        proven=proven,
        replaces=replaces,
        lines=fix_lines(entry.id, after, entry.problem, cure, signature=entry.signature[0], proven=proven),
    )
