"""`record.intoto.jsonl`: the record as in-toto Statements about the tip, one a line and not yet signed.

The forms are those of in-toto Statement v1, SLSA provenance v1 and in-toto test-result v0.1. Names under `TAG` are
this suite's own: tag URIs (RFC 4151) of a domain that nobody can own (RFC 2606).

- Build type `TAG:merge/v1`: `externalParameters` is the plan as `PlanDocument` has it; `base` and each branch's `from`
  (`remote/branch`) are the dependencies of the same name; the commit follows from them, the plan's files and git's
  `settings` alone.
- Builder `TAG:builder/local/v1`: this suite, as somebody started it on a machine of theirs; it claims no SLSA level.
- Predicate `TAG:integration/v1`: the ordered merges, each with git's own tree and the tree with resolutions and fixes.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from tests_integration.engine.clock import stamp
from tests_integration.facts import AttemptFact, ConflictFact, EditFact, FixFact, InfrastructureFact, MergeFact
from tests_integration.record.location import git_location
from tests_integration.record.model import CriterionFact, Record
from tests_integration.refs import ref_of_branch
from tests_integration.repository.git import PINNED

STATEMENT = "https://in-toto.io/Statement/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
TAG = "tag:waveproof.invalid,2025"
INTEGRATION = f"{TAG}:integration/v1"
BUILD_TYPE = f"{TAG}:merge/v1"
BUILDER = f"{TAG}:builder/local/v1"

COMPONENTS = ("waveproof", "git", "Python", "pytest")
"""What of the record's environment has a version."""

Json = dict[str, Any]


def lines(record: Record, forms: Mapping[str, str]) -> str:
    """The statements, one a line; provenance only of a branch that this run built, since nobody else's build was seen.

    Args:
        record: of a branch that has a tip.
        forms: SHA-256 of the record's other forms, by name of the file.
    """
    statements = [_statement(record, TEST_RESULT, _test_result(record))]
    statements.append(_statement(record, INTEGRATION, _integration(record)))
    if not record.judged:
        statements.insert(0, _statement(record, PROVENANCE, _provenance(record, forms)))
    return "".join(json.dumps(statement) + "\n" for statement in statements)


def _statement(record: Record, kind: str, predicate: Json) -> Json:
    return {"_type": STATEMENT, "subject": [_subject(record)], "predicateType": kind, "predicate": predicate}


def _subject(record: Record) -> Json:
    """The tip; by the name of its branch, and where it was read back from."""
    publication = record.publication
    named = publication.ref if publication else "" if record.judged else f"refs/heads/{record.branch}"
    is_there = publication and publication.read_back == record.tip
    place = git_location(publication.url, publication.ref) if publication and is_there else ""
    return _said(name=named, uri=place, digest={"gitCommit": record.tip})


def _provenance(record: Record, forms: Mapping[str, str]) -> Json:
    definition = {
        "buildType": BUILD_TYPE,
        "externalParameters": record.plan.document,
        "internalParameters": {"settings": PINNED},
        "resolvedDependencies": [*_sources(record), *_files(record.plan.files)],
    }
    logs = {command.log: command.sha256 for command in record.commands if command.sha256}
    version = {name: record.environment[name] for name in COMPONENTS if name in record.environment}
    details = _said(
        builder=_said(id=BUILDER, version=version),
        metadata=_times(record, record.attempt) if record.attempt else {},
        byproducts=[*_files(logs), *_files(forms)],
    )
    return {"buildDefinition": definition, "runDetails": details}


def _sources(record: Record) -> Iterator[Json]:
    for name, source in record.sources.items():
        if source.commit:
            place = git_location(source.url, ref_of_branch(source.branch))
            yield {"name": name, "uri": place, "digest": {"gitCommit": source.commit}}


def _files(digests: Mapping[str, str]) -> list[Json]:
    return [{"name": name, "digest": {"sha256": digest}} for name, digest in digests.items()]


def _times(record: Record, attempt: AttemptFact) -> Json:
    """When it began and ended: both in whole seconds, so a short run may seem to end before its attempt began."""
    ended = stamp(datetime.fromisoformat(record.started_at) + timedelta(seconds=record.seconds))
    return {
        "invocationId": attempt.run,
        "startedOn": attempt.started_at,
        "finishedOn": max(ended, attempt.started_at),
    }


def _test_result(record: Record) -> Json:
    """Less than all criteria passed is FAILED: the form has no word for what was not judged, and it is no warning."""
    passed = [criterion for criterion in record.criteria if criterion.outcome == "passed"]
    warned = [criterion for criterion in passed if criterion.remarks]
    failed = [criterion for criterion in record.criteria if criterion.outcome == "failed"]
    unjudged = [criterion for criterion in record.criteria if criterion.outcome in {"blocked", "not-run"}]
    held = bool(passed) and len(passed) == len(record.criteria)
    return {
        "result": "FAILED" if not held else "WARNED" if warned else "PASSED",
        "configuration": _files(record.plan.files),
        "passedTests": [_case(criterion) for criterion in passed if not criterion.remarks],
        "warnedTests": [_case(criterion) for criterion in warned],
        "failedTests": [_case(criterion) for criterion in failed],
        "waveproof_notJudged": [_case(criterion) for criterion in unjudged],
    }


def _case(criterion: CriterionFact) -> str:
    return f"{criterion.criterion}[{criterion.subject}]" if criterion.subject else criterion.criterion


def _integration(record: Record) -> Json:
    """What the branch is made of; of somebody else's, git tells neither resolutions nor fixes."""
    judged = record.judged
    return _said(
        plan=record.plan.name,
        attempt=record.plan.attempt,
        base={"gitCommit": record.base},
        tree={"gitTree": record.tree},
        merges=[_merge(merge) for merge in record.merges],
        infrastructure=_infrastructure(record.infrastructure) if record.infrastructure else {},
        builtBy=list(judged.built_by) if judged else [],
        judgedBy=judged.judged_by if judged else "",
    )


def _merge(merge: MergeFact) -> Json:
    return _said(
        branch=merge.branch,
        source=merge.source,
        tip={"gitCommit": merge.tip},
        commit={"gitCommit": merge.commit},
        parents=[{"gitCommit": parent} for parent in merge.parents],
        treeBeforeFixes={"gitTree": merge.tree_merged} if merge.tree_merged else {},
        tree={"gitTree": merge.tree},
        conflicts=[_conflict(conflict) for conflict in merge.conflicts],
        resolutions=[_resolution(edit) for edit in merge.edits],
        fixes=[_fix(fix) for fix in merge.fixes],
        keptDeleted=merge.dropped,
    )


def _conflict(fact: ConflictFact) -> Json:
    return _said(path=fact.path, kind=fact.kind, settledBy=fact.settled, rule=fact.rule, dropped=fact.dropped)


def _resolution(fact: EditFact) -> Json:
    return _said(word=fact.word, mode=fact.mode, digest={"gitBlob": fact.blob} if fact.blob else {})


def _fix(fact: FixFact) -> Json:
    told = {name: getattr(fact, name) for name in ("id", "problem", "action", "proven", "removed", "stale")}
    return _said(**told)


def _infrastructure(fact: InfrastructureFact) -> Json:
    files = [{"path": file.path, "mode": file.mode, "digest": {"gitBlob": file.blob}} for file in fact.files]
    return {"commit": {"gitCommit": fact.commit}, "files": files}


def _said(**fields: object) -> Json:
    """The fields that say something; unset and empty mean the same in these forms."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], (), {}, 0, False)}
