"""How `pytest --plan-from` goes: a branch of a repository becomes a plan, which is run before it is written."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from git import Repo

from tests_integration.engine.describe import Asked, UndescribableError, describe, proven
from tests_integration.engine.described import Described, named
from tests_integration.engine.sources import Remotes, asked
from tests_integration.options import require_tools
from tests_integration.plan.load import give
from tests_integration.plan.mistakes import nearest
from tests_integration.plan.model import Located, Plan, locate
from tests_integration.plan.written import written
from tests_integration.repository.git import GitError, scrubbed_environment
from tests_integration.repository.store import fetch_branches, open_store
from tests_integration.text import visible

OPTION = "--plan-from"
REFS = "refs/waveproof/described"


def run(config: pytest.Config) -> int:
    """Write the plan of the branch that `--plan-from` names; the exit code is 0.

    Raises:
        pytest.UsageError: the options do not fit together, or no plan gives the branch, with all reasons.
    """
    option = config.option
    require_tools(OPTION)
    if option.plan or option.record:
        raise pytest.UsageError(f"{OPTION} excludes --plan and --record: it writes a plan, and runs none")
    for name in ("base", "repository", "write_plan"):
        if not getattr(option, name):
            raise pytest.UsageError(
                f"{OPTION} BRANCH needs --base REF (what it starts from), --repository PATH (a clone that has both) and"
                f" --write-plan FILE.yaml; there is no --{name.replace('_', '-')}"
            )
    folder = config.invocation_params.dir
    file, clone = folder / option.write_plan, folder / option.repository
    require_free("--write-plan", file)
    try:
        with _opened(clone) as (store, remotes):
            lines = _written(store, remotes, file, (option.plan_from, option.base))
    except (UndescribableError, GitError) as error:
        why = error.output if isinstance(error, GitError) else str(error)
        told = "\n  ".join([f"{OPTION} {option.plan_from}: no plan is written:", *why.splitlines()])
        raise pytest.UsageError(visible(told)) from None
    except OSError as error:
        raise pytest.UsageError(f"{OPTION}: {error.filename or file} cannot be written: {error.strerror}") from None
    sys.stdout.write(visible("\n".join(lines)) + "\n")
    return int(pytest.ExitCode.OK)


def require_free(option: str, file: Path) -> None:
    """Refuse to write a plan where something is already, or the folder for its files would be.

    Raises:
        pytest.UsageError: with what is there.
    """
    if file.suffix not in {".yaml", ".yml"}:
        raise pytest.UsageError(f"{option} {file}: a plan is a .yaml file")
    for place in (file, file.parent / file.stem, file.parent / f"{file.stem}.resolutions"):
        if place.exists() or place.is_symlink():
            raise pytest.UsageError(f"{option} {file}: {place} is there already; nothing is overwritten")


@contextmanager
def _opened(clone: Path) -> Iterator[tuple[Repo, Remotes]]:
    """A store for this run alone, and the remotes of the clone, which stays as it is."""
    with scrubbed_environment(), tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "store") as store:
        yield store, Remotes(Plan.model_construct(file=clone.absolute(), repository=str(clone.absolute())), store)


def _written(store: Repo, remotes: Remotes, file: Path, refs: tuple[str, str]) -> list[str]:
    """Describe, prove and write; what is said of it, line by line."""
    heads, warnings = _heads(remotes)
    branch, base = (_place(ref, heads, remotes.names()) for ref in refs)
    for name, place in (("branch", branch), ("base", base)):
        fetch_branches(store, remotes.url(place.remote), {f"{REFS}/{name}": place.branch})
    found = describe(Asked(store, base, branch, heads, file.stem))
    found.warnings[:0] = warnings
    with tempfile.TemporaryDirectory() as folder:
        plan = give(put(Path(folder) / file.name, found, str(remotes.clone), ""))
        if plan.plan is None:
            mistakes = (f"{mistake.path}: {mistake.text}" for mistake in plan.mistakes)
            raise UndescribableError("\n".join(["the plan that describes it is none that can be run:", *mistakes]))
        tip = proven(plan.plan, store, found)
    heading = f"Describes {named(branch)} ({heads[branch]}), as its merges tell it."
    put(file, found, os.path.relpath(str(remotes.clone), file.parent), heading)
    same = "the very same commit" if tip == heads[branch] else f"the same tree (commit {tip})"
    first = f"{file}: {named(branch)} on {named(base)}, {len(found.tips) - 1} merges; running it gives {same}"
    return [first, *(f"  note: {text}" for text in found.warnings)]


def _heads(remotes: Remotes) -> tuple[dict[Located, str], list[str]]:
    """The branches on all remotes of the clone and in itself; and which of them cannot be asked."""
    answers = asked(remotes, dict.fromkeys(sorted(remotes.names()), frozenset()))
    heads = {Located(name, branch): tip for name, answer in answers.items() for branch, tip in answer.heads.items()}
    return heads, [f"{answer.problem}; no branch of it is looked at" for answer in answers.values() if answer.problem]


def _place(ref: str, heads: Mapping[Located, str], remotes: frozenset[str]) -> Located:
    """The branch that is meant: a local one by its name, or `remote/branch`."""
    local, distant = Located(".", ref), locate(ref, remotes)
    found = [place for place in (local, distant) if place in heads]
    if len(found) > 1:
        raise UndescribableError(f"{ref} is a branch here and one of a remote; say ./{ref} if the first is meant")
    if not found:
        known = [*map(named, heads), *(place.branch for place in heads if place.remote == ".")]
        raise UndescribableError(f"there is no branch {ref}, here or on a remote{nearest(ref, known)}")
    return next(place for place in found if place)


def put(file: Path, found: Described, repository: str, heading: str) -> Path:
    """Write a plan and the files that it takes in; the plan last."""
    for name, (content, executable) in found.files.items():
        place = file.parent / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        place.chmod(0o755 if executable else 0o644)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(written(found.data | {"repository": repository}, found.remarks, heading), encoding="utf-8")
    return file
