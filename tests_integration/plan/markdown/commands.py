"""The git commands in a document's blocks of code: what they ask for beyond the merges is asked about, not left out."""

import re
import shlex
from collections.abc import Callable, Iterator, Sequence

from tests_integration.plan.markdown.draft import OWN, Draft
from tests_integration.plan.markdown.fixes import is_of_fix
from tests_integration.plan.markdown.outline import Block, Fence, Line, Section
from tests_integration.plan.markdown.sources import known_remotes
from tests_integration.plan.markdown.words import label

ELSEWHEN = re.compile(
    r"\b(?:rollback|roll back|revert|abort|recovery|troubleshoot\w*|cleanup|clean up|examples?|fails?)\b"
)
"""Headings of what is not done when all goes well."""

OTHER_MERGE = re.compile(r"--squash|--ff|--ff-only|-X.*|--strategy(?:-option)?(?:=.*)?|-s")
CHANGING = frozenset({"am", "apply", "cherry-pick", "mv", "pull", "rebase", "reset", "revert", "rm"})
"""Commands that leave something else than a merge of the branch that is named."""


def read_commands(draft: Draft, root: Section, named_in: Callable[[str], Sequence[str]]) -> list[tuple[str, int]]:
    """Look at every git command outside of fixes; the branches that are merged so, in this order, with their lines.

    Args:
        draft: the plan, whose fixes and rules are there already.
        root: of the document.
        named_in: the ids of the branches that a text names.
    """
    merged: list[tuple[str, int]] = []
    fixing = {id(inner) for section in root.all() if is_of_fix(section) for inner in section.all()}
    elsewhen = (section for section in root.all() if ELSEWHEN.search(label(section.heading.text)))
    left_out = fixing | {id(inner) for section in elsewhen for inner in section.all()}
    for section in root.all():
        for fence in _fences(section.blocks) if id(section) not in left_out else ():
            for offset, text in enumerate(fence.content.splitlines()):
                for words in _commands(text):
                    merged += (
                        (name, fence.number + offset) for name in _read(draft, words, fence.number + offset, named_in)
                    )
    return merged


def _fences(blocks: Sequence[Block]) -> Iterator[Fence]:
    for block in blocks:
        if isinstance(block, Fence) and block.info != OWN:
            yield block
        elif isinstance(block, Line):
            yield from _fences(block.children)


def _commands(line: str) -> Iterator[list[str]]:
    """The git commands of a line of bash, each without `git`."""
    for part in re.split(r"&&|\|\||;", line.partition(" #")[0]):
        try:
            words = shlex.split(part.strip().removeprefix("$ "))
        except ValueError:
            words = part.split()
        if words[:1] == ["git"] and len(words) > 1:
            yield words[1:]


def _read(draft: Draft, words: list[str], number: int, named_in: Callable[[str], Sequence[str]]) -> list[str]:
    """Take in one command; the branches that it merges."""
    command, rest = words[0], words[1:]
    written = f"`git {shlex.join(words)}`"
    if command == "merge":
        return _merged(draft, rest, number, named_in, written)
    if command == "push":
        remote = next((word for word in rest if word in known_remotes(draft)), "")
        draft.put(("publish", "remote"), remote, number) if remote and "--delete" not in rest else None
    elif command in CHANGING or (command in {"checkout", "restore"} and {"--ours", "--theirs"} & set(rest)):
        if not _is_declared(draft, command, rest):
            draft.refuse(
                number, f"{written} leaves more than merges do; declare it as a fix, or as how a conflict is settled"
            )
        draft.read.add(number)
    return []


def _merged(
    draft: Draft, rest: list[str], number: int, named_in: Callable[[str], Sequence[str]], written: str
) -> list[str]:
    if other := next((word for word in rest if OTHER_MERGE.fullmatch(word)), ""):
        draft.refuse(number, f"{written} asks for {other!r}; branches are merged one by one with --no-ff here")
    tips = [word for word in rest if not word.startswith("-")]
    names = [found[0] for word in tips if (found := named_in(word) or named_in(word.partition("/")[2]))]
    if len(set(names)) > 1:
        draft.refuse(number, f"{written} asks for one merge of several branches; each has a merge of its own here")
    if names:
        draft.read.add(number)
    return names


def _is_declared(draft: Draft, command: str, rest: list[str]) -> bool:
    """Whether a fix of the plan deletes, or a rule or fix takes, just what the command does."""
    paths = {word for word in rest if not word.startswith("-")}
    fixes: list[dict[str, object]] = draft.data.get("fixes", [])  # type: ignore[assignment]
    rules: list[dict[str, object]] = draft.data.get("resolve", [])  # type: ignore[assignment]
    if command == "rm":
        return bool(paths) and paths <= {path for fix in fixes for path in fix.get("delete", ())}  # type: ignore[attr-defined]
    side = next((word.removeprefix("--") for word in rest if word in {"--ours", "--theirs"}), "")
    taken = {path for fix in fixes for path in (fix.get("take") or {}).get(side, ())}  # type: ignore[attr-defined]
    taken |= {path for rule in rules if rule.get("take") == side for path in rule.get("paths", ())}  # type: ignore[attr-defined]
    return bool(side) and bool(paths) and paths <= taken
