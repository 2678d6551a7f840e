"""What git cannot merge: each file, and the kind of its conflict."""

from collections.abc import Mapping

import pytest

from tests_integration.facts import Integration, Parked
from tests_integration.selftests.waves import Wave, git, integrated

Files = Mapping[str, str | bytes | None]


def stopped(wave: Wave) -> Parked:
    """Why the wave cannot be integrated."""
    with integrated(wave) as built:
        assert built.integration.tip is None
        assert built.integration.parked
        return built.integration.parked[0]


def kinds(wave: Wave) -> dict[str, str]:
    """The files in conflict and the kinds of conflict."""
    return {conflict.path: conflict.kind for conflict in stopped(wave).conflicts}


@pytest.mark.parametrize(
    ("base", "one", "two", "wanted"),
    [
        ({"f": "1\n"}, {"f": "one\n"}, {"f": "two\n"}, {"f": "content"}),
        ({"f": "1\n"}, {"f": None}, {"f": "two\n"}, {"f": "modify/delete"}),
        ({"f": "1\n"}, {"f": "one\n"}, {"f": None}, {"f": "modify/delete"}),
        ({}, {"f": "one\n"}, {"f": "two\n"}, {"f": "add/add"}),
        ({"f": b"\0001"}, {"f": b"\0one"}, {"f": b"\0two"}, {"f": "binary"}),
        ({}, {"f": "one\n"}, {"f/g": "two\n"}, {"f": "file/directory"}),
        ({}, {"f/g": "one\n"}, {"f": "two\n"}, {"f": "file/directory"}),
        (
            {"f": "1\n2\n3\n"},
            {"f": None, "g": "1\n2\n3\n"},
            {"f": None, "h": "1\n2\n3\n"},
            {"f": "rename/rename", "g": "rename/rename", "h": "rename/rename"},
        ),
        ({"f": "1\n2\n3\n"}, {"f": None, "g": "1\n2\n3\n"}, {"f": None}, {"g": "rename/delete"}),
    ],
    ids=[
        "content", "deleted-first", "deleted-second", "add-add", "binary", "file-first", "directory-first",
        "rename-rename", "rename-delete",
    ],
)  # fmt: skip
def test_a_conflict_is_told_with_its_kind(
    wave: Wave, base: Files, one: Files, two: Files, wanted: dict[str, str]
) -> None:
    wave.commit("main", base)
    wave.branch("E1", one)
    wave.branch("E2", two)
    assert kinds(wave) == wanted


def test_a_link_against_a_file_is_told_with_its_kind(wave: Wave) -> None:
    wave.branch("E1", {"f": "one\n"})
    wave.switch("effort/E2", "main")
    (wave.work / "f").symlink_to("base.txt")
    wave.save("effort/E2")
    wave.plan_for("E2")
    assert kinds(wave) == {"f": "distinct types"}


def test_the_same_file_added_with_another_mode_is_a_conflict(wave: Wave) -> None:
    wave.branch("E1", {"f": "same\n"})
    wave.switch("effort/E2", "main")
    (wave.work / "f").write_text("same\n")
    (wave.work / "f").chmod(0o755)
    wave.save("effort/E2")
    wave.plan_for("E2")
    assert kinds(wave) == {"f": "add/add"}


def test_the_branch_and_each_file_are_named(wave: Wave) -> None:
    wave.commit("main", {"gone.txt": "1\n"})
    wave.branch("E1", {"shared.txt": "one\n", "gone.txt": None})
    wave.branch("E2", {"shared.txt": "two\n", "gone.txt": "two\n"})
    head, *paragraphs = stopped(wave).problem.split("\n\n")
    assert head == (
        "E2 (origin/effort/E2) does not merge: modify/delete conflict in gone.txt with E1 and in 1 more file"
    )
    assert [paragraph.partition(":")[0] for paragraph in paragraphs] == [
        "gone.txt (modify/delete)",
        "shared.txt (content)",
        "Or settle it on the branch of E2",
    ]


def test_what_merges_beside_the_conflict_stays_on_the_record(wave: Wave) -> None:
    wave.branch("E1", {"f": "one\n"})
    wave.branch("E2", {"f": "two\n"})
    wave.branch("E3", {"three.txt": "three\n"})
    with integrated(wave) as built:
        assert built.integration.parked
        assert built.integration.parked[0].branch == "E2"
        assert [merge.branch for merge in built.integration.merges] == ["E1", "E3"]


def test_names_beyond_ascii_are_told_as_they_are(wave: Wave) -> None:
    name = b"a b\xe9\xc3\xa9.txt".decode(errors="surrogateescape")
    wave.branch("E1", {name: "one\n", "tab\t": "one\n"})
    wave.branch("E2", {name: "two\n", "tab\t": "two\n"})
    assert list(kinds(wave)) == [r"a b\xe9é.txt", r"tab\t"]


def test_unrelated_histories_are_told(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    git(wave.work, "switch", "--quiet", "--orphan", "effort/E2")
    wave.save("effort/E2")
    wave.plan_for("E2")
    assert stopped(wave) == Parked(
        branch="E2", problem="git cannot merge it: fatal: refusing to merge unrelated histories"
    )


def test_a_branch_without_commits_of_its_own_is_told(wave: Wave) -> None:
    wave.commit("effort/E1", {}, parent="main")
    git(wave.origin, "update-ref", "refs/heads/effort/E1", "refs/heads/main")
    wave.plan_for("E1")
    assert stopped(wave).problem == (
        "E1 (origin/effort/E1) is where the integration stands already; there is nothing to merge"
    )


def test_a_missing_base_is_told(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.document["base"] = "origin/mian"
    with integrated(wave) as built:
        assert built.integration == Integration(
            base=None,
            problem=(
                "the base is missing: there is no branch 'mian' on the remote 'origin' "
                f"({wave.origin}); did you mean 'main'?"
            ),
        )


def test_a_missing_branch_is_left_out(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.plan_for("E2")
    wave.branch("E3", {"three.txt": "three\n"})
    with integrated(wave) as built:
        assert [merge.branch for merge in built.integration.merges] == ["E1", "E3"]
        assert built.integration.parked == (Parked(branch="E2", problem=built.sources["E2"].problem),)


def test_settings_in_the_tree_settle_nothing(wave: Wave) -> None:
    wave.commit("main", {".gitattributes": "*.txt merge=union\n"})
    wave.branch("E1", {"shared.txt": "1\n2\n3\n4\n5\none\n"})
    wave.branch("E2", {"shared.txt": "1\n2\n3\n4\n5\ntwo\n"})
    assert kinds(wave) == {"shared.txt": "content"}
