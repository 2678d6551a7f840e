"""Every plan line that an explanation offers settles its conflict when it is pasted: audited, and replayed."""

import re
from pathlib import Path

import pytest

from tests_integration import learn
from tests_integration.plan.offer import by_depth
from tests_integration.repository.replay import replay
from tests_integration.selftests.conflict_kinds import KINDS, LONG, of_files
from tests_integration.selftests.given_back import back
from tests_integration.selftests.pasting import TextWave, explanation, offered, paste
from tests_integration.selftests.test_replay import script_of
from tests_integration.selftests.waves import Built, Wave, failures, git, integrated

SIDES, TEXTS = ("ours", "theirs", "delete"), ("ours", "theirs", "union", "delete", "recorded")
OFFERED = dict.fromkeys(KINDS, SIDES) | {
    "content": TEXTS,
    "add-add": TEXTS,
    "deleted-first": SIDES[:2],
    "deleted-second": SIDES[:2],
    "rename-to-one": ("ours", "theirs", "delete", "recorded"),
    "rename-delete": SIDES[:2],
    "delete-rename": SIDES[:2],
    "delete-rename-with-content": SIDES[:2],
    "renamed-first": TEXTS,
    "renamed-second": TEXTS,
    "rename-add": TEXTS,
    "file-first": SIDES[:2],
    "folder-first": SIDES[:2],
    "file-to-folder": SIDES[:2],
    "folder-to-file": SIDES[:2],
    "rename-to-one-with-content": TEXTS[:4],
    "rename-add-with-content": TEXTS[:4],
    "rename-file-against-folder": SIDES[:2],
    "directory-renamed": SIDES[:2],
    "directory-renamed-later": SIDES[:2],
    "directory-split": SIDES[1:2],
}
CASES = [(kind, take) for kind, takes in OFFERED.items() for take in takes]


def assert_integrated(wave: Wave) -> None:
    """The wave is integrated, the audit finds nothing, no rule is unused, and the replay ends with the same tip."""
    with integrated(wave) as built:
        assert not built.integration.parked, built.integration.parked[0].problem
        assert_sound(wave, built)


def assert_sound(wave: Wave, built: Built) -> None:
    remarks: list[str] = []
    tip = str(built.integration.tip)
    assert failures(built, tip, remark=remarks.append) == {}
    assert not [remark for remark in remarks if "unused" in remark]
    again = replay(built.store, script_of(wave, built))
    assert again.tip == tip, again.output
    assert back(built, tip).why == ""


def learned_by_hand(wave: Wave) -> None:
    """A person merges the branches, settles the conflict, pushes the branch; the plan learns it."""
    git(wave.work, "switch", "--quiet", "--create", "by-hand", "main")
    git(wave.work, "merge", "--quiet", "--no-ff", "--no-edit", "effort/E1")
    git(wave.work, "merge", "--quiet", "--no-ff", "--no-edit", "effort/E2", fails=True)
    for name in git(wave.work, "diff", "--name-only", "--diff-filter=U", "-z").split("\0")[:-1]:
        file = wave.work / name
        lines = [line for line in file.read_text().splitlines() if line[0] not in "<=>"]
        file.write_text("\n".join([*lines, "by hand", ""]))
    wave.save("by-hand")
    assert learn.main([str(wave.write()), "origin/by-hand"]) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_possible_choice_is_offered(kind: str, tmp_path: Path) -> None:
    lines = offered(explanation(TextWave(tmp_path / "wave", KINDS[kind])))
    assert {tuple(of_file) for of_file in lines.values()} == {OFFERED[kind]}


def branches_that_lose(text: str) -> set[str]:
    return set(re.findall(r"(?:lines?|content|bit) of (the base|E1|E2)", text))


@pytest.mark.parametrize(("kind", "take"), CASES, ids=[f"{kind}-{take}" for kind, take in CASES])
def test_what_is_offered_settles_the_conflict_and_drops_what_it_says(kind: str, take: str, tmp_path: Path) -> None:
    wave = TextWave(tmp_path / "wave", KINDS[kind])
    pasted = paste(wave, take)
    if take == "recorded":
        learned_by_hand(wave)
    assert_integrated(wave)
    if ", drops: true" in wave.text:
        wave.text = wave.text.replace(", drops: true", "")
        assert_failing(wave, "".join(line for lines in pasted.values() for line in lines[take].split("#")[1:]))


def assert_failing(wave: Wave, told: str) -> None:
    """One criterion fails, and what it says is lost is of the branches of which the remark has told it."""
    with integrated(wave) as built:
        found = failures(built, str(built.integration.tip))
    assert {name.partition("[")[0] for name in found} == {"rule_drops_only_what_it_may"}
    assert branches_that_lose("".join(found.values())) == branches_that_lose(told)


@pytest.mark.parametrize(("take", "path", "text"), [("ours", "g", "one"), ("theirs", "h", "two")])
def test_a_side_is_the_branchs_own_file_where_git_offers_one_with_markers(
    take: str, path: str, text: str, tmp_path: Path
) -> None:
    wave = TextWave(tmp_path / "wave", KINDS["rename-rename-with-content"])
    paste(wave, take)
    with integrated(wave) as built:
        assert git(Path(built.store.git_dir), "show", f"{built.integration.tip}:{path}").split()[3] == text


def test_a_side_is_the_branchs_own_file_where_a_renamed_one_meets_one_that_was_added(wave: Wave) -> None:
    one, two = (LONG.replace("4", word) for word in ("one", "two"))
    of_files({"f": LONG}, {"f": None, "a": one}, {"f": None, "b": two, "a": "new\n"})(wave)
    wave.document["resolve"] = [{"paths": ["*"], "take": "ours", "drops": True}]
    with integrated(wave) as built:
        assert built.integration.merges[1].conflicts[0].kind == "add/add"
        assert git(Path(built.store.git_dir), "show", f"{built.integration.tip}:a") == one.strip()


@pytest.mark.parametrize(("kind", "take", "loser"), [("file-first", "ours", "E2"), ("folder-first", "theirs", "E1")])
def test_a_folder_that_a_file_takes_the_place_of_is_a_loss(kind: str, take: str, loser: str, tmp_path: Path) -> None:
    wave = TextWave(tmp_path / "wave", KINDS[kind])
    wave.paste(f"- {{paths: [f], take: {take}}}")
    with integrated(wave) as built:
        (message,) = failures(built, str(built.integration.tip)).values()
    assert re.search(rf"^  f/g, in the merge of E2 \(.*\): 1 line of {loser}: ", message, re.MULTILINE)


INNER = LONG.upper() + "a\nb\nc\nd\ne\n"


@pytest.mark.parametrize("takes", [("theirs", "ours"), ("union", "theirs"), ("ours", "theirs")])
def test_the_line_of_a_file_stands_below_those_for_what_is_in_a_folder_of_its_name(
    takes: tuple[str, str], tmp_path: Path
) -> None:
    base, one = {"f": "f\n" * 3, "h": INNER}, {"f": "f\n" * 3 + "one\n", "h": INNER.replace("c", "one")}
    two = {"f": None, "h": None, "f/h": INNER.replace("c", "two")}
    wave = TextWave(tmp_path / "wave", of_files(base, one, two))
    lines = offered(explanation(wave))
    assert list(lines) == ["f/h", "f"]
    assert "below a rule for f/h, which it would settle too" in lines["f"][takes[1]]
    assert "below" not in "".join(lines["f/h"].values())
    wave.paste(*(of_file[take] for of_file, take in zip(lines.values(), takes, strict=True)))
    assert_integrated(wave)


def test_rules_for_what_is_in_a_folder_go_before_the_one_for_its_name() -> None:
    assert by_depth(["f", "g/h", "f/x/y", "f/x"], str) == [["f/x/y"], ["g/h", "f/x"], ["f"]]
    assert by_depth(["g", "f-g/h", "f", "a/b"], str) == [["g", "f-g/h", "f", "a/b"]]
