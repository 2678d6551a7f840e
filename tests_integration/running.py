"""What the hooks of the plugin delegate to while criteria are collected, ordered, run and reported."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests_integration import turns
from tests_integration.criteria.about import About, about
from tests_integration.criteria.catalogue import FOLDER, description, is_asked_for, stage_of, subjects
from tests_integration.engine import attempts, isolation, metadata
from tests_integration.engine.clock import now, stamp
from tests_integration.engine.metadata import MetadataError
from tests_integration.facts import AttemptFact, Integration, Recorded, Source
from tests_integration.plan.load import Given
from tests_integration.plan.model import Plan
from tests_integration.plan.stages import STAGES
from tests_integration.record import index
from tests_integration.record.ledger import Key, PlanLedger
from tests_integration.record.write import set_aside, write_forms, write_index
from tests_integration.session import REMARK, Session, Workspace
from tests_integration.text import visible


def begin(config: pytest.Config, suite: Session) -> None:
    """Find the suite's own folder, and take the turn of the session's plans.

    Raises:
        pytest.UsageError: nothing can be kept in that folder.
    """
    suite.terminal = config.pluginmanager.getplugin("terminalreporter")
    try:
        suite.cache = _cache_folder(config)
        _take_turn(config, suite)
    except OSError as error:
        raise pytest.UsageError(
            f"nothing can be kept in {error.filename or suite.cache}: {error.strerror}; store and checkouts stand in"
            " pytest's cache (-o cache_dir=DIR), or where no configuration file says which, in .pytest_cache below the"
            " folder that pytest is started in"
        ) from None


def _cache_folder(config: pytest.Config) -> Path:
    """The suite's folder in pytest's cache; where no configuration file says what the project is, below the caller."""
    if config.inipath is not None and hasattr(config, "cache"):
        return config.cache.mkdir("waveproof")
    folder = config.invocation_params.dir / ".pytest_cache" / "d" / "waveproof"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _take_turn(config: pytest.Config, suite: Session) -> None:
    """Wait for other runs of the session's plans, in the process that reports, and where criteria will be run."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    terminal = suite.terminal

    def tell(line: str) -> None:
        if terminal:
            terminal.write_line(visible(line), flush=True)

    config.add_cleanup(turns.take(suite, tell, wait=not config.option.no_wait).close)


def is_criterion(item: pytest.Item) -> bool:
    """Whether this case judges a plan."""
    return item.path.is_relative_to(FOLDER)


def parametrize(metafunc: pytest.Metafunc, session: Session) -> None:
    """Give a criterion one case a plan, or one a plan and subject, with ids made of their names."""
    stage = stage_of(metafunc.definition.path)
    if STAGES.index(stage) > STAGES.index(session.until):
        metafunc.parametrize("given", [], indirect=True)
        return
    rows = []
    names = ["given"]
    for given in session.givens:
        if not is_asked_for(metafunc.function, given.plan, session.verify):
            continue
        if given.plan is None and metafunc.function.__name__ != "test_plan_is_sound":
            continue
        subject = subjects(metafunc.fixturenames, stage, given.plan, session.verify)
        if subject is None:
            rows.append(pytest.param(given, id=given.name))
        else:
            names = ["given", subject[0]]
            rows += [pytest.param(given, value, id=f"{given.name}-{key}") for key, value in subject[1]]
    metafunc.parametrize(names, rows, indirect=["given"], scope="session")


def arranged(items: list[pytest.Item], session: Session) -> list[pytest.Item]:
    """The criteria in plan order: plan by plan, stage by stage; those without a subject in any plan are left out."""
    places = {(name, key): n for name, ledger in session.ledgers.items() for n, key in enumerate(ledger.outcomes)}
    plans = list(session.ledgers)
    kept = [item for item in items if isinstance(_parameters(item).get("given"), Given)]
    return sorted(kept, key=lambda item: (plans.index(plan_name(item)), places[plan_name(item), key(item)]))


def plan_name(item: pytest.Item) -> str:
    """Name of the plan that the case judges."""
    given: Given = _parameters(item)["given"]
    return given.name


def key(item: pytest.Item) -> Key:
    """Names the case within its plan."""
    case = item.callspec.id.removeprefix(plan_name(item)).removeprefix("-")  # type: ignore[attr-defined]
    return _function(item).removeprefix("test_"), case


def started(suite: Session, plan: Plan, workspace: Workspace, fact: AttemptFact) -> AttemptFact:
    """The attempt once it is written that it is in progress, or with why it may not start (R520)."""
    file = Path(fact.file)
    if plan.name in suite.refusals:
        return fact.model_copy(update={"refused": suite.refusals[plan.name]})
    try:
        if fact.judging:  # metadata are about building; what is wrong with them keeps nobody from judging
            refused = isolation.refusal(plan) if runs_commands(suite) else ""
            if not refused:
                _make_way(suite, workspace)
            return fact.model_copy(update={"refused": refused})
        past = metadata.read(file, fact.at)
        refused = isolation.refusal(plan) if runs_commands(suite) else ""
        if not refused and fact.counts and not fact.forced:
            refused = attempts.refusal(plan, past, fact.inputs, workspace.reports)
        if not refused:
            _make_way(suite, workspace)
        if not refused and fact.counts:
            attempts.start(fact, plan)
    except (MetadataError, OSError) as error:
        return fact.model_copy(update={"refused": f"the record cannot be kept: {error}"})
    return fact.model_copy(update={"refused": refused})


def _make_way(suite: Session, workspace: Workspace) -> None:
    """Set the earlier record aside, and let the list of plans not show it as that of the run that begins."""
    set_aside(workspace.reports)
    with suppress(OSError):  # at the end it is told
        write_index(suite.reports, index.page(suite.reports, {}, stamp(now())))


def runs_commands(suite: Session) -> bool:
    """Whether this session comes to the plan's own commands."""
    return STAGES.index(suite.until) >= STAGES.index("build")


def ended(suite: Session, plan: Plan, ledger: PlanLedger, fact: AttemptFact) -> None:
    """Write how the attempt ended, when its last criterion is judged (R520)."""
    outcome = suite.outcome(plan.name, ledger.criteria())
    fetched = {key: Source.model_validate(source) for key, source in ledger.facts.get("sources", {}).items()}
    fact = fact.model_copy(update={"inputs": fact.inputs | attempts.inputs(plan, fetched)})
    told = ledger.fact("recorded", Recorded)
    try:
        attempts.finish(fact, ledger.fact("integration", Integration), outcome)
    except MetadataError as error:
        if not (told and told.problem):  # else a criterion has said so
            pytest.fail(f"the metadata cannot be kept: {error}", pytrace=False)


def come_to(item: pytest.Item, session: Session) -> None:
    """Where a plan comes to another stage, let its record, its metadata and those who wait for it know.

    What cannot be written now is no failure of the stage; at the end it is one of the record.
    """
    here = plan_name(item), stage_of(item.path)
    before, session.running = session.running, here
    name, stage = here
    attempt = session.ledgers[name].fact("attempt", AttemptFact)
    if here == before or attempt is None or attempt.refused:
        return
    turns.come_to(session, name, stage)
    with suppress(OSError, MetadataError):
        write_forms(session.folder(name), session.given(name).plan, session.unfinished(name))
        if attempt.counts:
            attempts.go_on(attempt)


def block(item: pytest.Item, session: Session) -> None:
    """Skip the case, with the culprit named, where an earlier stage of its plan has failed."""
    culprit = session.ledgers[plan_name(item)].blocked_by(stage_of(item.path))
    if culprit:
        pytest.skip(f"blocked: {culprit}")


def tell_subjects(items: list[pytest.Item], session: Session) -> None:
    """Let JUnit XML carry what each case is about: plan, stage, criterion and branches, as properties."""
    abouts = {given.name: about(given.plan, session.verify) for given in session.givens if given.plan}
    for item in items:
        name, (criterion, subject) = plan_name(item), key(item)
        found = abouts.get(name, {}).get((criterion, subject), About(()))
        properties = [("plan", name), ("stage", stage_of(item.path)), ("criterion", criterion)]
        item.user_properties += [*properties, *(("branch", branch) for branch in found.branches)]


def annotate(item: pytest.Item, report: pytest.TestReport, error: BaseException | None, session: Session) -> None:
    """Let the report carry whose it is, and what was learnt, as plain values; nothing that it says can act."""
    if isinstance(error, OSError) and not report.passed:
        _blame_machine(report, error)
    told = visible(message(report, error))
    _make_visible(report)
    name = plan_name(item)
    said = {
        "plan": name,
        "key": key(item),
        "message": told,
        "facts": session.ledgers[name].unsent(),
        "blocked": report.skipped or getattr(report, "blocked", False),
        "remarks": [text for kind, text in report.user_properties if kind == REMARK],
    }
    vars(report)["waveproof"] = said


def _blame_machine(report: pytest.TestReport, error: OSError) -> None:
    """A disk that is full fails no criterion: what could not be judged is blocked, and may be tried again."""
    place = f": {error.filename}" if error.filename else ""
    report.longrepr = f"blocked: this machine does not let the run go on: {error.strerror or error}{place}"
    vars(report)["blocked"] = True


def _make_visible(report: pytest.TestReport) -> None:
    if isinstance(report.longrepr, tuple):
        file, line, reason = report.longrepr
        report.longrepr = file, line, visible(reason)
    elif (text := report.longreprtext) != visible(text):
        report.longrepr = visible(text)


def hear(report: pytest.TestReport, session: Session) -> None:
    """Keep what a report says about its plan."""
    said: dict[str, Any] | None = getattr(report, "waveproof", None)
    if said is None:
        return
    ledger = session.ledgers[said["plan"]]
    ledger.facts.update(said["facts"])
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
        for item in items:
            if is_criterion(item) and plan_name(item) == plan.name:
                _, subject = key(item)
                text = description(item.function)  # type: ignore[attr-defined]
                lines.append(f"  {stage_of(item.path):7}  {subject + ': ' if subject else ''}{text}")
    return lines


def _function(item: pytest.Item) -> str:
    name: str = getattr(item, "originalname", item.name)
    return name


def _parameters(item: pytest.Item) -> dict[str, Any]:
    parameters: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    return parameters
