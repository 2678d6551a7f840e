"""The branch: where it starts, what it is made of, in which order, and where it ends."""

from tests_integration.auditing.claims import criterion_of, fail, require, require_same, undecided
from tests_integration.auditing.evidence import Evidence
from tests_integration.auditing.planned import JUDGED, is_judged, lineage, sources_of
from tests_integration.facts import Source
from tests_integration.plan.order import violations
from tests_integration.plan.parts import Branch
from tests_integration.record.model import Record
from tests_integration.repository.ancestry import Ancestry
from tests_integration.repository.ask import History, committers, shown
from tests_integration.text import visible

TRAILER = "\nIntegration-Infrastructure: "


def test_sources_are_those_of_the_plan(record: Record) -> None:
    """The record tells where the base and every branch of its plan were found, and nothing else was merged."""
    found = {key: source.source for key, source in record.sources.items()}
    require_same("sources", found, sources_of(record) if found or record.merges else {}, "its plan names")
    wrong = [key for key, source in record.sources.items() if source.id != key]
    require(not wrong, f"sources with another id than their key: {', '.join(wrong)}")
    strangers = [merge.branch for merge in record.merges if merge.branch not in record.sources]
    require(not strangers, f"merged, but found nowhere: {', '.join(strangers)}")
    require_same("base", record.base, record.sources["base"].commit if record.sources else None, "its sources say")


def test_source_is_there(evidence: Evidence, record: Record, source: Source) -> None:
    """The repository has the commit that was found, and it is the one that was merged."""
    named = f"{source.remote}/{source.branch}" if source.remote or source.branch else source.source
    require_same("source", source.source, named, "remote and branch are")
    if source.commit is None:
        _require_told(record, source)
        return
    require(not source.problem, f"{source.id} was found, and was not: {source.problem}")
    evidence.commit(source.commit)
    merged = [merge.tip for merge in record.merges if merge.branch == source.id]
    require(set(merged) <= {source.commit}, f"{source.id} was at {source.commit}, but {merged} was merged")


def _require_told(record: Record, source: Source) -> None:
    require(source.problem, f"{source.id} was not found, and the record does not say why")
    criterion = criterion_of(record, "source_is_found", source.id)
    if criterion and criterion.outcome == "failed":
        require_same(source.id, visible(f"{source.source}: {source.problem}").strip(), criterion.message, "it failed:")
    elif source.id != JUDGED:
        require(criterion and criterion.outcome != "passed", f"{source.id} was not found, but its criterion passed")
    else:
        require_same("problem", record.problem, f"{source.source}: {source.problem}", "its source says")


def test_source_is_where_it_was(evidence: Evidence, source: Source) -> None:
    """The repository has the branch at the recorded commit to this day."""
    now = evidence.branches.get(source.branch)
    if source.commit is None or now is None:
        undecided(f"{evidence.url} has no branch {source.branch or source.source}")
    if now != source.commit:
        onwards = evidence.has(source.commit) and evidence.contains(now, source.commit)
        how = "moved on" if onwards else "been replaced"
        undecided(f"{source.branch} has {how} since: {source.commit} then, {now} now")


def test_branch_is_base_and_merges(evidence: Evidence, record: Record) -> None:
    """From base to tip stand the recorded merges in their order, then the infrastructure, and nothing else."""
    told = [merge.commit for merge in record.merges]
    if record.infrastructure:
        told.append(record.infrastructure.commit)
    if is_judged(record):
        _require_merges_told(evidence, record)
        return
    if record.tip is None:
        require(not record.infrastructure, "there is infrastructure, but no tip that holds it")
        require(told or not record.tree, "there is a tree, but no branch")
    require_same("tip", record.tip, told[-1] if record.tip and told else None, "the last of its commits is")
    if told:
        require_same("commits", told, list(evidence.chain(str(record.base), told[-1])))
        first = evidence.commit(told[0]).parents[:1]
        require_same("base", (record.base,), first, f"{told[0]} stands on")
    require_same("tree", record.tree, evidence.commit(record.tip).tree if record.tip else None)


def _require_merges_told(evidence: Evidence, record: Record) -> None:
    """Of what others built, the merges of the plan's branches are told; the criteria judge what else is there."""
    require_same("judged", bool(record.judged), record.tip is not None, "whether there is a tip:")
    if record.tip is None or record.base is None or record.judged is None:
        require(not record.merges, "merges are told of a branch that was not found")
        return
    tips = {source.commit for key, source in record.sources.items() if key not in {"base", JUDGED}}
    chain = evidence.chain(record.base, record.tip)
    merges = [one for one in chain if len(evidence.commit(one).parents) > 1 and evidence.commit(one).parents[1] in tips]
    require_same("merges", [merge.commit for merge in record.merges], merges)
    require_same("tree", record.tree, evidence.commit(record.tip).tree)
    last = evidence.commit(chain[-1]) if chain else None
    there = chain[-1] if last and len(last.parents) == 1 and TRAILER in last.message else None
    require_same("infrastructure", record.infrastructure and record.infrastructure.commit, there)


def test_judged_branch_is_who_it_is(evidence: Evidence, record: Record) -> None:
    """What others built is the tip that was judged, and its commits name who built it."""
    judged = record.judged
    if judged is None:
        require(not is_judged(record) or record.tip is None, "the record does not say who built the judged branch")
        return
    require_same("judged.ref", judged.ref, record.attempt.judging if record.attempt else "", "the attempt judges")
    found = record.sources[JUDGED].commit if JUDGED in record.sources else None
    require_same("judged.commit", (judged.commit, record.tip), (found, found), "its sources say")
    history = History(evidence.repo, str(record.base), judged.commit)
    built_by = evidence.once(("built by", record.base, judged.commit), lambda: committers(history))
    require_same("judged.built_by", judged.built_by, built_by)
    by = f"waveproof {record.environment.get('waveproof')}"
    require_same("judged.judged_by", judged.judged_by, by, "its environment says")


def test_infrastructure_adds_its_files(evidence: Evidence, record: Record) -> None:
    """The commit beside the merges says what it is, and adds the recorded files and nothing else (R291)."""
    told = record.infrastructure
    if told is None:
        return
    commit = evidence.commit(told.commit)
    onto = record.merges[-1].commit if record.merges and not is_judged(record) else (*commit.parents, "")[0]
    require_same("infrastructure parents", (onto,), commit.parents)
    require_same("infrastructure message", told.message, commit.message)
    require(TRAILER in told.message, f"{told.commit} does not say that it is infrastructure")
    before = evidence.commit(onto).tree
    found = evidence.changes(before, commit.tree).items()
    changed = [(shown(path), *change.after) for path, change in sorted(found) if change.after]
    require_same("infrastructure files", [(file.path, file.mode, file.blob) for file in told.files], changed)
    touched = [shown(path) for path, change in found if change.before or not change.after]
    require(not touched or is_judged(record), f"the infrastructure changes what was there: {', '.join(touched)}")


def test_merges_are_in_planned_order(record: Record, branches: tuple[Branch, ...]) -> None:
    """The plan's own order keeps R306, and the merges stand in it; who is not merged is parked."""
    wrong = [text for _, text in violations(branches)]
    require(not wrong, "; ".join(wrong))
    ids = [branch.id for branch in branches]
    require(len(set(ids)) == len(ids), "two branches of the plan have the same id")
    merged, parked = [merge.branch for merge in record.merges], [one.branch for one in record.parked]
    criterion = criterion_of(record, "merges_in_planned_order")
    if is_judged(record) and not (criterion and criterion.outcome == "passed"):
        require(set(merged) <= set(ids), "a branch is merged that the plan does not have")
        return
    require_same("merges", merged, [one for one in ids if one in merged], "in the plan's order they are")
    require_same("parked", parked, [one for one in ids if one in parked], "in the plan's order they are")
    if merged or parked:
        require_same("merged or parked", sorted([*merged, *parked]), sorted(ids), "the plan has")


def test_parents_are_as_planned(
    evidence: Evidence, record: Record, branches: tuple[Branch, ...], branch: Branch
) -> None:
    """The branch contains the branches that it declares as parents, and no others of the plan."""
    ids = [other.id for other in branches]
    before = ids[: ids.index(branch.id)]
    wrong = [parent for parent in branch.parent if parent not in {"base", *before}]
    require(not wrong and branch.parent, f"{branch.id} cannot stand on {', '.join(wrong) or 'nothing'}")
    criterion = criterion_of(record, "parents_are_as_declared", branch.id)
    if not criterion or criterion.outcome != "passed":
        undecided("its criterion did not pass, so that nothing is claimed")
    tips = {key: source.commit for key, source in record.sources.items() if key not in {"base", JUDGED}}
    known = {key: commit for key, commit in tips.items() if commit and evidence.has(commit)}
    if branch.id not in known or not record.base or not evidence.has(record.base):
        fail(f"the repository lacks the base or {branch.id}")
    ancestry = evidence.once(
        ("ancestry", record.base, tuple(known.items())), lambda: Ancestry(evidence.repo, str(record.base), known)
    )
    stacked = lineage(branches)[branch.id] | {
        other for parent in branch.parent if parent in known for other in ancestry.contained(parent)
    }
    strangers = [other for other in ancestry.contained(branch.id) if other not in stacked]
    require(not strangers, f"{branch.id} contains {', '.join(strangers)}, which the plan does not declare")
    for parent in set(branch.parent) & known.keys():
        held = ancestry.contains(branch.id, known[parent]) or ancestry.shares(branch.id, parent)
        require(held, f"{branch.id} declares the parent {parent}, but has none of its commits")
