"""What a branch brings that changes how git merges, or what files mean; a reviewer has to know of it."""

from collections.abc import Iterator, Mapping

from git import Repo

from tests_integration.repository.ask import content, shown
from tests_integration.repository.changes import Change
from tests_integration.repository.entry import LINK, SUBMODULE, Entry


def traps(repo: Repo, changes: Mapping[str, Change]) -> Iterator[str]:
    """What in these changes redefines merging, each with the file; none of it has an effect on the merges here.

    Merges are made without the attributes, drivers and submodules of the branches (gitattributes(5), gitmodules(5)).
    """
    for path, change in sorted(changes.items()):
        if change.after is not None and (text := _trap(repo, path, change, change.after)):
            yield f"{shown(path)} {text}"


def _trap(repo: Repo, path: str, change: Change, after: Entry) -> str:
    name = path.rpartition("/")[2]
    if after.mode == SUBMODULE:
        return f"points to commit {after.blob[:12]} of a submodule; what is there is not merged"
    if after.mode == LINK and (change.before is None or change.before.mode != LINK):
        target = content(repo, after.blob).decode(errors="replace")
        return f"is a link to {shown(target)}" + (" in place of a file" if change.before else "")
    if name == ".gitmodules":
        return "names submodules; they are not fetched"
    if name == ".gitattributes":
        return _attributes(content(repo, after.blob))
    return ""


def _attributes(text: bytes) -> str:
    lines = [line.decode(errors="replace").strip() for line in text.splitlines()]
    telling = [line for line in lines if not line.startswith("#") and set(_names(line)) & {"merge", "filter", "binary"}]
    return f"changes how files are merged ({'; '.join(telling)}); it is not followed here" if telling else ""


def _names(line: str) -> list[str]:
    return [word.lstrip("-!").partition("=")[0] for word in line.split()[1:]]
