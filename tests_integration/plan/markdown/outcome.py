"""What a document promises of the result: each line is tied to the criteria that prove it, or named."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests_integration.plan.markdown.draft import Draft
from tests_integration.plan.markdown.entries import Entry
from tests_integration.plan.markdown.outline import Block, Line, Section, Table
from tests_integration.plan.markdown.words import FIX, label, paths_in, same

ABOUT = re.compile(
    r"\bsuccess criteria\b|\b(?:expected|desired) (?:outcome|result)|\bacceptance criteria\b|\bdefinition of done\b"
    r"|\bvalidation\b.*\b(?:checklist|requirements)\b|\bcompleteness\b"
)
TICKED = re.compile(r"^(?:✅|☑|✔|✓|☐|\[[ xX]\])\ufe0f?\s*")
CROSSED = re.compile(r"^(?:❌|✗|✘)\ufe0f?\s*")

ANYWAY = """
a all and are as been clean complete completed completely correctly each every final finished for fully has have in into
is of on one passed per phase properly successful successfully success the to together verified was wave wave-level were
with
"""
"""Words that ask for nothing of their own."""

NUMBERS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
ANY = rf"([0-9]+|{'|'.join(NUMBERS)})"
COUNTED = re.compile(
    rf"\ball {ANY} (?:effort )?(?:branches|efforts)\b"
    rf"|\b{ANY} (?:effort )?(?:branches|efforts)\b(?=.*\b(?:merged|integrated)\b)"
)
RULE = re.compile(r"r[0-9]{3}")
PUSH = re.compile(
    r"\bpushed\b|\bpublished\b|\bpush (?:the |integration )*branch\b|\bpush to (?:the )?(?:remote|origin)\b"
)


NOT = re.compile(
    r"\b(?:not|never|no|don't|without|unless|until|later|manual(?:ly)?|by hand)\b|\bafter\b.*\b(?:review|approv|sign)"
)


class Tie(NamedTuple):
    """What a line may promise, and what proves it.

    Attributes:
        criteria: names of criteria.
        keys: words one of which makes the line speak of this.
        words: other words that these criteria prove too.
    """

    criteria: tuple[str, ...]
    keys: frozenset[str]
    words: frozenset[str]


def _tie(criteria: str, keys: str, words: str = "") -> Tie:
    return Tie(tuple(criteria.split()), frozenset(keys.split()), frozenset(words.split()))


TIES = (
    _tie(
        "branch_merges branch_is_merged_once branch_is_whole",
        "merged merge merges integrated integration",
        "branch branches effort efforts splits integration cleanly both features conflicts resolved no without",
    ),
    _tie(
        "merges_in_planned_order efforts_come_before_dependents",
        "order",
        "dependency dependencies planned sequential respected merge merged branches order",
    ),
    _tie(
        "build_passes",
        "build builds compiles compile compilation",
        "passes pass passing code error errors no broken succeeds verification verify project completes",
    ),
    _tie("test_passes", "test tests", "pass passes passing suite suites unit existing succeed execute executed green"),
    _tie(
        "demo_script_is_present demo_script_is_executable demo_is_documented demo_runs",
        "demo demonstration demos",
        "created present executable documented runs run exists script passes works working executed",
    ),
    _tie(
        "branch_is_published",
        "pushed push published",
        "branch integration remote origin available lease force-with-lease",
    ),
    _tie("metadata_is_updated", "metadata", "updated update success written recorded attempt"),
    _tie(
        "work_log_is_complete replay_gives_the_same_commit",
        "documentation documented log work-log replayable replay",
        "work merges merge conflicts resolutions operations every documentation process integration documented is",
    ),
    _tie(
        "record_tells_the_same",
        "report record review",
        "ready integration architect reviewer written created required sections",
    ),
    _tie(
        "branch_merges no_conflict_markers",
        "conflicts conflict",
        "resolved settled no markers unresolved remaining left",
    ),
    _tie(
        "merge_holds_nothing_else own_lines_stay_within_limit",
        "r361 new modifications additions added",
        "no new code files functions only conflict resolution integration during introduced nothing else",
    ),
    _tie("sources_are_untouched", "unmodified untouched", "original effort source branches branch remain stay"),
)
"""What documents promise, in the words that they use."""

NEEDS_PUBLISHING = frozenset({"branch_is_published", "sources_are_untouched"})


class Promise(NamedTuple):
    """A line and what proves it.

    Attributes:
        line: of the document.
        text: as written.
        criteria: that prove it; of a fix with its id.
        beyond: what of it none of them proves.
    """

    line: int
    text: str
    criteria: tuple[str, ...]
    beyond: tuple[str, ...]

    @property
    def told(self) -> str:
        """What has to be known of it; empty where all of it is proven."""
        if not self.criteria:
            return f"no criterion proves {self.text!r}"
        return f"no criterion proves {', '.join(self.beyond)} of {self.text!r}" if self.beyond else ""


def read_outcome(draft: Draft, root: Section, entries: Sequence[Entry]) -> list[Promise]:
    """Publish where the document says so, hold its numbers against its list, and tie each promise to its proof."""
    lines = [line for section in _sections(root) for line in [*_lines(section.blocks)] or _talk(section.blocks)]
    listed = (line for section in _sections(root) for line in _lines(section.blocks))
    if pushed := next((line for line in (*listed, *_steps(root)) if _asks_to_push(line.text.casefold())), None):
        remote = str(draft.data.get("base", "")).partition("/")[0]
        if remote and remote != ".":
            draft.put(("publish", "remote"), remote, pushed.number, "where the base is")
    promises = []
    for line in lines:
        text = TICKED.sub("", line.text)
        if CROSSED.match(text):
            draft.remark(line.number, f"{text!r} is crossed out, and not asked for")
            continue
        counted = COUNTED.search(text.casefold())
        number = next(filter(None, counted.groups()), "") if counted else ""
        number = str(NUMBERS.index(number) + 2) if number in NUMBERS else number
        if number and entries and int(number) != len(entries):
            draft.ask(
                ("branches",),
                line.number,
                f"{text!r} speaks of {number} branches, and {len(entries)} are listed",
                "branches: [{id: …, title: …, from: …}]",
            )
        draft.read.add(line.number)
        promises.append(_promise(draft, line, text, entries))
    for promise in promises:
        if promise.told:
            draft.remark(promise.line, promise.told)
    return promises


def _asks_to_push(text: str) -> bool:
    return bool(PUSH.search(text)) and not NOT.search(text) and not CROSSED.match(text)


def _sections(root: Section) -> Iterator[Section]:
    seen: set[int] = set()
    for section in root.all():
        if ABOUT.search(label(section.heading.text)) and id(section) not in seen:
            for inner in section.all():
                seen.add(id(inner))
                yield inner


def _steps(root: Section) -> Iterator[Line]:
    for section in root.all():
        if re.search(r"\bstrategy\b|\bsteps\b", label(section.heading.text)):
            yield from _lines(section.blocks)


def _lines(blocks: Sequence[Block]) -> Iterator[Line]:
    """Entries of lists and ticked lines; beside them, other paragraphs are talk."""
    for block in blocks:
        if isinstance(block, Line):
            listed = block.bullet or block.ordinal is not None
            if listed or TICKED.match(block.text) or CROSSED.match(block.text):
                yield block
            yield from _lines(block.children)
        elif isinstance(block, Table):
            yield from (max(row, key=lambda cell: len(cell.text)) for row in block.rows)


def _talk(blocks: Sequence[Block]) -> list[Line]:
    return [block for block in blocks if isinstance(block, Line) and not block.text.endswith(":")]


def _promise(draft: Draft, line: Line, text: str, entries: Sequence[Entry]) -> Promise:
    fixes: list[dict[str, object]] = draft.data.get("fixes", [])  # type: ignore[assignment]
    named = [fix for fix in fixes if str(fix.get("id")) in FIX.findall(text)]
    criteria = [f"fix_is_in_its_merge[{fix['id']}]" for fix in named]
    proven = {word for fix in named for word in _words_of(fix)}
    every = _words(text)
    words = [word for word in every if not _asks_nothing(word, entries)]
    for tie in TIES:
        if tie.keys & set(every) and not (NEEDS_PUBLISHING & set(tie.criteria) and "publish" not in draft.data):
            criteria += tie.criteria
            proven |= tie.keys | tie.words
    beyond = tuple(dict.fromkeys(word for word in words if word not in proven))
    return Promise(line.number, text, tuple(dict.fromkeys(criteria)), beyond if criteria else ())


def _words(text: str) -> list[str]:
    bare = (word.strip("`'\"(),;:.!*").casefold() for word in text.replace(" - ", " ").replace("–", " ").split())  # noqa: RUF001
    return [word for word in bare if word]


def _asks_nothing(word: str, entries: Sequence[Entry]) -> bool:
    known = any(same(word) in entry.keys for entry in entries)
    return word in ANYWAY.split() or word in NUMBERS or word.isdecimal() or bool(RULE.fullmatch(word)) or known


def _words_of(fix: dict[str, object]) -> set[str]:
    """Words about a fix that its criterion proves: that it is applied, and that its files are gone or taken."""
    files = {
        file.casefold() for value in fix.values() for file in paths_in(str(value).replace("[", " ").replace("]", " "))
    }
    told = {str(fix["id"]).casefold(), "fix", "fixed", "fixes", "applied", "resolved", "in", "merge"}
    gone = {"deleted", "removed", "duplicate", "gone", "file"} if "delete" in fix else {"taken", "side"}
    return told | gone | files | {file.rpartition("/")[2] for file in files}
