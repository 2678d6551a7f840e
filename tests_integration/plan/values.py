"""The kinds of values that a plan holds, each refused in words where it is not what it should be."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pathspec import GitIgnoreSpec
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from tests_integration.url import Url, refusal

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
DURATION = re.compile(r"(?P<count>[0-9]{1,5})(?P<unit>[smh])")
SECONDS = {"s": 1, "m": 60, "h": 3600}
SIZE = re.compile(r"(?P<count>[1-9][0-9]{0,5})(?P<unit>[KMGT])")
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
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
    if ".." in parts or any(part.lower() in {".git", "git~1"} for part in parts):
        raise ValueError(f"{text!r} leaves the repository's own files ('..' and '.git' are not allowed)")
    if "" in parts or "." in parts or not text.isprintable():
        raise ValueError(f"{text!r} is not the plain path of a file in the repository")
    return text


def _branch_name(text: str) -> str:
    bad = re.search(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|\.lock(/|$)|(^|/)[.]|[/.]$|^[-/]|^@$|^$", text)
    if bad or not text.isprintable():
        raise ValueError(f"{text!r} is not a branch name that git allows (git-check-ref-format(1))")
    return text


def _source(text: str) -> str:
    if "://" in text:
        raise ValueError("is a URL; here goes remote/branch, and the URL under `remotes`")
    remote, _, branch = text.partition("/")
    if not remote or remote.startswith("-") or not branch or " " in remote or not remote.isprintable():
        raise ValueError(f"{text!r} is not of the form remote/branch")
    _branch_name(branch)
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
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from None
    return text


def _variable(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_*?][A-Za-z0-9_*?]*", text):
        raise ValueError(f"{text!r} is not the name of an environment variable or a glob of such names")
    return text


def _variable_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError(f"{text!r} is not the name of an environment variable")
    return text


def _patterns(text: str) -> str:
    try:
        GitIgnoreSpec.from_lines([text])
    except ValueError as error:
        raise ValueError(f"{text!r} is not a pattern of paths (gitignore(5)): {error}") from None
    if not text.strip() or text.startswith(("#", "!")) or not text.isprintable():
        raise ValueError(f"{text!r} is not a pattern of paths (gitignore(5)); '!' and comments are not allowed")
    if not {"", ".", ".."}.isdisjoint(text.removeprefix("/").removesuffix("/").split("/")):
        raise ValueError(f"{text!r} matches no path; patterns are as in gitignore(5), from the repository's top")
    return text


def _flag(value: object) -> object:
    if isinstance(value, bool):
        return value
    if value not in ("true", "false"):
        raise ValueError(f"must be true or false, not {value!r}")
    return value == "true"


def is_commit_id(text: str) -> bool:
    """Whether this is a full commit id."""
    return bool(COMMIT.fullmatch(text))


def _pointer(text: str) -> str:
    if not re.fullmatch(r"(/([^~/]|~[01])*)*", text):
        raise ValueError(f"{text!r} is not a JSON pointer such as /wave_integrations/phase1_wave2 (RFC 6901)")
    return text


Text = Annotated[str, AfterValidator(_one_line)]
Scalar = Annotated[str, AfterValidator(_one_line), WithJsonSchema({"type": ["string", "number"]})]
Value = Annotated[str, AfterValidator(_value), WithJsonSchema({"type": ["string", "number", "boolean"]})]
Id = Annotated[str, AfterValidator(_id), Field(pattern=f"^{ID.pattern}$")]
PathPattern = Annotated[str, AfterValidator(_patterns)]
Flag = Annotated[bool, BeforeValidator(_flag)]
RepositoryPath = Annotated[str, AfterValidator(repository_path)]
BranchName = Annotated[str, AfterValidator(_branch_name)]
Source = Annotated[str, AfterValidator(_source)]
RemoteUrl = Annotated[str, AfterValidator(_remote_url)]
LocalPath = Annotated[str, AfterValidator(_local_path)]
CommandLine = Annotated[str, AfterValidator(_command_line)]
CommitId = Annotated[str, Field(pattern=f"^{COMMIT.pattern}$")]
Duration = Annotated[
    int, BeforeValidator(_duration), WithJsonSchema({"type": "string", "pattern": f"^{DURATION.pattern}$"})
]
Size = Annotated[int, BeforeValidator(_size), WithJsonSchema({"type": "string", "pattern": f"^{SIZE.pattern}$"})]
Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "pattern": f"^{INSTANT.pattern}$"})
]
Person = Annotated[str, AfterValidator(_person)]
Pointer = Annotated[str, AfterValidator(_pointer)]
VariableName = Annotated[str, AfterValidator(_variable_name)]
VariableGlob = Annotated[str, AfterValidator(_variable)]
Pattern = Annotated[str, AfterValidator(_one_line), AfterValidator(_pattern)]
