"""What a fix has deleted does not come back, and infrastructure adds what is missing and no more."""

from collections.abc import Mapping

import pytest

from tests_integration.repository.ask import content, entries, entry
from tests_integration.selftests.waves import DEMO, Wave, git, integrated


def infrastructure(wave: Wave, files: Mapping[str, bytes]) -> None:
    """Add files to the plan's folder for infrastructure."""
    for name, data in files.items():
        file = wave.folder / "plans" / "infrastructure" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def test_a_later_branch_that_modifies_the_file_does_not_bring_it_back(stacked: Wave) -> None:
    stacked.branch("E3", {"twin.txt": "modified\n"}, parent="E1")
    with integrated(stacked) as built:
        merge = built.integration.merges[3]
        assert entry(built.store, merge.tree_merged, "twin.txt")
        assert not entry(built.store, merge.tree, "twin.txt")
        assert merge.dropped == ("twin.txt",)
        assert merge.resolved == ("twin.txt: deleted by BUG-1",)


def test_a_later_branch_that_adds_the_file_anew_does_not_bring_it_back(stacked: Wave) -> None:
    stacked.branch("E3", {"twin.txt": "another\n", "more.txt": "more\n"})
    with integrated(stacked) as built:
        merge = built.integration.merges[3]
        assert entries(built.store, merge.tree, ["twin.txt", "more.txt"]).keys() == {"more.txt"}
        assert (merge.conflicts, merge.dropped) == ((), ("twin.txt",))


def test_a_later_branch_that_leaves_the_file_alone_does_not_bring_it_back(stacked: Wave) -> None:
    with integrated(stacked) as built:
        assert entry(built.store, built.tips["E2-split-002"], "twin.txt")
        assert not entry(built.store, str(built.integration.tip), "twin.txt")
        assert all(merge.dropped == () for merge in built.integration.merges)


def test_an_earlier_branch_may_hold_the_file(stacked: Wave) -> None:
    stacked.document["fixes"][0]["after"] = "E2-split-001"
    with integrated(stacked) as built:
        held = [bool(entry(built.store, merge.commit, "twin.txt")) for merge in built.integration.merges]
    assert held == [True, False, False]


def test_a_later_fix_may_bring_the_file_back(stacked: Wave) -> None:
    stacked.branch("E3", {"twin.txt": "the good one\n"})
    stacked.document["fixes"].append(
        {"id": "BUG-2", "problem": "it is needed", "after": "E3", "take": {"theirs": ["twin.txt"]}}
    )
    with integrated(stacked) as built:
        assert entry(built.store, str(built.integration.tip), "twin.txt")


def test_a_later_folder_of_the_same_name_is_kept(stacked: Wave) -> None:
    stacked.branch("E3", {"twin.txt/inside": "another thing\n"})
    with integrated(stacked) as built:
        assert entry(built.store, str(built.integration.tip), "twin.txt/inside")


def test_a_renamed_twin_is_put_to_people(stacked: Wave) -> None:
    stacked.switch("effort/E3", "effort/E1")
    (stacked.work / "twin.txt").rename(stacked.work / "brother.txt")
    stacked.save("effort/E3")
    stacked.plan_for("E3", parent="E1")
    with integrated(stacked) as built:
        assert built.integration.parked
        assert [(c.path, c.kind) for c in built.integration.parked[0].conflicts] == [("brother.txt", "rename/delete")]


def test_what_is_missing_is_added_in_one_commit(stacked: Wave) -> None:
    with integrated(stacked) as built:
        last = built.history.commits[-1]
        assert built.integration.merges[-1].commit == last.parents[0]
        assert last.message == (
            "Add demo and integration documents\n\n- demos/DEMO.md\n- demos/demo.sh\n\n"
            "Integration-Infrastructure: R291\n"
        )
        assert entries(built.store, last.id).keys() - entries(built.store, last.parents[0]).keys() == {
            "demos/DEMO.md",
            "demos/demo.sh",
        }


def test_what_a_branch_brings_is_left_as_it_is(stacked: Wave) -> None:
    stacked.branch("E3", {"demos/DEMO.md": "# The branch's own\n"})
    with integrated(stacked) as built:
        assert built.integration.infrastructure
        assert [file.path for file in built.integration.infrastructure.files] == ["demos/demo.sh"]
        document = entries(built.store, str(built.integration.tip))["demos/DEMO.md"]
        assert content(built.store, document.blob) == b"# The branch's own\n"


def test_nothing_is_added_where_the_branches_bring_all(stacked: Wave) -> None:
    stacked.branch("E3", {"demos/DEMO.md": "# Own\n", "demos/demo.sh": DEMO})
    with integrated(stacked) as built:
        assert built.integration.infrastructure is None
        assert built.integration.tip == built.integration.merges[-1].commit


def test_nothing_is_added_where_the_plan_creates_nothing(stacked: Wave) -> None:
    del stacked.document["demo"]["create"]
    with integrated(stacked) as built:
        assert built.integration.tip == built.integration.merges[-1].commit


@pytest.mark.parametrize(("mode", "kept"), [(0o600, "100644"), (0o755, "100755")])
def test_the_script_is_executable_and_the_others_are_as_on_disk(stacked: Wave, mode: int, kept: str) -> None:
    for file in (stacked.folder / "plans" / "infrastructure" / "demos").iterdir():
        file.chmod(mode)
    with integrated(stacked) as built:
        found = entries(built.store, str(built.integration.tip), ["demos/demo.sh", "demos/DEMO.md"])
    assert {path: file.mode for path, file in found.items()} == {
        "demos/demo.sh": "100755",
        "demos/DEMO.md": kept,
    }


def test_bytes_are_added_as_they_are(stacked: Wave) -> None:
    files = {"crlf.txt": b"1\r\n2\r\n", "binary": bytes(range(256)), "a b'\"$x.txt": b"no newline", "empty": b""}
    stacked.commit("effort/E1", {".gitattributes": "* text=auto eol=lf\n"})
    infrastructure(stacked, files)
    with integrated(stacked) as built:
        there = entries(built.store, str(built.integration.tip), files)
        assert {path: content(built.store, file.blob) for path, file in there.items()} == files


@pytest.mark.parametrize(("brought", "added"), [("demos", "demos/DEMO.md"), ("demos/demo.sh/inside", "demos/demo.sh")])
def test_a_file_that_the_branch_has_no_room_for_is_told(stacked: Wave, brought: str, added: str) -> None:
    stacked.branch("E3", {brought: "in the way\n"})
    with integrated(stacked) as built:
        assert built.integration.tip is None
        assert not built.integration.parked
        assert built.integration.problem == f"{added} (`demo.create`) cannot be added: the branches bring {brought}"


def test_the_plans_folder_may_be_a_work_tree(stacked: Wave) -> None:
    git(stacked.folder / "plans", "init", "--quiet")
    (stacked.folder / "plans" / ".gitattributes").write_text("* text eol=crlf\n")
    with integrated(stacked) as built:
        assert built.integration.infrastructure
        script = entries(built.store, str(built.integration.tip))["demos/demo.sh"]
        assert content(built.store, script.blob).decode() == DEMO
