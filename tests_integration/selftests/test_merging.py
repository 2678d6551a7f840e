"""The merges that the engine makes, held against what plain git makes of the same branches."""

import os
from datetime import UTC, datetime
from pathlib import Path

from tests_integration.repository.ask import Commit, commit_at
from tests_integration.selftests.waves import Built, Wave, git, integrated

EFFORT = {"author": "Effort <effort@example.org>", "date": "2025-10-01T10:00:00Z"}
"""Author and date that plain git has in selftests too."""

LATIN_1 = os.fsdecode(b"caf\xe9.txt")


def by_plain_git(wave: Wave, built: Built) -> list[str]:
    """Merge the branches in `work` as a person would, with the engine's messages; the commits."""
    assert built.integration.base
    git(wave.work, "switch", "--quiet", "--detach", built.integration.base)
    made = []
    for merge in built.integration.merges:
        git(wave.work, "merge", "--quiet", "--no-ff", "--message", merge.message, merge.tip)
        made.append(git(wave.work, "rev-parse", "HEAD"))
    return made


def merges_of(built: Built) -> list[str]:
    return [merge.commit for merge in built.integration.merges]


def commit_of(built: Built, branch: str) -> Commit:
    """The one commit on the finished branch that merges this branch of the plan."""
    (commit,) = built.history.merges_of(built.tips[branch])
    return commit


def test_each_branch_gets_one_merge_on_top_of_the_integration_so_far(stacked: Wave) -> None:
    with integrated(stacked) as built:
        *merges, infrastructure = built.history.commits
        below = [built.integration.base, *(merge.id for merge in merges)]
        tips = [built.tips[branch.id] for branch in built.plan.branches]
        assert [merge.parents for merge in merges] == list(zip(below[:-1], tips, strict=True))
        assert infrastructure.parents == (merges[-1].id,)


def test_a_branch_that_could_be_fast_forwarded_is_merged(wave: Wave) -> None:
    tip = wave.branch("E1", {"one.txt": "one\n"})
    with integrated(wave) as built:
        (merge,) = built.integration.merges
        assert merge.commit != tip
        assert commit_of(built, "E1").parents == (built.integration.base, tip)


def test_a_branch_that_an_earlier_one_contains_is_merged_all_the_same(wave: Wave) -> None:
    tip = wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"}, parent="E1")
    wave.document["branches"].reverse()
    wave.document["branches"][0]["parent"] = wave.document["branches"][1]["parent"] = "base"
    with integrated(wave) as built:
        second, first = built.integration.merges
        assert commit_of(built, "E1").parents == (second.commit, tip)
        assert (second.contained, first.contained) == (False, True)
        assert first.tree == second.tree


def test_the_message_tells_branch_source_and_fix(stacked: Wave) -> None:
    stacked.document["branches"][0]["contains"] = "One file,\n  and its twin"
    with integrated(stacked) as built:
        assert commit_of(built, "E1").message == (
            "Merge E1: Title of E1\n\nOne file, and its twin\n\n"
            "Integrates: origin/effort/E1\nKnown-Fix: BUG-1 (delete twin.txt)\n"
        )
        assert commit_of(built, "E2-split-001").message == (
            "Merge E2-split-001: Title of E2-split-001\n\nIntegrates: origin/effort/E2-split-001\n"
        )


def test_git_reads_the_trailers(stacked: Wave) -> None:
    with integrated(stacked) as built:
        form = "--format=%(trailers:key=Known-Fix,valueonly)%(trailers:key=Integrates,valueonly)"
        said = git(Path(built.store.git_dir), "show", "--no-patch", form, built.integration.merges[0].commit)
    assert said.splitlines() == ["BUG-1 (delete twin.txt)", "origin/effort/E1"]


def test_author_committer_and_dates_are_the_plans(stacked: Wave) -> None:
    stacked.document |= {"author": "Zoë O'Brien <zoe@example.org>", "date": "2001-02-03T04:05:06Z"}
    with integrated(stacked) as built:
        people = git(
            Path(built.store.git_dir), "log", "--first-parent", "--format=%an <%ae> %at %cn <%ce> %ct", "-4",
            str(built.integration.tip),
        )  # fmt: skip
    person = f"Zoë O'Brien <zoe@example.org> {int(datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC).timestamp())}"
    assert set(people.splitlines()) == {f"{person} {person}"}


def test_plain_git_makes_the_very_same_commits(wave: Wave) -> None:
    wave.document |= EFFORT
    wave.branch("E1", {"one.txt": "one\n", "shared.txt": "one\n2\n3\n4\n5\n"})
    wave.branch("E2", {"two.txt": "two\n"}, parent="E1")
    wave.branch("E3", {"shared.txt": "1\n2\n3\n4\nfive\n"}, title="Ünïcode, 'quotes' and \"$HOME\"")
    wave.plan_for("E4")
    wave.commit("effort/E4", {"four.txt": "four\n"}, parent="effort/E2")
    with integrated(wave) as built:
        assert merges_of(built) == by_plain_git(wave, built)


def test_a_renamed_file_takes_in_what_the_other_side_wrote(wave: Wave) -> None:
    wave.document |= EFFORT
    wave.switch("effort/E1")
    (wave.work / "shared.txt").rename(wave.work / "moved.txt")
    wave.save("effort/E1")
    wave.plan_for("E1")
    wave.branch("E2", {"shared.txt": "1\n2\n3\n4\nfive\n"})
    with integrated(wave) as built:
        assert merges_of(built) == by_plain_git(wave, built)
    assert (wave.work / "moved.txt").read_text() == "1\n2\n3\n4\nfive\n"


def test_modes_links_and_deletions_are_merged_as_git_does(wave: Wave) -> None:
    wave.document |= EFFORT
    wave.commit("main", {"run.sh": "1\n2\n3\n", "old.txt": "old\n", "was-a-file": "file\n"})
    wave.switch("effort/E1")
    (wave.work / "run.sh").chmod(0o755)
    (wave.work / "link").symlink_to("nowhere/at all")
    (wave.work / "was-a-file").unlink()
    (wave.work / "was-a-file").symlink_to("base.txt")
    wave.save("effort/E1")
    wave.plan_for("E1")
    wave.branch("E2", {"run.sh": "1\n2\nthree\n", "old.txt": None})
    with integrated(wave) as built:
        assert merges_of(built) == by_plain_git(wave, built)
    assert os.access(wave.work / "run.sh", os.X_OK)
    assert (wave.work / "link").readlink() == Path("nowhere/at all")


def test_bytes_and_names_of_any_kind_are_merged_as_git_does(wave: Wave) -> None:
    wave.document |= EFFORT
    wave.branch("E1", {"binary": bytes(range(256)), "empty": b"", "crlf.txt": b"1\r\n2\r\n", LATIN_1: b"\xff\xfe"})
    wave.branch("E2", {"a b.txt": "1", "quo\"te's.txt": "2", "tab\tnew\nline.txt": "3", ":(top)*": "4", "-dash": "5"})
    wave.branch("E3", {"größe/Ж.txt": "6", "$HOME/`id`.txt": "7", ".gitattributes": "* text=auto eol=crlf\n"})
    with integrated(wave) as built:
        assert merges_of(built) == by_plain_git(wave, built)


def test_a_binary_file_changed_on_one_side_is_merged(wave: Wave) -> None:
    wave.document |= EFFORT
    wave.commit("main", {"binary": b"\0one"})
    wave.branch("E1", {"binary": b"\0two"})
    wave.branch("E2", {"two.txt": "two\n"})
    with integrated(wave) as built:
        assert merges_of(built) == by_plain_git(wave, built)


def test_branches_that_merged_each_other_are_merged_as_git_does(wave: Wave) -> None:
    wave.document |= EFFORT
    wave.branch("E1", {"shared.txt": "one\n2\n3\n4\n5\n"})
    first = wave.branch("E2", {"shared.txt": "1\n2\n3\n4\nfive\n"})
    git(wave.work, "switch", "--quiet", "effort/E1")
    git(wave.work, "merge", "--quiet", "--no-edit", first)
    wave.commit("effort/E1", {"shared.txt": "one\n2\nthree\n4\nfive\n"})
    git(wave.work, "switch", "--quiet", "effort/E2")
    git(wave.work, "merge", "--quiet", "--no-edit", "effort/E1^^")
    wave.commit("effort/E2", {"two.txt": "two\n"})
    with integrated(wave) as built:
        assert merges_of(built) == by_plain_git(wave, built)


def test_replaced_objects_are_not_believed(stacked: Wave) -> None:
    with integrated(stacked) as first:
        tip = first.integration.tip
    false = stacked.commit("false", {"base.txt": "false\n"})
    git(stacked.origin, "replace", str(first.tips["E1"]), false)
    git(stacked.folder / "wave-store.git", "fetch", "--quiet", str(stacked.origin), "+refs/replace/*:refs/replace/*")
    with integrated(stacked) as again:
        assert commit_at(again.store, "refs/replace/" + str(first.tips["E1"])) == false
        assert again.integration.tip == tip
