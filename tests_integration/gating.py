"""The fixtures of the gates: where commands run, what came of them, and what is found out where one fails."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from git import Repo

from tests_integration import live, running
from tests_integration.engine import culprit
from tests_integration.engine.bugs import documented
from tests_integration.engine.commands import Room, environment
from tests_integration.engine.cures import proposed
from tests_integration.engine.gates import failed_log, run_gate
from tests_integration.engine.isolation import begin, cell
from tests_integration.engine.memory import out_of_reach
from tests_integration.engine.minimal import Minimal
from tests_integration.engine.portions import Portions
from tests_integration.engine.reuse import pass_of, passed_or_run, passes
from tests_integration.engine.sources import Remotes
from tests_integration.engine.trials import Trials
from tests_integration.facts import AttemptFact, Gate, Integration
from tests_integration.plan.model import Plan
from tests_integration.record.ledger import PlanLedger
from tests_integration.repository.ask import History
from tests_integration.repository.checkout import check_out
from tests_integration.repository.retries import retries_of
from tests_integration.session import Session, Workspace


@pytest.fixture(scope="session")
def room(suite: Session, plan: Plan, store: Repo, history: History, workspace: Workspace) -> Iterator[Room]:
    """Where the plan's commands run."""
    shut_in = cell(plan, *workspace[:3], suite.caller)
    begin(shut_in)
    with out_of_reach(workspace.memory, shut_in):
        yield Room(history.tip, shut_in, workspace.reports, Remotes(plan, store).secrets())


@pytest.fixture(scope="session")
def trials(
    request: pytest.FixtureRequest, suite: Session, plan: Plan, store: Repo, attempt: AttemptFact, room: Room
) -> Callable[..., Trials]:
    """Runs commands of gates on other trees of the wave: `Trials`, but for what they are to run."""
    return partial(
        Trials,
        plan=plan,
        store=store,
        room=room,
        environment=environment(plan, room.cell, suite.caller),
        watch=lambda what: running.watched(suite, request.config, what, attempt),
        say=partial(live.say, suite),
    )


@pytest.fixture(scope="session")
def doubts(
    room: Room, integration: Integration, portions: Portions, trials: Callable[..., Trials]
) -> Iterator[Minimal]:
    """Drops fixes and rules of the plan, one at a time, and looks whether the wave stands without them."""
    with out_of_reach(passes(room), room.cell):
        yield Minimal(integration, portions, trials)


@pytest.fixture(scope="session")
def gate(  # noqa: PLR0913, PLR0917 - a fixture names all that it asks for
    request: pytest.FixtureRequest,
    suite: Session,
    plan: Plan,
    store: Repo,
    ledger: PlanLedger,
    attempt: AttemptFact,
    room: Room,
) -> Any:
    """Runs one gate of the plan in a clean checkout, or finds it passed where the plan says that this will do."""
    variables = environment(plan, room.cell, suite.caller)
    anew = suite.fresh or bool(suite.forced) or suite.verify is not None

    def go(stage: str) -> Gate:
        checking_out = partial(check_out, store, room.commit, plan.integration, room.checkout)
        retries_of(store).of("the checkout", checking_out, remote=False)
        with running.watched(suite, request.config, stage, attempt) as progress:
            result = run_gate(stage, plan, store, room, variables, progress)
        if suite.verify is not None or not culprit.is_searched(result):
            return result
        ledger.note(stage, result)  # it has failed, whatever keeps the search from an end
        asked = (request.getfixturevalue(name) for name in ("integration", "trials", "portions"))
        return result.model_copy(update={"culprit": culprit.find(result, *asked)})

    def once(stage: str) -> Gate:
        known = pass_of(stage, plan, room, variables, attempt.run)
        result = passed_or_run(known, room.cell, partial(go, stage), anew=anew)
        log = failed_log(result, room.reports)
        bugs = documented(result, log, plan, attempt, suite.bug_prefix)
        proposals = proposed(plan, log, result.culprit) if log else ()
        result = result.model_copy(update={"proposals": proposals, "bugs": bugs})
        ledger.note(stage, result)
        return result

    return once


@pytest.fixture(scope="session")
def built(gate: Any) -> Gate:
    """The build, as it went."""
    result: Gate = gate("build")
    return result


@pytest.fixture(scope="session")
def tested(gate: Any) -> Gate:
    """The tests, as they went."""
    result: Gate = gate("test")
    return result


@pytest.fixture(scope="session")
def demonstrated(gate: Any) -> Gate:
    """The demo, as it went."""
    result: Gate = gate("demo")
    return result
