"""Makes the recorded merges again, as far as the record tells how.

A commit that nobody published is no longer anywhere; made again from the same base, tips, trees, messages, names and
dates it gets the same id, so one that gets the recorded id is the recorded commit.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from tests_integration.auditing.evidence import ClaimError, Evidence
from tests_integration.facts import EditFact, InfrastructureFact, MergeFact
from tests_integration.plan.values import PERSON
from tests_integration.record.model import PlanFact, Record
from tests_integration.repository.entry import Entry
from tests_integration.repository.git import GitError, git
from tests_integration.repository.trees import edited
from tests_integration.text import shell_word


class Steps(NamedTuple):
    """The trees of a merge, one after the other.

    Attributes:
        merged: git's own merge.
        resolved: with the conflicts settled, and what stays deleted removed.
        fixed: after each fix.
    """

    merged: str
    resolved: str
    fixed: tuple[str, ...]

    @property
    def last(self) -> str:
        """The tree of the commit."""
        return (self.resolved, *self.fixed)[-1]


def steps(evidence: Evidence, merge: MergeFact) -> Steps:
    """The trees of a merge, from git's own merge of its parents and the recorded edits.

    Raises:
        ClaimError, GitError: what is recorded cannot be done.
    """
    merged = evidence.automatic(merge.parents).tree
    dropped = tuple(EditFact(word=shell_word(path)) for path in merge.dropped)
    resolved = evidence.edited(evidence.edited(merged, merge.edits), dropped)
    fixed: list[str] = []
    for fix in merge.fixes:
        fixed.append(evidence.edited((resolved, *fixed)[-1], fix.edits))
    return Steps(merged, resolved, tuple(fixed))


def person(plan: PlanFact) -> tuple[str, str, int]:
    """Name, mail and time (seconds since 1970) of every commit that a run of this plan makes.

    Raises:
        ClaimError: the plan's author or date is none.
    """
    found = PERSON.fullmatch(plan.author)
    try:
        date = datetime.strptime(plan.date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        date = None
    if not found or not date:
        raise ClaimError(f"{plan.author!r} at {plan.date!r} could not have made a commit")
    return found["name"], found["mail"], int(date.timestamp())


def remake(evidence: Evidence, record: Record) -> None:
    """Make the commits again that the repository lacks, as far as they can be; none of a branch that others built."""
    evidence.foresee(merge.parents for merge in record.merges)
    if record.judged:
        return
    try:
        for merge in record.merges:
            if not evidence.has(merge.commit):
                tree = steps(evidence, merge).last
                _commit(evidence, record.plan, tree, merge.parents, merge.message)
        if record.infrastructure and record.merges and not evidence.has(record.infrastructure.commit):
            _infrastructure(evidence, record, record.infrastructure)
    except (ClaimError, GitError, ValueError):  # the cases say what is wrong
        return


def _infrastructure(evidence: Evidence, record: Record, infrastructure: InfrastructureFact) -> None:
    """Its contents are not in the record; their ids are, and trees are made of ids."""
    onto = record.merges[-1]
    files: dict[str, Entry | None] = {file.path: Entry(file.mode, file.blob) for file in infrastructure.files}
    tree = edited(evidence.repo, onto.tree, files, missing_ok=True)
    _commit(evidence, record.plan, tree, (onto.commit,), infrastructure.message)


def _commit(evidence: Evidence, plan: PlanFact, tree: str, parents: tuple[str, ...], message: str) -> None:
    name, mail, seconds = person(plan)
    values = {"NAME": name, "EMAIL": mail, "DATE": f"{seconds} +0000"}
    env = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in values.items()}
    onto = [word for parent in parents for word in ("-p", parent)]
    git(evidence.repo, "commit-tree", *onto, tree, stdin=message.encode(), env=env)
