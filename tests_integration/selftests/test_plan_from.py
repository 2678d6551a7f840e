"""`--plan-from`: what a plan says of a branch that is there already, and what is told where none gives it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests_integration.describing import put
from tests_integration.engine.describe import UndescribableError, proven
from tests_integration.engine.integrate import integrate
from tests_integration.facts import Source
from tests_integration.plan.load import load
from tests_integration.selftests.conflict_kinds import KINDS
from tests_integration.selftests.given_back import REFUSALS, Back, back, given_back
from tests_integration.selftests.hand import by_hand
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.test_callers_clone import contents
from tests_integration.selftests.test_readme import README
from tests_integration.selftests.test_wrong_branches import without_ids
from tests_integration.selftests.waves import Built, Wave, every_kind_of_fix, failures, git, integrated


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    with integrated(every_kind_of_fix(tmp_path_factory.mktemp("right") / "wave")) as built:
        yield built


OWN = "# ({}) is no merge: a commit of its own, a squash, or a cherry-pick."
ALIKE = "git reset --quiet --hard $(git commit-tree {} -m {} HEAD^{{tree}})"
E2A, E3, E4 = (f"-p origin/effort/{name}" for name in ("E2-split-001", "E3", "E4"))
TOLD = {
    "true": "it holds no commit beyond the base",
    "git reset --quiet --hard main~1; E1; E2a": (
        "it begins at #, not at origin/main (#), which has 1 commit more; --base has to name a branch that is there,"
        " such as one that you make: `git branch wave-base #`"
    ),
    f"E1; {ALIKE.format(f'-p HEAD {E2A} {E3} {E4}', 'Octopus')}": (
        "# (Octopus) merges 3 branches at once, of which # conflicts with those before it; a plan merges one at a time"
    ),
    "E1; git merge --quiet --squash origin/effort/E4; git commit --quiet --no-edit": (
        "# (Squashed commit of the following:) is no merge: by its message, a branch was squashed into it."
    ),
    "echo more >> base.txt; save 'Touch up'; demo": OWN.format("Touch up"),
    "E1; git switch -c mine; echo m > m; save m; git push --quiet ../origin.git HEAD:refs/heads/effort/mine; E4": (
        "# (m) is no merge: origin/effort/mine was begun on this integration and fast-forwarded, so that no merge says"
    ),
    "E1; E4; git reset --hard $(git commit-tree -p HEAD -p origin/effort/E4 -m Again HEAD^{tree})": (
        "# (Again) merges #, as # (Merge E4) did before; a plan merges a branch once"
    ),
    "E1; git switch -c mine; echo m > m; save m; git switch integration; git merge --no-ff -m Mine mine": (
        "# (Mine) merges #, which was begun on this integration, after # (Merge E1); integrations are never a source"
    ),
    "E1; E2b; git reset --hard $(git commit-tree -p HEAD -p origin/effort/E2-split-001 -m x HEAD^{tree})": (
        "E2-split-002 is merged before E2-split-001 of its own effort E2 (R306)"
    ),
    "E1; git merge --quiet --no-ff -m \"Merge branch 'effort/E4'\" origin/effort/E4~1": (
        "# (Merge branch 'effort/E4') merged #, and no branch of the repository is there any more (origin/effort/E4 is"
        " at # now); make one: `git branch E4-"
    ),
    "git switch --orphan other; git reset --quiet --hard; echo o > o; save o; git push --quiet --force ../origin.git"
    " HEAD:refs/heads/effort/other; git switch integration;"
    " git merge --quiet --no-ff --allow-unrelated-histories -m Other other": (
        "# (Other): git cannot merge its parents: fatal: refusing to merge unrelated histories"
    ),
}


@pytest.mark.parametrize(("script", "says"), TOLD.items(), ids=map(str, range(len(TOLD))))
def test_what_no_plan_gives_is_told(right: Built, script: str, says: str) -> None:
    why = back(right, by_hand(right, script)).why
    assert says in without_ids(why)


def test_each_way_to_be_refused_is_one_of_these() -> None:
    assert [text for text in REFUSALS if not any(text.split(" (R")[0] in says for says in TOLD.values())] == []


def test_a_branch_that_has_been_merged_is_told_of(right: Built) -> None:
    first, last = right.integration.merges[0].commit, str(right.integration.tip)
    why = given_back(right.store, {"main": last}, first).why
    assert why == "origin/main has all of it already; name a branch that is where it was begun"


def test_what_a_person_did_becomes_rules_and_fixes(right: Built) -> None:
    script = (
        "E1; E2a; E2b; E3; git merge --quiet --no-ff --no-edit origin/effort/E4; echo more >> two.txt; amend;"
        " rm --force demos/NOTES.md; amend; files; save 'Add demo'"
    )
    came = back(right, by_hand(right, script))
    assert came.found
    data = came.found.data
    assert [(one["id"], one["from"], one.get("parent", "base")) for one in data["branches"]] == [  # type: ignore[attr-defined]
        ("E1", "origin/effort/E1", "base"),
        ("E2-split-001", "origin/effort/E2-split-001", "E1"),
        ("E2-split-002", "origin/effort/E2-split-002", "E2-split-001"),
        ("E3", "origin/effort/E3", "E1"),
        ("E4", "origin/effort/E4", "base"),
    ]
    assert data["resolve"] == [{"paths": ["/lock.txt"], "take": "theirs", "in": ["E3"], "drops": "true"}]
    fixes = {one.pop("id"): one for one in data["fixes"]}  # type: ignore[attr-defined]
    assert fixes["E1-delete"]["delete"] == ["twin.txt"]
    assert fixes["E2-split-002-patch"]["patch"] == "whole/E2-split-002.patch"
    assert fixes.keys() == {"E1-delete", "E2-split-002-patch", "E4-patch", "E4-take"}
    assert fixes["E4-take"]["take"] == {"ours": ["demos/NOTES.md"]}
    assert "\n+more\n" in came.found.files["whole/E4.patch"][0].decode()
    assert came.found.files.keys() >= {"whole/infrastructure/demos/demo.sh", "whole/infrastructure/demos/DEMO.md"}
    assert data["demo"] == {
        "script": "demos/demo.sh",
        "document": "demos/DEMO.md",
        "create": "whole/infrastructure",
    }
    notes = [without_ids(text) for text in came.found.warnings]
    own = "# (Merge {}) holds lines of its own in {}: they are in whole/{}.patch. They count as code"
    assert notes[0].startswith(own.format("E2-split-002", "three.txt", "E2-split-002"))
    assert "holds lines of its own in two.txt" in notes[1]
    assert notes[4].startswith("# (Add demo) is no merge, and does not say what it is; what it adds (3 files) is taken")
    assert notes[2].startswith("nothing at the top of the branch tells how to build: write it into the plan")


IN_ITS_PLACE = (
    f"{OWN.format('Touch up')} A plan has none, so what it changes is made part of the merge {{}} it, # (Merge E1); if"
    " it is code, put it on a branch, and merge that with --no-ff (R361)"
)
FORWARDED = (
    "# (Work on {0}) is no merge: origin/{0} was fast-forwarded, so that no merge says what it brought; the plan merges"
    " it"
)
TAKEN_FOR_DEMO = (
    "# (Demo) is no merge, and does not say what it is; what it adds (2 files) is taken for the demo and its documents"
    " (`demo.create`). If they are code, put them on a branch (R361)"
)
OTHERWISE = {
    "E1; git merge --quiet --no-ff -m Octopus origin/effort/E2-split-001 origin/effort/E4; files; save Demo": (
        ["E1", "E2-split-001", "E4"],
        [
            "# (Octopus) merges 2 branches at once; the plan merges one after the other",
            TAKEN_FOR_DEMO,
        ],
    ),
    "git merge --quiet origin/effort/E2-split-002; E4; demo": (
        ["E1", "E2-split-001", "E2-split-002", "E4"],
        [FORWARDED.format(f"effort/{name}") for name in ("E1", "E2-split-001", "E2-split-002")],
    ),
    "E1; echo more >> one.txt; save 'Touch up'; E4; demo": (["E1", "E4"], [IN_ITS_PLACE.format("before")]),
    "echo more >> base.txt; save 'Touch up'; E1; E4; demo": (["E1", "E4"], [IN_ITS_PLACE.format("after")]),
}


@pytest.mark.parametrize(("script", "given"), OTHERWISE.items(), ids=["at once", "fast-forward", "after", "before"])
def test_what_was_made_in_another_way_is_given_by_merges(
    right: Built, script: str, given: tuple[list[str], list[str]]
) -> None:
    tip = by_hand(right, script)
    came = back(right, tip)
    assert came.found, came.why
    branches, notes = given
    assert [one["id"] for one in came.found.data["branches"]] == branches  # type: ignore[attr-defined]
    told = [without_ids(text) for text in came.found.warnings]
    assert [note for note in notes if note not in told] == []
    assert ("whole/E1.patch" in came.found.files) == ("Touch up" in script)
    there = git(Path(right.store.git_dir), "rev-list", tip)
    ids = re.findall(r"[0-9a-f]{12,40}", " ".join([*came.found.warnings, *came.found.remarks.values()]))
    assert [name for name in ids if name not in there] == []


ADDS = (
    "# (Merge E4) adds link, pkg.txt, which neither git nor a side of the merge brings: whole/E4.patch does so, too,"
    " and merge_holds_nothing_else[E4] will fail, since an integration adds no files (R361). Put them on a branch"
)


def again(built: Built, came: Back, folder: Path) -> Built:
    """What its plan gives where it is run."""
    assert came.found, came.why
    plan = load(put(folder / "whole.yaml", came.found, str(built.store.git_dir), ""))
    sources = {key: Source(id=key, source=key, commit=commit) for key, commit in came.found.tips.items()}
    return Built(plan, built.store, sources, integrate(plan, built.store, sources))


def test_what_a_merge_adds_is_given_told_and_fails_the_audit(right: Built, tmp_path: Path) -> None:
    script = "E1; E4; echo new > pkg.txt; ln -s one.txt link; chmod +x four.txt; printf '\\0' >> one.txt; amend; demo"
    came = back(right, by_hand(right, script))
    made = again(right, came, tmp_path)
    assert came.found
    assert ADDS in [without_ids(text) for text in came.found.warnings]
    failed = failures(made, str(made.integration.tip))
    assert failed.keys() == {"merge_holds_nothing_else[E4]"}
    said = "E4-patch adds it by whole/E4.patch; an integration adds no files (R361): bring it on a branch"
    assert failed["merge_holds_nothing_else[E4]"].split("\n", 1)[1] == f"  link: {said}\n  pkg.txt: {said}"


def test_a_conflict_settled_by_hand_is_remembered(right: Built, tmp_path: Path) -> None:
    settled = "merge E3 --no-commit || printf 'by\nhand\n' > lock.txt; rm twin.txt; save 'Merge E3'"
    came = back(right, by_hand(right, f"E1; E2a; {settled}; demo"))
    made = again(right, came, tmp_path)
    assert came.found
    assert came.found.data["resolve"] == [{"paths": ["/lock.txt"], "take": "recorded", "in": ["E3"], "drops": "true"}]
    assert without_ids(came.found.warnings[0]) == (
        "# (Merge E3) settles conflicts by hand in lock.txt: the lines are remembered in whole.resolutions/"
        " (git-rerere(1)). They count as code of the integration (R361); read them"
    )
    assert failures(made, str(made.integration.tip)) == {}


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("rename-add-with-content", "# (Merge E2: Title of E2) has a conflict inside another; git names the commit"),
        ("rename-add", "running the plan gives another tree in the tip: "),
    ],
)
def test_a_plan_that_gives_another_tree_is_not_written(wave: Wave, tmp_path: Path, kind: str, says: str) -> None:
    KINDS[kind](wave)
    wave.document["resolve"] = [{"paths": ["*"], "take": "ours", "drops": True}]
    with integrated(wave) as built:
        came = back(built, str(built.integration.tip))
        plan = again(built, came, tmp_path).plan
        assert came.found
        came.found.trees[-1] = "another"
        with pytest.raises(UndescribableError) as refused:
            proven(plan, built.store, came.found)
    assert without_ids(str(refused.value)).startswith(says)


def test_a_branch_that_tells_how_it_is_built_has_it_in_its_plan(wave: Wave) -> None:
    wave.branch("E1", {"go.mod": "module x\n", "go.sum": "x\n"})
    with integrated(wave) as built:
        came = back(built, str(built.integration.tip))
    assert came.found
    data, remarks = came.found.data, came.found.remarks
    assert data["test"] == [{"run": "go vet ./..."}, {"run": "go test ./..."}]
    assert data["environment"] == {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false"}
    assert remarks["build",] == remarks["test",] == "by go.mod; run in a clean checkout"
    assert (data["network"], remarks["network",]) == ("true", "go.sum: what it depends on is fetched")
    assert "nothing at the top" not in " ".join(came.found.warnings)


def test_what_a_later_merge_brings_back_is_deleted_by_no_fix(right: Built) -> None:
    script = "E1; E2a; E2b; merge E3 --no-commit || git checkout --quiet --theirs lock.txt; save 'Merge E3'; E4; demo"
    came = back(right, by_hand(right, script))
    assert came.found
    fixes = {one["id"]: one for one in came.found.data["fixes"]}  # type: ignore[attr-defined]
    assert fixes["E1-take"]["take"] == {"ours": ["twin.txt"]}
    assert not any("delete" in fix for fix in fixes.values())


def test_what_the_suite_built_comes_back_by_the_names_that_it_had(right: Built) -> None:
    came = back(right, str(right.integration.tip))
    assert came.found
    assert [(one["id"], one["after"]) for one in came.found.data["fixes"]] == [  # type: ignore[attr-defined]
        ("BUG-1", "E1"),
        ("BUG-2", "E2-split-002"),
        ("BUG-3", "E3"),
    ]


HOSTILE = r"""
say() { git merge --quiet --no-ff -m "$1" "origin/effort/$2"; }
export GIT_COMMITTER_NAME=$'A\xc2\x85B\xe2\x80\xa8\e[31m' GIT_COMMITTER_DATE='@99999999999999 +0000'
say $'Merge ../../x: \e[31mred\n\nIntegrates: ../../etc/E1\nKnown-Fix: X (delete ../../etc/passwd, )' E1
say $'Merge base: \xe2\x80\xae\n\nKnown-Fix: X (take theirs of .git/config, ours of )\nIntegrates: x' E2-split-001
say $'Merge branch \'../../../E4\'\n\nKnown-Fix: ../X (apply ../../p)' E4
echo more >> four.txt; amend
"""


def test_what_strangers_write_into_messages_leads_nowhere(right: Built) -> None:
    came = back(right, by_hand(right, HOSTILE))
    assert came.found, came.why
    data, branches = came.found.data, came.found.data["branches"]
    assert (data["date"], "author" in data) == ("2099-12-31T23:59:59Z", False)
    assert [(one["id"], one["title"]) for one in branches] == [  # type: ignore[attr-defined]
        ("E1", "effort/E1"),
        ("base-branch", "effort/E2-split-001"),
        ("E4", "effort/E4"),
    ]
    assert [*came.found.files] == ["whole/E4.patch"]


@pytest.fixture
def clone(wave: Wave) -> Path:
    """A clone of somebody's own with a branch `sprint`, that `merge --no-ff` made of what `origin` and it have."""
    wave.branch("E1", {"one.txt": "one\n", "shared.txt": "E1\n"})
    wave.branch("E2", {"two.txt": "two\n", "shared.txt": "E2\n"})
    folder = wave.folder / "clone"
    git(wave.folder, "clone", "--quiet", str(wave.origin), str(folder))
    git(folder, "switch", "--quiet", "--create", "here")
    (folder / "here.txt").write_text("here\n", encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "here")
    git(folder, "switch", "--quiet", "--create", "sprint", "main")
    git(folder, "merge", "--quiet", "--no-ff", "--no-edit", "origin/effort/E1")
    git(folder, "merge", "--quiet", "--no-ff", "--no-edit", "here")
    git(folder, "merge", "--quiet", "--no-ff", "--no-edit", "origin/effort/E2", fails=True)
    git(folder, "checkout", "--quiet", "--theirs", "shared.txt")
    git(folder, "commit", "--quiet", "--all", "--no-edit")
    return folder


COMMAND = re.search("^pytest (--plan-from .*)$", README, re.MULTILINE)
ASKED = COMMAND[1].split() if COMMAND else []


def test_a_branch_of_ones_clone_becomes_a_plan_that_runs(wave: Wave, clone: Path) -> None:
    before = contents(clone)
    done = run(wave.folder, *ASKED)  # as the README says it
    assert done.exit == 0, done.output
    assert f"{wave.folder}/plans/sprint.yaml: ./sprint on origin/main, 3 merges; running it gives the same tree" in (
        done.output
    )
    assert contents(clone) == before
    file = wave.folder / "plans" / "sprint.yaml"
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert (said["repository"], said["base"], said["integration"]) == ("../clone", "origin/main", "sprint")
    assert [one["from"] for one in said["branches"]] == ["origin/effort/E1", "./here", "origin/effort/E2"]
    assert said["resolve"] == [{"paths": ["/shared.txt"], "take": "theirs", "in": ["E2"], "drops": True}]
    assert load(file)
    ran = run(wave.folder, "--plan", "plans/sprint.yaml", "--until", "audit")
    assert ran.exit == 0, ran.output
    assert ran.record("sprint")["tree"] == git(clone, "rev-parse", "sprint^{tree}")


WRONG_OPTIONS = {
    "": ("there is no --base", ["--plan-from", "sprint"]),
    "base alone": ("--base needs --plan-from", ["--base", "main"]),
    "branch": ("there is no branch sprin, here or on a remote; did you mean 'sprint'?", ["--plan-from", "sprin"]),
    "base": ("it begins at", ["--base", "here"]),
    "file": ("plans/wave.yaml is there already; nothing is overwritten", ["--write-plan", "plans/wave.yaml"]),
    "folder": ("plans/infrastructure is there already", ["--write-plan", "plans/infrastructure.yaml"]),
    "ending": ("a plan is a .yaml file", ["--write-plan", "sprint.txt"]),
    "plan": ("--plan-from excludes --plan and --record", ["--plan", "plans"]),
    "clone": ("no plan is written", ["--repository", "nowhere"]),
}


@pytest.mark.parametrize(("says", "given"), WRONG_OPTIONS.values(), ids=WRONG_OPTIONS)
def test_what_cannot_be_asked_is_told_and_nothing_is_written(
    wave: Wave, clone: Path, says: str, given: list[str]
) -> None:
    del clone
    wave.write()
    before = contents(wave.folder / "plans")
    done = run(wave.folder, *(given if says.startswith(("there is no --", "--base")) else (*ASKED, *given)))
    assert done.exit == pytest.ExitCode.USAGE_ERROR
    assert says in done.output
    assert "Traceback" not in done.output
    assert contents(wave.folder / "plans") == before
