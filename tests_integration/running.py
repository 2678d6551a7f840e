"""What the hooks of the plugin delegate to while criteria are collected, ordered, run and reported."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import pytest

from tests_integration import live, machines, turns
from tests_integration.criteria.about import About, about
from tests_integration.criteria.catalogue import described, description, is_asked_for, parameters, stage_of, subjects
from tests_integration.engine import attempts, isolation, metadata
from tests_integration.engine.commands import Progress
from tests_integration.engine.metadata import MetadataError
from tests_integration.facts import AttemptFact, Integration, Recorded, Retried, RetryFact, Source
from tests_integration.plan.model import Plan
from tests_integration.plan.stages import STAGES
from tests_integration.record.gather import RETRIED
from tests_integration.record.ledger import Key, PlanLedger
from tests_integration.record.write import set_aside, write_forms
from tests_integration.repository.retries import Retries
from tests_integration.session import REMARK, Session, Workspace
from tests_integration.text import visible


@contextmanager
def watched(suite: Session, config: pytest.Config, stage: str, attempt: AttemptFact) -> Iterator[Progress]:
    """Show how commands of a stage go on, and let it be seen that the attempt is alive."""
    give_sign = attempts.signs(attempt)
    with live.line(suite, config, stage) as show:

        def progress(run: str, seconds: float, last: str) -> None:
            show(run, seconds, last)
            give_sign()

        yield progress


def retries(suite: Session, plan: Plan, ledger: PlanLedger) -> Retries:
    """Lets network and machine fail in passing, as often as the plan says; shown as it goes, and remembered."""
    lock = Lock()

    def heard(fact: RetryFact) -> None:
        with lock:
            before = ledger.fact(RETRIED, Retried) or Retried()
            ledger.note(RETRIED, Retried(times=(*before.times, fact)))
            live.say(suite, f"{plan.name}: {fact.told}")

    return Retries(plan.limits.retries, heard)


@contextmanager
def unsorted(config: pytest.Config) -> Iterator[None]:
    """Keep pytest from sorting cases by their parameters, which takes long: they are put into plan order afterwards."""
    plugins, name = config.pluginmanager, "pytest_collection_modifyitems"
    whole = getattr(plugins.hook, name)
    setattr(plugins.hook, name, plugins.subset_hook_caller(name, [plugins.get_plugin("funcmanage")]))
    try:
        yield
    finally:
        setattr(plugins.hook, name, whole)


def parametrize(metafunc: pytest.Metafunc, session: Session) -> None:
    """Give a criterion one case a plan, or one a plan and subject, with ids made of their names."""
    function = metafunc.function
    stage = stage_of(metafunc.definition.path)
    names, ids = [], []
    for given in session.givens if STAGES.index(stage) <= STAGES.index(session.until) else ():
        if not is_asked_for(function, given.plan, session.verify):
            continue
        found = subjects(parameters(function), stage, given.plan, session.verify)
        if found is not None:
            session.subjects[given.name, function.__name__.removeprefix("test_")] = dict(found[1])
        keys = [given.name] if found is None else [f"{given.name}-{key}" for key, _ in found[1]]
        names += [given.name] * len(keys)
        ids += keys
    metafunc.parametrize("given", names, ids=ids, indirect=True, scope="session")


class Asked(NamedTuple):
    """What a case asks: about which plan, by name, in which stage, by which criterion for which subject."""

    plan: str
    stage: str
    key: Key


ASKED = pytest.StashKey[Asked]()


def asked(item: pytest.Item) -> Asked:
    """What a criterion's case asks, by its module, its function and its id."""
    found = item.stash.get(ASKED, None)
    if found is None:
        plan = str(_given(item))
        subject = item.callspec.id.removeprefix(plan).removeprefix("-")  # type: ignore[attr-defined]
        criterion = getattr(item, "originalname", item.name).removeprefix("test_")
        found = item.stash[ASKED] = Asked(plan, described()[criterion].stage, (criterion, subject))
    return found


def subject(suite: Session) -> object:
    """What a criterion is judged for in this case."""
    name, _, (criterion, wanted) = asked(at_work(suite))
    return suite.subjects[name, criterion][wanted]


def at_work(suite: Session) -> pytest.Item:
    """The case that runs."""
    assert suite.item, "fixtures are made for a case"  # noqa: S101
    return suite.item


def arranged(items: list[pytest.Item], session: Session) -> list[pytest.Item]:
    """The criteria in plan order: plan by plan, stage by stage; those without a subject in any plan are left out."""
    cases = ((name, key) for name, ledger in session.ledgers.items() for key in ledger.outcomes)
    places = {case: n for n, case in enumerate(cases)}

    def place(item: pytest.Item) -> int:
        name, _, key = asked(item)
        return places[name, key]

    return sorted((item for item in items if _given(item) in session.ledgers), key=place)


def locate(items: list[pytest.Item]) -> None:
    """Tell cases where they stand, which is where their function does; pytest would find it out for each.

    Where pytest keeps an item's `location` in another place, this changes nothing.
    """
    first: dict[object, tuple[str, int | None, str]] = {}
    for item in items:
        function = item.function  # type: ignore[attr-defined]
        if function in first:
            vars(item)["location"] = *first[function][:2], item.name
        else:
            first[function] = item.location


def started(suite: Session, plan: Plan, workspace: Workspace, fact: AttemptFact) -> AttemptFact:
    """The attempt once it is written that it is in progress, or with why it may not start (R520)."""
    file = Path(fact.file)
    if plan.name in suite.refusals:
        return fact.model_copy(update={"refused": suite.refusals[plan.name]})
    try:
        if fact.judging:  # metadata are about building; what is wrong with them keeps nobody from judging
            refused = isolation.refusal(plan) if runs_commands(suite) else ""
            if not refused:
                set_aside(workspace.reports)
            return fact.model_copy(update={"refused": refused})
        past = metadata.read(file, fact.at)
        refused = isolation.refusal(plan) if runs_commands(suite) else ""
        if not refused and fact.counts and not fact.forced:
            refused = attempts.refusal(plan, past, fact.inputs, workspace.reports)
        if not refused:
            set_aside(workspace.reports)
        if not refused and fact.counts:
            attempts.start(fact, plan, workspace.reports)
            machines.keep_metadata(suite, plan.name)
    except attempts.RefusedError as error:
        refused = str(error)
    except (MetadataError, OSError) as error:
        return fact.model_copy(update={"refused": f"the record cannot be kept: {error}"})
    return fact.model_copy(update={"refused": refused})


def runs_commands(suite: Session) -> bool:
    """Whether this session comes to the plan's own commands."""
    asked = any(given.plan.minimal for given in suite.givens if given.plan)
    return STAGES.index(suite.until) >= STAGES.index("audit" if asked else "build")


def ended(suite: Session, plan: Plan, ledger: PlanLedger, fact: AttemptFact) -> None:
    """Write how the attempt ended, when its last criterion is judged (R520)."""
    outcome = suite.outcome(plan.name, ledger.criteria())
    fetched = {key: Source.model_validate(source) for key, source in ledger.facts.get("sources", {}).items()}
    fact = fact.model_copy(update={"inputs": fact.inputs | attempts.inputs(plan, fetched)})
    told = ledger.fact("recorded", Recorded)
    try:
        attempts.finish(fact, ledger.fact("integration", Integration), outcome)
        machines.keep_metadata(suite, plan.name)
    except MetadataError as error:
        if not (told and told.problem):  # else a criterion has said so
            pytest.fail(f"the metadata cannot be kept: {error}", pytrace=False)


def come_to(item: pytest.Item, session: Session) -> None:
    """Where a plan comes to another stage, let its record, its metadata and those who wait for it know.

    What cannot be written now is no failure of the stage; at the end it is one of the record.
    """
    session.item = item
    name, stage, _ = asked(item)
    before, session.running = session.running, (name, stage)
    if session.running == before:
        return
    machines.begin_plan(session, name)
    attempt = session.ledgers[name].fact("attempt", AttemptFact)
    if attempt is None or attempt.refused:
        return
    turns.come_to(session, name, stage)
    with suppress(OSError, MetadataError):
        write_forms(session.folder(name), session.given(name).plan, session.unfinished(name))
        if attempt.counts:
            attempts.go_on(attempt)


def block(item: pytest.Item, session: Session) -> None:
    """Skip the case, with the culprit named, where an earlier stage of its plan has failed."""
    name, stage, _ = asked(item)
    if culprit := session.ledgers[name].blocked_by(stage):
        pytest.skip(f"blocked: {culprit}")


def tell_subjects(items: list[pytest.Item], session: Session) -> None:
    """Let JUnit XML carry what each case is about: plan, stage, criterion and branches, as properties."""
    abouts = {given.name: about(given.plan, session.verify) for given in session.givens if given.plan}
    for item in items:
        name, stage, key = asked(item)
        found = abouts.get(name, {}).get(key, About(()))
        properties = [("plan", name), ("stage", stage), ("criterion", key[0])]
        item.user_properties += [*properties, *(("branch", branch) for branch in found.branches)]


def annotate(item: pytest.Item, report: pytest.TestReport, error: BaseException | None, session: Session) -> None:
    """Let the report carry whose it is, and what was learnt, as plain values; nothing that it says can act."""
    if isinstance(error, OSError) and not report.passed:
        _blame_machine(report, error)
    told = machines.as_at_home(session, visible(message(report, error)))
    _make_visible(report, session)
    name, _, key = asked(item)
    facts = session.ledgers[name].unsent()
    said = {
        "plan": name,
        "key": key,
        "message": told,
        "facts": facts,
        **machines.luggage(session, name, facts),
        "blocked": report.skipped or getattr(report, "blocked", False),
        "remarks": [text for kind, text in report.user_properties if kind == REMARK],
    }
    vars(report)["waveproof"] = said


def _blame_machine(report: pytest.TestReport, error: OSError) -> None:
    """A disk that is full fails no criterion: what could not be judged is blocked, and may be tried again."""
    place = f": {error.filename}" if error.filename else ""
    report.longrepr = f"blocked: this machine does not let the run go on: {error.strerror or error}{place}"
    vars(report)["blocked"] = True


def _make_visible(report: pytest.TestReport, session: Session) -> None:
    if isinstance(report.longrepr, tuple):
        file, line, reason = report.longrepr
        report.longrepr = file, line, visible(reason)
    elif report.longrepr and (text := report.longreprtext) != (told := machines.as_at_home(session, visible(text))):
        report.longrepr = told


def hear(report: pytest.TestReport, session: Session) -> None:
    """Keep what a report says about its plan."""
    said: dict[str, Any] | None = getattr(report, "waveproof", None)
    if said is None:
        return
    ledger = session.ledgers[said["plan"]]
    ledger.facts.update(said["facts"])
    machines.receive(said, session)
    criterion, subject = said["key"]
    ledger.clock((criterion, subject), report.start, report.stop)
    if report.when != "call" and report.passed:
        ledger.spend((criterion, subject), report.duration)
        return
    outcome = "blocked" if said["blocked"] else report.outcome
    ledger.hear((criterion, subject), outcome, said["message"], report.duration, tuple(said["remarks"]))


def message(report: pytest.TestReport, error: BaseException | None) -> str:
    """Why a case failed or was blocked, in its own words; another error than those of criteria is the suite's own."""
    if report.passed:
        return ""
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ").removeprefix("blocked: ")
    if isinstance(error, OSError):
        return report.longreprtext.removeprefix("blocked: ")
    if error is None or isinstance(error, pytest.fail.Exception):
        return report.longreprtext
    return f"an error of the suite, not of the plan: {type(error).__name__}: {error}"


def listing(items: list[pytest.Item], session: Session) -> list[str]:
    """The plans as a list to read: what is merged in which order, and what is judged."""
    cases: dict[str, list[str]] = {}
    for item in items:
        name, stage, (_, subject) = asked(item)
        text = description(item.function)  # type: ignore[attr-defined]
        cases.setdefault(name, []).append(f"  {stage:7}  {subject + ': ' if subject else ''}{text}")
    lines = []
    for given in session.givens:
        plan = given.plan
        if plan is None:
            lines += [f"{given.name}: rejected", *(f"  {visible(mistake)}" for mistake in given.refusal.split("\n"))]
            continue
        lines += [f"{plan.name}: {plan.heading}", f"  {plan.base} -> {plan.integration}"]
        for n, branch in enumerate(plan.branches, 1):
            fixes = "".join(f", {fix.id}: {fix.action}" for fix in plan.fixes_of(branch))
            lines.append(f"  {n}. {branch.id}  {branch.title}  <- {branch.source}{fixes}")
        lines += cases.get(plan.name, [])
    return lines


def _given(item: pytest.Item) -> object:
    """Name of the plan that the case is for; something else where it is for none."""
    return item.callspec.params.get("given") if hasattr(item, "callspec") else None
