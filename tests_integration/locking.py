"""Locks of plans: which a session writes, and what of them may move in it."""

import os
from collections.abc import Iterable, Iterator, Mapping

import pytest

from tests_integration.files import replace
from tests_integration.plan.document import document, locked_digest
from tests_integration.plan.load import Given
from tests_integration.plan.lock import HEADING, lock_file
from tests_integration.plan.mistakes import nearest
from tests_integration.plan.model import Plan
from tests_integration.plan.written import written
from tests_integration.record.model import Record
from tests_integration.session import Session


def require_plans(config: pytest.Config) -> None:
    """Refuse options that ask for locks where nothing is built that could be locked.

    Raises:
        pytest.UsageError: with what does not fit.
    """
    option = config.option
    asked = "--lock" if option.lock else "--update-lock" if option.update_lock is not None else ""
    if asked and not option.plan:
        raise pytest.UsageError(f"{asked} needs --plan: it is plans that are locked")
    if asked and option.verify is not None:
        raise pytest.UsageError(f"{asked} and --verify exclude each other: what somebody else built locks no plan")
    if option.lock and option.update_lock is not None:
        raise pytest.UsageError("--lock and --update-lock exclude each other: the first is for plans without a lock")


def require_known(givens: list[Given], names: list[str] | None) -> None:
    """Refuse to move what is not there.

    Raises:
        pytest.UsageError: a name is in no plan, or no plan has a lock.
    """
    plans = [given.plan for given in givens if given.plan]
    if names is None or not plans:
        return
    if not any(os.path.lexists(lock_file(plan.file)) for plan in plans):
        raise pytest.UsageError("--update-lock: there is no lock yet; --lock writes one")
    known = {key for plan in plans for key in _keys(plan)}
    if strangers := [name for name in names if name not in known]:
        raise pytest.UsageError(f"--update-lock: no plan has {strangers[0]!r}{nearest(strangers[0], known)}")


def released(givens: list[Given], names: list[str] | None) -> list[Given]:
    """The plans, each with as much of its lock as this session is held to.

    Args:
        givens: as they were read.
        names: of the base and branches that may move; empty for all, None where no lock is to be moved.
    """
    if names is None:
        return givens
    return [given._replace(plan=_released(given.plan, names)) for given in givens]


def _keys(plan: Plan) -> list[str]:
    return ["base", *(branch.id for branch in plan.branches)]


def _released(plan: Plan | None, names: Iterable[str]) -> Plan | None:
    if plan is None or plan.lock is None:
        return plan
    own = frozenset(names).intersection(_keys(plan))
    lock = plan.lock.model_copy(update={"released": own}) if names else None
    return plan.model_copy(update={"lock": lock})


def write(session: Session, records: Mapping[str, Record]) -> list[str]:
    """Write the locks that were asked for; what could not be written, and why."""
    plans = [given.plan for given in session.givens if given.plan and (session.lock or session.update is not None)]
    return [problem for plan in plans for problem in _write(session, plan, records[plan.name])]


def _write(session: Session, plan: Plan, record: Record) -> Iterator[str]:
    file = lock_file(plan.file)
    there = os.path.lexists(file)
    if session.lock and there:
        session.locks[plan.name] = f"lock: {file}, which was there already, and which this run was held to"
    elif session.update is not None and not there:
        session.locks[plan.name] = "lock: there is none; --lock writes one"
    elif problem := _why_not(session, record):
        yield f"{plan.name} is not locked: {problem}"
    else:
        try:
            replace(file, _text(plan, record).encode())
            session.locks[plan.name] = f"lock: {file}, written; commit it beside the plan"
        except OSError as error:
            yield f"the lock {file} could not be written: {error.strerror}"


def _why_not(session: Session, record: Record) -> str:
    if session.refused(record.plan.name):
        return "its attempt was refused"
    if record.failed:
        return f"{record.failed[0].criterion} failed"
    return "" if record.base and record.tip and record.tree else "this run did not come to a tip"


def _text(plan: Plan, record: Record) -> str:
    said = {
        "version": "1",
        "plan": locked_digest(document(plan), plan.variables, plan.files),
        "base": record.base,
        "branches": {merge.branch: merge.tip for merge in record.merges},
        "tip": record.tip,
        "tree": record.tree,
        "waveproof": record.environment["waveproof"],
        "git": record.environment["git"],
    }
    return written(said, {}, HEADING)
