"""The kinds of values that a plan holds, each refused in words where it is not what it should be."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from tests_integration.names import stands_for_git_folder
from tests_integration.plan.patterns import LONGEST, PathPatterns, PatternError, TextPattern
from tests_integration.refs import is_request
from tests_integration.url import Url, refusal

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
DURATION = re.compile(r"(?P<count>[0-9]{1,5})(?P<unit>[smh])")
SURROGATE = re.compile("[\ud800-\udfff]")
SECONDS = {"s": 1, "m": 60, "h": 3600}
SIZE = re.compile(r"(?P<count>[1-9][0-9]{0,5})(?P<unit>[KMGT])")
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
DIGEST = re.compile(r"[0-9a-f]{64}")
COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
SO_CALLED = re.compile("[#!][0-9]+")
LONGEST_ID = 100
MOST_PATTERNS = 1000
DEEPEST = 100
LONGEST_PATH = 4096
"""Bytes of a path with its end, as Linux takes it."""
LONGEST_BRANCH, LONGEST_REF = 250, 1000
"""Bytes of a part of a branch's name that can be the name of a file with `.lock` after it, and of the whole."""
PERSON = re.compile(r"(?P<name>[^<>]*[^<>\s])\s*<(?P<mail>[^<>\s]+)>")


def _one_line(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise ValueError("is empty")
    if not text.isprintable():
        raise ValueError("holds characters that cannot be printed")
    return text


def _remote_url(text: str) -> Url:
    if reason := refusal(text):
        raise ValueError(reason)
    return Url(_plain(text))


def _local_path(text: str) -> str:
    if "://" in text:
        raise ValueError("is a URL; here goes the path of a repository on this machine, and URLs go under `remotes`")
    return _plain(text)


def _plain(text: str) -> str:
    _one_line(text)
    return text.strip()


def _id(text: str) -> str:
    if not ID.fullmatch(text):
        raise ValueError(f"{text!r} is not an id: letters, digits, '.', '_' and '-', a letter or digit first")
    if len(text) > LONGEST_ID:
        raise ValueError(f"{text!r} is longer than {LONGEST_ID} characters")
    return text


def _duration(value: object) -> int:
    if isinstance(value, int):  # seconds; in YAML every scalar is text
        return value
    match = DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match or not int(match["count"]):
        raise ValueError(f"{value!r} is not a duration such as 90s, 10m or 4h")
    return int(match["count"]) * SECONDS[match["unit"]]


def _size(value: object) -> int:
    if isinstance(value, int):  # bytes; in YAML every scalar is text
        return value
    match = SIZE.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError(f"{value!r} is not a size such as 500M or 4G")
    return int(match["count"]) * UNITS[match["unit"]]


def _instant(value: object) -> datetime:
    try:
        if isinstance(value, str) and INSTANT.fullmatch(value) and value >= "1970":
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise ValueError(f"{value!r} is not a UTC time such as 2025-10-06T04:20:05Z, 1970 or later")


def repository_path(text: str) -> str:
    """The text, where it is the plain path of a file inside a repository.

    Raises:
        ValueError: it is not; the text says why.
    """
    parts = text.split("/")
    if text.startswith("/") or "\\" in text:
        raise ValueError(f"{text!r} is not a path inside the repository, relative and with '/'")
    if ".." in parts or any(map(stands_for_git_folder, parts)):
        raise ValueError(f"{text!r} leaves the repository's own files ('..' and '.git' are not allowed)")
    if "" in parts or "." in parts or not text.isprintable():
        raise ValueError(f"{text!r} is not the plain path of a file in the repository")
    if len(text.encode()) >= LONGEST_PATH:
        raise ValueError(f"{text!r} is a path that no system takes: it has {LONGEST_PATH} bytes or more")
    return text


def _branch_name(text: str) -> str:
    bad = re.search(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|\.lock(/|$)|(^|/)[.]|[/.]$|^[-/]|^@$|^$", text)
    if bad or not text.isprintable():
        raise ValueError(f"{text!r} is not a branch name that git allows (git-check-ref-format(1))")
    if text == "HEAD":
        raise ValueError("'HEAD' is no branch; name the one that it stands for")
    return text


def _new_branch_name(text: str) -> str:
    """The name of a branch that is made here: one that every remote can keep and nobody takes for something else."""
    _branch_name(text)
    if any(len(part.encode()) > LONGEST_BRANCH for part in text.split("/")):
        raise ValueError(f"{text!r} has a part of more than {LONGEST_BRANCH} bytes, which git cannot keep as a file")
    if len(text.encode()) > LONGEST_REF:
        raise ValueError(f"{text!r} is longer than {LONGEST_REF} bytes")
    if text.startswith("refs/"):
        raise ValueError(f"{text!r} is a full ref; a branch is named by what follows `refs/heads/`")
    if SO_CALLED.fullmatch(text):
        raise ValueError(f"{text!r} is what pull and merge requests are called in a plan, and no branch")
    if is_commit_id(text):
        raise ValueError(f"{text!r} is what a commit id looks like; git takes it for one")
    return text


def _source(text: str) -> str:
    if "://" in text:
        raise ValueError("is a URL; here goes remote/branch, and the URL under `remotes`")
    remote, _, branch = text.partition("/")
    if not remote or remote.startswith("-") or not branch or " " in remote or not remote.isprintable():
        raise ValueError(f"{text!r} is not of the form remote/branch")
    _branch_name(branch)
    if SO_CALLED.fullmatch(branch) and not is_request(branch):
        raise ValueError(f"{branch!r} is no pull request (#123) or merge request (!123): numbers begin with 1")
    return text


def _person(text: str) -> str:
    if not PERSON.fullmatch(text) or not text.isprintable():
        raise ValueError(f"{text!r} is not of the form Name <mail>")
    return text


def _command_line(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return _value(text)


def _value(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL")
    if SURROGATE.search(text):
        raise ValueError("holds half a character (a UTF-16 surrogate)")
    return text


def _pattern(text: str) -> str:
    _require_short(text)
    try:
        TextPattern(text)
    except PatternError as error:
        raise ValueError(f"{text!r} is not a regular expression that RE2 takes: {error}") from None
    return text


def _require_short(pattern: str) -> None:
    if len(pattern) > LONGEST:
        raise ValueError(f"{pattern!r} is longer than {LONGEST} characters")


def _variable(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_*?][A-Za-z0-9_*?]*", text):
        raise ValueError(f"{text!r} is not the name of an environment variable or a glob of such names")
    return text


def _variable_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError(f"{text!r} is not the name of an environment variable")
    return text


def _patterns(text: str) -> str:
    _require_short(text)
    try:
        PathPatterns([text])
    except PatternError as error:
        raise ValueError(f"{text!r} is not a pattern of paths (gitignore(5)): {error}") from None
    if not text.strip() or text.startswith(("#", "!")) or not text.isprintable():
        raise ValueError(f"{text!r} is not a pattern of paths (gitignore(5)); '!' and comments are not allowed")
    if not {"", ".", ".."}.isdisjoint(text.removeprefix("/").removesuffix("/").split("/")):
        raise ValueError(f"{text!r} matches no path; patterns are as in gitignore(5), from the repository's top")
    return text


def _together(patterns: tuple[str, ...]) -> tuple[str, ...]:
    try:
        PathPatterns(patterns)
    except PatternError as error:
        raise ValueError(f"are too many patterns to be held at once: {error}") from None
    return patterns


def _flag(value: object) -> object:
    if isinstance(value, bool):
        return value
    if value not in ("true", "false"):
        raise ValueError(f"must be true or false, not {value!r}")
    return value == "true"


def plain(pattern: re.Pattern[str]) -> str:
    """A pattern as ECMA 262 has it, for editors: for the whole value, and without names of groups."""
    return f"^{re.sub(r'[?]P<[a-z]+>', '', pattern.pattern)}$"


def is_commit_id(text: str) -> bool:
    """Whether this is a full commit id."""
    return bool(COMMIT.fullmatch(text))


def _digest(text: str) -> str:
    if not DIGEST.fullmatch(text):
        raise ValueError(f"{text!r} is not a SHA-256 (64 hexadecimal digits)")
    return text


def _pointer(text: str) -> str:
    if not re.fullmatch(r"(/([^~/]|~[01])*)*", text):
        raise ValueError(f"{text!r} is not a JSON pointer such as /wave_integrations/phase1_wave2 (RFC 6901)")
    if text.count("/") > DEEPEST:
        raise ValueError(f"{text!r} leads deeper than {DEEPEST} levels")
    return _value(text)


Text = Annotated[str, AfterValidator(_one_line)]
Scalar = Annotated[str, AfterValidator(_one_line), WithJsonSchema({"type": ["string", "number"]})]
Value = Annotated[str, AfterValidator(_value), WithJsonSchema({"type": ["string", "number", "boolean"]})]
Id = Annotated[str, AfterValidator(_id), Field(pattern=f"^{ID.pattern}$")]
PathPattern = Annotated[str, AfterValidator(_patterns)]
PathPatternList = Annotated[tuple[PathPattern, ...], Field(max_length=MOST_PATTERNS), AfterValidator(_together)]
Flag = Annotated[bool, BeforeValidator(_flag)]
VARIABLE = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^{}]*)?\}"}
"""What editors may see where a variable is put in (`plan.variables`)."""
FlagOrVariable = Annotated[Flag, WithJsonSchema({"anyOf": [{"type": "boolean"}, VARIABLE]})]
RepositoryPath = Annotated[str, AfterValidator(repository_path)]
BranchName = Annotated[str, AfterValidator(_new_branch_name)]
Source = Annotated[str, AfterValidator(_source)]
RemoteUrl = Annotated[str, AfterValidator(_remote_url)]
LocalPath = Annotated[str, AfterValidator(_local_path)]
CommandLine = Annotated[str, AfterValidator(_command_line)]
CommitId = Annotated[str, Field(pattern=f"^{COMMIT.pattern}$")]
Digest = Annotated[str, AfterValidator(_digest)]
Duration = Annotated[int, BeforeValidator(_duration), WithJsonSchema({"type": "string", "pattern": plain(DURATION)})]
Size = Annotated[int, BeforeValidator(_size), WithJsonSchema({"type": "string", "pattern": plain(SIZE)})]
Instant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "pattern": plain(INSTANT)})]
Person = Annotated[str, AfterValidator(_person)]
Pointer = Annotated[str, AfterValidator(_pointer)]
VariableName = Annotated[str, AfterValidator(_variable_name)]
VariableGlob = Annotated[str, AfterValidator(_variable)]
Pattern = Annotated[str, AfterValidator(_one_line), AfterValidator(_pattern)]
