"""One session fixture a stage and plan. Each returns a value; what is wrong with it, a criterion says."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from git import Repo

from tests_integration import __version__, live, machines, running
from tests_integration.criteria.catalogue import SUBJECTS
from tests_integration.criteria.judge import Remark
from tests_integration.engine import attempts, culprit, mending, verify
from tests_integration.engine.bugs import documented
from tests_integration.engine.clock import now, stamp
from tests_integration.engine.commands import Room, environment
from tests_integration.engine.cures import proposed
from tests_integration.engine.gates import failed_log, run_gate
from tests_integration.engine.integrate import integrate
from tests_integration.engine.isolation import begin, cell
from tests_integration.engine.memory import Memory, out_of_reach
from tests_integration.engine.minimal import Minimal
from tests_integration.engine.owners import owner
from tests_integration.engine.portions import Portions
from tests_integration.engine.publish import publish as publish_branch
from tests_integration.engine.reuse import pass_of, passed_or_run, passes
from tests_integration.engine.sources import Remotes, look_up
from tests_integration.engine.trials import Trials
from tests_integration.facts import AttemptFact, Gate, Integration, Publication, Source
from tests_integration.plan.load import Given
from tests_integration.plan.model import Plan
from tests_integration.record.compare import distances
from tests_integration.record.ledger import PlanLedger, held_back
from tests_integration.record.model import MergingFact
from tests_integration.repository.ancestry import Ancestry
from tests_integration.repository.ask import History
from tests_integration.repository.checkout import check_out
from tests_integration.repository.merge import Merges
from tests_integration.repository.retries import retries_of
from tests_integration.repository.store import Store, open_store
from tests_integration.session import REMARK, Session, Workspace
from tests_integration.text import visible

SESSION = pytest.StashKey[Session]()
NOTE = "note_is_published"

Clock = Callable[[str, str], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def given(request: pytest.FixtureRequest, suite: Session) -> Given:
    """The plan of the case, or its refusal."""
    return suite.given(request.param)


source, branch, fix, rule, number, text, doubted_fix, doubted_rule, publish, lock, locked, notes = (
    pytest.fixture(name=name)(running.subject) for name in SUBJECTS
)


@pytest.fixture(scope="session")
def plan(given: Given) -> Plan:
    """The plan of the case."""
    if given.plan is None:
        pytest.skip("blocked: the plan was rejected")
    return given.plan


@pytest.fixture(scope="session")
def ledger(suite: Session, plan: Plan) -> PlanLedger:
    """What is known of the plan so far."""
    return suite.ledgers[plan.name]


@pytest.fixture(scope="session")
def workspace(suite: Session, plan: Plan, configuration: pytest.Config) -> Iterator[Workspace]:
    """Folders of the plan."""
    with machines.turn(suite, plan.name, wait=not configuration.option.no_wait):
        yield suite.workspace(plan.name)


@pytest.fixture(scope="session")
def reports(workspace: Workspace) -> Path:
    """Report folder of the plan."""
    return workspace.reports


@pytest.fixture(scope="session")
def opened(suite: Session, plan: Plan, ledger: PlanLedger, workspace: Workspace) -> Iterator[Store | None]:
    """The plan's bare store, which other plans of its project may be using too; another run of the plan has its own.

    None where the plan has no turn in this session.
    """
    if plan.name in suite.refusals:
        yield None
        return
    with open_store(workspace.store, workspace.stores) as store:
        store.retries = running.retries(suite, plan, ledger)
        yield store
        failures = [fact.message for fact in ledger.criteria()]
        mending.drop_damaged(plan, store, failures, partial(live.say, suite), workspace.memory)


@pytest.fixture(scope="session")
def store(suite: Session, plan: Plan, opened: Store | None) -> Store:
    """The same, where it is to be had."""
    if opened is None:
        pytest.skip(f"blocked: {suite.refusals[plan.name].splitlines()[0]}")
    return opened


@pytest.fixture(scope="session")
def looked_up(plan: Plan, opened: Store | None) -> Mapping[str, Source]:
    """Base and branches as their remotes have them, before anything is fetched."""
    return {} if opened is None else look_up(plan, opened)


@pytest.fixture(scope="session")
def attempt(
    suite: Session, plan: Plan, ledger: PlanLedger, workspace: Workspace, looked_up: Mapping[str, Source]
) -> Iterator[AttemptFact]:
    """The attempt (R520), in progress until the plan's last criterion is judged, or why it may not start."""
    file, at = suite.metadata_of(plan.name)
    fact = AttemptFact(
        number=plan.attempt,
        started_at=stamp(now()),
        rehearsal=suite.until not in {"publish", "record"} or not ledger.complete(suite.until),
        forced=suite.forced,
        file=str(file),
        at=at,
        inputs=attempts.inputs(plan, looked_up),
        run=uuid.uuid4().hex,
        owner=owner(),
        judging=verify.wanted(plan, suite.verify) if suite.verify is not None else "",
    )
    fact = running.started(suite, plan, workspace, fact)
    ledger.note("attempt", fact)
    yield fact
    if not fact.refused and fact.counts:
        running.ended(suite, plan, ledger, fact)


@pytest.fixture(scope="session")
def clock(suite: Session, configuration: pytest.Config) -> Clock:
    """Shows on a live line what runs, where it tells nothing itself: the stage, and what it does."""
    return lambda stage, what: live.clock(suite, configuration, stage, what)


@pytest.fixture(scope="session")
def sources(  # noqa: PLR0913, PLR0917 - a fixture names all that it asks for
    suite: Session,
    plan: Plan,
    store: Store,
    ledger: PlanLedger,
    attempt: AttemptFact,
    looked_up: Mapping[str, Source],
    clock: Clock,
) -> Mapping[str, Source]:
    """Base and branches, brought into the store."""
    if attempt.refused:
        pytest.skip(f"blocked: {attempt.refused.splitlines()[0]}")
    with clock("fetch", f"{len(plan.branches)} branches"):
        found = mending.fetch_whole(plan, store, looked_up, partial(live.say, suite))
    ledger.note("sources", {key: source.model_dump(mode="json") for key, source in found.items()})
    ledger.note("distances", distances(store, suite.earlier(plan.name), found))
    return found


@pytest.fixture(scope="session")
def tips(sources: Mapping[str, Source]) -> Mapping[str, str]:
    """Tip of the base and of each branch, by id."""
    missing = [key for key, source in sources.items() if not source.commit]
    if missing:
        pytest.skip(f"blocked: {' and '.join(missing)} {'was' if len(missing) == 1 else 'were'} not found")
    return {key: source.commit for key, source in sources.items() if source.commit}


@pytest.fixture(scope="session")
def memory(suite: Session, plan: Plan, store: Repo) -> Memory:
    """The merges of earlier runs, to which those of this one are added."""
    return Memory(store, plan, suite.workspace(plan.name).memory, fresh=suite.fresh)


@pytest.fixture(scope="session")
def portions(plan: Plan, store: Repo, sources: Mapping[str, Source], memory: Memory) -> Portions:
    """What comes of some of the plan's branches alone."""
    return Portions(plan, store, sources, memory)


@pytest.fixture(scope="session")
def integration(  # noqa: PLR0913, PLR0917 - a fixture names all that it asks for
    suite: Session,
    plan: Plan,
    store: Repo,
    ledger: PlanLedger,
    sources: Mapping[str, Source],
    memory: Memory,
    clock: Clock,
) -> Integration:
    """The integration branch, built in memory; or read, with `--verify`."""
    if suite.verify is None:
        with clock("merge", f"{len(plan.branches)} branches"):
            result = integrate(plan, store, sources, memory)
        ledger.note("merging", MergingFact(made=memory.made, remembered=len(memory.recalled)))
    else:
        judged = verify.find(plan, store, suite.verify)
        by_tip = {source.commit: key for key, source in sources.items() if source.commit and key != "base"}
        result = verify.read(plan, store, sources["base"], by_tip, judged)
        ledger.note("sources", {**ledger.facts["sources"], verify.JUDGED: judged.model_dump(mode="json")})
        ledger.note("distances", distances(store, suite.earlier(plan.name), {**sources, verify.JUDGED: judged}))
        if result.tip:
            ledger.note("judged", verify.told(store, judged, result, f"waveproof {__version__}"))
    ledger.note("integration", result)
    return result


@pytest.fixture(scope="session")
def history(store: Repo, integration: Integration, merged: Merges) -> History:
    """What git says of the finished branch."""
    if integration.tip is None or integration.base is None:
        pytest.skip("blocked: there is no integration branch")
    return History(store, integration.base, integration.tip, merged)


@pytest.fixture(scope="session")
def ancestry(plan: Plan, store: Repo, history: History, tips: Mapping[str, str]) -> Ancestry:
    """Which branches of the plan contain which."""
    return Ancestry(store, history.base, {branch.id: tips[branch.id] for branch in plan.branches}, history.merged)


@pytest.fixture
def remark(suite: Session) -> Remark:
    """Lets a criterion tell the reviewer something that is no failure but has to be known."""
    properties = running.at_work(suite).user_properties
    return lambda text: properties.append((REMARK, visible(text)))


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


@pytest.fixture(scope="session")
def published(plan: Plan, store: Repo, ledger: PlanLedger, attempt: AttemptFact, history: History) -> Publication:
    """The push, read back; refused in a rehearsal, and where anything before it was not proven in this session."""
    remote = plan.publish.remote if plan.publish else ""
    if attempt.judging:
        judged = Source.model_validate(ledger.facts["sources"][verify.JUDGED])
        result = verify.read_again(plan, store, judged)
        ledger.note("publication", result)
        return result
    if problem := held_back(ledger.unproven("publish"), rehearsal=attempt.rehearsal):
        ref = f"refs/heads/{plan.integration}"
        result = Publication(remote=remote, url="", ref=ref, commit=history.tip, status="refused", problem=problem)
    else:
        result = publish_branch(plan, store, remote, history.tip)
    ledger.note("publication", result)
    return result


@pytest.fixture(scope="session")
def sources_now(plan: Plan, store: Repo, published: Publication) -> Mapping[str, Source]:
    """Base and branches as their remotes have them after the push."""
    del published
    return look_up(plan, store)
