"""`replay.sh` makes the same commit id with nothing but git."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests_integration.plan.load import Given
from tests_integration.record.gather import gather
from tests_integration.record.ledger import PlanLedger
from tests_integration.record.model import Record
from tests_integration.record.write import REPLAY, write_forms
from tests_integration.repository.replay import replay
from tests_integration.selftests.test_same_tip import CONFIG, VARIABLES
from tests_integration.selftests.waves import Built, Wave, every_kind_of_fix, git, integrated

ODD = "$HOME `id` \\ \"double\" 'single' !x %s # & * größe"


def record_of(built: Built) -> Record:
    """The record of an integration."""
    ledger = PlanLedger([])
    ledger.note("integration", built.integration)
    given = Given(built.plan.file, built.plan.name, built.plan)
    return gather(given, ledger, (), environment={}, started_at="2025-10-06T04:20:05Z", seconds=1, metadata={})


def script_of(wave: Wave, built: Built) -> Path:
    """The replay script of an integration, alone in a folder."""
    write_forms(wave.folder / "reports", built.plan, record_of(built))
    folder = wave.folder / "alone"
    folder.mkdir(exist_ok=True)
    return Path(shutil.copy(wave.folder / "reports" / REPLAY, folder / REPLAY))


def run(script: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a scratch folder as a stranger would."""
    scratch = script.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    env = {"PATH": os.environ["PATH"], "HOME": str(scratch), "TMPDIR": str(scratch), **environment}
    return subprocess.run(["bash", str(script), *arguments], cwd=scratch, env=env, capture_output=True, text=True)  # noqa: PLW1510


def fix(wave: Wave, after: str, **what: Any) -> None:
    """Add a known fix to the plan."""
    fixes = wave.document.setdefault("fixes", [])
    fixes.append({"id": f"FIX-{len(fixes) + 1}", "problem": ODD, "after": after, **what})


def assert_same(wave: Wave) -> None:
    """The replay, in the store, ends with the recorded tip."""
    with integrated(wave) as built:
        assert built.integration.tip, built.integration.parked
        result = replay(built.store, script_of(wave, built))
        assert result.tip == built.integration.tip, result.output


def test_every_kind_of_fix(tmp_path: Path) -> None:
    assert_same(every_kind_of_fix(tmp_path / "wave"))


def test_a_stranger_replays_from_the_remote_alone(tmp_path: Path) -> None:
    wave = every_kind_of_fix(tmp_path / "wave")
    with integrated(wave) as built:
        done = run(script_of(wave, built), str(wave.origin))
        assert (done.returncode, done.stdout.split()[-1]) == (0, built.integration.tip)


def test_a_stranger_replays_from_a_url(tmp_path: Path) -> None:
    wave = every_kind_of_fix(tmp_path / "wave")
    with integrated(wave) as built:
        done = run(script_of(wave, built), wave.origin.as_uri())
        assert (done.returncode, done.stdout.split()[-1]) == (0, built.integration.tip)


def test_a_strangers_settings_and_variables_change_nothing(tmp_path: Path) -> None:
    wave = every_kind_of_fix(tmp_path / "wave")
    scratch = wave.folder / "alone" / "scratch"
    scratch.mkdir(parents=True)
    (scratch / ".gitconfig").write_text(CONFIG.format(home=scratch))
    with integrated(wave) as built:
        done = run(script_of(wave, built), str(wave.origin), XDG_CONFIG_HOME=str(scratch), TZ="Asia/Tokyo", **VARIABLES)
        assert (done.returncode, done.stdout.split()[-1]) == (0, built.integration.tip)


def test_the_repository_is_not_changed(tmp_path: Path) -> None:
    wave = every_kind_of_fix(tmp_path / "wave")
    with integrated(wave) as built:
        before = git(wave.origin, "for-each-ref")
        run(script_of(wave, built), str(wave.origin))
        assert git(wave.origin, "for-each-ref") == before


@pytest.mark.parametrize("side", ["ours", "theirs"])
@pytest.mark.parametrize(
    ("one", "two"),
    [("one\n", "two\n"), (None, "two\n"), ("one\n", None)],
    ids=["content", "deleted-before", "deleted-by-the-branch"],
)
def test_a_conflict_settled_by_taking_a_side(wave: Wave, side: str, one: str | None, two: str | None) -> None:
    wave.branch("E1", {"shared.txt": one})
    wave.branch("E2", {"shared.txt": two})
    fix(wave, "E2", take={side: ["shared.txt"]})
    assert_same(wave)


@pytest.mark.parametrize(("one", "two"), [("one\n", "two\n"), (None, "two\n")], ids=["content", "modify-delete"])
def test_a_conflict_settled_by_deleting(wave: Wave, one: str | None, two: str) -> None:
    wave.branch("E1", {"shared.txt": one})
    wave.branch("E2", {"shared.txt": two})
    fix(wave, "E2", delete=["shared.txt"])
    assert_same(wave)


def test_a_file_kept_deleted_through_a_conflict(wave: Wave) -> None:
    wave.branch("E1", {"twin.txt": "twin\n"})
    wave.branch("E2", {"twin.txt": "changed\n"}, parent="E1")
    fix(wave, "E1", delete=["twin.txt"])
    assert_same(wave)


def test_a_file_deleted_by_one_fix_and_brought_back_by_a_later_one(wave: Wave) -> None:
    wave.branch("E1", {"twin.txt": "twin\n"})
    wave.branch("E2", {"twin.txt": "the good one\n"})
    fix(wave, "E1", delete=["twin.txt"])
    fix(wave, "E2", take={"theirs": ["twin.txt"]})
    assert_same(wave)


def contained(wave: Wave) -> None:
    """E2 holds E1 and is merged before it."""
    wave.branch("E1", {"one.txt": "one\n"})
    wave.branch("E2", {"two.txt": "two\n"}, parent="E1")
    wave.document["branches"].reverse()
    wave.document["branches"][0]["parent"] = "base"


def test_a_branch_that_an_earlier_one_contains(wave: Wave) -> None:
    contained(wave)
    assert_same(wave)


def test_a_fix_in_the_merge_of_a_branch_that_an_earlier_one_contains(wave: Wave) -> None:
    contained(wave)
    fix(wave, "E1", delete=["one.txt"])
    assert_same(wave)


def test_a_fix_that_undoes_all_that_a_branch_brings(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    fix(wave, "E1", delete=["one.txt"])
    assert_same(wave)


def test_odd_texts_in_the_plan(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"}, title=ODD, contains=f"{ODD}\n\n# first\n   EOF\n- second\n")
    wave.document |= {"title": ODD, "author": f"Zoë {ODD} <zoe@example.org>", "integration": "wave'$HOME`id`\"&;|"}
    assert_same(wave)


@pytest.mark.parametrize("name", ["Jr.", "Acme, Inc.", "'Quoted'", "dot . dot"])
def test_authors_whose_names_git_trims(wave: Wave, name: str) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    wave.document["author"] = f"{name} <author@example.org>"
    assert_same(wave)


def test_odd_names_of_files(wave: Wave) -> None:
    names = [ODD.replace("\\", ""), "a b/c'd.txt", '"quoted".txt', ":(top)x", ":!x", "*.txt", "-dash", "größe.txt"]
    wave.branch("E1", dict.fromkeys([*names, "kept.txt", "x"], "one\n"))
    wave.branch("E2", dict.fromkeys(names, "two\n"))
    fix(wave, "E1", delete=names[:4])
    fix(wave, "E2", take={"ours": names[4:6], "theirs": names[6:]})
    assert_same(wave)


def test_infrastructure_of_any_kind(wave: Wave) -> None:
    wave.branch("E1", {".gitignore": "*\n!.gitignore\n"})
    files = {
        "text.txt": b"text\n",
        "crlf.txt": b"1\r\n2\r\n",
        "binary": bytes(range(256)) * 9,
        "empty": b"",
        "no-newline": b"no newline",
        "heredoc.sh": b"cat <<'END'\nEND\nEND1\n$HOME `id` \\\n",
        "latin-1.txt": b"caf\xe9\n",
        f"deep/{ODD.replace(chr(92), '')}/file": b"deep\n",
        "-dash": b"dash\n",
    }
    for name, data in files.items():
        file = wave.folder / "plans" / "infrastructure" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    assert_same(wave)


def test_a_patch_of_lines_that_end_in_spaces_and_returns(wave: Wave) -> None:
    wave.branch("E1", {"crlf.txt": b"1\r\n2 \r\n3\r\n"})
    patch = b"--- a/crlf.txt\n+++ b/crlf.txt\n@@ -1,3 +1,3 @@\n 1\r\n-2 \r\n+two \t \r\n 3\r\n"
    (wave.folder / "plans" / "bug.patch").write_bytes(patch)
    fix(wave, "E1", patch="bug.patch")
    assert_same(wave)


def test_attributes_in_the_tree(wave: Wave) -> None:
    wave.commit("main", {"crlf.txt": b"1\r\n2\r\n3\r\n", "a.md": "$Id: made up $\n", "b.bin": b"\0"})
    wave.switch("effort/E1")
    (wave.work / ".gitattributes").write_text("*.txt text eol=crlf merge=union\n*.md ident\n*.bin filter=lfs -text\n")
    git(wave.work, "add", ".gitattributes")
    git(wave.work, "commit", "--quiet", "--message", "Attributes")
    git(wave.work, "push", "--quiet", str(wave.origin), "effort/E1")
    wave.plan_for("E1")
    wave.branch("E2", {"crlf.txt": b"1\r\ntwo\r\n3\r\n", "a.md": "$Id: made up $\nmore\n", "two.txt": "two\n"})
    (wave.folder / "plans" / "infrastructure" / "crlf-too.txt").write_bytes(b"1\r\n")
    fix(wave, "E2", delete=["two.txt"])
    assert_same(wave)


def test_a_missing_commit_is_told(stacked: Wave) -> None:
    with integrated(stacked) as built:
        script = script_of(stacked, built)
        empty = stacked.folder / "other.git"
        git(stacked.folder, "init", "--quiet", "--bare", str(empty))
        done = run(script, str(empty))
        assert done.returncode == 1
        assert f"{empty} has no commit {built.integration.base}; fetch it there first" in done.stderr.splitlines()


def test_a_missing_repository_is_told(stacked: Wave) -> None:
    with integrated(stacked) as built:
        script = script_of(stacked, built)
    assert "repository '/nowhere' does not exist" in run(script, "/nowhere").stderr
    assert "usage: bash replay.sh REPOSITORY" in run(script).stderr


def test_another_commit_than_the_recorded_one_is_told(stacked: Wave) -> None:
    with integrated(stacked) as built:
        script = script_of(stacked, built)
        tip = str(built.integration.tip)
    script.write_text(script.read_text().replace("GIT_AUTHOR_NAME=waveproof", "GIT_AUTHOR_NAME=somebody"))
    done = run(script, str(stacked.origin))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"this is another commit than the recorded {tip}"


def test_no_script_is_left_of_an_unfinished_branch(stacked: Wave) -> None:
    with integrated(stacked) as built:
        script_of(stacked, built)
    stacked.document["fixes"][0]["delete"] = ["nowhere.txt"]
    with integrated(stacked) as built:
        write_forms(stacked.folder / "reports", built.plan, record_of(built))
    assert not (stacked.folder / "reports" / REPLAY).exists()
