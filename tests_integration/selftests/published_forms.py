"""The forms of in-toto and SLSA as their specifications publish them: names of fields, and what they may hold.

Read in the repositories in-toto/attestation and slsa-framework/slsa, in the documents named beside each form.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

EXTENSION = re.compile(r"[a-z]+_[A-Za-z]+")
"""Fields that a producer may add have a vendor before an underscore (in-toto spec/v1/README.md, SLSA v1.0)."""

URI = re.compile(r"[a-z][a-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
"""RFC 3986, with its scheme in lower case (spec/v1/field_types.md, ResourceURI and TypeURI)."""

TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")
"""RFC 3339 in UTC (spec/v1/field_types.md, Timestamp)."""

DIGESTS = {
    "sha256": r"[0-9a-f]{64}",
    "gitCommit": r"[0-9a-f]{40}",
    "gitTree": r"[0-9a-f]{40}",
    "gitBlob": r"[0-9a-f]{40}",
}
"""Of spec/v1/digest_set.md, what is used here; repositories of these tests have SHA-1 ids."""


class Form(NamedTuple):
    """Fields of an object, and the forms of those that are objects or lists of objects themselves."""

    required: set[str]
    optional: set[str]
    inner: dict[str, str]


FORMS = {
    # in-toto/attestation spec/v1/statement.md
    "Statement": Form({"_type", "subject", "predicateType"}, {"predicate"}, {"subject": "Subject"}),
    # spec/v1/resource_descriptor.md; as a subject, `digest` MUST be set
    "Subject": Form({"digest"}, {"name", "uri", "content", "downloadLocation", "mediaType", "annotations"}, {}),
    "ResourceDescriptor": Form(
        set(), {"name", "uri", "digest", "content", "downloadLocation", "mediaType", "annotations"}, {}
    ),
    # slsa-framework/slsa docs/spec/v1.0/provenance.md
    "Provenance": Form(
        {"buildDefinition", "runDetails"}, set(), {"buildDefinition": "BuildDefinition", "runDetails": "RunDetails"}
    ),
    "BuildDefinition": Form(
        {"buildType", "externalParameters"},
        {"internalParameters", "resolvedDependencies"},
        {"resolvedDependencies": "ResourceDescriptor"},
    ),
    "RunDetails": Form(
        {"builder"},
        {"metadata", "byproducts"},
        {"builder": "Builder", "metadata": "BuildMetadata", "byproducts": "ResourceDescriptor"},
    ),
    "Builder": Form({"id"}, {"builderDependencies", "version"}, {"builderDependencies": "ResourceDescriptor"}),
    "BuildMetadata": Form(set(), {"invocationId", "startedOn", "finishedOn"}, {}),
    # in-toto/attestation spec/predicates/test-result.md
    "TestResult": Form(
        {"result", "configuration"},
        {"url", "passedTests", "warnedTests", "failedTests"},
        {"configuration": "ResourceDescriptor"},
    ),
}

PREDICATES = {
    "https://slsa.dev/provenance/v1": "Provenance",
    "https://in-toto.io/attestation/test-result/v0.1": "TestResult",
}

RESULTS = {"PASSED", "WARNED", "FAILED"}


def departures(statement: dict[str, Any]) -> list[str]:
    """Where a statement is not as published; a predicate of somebody's own is held to the statement's form only."""
    found = list(_departures("Statement", statement, "$"))
    if statement.get("_type") != "https://in-toto.io/Statement/v1":
        found.append("$._type")
    if name := PREDICATES.get(statement.get("predicateType", "")):
        found += _departures(name, statement["predicate"], "$.predicate")
    return found


def _departures(name: str, value: object, place: str) -> Iterator[str]:
    form = FORMS[name]
    if not isinstance(value, dict):
        yield f"{place} is no object"
        return
    yield from (f"{place}.{key} is missing" for key in sorted(form.required - value.keys()))
    unknown = sorted(key for key in value.keys() - form.required - form.optional if not EXTENSION.fullmatch(key))
    yield from (f"{place}.{key} is not a field of {name}" for key in unknown)
    if name == "ResourceDescriptor" and not value.keys() & {"uri", "digest", "content"}:
        yield f"{place} has none of uri, digest and content"
    yield from _values(value, place)
    for key, inner in form.inner.items():
        there = value.get(key, [])
        for n, one in enumerate(there if isinstance(there, list) else [there]):
            yield from _departures(inner, one, f"{place}.{key}[{n}]")


def _values(value: dict[str, Any], place: str) -> Iterator[str]:
    for key in ("uri", "downloadLocation", "predicateType", "buildType", "id", "url"):
        if key in value and not URI.fullmatch(value[key]):
            yield f"{place}.{key}: {value[key]} is no URI"
    for key in ("startedOn", "finishedOn"):
        if key in value and not TIMESTAMP.fullmatch(value[key]):
            yield f"{place}.{key}: {value[key]} is no timestamp"
    for algorithm, digest in value.get("digest", {}).items():
        if not re.fullmatch(DIGESTS[algorithm], digest):
            yield f"{place}.digest.{algorithm}: {digest}"
    for key in ("passedTests", "warnedTests", "failedTests"):
        if not all(isinstance(test, str) for test in value.get(key, [])):
            yield f"{place}.{key} holds what is no name"
    if value.get("result", "PASSED") not in RESULTS:
        yield f"{place}.result: {value['result']}"
