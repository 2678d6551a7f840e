"""What the cases of an audit are about: one case for each merge, source, log and so on of the record."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests_integration.auditing.planned import JUDGED, branches_of
from tests_integration.auditing.undecided import UNDECIDED
from tests_integration.facts import CommandFact
from tests_integration.plan.values import ID
from tests_integration.record.model import Record

GATES = ("build", "test", "demo")
ORDER = (
    *("written", "plan", "branch", "merges", "parked", "published", "noted", "gates", "culprit", "criteria", "attempt"),
    *("compared", "undecided"),
)
"""The modules of the room, in the order in which their cases run."""

Subject = tuple[str, object]


def subjects(parameters: Iterable[str], record: Record) -> tuple[str, list[Subject]] | None:
    """What a case is parametrized over, judged by the names of its parameters.

    Returns:
        Name of the parameter, and the subjects as (id, value); None where there is one case a record.
    """
    given: dict[str, Sequence[Subject]] = {
        "source": [("judged" if key == JUDGED else key, one) for key, one in record.sources.items()],
        "branch": [(branch.id, branch) for branch in branches_of(record)] if record.sources else [],
        "merge": [(merge.branch, merge) for merge in record.merges],
        "parked": [(parked.branch, parked) for parked in record.parked],
        "command": [(Path(one.log).stem, one) for one in _commands(record)],
        "searched": [(gate.stage, gate) for gate in record.gates if gate.culprit],
        "stage": [(stage, stage) for stage in GATES],
        "publication": [("published", record.publication)] if record.publication else [],
        "note": [("note", record.note)] if record.note else [],
        "compared": [("compared", record.compared)] if record.compared else [],
        "attempt": [("attempt", record.attempt)] if record.attempt else [],
        "undecided": [(one.name, one) for one in UNDECIDED],
    }
    name = next((name for name in parameters if name in given), None)
    return (name, [(_safe(key, n), one) for n, (key, one) in enumerate(given[name], 1)]) if name else None


def _commands(record: Record) -> Iterator[CommandFact]:
    """All commands that ran, those of trials too."""
    for gate in record.gates:
        yield from gate.commands
        for trial in gate.culprit.trials if gate.culprit else ():
            yield from trial.commands


def _safe(key: str, number: int) -> str:
    """An id that nothing can break out of."""
    return key if ID.fullmatch(key) else str(number)
