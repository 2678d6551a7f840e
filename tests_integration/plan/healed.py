"""Writes a plan with one known fix more, as the next attempt."""

import os
import re
from pathlib import Path
from typing import Any

from tests_integration.plan.edited import edited
from tests_integration.plan.model import Plan
from tests_integration.plan.read import composed


def healed(plan: Plan, text: str, lines: str, number: int, metadata: Path) -> str:
    """The text of a plan with a fix, as the attempt of this number; it goes on with the plan's own R520 metadata.

    Args:
        plan: as it is.
        text: of its file.
        lines: the entry of `fixes:`, as `offer.fix_lines` writes it; it replaces one of the same id.
        number: of the attempt; an integration branch that has the number of the plan's own in its name is renamed.
        metadata: the file of its metadata.
    """
    data: Any = composed(plan.file, text).data
    fix: Any = composed(plan.file, lines).data
    fixes = list(data.get("fixes") or [])
    at = next((n for n, one in enumerate(fixes) if one["id"] == fix[0]["id"]), len(fixes))
    fixes[at : at + 1] = fix
    changed: dict[str, Any] = {"attempt": str(number), "integration": _renamed(plan, number), "fixes": fixes}
    if not plan.metadata.file:
        changed["metadata"] = {**(data.get("metadata") or {}), "file": os.path.relpath(metadata, plan.folder)}
    return edited(plan.file, text, {**data, **changed})


def _renamed(plan: Plan, number: int) -> str:
    return re.sub(rf"(attempt[-_.]?){plan.attempt}(?![0-9])", rf"\g<1>{number}", plan.integration)
