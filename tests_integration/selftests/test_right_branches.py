"""Integrations that are right, however unusual: no criterion raises a false alarm."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests_integration.selftests.waves import DEMO, Wave, by_hand, every_kind_of_fix, failures, git, integrated

Change = Callable[[Wave], object]


def with_own_demo(wave: Wave) -> None:
    wave.branch("E1", {"demos/demo.sh": DEMO, "demos/DEMO.md": "# Demo\n", "one.txt": "one\n"})
    git(wave.work, "update-index", "--chmod=+x", "demos/demo.sh")
    git(wave.work, "commit", "--quiet", "--amend", "--no-edit")
    git(wave.work, "push", "--quiet", "--force", str(wave.origin), "HEAD:refs/heads/effort/E1")


def with_own_demo_and_no_infrastructure(wave: Wave) -> None:
    with_own_demo(wave)
    del wave.document["demo"]["create"]


def with_part_of_the_infrastructure(wave: Wave) -> None:
    wave.branch("E1", {"demos/DEMO.md": "# Demo of E1, in its own words\n"})


def with_renames(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": None, "moved/shared.txt": "1\n2\n3\n4\n5\n"})
    wave.branch("E2", {"shared.txt": "1\n2\n3\n4\n5\n6\n"})


def with_a_renamed_folder(wave: Wave) -> None:
    wave.commit("main", {f"old/{n}.txt": f"{n}\n" * 9 for n in range(5)})
    wave.branch("E1", {f"old/{n}.txt": None for n in range(5)} | {f"new/{n}.txt": f"{n}\n" * 9 for n in range(5)})
    wave.branch("E2", {"other.txt": "other\n"})


def with_empty_commits(wave: Wave) -> None:
    wave.branch("E1", {})
    wave.branch("E2", {"two.txt": "two\n"})
    wave.commit("effort/E2", {})


def with_what_is_in_already(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2-split-001", {"two.txt": "two\n"}, parent="E1")
    wave.branch("E3", {}, parent="E1")


def with_unusual_names(wave: Wave) -> None:
    names = [
        "a b",
        "quo'te",
        'dou"ble',
        "tab\there",
        "line\nbreak",
        "*",
        ":(top)x",
        "-n",
        "größe",
        "back\\slash",
        "[a]",
    ]
    wave.branch("E1", {f"dir {name}/{name}": "odd\n" for name in [*names, os.fsdecode(b"latin-\xe4")]})
    wave.branch("E2", dict.fromkeys(names, "odd\n"))


def with_a_fix_for_an_unusual_name(wave: Wave) -> None:
    wave.branch("E1", {"*": "star\n", "kept.txt": "kept\n"})
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "star", "after": "E1", "delete": ["*"]}]


def with_a_big_file(wave: Wave) -> None:
    wave.branch("E1", {"big.txt": "line\n" * (1 << 20)})


def with_links_and_modes(wave: Wave) -> None:
    wave.branch("E1", {"run": DEMO})
    (wave.work / "run").chmod(0o755)
    (wave.work / "link").symlink_to("nowhere")
    (wave.work / "base.txt").unlink()
    (wave.work / "base.txt").symlink_to("shared.txt")
    wave.commit("effort/E1", {})


def with_a_file_that_becomes_a_folder(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": None})
    wave.commit("effort/E1", {"shared.txt/now.txt": "a folder\n"})
    wave.branch("E2", {"two.txt": "two\n"})


def with_underlines(wave: Wave) -> None:
    wave.branch("E1", {"one.md": "Title\n=======\n\n>>>>>>> quoted\n", "two.md": "<<<<<<< opening only\n"})


def with_markers_that_were_in_the_base(wave: Wave) -> None:
    wave.commit("main", {"how-to.md": "<<<<<<< ours\n=======\n>>>>>>> theirs\n"})
    wave.branch("E1", {"one.txt": "one\n"})


def with_crlf_and_attributes(wave: Wave) -> None:
    wave.branch("E1", {".gitattributes": "* text=auto eol=crlf\n*.md merge=union\n", "one.txt": "one\r\ntwo\r\n"})
    wave.branch("E2", {"two.txt": "two\r\n"}, parent="E1")


def with_a_merge_inside_a_branch(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"})
    git(wave.work, "merge", "--quiet", "--no-ff", "-m", "Bring E1 in", "effort/E1")
    wave.commit("effort/E2", {"three.txt": "three\n"})
    wave.document["branches"][-1]["parent"] = "E1"


def with_an_old_base(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.commit("main", {"later.txt": "later\n"})


def with_both_sides_taken(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": "E1\n", "one.txt": "one\n"})
    wave.branch("E2", {"shared.txt": "E2\n", "one.txt": "another\n"})
    take = {"ours": ["shared.txt"], "theirs": ["one.txt"]}
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "both", "after": "E2", "take": take}]


def with_a_conflict_settled_by_deletion(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": None})
    wave.branch("E2", {"shared.txt": "E2\n"})
    wave.document["fixes"] = [{"id": "BUG-1", "problem": "old", "after": "E2", "delete": ["shared.txt"]}]


def with_unusual_messages(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"}, contains='Quotes "and" `ticks`, $HOME, ünïcode, <b>')
    wave.commit("effort/E1", {"two.txt": "two\n"}, message="\x01 odd\n\nIntegration of nothing: no trailer\n")


ODD = [value for name, value in globals().items() if name.startswith("with_")]


@pytest.mark.parametrize("change", ODD, ids=lambda change: change.__name__)
def test_an_unusual_wave_raises_no_alarm(wave: Wave, change: Change) -> None:
    change(wave)
    with integrated(wave) as built:
        assert built.integration.stop is None
        assert built.integration.tip
        assert failures(built, built.integration.tip) == {}


BY_HAND = {
    "as planned": "E1; E2a; E2b; E3; E4; demo",
    "by somebody else": "export GIT_AUTHOR_NAME=Else GIT_AUTHOR_DATE=2001-01-01T00:00:00 GIT_COMMITTER_NAME=Else;"
    " E1; E2a; E2b; E3; E4; demo",
    "with other messages": 'merge() { git merge --quiet --no-ff --message "Bring in $1" ${@:2} origin/effort/$1; };'
    " E1; E2a; E2b; E3; E4; demo",
    "with other settings": "git config merge.conflictStyle diff3; git config merge.stat no; E1; E2a; E2b; E3; E4; demo",
    "with an option that does the same": "E1; E2a; E2b; merge E3 -X theirs; git rm --quiet twin.txt; amend; E4; demo",
}


@pytest.mark.parametrize("script", BY_HAND.values(), ids=BY_HAND)
def test_a_branch_made_by_hand_as_planned_raises_no_alarm(tmp_path: Path, script: str) -> None:
    with integrated(every_kind_of_fix(tmp_path / "wave")) as built:
        assert failures(built, by_hand(built, script)) == {}


def test_what_the_engine_makes_of_every_kind_of_fix_raises_no_alarm(tmp_path: Path) -> None:
    with integrated(every_kind_of_fix(tmp_path / "wave")) as built:
        assert failures(built, str(built.integration.tip)) == {}
