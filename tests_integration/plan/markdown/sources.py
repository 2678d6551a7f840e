"""Where branches are: what a document calls a branch becomes `remote/branch`, by the remotes that are known."""

from tests_integration.plan.markdown.draft import Draft
from tests_integration.plan.mistakes import Place
from tests_integration.plan.model import locate

USUAL = "origin"
"""The remote of a branch that is named without one, where the clone has such a remote."""


def known_remotes(draft: Draft) -> frozenset[str]:
    """Names that may stand before a branch: of the clone, of the document, of its YAML."""
    found = set(draft.around.remotes or ())
    for said in (draft.data.get("remotes"), draft.settled.get("remotes")):
        found |= set(said) if isinstance(said, dict) else set()
    return frozenset(found)


def usual_remote(draft: Draft) -> str:
    """The remote of branches that are named without one; empty where that is open."""
    known = known_remotes(draft)
    if draft.around.remotes is None or USUAL in known:
        return USUAL
    return next(iter(known)) if len(known) == 1 else "" if known else "."


def put_source(
    draft: Draft, place: Place, name: str, line: int, *, with_remote: bool = False, reason: str = ""
) -> None:
    """Let the plan take a branch from its remote.

    Args:
        draft: the plan.
        place: of the key.
        name: a branch, or a remote and a branch.
        line: where it is named.
        with_remote: whether the document says that it begins with a remote.
        reason: why the line means this branch.
    """
    known = known_remotes(draft)
    first = name.partition("/")[0]
    key = place[-1]
    if locate(name, known) or (draft.around.remotes is None and (with_remote or first == USUAL) and "/" in name):
        draft.put(place, name, line, reason)
    elif with_remote or first == USUAL:
        draft.put(place, name, line, reason)
        text = f"{name!r} begins with no remote of the clone{_listed(known)}"
        draft.ask(place, line, text, f"remotes: {{{first}: URL}}")
    elif usual := usual_remote(draft):
        why = (
            f"on {usual}, since the line names no remote"
            if usual != "."
            else "in the clone itself, which has no remotes"
        )
        draft.put(place, f"{usual}/{name}", line, "; ".join(filter(None, [reason, why])))
    else:
        draft.put(place, name, line, reason)
        text = f"which remote has {name!r}?{_listed(known)}"
        draft.ask(place, line, text, f"{key}: {min(known)}/{name}" if place[0] == "base" else _of_branch(draft, place))


def _of_branch(draft: Draft, place: Place) -> str:
    return f"branches: [{{id: {draft.data['branches'][place[1]]['id']}, from: REMOTE/BRANCH}}]"  # type: ignore[index]


def _listed(known: frozenset[str]) -> str:
    return f" ({', '.join(sorted(known)[:10])})" if known else ""
