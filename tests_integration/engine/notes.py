"""Publishes the record as a note on the tip: beside the notes that the remote has, believed only when read back."""

from git import Repo

from tests_integration.engine.clock import now, stamp
from tests_integration.engine.sources import Remotes, notes_of
from tests_integration.facts import NoteFact
from tests_integration.plan.model import Plan
from tests_integration.repository.git import GitError
from tests_integration.repository.notes import NOTES, add_note, fetch_notes, note_on
from tests_integration.repository.push import push_notes
from tests_integration.text import without_password


def publish_note(plan: Plan, store: Repo, remote: str, tip: str, text: str) -> NoteFact:
    """Push the record as a note on the tip, and read it back.

    Args:
        plan: whose author and date the notes' commit has, so that the same note gives the same commit.
        store: holds the tip.
        remote: name of the remote that the plan publishes to.
        tip: the finished branch, published already.
        text: the record as Markdown.
    """
    blank = NoteFact(remote=remote, url="", ref=NOTES, commit=None, status="failed", at=stamp(now()), text=text)
    try:
        url = Remotes(plan, store).url(remote, push=True)
    except (GitError, OSError) as error:
        return blank.model_copy(update={"problem": f"the remote {remote!r} leads nowhere: {error}"})
    note = blank.model_copy(update={"url": without_password(url)})
    try:
        done = _pushed(plan, store, url, tip, text)
    except GitError as error:
        done = {"problem": f"the notes there ({NOTES}) cannot be read or added to: {error.output}"}
    return note.model_copy(update={**done, "at": stamp(now())})


def _pushed(plan: Plan, store: Repo, url: str, tip: str, text: str) -> dict[str, str | None]:
    own = notes_of(plan)
    before = fetch_notes(store, url, own)
    if before and note_on(store, before, tip) == text:
        return {"status": "unchanged", "commit": before, "read_back": before}
    notes = add_note(store, tip, text, plan.identity, own)
    said = "git told no error, but the note is not there"
    try:
        push_notes(store, url, notes, before)
    except GitError as error:
        said = error.output
    try:
        after = fetch_notes(store, url, own)
    except GitError as error:
        return {"commit": notes, "problem": UNKNOWN.format(said=error.output, notes=notes)}
    told = {"commit": notes, "read_back": after}
    if after and note_on(store, after, tip) == text:
        return {**told, "status": "pushed"}
    if after != before:
        return {**told, "status": "refused", "problem": _overtaken(before, after)}
    return {**told, "problem": f"the remote did not take the note: {said}\n{UNTAKEN}"}


UNKNOWN = (
    "nobody knows whether the note is published: it was pushed, but the remote cannot be read back: {said}\n"
    f"The branch itself is published. Look, when it answers, whether {NOTES} is at {{notes}} there, or run again."
)

UNTAKEN = (
    f"The branch itself is published. Have the remote accept {NOTES}, or leave `notes` out of the plan's `publish`,"
    " and run again."
)


def _overtaken(before: str | None, after: str | None) -> str:
    return (
        f"other notes came while this one was added: {NOTES} was {before or 'not there'}, and is now"
        f" {after or 'gone'}.\n"
        "Nothing was overwritten, and the branch itself is published. Run again: the note is then added to theirs."
    )
