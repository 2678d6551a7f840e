"""The seed's document as a plan: it says what `plans/wave2.yaml` says, and runs on the sample's clone as it is."""

import re
import shutil
from functools import partial
from pathlib import Path

import pytest

from tests_integration import remember
from tests_integration.engine.surroundings import look
from tests_integration.plan.document import document as said
from tests_integration.plan.load import give, load
from tests_integration.selftests.running_plans import PLANS, run, run_apart
from tests_integration.selftests.waves import Wave, git

SEED = PLANS / "wave2" / "INTEGRATION-PLAN.md"
BUNDLE = PLANS / "wave2" / "wave2.bundle"
TIP = "9c7a35c61d608be8023b77b8ed2b0beab257774d"
EFFORTS = ["E1.2.1", *(f"E1.2.2-split-00{n}" for n in (1, 2)), *(f"E1.2.3-split-00{n}" for n in (1, 2, 3))]

README = (PLANS.parent / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wave as somebody has it who was sent the document: a clone with a remote for each effort, and the demo."""
    folder = tmp_path_factory.mktemp("sample")
    git(folder, "clone", "--quiet", "--bare", str(BUNDLE), "origin.git")
    git(folder, "clone", "--quiet", "--no-checkout", "origin.git", "clone", fails=True)
    for effort in EFFORTS:
        git(folder / "clone", "remote", "add", f"effort-{effort}", str(BUNDLE))
    plans = folder / "here" / "plans" / "wave2"
    plans.mkdir(parents=True)
    shutil.copy(SEED, plans)
    shutil.copytree(PLANS / "wave2" / "infrastructure", plans / "infrastructure")
    return folder / "here"


def test_the_seeds_document_becomes_exactly_the_seeds_plan(tmp_path: Path) -> None:
    plans = shutil.copytree(PLANS, tmp_path / "plans")
    shutil.copy(SEED, plans / "wave2.md")
    given = give(plans / "wave2.md", plans / "wave2" / BUNDLE.name, partial(look, reports=tmp_path / "reports"))
    assert given.plan, given.refusal
    seeds = load(plans / "wave2.yaml")
    assert said(given.plan) == said(seeds)
    assert given.plan.digest == seeds.digest


def test_a_bundle_in_the_place_of_a_clone_is_merged_from_and_not_pushed_to(tmp_path: Path) -> None:
    plans = shutil.copytree(PLANS / "wave2", tmp_path / "plans" / "wave2")
    document = shutil.copy(SEED, plans.parent / "wave2.md")
    done = run(tmp_path, "--plan", str(document), "--repository", str(plans / BUNDLE.name), "--until", "audit")
    assert done.exit == 0, done.output
    assert len(done.record("wave2")["merges"]) == len(EFFORTS)
    tips = git(tmp_path / "reports/wave2/origin.git", "for-each-ref", "--format=%(objectname) %(refname)")
    assert set(tips.split("\n")) == set(git(tmp_path, "bundle", "list-heads", str(BUNDLE)).split("\n"))


def test_questions_about_a_bundle_are_about_what_it_holds(tmp_path: Path) -> None:
    document = tmp_path / "wave.md"
    text = SEED.read_text(encoding="utf-8").replace("wave2/command-structure", "wave2/commands")
    document.write_text(text, encoding="utf-8")
    refusal = give(document, BUNDLE, look).refusal
    assert "'effort-E1.2.1/idpbuilder-push-oci/phase1/wave2/commands' begins with no remote of the bundle" in refusal
    (tmp_path / "torn.bundle").write_bytes(BUNDLE.read_bytes()[:-100])
    assert "the bundle " in give(document, tmp_path / "torn.bundle", look).refusal


def test_the_seeds_document_runs_green_with_no_yaml(
    sample: Path, go_cache: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (command,) = re.findall(r"\npytest (--plan \S+ --repository \S+)\n", README)
    done = run_apart(sample, *command.split(), environment=go_cache)
    assert done.exit == 0, done.output
    record = done.record("INTEGRATION-PLAN")
    assert (record["verdict"], record["tip"]) == ("SUCCESS", TIP)
    assert (
        "  note: base (line 3): `Target Branch` is the base, since line 4 names the integration branch" in done.output
    )
    assert "no criterion proves" not in done.output
    ref = "refs/heads/idpbuilder-push-oci/phase1-wave2-integration-attempt2"
    assert git(sample.parent / "origin.git", "rev-parse", ref) == TIP
    monkeypatch.chdir(sample)
    (_, document, *clone), catalogue = command.split(), PLANS / "known-fixes.yaml"
    shutil.copy(catalogue, "plans/wave2")
    assert remember.main([document]) == 1
    assert "`--repository PATH` or `repository: PATH` settles it" in capsys.readouterr().err
    assert remember.main([document, *clone]) == 0, capsys.readouterr().err
    assert "BUG-007, delete pkg/cmd/push/push.go has one proof more in " in capsys.readouterr().out


def test_the_plan_is_written_with_the_line_of_each_value(sample: Path) -> None:
    arguments = ("--plan", "plans/wave2/INTEGRATION-PLAN.md", "--repository", "../clone", "--write-plan")
    done = run(sample, *arguments, "plans/wave2/wave2.yaml")
    assert done.exit == 0, done.output
    assert done.output.endswith("wave2.yaml is written from plans/wave2/INTEGRATION-PLAN.md; run it with --plan\n")
    text = (sample / "plans/wave2/wave2.yaml").read_text(encoding="utf-8")
    assert "\n    delete: [pkg/cmd/push/push.go] # line 15\n" in text
    assert "\n  - run: go build ./... # by the base's go.mod\n" in text
    assert "\n#   line 78, Integration branch pushed: branch_merges, " in text
    (given, again) = (
        give(sample / "plans/wave2" / name, sample.parent / "clone", look) for name in (SEED.name, "wave2.yaml")
    )
    assert given.plan
    assert again.plan
    assert again.plan.digest == given.plan.digest


def test_a_plan_that_is_not_sound_elsewhere_is_told(sample: Path) -> None:
    arguments = ("--plan", "plans/wave2/INTEGRATION-PLAN.md", "--repository", "../clone", "--write-plan")
    done = run(sample, *arguments, "elsewhere/wave2.yaml")
    assert done.exit == 1
    assert (
        "wave2.yaml is written from plans/wave2/INTEGRATION-PLAN.md, and is not sound where it stands:\n" in done.output
    )
    assert "demo.create: '../plans/wave2/infrastructure' leads out of the plan's folder\n" in done.output


def test_questions_keep_a_plan_from_being_written(sample: Path) -> None:
    done = run(sample, "--plan", "plans/wave2/INTEGRATION-PLAN.md", "--write-plan", "new.yaml")
    assert done.exit == pytest.ExitCode.USAGE_ERROR
    assert "nothing is written, since the plan is not whole" in done.output
    assert (
        "plans/wave2/INTEGRATION-PLAN.md:3:1: repository: which clone has the remotes origin, effort-E1.2.1, "
        in done.output
    )
    assert not (sample / "new.yaml").exists()


def test_a_refused_document_fails_one_criterion_with_all_questions(tmp_path: Path) -> None:
    shutil.copy(SEED, tmp_path)
    done = run(tmp_path, "--plan", SEED.name)
    assert done.exit == 1
    assert done.outcomes("INTEGRATION-PLAN") == {"failed": ["plan_is_sound[]"]}
    for question in (":1:1: build: no line says", ":3:1: repository: which clone", ":18:1: demo.document: "):
        assert f"{SEED.name}{question}" in done.output
    section = README.partition("## A plan in Markdown\n")[2]
    example = section.partition("```text\n")[2].partition("\n```\n\n")[0]
    assert example
    assert example in done.output
    assert "Traceback" not in done.output


DOCUMENT = """# Integration Plan - Wave 1
Date: 2026-01-01
Base Branch: main
Integration Branch: wave-1
Build: `true --build`
Test: `true --test`
Demo Script: `demos/demo.sh`
Demo Document: `demos/DEMO.md`

## Branches to Merge
1. effort/E1 (E1)
   - Commit: {}
2. effort/E2
3. effort/E3 (depends on E1)
4. effort/E4 (depends on E2 and E3)
"""


@pytest.mark.parametrize("kind", ["with a remote", "without"])
def test_a_real_clone_tells_remotes_commits_and_what_branches_stand_on(wave: Wave, kind: str) -> None:
    tips = [
        wave.branch(name, {f"{name}.txt": "x\n"}, parent=on)
        for name, on in (("E1", "base"), ("E2", "E1"), ("E3", "base"))
    ]
    tips.append(wave.branch("E4", {"E4.txt": "x\n"}, parent="E3"))
    git(wave.folder, "clone", "--quiet", str(wave.origin), "clone") if kind == "with a remote" else None
    clone, remote = (wave.folder / "clone", "origin") if kind == "with a remote" else (wave.origin, ".")
    file = wave.folder / "plans" / "document.md"
    file.write_text(DOCUMENT.format(tips[0][:9]), encoding="utf-8")
    given = give(file, clone, look)
    assert given.plan, given.refusal
    assert given.plan.base == f"{remote}/main"
    assert [branch.source for branch in given.plan.branches] == [f"{remote}/effort/E{n}" for n in (1, 2, 3, 4)]
    assert [branch.parent for branch in given.plan.branches] == [("base",), ("E1",), ("base",), ("E3",)]
    assert [branch.commit for branch in given.plan.branches] == [tips[0], None, None, None]
    assert given.document
    assert "line 14: E3 depends on E1, and has none of its commits: it is no parent" in given.document.remarks
    assert [line.run for line in (*given.plan.build, *given.plan.test)] == ["true --build", "true --test"]


def test_a_clone_is_given_to_a_plan_in_yaml_too(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    del wave.document["remotes"]
    wave.write()
    git(wave.folder, "clone", "--quiet", str(wave.origin), "clone")
    done = run(wave.folder, "--plan", "plans/wave.yaml", "--repository", "clone", "--until", "merge")
    assert done.exit == 0, done.output
    assert done.record("wave")["plan"]["document"]["repository"] == "../clone"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("--repository", "none", "--plan", "plans/wave2/INTEGRATION-PLAN.md"),
            "--repository none: there is no ",
        ),
        (("--repository", "../clone"), "--repository needs --record or --plan"),
        (("--write-plan", "a.yaml"), "--write-plan needs --plan"),
        (("--write-plan", "a.txt", "--plan", "plans/wave2/INTEGRATION-PLAN.md"), "a plan is a .yaml file"),
        (("--write-plan", "plans/there.yaml", "--plan", "plans/wave2/INTEGRATION-PLAN.md"), "nothing is overwritten"),
    ],
)
def test_options_that_do_not_fit_are_told(sample: Path, arguments: tuple[str, ...], told: str) -> None:
    (sample / "plans" / "there.yaml").touch()
    done = run(sample, *arguments)
    (sample / "plans" / "there.yaml").unlink()
    assert done.exit == pytest.ExitCode.USAGE_ERROR
    assert told in done.output
