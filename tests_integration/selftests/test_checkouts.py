"""Gates in a checkout: where they stop, what they changed there, and that they reach no further."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests_integration.engine.commands import environment
from tests_integration.engine.gates import run_gate
from tests_integration.facts import Gate
from tests_integration.repository.checkout import check_out
from tests_integration.selftests.rooms import room_in
from tests_integration.selftests.waves import Wave, integrated

BuildOf = Callable[..., Gate]


@pytest.fixture
def build(stacked: Wave) -> BuildOf:
    """Runs lines as the plan's build, in a checkout of the finished branch."""

    def _build(*lines: str) -> Gate:
        stacked.document["build"] = [{"run": line, "timeout": "60s"} for line in lines]
        with integrated(stacked) as built:
            tip = str(built.integration.tip)
            room = room_in(stacked.folder, tip, store=Path(built.store.git_dir))
            check_out(built.store, tip, built.plan.integration, room.checkout)
            variables = environment(built.plan, room.cell, os.environ)
            return run_gate("build", built.plan, built.store, room, variables, lambda _run, _seconds, _line: None)

    return _build


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_the_checkout_is_the_branch_and_nothing_else(stacked: Wave, build: BuildOf) -> None:
    assert build("git status --porcelain --branch --ignored > ~/status; git log -1 --format=%H > ~/tip").changed == ()
    with integrated(stacked) as built:
        tip = built.integration.tip
    assert (stacked.folder / "home" / "status").read_text() == "## wave-integration\n"
    assert (stacked.folder / "home" / "tip").read_text() == f"{tip}\n"


def test_what_lay_in_the_checkout_before_is_gone(stacked: Wave, build: BuildOf) -> None:
    build("mkdir cache; touch cache/object; echo changed > base.txt; chmod a-w cache")
    assert build("test ! -e cache", "grep -x base base.txt").commands[-1].passed
    assert stacked.folder.is_dir()


def test_a_gate_stops_at_the_first_command_that_fails(build: BuildOf) -> None:
    gate = build("true", "exit 3", "touch after")
    assert [(command.run, command.exit) for command in gate.commands] == [("true", 0), ("exit 3", 3)]
    assert [command.log for command in gate.commands] == ["logs/build-1.log", "logs/build-2.log"]


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("echo changed > base.txt", ("base.txt",)),
        ("rm one.txt; chmod +x base.txt", ("base.txt", "one.txt")),
        ("rm base.txt; ln -s one.txt base.txt", ("base.txt",)),
        ("rm base.txt; mkdir base.txt", ("base.txt",)),
        ("mv demos elsewhere", ("demos/DEMO.md", "demos/demo.sh")),
        ("touch new.txt; mkdir cache; touch cache/object; echo more >> new.txt", ()),
        ("cp base.txt copy; cat copy > base.txt; touch base.txt", ()),
    ],
)
def test_changed_files_that_git_tracks_are_named_and_others_are_not(
    build: BuildOf, line: str, changed: tuple[str, ...]
) -> None:
    assert build(line).changed == changed


@pytest.mark.parametrize(
    "line",
    [
        "git commit --quiet --all --message x",
        "git update-index --assume-unchanged base.txt",
        "git update-index --skip-worktree base.txt",
        "git config core.fileMode false; git config core.worktree /; git config core.ignoreStat true",
        "echo '* -diff filter=x' > .git/info/attributes; git config filter.x.clean 'echo base'",
        "rm -rf .git",
        "rm -rf .git; git init --quiet",
    ],
    ids=["commit", "assume-unchanged", "skip-worktree", "config", "filter", "no-repository", "new-repository"],
)
def test_what_a_command_does_to_the_checkouts_repository_hides_nothing(build: BuildOf, line: str) -> None:
    names = "export GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x"
    gate = build(f"{names}; echo changed > base.txt; {line}")
    assert gate.commands[0].passed
    assert gate.changed == ("base.txt",)


def test_the_store_is_out_of_the_commands_reach(stacked: Wave, build: BuildOf) -> None:
    with integrated(stacked):
        pass
    store = stacked.folder / "wave-store.git"
    before = hashes(store)
    build(
        "git config core.bare true; git config --unset core.bare; git config user.name x; git config user.email x@x",
        "echo x > new; git add new; git commit --quiet --message x; git tag x; git update-ref refs/x HEAD",
        "git repack -adq; git reflog expire --all --expire=now; git gc --quiet --prune=now",
    )
    assert hashes(store) == before


def test_a_checkout_that_a_command_removes_is_told(build: BuildOf) -> None:
    gate = build('cd; rm -rf --one-file-system "$OLDPWD"', "echo after")
    assert not gate.commands[-1].passed
    assert "base.txt" in gate.changed


def test_names_of_any_kind_are_checked_out_and_judged(stacked: Wave, build: BuildOf) -> None:
    name = b"a 'b\"\xe9.txt".decode(errors="surrogateescape")
    stacked.branch("E3", {name: "1\n", "größe.txt": "2\n"})
    gate = build('for file in a*; do echo changed > "$file"; done; rm größe.txt')
    assert gate.changed == ("a 'b\"\\xe9.txt", "größe.txt")


def test_line_ends_that_the_tree_asks_for_are_no_change(stacked: Wave, build: BuildOf) -> None:
    stacked.branch("E3", {".gitattributes": "*.txt text eol=crlf\n"})
    gate = build("grep -q $'\\r' base.txt")
    assert gate.commands[0].passed
    assert gate.changed == ()
