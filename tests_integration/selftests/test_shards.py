"""Plans split over jobs: every plan is run by one of them, and what they leave becomes one list again."""

import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests_integration import shards
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.test_index import Page
from tests_integration.selftests.waves import Wave

NAMES = ["conflict", "mistake", "one", "two"]


def rows(reports: Path) -> dict[str, str]:
    """The list of plans: name and verdict."""
    page = (reports / "index.html").read_text(encoding="utf-8")
    words = re.findall(r'<p class="word"><span aria-hidden="true">.</span> (\w[\w ]*)</p>', page)
    return dict(zip(Page(reports).names, words, strict=True))


def verdicts(reports: Path) -> dict[str, str]:
    """The records: name and verdict."""
    return {file.parent.name: json.loads(file.read_bytes())["verdict"] for file in reports.glob("*/record.json")}


@pytest.fixture
def plans(wave: Wave) -> Wave:
    """Four plans: two are good, one meets a conflict, one has a mistake."""
    wave.branch("E1", {"shared.txt": "one\n"})
    wave.write("one")
    wave.write("two")
    wave.branch("E2", {"shared.txt": "two\n"})
    wave.write("conflict")
    wave.document["colour"] = "blue"
    wave.write("mistake")
    return wave


def job(wave: Wave, share: str, reports: str, *arguments: str) -> Run:
    """One job with its share of the plans, and a report folder of its own."""
    given = ("--plan", "plans", "--until", "merge", "--shard", share, "--reports", reports)
    return run(wave.folder, *given, *arguments)


@given(st.dictionaries(st.text("abc", min_size=1), st.floats(0, 1000)), st.integers(1, 9))
def test_every_plan_is_in_one_share_and_none_is_much_longer(seconds: dict[str, float], count: int) -> None:
    shares = shards.split(seconds, count)
    loads = sorted(sum(seconds[name] for name in share) for share in shares)
    assert sorted(name for share in shares for name in share) == sorted(seconds)
    assert len(shares) == count
    assert loads[-1] - loads[0] <= max(seconds.values(), default=0) + 1e-6
    assert shares == shards.split(dict(reversed(seconds.items())), count)


def test_plans_are_balanced_by_how_long_they_took_the_last_time(tmp_path: Path, recorded: dict[str, object]) -> None:
    for name, seconds, interrupted in (("a", 60, ""), ("b", 30, ""), ("c", 20, ""), ("d", 1, "build")):
        (tmp_path / name).mkdir()
        text = json.dumps(recorded | {"seconds": seconds, "interrupted": interrupted})
        (tmp_path / name / "record.json").write_text(text, encoding="utf-8")
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "record.json").write_text("torn", encoding="utf-8")
    names = ["a", "b", "c", "d", "e"]
    assert shards.seconds({name: tmp_path / name for name in names}) == {"a": 60, "b": 30, "c": 20, "d": 30, "e": 30}
    assert shards.choose(names, (1, 2), tmp_path, verified=False).split == (("a", "e"), ("b", "c", "d"))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The record of a run."""
    wave = Wave(tmp_path_factory.mktemp("recorded") / "wave")
    wave.branch("E1", {"one.txt": "one\n"})
    return run(wave.folder, "--plan", str(wave.write()), "--until", "plan").record("wave")


def test_two_jobs_come_to_the_same_list_as_one(plans: Wave) -> None:
    whole = run(plans.folder, "--plan", "plans", "--until", "merge", "--reports", "whole")
    jobs = [job(plans, f"{n}/2", f"job-{n}") for n in (1, 2)]
    put_together = shards.main([str(plans.folder / name) for name in ("reports", "job-1", "job-2")])
    reports = plans.folder / "reports"
    shares = [set(verdicts(plans.folder / f"job-{n}")) for n in (1, 2)]
    assert put_together == 0
    assert shares[0] | shares[1] == set(NAMES)
    assert [len(share) for share in shares] == [2, 2]
    assert "shard 1/2: 2 of 4 plans: " in jobs[0].output
    assert rows(reports) == rows(plans.folder / "whole")
    assert verdicts(reports) == verdicts(plans.folder / "whole")
    assert set(verdicts(reports).values()) == {"INCOMPLETE", "MERGE_FAILED", "PLAN_REJECTED"}
    assert (whole.exit, max(one.exit for one in jobs)) == (1, 1)
    assert list(reports.glob("shard-*")) == []


def test_a_plan_that_no_job_ran_is_not_green_by_the_night_before(
    plans: Wave, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("conflict", "mistake"):
        (plans.folder / "plans" / f"{name}.yaml").unlink()
    run(plans.folder, "--plan", "plans", "-k", "sound")
    shutil.copytree(plans.folder / "reports", plans.folder / "job-1")
    job(plans, "1/2", "job-1")
    mine = next(file for file in (plans.folder / "job-1").glob("shard-*"))
    ran = json.loads(mine.read_bytes())["split"][0][0]
    lost = ({"one", "two"} - {ran}).pop()
    assert shards.main([str(plans.folder / "reports"), str(plans.folder / "job-1")]) == 1
    assert f"{lost}: no job has run it: shard 2/2 has left nothing" in capsys.readouterr().err
    assert rows(plans.folder / "reports") == {lost: "NO RECORD", ran: "INCOMPLETE"}
    assert [len(Page(plans.folder / "reports").row(name).runs) for name in (ran, lost)] == [2, 2]

    (plans.folder / "reports" / "origin.git").mkdir()
    facts = json.loads(mine.read_bytes())
    mine.write_text(json.dumps(facts | {"ended": False, "started_at": "2999-01-01T00:00:00Z"}), encoding="utf-8")
    assert shards.main([str(plans.folder / "reports"), str(plans.folder / "job-1")]) == 1
    assert f"{ran}: shard 1/2 was ended before it came to this plan" in capsys.readouterr().err


def test_jobs_that_split_differently_are_found_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = "2026-01-01T00:00:00Z"
    shards.Shard(number=1, split=(("a", "b"), ("c",)), started_at=at, ended=True).write(tmp_path / "1")
    shards.Shard(number=2, split=(("a", "c"), ("b",)), started_at=at, ended=True).write(tmp_path / "2")
    assert shards.main([str(tmp_path / name) for name in ("whole", "1", "2")]) == 1
    told = capsys.readouterr().err
    assert "c: no job has run it: they did not split the plans alike" in told
    assert "a: shard 1/2 has left no record of it" in told


def test_a_share_without_plans_is_no_failure_and_no_proof(plans: Wave) -> None:
    result = job(plans, "5/5", "job-5", "-q")
    assert result.exit == 0
    assert "shard 5/5: none of 4 plans; nothing is run, and nothing proven" in result.output
    assert "no tests ran" in result.output
    assert [file.name for file in (plans.folder / "job-5").iterdir()] == ["shard-5-of-5.json"]


@pytest.mark.parametrize("share", ["0/2", "3/2", "2", "1/0", "-1/2", "1/2/3", "", "a/b", "\u0661/\u0662"])
def test_a_share_that_is_none_is_refused_in_words(plans: Wave, share: str) -> None:
    result = run(plans.folder, "--plan", "plans", f"--shard={share}")
    assert result.exit == 4
    assert "is no share of the plans; of three, they are 1/3, 2/3 and 3/3" in result.output


@pytest.mark.parametrize("name", ["../x", "a/b", ".git", "", "a\nb"])
def test_no_file_of_a_job_leads_out_of_the_folder(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = {"number": 1, "split": [[name]], "started_at": "2026-01-01T00:00:00Z", "ended": True}
    (tmp_path / "shard-1-of-1.json").write_text(json.dumps(facts), encoding="utf-8")
    assert shards.main([str(tmp_path / "whole"), str(tmp_path)]) == 1
    assert "is not what a job with --shard leaves" in capsys.readouterr().err
    assert not (tmp_path / "whole").exists()
