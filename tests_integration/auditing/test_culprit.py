"""What was found out about a gate that failed: what can be held against its commands, the logs, the merges and git."""

from tests_integration.auditing.claims import criterion_of, require, require_same
from tests_integration.auditing.evidence import Evidence
from tests_integration.facts import CommandFact, Gate, TrialFact
from tests_integration.record.model import Record
from tests_integration.repository.ask import entries
from tests_integration.text import visible

BASE = "base"
STAGES = {"build": ("build",), "test": ("build", "test"), "demo": ("build", "demo")}
FIRST = {"build": "build_passes", "test": "test_passes", "demo": "demo_runs"}


def test_culprit_is_of_a_command_that_failed(record: Record, searched: Gate) -> None:
    """It is the last command of its gate, which failed and ended by itself, and the criterion says the same of it."""
    culprit, last = searched.culprit, searched.commands[-1] if searched.commands else None
    require(culprit and last and not last.passed and last.exit is not None, "nothing failed that it could be about")
    if culprit and last:
        require_same("culprit", (culprit.stage, culprit.command), (searched.stage, last.run), "its gate says")
        subject = "" if searched.stage == "demo" else str(len(searched.commands))
        criterion = criterion_of(record, FIRST[searched.stage], subject)
        said = criterion.message if criterion and criterion.outcome == "failed" else ""
        require(f"\n\n{visible(culprit.sentence)}\n\n" in said, f"its criterion does not say: {culprit.sentence}")


def test_culprit_is_a_merge_of_the_branch(record: Record, searched: Gate) -> None:
    """The branch that is named has that merge, those named with it are the plan's; no more is named than is known."""
    culprit = searched.culprit
    if culprit is None:
        return
    merges = {merge.branch: merge for merge in record.merges}
    ids = list(merges)
    if culprit.kind == "branch":
        require(culprit.branch in merges, f"there is no merge of {culprit.branch}")
        require_same("merge", culprit.merge, merges[culprit.branch].commit, "its branch has")
        since = f"fails since {culprit.branch} (merge {culprit.merge[:12]})"
        require(culprit.sentence.startswith(since), f"it does not say that it {since}")
        before = {BASE, *ids[: ids.index(culprit.branch)]}
        require(before.issuperset(culprit.together), f"{', '.join(culprit.together)} cannot break it")
    else:
        named = (culprit.branch, culprit.merge, culprit.together, culprit.fixes, culprit.files)
        require_same("named", named, ("", "", (), (), ()), f"where it is {culprit.kind}, there are")
    start = ids.index(culprit.branches[0]) if culprit.branches and culprit.branches[0] in ids else 0
    row = tuple(ids[start : start + len(culprit.branches)])
    require_same("branches", culprit.branches, row, "those merged in a row are")
    require_same("range", bool(culprit.branches), culprit.kind == "range", "its kind says")
    fixes = {fix.id for merge in record.merges for fix in merge.fixes if not fix.stale}
    require(fixes.issuperset(culprit.fixes), f"there is no fix {', '.join(culprit.fixes)}")
    end = f"no more was tried: {culprit.bound}"
    require(culprit.sentence.endswith(end) if culprit.bound else "no more was tried" not in culprit.sentence, end)


def test_culprits_files_are_of_the_others(record: Record, searched: Gate, evidence: Evidence) -> None:
    """Each file that is named is in the base, or in the merge of the one branch that it breaks with."""
    culprit = searched.culprit
    if culprit is None or not culprit.files:
        return
    places = [record.base] if BASE in culprit.together else []
    places += [merge.commit for merge in record.merges if (merge.branch,) == culprit.together]
    require(len(places) == 1 and places[0], "it names files of nobody")
    tree = evidence.commit(str(places[0])).tree
    missing = set(culprit.files) - set(entries(evidence.repo, tree, culprit.files))
    require(not missing, f"there is no {', '.join(sorted(missing))}")


def test_culprit_is_what_the_trials_show(record: Record, searched: Gate) -> None:
    """A trial passed where its commands did, the first is of the branch itself, and the kind follows from them."""
    culprit = searched.culprit
    if culprit is None:
        return
    numbers = [trial.number for trial in culprit.trials]
    require_same("trials", numbers, list(range(1, len(numbers) + 1)), "they are")
    for trial in culprit.trials:
        _require_commands(record, searched, trial)
    first = culprit.trials[0] if culprit.trials else None
    require(first is None or first.commit == record.tip, "its first trial is not of the branch itself")
    outcomes = [trial.outcome for trial in culprit.trials]
    if culprit.kind in {"branch", "base"}:
        require(outcomes[:1] == ["failed"], "a failure that did not repeat tells of no culprit")
        require(culprit.kind == "base" or "passed" in outcomes, "no trial passed, so no merge can be the first to fail")
    if culprit.kind == "unstable":
        same = {trial.outcome for trial in culprit.trials if trial.commit == culprit.trials[-1].commit}
        require(len(same) > 1 or outcomes[0] != "failed", "no commit was tried that passed and failed")


def _require_commands(record: Record, gate: Gate, trial: TrialFact) -> None:
    name = f"trial {trial.number}"
    stages = STAGES[gate.stage]
    known = {(one.stage, n): one.run for other in record.gates for n, one in enumerate(other.commands, 1)}
    at = dict.fromkeys(stages, 0)
    for command in trial.commands:
        require(command.stage in at, f"{name} ran a command of the {command.stage}")
        at[command.stage] += 1
        place = command.stage, at[command.stage]
        require_same(f"{name}: run", command.run, known.get(place, command.run), "the gates say")
        log = f"logs/{place[0]}-{place[1]}.trial-{trial.number:02}.log"
        require_same(f"{name}: log", command.log, log, "it is called")
    require(all(command.passed for command in trial.commands[:-1]), f"{name} went on after a command that failed")
    whole = at[stages[-1]] == len(gate.commands) and all(command.passed for command in trial.commands)
    require_same(f"{name}: passed", trial.outcome == "passed", whole, "its commands say")
    if trial.outcome in {"failed", "otherwise"}:
        require(_ended_by_itself(trial.commands), f"{name} did not end by itself")


def _ended_by_itself(commands: tuple[CommandFact, ...]) -> bool:
    return bool(commands) and commands[-1].exit is not None and not commands[-1].passed
