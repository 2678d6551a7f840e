"""Where branches are: what a document calls a branch becomes `remote/branch`, by the remotes that are known."""

import os

from tests_integration.plan.markdown.draft import Draft
from tests_integration.plan.mistakes import Place
from tests_integration.plan.model import locate

USUAL = "origin"
"""The remote of a branch that is named without one, where the clone has such a remote."""

BY_BUNDLE = "a bundle with this branch is given in the place of a clone"


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
    take_from_bundle(draft, name)
    known = known_remotes(draft)
    first = name.partition("/")[0]
    key = place[-1]
    if locate(name, known) or (draft.around.remotes is None and (with_remote or first == USUAL) and "/" in name):
        draft.put(place, name, line, reason)
    elif with_remote or first == USUAL:
        draft.put(place, name, line, reason)
        whole = "bundle" if draft.around.bundle else "clone"
        text = f"{name!r} begins with no remote of the {whole}{_listed(known)}"
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


def take_from_bundle(draft: Draft, name: str) -> None:
    """Let the remote that a branch is named with, or the usual one, be the bundle that holds the branch."""
    branches = draft.around.bundle.branches if draft.around.bundle else frozenset[str]()
    ends = [n for n, letter in enumerate(name) if letter == "/" and name[n + 1 :] in branches]
    remote = USUAL if name in branches else name[: ends[0]] if ends else ""
    if remote and remote not in known_remotes(draft):
        draft.put(("remotes", remote), draft.settled["repository"], 0, BY_BUNDLE)


def publish_beside(draft: Draft) -> None:
    """Let a repository that is made from the bundle take what is published: nothing can be pushed to a bundle."""
    remotes, publish = draft.data.get("remotes"), draft.data.get("publish")
    remote = publish.get("remote") if isinstance(publish, dict) else None
    if draft.around.bundle and isinstance(remotes, dict) and remotes.get(remote) == draft.settled["repository"]:
        path = os.path.relpath(draft.around.bundle.reports / draft.file.stem / f"{remote}.git", draft.file.parent)
        remotes[remote] = {"path": path, "create_from": draft.settled["repository"]}


def _of_branch(draft: Draft, place: Place) -> str:
    return f"branches: [{{id: {draft.data['branches'][place[1]]['id']}, from: REMOTE/BRANCH}}]"  # type: ignore[index]


def _listed(known: frozenset[str]) -> str:
    return f" ({', '.join(sorted(known)[:10])})" if known else ""
