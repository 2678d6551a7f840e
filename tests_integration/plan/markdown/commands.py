"""What a document's git commands, and its sentences, want done beyond the merges: asked about, not left out."""

import re
import shlex
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from tests_integration.plan.markdown.draft import OWN, Draft
from tests_integration.plan.markdown.fixes import asks_for, is_of_fix
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
    for section in when_all_goes_well(root):
        for fence in _fences(section.blocks):
            for offset, text in enumerate(fence.content.splitlines()):
                for words in _commands(text):
                    merged += (
                        (name, fence.number + offset) for name in _read(draft, words, fence.number + offset, named_in)
                    )
    return merged


def ask_about_deeds(draft: Draft, root: Section, of_branches: Container[int]) -> None:
    """Ask about each sentence that wants files deleted or patched, is part of no fix, and was taken for nothing else.

    Args:
        draft: the plan, read but for this.
        root: of the document.
        of_branches: numbers of the lines that say what a branch brings.
    """
    for section in when_all_goes_well(root):
        for line in lines_of(section.blocks):
            key, files = asks_for(line)
            if (
                files
                and line.number not in draft.read
                and line.number not in of_branches
                and not _is_done(draft, files)
            ):
                names = ", ".join(files)
                does, value = ("deletes", f"[{names}]") if key == "delete" else ("applies", names)
                text = f"this {does} {names}, and is part of no fix; strike it out (~~…~~) if no merge does"
                draft.ask(("fixes",), line.number, text, f"fixes: [{{id: BUG-1, after: E1, {key}: {value}}}]")


def when_all_goes_well(root: Section) -> Iterator[Section]:
    """The sections that declare no fix, and nothing that is done elsewhen."""
    out = [section for section in root.all() if is_of_fix(section) or ELSEWHEN.search(label(section.heading.text))]
    left_out = {id(inner) for section in out for inner in section.all()}
    return (section for section in root.all() if id(section) not in left_out)


def lines_of(blocks: Sequence[Block]) -> Iterator[Line]:
    """All lines of these blocks, those below others too."""
    for block in blocks:
        if isinstance(block, Line):
            yield block
            yield from lines_of(block.children)


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
    if command == "rm":
        return bool(paths) and _is_done(draft, paths)
    side = next((word.removeprefix("--") for word in rest if word in {"--ours", "--theirs"}), "")
    taken = {path for fix in _declared(draft, "fixes") for path in _texts(_value(fix, "take"), side)}
    rules = (rule for rule in _declared(draft, "resolve") if _value(rule, "take") == side)
    taken |= {path for rule in rules for path in _texts(rule, "paths")}
    return bool(side) and bool(paths) and paths <= taken


def _is_done(draft: Draft, files: Iterable[str]) -> bool:
    """Whether fixes of the plan delete or apply these files."""
    fixes = _declared(draft, "fixes")
    return set(files) <= {path for fix in fixes for key in ("delete", "patch") for path in _texts(fix, key)}


def _declared(draft: Draft, key: str) -> list[object]:
    """Fixes or rules: those of the document's words, and those of its own block of YAML."""
    parts = (_value(of, key) for of in (draft.data, draft.settled))
    return [one for part in parts if isinstance(part, list) for one in part]


def _texts(of: object, key: str) -> list[str]:
    """The text, or the texts in the list, that a mapping has under a key; what else is there is told elsewhere."""
    found = _value(of, key)
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, str)]


def _value(of: object, key: str) -> object:
    return of.get(key) if isinstance(of, Mapping) else None
