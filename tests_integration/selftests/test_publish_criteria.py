"""What a run has published and recorded, changed behind its back: exactly the criterion that it breaks says so."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests_integration.criteria import test_publish, test_record
from tests_integration.engine.publish import publish
from tests_integration.engine.sources import look_up
from tests_integration.engine.verify import JUDGED, read_again
from tests_integration.facts import Publication, Recorded, Source
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.test_wrong_branches import Wrong, assert_caught
from tests_integration.selftests.waves import PERSON, QUIET, Built, Wave, git, integrated, three_branches

RECORDED = Recorded(
    metadata="", at="", rest_before="", rest_after="", work_log="work-log.md", replay="replay.sh", record="record.json"
)


class Ended(NamedTuple):
    """A run that has ended well, and a copy of its report folder to tamper with."""

    built: Built
    reports: Path

    @property
    def recorded(self) -> Recorded:
        """What the run says that it has written."""
        return RECORDED.model_copy(update={"metadata": str(self.reports / "metadata.json")})

    def read(self, name: str) -> str:
        """Text of a file of the report folder."""
        return (self.reports / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Overwrite a file of the report folder."""
        (self.reports / name).write_text(text, encoding="utf-8")


def failures(ended: Ended, **given: object) -> dict[str, str]:
    """Criteria of the record that fail, each with its message; that of the note is tested with notes."""
    values = {
        "recorded": ended.recorded,
        "attempts_kept": json.loads(ended.read("metadata.json")),
        "history": ended.built.history,
        "plan": ended.built.plan,
        "store": ended.built.store,
        "reports": ended.reports,
        **given,
    }
    found = {}
    for name, criterion in vars(test_record).items():
        if name.startswith("test_") and name != "test_note_is_published":
            try:
                criterion(**{key: values[key] for key in signature(criterion).parameters})
            except pytest.fail.Exception as failed:
                found[name.removeprefix("test_")] = str(failed)
    return found


@pytest.fixture(scope="module")
def run_to_its_end(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    wave = three_branches(tmp_path_factory.mktemp("ended") / "wave")
    done = run(wave.folder, "--plan", str(wave.write()))
    assert done.exit == 0, done.output
    with integrated(wave) as built:
        yield Ended(built, wave.folder / "reports" / "wave")


@pytest.fixture
def ended(run_to_its_end: Ended, tmp_path: Path) -> Ended:
    shutil.copytree(run_to_its_end.reports, tmp_path / "reports")
    return Ended(run_to_its_end.built, tmp_path / "reports")


def test_what_a_run_leaves_holds(ended: Ended) -> None:
    assert failures(ended) == {}


def drop_a_merge(record: dict[str, Any]) -> None:
    del record["merges"][1]


def swap_merges(record: dict[str, Any]) -> None:
    record["merges"].reverse()


def swap_parents(record: dict[str, Any]) -> None:
    record["merges"][0]["parents"].reverse()


def rename_a_branch(record: dict[str, Any]) -> None:
    record["merges"][0]["branch"] = "E9"


def change_the_tip(record: dict[str, Any]) -> None:
    record["tip"] = record["merges"][-1]["commit"]


def change_the_base(record: dict[str, Any]) -> None:
    record["base"] = record["tip"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (drop_a_merge, "record.json tells the merges otherwise than git"),
        (swap_merges, "record.json tells the merges otherwise than git"),
        (swap_parents, "record.json tells the merges otherwise than git"),
        (rename_a_branch, "record.json tells the merges otherwise than git"),
        (change_the_tip, "record.json says tip {merge}, git says {tip}"),
        (change_the_base, "record.json says base {tip}, git says {base}"),
    ],
)
def test_a_record_that_was_edited_is_not_believed(
    ended: Ended, change: Callable[[dict[str, Any]], None], says: str
) -> None:
    record = json.loads(ended.read("record.json"))
    change(record)
    ended.write("record.json", json.dumps(record))
    done = ended.built.integration
    found = failures(ended)
    assert found.keys() == {"record_tells_the_same"}
    assert says.format(merge=done.merges[-1].commit, tip=done.tip, base=done.base) in found["record_tells_the_same"]


@pytest.mark.parametrize("part", ["Command", "Directory", "Result", "Conflicts", "Resolution", "Verification"])
def test_a_work_log_that_lacks_a_part_is_not_complete(ended: Ended, part: str) -> None:
    log = ended.read("work-log.md")
    operations = log.count("\n### ")
    ended.write("work-log.md", log.replace(f"\n- **{part}**", "\n- ****", 1))
    says = f"work-log.md: {operations} operations, but {operations - 1} times '{part}'"
    assert failures(ended) == {"work_log_is_complete": says}


@pytest.mark.parametrize("text", ["origin/effort/E2-split-001", "BUG-1", "{commit}"])
def test_a_work_log_that_lacks_a_branch_a_fix_or_a_commit_is_not_complete(ended: Ended, text: str) -> None:
    text = text.format(commit=ended.built.integration.merges[1].commit)
    lines = ended.read("work-log.md").splitlines(keepends=True)
    ended.write("work-log.md", "".join(line for line in lines if text not in line))
    assert f"work-log.md does not mention {text}" in failures(ended)["work_log_is_complete"]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("git rm --quiet --force -- ':(top,literal)twin.txt'", "true"),
        ("GIT_COMMITTER_DATE='", "GIT_COMMITTER_DATE='1"),
        ("Merge E1: ", "Merge E1, "),
        ("shows one", "shows two"),
        ("git merge --quiet", "exit 3; git merge --quiet"),
    ],
)
def test_a_replay_that_was_edited_does_not_give_the_commit(ended: Ended, text: str, other: str) -> None:
    script = ended.read("replay.sh")
    assert text in script
    ended.write("replay.sh", script.replace(text, other, 1))
    found = failures(ended)
    assert found.keys() == {"replay_gives_the_same_commit"}
    assert f", not {ended.built.integration.tip}:\n" in found["replay_gives_the_same_commit"]


def test_a_replay_that_only_says_the_commit_is_believed_only_if_it_is_the_tip(ended: Ended) -> None:
    ended.write("replay.sh", f"echo {ended.built.integration.base}\n")
    assert failures(ended)["replay_gives_the_same_commit"].startswith(
        f"replay.sh gives {ended.built.integration.base}, not {ended.built.integration.tip}:"
    )


@pytest.mark.parametrize("field", sorted(test_record.R520_FIELDS))
def test_metadata_without_a_field_of_r520_is_not_enough(ended: Ended, field: str) -> None:
    kept = json.loads(ended.read("metadata.json"))
    del kept[field]
    assert failures(ended, attempts_kept=kept) == {
        "metadata_is_updated": f"{ended.reports / 'metadata.json'}: fields are missing: {field}"
    }


@pytest.mark.parametrize("field", sorted(test_record.R520_ATTEMPT_FIELDS))
def test_metadata_of_an_attempt_without_a_field_of_r520_is_not_enough(ended: Ended, field: str) -> None:
    kept = json.loads(ended.read("metadata.json"))
    del kept["integration_attempts"][-1][field]
    assert failures(ended, attempts_kept=kept) == {
        "metadata_is_updated": f"{ended.reports / 'metadata.json'}: fields are missing in the attempt: {field}"
    }


@pytest.mark.parametrize(("field", "value"), [("last_attempt_result", "PUSH_FAILED"), ("merge_commit_sha", "0" * 40)])
def test_metadata_that_says_something_else_is_not_believed(ended: Ended, field: str, value: str) -> None:
    kept = json.loads(ended.read("metadata.json")) | {field: value}
    found = failures(ended, attempts_kept=kept)
    assert found.keys() == {"metadata_is_updated"}
    assert value in found["metadata_is_updated"]
    assert found["metadata_is_updated"].endswith(f", not SUCCESS and {ended.built.integration.tip}")


def test_metadata_beside_which_something_changed_is_not_believed(ended: Ended) -> None:
    recorded = ended.recorded.model_copy(update={"rest_before": '{"owner": "a"}', "rest_after": '{"owner": "b"}'})
    assert failures(ended, recorded=recorded) == {
        "metadata_is_updated": f"{recorded.metadata}: more than its object was changed"
    }


def on_the_remote(wave: Wave, script: str) -> None:
    """Let somebody with access to the remote repository run this there."""
    command = ["bash", "-euc", script]
    subprocess.run(command, cwd=wave.origin, env=os.environ | PERSON | QUIET, capture_output=True, check=True)


THERE = "origin: wave-integration is there already, at #, and that is not this integration (#)."
MOVED = "moved while refs/heads/wave-integration was built for origin; run again:\n"

WRONG_REMOTES = {
    "another branch has the name of the integration": Wrong(
        "git branch wave-integration main", "branch_is_published[origin]", THERE
    ),
    "the remote takes the push, but moves the branch": Wrong(
        "mkdir -p hooks; echo 'git update-ref refs/heads/wave-integration refs/heads/main' > hooks/post-receive;"
        " chmod +x hooks/post-receive",
        "branch_is_published[origin]",
        THERE,
    ),
    "an effort branch moves on while the integration is built": Wrong(
        "git update-ref refs/heads/effort/E2-split-001 $(git commit-tree -p effort/E2-split-001 -m Later main^{tree})",
        "sources_are_untouched[origin]",
        f"{MOVED}origin/effort/E2-split-001: # then, # now",
    ),
    "the base moves on while the integration is built": Wrong(
        "git update-ref refs/heads/main $(git commit-tree -p main -m Later main^{tree})",
        "sources_are_untouched[origin]",
        f"{MOVED}origin/main: # then, # now",
    ),
    "an effort branch is deleted once it is merged": Wrong(
        "git branch --delete --force effort/E1",
        "sources_are_untouched[origin]",
        f"{MOVED}origin/effort/E1: # then, gone now",
    ),
}
"""Done on the remote before the integration is pushed."""

WRONG_PUBLICATIONS = {
    "an older tip is published than the tested one": Wrong(
        "git update-ref refs/heads/wave-integration wave-integration^",
        "branch_is_published[origin]",
        "origin has refs/heads/wave-integration at #, but # was built and tested",
    ),
    "something is pushed on top of the tested tip": Wrong(
        "git update-ref refs/heads/wave-integration"
        " $(git commit-tree -p wave-integration -m 'One thing more' wave-integration^{tree})",
        "branch_is_published[origin]",
        "origin has refs/heads/wave-integration at #, but # was built and tested",
    ),
}
"""Done on the remote after the integration was pushed."""


def judged(built: Built, published: Publication) -> dict[str, str]:
    """Criteria of publishing that fail, each with its message."""
    values: dict[str, Any] = {
        "published": published,
        "publish": built.plan.publish,
        "history": built.history,
        "sources": built.sources,
        "sources_now": look_up(built.plan, built.store),
    }
    found = {}
    for criterion in (test_publish.test_branch_is_published, test_publish.test_sources_are_untouched):
        try:
            criterion(**{key: values[key] for key in signature(criterion).parameters})
        except pytest.fail.Exception as failed:
            found[f"{criterion.__name__.removeprefix('test_')}[origin]"] = str(failed)
    return found


def test_the_branch_is_published_as_it_was_built(stacked: Wave) -> None:
    with integrated(stacked) as built:
        assert judged(built, publish(built.plan, built.store, "origin", str(built.integration.tip))) == {}
    assert git(stacked.origin, "rev-parse", "wave-integration") == built.integration.tip


@pytest.mark.parametrize("wrong", WRONG_REMOTES.values(), ids=WRONG_REMOTES)
def test_what_happens_on_the_remote_meanwhile_is_caught(wrong: Wrong, stacked: Wave) -> None:
    with integrated(stacked) as built:
        on_the_remote(stacked, wrong.script)
        assert_caught(wrong, judged(built, publish(built.plan, built.store, "origin", str(built.integration.tip))))


@pytest.mark.parametrize("wrong", WRONG_PUBLICATIONS.values(), ids=WRONG_PUBLICATIONS)
def test_another_tip_than_the_tested_one_is_caught(wrong: Wrong, stacked: Wave) -> None:
    with integrated(stacked) as built:
        published = publish(built.plan, built.store, "origin", str(built.integration.tip))
        on_the_remote(stacked, wrong.script)
        place = {"source": "origin/wave-integration", "remote": "origin", "branch": "wave-integration"}
        source = Source(id=JUDGED, commit=published.commit, **place)
        assert_caught(wrong, judged(built, read_again(built.plan, built.store, source)))
