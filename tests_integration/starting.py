"""The beginning of a session: its plans, its folders, and its turn."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from tests_integration import locking, machines, shards, turns
from tests_integration.criteria.catalogue import BUILDING
from tests_integration.engine.surroundings import look
from tests_integration.options import plans_named, require_tools
from tests_integration.plan.load import Given, give
from tests_integration.plan.markdown.draft import Surroundings
from tests_integration.plan.model import Plan
from tests_integration.plan.stages import STAGES
from tests_integration.plan.variables import Variables
from tests_integration.session import Session, Worker
from tests_integration.text import visible


def add_markers(config: pytest.Config) -> None:
    """Register the markers of criteria, which a session without them does not know."""
    config.addinivalue_line("markers", f"{BUILDING}: criteria about what this run built; left out with --verify")
    for stage in STAGES:
        config.addinivalue_line("markers", f"{stage}: criteria of the stage `{stage}` of a plan")


def leave_host(config: pytest.Config) -> None:
    """Let a host's configuration have no say in which criteria there are, and in what they need."""
    config.addinivalue_line("python_files", "test_*.py")
    config.addinivalue_line("python_functions", "test")
    config.getini("usefixtures").clear()  # its conftest, where they stand, is not read


def session(config: pytest.Config) -> Session:
    """The session over the plans that are given; in a worker that lacks something, over none.

    Raises:
        pytest.UsageError: with what is wrong with the options, or missing on this machine.
    """
    told = machines.told(config)
    worker: Worker | None = told.get("worker")
    reports = config.invocation_params.dir / config.option.reports
    verify = "" if config.option.verify is True else config.option.verify
    named, shard, unfit = dict[str, Path](), None, ""
    try:
        require_tools()
        named = plans_named(config)
    except pytest.UsageError as error:
        if worker is None:
            raise
        unfit = str(error)
    everything = named
    if worker:
        named = {name: file for name, file in named.items() if name in worker.plans}
    elif config.option.shard:
        shard = shards.choose(named, config.option.shard, reports, verified=verify is not None)
        named = {name: named[name] for name in shard.plans}
    wanted = bool(named or config.option.set)
    taken_from = (clone(config), surroundings(config), variables(config)) if wanted else ()
    givens = [give(file, *taken_from) for file in named.values()]
    if worker is None and config.option.set:
        others = (everything[name] for name in everything.keys() - named)
        require_taken(config, [*givens, *(give(file, *taken_from) for file in others)])
    if config.option.minimal:
        givens = [given._replace(plan=_minimal(given.plan)) for given in givens]
    if worker is None:
        locking.require_known(givens, config.option.update_lock)
    givens = locking.released(givens, config.option.update_lock)
    return Session(
        givens=givens,
        reports=reports,
        until=config.option.until,
        forced=config.option.force_attempt,
        bug_prefix=config.option.bug_prefix,
        fresh=config.option.fresh,
        verify=verify,
        shard=shard,
        unfit=unfit or (machines.require_same(givens, worker) if worker else ""),
        lock=config.option.lock,
        update=None if config.option.update_lock is None else tuple(config.option.update_lock),
        **told,
    )


def _minimal(plan: Plan | None) -> Plan | None:
    return plan.model_copy(update={"minimal": True}) if plan else None


def variables(config: pytest.Config) -> Variables:
    """What plans may take for `${NAME}`: what `--set` says, and the environment."""
    return Variables(config.option.set)


def require_taken(config: pytest.Config, givens: list[Given]) -> None:
    """Let no value be given that no plan takes; where a plan is refused, nobody knows what it would take.

    Args:
        config: with what `--set` gives.
        givens: all plans, also those that other shards run.

    Raises:
        pytest.UsageError: there is such a value.
    """
    taken = frozenset[str]().union(*(given.document.variables for given in givens if given.document))
    if all(given.plan for given in givens) and (problem := variables(config).untaken(taken)):
        raise pytest.UsageError(problem)


def surroundings(config: pytest.Config) -> Callable[[Path], Surroundings]:
    """What tells documents of their surroundings."""
    return partial(look, reports=config.invocation_params.dir / config.option.reports)


def clone(config: pytest.Config) -> Path | None:
    """The clone, or for documents the bundle, that `--repository` names instead of the plans' own.

    Raises:
        pytest.UsageError: there is none.
    """
    if not config.option.repository:
        return None
    place: Path = config.invocation_params.dir / config.option.repository
    if not place.exists():
        raise pytest.UsageError(
            f"--repository {config.option.repository}: there is no {place}; a plan needs a clone, a document a clone"
            " or a bundle"
        )
    return place


def fixtures(session: Session, config: pytest.Config) -> ModuleType:
    """A plugin with the fixtures that are the same for all plans.

    No fixture asks for a `request` that can do without: for each that does, pytest looks at a signature in each case.
    """

    @pytest.fixture(scope="session")
    def suite() -> Session:
        """The state of this session."""
        return session

    @pytest.fixture(scope="session")
    def configuration() -> pytest.Config:
        """What pytest was told."""
        return config

    plugin = ModuleType(f"{__name__}.session")  # pytest looks for fixtures in modules and classes
    vars(plugin).update(suite=suite, configuration=configuration)
    return plugin


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
        told = (
            f"nothing can be kept in {error.filename or suite.cache}: {error.strerror}; store and checkouts stand in"
            " pytest's cache (-o cache_dir=DIR), or where no configuration file says which, in .pytest_cache below the"
            " folder that pytest is started in"
        )
        if suite.worker is None:
            raise pytest.UsageError(told) from None
        suite.unfit = suite.unfit or told


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

    taken = turns.take(suite, tell, wait=not config.option.no_wait, givens=suite.givens)
    config.add_cleanup(taken.close)
