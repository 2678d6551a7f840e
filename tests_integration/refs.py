"""What branches, and pull and merge requests, are called in a plan, and which refs of a remote they are."""

import re

HEADS = "refs/heads/"

REQUESTS = {"#": "refs/pull/{}/head", "!": "refs/merge-requests/{}/head"}
"""Where GitHub (`#123`) and GitLab (`!123`) offer the tip of a request's branch."""

REQUEST = re.compile(r"(?P<kind>[#!])(?P<number>[1-9][0-9]{0,9})", re.ASCII)
OFFERED = re.compile(r"refs/(?P<kind>pull|merge-requests)/(?P<number>[1-9][0-9]{0,9})/head", re.ASCII)


def is_request(branch: str) -> bool:
    """Whether a plan's name of a branch means a pull request (`#123`) or merge request (`!123`)."""
    return bool(REQUEST.fullmatch(branch))


def ref_of_branch(branch: str) -> str:
    """The full ref that a branch, or a pull or merge request, is on its remote."""
    found = REQUEST.fullmatch(branch)
    return REQUESTS[found["kind"]].format(found["number"]) if found else f"{HEADS}{branch}"


def branch_of_ref(ref: str) -> str:
    """The name that a full ref of a remote has in a plan; the inverse of `ref_of_branch`."""
    found = OFFERED.fullmatch(ref)
    return f"{'#' if found['kind'] == 'pull' else '!'}{found['number']}" if found else ref.removeprefix(HEADS)
