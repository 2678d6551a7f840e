"""What the process that reports and the workers of pytest-xdist tell each other, on one machine or on several.

A worker beside that process shares its folders. One that stands elsewhere, on another machine or in another folder, has
store, checkouts and locks of its own; metadata go there before a plan begins, and come back with logs and facts.
"""

import json
import os
import socket
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests_integration import __version__, live, turns
from tests_integration.engine import attempts, metadata
from tests_integration.engine.metadata import MetadataError
from tests_integration.facts import AttemptFact
from tests_integration.files import ground, replace
from tests_integration.plan.load import Given
from tests_integration.record.compare import WORKER
from tests_integration.record.write import LOGS, set_aside
from tests_integration.session import MADE_WITH, Session, Withheld, Worker, environment

TOLD = "waveproof"
GATES = ("build", "test", "demo")
SENT = "metadata"
"""Name of the fact that holds the R520 object of a worker that stands elsewhere."""

RESTARTS = 4
"""Workers that are started anew, for each that there is, as `-n` has it."""

PATHS = {
    "--plan",
    "--set",
    "--repository",
    "--reports",
    "--junit-xml",
    "--junitxml",
    "--html",
    "--rootdir",
    "--config-file",
}
"""Options whose value may be a path that is there: pytest-xdist would take it for a case to be sent along."""


def asked_to_distribute(arguments: Sequence[str]) -> str:
    """What `--dist` says among the arguments of pytest; the last one counts, and empty is nothing."""
    asked = ""
    for option, value in pairwise([*arguments, ""]):
        name, _, joined_value = option.partition("=")
        if name == "--dist":
            asked = joined_value or value
        elif option == "-d":
            asked = "load"
    return asked


def distribute(config: pytest.Config, asked: str) -> None:
    """Have plans distributed over the machines of `--tx` without `--dist`, and not start dying workers for ever."""
    gateways = [] if hasattr(config, "workerinput") else getattr(config.option, "tx", [])
    if gateways and not asked:
        config.option.dist = "load"
    if gateways and config.option.maxworkerrestart is None:
        config.option.maxworkerrestart = str(RESTARTS * len(gateways))


def distribution(config: pytest.Config, asked: str) -> list[str]:
    """What is said of `--dist` where something else is done."""
    if not getattr(config.option, "tx", []) or config.option.dist == "no" or not asked:
        return []
    return [f"--dist {asked} is not followed: a plan stays whole on a worker, and each is run once"]


def handed_on(params: pytest.Config.InvocationParams) -> pytest.Config.InvocationParams:
    """The arguments as pytest-xdist hands them to workers."""
    return pytest.Config.InvocationParams(args=joined(map(str, params.args)), plugins=params.plugins, dir=params.dir)


@contextmanager
def reaching(config: pytest.Config) -> Iterator[None]:
    """Tell in words that a machine cannot be reached.

    Raises:
        pytest.UsageError: with what execnet says, whose errors are its own or those of a pipe.
    """
    try:
        yield
    except Exception as error:
        is_of_execnet = type(error).__module__.partition(".")[0] == "execnet" or isinstance(error, OSError | EOFError)
        if not (getattr(config.option, "tx", []) and is_of_execnet):
            raise
        specs = ", ".join([*config.option.tx, *config.option.px])
        raise pytest.UsageError(
            f"a machine cannot be used, of {specs}: {type(error).__name__}: {error}; what ssh says stands above."
            " `ssh HOST PYTHON --version` has to work without a question"
        ) from None


def joined(arguments: Iterable[str]) -> tuple[str, ...]:
    """Arguments of pytest as pytest-xdist hands them to workers elsewhere: `--plan=PATH`, not `--plan PATH`."""
    found: list[str] = []
    for argument in arguments:
        if found and found[-1] in PATHS:
            found[-1] += f"={argument}"
        else:
            found.append(argument)
    return tuple(found)


def tell(node: Any, suite: Session) -> None:
    """Give a worker what it needs to know; the caller's environment, tokens among it, stays on this machine."""
    spec = node.gateway.spec
    beside = spec.popen and not spec.via
    suite.reports.mkdir(parents=True, exist_ok=True)
    node.workerinput[TOLD] = {
        "caller": dict(suite.caller) if beside else None,
        "refusals": suite.refusals,
        "worker": {
            "name": node.gateway.id,
            "plans": {given.name: fingerprint(given) for given in suite.givens},
            "turns": {given.name: ground(suite.workspace(given.name).lock.parent) for given in suite.givens},
            "reports": ground(suite.reports),
            "home": str(suite.reports.absolute()),
            "metadata": {} if beside and not spec.chdir else _all_metadata(suite),
        },
    }


def told(config: pytest.Config) -> dict[str, Any]:
    """What this worker was told, as parts of its session; of the process that reports, its own environment."""
    said = getattr(config, "workerinput", {}).get(TOLD)
    if said is None:
        return {"caller": Withheld(os.environ)}
    caller = Withheld(os.environ if said["caller"] is None else said["caller"])
    return {"caller": caller, "refusals": said["refusals"], "worker": Worker(**said["worker"])}


def fingerprint(given: Given) -> str:
    """What a plan and its lock say, and which version of the suite has read them."""
    if given.plan is None:
        return f"{__version__} rejected"
    return f"{__version__} {given.plan.digest}{f' {given.plan.lock.digest}' if given.plan.lock else ''}"


def require_same(givens: Sequence[Given], worker: Worker) -> str:
    """Why a worker must not run these plans: they are not those that the session was started with; or empty."""
    here = {given.name: fingerprint(given) for given in givens}
    if missing := [name for name in worker.plans if name not in here]:
        return f"--plan names no plan {' or '.join(missing)} in {Path.cwd()}; bring the plans here under the same path"
    odd = [given for given in givens if here[given.name] != worker.plans[given.name]]
    named = ", ".join(str(given.file.absolute()) for given in odd)
    told = "not what the session was started with: another plan, other files that it adds, or another version of the"
    return f"{named}: {told} suite; bring the same ones here" if odd else ""


def refuse(session: pytest.Session, suite: Session) -> None:
    """In a worker, say why it runs nothing, as an error of collecting."""
    session.items.clear()
    told = f"{suite.worker.name if suite.worker else ''} on {socket.gethostname()}: {suite.unfit}"
    report = pytest.CollectReport(nodeid="", outcome="failed", longrepr=told, result=[])
    session.config.hook.pytest_collectreport(report=report)


def choose(ids: Iterable[str], suite: Session) -> None:
    """In the process that reports, remember which criteria the workers have been asked for."""
    for nodeid in ids:
        if found := suite.cases.get(nodeid.rpartition("::")[2]):
            suite.ledgers[found[0]].chosen.add(found[1])


def lose(nodeid: str, report: pytest.TestReport, suite: Session) -> None:
    """Say of a case that its worker is gone: its plan is interrupted, and no other worker goes on in its middle."""
    name, key = suite.cases[nodeid.rpartition("::")[2]]
    ledger = suite.ledgers[name]
    where = ledger.facts.get(MADE_WITH, {}).get(WORKER, report.node.gateway.id)
    why = (
        f"the worker that ran this plan is gone ({where}): it was killed, the machine had no memory left, or the"
        " connection broke. What was not judged before is not proven; run the plan again"
    )
    suite.died[name] = ledger.outcomes[key].stage
    report.longrepr = f"blocked: {why}"
    report.start = report.stop = time.time()
    said = {"plan": name, "key": key, "message": why, "facts": {}, "blocked": True, "remarks": []}
    vars(report)["waveproof"] = said
    attempt = ledger.fact("attempt", AttemptFact)
    if attempt and attempt.counts and not attempt.refused:
        try:
            attempts.finish(attempt, None, suite.outcome(name, ledger.criteria())._replace(reason=why))
        except MetadataError as error:
            suite.problems.append(f"that {name} was interrupted could not be kept: {error}")


def begin_plan(suite: Session, name: str) -> None:
    """In a worker, say which one and where; one that stands elsewhere gets the plan's metadata."""
    if suite.worker is None or MADE_WITH in suite.ledgers[name].facts:
        return
    suite.ledgers[name].note(MADE_WITH, environment(suite.worker))
    if suite.away:
        file, _ = suite.metadata_of(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        replace(file, json.dumps(suite.worker.metadata.get(name, {})).encode())


@contextmanager
def turn(suite: Session, name: str, *, wait: bool) -> Iterator[None]:
    """Have the turn of a plan where this worker runs it, unless the session has it there."""
    if suite.worker is None or suite.worker.turns.get(name) == ground(suite.workspace(name).lock.parent):
        yield
        return
    with turns.take(suite, partial(live.say, suite), wait=wait, givens=[suite.given(name)]):
        yield


def as_at_home(suite: Session, text: str) -> str:
    """A text about logs, which go home, with the folder in which they will be found."""
    return text.replace(f"{suite.reports}/", f"{suite.worker.home}/") if suite.worker and suite.away else text


def keep_metadata(suite: Session, name: str) -> None:
    """In a worker that stands elsewhere, send the metadata home with the next report."""
    if suite.away:
        suite.ledgers[name].note(SENT, metadata.read(*suite.metadata_of(name)))


def luggage(suite: Session, name: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What goes with a report of a worker that stands elsewhere: logs of gates, and what other plans have left.

    Args:
        suite: the worker's.
        name: of the plan that the report is about.
        facts: that it carries.
    """
    if not suite.away:
        return {}
    commands = [command for stage in GATES if stage in facts for command in facts[stage]["commands"]]
    files = {command["log"]: suite.folder(name) / command["log"] for command in commands}
    logs = {log: zlib.compress(file.read_bytes()) for log, file in files.items() if file.is_file()}
    others = {other: sent for other, ledger in suite.ledgers.items() if other != name and (sent := ledger.unsent())}
    return {"logs": logs, "others": others}


def receive(said: Mapping[str, Any], suite: Session) -> None:
    """In the process that reports, keep what has come from a worker that stands elsewhere."""
    if "logs" not in said or suite.worker is not None:
        return
    try:
        _settle(suite, said["plan"], said["facts"])
        for log, packed in said["logs"].items():
            file = suite.folder(said["plan"]) / LOGS / Path(log).name
            file.parent.mkdir(parents=True, exist_ok=True)
            replace(file, zlib.decompress(packed))
        for other, facts in said["others"].items():
            suite.ledgers[other].facts.update(facts)
            _settle(suite, other, facts)
    except (OSError, MetadataError) as error:
        suite.problems.append(f"what a worker sent about {said['plan']} could not be kept: {error}")


def _settle(suite: Session, name: str, facts: Mapping[str, Any]) -> None:
    """Let facts say where things are here, and keep the metadata where the plan has them."""
    file, at = suite.metadata_of(name)
    known = suite.ledgers[name].facts
    if "attempt" in facts:
        known["attempt"] = facts["attempt"] | {"file": str(file), "at": at}
        if not facts["attempt"]["refused"]:
            set_aside(suite.folder(name))
    if facts.get("recorded", {}).get("metadata"):
        known["recorded"] = facts["recorded"] | {"metadata": str(file), "at": at}
    if SENT in facts:
        metadata.update(file, at, lambda _: facts[SENT])


def _all_metadata(suite: Session) -> dict[str, dict[str, Any]]:
    found = {}
    for given in suite.givens:
        try:
            found[given.name] = metadata.read(*suite.metadata_of(given.name))
        except MetadataError:  # it cannot be written either, and then that is told
            found[given.name] = {}
    return found
