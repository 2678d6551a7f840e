"""The workflow that proves plans every night: pinned, with no right to write, and run here step by step."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests_integration.selftests.running_plans import PLANS, copy_of_plans
from tests_integration.selftests.waves import Wave, three_branches

ROOT = PLANS.parent
TEXT = (ROOT / ".github" / "workflows" / "nightly.yml").read_text(encoding="utf-8")
WORKFLOW: dict[str, Any] = yaml.load(TEXT, Loader=yaml.BaseLoader)  # noqa: S506 - `on` stays a text
JOB: dict[str, Any] = WORKFLOW["jobs"]["integrate"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTALL = "python -m pip install"


class Night(NamedTuple):
    """What came of the steps of one night: exit code by name of the step, and all that was printed."""

    exits: dict[str, int]
    output: str


def night(folder: Path, **environment: str) -> Night:
    """Run the commands of the workflow in a folder, as a runner does: after a failure only `always()` is left."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    job = {name: value for name, value in JOB["env"].items() if "${{" not in value}
    given = {"PATH": path, "HOME": str(home)}
    exits: dict[str, int] = {}
    output = ""
    for step in JOB["steps"]:
        if "run" not in step or step["run"].startswith(INSTALL) or (any(exits.values()) and "if" not in step):
            continue
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=folder,
            env=given | job | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        exits[step["name"]] = done.returncode
        output += done.stdout.decode()
    return Night(exits, output)


@pytest.fixture(scope="module")
def waves(tmp_path_factory: pytest.TempPathFactory) -> Wave:
    """A folder with two plans: `wave` holds, `broken` does not build."""
    wave = three_branches(tmp_path_factory.mktemp("nights") / "wave")
    wave.write()
    wave.document |= {"build": [{"run": "echo base.txt:1: bad; exit 3"}], "project": "of-its-own"}
    wave.write("broken")
    return wave


@pytest.fixture(scope="module")
def nights(waves: Wave) -> tuple[Night, Night]:
    """Two nights of both plans; the second begins with what the first left, as a restored cache gives it."""
    summary = waves.folder / "summary"
    environment = {"PLANS": "plans", "UNTIL": "demo", "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    first = night(waves.folder, **environment)
    subprocess.run(["rm", "-r", "tonight", "started"], cwd=waves.folder, check=True)
    (waves.folder / "reports" / "gone").mkdir()
    (waves.folder / "reports" / "gone" / "record.json").write_text("{}")
    return first, night(waves.folder, **environment)


def test_every_action_is_pinned_by_its_commit_and_says_its_version() -> None:
    used = re.findall(r"uses: *(.*)", TEXT)
    assert len(used) == len([step for step in JOB["steps"] if "uses" in step]) == 7
    assert [line for line in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_it_may_only_read() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "permissions" not in JOB
    (checkout,) = (step for step in JOB["steps"] if step.get("uses", "").startswith("actions/checkout@"))
    assert checkout["with"]["persist-credentials"] == "false"


def test_no_command_holds_what_somebody_may_have_written() -> None:
    commands = [step["run"] for step in JOB["steps"] if "run" in step]
    assert len(commands) == 3
    assert [command for command in commands if "${{" in command] == []


def test_nights_follow_each_other_and_end() -> None:
    assert WORKFLOW["on"]["schedule"][0]["cron"]
    assert set(WORKFLOW["on"]["workflow_dispatch"]["inputs"]) == {"plans", "until"}
    assert WORKFLOW["concurrency"]["cancel-in-progress"] == "false"
    assert int(JOB["timeout-minutes"]) <= 360


def test_what_is_saved_is_what_is_restored() -> None:
    """GitHub finds a cache by its paths too, and only where they are the very same."""
    caches = [step for step in JOB["steps"] if step.get("uses", "").startswith("actions/cache/")]
    restored = [step["with"] for step in caches if "/restore@" in step["uses"]]
    saved = [step for step in caches if "/save@" in step["uses"]]
    assert [(one["path"], one["key"]) for one in restored] == [
        (one["with"]["path"], one["with"]["key"]) for one in saved
    ]
    assert all(one["key"].startswith(one["restore-keys"]) for one in restored)
    assert all(step["if"] == "always()" for step in saved)


def test_the_stores_and_the_homes_are_where_it_looks_for_them(waves: Wave, nights: tuple[Night, Night]) -> None:
    del nights
    paths = [step["with"]["path"] for step in JOB["steps"] if "cache/save@" in step.get("uses", "")]
    found = {line.rpartition("/")[2]: list(waves.folder.glob(line)) for path in paths for line in path.split()}
    assert [len(found[name]) for name in ("project-*", "stores", "store.git", "home", "reports")] == [1, 1, 2, 2, 1]
    kept = [*found["project-*"], *found["stores"]]
    assert sorted(store.resolve().parent for store in found["store.git"]) == sorted(kept)


def test_a_night_fails_with_the_summary(waves: Wave, nights: tuple[Night, Night]) -> None:
    for one in nights:
        assert [name for name, code in one.exits.items() if code] == ["Integrate and prove"]
        assert "\n::error file=" in one.output
    text = (waves.folder / "summary").read_text(encoding="utf-8")
    assert text.count("not integrated, the build fails: `echo".replace("`", "\\`")) == 2
    assert text.count("\n## ") + 1 == 4


def test_only_this_nights_records_are_kept_as_such(waves: Wave, nights: tuple[Night, Night]) -> None:
    del nights
    tonight = {str(file.relative_to(waves.folder / "tonight")) for file in (waves.folder / "tonight").rglob("*")}
    assert {"reports/junit.xml", "reports/wave/record.json", "reports/broken/logs/build-1.log"} <= tonight
    assert "reports/gone" not in tonight
    assert not any("history" in name for name in tonight)


def test_the_records_of_the_night_before_are_at_hand(waves: Wave, nights: tuple[Night, Night]) -> None:
    del nights
    for plan in ("wave", "broken"):
        (before,) = (waves.folder / "reports" / plan / "history").glob("*/record.json")
        now = json.loads((waves.folder / "reports" / plan / "record.json").read_text(encoding="utf-8"))
        assert json.loads(before.read_text(encoding="utf-8"))["started_at"] <= now["started_at"]


def test_the_job_has_no_secret() -> None:
    assert "secrets." not in TEXT
    assert "github.token" not in TEXT
    assert JOB["steps"][0]["with"]["persist-credentials"] == "false"


def test_a_night_without_records_keeps_none(tmp_path: Path) -> None:
    (tmp_path / "reports" / "wave").mkdir(parents=True)
    (tmp_path / "reports" / "wave" / "record.json").write_text('{"verdict": "SUCCESS"}')
    done = night(tmp_path, PLANS="no-such-folder", UNTIL="demo")
    assert done.exits["Integrate and prove"] == 4
    assert list((tmp_path / "tonight").iterdir()) == []


def test_the_sample_wave_is_proven(tmp_path: Path, go_cache: dict[str, str]) -> None:
    copy_of_plans(tmp_path)
    done = night(tmp_path, PLANS="plans/wave2.yaml", UNTIL="demo", **go_cache)
    assert not any(done.exits.values()), done.output
    assert (tmp_path / "tonight" / "reports" / "wave2" / "record.json").exists()


def gitlab_jobs() -> list[str]:
    """The job for GitLab, as the README gives it to copy."""
    return [fence for fence in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if "$CI_PIPELINE_SOURCE" in fence]


def test_the_job_for_gitlab_does_the_same() -> None:
    (text,) = gitlab_jobs()
    ((_, job),) = yaml.safe_load(text).items()
    assert any('"schedule"' in rule["if"] for rule in job["rules"])
    assert job["artifacts"]["when"] == job["cache"]["when"] == "always"
    assert {".pytest_cache/d/waveproof", "reports"} <= set(job["cache"]["paths"])
    assert job["variables"]["GIT_DEPTH"] == "0"
    assert job["artifacts"]["paths"] == ["tonight/reports"]
    assert job["artifacts"]["reports"]["junit"] == "tonight/reports/junit.xml"
    nightly = {step["name"]: step["run"].splitlines() for step in JOB["steps"] if "run" in step}
    proving = [line.replace('"$PLANS"', "plans").replace('"$UNTIL"', "demo") for line in nightly["Integrate and prove"]]
    assert job["script"][-2:] == proving
    assert job["after_script"] == nightly["Tell this night's records from earlier ones"]
