"""The record as a note on the tip: there for whoever has the branch, beside the notes of others, and never a lie."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests_integration.criteria.test_record import test_note_is_published as criterion
from tests_integration.engine.notes import publish_note
from tests_integration.engine.publish import publish
from tests_integration.facts import NoteFact
from tests_integration.plan.parts import Publish
from tests_integration.repository.git import GitError
from tests_integration.repository.notes import NOTES, add_note, fetch_notes, note_on
from tests_integration.repository.push import push_notes
from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.test_publishing import hook, refs
from tests_integration.selftests.verifying import VERIFIED
from tests_integration.selftests.waves import PERSON, QUIET, Built, Wave, git, integrated, see_outside

TEXT = "## A record\n\n\n`with`  two blanks \nand \x1b[31m, <script>, größe\n"
ON_NOTES = "grep -q refs/notes/ || exit 0; unset GIT_QUARANTINE_PATH; "
"""For hooks: whatever follows happens when notes are pushed, and not when the branch is."""


@pytest.fixture
def noted(stacked: Wave) -> Wave:
    """A wave whose record is wanted as a note."""
    stacked.document["publish"]["notes"] = True
    return stacked


@pytest.fixture
def built(noted: Wave) -> Iterator[Built]:
    """A finished integration, published without a note yet."""
    with integrated(noted) as built:
        assert publish(built.plan, built.store, "origin", tip_of(built)).status == "pushed"
        yield built


def tip_of(built: Built) -> str:
    assert built.integration.tip
    return built.integration.tip


def pushed(built: Built, text: str = TEXT) -> NoteFact:
    return publish_note(built.plan, built.store, "origin", tip_of(built), text)


def note(wave: Wave, commit: str, ref: str = NOTES) -> str:
    """The note as plain git shows it in a clone of its own."""
    clone = wave.folder / f"clone-{len(list(wave.folder.glob('clone-*')))}"
    git(wave.folder, "clone", "--quiet", str(wave.origin), str(clone))
    git(clone, "fetch", "--quiet", "origin", "+refs/notes/*:refs/notes/*")
    return git(clone, "notes", f"--ref={ref}", "show", commit)


def noted_by_others(wave: Wave, ref: str = NOTES, commit: str = "main", text: str = "Theirs.") -> str:
    """Somebody else's note on the remote; the commit that the notes are at then."""
    git(wave.origin, "notes", f"--ref={ref}", "add", "-m", text, commit)
    return git(wave.origin, "rev-parse", ref)


def summary(done: Run) -> str:
    return (done.folder / "reports" / "wave" / "summary.md").read_text(encoding="utf-8")


def test_a_clone_shows_the_record_as_a_note_on_the_tip(noted: Wave) -> None:
    done = run(noted.folder, "--plan", str(noted.write()))
    assert done.exit == 0, done.output
    record = done.record("wave")
    others = len(record["criteria"]) - 1
    shown = note(noted, record["tip"])
    assert shown.splitlines()[0] == f"## ✅ Selftest Wave, attempt 1: integrated, all {others} criteria hold"
    assert f"`{record['base']}` → `{record['tip']}` (SUCCESS)" in shown
    assert f"Criteria: {others} passed, 0 failed, 0 blocked, 0 not-run." in shown
    assert record["note"]["text"].rstrip("\n") == shown
    assert (record["note"]["status"], record["note"]["read_back"]) == ("pushed", refs(noted.origin)[NOTES])
    assert f"`git notes --ref=refs/notes/waveproof show {record['tip']}`" in summary(done)


def test_the_same_run_again_leaves_the_note_as_it_is(noted: Wave) -> None:
    assert run(noted.folder, "--plan", str(noted.write())).exit == 0
    before = refs(noted.origin)
    hook(noted, "pre-receive", "exit 1")
    again = run(noted.folder, "--plan", str(noted.write()), "--reports", "elsewhere")
    assert again.exit == 0, again.output
    told = json.loads((noted.folder / "elsewhere" / "wave" / "record.json").read_text(encoding="utf-8"))
    assert told["note"]["status"] == "unchanged"
    assert refs(noted.origin) == before


def test_the_same_note_is_the_same_commit_on_any_machine(built: Built, noted: Wave) -> None:
    pushed(built)
    first = refs(noted.origin)[NOTES]
    git(noted.origin, "update-ref", "-d", NOTES)
    assert pushed(built).status == "pushed"
    assert refs(noted.origin)[NOTES] == first
    who = git(noted.origin, "log", "--format=%an <%ae> %at, %cn <%ce> %ct", NOTES)
    assert who == "waveproof <waveproof@invalid> 1759724405, waveproof <waveproof@invalid> 1759724405"


def test_the_note_is_kept_to_the_byte(built: Built, noted: Wave) -> None:
    pushed(built)
    blob = git(noted.origin, "notes", f"--ref={NOTES}", "list", tip_of(built))
    done = subprocess.run(["git", "cat-file", "blob", blob], cwd=noted.origin, capture_output=True, check=True)
    assert done.stdout == TEXT.encode()


def test_notes_of_others_stay(built: Built, noted: Wave) -> None:
    theirs = noted_by_others(noted)
    noted_by_others(noted, "refs/notes/commits", tip_of(built), "Reviewed.")
    before = refs(noted.origin)
    fact = pushed(built)
    assert (fact.status, fact.problem) == ("pushed", "")
    assert note(noted, git(noted.origin, "rev-parse", "main")) == "Theirs."
    assert note(noted, tip_of(built), "refs/notes/commits") == "Reviewed."
    assert git(noted.origin, "rev-parse", f"{NOTES}^") == theirs
    assert refs(noted.origin) == {**before, NOTES: str(fact.commit)}


def test_an_earlier_note_on_the_tip_stays_in_the_history_of_the_notes(built: Built, noted: Wave) -> None:
    pushed(built, "An earlier record.\n")
    assert pushed(built).status == "pushed"
    assert note_on(built.store, refs(noted.origin)[NOTES], tip_of(built)) == TEXT
    assert note_on(built.store, git(noted.origin, "rev-parse", f"{NOTES}^"), tip_of(built)) == "An earlier record.\n"


def test_notes_that_are_gone_from_the_remote_do_not_come_back(built: Built, noted: Wave) -> None:
    noted_by_others(noted)
    pushed(built)
    git(noted.origin, "update-ref", "-d", NOTES)
    pushed(built)
    assert git(noted.origin, "rev-list", "--count", NOTES) == "1"


@pytest.mark.parametrize("kind", ["heads", "tags"])
def test_what_git_would_take_for_the_notes_is_left_alone_and_told(built: Built, noted: Wave, kind: str) -> None:
    git(noted.origin, "update-ref", f"refs/{kind}/{NOTES}", "main")
    before = refs(noted.origin)
    fact = pushed(built)
    assert fact.status == "failed"
    assert f"refs/{kind}/{NOTES} is there; git-push(1) takes that for {NOTES}." in fact.problem
    assert refs(noted.origin) == before


@pytest.mark.parametrize("earlier", [True, False])
def test_notes_that_arrive_meanwhile_are_not_overwritten(built: Built, noted: Wave, *, earlier: bool) -> None:
    before = noted_by_others(noted) if earlier else "not there"
    hook(noted, "pre-receive", f"{ON_NOTES} git notes --ref={NOTES} add -f -m Meanwhile main; true")
    (noted.origin / "config").open("a").write("[user]\n\tname = They\n\temail = they@example.org\n")
    fact = pushed(built)
    now = refs(noted.origin)[NOTES]
    assert fact.status == "refused"
    assert fact.problem.splitlines()[0] == (
        f"other notes came while this one was added: {NOTES} was {before}, and is now {now}."
    )
    assert "Run again: the note is then added to theirs." in fact.problem
    assert note(noted, git(noted.origin, "rev-parse", "main")) == "Meanwhile"
    hook(noted, "pre-receive", "")
    assert pushed(built).status == "pushed"
    assert git(noted.origin, "rev-parse", f"{NOTES}^") == now


def test_notes_that_moved_before_the_push_are_not_overwritten(built: Built, noted: Wave) -> None:
    notes = add_note(built.store, tip_of(built), TEXT, built.plan.identity)
    theirs = noted_by_others(noted)
    with pytest.raises(GitError, match="stale info"):
        push_notes(built.store, str(noted.origin), notes, None)
    assert refs(noted.origin)[NOTES] == theirs


def test_a_note_onto_which_others_have_added_theirs_is_there(built: Built, noted: Wave) -> None:
    (noted.origin / "config").open("a").write("[user]\n\tname = They\n\temail = they@example.org\n")
    hook(noted, "post-receive", f"git notes --ref={NOTES} add -m After main")
    fact = pushed(built)
    assert fact.status == "pushed"
    assert fact.read_back == refs(noted.origin)[NOTES] != fact.commit


def test_a_note_that_the_remote_drops_is_found_out(built: Built, noted: Wave) -> None:
    hook(noted, "post-receive", f"git update-ref -d {NOTES}")
    fact = pushed(built)
    assert (fact.status, fact.read_back) == ("failed", None)
    assert fact.problem.startswith("the remote did not take the note: git told no error, but the note is not there\n")


def test_what_are_no_notes_is_told(built: Built, noted: Wave) -> None:
    git(noted.origin, "update-ref", NOTES, git(noted.origin, "rev-parse", "main:base.txt"))
    fact = pushed(built)
    assert fact.status == "failed"
    assert fact.problem.startswith(f"the notes there ({NOTES}) cannot be read or added to: ")


def test_a_password_is_not_shown(noted: Wave) -> None:
    noted.document["remotes"]["team"] = "http://somebody:s3cret@127.0.0.1:1/repository.git"
    with integrated(noted) as built:
        fact = publish_note(built.plan, built.store, "team", tip_of(built), TEXT)
    assert fact.status == "failed"
    assert fact.url == "http://127.0.0.1:1/repository.git"
    assert "s3cret" not in fact.model_dump_json()


def test_a_remote_that_refuses_notes_is_red_and_heals_itself(noted: Wave) -> None:
    hook(noted, "pre-receive", "! grep -q refs/notes/ || { echo 'no notes here' >&2; exit 1; }")
    done = run(noted.folder, "--plan", str(noted.write()))
    assert done.exit == 1
    record = done.record("wave")
    assert done.outcomes("wave")["failed"] == ["note_is_published[origin]"]
    assert (record["verdict"], record["metadata"]["next_action"]) == ("INCOMPLETE", "RETRY_INTEGRATION")
    assert record["publication"]["status"] == "pushed"
    assert "no notes here" in record["note"]["problem"]
    assert "What to do: See that the remote accepts refs/notes/waveproof, and run again" in summary(done)
    assert f"The branch itself is published. Have the remote accept {NOTES}," in done.output
    assert NOTES not in refs(noted.origin)
    hook(noted, "pre-receive", "")
    again = run(noted.folder, "--plan", str(noted.write()))
    assert (again.exit, again.record("wave")["note"]["status"]) == (0, "pushed")


@pytest.mark.parametrize("some", [("-k", "note or published"), ("--until", "demo"), ("-m", "record")])
def test_a_rehearsal_pushes_no_note(noted: Wave, some: tuple[str, ...]) -> None:
    before = refs(noted.origin)
    done = run(noted.folder, "--plan", str(noted.write()), *some)
    assert "note_is_published[origin]" not in done.outcomes("wave").get("passed", [])
    assert refs(noted.origin) == before


def test_nothing_is_noted_where_the_build_fails(noted: Wave) -> None:
    noted.document["build"] = [{"run": "exit 3"}]
    done = run(noted.folder, "--plan", str(noted.write()))
    assert "note_is_published[origin]" in done.outcomes("wave")["blocked"]
    assert NOTES not in refs(noted.origin)


def test_nothing_is_noted_where_another_criterion_of_the_record_fails(noted: Wave) -> None:
    state = noted.folder / "state.json"
    noted.document["metadata"] = {"file": "../state.json", "at": "/wave"}
    noted.document["demo"]["script"] = "demos/demo.sh"
    noted.document["test"] = [{"run": f"sed -i 's/integration_attempts/attempts/' {state}"}]
    see_outside(noted)
    done = run(noted.folder, "--plan", str(noted.write()))
    assert done.outcomes("wave")["failed"] == ["metadata_is_updated[]", "note_is_published[origin]"]
    told = "nothing was pushed: 1 criteria did not run and pass in this session: metadata_is_updated"
    assert done.record("wave")["note"]["problem"] == told
    assert NOTES not in refs(noted.origin)


def test_a_plan_that_wants_no_note_has_neither_note_nor_criterion(stacked: Wave) -> None:
    done = run(stacked.folder, "--plan", str(stacked.write()))
    assert done.exit == 0
    assert done.record("wave")["note"] is None
    assert not any(name.startswith("note_is") for name in done.outcomes("wave")["passed"])
    assert NOTES not in refs(stacked.origin)


def test_a_verification_neither_asks_for_a_note_nor_pushes_one(noted: Wave) -> None:
    assert run(noted.folder, "--plan", str(noted.write())).exit == 0
    git(noted.origin, "update-ref", "-d", NOTES)
    before = refs(noted.origin)
    done = run(noted.folder, "--plan", str(noted.write()), "--verify")
    assert done.exit == 0, done.output
    assert done.record(VERIFIED)["note"] is None
    assert refs(noted.origin) == before


def claim(built: Built) -> str:
    return f"`{built.integration.base}` → `{tip_of(built)}` (SUCCESS)\n"


def judged(built: Built, fact: NoteFact) -> str:
    """What the criterion has against a note; empty where it holds."""
    try:
        criterion(fact, Publish(remote="origin", notes=True), built.store, built.history)
    except pytest.fail.Exception as failed:
        return str(failed)
    return ""


def test_the_criterion_reads_what_the_remote_has(built: Built, noted: Wave) -> None:
    fact = pushed(built, claim(built))
    assert judged(built, fact) == ""
    git(noted.origin, "notes", f"--ref={NOTES}", "remove", tip_of(built))
    emptied = fact.model_copy(update={"read_back": fetch_notes(built.store, str(noted.origin))})
    assert judged(built, emptied) == f"origin has another note on {tip_of(built)} in {NOTES}:\nNone"
    other = fact.model_copy(update={"read_back": add_note(built.store, tip_of(built), "Other\n", built.plan.identity)})
    assert judged(built, other) == f"origin has another note on {tip_of(built)} in {NOTES}:\nOther\n"


def test_the_criterion_takes_no_note_without_the_verdict(built: Built) -> None:
    fact = pushed(built, claim(built).replace("SUCCESS", "INCOMPLETE"))
    assert judged(built, fact).startswith(f"the note on {tip_of(built)} does not say {claim(built).strip()}:")


def test_the_work_log_adds_the_same_note(noted: Wave) -> None:
    noted_by_others(noted)
    noted.document["title"] = "END 'of' $HOME `it`"
    assert run(noted.folder, "--plan", str(noted.write())).exit == 0
    log = (noted.folder / "reports" / "wave" / "work-log.md").read_text(encoding="utf-8")
    tip, there = (refs(noted.origin)[ref] for ref in ("refs/heads/wave-integration", NOTES))
    section = log.split(f"Push the record as a note on {tip} to origin")[1]
    identity = log.split("```bash\n")[1].split("\n```")[0]
    git(noted.origin, "update-ref", NOTES, f"{there}^")
    clone = noted.folder / "by-hand"
    git(noted.folder, "clone", "--quiet", str(noted.origin), str(clone))
    script = f"{identity}\n" + section.split("bash\n")[1].split("\n```")[0]
    subprocess.run(["bash", "-euc", script], cwd=clone, env=PERSON | QUIET | {"PATH": "/usr/bin:/bin"}, check=True)
    assert refs(noted.origin)[NOTES] == there
