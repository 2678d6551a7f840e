"""The record as it was written."""

from typing import Any

from tests_integration.auditing.claims import require
from tests_integration.record.model import Record
from tests_integration.record.seal import SEAL, digest


def test_record_is_as_written(said: dict[str, Any]) -> None:
    """Nothing in the record was changed since it was sealed; whoever sealed it anew has to pass all other cases."""
    require(
        said.get(SEAL) == digest(said),
        f"`{SEAL}` says {said.get(SEAL)!r}, but what stands there gives {digest(said)}: the record was changed after it"
        " was written; get it from where it was first kept",
    )


def test_run_came_to_its_end(record: Record) -> None:
    """The run that left the record was neither killed nor interrupted."""
    require(
        not record.interrupted,
        f"the run was killed or interrupted in the stage {record.interrupted}: the record says how far it came, and is"
        " no record of an integration; the next run of the plan needs no cleaning up, and leaves one",
    )
