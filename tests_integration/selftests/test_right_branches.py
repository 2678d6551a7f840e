"""Integrations that are right, however unusual: no criterion raises a false alarm."""

import os
from collections.abc import Callable

import pytest

from tests_integration.selftests.given_back import back
from tests_integration.selftests.hand import by_hand
from tests_integration.selftests.test_wrong_branches import without_ids
from tests_integration.selftests.waves import DEMO, Built, Wave, failures, git, integrated

Remarks = tuple[str, ...] | None
Change = Callable[[Wave], Remarks]
"""Makes a wave, and says which remarks the criteria make, commit ids as `#`."""

WITH_FILES = "E1 changes what git does with files: {} (merge #)"


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


def with_empty_commits(wave: Wave) -> Remarks:
    wave.branch("E1", {})
    wave.branch("E2", {"two.txt": "two\n"})
    wave.commit("effort/E2", {})
    return ("E1 adds nothing: what it brings was in before it",)


def with_what_is_in_already(wave: Wave) -> Remarks:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2-split-001", {"two.txt": "two\n"}, parent="E1")
    wave.branch("E3", {}, parent="E1")
    return ("E3 adds nothing: what it brings was in before it",)


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
    wave.document["limits"] = {"unportable_paths": ["*"]}


def with_a_big_file(wave: Wave) -> None:
    wave.branch("E1", {"big.txt": "line\n" * (1 << 20)})


def with_links_and_modes(wave: Wave) -> Remarks:
    wave.branch("E1", {"run": DEMO})
    (wave.work / "run").chmod(0o755)
    (wave.work / "link").symlink_to("nowhere")
    (wave.work / "base.txt").unlink()
    (wave.work / "base.txt").symlink_to("shared.txt")
    wave.commit("effort/E1", {})
    return (
        WITH_FILES.format("base.txt is a link to shared.txt in place of a file"),
        WITH_FILES.format("link is a link to nowhere"),
    )


def with_a_file_that_becomes_a_folder(wave: Wave) -> None:
    wave.branch("E1", {"shared.txt": None})
    wave.commit("effort/E1", {"shared.txt/now.txt": "a folder\n"})
    wave.branch("E2", {"two.txt": "two\n"})


def with_underlines(wave: Wave) -> None:
    wave.branch("E1", {"one.md": "Title\n=======\n\n>>>>>>> quoted\n", "two.md": "<<<<<<< opening only\n"})


def with_markers_that_were_in_the_base(wave: Wave) -> None:
    wave.commit("main", {"how-to.md": "<<<<<<< ours\n=======\n>>>>>>> theirs\n"})
    wave.branch("E1", {"one.txt": "one\n"})


def with_crlf_and_attributes(wave: Wave) -> Remarks:
    wave.branch("E1", {".gitattributes": "* text=auto eol=crlf\n*.md merge=union\n", "one.txt": "one\r\ntwo\r\n"})
    wave.branch("E2", {"two.txt": "two\r\n"}, parent="E1")
    text = ".gitattributes changes how files are merged (*.md merge=union); it is not followed here"
    return (WITH_FILES.format(text),)


def with_a_merge_inside_a_branch(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"})
    git(wave.work, "merge", "--quiet", "--no-ff", "-m", "Bring E1 in", "effort/E1")
    wave.commit("effort/E2", {"three.txt": "three\n"})
    wave.document["branches"][-1]["parent"] = "E1"


def with_an_old_base(wave: Wave) -> Remarks:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.commit("main", {"later.txt": "later\n"})
    return ("E1 is stale: the base origin/main has moved on, 1 commit since",)


def with_unusual_messages(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"}, contains='Quotes "and" `ticks`, $HOME, ünïcode, <b>')
    wave.commit("effort/E1", {"two.txt": "two\n"}, message="\x01 odd\n\nIntegration of nothing: no trailer\n")


def with_kept_folders(wave: Wave) -> None:
    wave.branch("E1", {"logs/.gitkeep": "", "cache/deep/.gitkeep": ""})
    wave.branch("E2", {"logs/first.log": "begin\n"})


def with_long_and_deep_names(wave: Wave) -> None:
    wave.branch("E1", {f"{'deep/' * 40}{'n' * 250}.txt": "deep\n", ".hidden": "h\n", "a..b": "dots\n", "名前": "x\n"})


def with_crlf_on_one_side(wave: Wave) -> None:
    wave.commit("main", {"dos.txt": "1\r\n2\r\n3\r\n4\r\n5\r\n"})
    wave.branch("E1", {"dos.txt": "one\r\n2\r\n3\r\n4\r\n5\r\n"})
    wave.branch("E2", {"dos.txt": "1\r\n2\r\n3\r\n4\r\nfive\r\n"})


def with_binary_files(wave: Wave) -> None:
    wave.commit("main", {"logo.png": b"\x89PNG\0\1"})
    wave.branch("E1", {"logo.png": b"\x89PNG\0\2", "other.png": b"\x89PNG\0\3"})
    wave.branch("E2", {"logo.png": b"\x89PNG\0\4"}, parent="E1")


def with_latin_1_text(wave: Wave) -> None:
    wave.branch("E1", {"alt.txt": "größe\n".encode("latin-1")})
    wave.branch("E2", {"alt.txt": "größer\n".encode("latin-1")}, parent="E1")


def with_a_submodule(wave: Wave) -> Remarks:
    wave.branch("E1", {".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = ../lib\n'})
    git(wave.work, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},lib")
    git(wave.work, "commit", "--quiet", "--message", "Use lib")
    git(wave.work, "push", "--quiet", str(wave.origin), "effort/E1")
    return (
        WITH_FILES.format(".gitmodules names submodules; they are not fetched"),
        WITH_FILES.format("lib points to commit # of a submodule; what is there is not merged"),
    )


def with_attributes_that_do_not_merge(wave: Wave) -> None:
    wave.branch("E1", {".gitattributes": "# merge=union\n*.sh text eol=lf\ndocs/** linguist-documentation\n"})


def with_a_mode_that_changes(wave: Wave) -> None:
    wave.branch("E1", {"run": "#!/bin/sh\n"})
    wave.branch("E2", {}, parent="E1")
    (wave.work / "run").chmod(0o755)
    wave.commit("effort/E2", {})


def with_a_folder_that_becomes_a_file(wave: Wave) -> None:
    wave.commit("main", {"folder/a.txt": "a\n"})
    wave.branch("E1", {"folder/a.txt": None})
    (wave.work / "folder").rmdir()
    wave.commit("effort/E1", {"folder": "a file\n"})
    wave.branch("E2", {"two.txt": "two\n"})


def with_an_octopus_inside_a_branch(wave: Wave) -> None:
    for name in ("a", "b"):
        wave.commit(f"topic/{name}", {f"{name}.txt": f"{name}\n"})
    wave.branch("E1", {"one.txt": "one\n"})
    git(wave.work, "merge", "--quiet", "--message", "Gather", "topic/a", "topic/b")
    wave.commit("effort/E1", {"more.txt": "more\n"})


def with_branches_that_merged_each_other(wave: Wave) -> list[str]:
    first = wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"})
    second = git(wave.work, "rev-parse", "HEAD")
    git(wave.work, "merge", "--quiet", "--no-ff", "--message", "Bring E1 in", first)
    wave.commit("effort/E2", {"three.txt": "three\n"})
    wave.switch("effort/E1")
    git(wave.work, "merge", "--quiet", "--no-ff", "--message", "Bring E2 in", second)
    wave.commit("effort/E1", {"four.txt": "four\n"})
    shares = "{} shares 2 commits with {}, and neither is declared as the parent of the other"
    return [shares.format("E1", "E2"), shares.format("E2", "E1")]


def with_the_same_commit_picked_twice(wave: Wave) -> None:
    hotfix = wave.commit("hotfix", {"shared.txt": "1\n2\nthree\n4\n5\n"})
    for name in ("E1", "E2"):
        wave.branch(name, {f"{name}.txt": f"{name}\n"})
        git(wave.work, "cherry-pick", hotfix)
        wave.save(f"effort/{name}")


def with_nothing_but_a_commit_that_another_picked(wave: Wave) -> Remarks:
    hotfix = wave.branch("E2", {"shared.txt": "1\n2\nthree\n4\n5\n"})
    wave.branch("E1", {"one.txt": "one\n"})
    git(wave.work, "cherry-pick", hotfix)
    wave.save("effort/E1")
    wave.document["branches"].reverse()
    return ("E2 adds nothing: what it brings was in before it",)


def with_a_revert_and_its_return(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n", "shared.txt": "1\n2\nthree\n4\n5\n"})
    for _ in range(2):
        git(wave.work, "revert", "--no-edit", "HEAD")
    wave.save("effort/E1")


def with_a_revert_of_its_own_and_its_return(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"one.txt": None}, parent="E1")
    git(wave.work, "revert", "--no-edit", "HEAD")
    wave.commit("effort/E2", {"two.txt": "two\n"})


def with_old_dates_and_other_people(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    words = (
        "--quiet",
        "--amend",
        "--no-edit",
        "--date",
        "1999-12-31T23:59:59",
        "--author",
        "Ünal Ökçe <ü@example.org>",
    )
    git(wave.work, "commit", *words)
    wave.save("effort/E1")


def with_a_file_that_its_base_deleted(wave: Wave) -> Remarks:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.commit("main", {"shared.txt": None})
    return ("E1 is stale: the base origin/main has moved on, 1 commit since",)


ODD = [value for name, value in globals().items() if name.startswith("with_")]


def judged(built: Built, tip: str) -> tuple[dict[str, str], list[str]]:
    """Criteria that fail, and the remarks that were made, commit ids as `#`."""
    remarks: list[str] = []
    found = failures(built, tip, remark=remarks.append)
    return found, [without_ids(text) for text in remarks]


@pytest.mark.parametrize("change", ODD, ids=lambda change: change.__name__)
def test_an_unusual_wave_raises_no_alarm(wave: Wave, change: Change) -> None:
    remarks = change(wave) or ()
    with integrated(wave) as built:
        assert built.integration.tip, built.integration
        assert judged(built, built.integration.tip) == ({}, list(remarks))
        assert back(built, built.integration.tip).tip == built.integration.tip


@pytest.mark.parametrize("change", ODD, ids=lambda change: change.__name__)
def test_an_unusual_wave_that_a_person_merged_raises_no_alarm(wave: Wave, change: Change) -> None:
    remarks = change(wave) or ()
    with integrated(wave) as built:
        merges = "; ".join(f"merge {branch.id}" for branch in built.plan.branches)
        assert judged(built, by_hand(built, f"{merges}; demo || true")) == ({}, list(remarks))
