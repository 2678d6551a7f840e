"""Rules under `resolve:`: which one is for a conflict, what it makes of it, and what it throws away."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests_integration.repository.ask import content, entry
from tests_integration.selftests.conflict_kinds import KINDS, LONG
from tests_integration.selftests.pasting import TextWave, explanation, offered
from tests_integration.selftests.test_resolve_as_told import assert_integrated
from tests_integration.selftests.waves import Built, Wave, failures, git, integrated

DECOY = "decoy-for-a-b_c.txt"
ODD_PATHS = (
    "a b.txt", "*.txt", "a?c", "[ab].txt", "quo\"te's", "!bang", "#hash", "trailing ", "new\nline", "tab\t",
    "back\\slash", os.fsdecode(b"caf\xe9"), "größe/Ж", "~x", "-dash", "a: b", "{a, b}", "a/**/b", "$HOME", "`id`",
    ":(top)x", "%s", "yes", "1", "\x1b[31m", "\u202ex", "a\\ ", "null", "\\#x", "@x", "&x", "x #y",
)  # fmt: skip


def rule(wave: Wave, take: str, *paths: str, **more: Any) -> None:
    """Add a rule to the plan."""
    wave.document.setdefault("resolve", []).append({"paths": list(paths), "take": take, **more})


def conflicting(wave: Wave, *paths: str) -> None:
    """E1 and E2 add these files, each in its own way."""
    wave.branch("E1", dict.fromkeys(paths, "one\n"))
    wave.branch("E2", dict.fromkeys([*paths, "two.txt"], "two\n"))


def texts(built: Built, *paths: str) -> list[str | None]:
    """What the last merge has in these files."""
    found = [entry(built.store, built.integration.merges[-1].commit, path) for path in paths]
    return [content(built.store, file.blob).decode() if file else None for file in found]


def remarks_of(built: Built) -> list[str]:
    """What the audit remarks; it finds nothing wrong."""
    remarks: list[str] = []
    assert failures(built, str(built.integration.tip), remark=remarks.append) == {}
    return remarks


@pytest.mark.parametrize("path", ODD_PATHS, ids=ascii)
def test_the_line_for_any_path_settles_that_path_and_no_other(path: str, tmp_path: Path) -> None:
    decoys = [name for name in ("axc", "x.txt", "a.txt", "xd", "bang", "hash", DECOY) if name != path]
    wave = TextWave(tmp_path / "wave", lambda wave: conflicting(wave, path, *decoys))
    lines = offered(explanation(wave))
    ((name, own),) = [(name, own) for name, own in lines.items() if name not in decoys]
    wave.paste(own["union"])
    with integrated(wave) as built:
        assert {conflict.path for conflict in built.integration.parked[0].conflicts} == {*decoys}
    assert name not in decoys


@pytest.mark.parametrize("path", ODD_PATHS, ids=ascii)
def test_a_conflict_in_any_path_is_settled_audited_and_replayed(path: str, tmp_path: Path) -> None:
    wave = TextWave(tmp_path / "wave", lambda wave: conflicting(wave, path, "f/g"))
    wave.paste(*(of_file["union"] for of_file in offered(explanation(wave)).values()))
    wave.document["limits"] = {"unportable_paths": ["*"]}
    assert_integrated(wave)


def test_the_first_rule_that_names_a_path_settles_it(wave: Wave) -> None:
    conflicting(wave, "a.txt", "b.txt")
    rule(wave, "ours", "a.txt", drops=True)
    rule(wave, "theirs", "*.txt", drops=True)
    with integrated(wave) as built:
        assert texts(built, "a.txt", "b.txt") == ["one\n", "two\n"]
        assert built.integration.merges[1].resolved == ("a.txt: ours by rule 1", "b.txt: theirs by rule 2")


@pytest.mark.parametrize(
    ("pattern", "settled"),
    [
        ("f.txt", {"f.txt", "d/f.txt", "d/e/f.txt"}),
        ("/f.txt", {"f.txt"}),
        ("d/", {"d/f.txt", "d/e/f.txt"}),
        ("d/*", {"d/f.txt", "d/e/f.txt"}),
        ("d/*.txt", {"d/f.txt"}),
        ("d/**", {"d/f.txt", "d/e/f.txt"}),
        ("**/e", {"d/e/f.txt"}),
        ("*", {"f.txt", "d/f.txt", "d/e/f.txt"}),
        ("F.TXT", set()),
    ],
)
def test_patterns_are_those_of_gitignore(wave: Wave, pattern: str, settled: set[str]) -> None:
    paths = {"f.txt", "d/f.txt", "d/e/f.txt"}
    conflicting(wave, *paths)
    rule(wave, "union", pattern)
    (wave.folder / "ignored").mkdir()
    git(wave.folder / "ignored", "init", "--quiet")
    (wave.folder / "ignored" / ".gitignore").write_text(f"{pattern}\n")
    asked = git(wave.folder / "ignored", "check-ignore", "--no-index", *paths, fails=True)
    with integrated(wave) as built:
        left = {conflict.path for parked in built.integration.parked for conflict in parked.conflicts}
    assert paths - left == settled == {*asked.splitlines()}


@pytest.mark.parametrize(("merges", "parked"), [("E2", ["E3"]), (["E2", "E3"], []), (["E3"], ["E2"])])
def test_a_rule_is_only_for_the_merges_that_it_names(wave: Wave, merges: object, parked: list[str]) -> None:
    conflicting(wave, "f")
    wave.branch("E3", {"f": "three\n"})
    rule(wave, "union", "f", **{"in": merges})
    with integrated(wave) as built:
        assert [one.branch for one in built.integration.parked] == parked


def test_a_rule_does_nothing_to_a_path_without_a_conflict(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": "one\n2\n3\n4\n5\n"})
    wave.branch("E2", {"shared.txt": "1\n2\n3\n4\nfive\n"})
    rule(wave, "theirs", "shared.txt")
    with integrated(wave) as built:
        assert texts(built, "shared.txt") == ["one\n2\n3\n4\nfive\n"]
        assert remarks_of(built) == ["rule 1 (theirs of shared.txt) is unused: no conflict of this run is for it"]


@pytest.mark.parametrize("kind", ["content", "add-add", "renamed-first", "renamed-second", "rename-add"])
def test_a_union_is_what_git_makes_of_it(wave: Wave, kind: str) -> None:
    KINDS[kind](wave)
    rule(wave, "union", "*")
    (wave.work / ".git" / "info" / "attributes").write_text("* merge=union\n")
    git(wave.work, "switch", "--quiet", "--detach", "effort/E1")
    git(wave.work, "merge", "--quiet", "--no-edit", "effort/E2")
    with integrated(wave) as built:
        assert built.integration.merges[1].tree == git(wave.work, "rev-parse", "HEAD^{tree}")


@pytest.mark.parametrize("take", ["union", "recorded"])
@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("binary", "the file is binary"),
        ("deleted-first", "there is no file on the side of ours"),
        ("deleted-second", "there is no file on the side of theirs"),
        ("link-against-file", "the side of theirs is a link, not a text"),
        ("file-against-link", "the side of ours is a link, not a text"),
        ("submodule", "the side of ours is a submodule, not a text"),
    ],
)
def test_what_has_no_lines_on_both_sides_is_left_unsettled_with_the_reason(
    wave: Wave, take: str, kind: str, why: str
) -> None:
    KINDS[kind](wave)
    rule(wave, take, "*")
    assert f"\n  rule 1 (take: {take}) does not settle it: {why}\n" in explanation(wave)


def test_nothing_recorded_is_told(wave: Wave) -> None:
    conflicting(wave, "f")
    rule(wave, "recorded", "f")
    said = explanation(wave)
    assert "\n  rule 1 (take: recorded) does not settle it: wave.resolutions remembers nothing for it\n" in said


def test_what_a_rule_drops_fails_and_is_named_branch_by_branch(wave: Wave) -> None:
    wave.commit("main", {"f": LONG})
    wave.branch("E1", {"f": LONG.replace("4\n", "one\n")})
    wave.branch("E3", {"f": LONG + "a\nb\nc\nd\n"})
    wave.branch("E2", {"f": LONG.replace("4\n", "two\n")})
    rule(wave, "theirs", "f")
    with integrated(wave) as built:
        found = failures(built, str(built.integration.tip))
        merge = str(built.integration.tip and built.integration.merges[-1].commit)[:12]
    assert found == {
        "rule_drops_only_what_it_may[rule-1]": (
            "rule 1 (theirs of f) drops what branches added:\n"
            f"  f, in the merge of E2 ({merge}): 1 line of E1: `one`\n"
            f"  f, in the merge of E2 ({merge}): 4 lines of E3: `a`, `b`, `c` and 1 more\n"
            "Say `drops: true` in the rule if that is meant."
        )
    }


@pytest.mark.parametrize("take", ["ours", "theirs", "delete"])
def test_a_second_line_of_the_same_text_is_a_line_that_can_be_lost(wave: Wave, take: str) -> None:
    wave.commit("main", {"f": "same\n"})
    wave.branch("E1", {"f": "one\nsame\nsame\n"})
    wave.branch("E2", {"f": "two\nsame\nsame\nsame\n"})
    rule(wave, take, "f")
    with integrated(wave) as built:
        (message,) = failures(built, str(built.integration.tip)).values()
    lost = {"ours": ["2 lines of E2"], "theirs": ["1 line of E1"], "delete": ["2 lines of E1", "3 lines of E2"]}
    assert all(text in message for text in lost[take])


@pytest.mark.parametrize("flag", ["true", True])
def test_a_declared_loss_is_remarked(wave: Wave, flag: object) -> None:
    conflicting(wave, "f")
    rule(wave, "ours", "f", drops=flag)
    with integrated(wave) as built:
        (remark,) = remarks_of(built)
    assert remark.startswith("rule 1 (ours of f) drops what branches added, as it says:\n  f, in the merge of E2 (")


def test_declaring_no_loss_is_the_same_as_saying_nothing(wave: Wave) -> None:
    conflicting(wave, "f")
    rule(wave, "ours", "f", drops=False)
    with integrated(wave) as built:
        assert failures(built, str(built.integration.tip)).keys() == {"rule_drops_only_what_it_may[rule-1]"}


def test_a_fix_comes_before_a_rule(wave: Wave) -> None:
    conflicting(wave, "f")
    rule(wave, "ours", "f")
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "f", "after": "E2", "take": {"theirs": ["f"]}}]
    with integrated(wave) as built:
        assert texts(built, "f") == ["two\n"]
        assert built.integration.merges[1].resolved == ("f: theirs taken by BUG-1",)
        assert remarks_of(built) == ["rule 1 (ours of f) is unused: no conflict of this run is for it"]


@pytest.mark.parametrize("side", ["ours", "theirs"])
@pytest.mark.parametrize("kind", ["deleted-first", "deleted-second"])
def test_a_fix_that_leaves_a_conflict_as_git_did_has_settled_it_and_is_not_stale(
    wave: Wave, kind: str, side: str
) -> None:
    KINDS[kind](wave)
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "f", "after": "E2", "take": {side: ["f"]}}]
    with integrated(wave) as built:
        assert "Known-Fix: BUG-1" in built.integration.merges[1].message
        assert not [remark for remark in remarks_of(built) if "BUG-1" in remark]
