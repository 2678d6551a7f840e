"""The same plan and the same branches give the same commit id, whatever surrounds the run."""

from pathlib import Path

import pytest

from tests_integration.facts import Integration
from tests_integration.selftests.waves import Wave, git, integrated, three_branches

CONFIG = """
[user]
    name = Somebody Else
    email = else@example.org
    signingKey = 0xDEADBEEF
[commit]
    gpgSign = true
    template = /nowhere
[core]
    autocrlf = true
    quotePath = true
    hooksPath = {home}/hooks
    attributesFile = {home}/attributes
    excludesFile = {home}/excludes
    fileMode = false
    ignoreCase = true
    commentChar = M
[merge]
    renames = false
    conflictStyle = diff3
    ff = only
    renormalize = true
    log = true
    default = union
[merge "union"]
    driver = false
[diff]
    renames = copies
    noprefix = true
    external = false
    algorithm = patience
[fetch]
    prune = true
    fsckObjects = true
[init]
    defaultBranch = somewhere
    templateDir = {home}/hooks
[url "/nowhere/"]
    insteadOf = /
[protocol]
    allow = never
[protocol "file"]
    allow = never
[gc]
    auto = 1
"""

VARIABLES = {
    "GIT_DIR": "/nowhere",
    "GIT_WORK_TREE": "/nowhere",
    "GIT_INDEX_FILE": "/nowhere/index",
    "GIT_OBJECT_DIRECTORY": "/nowhere/objects",
    "GIT_COMMON_DIR": "/nowhere",
    "GIT_NAMESPACE": "elsewhere",
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "merge.renames",
    "GIT_CONFIG_VALUE_0": "false",
    "GIT_CONFIG_KEY_1": "protocol.file.allow",
    "GIT_CONFIG_VALUE_1": "never",
    "GIT_CONFIG_PARAMETERS": "'merge.renames=false'",
    "GIT_CONFIG_GLOBAL": "/nowhere",
    "GIT_AUTHOR_NAME": "Somebody Else",
    "GIT_AUTHOR_EMAIL": "else@example.org",
    "GIT_AUTHOR_DATE": "2001-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "Somebody Else",
    "GIT_COMMITTER_EMAIL": "else@example.org",
    "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z",
    "GIT_EXTERNAL_DIFF": "false",
    "GIT_DIFF_OPTS": "-u0",
    "GIT_ALLOW_PROTOCOL": "https",
    "GIT_GLOB_PATHSPECS": "1",
    "GIT_ICASE_PATHSPECS": "1",
    "GIT_DEFAULT_HASH": "sha256",
    "GIT_TEMPLATE_DIR": "/nowhere",
    "GIT_CEILING_DIRECTORIES": "/",
    "GIT_QUARANTINE_PATH": "/nowhere",
    "GIT_SHALLOW_FILE": "/nowhere",
    "GIT_EXEC_PATH": "/nowhere",
    "GIT_SSH_COMMAND": "false",
    "GIT_TRACE": "1",
}


@pytest.fixture
def wave(tmp_path: Path) -> Wave:
    """Renames, a fix and letters beyond ASCII: what settings of git can change."""
    return renaming(tmp_path / "wave")


def renaming(folder: Path) -> Wave:
    wave = three_branches(folder)
    wave.document["branches"][0]["title"] = "Größe und Maß"
    wave.switch("effort/E3")
    (wave.work / "shared.txt").rename(wave.work / "moved.txt")
    wave.save("effort/E3")
    wave.plan_for("E3")
    wave.branch("E4", {"shared.txt": "1\n2\n3\n4\nfive\n"})
    return wave


def integration_of(wave: Wave, name: str = "wave") -> Integration:
    """All that the engine says of a finished integration."""
    with integrated(wave, name) as built:
        assert built.integration.tip, built.integration.parked
        return built.integration


@pytest.mark.parametrize("name", ["other", "with a space", "quo'te\"s", "dollar $HOME", "ümläut", "#hash", "~tilde"])
def test_in_another_folder(wave: Wave, tmp_path: Path, name: str) -> None:
    assert integration_of(renaming(tmp_path / name)) == integration_of(wave)


def test_with_a_plan_of_another_name(wave: Wave) -> None:
    assert integration_of(wave, "other") == integration_of(wave)


def test_again_in_the_same_store(wave: Wave) -> None:
    assert integration_of(wave) == integration_of(wave)


def test_with_hostile_settings_of_the_user(wave: Wave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calm = integration_of(wave, "calm")
    (tmp_path / ".gitconfig").write_text(CONFIG.format(home=tmp_path))
    (tmp_path / "attributes").write_text("* merge=union text eol=crlf\n")
    (tmp_path / "excludes").write_text("*\n")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "post-checkout", "pre-merge-commit", "prepare-commit-msg", "pre-auto-gc"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/a-hook-ran\nexit 1\n")
        (hooks / name).chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert integration_of(wave) == calm
    assert not (tmp_path / "a-hook-ran").exists()


def test_with_another_encoding_of_commits(wave: Wave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calm = integration_of(wave, "calm")
    (tmp_path / ".gitconfig").write_text("[i18n]\n    commitEncoding = ISO-8859-1\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert integration_of(wave) == calm


def test_with_settings_of_the_user_that_git_cannot_read(
    wave: Wave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm = integration_of(wave, "calm")
    (tmp_path / ".gitconfig").write_text("this is no [configuration\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert integration_of(wave) == calm


def test_with_hostile_variables(wave: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    calm = integration_of(wave, "calm")
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    assert integration_of(wave) == calm


@pytest.mark.parametrize(("zone", "locale"), [("Asia/Kathmandu", "de_DE.UTF-8"), ("America/St_Johns", "tr_TR.UTF-8")])
def test_in_another_time_zone_and_language(wave: Wave, monkeypatch: pytest.MonkeyPatch, zone: str, locale: str) -> None:
    calm = integration_of(wave, "calm")
    for name in ("LC_ALL", "LANG", "LANGUAGE"):
        monkeypatch.setenv(name, locale)
    monkeypatch.setenv("TZ", zone)
    assert integration_of(wave) == calm


def test_started_inside_a_work_tree(wave: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    calm = integration_of(wave, "calm")
    git(wave.work, "config", "merge.renames", "false")
    monkeypatch.chdir(wave.work)
    assert integration_of(wave) == calm


def test_another_date_gives_another_tip(wave: Wave) -> None:
    before = integration_of(wave)
    wave.document["date"] = "2025-10-06T04:20:06Z"
    after = integration_of(wave)
    assert after.tree == before.tree
    assert after.tip != before.tip
