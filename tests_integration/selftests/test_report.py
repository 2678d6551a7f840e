"""The report, as a reviewer sees it."""

import re
import uuid
from pathlib import Path

import pytest

from tests_integration.selftests.browser import look
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import three_branches

HOSTILE = "<script>document.title='owned'</script>\"'><img src=x onerror=\"document.title='owned'\">{{ 7*7 }}</style>"
WIDTHS = (360, 768, 1280)


@pytest.fixture(scope="module")
def green(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that succeeds."""
    wave = three_branches(tmp_path_factory.mktemp("green"))
    return run(wave.folder, "--plan", str(wave.write()))


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose build fails, with hostile texts wherever a plan or a command can put one."""
    wave = three_branches(tmp_path_factory.mktemp("red"))
    wave.document["title"] = HOSTILE
    wave.document["branches"][0] |= {"title": HOSTILE, "contains": HOSTILE}
    wave.document["fixes"][0] |= {"problem": HOSTILE, "proven": HOSTILE}
    shown = 'printf "%s\\n" "$HOSTILE" "</pre></details><script>document.title=1</script>"'
    wave.document["build"] = [{"run": shown + '; printf "\\033[31m\\202\\0"; exit 3'}]
    wave.document["environment"] = {"HOSTILE": HOSTILE}
    return run(wave.folder, "--plan", str(wave.write()))


@pytest.fixture(scope="module")
def parked(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run in which E3 and E6 conflict, and E5 depends on E3."""
    wave = three_branches(tmp_path_factory.mktemp("parked") / "wave")
    wave.branch("E3", {"one.txt": "three\n", "two.txt": "a rather long line: " + "three " * 30})
    wave.branch("E5", {"five.txt": "five\n"}, parent="E3")
    wave.branch("E6", {"one.txt": "six\n"})
    return run(wave.folder, "--plan", str(wave.write()))


def page(run: Run) -> Path:
    """The run's report."""
    return run.folder / "reports" / "wave" / "report.html"


def test_every_fact_is_there_without_scripts(green: Run) -> None:
    (seen,) = look(page(green), {"width": 1280, "scripts": False})
    record = green.record("wave")
    facts = [record["sentence"], record["verdict"], record["base"], record["tip"], record["branch"]]
    facts += [record["publication"]["ref"], "BUG-1, inside the merge of E1", "-twin", "the demo shows one"]
    for merge in record["merges"]:
        facts += [merge["branch"], merge["from"], merge["tip"][:12], merge["commit"][:12]]
    facts += [f"{command['stage']} {command['run']}" for command in record["commands"]]
    facts += [command["sha256"] for command in record["commands"] if command["stage"] == "demo"]
    assert [fact for fact in facts if fact not in seen["text"]] == []


def test_a_failure_is_explained_on_the_first_screen_without_scripts(red: Run) -> None:
    (seen,) = look(page(red), {"width": 1280, "scripts": False})
    top = seen["text"][:3000]
    assert "BUILD_GATE_FAILURE" in top
    assert "What needs attention" in top
    assert "exited 3" in top


def test_a_conflict_is_explained_to_the_last_line(parked: Run) -> None:
    (seen,) = look(page(parked), {"width": 360, "scripts": False})
    messages = [fact["message"] for fact in parked.record("wave")["criteria"] if fact["outcome"] == "failed"]
    lines = [line for message in messages for line in message.splitlines()]
    assert len(messages) == 2
    assert [line for line in lines if line not in seen["text"]] == []
    assert "with E3" in seen["text"]


def test_a_phone_shows_the_page_in_its_own_width(green: Run) -> None:
    text = page(green).read_text(encoding="utf-8")
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text


def test_the_report_stays_in_its_width(green: Run, red: Run, parked: Run) -> None:
    for report in (page(green), page(red), page(parked)):
        for seen in look(
            report, *({"width": width, "scripts": scripts} for width in WIDTHS for scripts in (True, False))
        ):
            assert seen["sideways"] <= 0, seen["width"]


def test_hostile_texts_are_shown_and_never_run(red: Run) -> None:
    for seen in look(page(red), {"width": 1280, "scripts": True}, {"width": 1280, "scripts": False}):
        assert "owned" not in seen["title"].replace(HOSTILE, "")
        assert seen["title"] != "1"
        assert HOSTILE in seen["text"]
        assert "{{ 7*7 }}" in seen["text"]


def test_colours_follow_the_readers_system(green: Run) -> None:
    (light,) = look(page(green), {"width": 1280, "scripts": True})
    (dark,) = look(page(green), {"width": 1280, "scripts": True}, dark=True)
    assert _brightness(light["background"]) - _brightness(light["ink"]) > 150
    assert _brightness(dark["ink"]) - _brightness(dark["background"]) > 150


def test_the_report_is_self_contained(green: Run) -> None:
    text = page(green).read_text(encoding="utf-8")
    links = re.findall(r"""(?:src|href)=["'](https?:[^"']*)""", text)
    assert set(links) <= {"https://pypi.python.org/pypi/pytest-html"}
    assert "@import" not in text


def test_nothing_of_the_callers_environment_is_shown(tmp_path: Path) -> None:
    wave = three_branches(tmp_path)
    token = uuid.uuid4().hex
    surroundings = {
        "CI": "true",
        "GITHUB_TOKEN": token,
        "GIT_URL": f"https://user:{token}@example.org/x.git",
        "JENKINS_URL": "x",
    }
    ran = run(wave.folder, "--plan", str(wave.write()), environment=surroundings)
    assert ran.exit == 0
    assert token not in ran.output
    for file in (wave.folder / "reports").rglob("*"):
        assert not file.is_file() or token.encode() not in file.read_bytes()


def _brightness(colour: str) -> int:
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return (red * 299 + green * 587 + blue * 114) // 1000
