"""The published branch, as the repository has it now."""

from tests_integration.auditing.claims import require, require_same, undecided
from tests_integration.auditing.evidence import Evidence
from tests_integration.auditing.planned import JUDGED, is_judged
from tests_integration.facts import Publication
from tests_integration.record.model import Record
from tests_integration.refs import branch_of_ref, ref_of_branch

THERE = frozenset({"pushed", "unchanged", "judged"})


def test_branch_is_still_published(evidence: Evidence, publication: Publication) -> None:
    """The repository has the published branch at the recorded commit to this day."""
    now = evidence.branches.get(branch_of_ref(publication.ref))
    if publication.status not in THERE or publication.problem or not publication.read_back:
        undecided("nothing was published")
    if now is None and publication.url != evidence.url:
        undecided(f"{evidence.url} has no {publication.ref}; it was published at {publication.url}")
    require(now, f"{evidence.url} has no {publication.ref} any more; the record says {publication.read_back}")
    require(
        now == publication.read_back,
        f"{evidence.url} has {publication.ref} at {now}, the record says {publication.read_back}",
    )


def test_publication_is_of_the_tip(record: Record, publication: Publication) -> None:
    """What was pushed and read back is the tip, under the planned name; its criterion says the same."""
    source = record.sources.get(JUDGED)
    branch, remote = (source.branch, source.remote) if source else (record.branch, record.plan.publish)
    require_same("ref", publication.ref, ref_of_branch(branch), "the branch is")
    require_same("remote", publication.remote, remote, "it was to be")
    require_same("commit", publication.commit, record.tip, "the tip is")
    require(is_judged(record) == (publication.status == "judged"), f"the status cannot be {publication.status}")
    if publication.status not in THERE:
        require(publication.status in {"refused", "failed"}, f"{publication.status!r} is no status of a push")
        require(publication.problem, "nothing was published, and the record does not say why")
    elif not is_judged(record):
        require(not publication.problem, f"it was published, and was not: {publication.problem}")
        require_same("read_back", publication.read_back, record.tip, "the tip is")
        require(record.attempt and not record.attempt.rehearsal, "a rehearsal pushes nothing")
    held = not publication.problem and publication.read_back == record.tip
    for criterion in record.criteria:
        if criterion.criterion == "branch_is_published" and criterion.outcome in {"passed", "failed"}:
            require_same("branch_is_published", criterion.outcome, "passed" if held else "failed", "read back, it")


def test_branch_has_one_name(record: Record) -> None:
    """The branch is called as the plan says, and nothing is claimed to be published where nothing was pushed."""
    require_same("branch", record.branch, record.plan.integration, "its plan says")
    told = [one for one in record.criteria if one.criterion == "branch_is_published" and one.outcome == "passed"]
    require(record.publication or not told, "its publication passed, but there is none")
