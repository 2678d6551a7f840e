"""How pytest drives the suite: hooks only, each delegates in a line or two; registered where the suite is asked for."""

import signal
import sys
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pytest_html.report_data import ReportData

from tests_integration import (
    beginning,
    closing,
    describing,
    examining,
    finishing,
    github,
    healing,
    locking,
    machines,
    running,
    starting,
    writing,
)
from tests_integration.criteria.catalogue import FOLDER
from tests_integration.fixtures import *  # noqa: F403 - pytest finds fixtures by the names in a plugin
from tests_integration.fixtures import SESSION
from tests_integration.gating import *  # noqa: F403 - the same
from tests_integration.interrupting import interrupted_once
from tests_integration.lasting import kept
from tests_integration.options import ARGUMENTS, require_tools
from tests_integration.record.write import REPORT
from tests_integration.recording import *  # noqa: F403 - the same
from tests_integration.repository.git import scrubbed_environment
from tests_integration.session import Session
from tests_integration.vouching import merged  # noqa: F401 - the same

HYPOTHESIS = "hypothesispytest"
"""A plugin that criteria have no use for; at the end it imports all of Hypothesis, which takes longer than a start."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Plans are distributed wherever there is somebody to distribute them to; a plan is written without a session."""
    if config.option.plan_init:
        return beginning.run(config)
    if config.option.plan_from:
        return describing.run(config)
    if config.option.write_plan:
        return writing.run(config)
    if config.option.plan:
        machines.distribute(config, _distribution(config))
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register markers; with `--plan`, read the plans and turn the session to their criteria."""
    starting.add_markers(config)
    locking.require_plans(config)
    if config.option.base:
        raise pytest.UsageError("--base needs --plan-from: it is what the branch starts from that becomes a plan")
    if config.option.shard and not config.option.plan:
        raise pytest.UsageError("--shard needs --plan: it is plans that are split over jobs")
    if config.option.set and not config.option.plan:
        raise pytest.UsageError("--set needs --plan: it is plans that take variables")
    if config.option.heal and (not config.option.plan or config.option.verify is not None):
        raise pytest.UsageError("--heal needs --plan and no --verify: it is a plan that gets another known fix")
    if config.option.record:
        require_tools("--record")
        examining.take_over(config)
    elif config.option.plan:
        _take_over(config)
    elif config.option.repository:
        raise pytest.UsageError(
            "--repository needs --record or --plan: a record is held against it, a plan takes from it"
        )
    elif config.option.verify is not None:
        raise pytest.UsageError("--verify needs --plan: a branch is judged by what a plan promised")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Find the cache, where live lines go, and the page that the report is written on."""
    if (suite := session.config.stash.get(SESSION, None)) is not None:
        starting.begin(session.config, suite)
        finishing.use_page(session, suite)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Criteria are collected with a plan only, everything else without one only; an audit has its own."""
    if examining.EXAMINATION in config.stash or collection_path.is_relative_to(examining.FOLDER):
        return examining.ignored(collection_path, config)
    inside = collection_path.is_relative_to(FOLDER)
    if SESSION not in config.stash:
        return True if inside else None
    return None if inside or FOLDER.is_relative_to(collection_path) else True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One case a plan, or a plan and subject."""
    suite = metafunc.config.stash.get(SESSION, None)
    if suite is not None and metafunc.definition.path.is_relative_to(FOLDER):
        running.parametrize(metafunc, suite)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Cases stay until the end: the collector of cycles need not look through them again and again."""
    if SESSION not in session.config.stash:
        return (yield)
    with kept(), running.unsorted(session.config):
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Plan order; sets of parameters that are empty leave no case."""
    if (suite := config.stash.get(SESSION, None)) is not None:
        items[:] = suite.ordered = running.arranged(items, suite)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember what was asked for; plan order again, whatever others (`--ff`) made of it."""
    if (suite := session.config.stash.get(SESSION, None)) is not None:
        if session.items != suite.ordered:
            session.items[:] = running.arranged(session.items, suite)
        if suite.unfit:
            machines.refuse(session, suite)
        for item in session.items:
            name, _, key = running.asked(item)
            suite.ledgers[name].chosen.add(key)
        if not session.config.option.collectonly:
            running.tell_subjects(session.items, suite)
            running.locate(session.items)


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """With `--collect-only`, the plans as a list to read; with `-q` no more than pytest's own list of cases."""
    suite = config.stash.get(SESSION, None)
    wanted = config.option.collectonly and config.option.verbose >= 0
    return running.listing(items, suite) if suite is not None and wanted else []


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A stage acts only when the stages before it have not failed."""
    if (suite := item.config.stash.get(SESSION, None)) is not None:
        running.come_to(item, suite)
        running.block(item, suite)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the report carry what the stage left."""
    report = yield
    if (suite := item.config.stash.get(SESSION, None)) is not None:
        running.annotate(item, report, call.excinfo.value if call.excinfo else None, suite)
    return report


def _distribution(config: pytest.Config) -> str:
    """What `--dist` says, before pytest-xdist makes something of it."""
    arguments: tuple[str, ...] = config.stash.get(ARGUMENTS, ())
    return machines.asked_to_distribute(arguments)


def _take_over(config: pytest.Config) -> None:
    starting.leave_host(config)
    with kept():
        suite = config.stash[SESSION] = starting.session(config)
    held = ExitStack()
    held.enter_context(scrubbed_environment())
    held.enter_context(interrupted_once(signal.SIGTERM, signal.SIGINT))
    config.add_cleanup(held.close)
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [str(FOLDER)]
    if config.pluginmanager.has_plugin(HYPOTHESIS):
        config.pluginmanager.unregister(name=HYPOTHESIS)
    config.pluginmanager.register(starting.fixtures(suite, config))
    config.pluginmanager.register(Listener(suite))
    if suite.worker is None:
        config.pluginmanager.register(Closer(suite))
        _ask_for_report(config, suite)


def _ask_for_report(config: pytest.Config, suite: Session) -> None:
    """Have pytest-html write the report, unless it is switched off or was told another place."""
    if hasattr(config.option, "htmlpath") and suite.givens and not config.option.collectonly:
        folder = suite.folder(suite.givens[0].name) if len(suite.givens) == 1 else suite.reports
        config.option.htmlpath = config.option.htmlpath or str(folder / REPORT)
        finishing.require_place(Path(config.option.htmlpath))
        config.option.self_contained_html = True


class Listener:
    """Hears reports, in workers as in the process that reports."""

    def __init__(self, suite: Session) -> None:
        self.suite = suite

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a report says about its plan."""
        running.hear(report, self.suite)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, request: pytest.FixtureRequest) -> Generator[None, object, object]:
        """Let a fixture that is being made ask for others (`fixtures.once_a_plan`)."""
        self.suite.making.append(request)
        try:
            return (yield)
        finally:
            self.suite.making.pop()

    def pytest_keyboard_interrupt(self) -> None:
        """Let metadata and record say so."""
        self.suite.interrupted = True


class Closer:
    """Ends the session where it is reported."""

    def __init__(self, suite: Session) -> None:
        self.suite = suite
        self.records: finishing.Records = {}
        self.parts = finishing.parts(suite, self.records)
        self.silence = github.Silence() if github.is_job(suite.caller) else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> object:
        """A plan stays whole on one worker."""
        from tests_integration.distribution import WholePlans  # noqa: PLC0415 - pytest-xdist may not be installed

        return WholePlans(config, log, self.suite, finishing.seconds(self.suite))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, config: pytest.Config) -> None:
        """Options are handed on in a form that means the same on other machines."""
        config.invocation_params = machines.handed_on(config.invocation_params)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """A worker is started in the scrubbed environment; its plans let the caller's variables through."""
        machines.tell(node, self.suite)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Remember what was asked for."""
        machines.choose(ids, self.suite)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """A plan whose worker is gone is not proven, and says so."""
        machines.lose(crashitem, report, self.suite)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionstart(self, session: pytest.Session) -> Generator[None, None, None]:
        """Machines that cannot be reached are told in words; once all can be, something has begun."""
        with machines.reaching(session.config):
            yield
        if not session.config.option.collectonly:
            finishing.begin(self.suite)

    def pytest_report_header(self, config: pytest.Config) -> list[str]:
        """Which plans this job runs, and how they are distributed."""
        return [*closing.share(self.suite), *machines.distribution(config, _distribution(config))]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Leave the earlier report as it is where no attempt was allowed to start."""
        try:
            try:
                return (yield)
            finally:
                self._heal(session)
        finally:
            finishing.keep_start(session)
            if all(self.suite.refused(given.name) for given in self.suite.givens):
                finishing.drop_report(session.config)

    def _heal(self, session: pytest.Session) -> None:
        """Try what is known to heal, once every plan has been judged; what was interrupted stays so."""
        if session.config.option.heal and isinstance(sys.exception(), session.Failed | None):
            healing.heal(self.suite, session.config)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the records; never end green without every criterion having held."""
        if session.config.option.collectonly:
            return
        self.records = finishing.records(self.suite)
        self.parts = finishing.parts(self.suite, self.records)
        self.suite.problems += finishing.write(self.suite, self.records, self.parts)
        self.suite.problems += finishing.write_index(
            self.suite, self.records, getattr(session.config.option, "htmlpath", None)
        )
        self.suite.problems += finishing.end_shard(self.suite)
        self.suite.problems += locking.write(self.suite, self.records)
        session.exitstatus = finishing.exit_code(self.suite, exitstatus, self.suite.problems)
        self.suite.problems += github.append_summary(self.suite, self.records)

    @pytest.hookimpl(optionalhook=True)
    def pytest_metadata(self, metadata: dict[str, object]) -> None:
        """Keep the environment's variables, tokens among them, out of the report; the record has its own."""
        metadata.clear()

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: ReportData) -> None:
        """The plan's own heading."""
        report.title = finishing.title(self.suite)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """The whole record as static HTML."""
        prefix.extend(finishing.page(self.suite, self.records, self.parts))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The verdict, last."""
        if terminalreporter.config.option.collectonly:
            return
        closing.close(terminalreporter, self.suite, self.records, self.suite.problems)

    def pytest_unconfigure(self) -> None:
        """Failures at the plan's lines, when nothing of strangers is printed any more."""
        if self.silence:
            self.silence.end()
            github.annotate(self.suite, self.records)
