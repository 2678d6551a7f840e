"""Reads the catalogue of known fixes that lies beside a plan (R521)."""

import hashlib
import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests_integration import bounded
from tests_integration.plan.known import EMPTY, Catalogue, CatalogueDocument
from tests_integration.plan.mistakes import TOLD, Mistake, PlanRejectedError
from tests_integration.plan.read import Document, read
from tests_integration.plan.references import Finding, inside
from tests_integration.plan.validated import validated

DEFAULT = "known-fixes.yaml"
KEY = ("known_fixes",)


def read_catalogue(folder: Path, named: object) -> tuple[Catalogue, list[Finding]]:
    """The catalogue of a plan, and what is wrong with it, as mistakes of the plan.

    Args:
        folder: of the plan's file.
        named: what the plan says under `known_fixes`; where it says nothing, `known-fixes.yaml` may be there.
    """
    if named is None and not os.path.lexists(folder / DEFAULT):
        return EMPTY, []
    name = DEFAULT if named is None else named
    if not isinstance(name, str):  # the model says so
        return EMPTY, []
    if astray := list(inside(KEY, folder, name, folder=False)):
        return EMPTY, astray
    file = folder / name
    try:
        document = read(file)
    except PlanRejectedError as error:
        return EMPTY, [_told(file, mistake) for mistake in error.mistakes]
    content, wrong = validated(document, CatalogueDocument)
    mistakes = [*document.mistakes, *wrong, *_astray(document, content, folder)]
    if mistakes or content is None:
        return EMPTY, [_told(file, mistake) for mistake in islice(mistakes, TOLD)]
    return Catalogue(name, content.fixes, _digest(content, folder)), []


def _told(file: Path, mistake: Mistake) -> Finding:
    return Finding(KEY, mistake.at(str(file)))


def _astray(document: Document, content: CatalogueDocument | None, folder: Path) -> Iterator[Mistake]:
    """Entries that are there twice, and patches that are not beside the plan."""
    first: dict[str, int] = {}
    for n, entry in enumerate(content.fixes if content else ()):
        place: tuple[str | int, ...] = ("fixes", n)
        if first.setdefault(entry.id, n) != n:
            text = f"{entry.id!r} is the id of fixes[{first[entry.id]}] already"
            yield Mistake(document.mark((*place, "id")), (*place, "id"), text)
        variants = {(*place, "variants", v): variant for v, variant in enumerate(entry.variants)}
        for where, cure in {place: entry, **variants}.items():
            for found in inside((*where, "patch"), folder, cure.patch, folder=False) if cure.patch else ():
                yield Mistake(document.mark(found.place), *found)


def _digest(content: CatalogueDocument, folder: Path) -> str:
    patches = [variant.patch for entry in content.fixes for variant in entry.cures if variant.patch]
    read_in = {
        patch: hashlib.sha256(bounded.content(folder / patch, bounded.TAKEN_IN)).hexdigest() for patch in patches
    }
    text = json.dumps([content.model_dump(mode="json"), read_in], sort_keys=True)
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
