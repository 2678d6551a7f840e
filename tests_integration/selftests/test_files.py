"""The README's table of files: real sessions leave what it names, all of it and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests_integration import learn
from tests_integration.selftests.marked import README
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.test_healing import GONE, TWINS, sick
from tests_integration.selftests.waves import Wave, git

BEGIN, END = "<!-- files -->\n", "<!-- end of files -->"


def rows() -> Iterator[tuple[str, str]]:
    """Each file of the table, and who changes it."""
    table = README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    for row in table.splitlines()[2:]:
        names, _, changed, _ = row.strip("| ").split(" | ")
        yield from ((name, changed) for name in re.findall(r"`([^`]+)`", names))


def pattern(name: str) -> re.Pattern[str]:
    """What a name of the table stands for: words in capitals for one step, a folder for all that is in it."""
    steps = re.sub(r"\b[A-Z]+\b", "\0", name)
    return re.compile(re.escape(steps).replace(re.escape("\0"), "[^/]+") + (".*" if name.endswith("/") else ""))


def left(folder: Path) -> list[str]:
    """Every file below a folder in which sessions ran, apart from repositories and what is pytest's own."""
    found = [str(file.relative_to(folder)) for file in folder.rglob("*") if not file.is_dir() or file.is_symlink()]
    own = (".pytest_cache/v/", ".pytest_cache/README.md", ".pytest_cache/.gitignore", ".pytest_cache/CACHEDIR.TAG")
    return sorted(name for name in found if not name.startswith(("work/", "origin.git/", ".benchmarks/", *own)))


@pytest.fixture(scope="module")
def wave(tmp_path_factory: pytest.TempPathFactory) -> Wave:
    """Two plans: one is healed, one is green with all that may leave something; what was settled by hand is learned.

    Waves have their demo in `plans/infrastructure`, where only documents look for it; here it lies beside the plan.
    """
    wave = sick(tmp_path_factory.mktemp("files") / "wave")
    does_not_fit = {"id": "BUG-007", "problem": "twins", "after": "E1", "delete": ["new.txt"], "needs": ["old.txt"]}
    wave.document |= {"fixes": [does_not_fit], "limits": {"trials": 0}}
    wave.document["demo"]["create"] = "sick/infrastructure"
    (wave.folder / "plans" / "sick").mkdir()
    (wave.folder / "plans" / "infrastructure").rename(wave.folder / "plans" / "sick" / "infrastructure")
    known = wave.write("sick").with_name("known-fixes.yaml")
    known.write_text(yaml.safe_dump({"version": 1, "fixes": [TWINS, GONE]}, sort_keys=False), encoding="utf-8")
    for name in ("E3", "E4"):
        wave.branch(name, {"shared.txt": f"1\n2\n{name}\n4\n5\n"})
    wave.document |= {
        "project": "waves",
        "remotes": {"origin": {"path": "../reports/green/origin.git", "create_from": "../origin.git"}},
        "resolve": [{"paths": ["shared.txt"], "take": "recorded", "drops": True}],
        "build": [{"run": "cat base.txt", "reuse": True}],
        "publish": {"remote": "origin", "notes": True},
        "fixes": [],
    }
    by_hand(wave)
    return wave


def by_hand(wave: Wave) -> None:
    """Merge E3 and E4, and settle what they conflict in."""
    git(wave.work, "switch", "--quiet", "--create", "by-hand", "main")
    for name in ("E3", "E4"):
        git(wave.work, "merge", "--quiet", "--no-ff", "--no-commit", f"effort/{name}", fails=True)
        if name == "E3":
            (wave.work / "old.txt").write_text("of no branch\n", encoding="utf-8")
        else:
            (wave.work / "shared.txt").write_text("1\n2\nboth\n4\n5\n", encoding="utf-8")
        wave.save("by-hand", f"Merge {name}")


def test_what_sessions_leave_is_what_the_table_names(wave: Wave) -> None:
    plan = str(wave.write("green"))
    assert learn.main([plan, "origin/by-hand"]) == 0
    many = run(wave.folder, "--plan", "plans", "--shard", "1/1", "--lock", "--heal")
    assert "healed: sick.healed.yaml" in many.output, many.output[-4000:]
    assert [run(wave.folder, "--plan", plan, *more).exit for more in ((), ("--verify",))] == [0, 0]
    from_there = ("--plan-from", "by-hand", "--base", "main", "--write-plan", "plans/from.yaml")
    assert run(wave.folder, *from_there, "--repository", "origin.git").exit == 0
    assert run(wave.folder, "--plan-init", "plans/new.yaml", "--repository", "work").exit == 0
    files, named = left(wave.folder), [(name, pattern(name), changed) for name, changed in rows()]
    assert [file for file in files if not any(place.fullmatch(file) for _, place, _ in named)] == []
    never = {name for name, place, _ in named if not any(place.fullmatch(file) for file in files)}
    assert never == {name for name, _, changed in named if changed == "you" or changed.startswith("nobody")}
