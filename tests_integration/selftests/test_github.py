"""In a job of GitHub Actions: failures at the plan's lines, the step's summary, and no command but the suite's own."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import Wave, three_branches

JOB = {"GITHUB_ACTIONS": "true", "CI": "true"}
COMMAND = re.compile(r"^\s*::(?P<name>[^ :]+)(?: (?P<properties>.*?))?::(?P<data>.*)$")
EVIL = (
    "::add-mask::a",
    "  ::error file=x::evil",
    "::set-env name=PATH::/evil",
    "##[add-path]/evil",
    "::stop-commands::x",
)


class Command(NamedTuple):
    """A workflow command as GitHub's runner reads it: name, properties, message."""

    name: str
    properties: Mapping[str, str]
    message: str


def commands(output: str) -> list[Command]:
    """What a runner does with a log: commands at the start of a line, none between `stop-commands` and its token."""
    found = []
    token = ""
    for line in output.split("\n"):
        command = _command(line)
        if token and command and command.name == token:
            token = ""
        elif command and not token:
            found.append(command)
            token = command.message if command.name == "stop-commands" else ""
    assert token == "", "commands are still stopped at the end of the step"
    return [command for command in found if command.name != "stop-commands"]


def _command(line: str) -> Command | None:
    legacy = re.search(r"##\[([^\] ]+)", line)
    if not (match := COMMAND.match(line)):
        return Command(legacy[1], {}, line) if legacy else None
    pairs = (pair.partition("=") for pair in (match["properties"] or "").split(",") if pair)
    properties = {name: _plain(value.replace("%3A", ":").replace("%2C", ",")) for name, _, value in pairs}
    return Command(match["name"], properties, _plain(match["data"]))


def _plain(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def job(wave: Wave, *arguments: str, name: str = "wave", **environment: str) -> Run:
    """Run a plan as a step of a job whose workspace is the wave's folder."""
    workspace = {"GITHUB_WORKSPACE": str(wave.folder)}
    return run(wave.folder, "--plan", str(wave.write(name)), *arguments, environment=JOB | workspace | environment)


def lines_of(done: Run, name: str = "wave") -> list[str]:
    """The lines of a plan's file."""
    return (done.folder / "plans" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()


def pointed_at(done: Run, command: Command) -> str:
    """What stands in the plan where an annotation points."""
    assert command.properties["file"] == "plans/wave.yaml"
    return lines_of(done)[int(command.properties["line"]) - 1][int(command.properties["col"]) - 1 :]


def test_a_branch_that_conflicts_is_told_at_its_line(stacked: Wave) -> None:
    stacked.branch("E3", {"one.txt": "three\n"})
    done = job(stacked)
    (error,) = commands(done.output)
    assert error.name == "error"
    assert error.properties["title"] == "wave: branch_merges [E3]"
    assert pointed_at(done, error) == "id: E3"
    assert error.message.startswith("E3 (origin/effort/E3) does not merge: add/add conflict in one.txt with E1\n\n")


def test_a_fix_a_rule_and_the_limit_are_told_at_their_lines(stacked: Wave) -> None:
    stacked.branch("E3", {"lock.txt": "3\n"}, parent="E1")
    stacked.branch("E4", {"lock.txt": "4\n"}, parent="E1")
    stacked.document["resolve"] = [
        {"paths": ["other.txt"], "take": "ours"},
        {"paths": ["lock.txt"], "take": "theirs", "in": ["E4"]},
    ]
    stacked.commit("effort/E2-split-002", {"twin.txt": None})
    done = job(stacked, "--until", "audit")
    titles = {error.properties["title"]: pointed_at(done, error) for error in commands(done.output)}
    assert titles == {"wave: rule_drops_only_what_it_may [rule-2]": "paths:"}


@pytest.mark.parametrize(
    ("change", "title", "place"),
    [
        ({"build": [{"run": "true"}, {"run": "exit 3"}]}, "build_passes [2]", "run: exit 3"),
        ({"test": [{"run": "exit 3"}]}, "test_passes [1]", "run: exit 3"),
        ({"base": "origin/nowhere"}, "source_is_found [base]", "base: origin/nowhere"),
        ({"integration": "taken"}, "branch_is_published [origin]", "publish:"),
    ],
    ids=["build", "test", "base", "publish"],
)
def test_other_entries_are_told_at_their_lines(
    stacked: Wave, change: Mapping[str, object], title: str, place: str
) -> None:
    stacked.commit("taken", {"taken.txt": "by somebody else"})
    stacked.document |= change
    done = job(stacked)
    errors = {error.properties["title"]: pointed_at(done, error) for error in commands(done.output)}
    assert errors == {f"wave: {title}": place}


def test_what_the_demo_does_not_show_is_told_at_its_line(stacked: Wave) -> None:
    stacked.document["demo"]["shows"] = ["shows one", "shows two"]
    done = job(stacked)
    (error,) = commands(done.output)
    assert error.properties["title"] == "wave: demo_shows [text-2]"
    assert pointed_at(done, error) == "shows two"


def test_a_rejected_plan_has_an_annotation_for_each_mistake(stacked: Wave) -> None:
    stacked.document["titel"] = "100%, really: yes"
    stacked.document["branches"][1]["parent"] = "E9"
    done = job(stacked)
    errors = commands(done.output)
    assert [error.message.partition(":")[0] for error in errors] == ["branches[1].parent", "titel"]
    assert pointed_at(done, errors[0]) == "E9"
    assert pointed_at(done, errors[1]).startswith("titel: ")
    assert done.exit == 1


def test_there_are_ten_at_most_and_the_last_counts_the_others(stacked: Wave) -> None:
    for n in range(30):
        stacked.plan_for(f"X{n}")
    done = job(stacked)
    errors = commands(done.output)
    assert len(errors) == 10
    assert errors[-1].message.startswith("21 more failures of wave, in its record: ")


def test_a_success_has_none(stacked: Wave) -> None:
    done = job(stacked)
    assert done.exit == 0
    assert commands(done.output) == []


def test_a_plan_outside_of_the_workspace_is_named_in_full(stacked: Wave, tmp_path: Path) -> None:
    stacked.document["base"] = "origin/nowhere"
    done = job(stacked, GITHUB_WORKSPACE=str(tmp_path / "elsewhere"))
    assert {error.properties["file"] for error in commands(done.output)} == {
        str(stacked.folder / "plans" / "wave.yaml")
    }


def test_a_file_of_any_name_arrives_as_it_is(tmp_path: Path) -> None:
    wave = three_branches(tmp_path / "100%25, a::b")
    wave.document["base"] = "origin/nowhere"
    done = job(wave, GITHUB_WORKSPACE=str(tmp_path))
    error = commands(done.output)[0]
    assert error.properties["file"] == "100%25, a::b/plans/wave.yaml"
    assert error.message.startswith("origin/nowhere: ")


def test_texts_with_percent_colon_comma_and_line_ends_arrive_as_they_are(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": "echo '100%25 %0A ::warning::x, y: z'; exit 3"}]
    (error,) = commands(job(stacked).output)
    assert "100%25 %0A ::warning::x, y: z" in error.message
    assert len(error.message.splitlines()) > 3


@pytest.mark.parametrize("how", [(), ("-v", "-rA"), ("-q",), ("-p", "xdist", "-n", "2")], ids=str)
def test_what_strangers_wrote_is_no_command(stacked: Wave, how: tuple[str, ...]) -> None:
    text = "\n".join(EVIL)
    stacked.commit("effort/E1", {"evil.txt": text}, message=text)
    stacked.branch("E3", {"evil.txt": f"{text}\nmore\n"}, title=EVIL[0])
    stacked.document["title"] = EVIL[3]
    done = job(stacked, *how)
    assert done.exit == 1
    assert any(line in done.output for line in EVIL[1:3])
    (error,) = commands(done.output)
    assert error.properties["title"] == "wave: branch_merges [E3]"


def test_a_log_is_no_command(stacked: Wave) -> None:
    stacked.document["build"] = [{"run": f"printf '%s\\n' '{EVIL[0]}' '{EVIL[3]}'; exit 3"}]
    done = job(stacked)
    assert f"    {EVIL[0]}" in done.output
    assert [error.name for error in commands(done.output)] == ["error"]


def test_a_listing_is_no_command(stacked: Wave) -> None:
    stacked.document["title"] = EVIL[3]
    done = job(stacked, "--collect-only")
    assert EVIL[3] in done.output
    assert commands(done.output) == []


def test_the_token_is_another_each_time(stacked: Wave) -> None:
    runs = [job(stacked, "--until", "plan") for _ in range(2)]
    tokens = [re.findall(r"^::stop-commands::(.*)$", done.output, re.MULTILINE) for done in runs]
    assert tokens[0] != tokens[1]
    assert all(re.fullmatch("[0-9a-f]{32}", token) for found in tokens for token in found)


def test_elsewhere_nothing_of_it_is_printed(stacked: Wave) -> None:
    stacked.document["base"] = "origin/nowhere"
    done = run(stacked.folder, "--plan", str(stacked.write()), environment={"GITHUB_ACTIONS": "false"})
    assert "::" not in done.output.replace("test_merge.py::", "")


def test_the_summary_is_appended_for_each_plan(tmp_path: Path) -> None:
    wave = three_branches(tmp_path / "wave")
    wave.write("one")
    wave.document["base"] = "origin/nowhere"
    wave.write("two")
    summary = tmp_path / "summary"
    summary.write_text("before\n")
    done = run(wave.folder, "--plan", "plans", environment={"GITHUB_STEP_SUMMARY": str(summary)})
    own = [(done.folder / "reports" / name / "summary.md").read_text(encoding="utf-8") for name in ("one", "two")]
    assert summary.read_text(encoding="utf-8") == f"before\n{own[0]}\n{own[1]}\n"


def test_a_refused_attempt_is_in_the_summary(stacked: Wave, tmp_path: Path) -> None:
    stacked.document["build"] = [{"run": "exit 3"}]
    job(stacked)
    job(stacked, GITHUB_STEP_SUMMARY=str(tmp_path / "summary"))
    text = (tmp_path / "summary").read_text(encoding="utf-8")
    assert "**attempt_may_start**: attempt 1 ended with BUILD\\_GATE\\_FAILURE at " in text
    assert "What to do: Repair what made the last attempt fail" in text


@pytest.mark.parametrize("kind", ["folder", "missing folder", "full"])
def test_a_summary_that_cannot_be_written_is_told_and_changes_no_verdict(
    stacked: Wave, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "no" / "summary" if kind == "missing folder" else tmp_path / "summary"
    if kind == "folder":
        file.mkdir()
    if kind == "full":
        file.write_bytes(b"x" * ((1 << 20) - 100))
    done = job(stacked, GITHUB_STEP_SUMMARY=str(file))
    assert done.exit == 0
    assert re.search(r"\nthe summary of wave (cannot be appended to|is not in) GITHUB_STEP_SUMMARY", done.output)
    assert "Traceback" not in done.output
    assert kind != "full" or file.stat().st_size < 1 << 20
