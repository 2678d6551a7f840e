"""What the message of a merge says of the branch that it merged: as this suite, git or a hosting service writes it."""

import re
from typing import NamedTuple

from tests_integration.plan.values import ID, LONGEST_ID

OWN = re.compile(rf"Merge (?P<id>{ID.pattern}): (?P<title>.+)")
ALONE = re.compile(rf"Merge (?P<id>{ID.pattern})")
BRANCH = re.compile(r"Merge (?:remote-tracking )?branch '(?P<branch>[^']+)'")
REQUEST = re.compile(r"Merge pull request #[0-9]+ from [^/\s]+/(?P<branch>\S+)")
TRAILER = re.compile(r"^(?P<key>Integrates|Known-Fix): (?P<value>.+)$", re.MULTILINE)
FIX = re.compile(rf"(?P<id>{ID.pattern}) \((?P<action>.+)\)")


class Told(NamedTuple):
    """What a message tells; empty where it does not.

    Attributes:
        id: of the branch.
        title: its title.
        contains: what it brings, in the words of the plan that this suite merged it by.
        source: `remote/branch`, or the branch's name alone.
        fixes: ids of the fixes inside the merge, by what each does.
    """

    id: str = ""
    title: str = ""
    contains: str = ""
    source: str = ""
    fixes: dict[str, str] = {}  # noqa: RUF012 - a default that nobody changes


def told(message: str) -> Told:
    """What the message of a merge tells of its branch."""
    subject, _, body = message.partition("\n")
    trailers = [(one["key"], one["value"].strip()) for one in TRAILER.finditer(body)]
    source = next((value for key, value in trailers if key == "Integrates"), "")
    fixes = {
        one["action"]: one["id"] for key, value in trailers if key == "Known-Fix" and (one := FIX.fullmatch(value))
    }
    if own := OWN.fullmatch(subject):
        return Told(own["id"], own["title"], _contents(body) if source else "", source, fixes)
    if request := REQUEST.match(subject):
        title = next((line.strip() for line in body.split("\n") if line.strip()), "")
        return Told(title=title, source=request["branch"])
    if branch := BRANCH.match(subject):
        return Told(source=source or branch["branch"], fixes=fixes)
    alone = ALONE.fullmatch(subject)
    return Told(id=alone["id"] if alone else "", source=source, fixes=fixes)


def _contents(body: str) -> str:
    """The paragraphs between the subject and the trailers."""
    paragraphs = [part for part in body.strip("\n").split("\n\n") if not TRAILER.match(part)]
    return " ".join(" ".join(paragraphs).split())


def id_of(text: str) -> str:
    """An id made of a branch's name; empty where nothing of it can be part of one."""
    made = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("._-")[:LONGEST_ID]
    return f"{made}-branch" if made == "base" else made


def free_id(names: list[str], taken: frozenset[str]) -> str:
    """The first of the names, made into ids, that is free; else the first of all with a number behind it."""
    ids = [made for name in names if (made := id_of(name))] or ["branch"]
    first = ids[0][: LONGEST_ID - 4]
    return next(one for one in (*ids, *(f"{first}-{n}" for n in range(2, len(taken) + 3))) if one not in taken)
