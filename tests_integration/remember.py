"""Adds the fixes of a plan that has passed to the catalogue of known fixes, with the proof (R521).

Run: `python -m tests_integration.remember plans/mine.yaml`. The plan's record must say that all of it held, as the plan
is now; then each of its fixes that had an effect is an entry of the catalogue, with plan, attempt and commit. Comments
and order of the catalogue stay; review what has changed, and commit it.
"""

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tests_integration import bounded, commands
from tests_integration.files import replace
from tests_integration.plan.catalogue import DEFAULT
from tests_integration.plan.edited import edited
from tests_integration.plan.known import CatalogueDocument
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Fix
from tests_integration.plan.read import composed
from tests_integration.plan.validated import validated
from tests_integration.record.model import Record
from tests_integration.record.seal import digest
from tests_integration.record.write import RECORD, report_folder
from tests_integration.text import visible

BEGUN = "version: 1\nfixes:\n"
CURE = ("delete", "take", "patch", "needs")


class NotProvenError(Exception):
    """A plan of which nothing can be remembered; the text says why."""


def main(arguments: list[str]) -> int:
    """Remember the fixes of one plan; the exit code is 1 where nothing could be."""
    parser = commands.parser("remember", __doc__)
    parser.add_argument("--reports", type=Path, default=Path("reports"), help="where its record is (default: reports)")
    given = parser.parse_args(arguments)
    try:
        plan = commands.plan_of(given)
        record = _proof(plan, report_folder(given.reports, plan.name, verified=False) / RECORD)
        return _said("\n".join(_remembered(plan, record)), known=True)
    except (NotProvenError, commands.NoPlanError) as error:
        return _said(str(error), known=False)
    except OSError as error:
        return _said(f"{error.filename} cannot be read or written: {error.strerror}", known=False)


def _proof(plan: Plan, file: Path) -> Record:
    """The record that proves a plan as it is.

    Raises:
        NotProvenError: it does not.
        OSError: it cannot be read.
    """
    text = bounded.content(file, bounded.STATE)
    try:
        record = Record.model_validate_json(text)
    except ValidationError:
        raise NotProvenError(f"{file} is no record of this version of the suite; run the plan again") from None
    if digest(json.loads(text)) != record.digest:
        raise NotProvenError(f"{file} is not as it was written: its seal is broken; run the plan again")
    if record.verdict != "SUCCESS" or record.judged:
        raise NotProvenError(f"{file} proves nothing to remember: {record.verdict}, {record.sentence}")
    if record.plan.digest != plan.digest:
        raise NotProvenError(f"{file} is of another state of {plan.file.name}; run the plan as it is now")
    return record


def _remembered(plan: Plan, record: Record) -> Iterator[str]:
    """Write what is proven into the catalogue; what was done, a line for each fix."""
    file = plan.folder / (plan.known_fixes or DEFAULT)
    text = file.read_text(encoding="utf-8") if file.exists() else BEGUN
    data: Any = composed(file, text).data
    wanted = copy.deepcopy(data)
    wanted["fixes"] = wanted.get("fixes") or []
    proof = {"plan": plan.name, "attempt": str(plan.attempt), "commit": record.tip}
    applied = {fix.id for merge in record.merges for fix in merge.fixes if not fix.stale}
    told = [_with_fix(plan, fix, wanted["fixes"], proof) for fix in plan.fixes if fix.id in applied]
    if not told:
        raise NotProvenError(f"{plan.file.name} has no fix that had an effect; there is nothing to remember")
    changed = edited(file, text, wanted)
    content, wrong = validated(composed(file, changed), CatalogueDocument)
    if content is None:
        told = [mistake.at(str(file)) for mistake in wrong]
        raise NotProvenError("\n".join(["nothing was changed; the catalogue would be wrong:", *told]))
    replace(file, changed.encode())
    yield from (f"{one} in {file}" for one in told)


def _with_fix(plan: Plan, fix: Fix, entries: list[dict[str, Any]], proof: dict[str, Any]) -> str:
    """Put a fix and its proof into the entries of a catalogue; what was done."""
    said = fix.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    cure = {key: said[key] for key in CURE if key in said}
    entry = next((one for one in entries if one["id"] == fix.id), None)
    if entry is None:
        if fix.signature is None:
            raise NotProvenError(
                f"{fix.id} has no `signature` in {plan.file.name}, by which a log would show it; add one"
            )
        known = {"id": fix.id, "problem": fix.problem, "signature": fix.signature}
        entries.append({**known, **cure, "proven": [proof]})
        return f"{fix.id} is new"
    ways = [*entry.get("variants", []), *([entry] if any(key in entry for key in CURE) else [])]
    same = next((way for way in ways if {key: way[key] for key in CURE if key in way} == cure), None)
    if same is not None:
        same["proven"] = [*(same.get("proven") or []), *([] if proof in (same.get("proven") or []) else [proof])]
        return f"{fix.id}, {fix.action} has one proof more"
    own = {key: entry.pop(key) for key in (*CURE, "proven") if key in entry}
    entry["variants"] = [*entry.get("variants", []), *([own] if own else []), {**cure, "proven": [proof]}]
    return f"{fix.id} has one way more to cure it: {fix.action}"


def _said(text: str, *, known: bool) -> int:
    print(visible(text), file=sys.stdout if known else sys.stderr)
    return 0 if known else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
