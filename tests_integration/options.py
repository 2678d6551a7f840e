"""The options of `pytest`, and the plans that they name.

A host's own sessions load this module too: what takes long to import is imported where it is needed.
"""

import argparse
import glob
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from tests_integration.names import BUG_PREFIX
from tests_integration.plan.stages import STAGES

TITLE = "integration of a wave of branches"
OLDEST_GIT = (2, 38)
STDERR = 2

ARGUMENTS = pytest.StashKey[tuple[str, ...]]()
"""All arguments of pytest, those of the configuration included."""

HEALED = ".healed.yaml"
"""How the name of a plan ends that `--heal` has written."""

TRIED = ".trial.yaml"
"""How it ends while it is tried."""

BEGINNINGS = ("--plan", "--plan-from", "--plan-init", "--record")
"""Options that begin something, and take the session over."""


class _Free:
    """Adds options that nobody has yet, and knows which."""

    def __init__(self, group: pytest.OptionGroup) -> None:
        self.group = group
        self.added: list[str] = []

    def addoption(self, name: str, **attributes: Any) -> None:
        with suppress(ValueError, argparse.ArgumentError):
            self.group.addoption(name, **attributes)
            self.added.append(name)


def begins(arguments: Sequence[str], namespace: argparse.Namespace) -> bool:
    """Whether a session is the suite's own: by its arguments, or in a worker by what it was told.

    A host may have a `--record` of its own; it is ours beside `--repository`.
    """
    named = {name for name in BEGINNINGS if are_named(arguments, [name])}
    if named == {"--record"}:
        return are_named(arguments, ["--repository"])
    return bool(named) or getattr(namespace, "waveproof", False) is True


def are_named(arguments: Sequence[str], names: Iterable[str]) -> bool:
    """Whether one of these options stands among the arguments of pytest."""
    wanted = set(names)
    return any(argument.partition("=")[0] in wanted for argument in takewhile("--".__ne__, arguments))


def add_free_options(parser: pytest.Parser) -> list[str]:
    """Declare those of the options that no plugin and no conftest has taken; which they are."""
    free = _Free(parser.getgroup("waveproof", TITLE))
    _declare(free)
    return free.added


def add_options(parser: pytest.Parser) -> None:
    """Declare what the suite takes from the command line.

    Raises:
        pytest.UsageError: another plugin has taken an option.
    """
    group = parser.getgroup("waveproof", TITLE)
    try:
        _declare(group)
    except (ValueError, argparse.ArgumentError) as error:
        raise pytest.UsageError(
            f"waveproof and another plugin have an option of the same name: {error}; leave the other one out with"
            " `-p no:NAME` (`pytest --trace-config` tells the names)"
        ) from None


def _declare(group: "pytest.OptionGroup | _Free") -> None:
    group.addoption(
        "--plan",
        action="append",
        default=[],
        metavar="PATH",
        help="integrate and prove this plan: a YAML file, a Markdown document (with --repository), a folder"
        " of YAML files, or a glob; may be repeated",
    )
    group.addoption(
        "--set",
        action="append",
        default=[],
        type=setting,
        metavar="NAME=VALUE",
        help="what a plan takes for ${NAME} in `remotes`, `publish` or `attempt`, before the environment; may be"
        " repeated. Others on this machine may see it: secrets belong into the environment",
    )
    group.addoption(
        "--until",
        choices=STAGES,
        default=STAGES[-1],
        metavar="STAGE",
        help=f"stop after a stage ({', '.join(STAGES)}): `merge` previews conflicts, `demo` is a dry run",
    )
    group.addoption(
        "--force-attempt",
        default="",
        metavar="REASON",
        help="try again although nothing changed since the last failure, or attempts are used up; REASON is recorded",
    )
    group.addoption(
        "--bug-prefix",
        default=BUG_PREFIX,
        type=_prefix,
        metavar="TEXT",
        help=f"how ids of bugs begin that nobody knows yet, before the next free number (default: {BUG_PREFIX})",
    )
    group.addoption(
        "--verify",
        nargs="?",
        type=_reference,
        const=True,
        default=None,
        metavar="REF",
        help="build nothing: judge an integration branch that somebody else built, REF being `remote/branch` or a full"
        " commit id (default: the branch that the plan publishes)",
    )
    group.addoption(
        "--record",
        default="",
        metavar="FILE",
        help="audit this record.json: recompute every claim that git decides, without the plan; needs --repository",
    )
    group.addoption(
        "--repository",
        default="",
        metavar="URL",
        help="with --record: a URL, a path or a bundle that has the commits; with --plan and --plan-from: a clone",
    )
    group.addoption("--write-plan", default="", metavar="FILE", help="where the plan is written, a new .yaml file")
    group.addoption(
        "--heal",
        action="store_true",
        help="where a gate fails and the catalogue of known fixes has something for it, try each way to cure it as an"
        " attempt of its own; what passes is written as a plan beside the plan",
    )
    group.addoption(
        "--plan-from",
        default="",
        metavar="BRANCH",
        help="write the plan that describes this integration branch (a local one, or `remote/branch`) of the clone that"
        " --repository names; needs --base and --write-plan",
    )
    group.addoption(
        "--plan-init",
        nargs="?",
        const="plans/wave.yaml",
        default="",
        metavar="FILE",
        help="write a plan (default: plans/wave.yaml) of the branches that this clone, or that of --repository, has",
    )
    group.addoption("--base", default="", metavar="REF", help="with --plan-from: the branch that it starts from")
    group.addoption(
        "--minimal",
        action="store_true",
        help="ask of each known fix and each rule whether the wave would stand without it: drop it, merge, and where"
        " the tree is another one, run all gates on it; what is no longer needed is told",
    )
    group.addoption(
        "--no-wait",
        action="store_true",
        help="where another run of a plan is in progress, refuse to start instead of waiting for its end",
    )
    group.addoption(
        "--fresh",
        action="store_true",
        help="make again what is remembered of earlier runs, such as merges, and remember it anew",
    )
    group.addoption(
        "--shard",
        type=_shard,
        default=None,
        metavar="K/N",
        help="run the K-th of N shares of the plans, which are about equally long by what each plan took the last time",
    )
    group.addoption(
        "--lock",
        action="store_true",
        help="write beside each plan that has none, and fails nothing, what it was built from and what came of it"
        " (NAME.lock.yaml); later runs are held to it",
    )
    group.addoption(
        "--update-lock",
        nargs="*",
        default=None,
        metavar="ID",
        help="write the lock anew, with what is there now; with ids (or `base`), nothing else may have moved",
    )
    group.addoption("--reports", default="reports", metavar="DIR", help="where records land (default: reports)")


def _reference(text: str) -> str:
    """What `--verify` names, as far as its form goes; an empty text is an empty variable of a script, not a default.

    Raises:
        argparse.ArgumentTypeError: it can be neither a branch nor a commit.
    """
    from tests_integration.plan.values import is_commit_id  # noqa: PLC0415 - see above

    remote, _, branch = text.partition("/")
    if text.isprintable() and (is_commit_id(text.lower()) or (remote and branch)):
        return text.lower() if is_commit_id(text.lower()) else text
    raise argparse.ArgumentTypeError(
        f"{text!r} is neither a branch (`remote/branch`) nor a full commit id (40 hexadecimal digits)"
    )


def _prefix(text: str) -> str:
    """What an id may begin with.

    Raises:
        argparse.ArgumentTypeError: no id begins so.
    """
    from tests_integration.plan.values import ID  # noqa: PLC0415 - see above

    if ID.fullmatch(text):
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is nothing that an id begins with: letters, digits, dots, hyphens and underscores, a letter or digit"
        " first"
    )


def setting(text: str) -> str:
    """A value that `--set` gives.

    Raises:
        argparse.ArgumentTypeError: it is none; the text, which may hold a secret, is not repeated.
    """
    from tests_integration.plan.variables import SETTING  # noqa: PLC0415 - see above

    if SETTING.fullmatch(text):
        return text
    raise argparse.ArgumentTypeError("is not of the form NAME=VALUE; a name has letters, digits and '_'")


def _shard(text: str) -> tuple[int, int]:
    """Which share, and of how many.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    found = re.fullmatch("([0-9]{1,4})/([0-9]{1,4})", text, re.ASCII)
    number, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if 1 <= number <= count:
        return number, count
    raise argparse.ArgumentTypeError(f"{text!r} is no share of the plans; of three, they are 1/3, 2/3 and 3/3")


def open_streams() -> None:
    """Send to the void what stdin, stdout or stderr would get that was closed when Python was started.

    Otherwise the next file that is opened takes the number of the closed one, and gets what is said there.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        os.set_inheritable(number, True)  # noqa: FBT003 - takes it by position only
        name, mode = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))[number]
        setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    os.close(number)


def require_tools(option: str = "--plan") -> None:
    """Refuse to start without git 2.38 (git-merge-tree(1), --write-tree), bash, and names of files in UTF-8.

    Raises:
        pytest.UsageError: with what is missing.
    """
    from tests_integration.repository.git import git_numbers  # noqa: PLC0415 - see above

    if sys.getfilesystemencoding() != "utf-8":
        raise pytest.UsageError(
            f"{option} needs names of files in UTF-8, and Python was told {sys.getfilesystemencoding()};"
            " unset PYTHONUTF8, or set LC_ALL=C.UTF-8"
        )
    for tool in ("git", "bash"):
        if not shutil.which(tool):
            raise pytest.UsageError(f"{option} needs {tool}, and there is none on the PATH")
    found = git_numbers()[:2]
    if found < OLDEST_GIT:
        raise pytest.UsageError("{} needs git {}.{} or later; this is {}.{}".format(option, *OLDEST_GIT, *found))


def plans_named(config: pytest.Config) -> dict[str, Path]:
    """The files that `--plan` names, by the name of their plan.

    Raises:
        pytest.UsageError: a path leads to no plan, or two plans have the same name.
    """
    from tests_integration.plan.load import safe_name  # noqa: PLC0415 - see above

    files = dict.fromkeys(file for path in config.option.plan for file in _files(config.invocation_params.dir, path))
    named: dict[str, list[Path]] = {}
    for file in files:
        named.setdefault(safe_name(file.stem), []).append(_shortest(file))
    for name, same in named.items():
        if len(same) > 1:
            told = ", ".join(map(str, same))
            raise pytest.UsageError(f"--plan: {len(same)} plans are called {name!r} and would share a record: {told}")
    return {name: file for name, (file,) in named.items()}


def _files(folder: Path, path: str) -> list[Path]:
    place = folder / path
    if place.is_dir():
        found = [file for file in sorted(place.iterdir()) if file.suffix in {".yaml", ".yml"} and _is_meant(file)]
    elif place.exists():
        found = [place]
    else:
        named = sorted(glob.glob(str(place)))  # noqa: PTH207 - absolute patterns too
        found = [file for file in map(Path, named) if _is_meant(file)]
    if not found:
        raise pytest.UsageError(f"--plan {path}: there is no plan (looked for {place})")
    return [Path(os.path.normpath(file)) for file in found]


def _is_meant(file: Path) -> bool:
    """Whether a folder or a glob means this file too; a healed plan is run by its own name, when it was reviewed."""
    from tests_integration.plan.catalogue import DEFAULT  # noqa: PLC0415 - see above
    from tests_integration.plan.lock import ENDING  # noqa: PLC0415 - the same

    other = file.name == DEFAULT or file.name.endswith((HEALED, TRIED)) or file.stem.endswith(ENDING)
    return not other


def _shortest(file: Path) -> Path:
    """The file as seen from here, where it is below: mistakes are easier to read so."""
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
