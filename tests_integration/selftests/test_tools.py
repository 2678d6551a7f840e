"""What must be on the machine, and what is said where it is not."""

import shutil
from pathlib import Path

import pytest

from tests_integration.repository.git import git_numbers
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.waves import Wave


def only(folder: Path, *tools: str) -> dict[str, str]:
    """An environment whose PATH has these tools and nothing else."""
    folder.mkdir()
    for tool in tools:
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    return {"PATH": str(folder)}


@pytest.mark.parametrize(("there", "missing"), [("bash", "git"), ("git", "bash")])
def test_a_missing_tool_is_named(stacked: Wave, tmp_path: Path, there: str, missing: str) -> None:
    done = run(stacked.folder, "--plan", str(stacked.write()), environment=only(tmp_path / "tools", there))
    assert done.exit == 4
    assert f"--plan needs {missing}, and there is none on the PATH" in done.output
    assert "Traceback" not in done.output


def test_a_git_that_is_too_old_is_named(stacked: Wave, tmp_path: Path) -> None:
    environment = only(tmp_path / "tools", "bash")
    old = tmp_path / "tools" / "git"
    old.write_text("#!/bin/sh\necho git version 2.37.9\n")
    old.chmod(0o755)
    done = run(stacked.folder, "--plan", str(stacked.write()), environment=environment)
    assert done.exit == 4
    assert "--plan needs git 2.38 or later; this is 2.37" in done.output


def test_git_is_asked_for_its_version_once_until_it_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = only(tmp_path / "tools", "bash")
    monkeypatch.setenv("PATH", environment["PATH"])
    git, asked = tmp_path / "tools" / "git", tmp_path / "asked"
    for version in ((2, 50, 1), (2, 50, 10)):
        git.write_text(f"#!/bin/bash\necho >> {asked}; echo git version {'.'.join(map(str, version))} '(of a test)'\n")
        git.chmod(0o755)
        assert git_numbers() == git_numbers() == version
    assert asked.read_text() == "\n\n"
