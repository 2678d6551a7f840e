"""Paths are told apart from those that only some file systems can hold."""

import os
import re
import time
from itertools import product
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests_integration.repository.portable import collisions, unportable
from tests_integration.selftests.waves import git

DOTGIT = "stands for .git on some file systems"

LEGAL = """
a  a/b  with space  -dash  --option  $HOME  $(id)  it's  [a]  {a}  a~1  git~2  git~10  größe  日本語  .x  ..a  a..b
.gitignore  .gitmodules  .gitattributes  .github/x  .git2  .git-x  x.git  git  GIT  g\u0131t  .g\u0131t  a.git/b  ...a
com0  com10  lpt0  console  con1  aux-tools  auxx.c  nul_  prn-x  xcon  a.con  COM⁴  conin  conout  conin$x  null/x
a%b  a&b  a;b  a,b  a=b  a+b  a@b  a#b  a!b  a^b  a`b  \u00b4  emoji-🎉  non\u00a0breaking  gitgit~1  com\u00b90
"""

ILLEGAL = {
    "holds a control character": ["a\nb", "a\tb/c", "x/\x01", "a\x1b[31m", "a\x7f", "a\x85", "a\0"],
    "stands for .git": [
        *(".git", "x/.GIT/config", ".git ", ".git.", ".git . .", ".Git::$INDEX_ALLOCATION/config", "GIT~1", "git~1 /x"),
        *(".g\u200cit", "\ufeff.git", ".gi\u206ft/hooks/x", ".git\u202e", "a/.g\u200ci\u200dT", ".git\\hooks"),
    ],
    "which Windows forbids": [*(f"x/a{character}b" for character in '<>:"|?*\\'), "c:", "c:/x", "a:stream"],
    "ends in a dot, which Windows drops": ["a.", "a./b", ".", "x/../y", "...", "a. ."],
    "ends in a space, which Windows drops": ["a ", "a /b", " ", "x/a. "],
    "is a device on Windows": [
        *(
            "con",
            "CON",
            "x/Aux.c",
            "aux/x",
            "nul.tar.gz",
            "PRN",
            "com1",
            "COM9.txt",
            "lpt1",
            "LPT5.x",
            "nul  .txt",
            "nul ",
        ),
        *("com¹", "COM².x", "lpt³", "conin$", "CONOUT$", "conout$.log", "CON:", "aux."),
    ],
    "bytes that are not UTF-8": [os.fsdecode(b"a\xff"), os.fsdecode(b"\xc3/x"), os.fsdecode(b"\xed\xa0\x80")],
    "has a name of 256 bytes": ["x/" + "a" * 256, "ö" * 128 + "/x", "日" * 85 + "a"],
}


@pytest.mark.parametrize("path", [*re.split(r"  |\n", LEGAL.strip()), "a" * 255, "ö" * 127])
def test_legal_paths_are_let_be(path: str) -> None:
    assert unportable(path) == ""


def test_a_path_may_be_long_and_deep() -> None:
    assert unportable("deep/" * 5000 + "x") == ""


@pytest.mark.parametrize(("reason", "path"), [(reason, path) for reason, paths in ILLEGAL.items() for path in paths])
def test_paths_that_cannot_be_checked_out_everywhere_are_told(reason: str, path: str) -> None:
    assert reason in unportable(path)


def test_the_device_and_the_character_are_named() -> None:
    assert unportable("src/aux.c") == "AUX is a device on Windows"
    assert unportable("src/a?b") == "holds ?, which Windows forbids"


def test_git_itself_agrees_on_what_stands_for_dotgit(tmp_path: Path) -> None:
    starts = ["", ".", "..", "\u200c.", ".\ufeff", "x"]
    letters = ["g", "G", "g\u206f", "ğ"], ["i", "I", "\u0131", "\u200ei"], ["t", "T\u202a", ""]
    ends = [
        "",
        ".",
        " ",
        ". .",
        ":",
        ":$DATA",
        ".:x y",
        "~1",
        "~1. ",
        "~1x",
        "~2",
        "~1:a",
        "\u200d",
        ".\u200d",
        "\\a",
        "x",
        " x",
    ]
    names = ["".join(parts) for parts in product(starts, *letters, ends)]
    told = {name for name in names if unportable(name) == DOTGIT}
    assert len(told) > 100
    assert told == set(names) - accepted_by_git(tmp_path, names)


def accepted_by_git(folder: Path, names: list[str]) -> set[str]:
    """Those names that git lets into an index where it guards NTFS and HFS+."""
    git(folder, "init", "--quiet")
    guards = ("-c", "core.protectNTFS=true", "-c", "core.protectHFS=true")
    lines = "".join(f"100644 {'1' * 40}\t{name}\0" for name in names)
    git(folder, *guards, "update-index", "-z", "--index-info", stdin=lines.encode())
    return set(git(folder, "ls-files", "-z").split("\0"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("README", "readme"),
        ("a/b/X", "a/b/x"),
        ("Docs/a", "docs/b"),
        ("a/Docs/x/y", "a/docs/z"),
        ("docs", "DOCS/a"),
        ("Größe", "GRÖSSE"),
        ("caf\u00e9", "cafe\u0301"),
        ("CAF\u00c9/x", "cafe\u0301/y"),
        ("\u212b", "\u00e5"),
        ("ΟΔΟΣ", "οδος"),
        ("ﬁle", "FILE"),
        ("a\u0345\u0301", "a\u0301\u0345"),
        ("\u0390", "\u03aa\u0301"),
        ("ab", "a\u200cb"),
        (os.fsdecode(b"A\xff"), os.fsdecode(b"a\xff")),
    ],
)
def test_alike_paths_meet(one: str, other: str) -> None:
    assert collisions([one, "unlike", other]) == {one: other, other: one}
    assert collisions(iter([other, one])) == {one: other, other: one}


@pytest.mark.parametrize(
    "paths",
    [
        [],
        ["a"],
        ["a", "a"],
        ["a/b", "a/c", "a/b/c"],
        ["a/B", "b/b"],
        ["ab/c", "a/bc", "abc"],
        ["größe", "grosse", "grobe"],
        ["I", "\u0131"],
        [os.fsdecode(b"\xff"), os.fsdecode(b"\xfe")],
    ],
)
def test_unlike_paths_do_not_meet(paths: list[str]) -> None:
    assert collisions(paths) == {}


def test_the_deepest_and_then_the_first_meeting_is_told() -> None:
    assert collisions(["Docs/a", "x", "docs/b", "docs/A", "DOCS/a"]) == {
        "Docs/a": "docs/A",
        "docs/b": "Docs/a",
        "docs/A": "Docs/a",
        "DOCS/a": "Docs/a",
    }


@settings(deadline=None)
@given(st.lists(st.text("aAbBßsSé\u0301/", min_size=1, max_size=6), max_size=8, unique=True))
def test_meetings_are_what_comparing_each_with_each_gives(paths: list[str]) -> None:
    def key(path: str) -> str:
        return normalize("NFC", normalize("NFD", path).casefold())

    def spellings(path: str) -> dict[str, str]:
        parts = path.split("/")
        whole = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        return {key(folder): folder for folder in whole}

    def meet(one: str, other: str) -> bool:
        mine, its = spellings(one), spellings(other)
        return any(mine[place] != its[place] for place in mine.keys() & its.keys())

    found = collisions(paths)
    assert found.keys() == {one for one in paths if any(meet(one, other) for other in paths)}
    assert all(meet(path, other) for path, other in found.items())


def test_large_trees_and_deep_paths_take_seconds_at_most() -> None:
    paths = [f"Some/folder/number{n % 700}/of/many/File{n}.py" for n in range(100_000)]
    paths += ["some/folder/x", "a/" * 20_000 + "B", "A/" * 20_000 + "b"]
    began = time.process_time()
    assert len(collisions(paths)) == len(paths)
    assert not any(map(unportable, paths))
    assert time.process_time() - began < 10
