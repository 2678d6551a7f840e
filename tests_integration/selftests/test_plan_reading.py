"""What a plan without mistakes means."""

from pathlib import Path

import pytest

from tests_integration import bounded
from tests_integration.plan.load import load
from tests_integration.plan.mistakes import PlanRejectedError
from tests_integration.plan.model import Located, Plan, locate
from tests_integration.plan.parts import Branch, Publish
from tests_integration.selftests.good_plans import EVERY_KEY, PLAN

DIGITS = "1234567890123456789012345678901234567890"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files" / "demos").mkdir(parents=True)
    (tmp_path / "files" / "demos" / "demo.sh").write_text("true\n", encoding="utf-8")
    (tmp_path / "file.txt").write_text("a patch\n", encoding="utf-8")
    return tmp_path


def read(folder: Path, text: str | bytes, name: str = "wave") -> Plan:
    file = folder / f"{name}.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(file)


def branch(folder: Path, keys: str) -> Branch:
    return read(folder, PLAN.replace("    parent: E1\n", f"    {keys}\n")).branches[1]


@pytest.mark.parametrize(
    "text", ["1.10", "no", "on", "~a", "12:30", "0x1F", "1e3", "2025-10-06", "0777", "null ", ".inf", DIGITS]
)
def test_a_text_stays_as_it_is_written(text: str, folder: Path) -> None:
    plan = read(folder, f"{PLAN}phase: {text}\nenvironment: {{A: {text}}}\n")
    assert plan.phase == text.strip()
    assert plan.environment == {"A": text.strip()}


def test_a_commit_id_of_digits_stays_a_commit_id(folder: Path) -> None:
    assert branch(folder, f"commit: {DIGITS}").commit == DIGITS


def test_an_id_of_digits_stays_an_id(folder: Path) -> None:
    plan = read(
        folder,
        PLAN.replace("id: E1", "id: 1.10").replace("parent: E1", "parent: 1.10").replace("after: E1", "after: 1.10"),
    )
    assert plan.branches[0].id == "1.10"
    assert plan.branches[1].parent == ("1.10",)


def test_what_is_left_out_has_its_default(folder: Path) -> None:
    plan = read(folder, PLAN)
    assert (plan.attempt, plan.author) == (1, "waveproof <waveproof@invalid>")
    assert (plan.limits.changed_lines, plan.limits.attempts, plan.limits.hours) == (50, 5, 4)
    assert (plan.metadata.file, plan.metadata.at) == (None, "")
    assert plan.branches[0].parent == ("base",)
    assert (plan.test[0].timeout, plan.demo.timeout) == (600, 300)
    assert (plan.infrastructure, plan.environment, plan.pass_environment) == ({}, {}, ())


def test_every_key_is_read(folder: Path) -> None:
    plan = read(folder, EVERY_KEY)
    assert (plan.build[0].timeout, plan.demo.timeout) == (60, 7200)
    assert plan.date.isoformat() == "2025-10-06T04:20:05+00:00"
    assert [fix.action for fix in plan.fixes] == [
        "delete twin.txt",
        "take ours of go.mod, theirs of go.sum",
        "apply file.txt",
    ]
    assert plan.fixes_of(plan.branches[1]) == plan.fixes[1:]
    assert plan.remotes["effort-E2"].url == "https://example.org/e2.git"
    assert plan.remotes["origin"].path == "../origin.git"
    assert plan.infrastructure == {"demos/demo.sh": plan.folder / "files" / "demos" / "demo.sh"}
    assert (plan.limits.changed_lines, plan.limits.attempts, plan.limits.hours) == (10, 6, 7)
    assert [rule.action for rule in plan.resolve] == ["union of go.sum, docs/**", "theirs of *.md"]
    assert [(rule.merges, rule.drops) for rule in plan.resolve] == [((), False), (("E2b",), True)]
    assert plan.limits.unportable_paths == ("aux.*",)
    assert plan.publish == Publish(remote="origin", notes=True, healed=True)


def test_no_note_is_wanted_without_a_word(folder: Path) -> None:
    assert read(folder, PLAN).publish == Publish(remote="origin", notes=False, healed=False)


@pytest.mark.parametrize(
    ("name", "effort", "split"),
    [
        ("E1.2.2-split-001", "E1.2.2", 1),
        ("E1.2.2-split-12", "E1.2.2", 12),
        ("a-split-1-split-2", "a-split-1", 2),
        ("E2", "E2", 0),
        ("E2-split-", "E2-split-", 0),
        ("E2-split-1a", "E2-split-1a", 0),
        ("E2-SPLIT-1", "E2-SPLIT-1", 0),
    ],
)
def test_effort_and_split_are_read_from_the_id(name: str, effort: str, split: int, folder: Path) -> None:
    plan = read(folder, PLAN.replace("id: E2", f"id: {name}"))
    assert (plan.branches[1].effort, plan.branches[1].split) == (effort, split)


def test_effort_and_split_that_are_given_win_over_the_id(folder: Path) -> None:
    plan = read(folder, PLAN.replace("id: E2", "id: E2-split-001\n    effort: E7\n    split: 3"))
    assert (plan.branches[1].effort, plan.branches[1].split) == ("E7", 3)


@pytest.mark.parametrize(
    ("parent", "parents"), [("E1", ("E1",)), ("[E1]", ("E1",)), ("[base, E1]", ("base", "E1")), ("base", ("base",))]
)
def test_a_parent_is_a_text_or_a_list(parent: str, parents: tuple[str, ...], folder: Path) -> None:
    assert branch(folder, f"parent: {parent}").parent == parents


@pytest.mark.parametrize("ending", ["\r\n", "\n\n", "  # said\n"], ids=["CRLF", "empty lines", "comments"])
def test_line_ends_and_comments_change_nothing(ending: str, folder: Path) -> None:
    assert read(folder, PLAN.replace("\n", ending)) == read(folder, PLAN)


def test_a_byte_order_mark_changes_nothing(folder: Path) -> None:
    assert read(folder, b"\xef\xbb\xbf" + PLAN.encode()) == read(folder, PLAN)


def test_columns_are_counted_after_the_byte_order_mark(folder: Path) -> None:
    with pytest.raises(PlanRejectedError, match=r"wave\.yaml:1:10: version: must be 1, not '2'"):
        read(folder, b"\xef\xbb\xbf" + PLAN.replace("version: 1", "version: 2").encode())


def test_a_folded_text_is_one_line(folder: Path) -> None:
    assert read(folder, PLAN.replace("title: Selftest Wave", "title: >\n  Selftest\n  Wave\n")).title == "Selftest Wave"


@pytest.mark.parametrize(
    "quoted", ["'Selftest Wave'", '"Selftest\\x20Wave"', '"Selftest \\\n  Wave"', "! Selftest Wave"]
)
def test_a_quoted_text_is_the_text(quoted: str, folder: Path) -> None:
    assert read(folder, PLAN.replace("Selftest Wave", quoted)).title == "Selftest Wave"


def test_a_command_keeps_its_lines(folder: Path) -> None:
    plan = read(folder, PLAN.replace("run: make test", "run: |\n      cd src\n      make test\n"))
    assert plan.test[0].run == "cd src\nmake test\n"


def test_the_digest_knows_neither_layout_nor_order_of_keys_nor_name(folder: Path) -> None:
    said = read(folder, PLAN).digest
    moved = PLAN.replace("    id: E1", "").replace("version: 1\n", "") + "version: '1'\n# the end\n"
    assert read(folder, moved, "other").digest == said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Every Key", "Every Keys"),
        ("attempt: 3", "attempt: 4"),
        ("04:20:05Z", "04:20:06Z"),
        ("delete: [twin.txt]", "delete: [twins.txt]"),
        ("parent: [base, E1]", "parent: [E1, base]"),
        ("run: make test", "run: make  test"),
        ("timeout: 2h", "timeout: 3h"),
        ('CGO_ENABLED: "0"', 'CGO_ENABLED: "1"'),
        ("hours: 7", "hours: 8"),
        ("https://example.org/e2.git", "https://example.org/e3.git"),
    ],
)
def test_the_digest_changes_with_every_value(old: str, new: str, folder: Path) -> None:
    assert read(folder, EVERY_KEY.replace(old, new)).digest != read(folder, EVERY_KEY).digest


@pytest.mark.parametrize("name", ["file.txt", "files/demos/demo.sh", "files/new.txt"])
def test_the_digest_changes_with_the_files_that_the_plan_takes_in(name: str, folder: Path) -> None:
    said = read(folder, EVERY_KEY).digest
    (folder / name).write_text("something else\n", encoding="utf-8")
    assert read(folder, EVERY_KEY).digest != said


def test_the_digest_knows_the_name_of_a_file_taken_in(folder: Path) -> None:
    said = read(folder, EVERY_KEY).digest
    (folder / "files" / "demos" / "demo.sh").rename(folder / "files" / "demos" / "other.sh")
    assert read(folder, EVERY_KEY).digest != said


def test_the_digest_does_not_change_with_other_files(folder: Path) -> None:
    said = read(folder, EVERY_KEY).digest
    (folder / "notes.txt").write_text("beside the plan\n", encoding="utf-8")
    assert read(folder, EVERY_KEY).digest == said


@pytest.mark.parametrize(
    ("source", "located"),
    [
        ("origin/main", Located("origin", "main")),
        ("origin/a/b", Located("origin", "a/b")),
        ("team/fork/main", Located("team/fork", "main")),
        ("team/other/main", Located("team", "other/main")),
        ("originals/main", Located("originals", "main")),
        ("origi/main", None),
        ("origin", None),
        ("./main", None),
    ],
)
def test_a_source_belongs_to_the_longest_remote_that_it_begins_with(source: str, located: Located | None) -> None:
    assert locate(source, frozenset({"origin", "originals", "team", "team/fork"})) == located


def test_what_a_fix_deletes_is_gone_from_its_branch_on(folder: Path) -> None:
    plan = read(folder, PLAN.replace("after: E1", "after: E2") + "")
    assert [plan.gone_after(branch) for branch in plan.branches] == [frozenset(), {"twin.txt"}]


def test_what_an_earlier_fix_deleted_stays_gone(folder: Path) -> None:
    second = "    delete: [twin.txt]\n  - {id: BUG-2, problem: p, after: E2, delete: [a, b]}\n"
    plan = read(folder, PLAN.replace("    delete: [twin.txt]\n", second))
    assert [plan.gone_after(branch) for branch in plan.branches] == [{"twin.txt"}, {"twin.txt", "a", "b"}]


def test_the_heading_is_title_and_attempt(folder: Path) -> None:
    assert read(folder, EVERY_KEY).heading == "Every Key, attempt 3"


def test_the_plan_is_named_after_its_file(folder: Path) -> None:
    assert read(folder, PLAN, "wave2.b").name == "wave2.b"


@pytest.mark.parametrize("size", [0, 5, 1 << 20])
def test_a_file_is_read_whole_also_where_it_does_not_say_how_large_it_is(size: int, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * size)
    silent = Path("/proc/self/environ")  # says that it is empty
    assert bounded.content(file, bounded.PLAN) == b"x" * size
    assert silent.stat().st_size == 0
    assert bounded.content(silent, bounded.PLAN) == silent.read_bytes() != b""
    with pytest.raises(OSError, match="is larger than"):
        bounded.content(silent, 1)
