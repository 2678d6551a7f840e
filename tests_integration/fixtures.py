"""One session fixture a stage and plan. Each returns a value; what is wrong with it, a criterion says."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial, wraps
from pathlib import Path

import pytest
from git import Repo

from tests_integration import __version__, live, machines, running
from tests_integration.criteria.catalogue import SUBJECTS, parameters
from tests_integration.criteria.judge import Remark
from tests_integration.engine import attempts, mending, verify
from tests_integration.engine.clock import now, stamp
from tests_integration.engine.integrate import integrate
from tests_integration.engine.memory import Memory
from tests_integration.engine.owners import owner
from tests_integration.engine.portions import Portions
from tests_integration.engine.publish import publish as publish_branch
from tests_integration.engine.sources import look_up
from tests_integration.facts import AttemptFact, Integration, Publication, Source
from tests_integration.plan.load import Given
from tests_integration.plan.model import Plan
from tests_integration.record.compare import distances
from tests_integration.record.ledger import PlanLedger, held_back
from tests_integration.record.model import MergingFact
from tests_integration.repository.ancestry import Ancestry
from tests_integration.repository.ask import History
from tests_integration.repository.merge import Merges
from tests_integration.repository.store import Store, open_store
from tests_integration.session import REMARK, Session, Workspace
from tests_integration.text import visible

SESSION = pytest.StashKey[Session]()
NOTE = "note_is_published"

Clock = Callable[[str, str], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def given(suite: Session) -> Given:
    """The plan of the case, or its refusal; made anew for another plan, since that is its parameter."""
    return suite.given(running.asked(running.at_work(suite)).plan)


def once_a_plan(make: Callable[..., object]) -> object:
    """A fixture whose own parameters are looked for when it is made, and not by pytest again in each case.

    It ends with the plan, as `given` does. It has nothing to tear down: those that it asks for may end before it.
    """
    names = parameters(make)

    @wraps(make)
    def made(given: Given, suite: Session) -> object:
        del given
        return make(**{name: suite.making[-1].getfixturevalue(name) for name in names})

    del made.__wrapped__  # pytest would read the parameters there
    return pytest.fixture(scope="session")(made)


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


@once_a_plan
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


@once_a_plan
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


@once_a_plan
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


@once_a_plan
def history(store: Repo, integration: Integration, merged: Merges) -> History:
    """What git says of the finished branch."""
    if integration.tip is None or integration.base is None:
        pytest.skip("blocked: there is no integration branch")
    return History(store, integration.base, integration.tip, merged)


@once_a_plan
def ancestry(plan: Plan, store: Repo, history: History, tips: Mapping[str, str]) -> Ancestry:
    """Which branches of the plan contain which."""
    return Ancestry(store, history.base, {branch.id: tips[branch.id] for branch in plan.branches}, history.merged)


@pytest.fixture
def remark(suite: Session) -> Remark:
    """Lets a criterion tell the reviewer something that is no failure but has to be known."""
    properties = running.at_work(suite).user_properties
    return lambda text: properties.append((REMARK, visible(text)))


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
