"""From the ledger of a plan to its record."""

from typing import Any

from tests_integration.facts import AttemptFact, Gate, Integration, JudgedFact, NoteFact, Publication, Retried, Source
from tests_integration.healing_facts import Healing
from tests_integration.plan.document import document
from tests_integration.plan.load import Given
from tests_integration.plan.model import Plan
from tests_integration.record.compare import compare
from tests_integration.record.earlier import Found
from tests_integration.record.ledger import PlanLedger
from tests_integration.record.model import CriterionFact, MergingFact, PlanFact, Record, sentence, verdict
from tests_integration.text import visible

GATES = ("build", "test", "demo")
RETRIED = "retried"
"""Name of the fact that holds what was done again."""

NOTHING = Found()


def gather(  # noqa: PLR0913 - what a record is made of
    given: Given,
    ledger: PlanLedger,
    criteria: tuple[CriterionFact, ...],
    *,
    environment: dict[str, str],
    started_at: str,
    seconds: float,
    interrupted: str = "",
    metadata: dict[str, Any],
    found: Found = NOTHING,
) -> Record:
    """Make the record of a plan.

    Args:
        given: the plan, or its refusal.
        ledger: what is known of it.
        criteria: those that the verdict is about.
        environment: versions of what ran it.
        started_at: UTC.
        seconds: since then.
        interrupted: stage in which the run was interrupted, or empty.
        metadata: the R520 object as it is now.
        found: the run to compare with.
    """
    integration = ledger.fact("integration", Integration) or Integration(base=None)
    gates = tuple(gate for name in GATES if (gate := ledger.fact(name, Gate)))
    plan = plan_fact(given)
    attempt = ledger.fact("attempt", AttemptFact)
    record = Record(
        plan=plan,
        verdict=verdict(criteria),
        sentence=sentence(plan.heading, criteria, attempt.judging if attempt else "", interrupted),
        base=integration.base,
        tip=integration.tip,
        tree=integration.tree,
        branch=plan.integration,
        sources={key: Source.model_validate(source) for key, source in ledger.facts.get("sources", {}).items()},
        merges=integration.merges,
        infrastructure=integration.infrastructure,
        parked=integration.parked,
        problem=integration.problem,
        retries=(ledger.fact(RETRIED, Retried) or Retried()).times,
        merging=ledger.fact("merging", MergingFact),
        judged=ledger.fact("judged", JudgedFact),
        gates=gates,
        commands=tuple(command for gate in gates for command in gate.commands),
        criteria=ledger.criteria(),
        stages=ledger.stages(),
        publication=ledger.fact("publication", Publication),
        note=ledger.fact("note", NoteFact),
        healing=ledger.fact("healing", Healing),
        attempt=attempt,
        metadata=metadata,
        environment=environment,
        started_at=started_at,
        seconds=round(seconds, 3),
        interrupted=interrupted,
    )
    compared = compare(record, found, ledger.facts.get("distances", {}))
    return record.model_copy(update={"compared": compared})


def plan_fact(given: Given) -> PlanFact:
    """What the plan asked for; of a rejected plan, its name."""
    plan = given.plan
    if plan is None:
        return PlanFact(**_blank(given.name), file=visible(str(given.file)))
    return PlanFact(
        name=plan.name,
        title=plan.title,
        heading=plan.heading,
        project=plan.project or "",
        phase=plan.phase or "",
        wave=plan.wave or "",
        attempt=plan.attempt,
        date=plan.date.strftime("%Y-%m-%dT%H:%M:%SZ"),
        author=plan.author,
        digest=plan.digest,
        base=plan.base,
        integration=plan.integration,
        publish=plan.publish.remote if plan.publish else "",
        branches=tuple(_branch_facts(plan)),
        file=visible(str(given.file)),
        files=({given.file.name: given.sha256} if given.sha256 else {}) | plan.files,
        document=document(plan),
        variables=plan.variables,
        catalogue=plan.catalogue.digest,
        lock=plan.lock.said if plan.lock else {},
    )


def _branch_facts(plan: Plan) -> list[dict[str, Any]]:
    fields = {"id", "title", "source", "parent", "contains", "effort", "split"}
    return [branch.model_dump(mode="json", include=fields, by_alias=True) for branch in plan.branches]


def _blank(name: str) -> dict[str, Any]:
    texts = ("title", "project", "phase", "wave", "date", "author", "digest", "base", "integration", "publish")
    return {**dict.fromkeys(texts, ""), "name": name, "heading": f"Plan {name}", "attempt": 0, "branches": ()}
