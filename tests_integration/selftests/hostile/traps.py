"""Settings and hooks that are seen to run: commands that leave a file where they were started."""

from pathlib import Path

HOOKS = [
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "sendemail-validate",
    "update",
]

SETTINGS = {
    "core.alternateRefsCommand": [("core", "alternateRefsCommand", "{command}")],
    "core.askPass, core.editor and core.pager": [("core", "askPass editor pager", "{command}")],
    "core.fsmonitor": [("core", "fsmonitor", "{command}")],
    "core.gitProxy": [("core", "gitProxy", "{command}")],
    "core.hooksPath": [("core", "hooksPath", "{hooks}")],
    "core.sshCommand": [("core", "sshCommand", "{command}")],
    "alias.*": [("alias", "fetch remote upload-pack ls-remote", "!{command}")],
    "credential.helper": [("credential", "helper", "!{command}")],
    "diff.external and textconv": [("diff", "external", "{command}"), ('diff "x"', "command textconv", "{command}")],
    "filter.*.clean, smudge and process": [('filter "x"', "clean smudge process", "{command}")],
    "gc.recentObjectsHook and gpg.program": [("gc", "recentObjectsHook", "{command}"), ("gpg", "program", "{command}")],
    "include.path": [("include", "path", "{included}")],
    "merge.*.driver": [("merge", "default", "x"), ('merge "x"', "driver", "{command}")],
    "pager.*": [("pager", "remote ls-remote fetch", "{command}")],
    "receive.autogc and procReceiveRefs": [("receive", "autogc", "true"), ("receive", "procReceiveRefs", "refs")],
    "remote.*.uploadpack, receivepack and proxy": [('remote "path"', "uploadpack receivepack proxy", "{command}")],
    "uploadpack.packObjectsHook": [("uploadpack", "packObjectsHook", "{command}")],
}
"""Section, keys and value of settings that have git run a command."""


class Trap:
    """Settings and hooks in a folder, which leave a file where they are run.

    Attributes:
        sprung: what was run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.command = folder / "command"
        self.hooks = folder / "hooks"
        self.hooks.mkdir(parents=True)
        for file in (self.command, *(self.hooks / name for name in HOOKS)):
            file.write_text(f'#!/bin/sh\necho "$0 $*" >> {folder}/sprung\ncat\n', encoding="utf-8")
            file.chmod(0o755)
        self.included = folder / "included"
        self.included.write_text(self.settings("core.fsmonitor", "core.sshCommand", "core.hooksPath"), encoding="utf-8")

    def settings(self, *names: str) -> str:
        """Settings that run the trap's command or hooks."""
        places = {"command": self.command, "hooks": self.hooks, "included": self.folder / "included"}
        rows = [row for name in names for row in SETTINGS[name]]
        return "".join(
            f"[{section}]\n\t{key} = {value.format(**places)}\n"
            for section, keys, value in rows
            for key in keys.split()
        )

    @property
    def sprung(self) -> str:
        """What was run, a line each."""
        file = self.folder / "sprung"
        return file.read_text(encoding="utf-8") if file.exists() else ""
