"""A gate: commands one after the other in one checkout, up to the first that fails (R291)."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from git import Repo

from tests_integration.engine.commands import Progress, Room, run
from tests_integration.engine.isolation import make_ready
from tests_integration.engine.limits import bounds
from tests_integration.facts import Gate
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Command
from tests_integration.repository.checkout import changed_files


def run_gate(
    stage: str, plan: Plan, store: Repo, room: Room, environment: Mapping[str, str], progress: Progress
) -> Gate:
    """Run the plan's commands of a stage, then look what they changed in the checkout.

    Args:
        stage: build, test or demo.
        plan: has the commands.
        store: what git tracks is asked here, not in the checkout.
        room: where the commands run.
        environment: all that they find.
        progress: told how they go on.
    """
    make_ready(room.cell)
    commands = []
    for number, command in enumerate(commands_of(stage, plan), 1):
        allowed = bounds(plan.limits, command.timeout)
        commands.append(run(stage, command, f"{stage}-{number}.log", room, environment, progress, allowed))
        if not commands[-1].passed:
            break
    return Gate(stage=stage, commands=tuple(commands), changed=changed_files(store, room.commit, room.checkout))


def failed_log(gate: Gate, reports: Path) -> str:
    """What the command that failed has printed; empty where none did."""
    failed = [command for command in gate.commands if not command.passed]
    return (reports / failed[-1].log).read_text(encoding="utf-8", errors="replace") if failed else ""


def commands_of(stage: str, plan: Plan) -> tuple[Command, ...]:
    """The commands of a stage: build, test, or the demo's script."""
    if stage == "demo":
        return (Command(run=shlex.quote(f"./{plan.demo.script}"), timeout=plan.demo.timeout),)
    return plan.build if stage == "build" else plan.test
