"""Variables of plans: where they are put in, what is told where they are missing, and that their values do nothing."""

import re
from pathlib import Path

import pytest

from tests_integration.engine.sources import Remotes
from tests_integration.plan.load import Given, give
from tests_integration.plan.variables import Variables
from tests_integration.repository.git import scrubbed_environment
from tests_integration.repository.store import open_store
from tests_integration.selftests import good_plans
from tests_integration.selftests.running_plans import PLANS, run
from tests_integration.selftests.waves import Wave
from tests_integration.writing import text

TOKEN = "t0p/s3cr@t:token #1"  # noqa: S105 - it opens nothing
URL = "https://${TOKEN}@example.org/${TEAM:-team}.git"


def given(folder: Path, old: str, new: str, *options: str, **environment: str) -> Given:
    """The good plan with an edit, read with these variables."""
    assert good_plans.PLAN.count(old) == 1
    file = folder / "mine.yaml"
    file.write_text(good_plans.PLAN.replace(old, new), encoding="utf-8")
    return give(file, variables=Variables(options, environment))


def url(found: Given) -> str:
    """Where `origin` is then."""
    assert found.plan, found.refusal
    return str(found.plan.remotes["origin"].url)


def test_a_value_is_that_of_the_command_line_then_the_environment_then_the_default(tmp_path: Path) -> None:
    for options, environment, told in (
        (["WHERE=../one.git"], {"WHERE": "../two.git"}, "../one.git"),
        ([], {"WHERE": "../two.git"}, "../two.git"),
        (["WHERE="], {"WHERE": ""}, "../three.git"),
        ([], {}, "../three.git"),
    ):
        assert url(given(tmp_path, "../origin.git", "${WHERE:-../three.git}", *options, **environment)) == told


def test_variables_are_put_in_wherever_they_may_stand(tmp_path: Path) -> None:
    old, new = "base: origin/main\n", "attempt: ${NUMBER}\nbase: origin/main\n"
    assert (plan := given(tmp_path, old, new, NUMBER="3").plan)
    assert plan.attempt == 3
    new = "{remote: '${A}${B}', healed: '${HEALED:-true}'}"
    assert (plan := given(tmp_path, "publish:\n  remote: origin\n", f"publish: {new}", A="ori", B="gin").plan)
    assert plan.publish
    assert (plan.publish.remote, plan.publish.healed) == ("origin", True)


def test_elsewhere_it_is_text(tmp_path: Path) -> None:
    found = given(tmp_path, "- run: make\n", "- run: echo ${HOME} ${X:-y}\n", HOME="/home", X="x")
    assert found.plan
    assert found.plan.build[0].run == "echo ${HOME} ${X:-y}"
    found = given(tmp_path, "title: Selftest Wave", "title: How ${X} is read", X="x")
    assert found.plan
    assert found.plan.title == "How ${X} is read"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "../origin.git",
            "../${GONE}.git",
            (
                "5:11: remotes.origin: needs the variable GONE, which is not set, or empty: set it in the environment"
                " or with --set GONE=VALUE, or give it a default, ${GONE:-default}"
            ),
        ),
        (
            "  remote: origin",
            "  remote: ${A-b}",
            "30:11: publish.remote: '${A-b}' holds '${' and no variable: those are ${NAME} and ${NAME:-default}",
        ),
        (
            "../origin.git",
            "../${LINES}.git",
            (
                "5:11: remotes.origin: the variable LINES holds a line break, or what cannot be printed, or over 4096"
                " characters"
            ),
        ),
        (
            "version: 1",
            "version: 1\nproject: of-${A}",
            ("2:10: project: holds ${A}, and no variable is put in here: only in `remotes`, `publish` and `attempt`"),
        ),
        (
            "version: 1",
            "version: 1\nrepository: ../${A:-x}",
            (
                "2:13: repository: holds ${A:-x}, and no variable is put in here: only in `remotes`, `publish` and"
                " `attempt`"
            ),
        ),
        ("version: 1", "version: 1\nattempt: ${SECRET}", "2:10: attempt: must be a whole number, not '${SECRET}'"),
        ("  remote: origin", "  remote: ${SECRET}", "30:11: publish.remote: '${SECRET}' is not among the remotes"),
    ],
)
def test_mistakes_have_their_place_and_hold_no_value(tmp_path: Path, old: str, new: str, told: str) -> None:
    found = given(tmp_path, old, new, A="two", EMPTY="", LINES="a\nb", SECRET=TOKEN)
    (line,) = found.refusal.splitlines()
    assert line.startswith(f"{tmp_path}/mine.yaml:{told}")
    assert "s3cr" not in line


@pytest.mark.parametrize(
    "value", ["${OTHER}", "$OTHER", "x: {y: z}", "[1]\\n- 2", "*alias", "!!python/name:os.system", "'", '"', "a # b"]
)
def test_values_do_nothing(tmp_path: Path, value: str) -> None:
    assert url(given(tmp_path, "../origin.git", "./${WHERE}", WHERE=value, OTHER="acts")) == f"./{value}"


def test_a_secret_stays_one_whatever_it_holds(tmp_path: Path) -> None:
    found = given(tmp_path, "../origin.git", URL, TOKEN=TOKEN)
    assert url(found) == "https://t0p%2Fs3cr%40t:token%20%231@example.org/team.git"
    assert found.plan
    assert found.document
    assert TOKEN not in repr(found) + repr(Variables([f"TOKEN={TOKEN}"]))
    assert "s3cr" not in repr(found.document) + repr(found.plan)
    with scrubbed_environment(), open_store(tmp_path / "store.git") as store:
        assert TOKEN.partition(":")[2] in Remotes(found.plan, store).secrets()
    again = text(found, found.document, tmp_path / "elsewhere" / "mine.yaml")
    assert f"origin: {URL}" in again
    assert "s3cr" not in again


def test_the_digest_is_of_what_the_values_do_and_of_no_secret(tmp_path: Path) -> None:
    digests = [
        found.plan.digest
        for found in (
            given(tmp_path, "../origin.git", URL, TOKEN=TOKEN),
            given(tmp_path, "../origin.git", URL, TOKEN=TOKEN[::-1], TEAM="team"),
            given(tmp_path, "../origin.git", "https://example.org/team.git"),
            given(tmp_path, "../origin.git", URL, TOKEN=TOKEN, TEAM="others"),
        )
        if found.plan
    ]
    assert len(digests) == 4
    assert digests[0] == digests[1] == digests[2] != digests[3]


@pytest.fixture
def wave(tmp_path: Path) -> Wave:
    """A plan that takes its remote from the command line, and a token, which it lets its commands see."""
    wave = Wave(tmp_path / "wave")
    wave.branch("E1", {"one.txt": "one\n"})
    wave.document["remotes"] = {"origin": "${WHERE}", "other": URL}
    wave.document["attempt"] = "${ATTEMPT:-2}"
    wave.document["pass_environment"] = ["TOKEN"]
    wave.document["build"] = [{"run": 'echo "it is $TOKEN, ${TOKEN}" ${WHERE:-nowhere}'}]
    wave.write()
    return wave


def test_a_run_tells_names_and_no_secret(wave: Wave) -> None:
    token = f"t0ps3cr3t{len(TOKEN)}token"
    arguments = ("--plan", "plans/wave.yaml", "--set", "WHERE=../origin.git", "-p", "xdist", "-n", "2")
    done = run(wave.folder, *arguments, environment={"TOKEN": token})
    assert done.exit == 0, done.output
    record = done.record("wave")
    assert record["plan"]["attempt"] == 2
    (remarks,) = (one["remarks"] for one in record["criteria"] if one["criterion"] == "plan_is_sound")
    assert remarks == [
        "the variable ATTEMPT is taken from its default",
        "the variable TEAM is taken from its default",
        "the variable TOKEN is taken from the environment",
        "the variable WHERE is taken from the command line (--set)",
    ]
    log = (wave.folder / "reports" / "wave" / "logs" / "build-1.log").read_text(encoding="utf-8")
    assert "it is [secret], [secret] nowhere" in log
    left = [file for file in (wave.folder / "reports").rglob("*") if file.is_file()]
    assert left
    assert not [file for file in left if token.encode() in file.read_bytes()]
    assert token not in done.output


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--set", "WERE=x"], "--set WERE: no plan takes a variable of this name; did you mean 'WHERE'?"),
        (["--set", "secret"], "--set: is not of the form NAME=VALUE; a name has letters, digits and '_'"),
    ],
)
def test_what_cannot_be_set_is_told(wave: Wave, options: list[str], told: str) -> None:
    wave.document["remotes"] = {"origin": "${WHERE:-../origin.git}"}
    wave.write()
    done = run(wave.folder, "--plan", "plans/wave.yaml", "--until", "plan", *options)
    assert done.exit == 4
    assert told in done.output
    assert "--set needs --plan" in run(wave.folder, "--set", "A=b").output


DOCUMENT = """# Integration Plan - Wave 1 - Attempt #${NUMBER:-4}
Date: 2026-01-01T00:00:00Z
Base Branch: origin/main
Integration Branch: wave-1
Build: `echo ${NUMBER}`
Test: `true --test`
Demo Script: `demos/demo.sh`
Demo Document: `demos/DEMO.md`

## Branches to Merge
1. E1: One
   - Source: ${EFFORTS:-../efforts}/one
   - Branch: effort/one
   - Parent: base

```yaml plan
remotes: {origin: "%s", mirror: ../mirror.git}
publish: {remote: "${WHERE:-mirror}"}
```
"""


def documented(folder: Path, old: str = "", new: str = "", *options: str, **environment: str) -> Given:
    """The document with an edit, read with these variables."""
    file = folder / "document.md"
    file.write_text((DOCUMENT % URL).replace(old, new) if old else DOCUMENT % URL, encoding="utf-8")
    return give(file, variables=Variables(options, environment))


def test_documents_take_variables_by_the_same_rules(tmp_path: Path) -> None:
    found = documented(tmp_path, "", "", "WHERE=origin", TOKEN=TOKEN, EFFORTS="https://x:s3cret@example.org")
    assert found.plan, found.refusal
    assert found.document
    assert (found.plan.attempt, found.plan.publish and found.plan.publish.remote) == (4, "origin")
    assert {name: str(one.url) for name, one in found.plan.remotes.items()} == {
        "E1": "https://x:s3cret@example.org/one",
        "origin": "https://t0p%2Fs3cr%40t:token%20%231@example.org/team.git",
        "mirror": "../mirror.git",
    }
    assert (found.plan.title, found.plan.build[0].run) == ("Wave 1", "echo ${NUMBER}")
    assert "the variable WHERE is taken from the command line (--set)" in found.document.remarks
    again = text(found, found.document, tmp_path / "elsewhere" / "mine.yaml")
    assert "s3cr" not in again + repr(found)
    for line in (
        f"origin: {URL}",
        "attempt: ${NUMBER:-4}",
        "E1: ${EFFORTS:-../efforts}/one",
        "remote: ${WHERE:-mirror}",
    ):
        assert line in again


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("${NUMBER:-4}", "${GONE}", "1:1: attempt: needs the variable GONE, which is not set, or empty"),
        ("Attempt #${NUMBER:-4}", "\nAttempt: ${A-4}", "2:1: attempt: '${A-4}' is no number"),
        ("Date", "Attempt: 5\nDate", "2:1: attempt: says 5, and the heading in line 1 says ${NUMBER:-4}"),
        ("Date", "Phase: ${A}\nDate", "2:1: phase: holds ${A}, and no variable is put in here: only in `remotes`"),
        ("{WHERE:-mirror}", "{TOKEN}", "18:19: publish.remote: '${TOKEN}' is not among the remotes"),
        ("${EFFORTS:-../efforts}/one", "${GONE}/one", "12:1: remotes.E1: needs the variable GONE, which is not set"),
    ],
)
def test_mistakes_of_documents_have_their_place_and_hold_no_value(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    found = documented(tmp_path, old, new, A="two", TOKEN=TOKEN)
    assert f"document.md:{told}" in found.refusal
    assert "s3cr" not in found.refusal


def test_a_lock_holds_variables_and_not_their_values(wave: Wave) -> None:
    wave.document["remotes"]["third"] = {"url": "../${THIRD:-x}.git"}
    wave.write()
    arguments = ("--plan", "plans/wave.yaml", "--until", "merge", "--set", "TOKEN=t0ps3cr3t")
    first = run(wave.folder, *arguments, "--set", "WHERE=../origin.git", "--lock")
    assert first.exit == 0, first.output
    others = ("--set", f"WHERE={wave.origin}", "--set", "ATTEMPT=7", "--set", "THIRD=y")
    again = run(wave.folder, *arguments, *others)
    assert again.exit == 0, again.output
    assert "plan_is_as_locked[lock]" in again.outcomes("wave")["passed"]
    record = again.record("wave")
    assert record["plan"]["attempt"] == 7
    assert record["plan"]["variables"] == {
        "/attempt": "${ATTEMPT:-2}",
        "/remotes/origin/url": "${WHERE}",
        "/remotes/other/url": "https://example.org/${TEAM:-team}.git",
        "/remotes/third/url": "../${THIRD:-x}.git",
    }
    audit = run(
        wave.folder, "--record", "reports/wave/record.json", "--repository", "origin.git", "--reports", "audited"
    )
    assert audit.exit == 0, audit.output
    wave.document["attempt"] = "${ATTEMPT:-3}"
    wave.write()
    changed = run(wave.folder, *arguments, *others)
    assert "plan_is_as_locked[lock]" in changed.outcomes("wave")["failed"]


def test_shards_take_the_variables_of_all_plans(wave: Wave) -> None:
    wave.write("one")
    wave.document["remotes"] = {"origin": "../origin.git"}
    wave.write("two")
    arguments = ("--plan", "plans", "--until", "plan", "--set", "WHERE=../origin.git", "--set", "TOKEN=t0ps3cr3t")
    for share, name in (("1/2", "one"), ("2/2", "two")):
        done = run(wave.folder, *arguments, "--shard", share, "--reports", f"reports/{name}")
        assert (done.exit, done.record(f"{name}/{name}")["verdict"]) == (0, "INCOMPLETE"), done.output
        left = [file for file in (wave.folder / "reports").rglob("*") if file.is_file()]
        assert not [file for file in left if b"t0ps3cr3t" in file.read_bytes()]
    told = "--set WERE: no plan takes a variable of this name; did you mean 'WHERE'?"
    for share in ("1/2", "2/2"):
        done = run(wave.folder, *arguments, "--set", "WERE=x", "--shard", share)
        assert (done.exit, told in done.output) == (4, True), done.output


def test_the_readme_has_variables_that_are_put_in(tmp_path: Path) -> None:
    (line,) = re.findall(r"^remotes: .*\$\{.*$", (PLANS.parent / "README.md").read_text("utf-8"), re.MULTILINE)
    found = given(tmp_path, "remotes:\n  origin: ../origin.git\n", f"{line}\n", TOKEN="ab" + "c")
    assert url(found) == "https://abc@example.org/team/project.git"
