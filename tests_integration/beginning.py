"""How `pytest --plan-init` goes: what the clone has becomes a plan that can be run and changed; nothing is asked."""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests_integration.describing import put, require_free
from tests_integration.engine.clock import now, stamp
from tests_integration.engine.described import Described, named, write_commands
from tests_integration.engine.survey import Survey, first_free, survey, top_of
from tests_integration.engine.toolchain import toolchain
from tests_integration.options import require_tools
from tests_integration.plan.load import give
from tests_integration.repository.git import GitError, scrubbed_environment
from tests_integration.repository.store import open_store
from tests_integration.steps import Step
from tests_integration.text import visible

OPTION = "--plan-init"

SCRIPT = """#!/usr/bin/env bash
# Shows what the wave brings; exits with 0 where it works. Replace the line below by a run of the real thing.
set -euo pipefail
echo "the wave is integrated: $(git ls-files | wc -l) files"
"""
DOCUMENT = """# Demo

`{script}` shows what the wave brings. It was made with the plan: let it run what the wave is for, and say here what
there is to see.
"""


def run(config: pytest.Config) -> int:
    """Write a plan of what the clone has; the exit code is 0.

    Raises:
        pytest.UsageError: there is nothing to make a plan of, or something is there already where it would stand.
    """
    option = config.option
    require_tools(OPTION)
    if option.plan or option.record or option.plan_from or option.write_plan:
        raise pytest.UsageError(f"{OPTION} stands alone, but for --repository: it writes a plan, and runs none")
    folder = config.invocation_params.dir
    file = folder / option.plan_init
    require_free(OPTION, file)
    try:
        lines = _written(folder / (option.repository or "."), file)
    except GitError as error:
        raise pytest.UsageError(visible(f"{OPTION}: no plan is written: {error.output}")) from None
    except OSError as error:
        raise pytest.UsageError(f"{OPTION}: {error.filename or file} cannot be written: {error.strerror}") from None
    sys.stdout.write(visible("\n".join(lines)) + "\n")
    return int(pytest.ExitCode.OK)


def _written(folder: Path, file: Path) -> list[str]:
    with scrubbed_environment(), tempfile.TemporaryDirectory() as place, open_store(Path(place) / "store") as store:
        clone = top_of(store, folder)
        found = survey(store, clone)
        if not found.efforts:
            why = "; ".join(found.left_out) or f"there is none but {named(found.base)}"
            raise GitError(("git", "branch"), 1, f"no branch looks like an effort: {why}")
        tools = toolchain(store, found.tip)
        made = described(found, tools, clone.name, file.stem)
        trial = give(put(Path(place) / "plan" / file.name, made, str(clone), ""))
        if trial.plan is None:
            said = "; ".join(f"{mistake.path}: {mistake.text}" for mistake in trial.mistakes)
            raise GitError(("git", "branch"), 1, f"what is there gives no sound plan: {said}")
    heading = [
        f"What {clone.name} had when this was written, by its remote-tracking branches; change it at will.",
        *(["Left out:", *(f"  {line}" for line in found.left_out)] if found.left_out else []),
    ]
    put(file, made, os.path.relpath(clone, file.absolute().parent), "\n".join(heading))
    first = f"{file}: {len(found.efforts)} branches on {named(found.base)}; run it with --plan {_short(file)}"
    return [first, *(f"  note: {text}" for text in made.warnings), *(f"  left out: {text}" for text in found.left_out)]


def _short(file: Path) -> str:
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)


def described(found: Survey, tools: Mapping[str, Step], project: str, name: str) -> Described:
    """The plan of a wave of these branches, with what a person may want to know or decide as remarks."""
    made = Described()
    made.data = {"version": "1", "title": f"Wave of {visible(project)}", "date": stamp(now()), "repository": ""}
    made.data |= {"base": named(found.base), "integration": first_free(f"integration/{name}", found.heads)}
    made.remarks["date",] = "of every commit made: the same inputs give the same commit ids, on any machine"
    made.remarks["repository",] = "the clone; its remotes are known by name"
    made.remarks["integration",] = "the branch to build; pushed nowhere. To push it, add `publish: {remote: origin}`."
    made.data["branches"] = [
        {"id": one.id, "title": one.title, "from": named(one.place), **_parent(one.parents)} for one in found.efforts
    ]
    made.remarks["branches",] = (
        "In the order in which they are merged. Parents are as the branches' commits have them. To be held to the"
        "\ncommit that was approved, add `commit:`; how conflicts are settled goes under `resolve:`."
    )
    write_commands(made, tools, "the base")
    _add_demo(made, name)
    return made


def _parent(ids: list[str]) -> dict[str, object]:
    return {"parent": ids[0] if len(ids) == 1 else ids} if ids else {}


def _add_demo(made: Described, name: str) -> None:
    script, document = "demos/demo.sh", "demos/DEMO.md"
    create = f"{name}/infrastructure"
    made.data["demo"] = {"script": script, "document": document, "create": create}
    made.remarks["demo",] = "Must be on the branch, executable, documented, and exit 0 (R291)."
    made.remarks["demo", "create"] = "files that are added where the branch lacks them; let the script show the wave"
    made.files[f"{create}/{script}"] = (SCRIPT.encode(), True)
    made.files[f"{create}/{document}"] = (DOCUMENT.format(script=script).encode(), False)
