"""The fuzz targets, each for a moment and the same way every time; see `tests_integration.fuzz` for longer."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests_integration.fuzz import documents, merges, plans, texts
from tests_integration.fuzz.__main__ import TARGETS, target
from tests_integration.fuzz.mutations import mutated
from tests_integration.selftests.hostile.told import hostile

SAME = settings(derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@hostile("any bytes as a plan, and real plans with some changed", "a plan, or mistakes in lines that can be read")
@settings(SAME, max_examples=300)
@given(mutated(plans.SEEDS, plans.WORDS))
def test_any_plan_is_read_or_refused(data: bytes) -> None:
    plans.one(data)


@hostile(
    "any bytes as a document, and real documents with some changed", "a plan, or questions in lines that can be read"
)
@settings(SAME, max_examples=300)
@given(mutated(documents.SEEDS, documents.WORDS))
def test_any_document_is_read_or_refused(data: bytes) -> None:
    documents.one(data)


@hostile("any bytes in place of what `git merge-tree` prints", "a merge, or an error that says where it is none")
@settings(SAME, max_examples=1000)
@given(mutated(merges.SEEDS, merges.WORDS))
def test_any_answer_of_git_is_a_merge_or_an_error(data: bytes) -> None:
    merges.one(data)


@hostile("any text wherever a stranger can write one", "does nothing in HTML, Markdown, annotations, in-toto and JUnit")
@settings(SAME, max_examples=60)
@given(mutated(texts.SEEDS, texts.WORDS))
def test_any_text_does_nothing_in_the_record(data: bytes) -> None:
    texts.one(data)


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_goes_through(name: str) -> None:
    for seed in target(name).SEEDS:
        target(name).one(seed)
