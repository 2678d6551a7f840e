"""The run as a person at a command line would have done it: the operations of the work log and of the replay (R264)."""

import base64
import shlex
from collections.abc import Iterator
from typing import NamedTuple

from tests_integration.facts import (
    Bug,
    CommandFact,
    Culprit,
    FileFact,
    InfrastructureFact,
    MergeFact,
    NoteFact,
    Publication,
)
from tests_integration.plan.model import Plan
from tests_integration.plan.parts import Fix
from tests_integration.record.model import Record
from tests_integration.repository.entry import SUBMODULE
from tests_integration.text import counted

CLONE = "a clone of the repository"


class Operation(NamedTuple):
    """One step, complete enough to be done again.

    Attributes:
        title: what is done.
        commands: lines of shell, plain git.
        directory: where.
        result: what came of it.
        conflicts: what git could not merge on its own.
        resolution: how that was settled, and which known fixes were applied.
        verification: how it was checked.
    """

    title: str
    commands: tuple[str, ...]
    directory: str
    result: str
    conflicts: str = "none"
    resolution: str = "none needed"
    verification: str = "none needed"


def operations(plan: Plan, record: Record) -> list[Operation]:
    """Every operation of the run, in order.

    Args:
        plan: has the files that fixes and infrastructure take in.
        record: what was done.
    """
    steps = [_begin(plan, record)]
    steps += [_merge(plan, place, merge) for place, merge in enumerate(record.merges, 1)]
    if record.infrastructure:
        steps.append(_infrastructure(plan, record.infrastructure))
    steps += _gates(record)
    if record.publication:
        steps.append(_publication(record))
    if record.note:
        steps.append(_note(record, record.note))
    return steps


def building(steps: list[Operation]) -> list[Operation]:
    """Those of the operations that make the branch."""
    return [step for step in steps if step.directory == CLONE and not step.title.startswith("Push")]


def identity(plan: Plan) -> list[str]:
    """Shell lines that give every commit the plan's author, committer and date."""
    return [f"export {name}={shlex.quote(value)}" for name, value in plan.identity.items()]


def _begin(plan: Plan, record: Record) -> Operation:
    return Operation(
        f"Create {record.branch} from the base {plan.base}",
        (f"git switch --quiet --create {shlex.quote(record.branch)} {record.base}",),
        CLONE,
        "; ".join((f"branch at {record.base}", *_again(record, pushing=False))),
        verification=f"`git rev-parse HEAD` is {record.base}",
    )


def _merge(plan: Plan, place: int, merge: MergeFact) -> Operation:
    branch = next(branch for branch in plan.branches if branch.id == merge.branch)
    stale = {fix.id for fix in merge.fixes if fix.stale}
    fixes = [fix for fix in plan.fixes_of(branch) if fix.id not in stale]
    message = _quoted(merge.message)
    settling = [*_resolution(merge), *_removal(merge.dropped)]
    settling += [line for fix in fixes for line in _fix_lines(plan, fix, merge)]
    amending = ["git commit --quiet --amend --no-edit"] if settling else []
    if merge.contained:
        commit = f"git commit-tree -p HEAD -p {merge.tip} -m {message} 'HEAD^{{tree}}'"
        commands = [f'git reset --quiet --hard "$({commit})"', *settling, *amending]
    elif merge.conflicts:
        commands = [f"git merge --quiet --no-ff --no-commit {merge.tip} || true", *settling]
        commands.append(f"git commit --quiet --message {message}")
        commands += ["git reset --quiet --hard", "git clean --quiet --force -d -x"]
    else:
        commands = [f"git merge --quiet --no-ff --message {message} {merge.tip}", *settling, *amending]
    by_rule = [f"{conflict.path}: {conflict.settled}" for conflict in merge.conflicts if conflict.rule]
    resolution = [*by_rule, *(f"{fix.id}: {fix.action} ({fix.problem})" for fix in fixes)]
    resolution += [f"{name} is stale: there was nothing to do" for name in sorted(stale)]
    resolution += [f"{path} stays deleted" for path in merge.dropped]
    conflicts = [f"{conflict.path} ({conflict.kind}; {conflict.settled})" for conflict in merge.conflicts]
    return Operation(
        f"Merge {merge.branch}, {branch.title} ({merge.source})",
        tuple(commands),
        CLONE,
        f"merge commit {merge.commit}, number {place} of {len(plan.branches)}",
        "; ".join(conflicts) or "none",
        "; ".join(resolution) or "none needed",
        f"`git rev-parse 'HEAD^{{tree}}' HEAD^1 HEAD^2` is {merge.tree} {merge.parents[0]} {merge.parents[1]}",
    )


def _resolution(merge: MergeFact) -> list[str]:
    """Sets and removes what settling the conflicts did; by hand, git leaves aside under HEAD what was merged before."""
    lines = []
    for edit in merge.edits:
        word = edit.word.replace(f"~{merge.parents[0]}", "~HEAD")
        if not edit.mode:
            lines += [f"git update-index --force-remove -- {word}", f"rm -rf -- {word}"]
            continue
        if edit.content:
            lines.append(f"base64 --decode <<'END' | git hash-object -w --stdin > /dev/null\n{edit.content}\nEND")
        lines.append(f"git update-index --add --replace --cacheinfo {edit.mode} {edit.blob} {word}")
        if edit.mode != SUBMODULE:
            lines.append(f"git checkout-index --quiet --force -- {word}")
    return lines


def _fix_lines(plan: Plan, fix: Fix, merge: MergeFact) -> list[str]:
    if fix.patch:
        patch = (plan.folder / fix.patch).read_bytes()
        return [f"base64 --decode <<'END' | git apply --index --whitespace=nowarn -\n{_encoded(patch)}\nEND"]
    if fix.take:
        removed = next(fact.removed for fact in merge.fixes if fact.id == fix.id)
        kept = [tuple(path for path in paths if path not in removed) for paths in (fix.take.ours, fix.take.theirs)]
        return _removal(removed) + [
            f"git restore --source {commit} --staged --worktree -- {_paths(paths)}"
            for commit, paths in zip(merge.parents, kept, strict=True)
            if paths
        ]
    removed = next(fact.removed for fact in merge.fixes if fact.id == fix.id)
    return _removal(removed)


def _removal(paths: tuple[str, ...]) -> list[str]:
    return [f"git rm --quiet --force -- {_paths(paths)}"] if paths else []


def _infrastructure(plan: Plan, infrastructure: InfrastructureFact) -> Operation:
    there = plan.infrastructure
    contents = {file: there[file.path].read_bytes() for file in infrastructure.files}
    commands = [line for file, content in contents.items() for line in _file_lines(file, content)]
    commands.append(f"git commit --quiet --message {_quoted(infrastructure.message)}")
    names = ", ".join(file.path for file in infrastructure.files)
    return Operation(
        f"Add demo and integration documents (R291): {names}",
        tuple(commands),
        CLONE,
        f"commit {infrastructure.commit}",
        verification=f"`git rev-parse HEAD` is {infrastructure.commit}",
    )


def _file_lines(file: FileFact, content: bytes) -> list[str]:
    path = shlex.quote(file.path)
    lines = [f"mkdir -p -- {shlex.quote(file.path.rpartition('/')[0])}"] if "/" in file.path else []
    text = content.decode("utf-8", errors="replace")
    if text.encode() == content and text.endswith("\n") and "\0" not in text and "\r" not in text:
        end = next(word for n in range(1 << 16) if (word := f"END{n or ''}") not in text.split("\n"))
        lines.append(f"cat > {path} <<'{end}'\n{text}{end}")
    else:
        lines.append(f"base64 --decode > {path} <<'END'\n{_encoded(content)}\nEND")
    executable = "+x" if file.mode == "100755" else "-x"
    return [*lines, f"git add --force --chmod={executable} -- {path}"]


def _gates(record: Record) -> Iterator[Operation]:
    for gate in record.gates:
        for command in gate.commands:
            yield _command(command, gate.bugs if command is gate.commands[-1] else ())
        if gate.culprit:
            yield _search(gate.culprit)


def _command(command: CommandFact, bugs: tuple[Bug, ...]) -> Operation:
    return Operation(
        f"Run the {command.stage}",
        (command.run,),
        "a clean checkout of the branch",
        "; ".join((_end(command), *(bug.told_whose for bug in bugs))),
        verification=f"log {command.log}, {command.size} bytes, SHA-256 {command.sha256}",
    )


def _search(culprit: Culprit) -> Operation:
    """Trials, each with the commands that were run, and what came of them."""
    lines = []
    for trial in culprit.trials:
        lines.append(f"# trial {trial.number}, {trial.what}{f' ({trial.commit})' if trial.commit else ''}")
        lines += [command.run for command in trial.commands]
        lines.append(f"# {trial.outcome}{f': {trial.line}' if trial.line else ''}")
    logs = [command.log for trial in culprit.trials for command in trial.commands]
    return Operation(
        f"Look into why the {culprit.stage} fails",
        tuple(lines),
        "a clean checkout of each tree, merged in memory",
        culprit.sentence,
        verification=f"{counted(len(logs), 'log')}: {', '.join(logs)}",
    )


def _end(command: CommandFact) -> str:
    if command.exit is None:
        return f"ended: {command.problem or command.ended}"
    told = f"exit {command.exit} after {command.seconds:.1f} s"
    return f"not run again: {told} in run {command.reused}, at {command.started_at}" if command.reused else told


def _publication(record: Record) -> Operation:
    publication = record.publication
    if publication is None:
        raise ValueError("nothing was published")
    lease = f"--force-with-lease={publication.ref}:"
    return Operation(
        f"Push {record.branch} to {publication.remote}",
        (shlex.join(["git", "push", "--atomic", lease, publication.url, f"{publication.commit}:{publication.ref}"]),),
        CLONE,
        "; ".join((_status(publication), *_again(record, pushing=True))),
        verification=f"read back {publication.read_back} at {publication.at}",
    )


def _again(record: Record, *, pushing: bool) -> list[str]:
    """What failed in passing and was done again, in pushing or in all before it."""
    return [retry.told for retry in record.retries if retry.what.startswith("`git push`") == pushing]


def _status(publication: Publication) -> str:
    return f"{publication.status}: {publication.problem}" if publication.problem else publication.status


def _note(record: Record, note: NoteFact) -> Operation:
    """How a person adds the note to those on the remote."""
    lines = note.text.rstrip("\n")
    end = next(word for n in range(1 << 16) if (word := f"END{n or ''}") not in lines.split("\n"))
    there = shlex.join([note.url, f"+{note.ref}:{note.ref}"])
    commands = (
        f"git fetch {there} || true  # none may be there yet",
        f"blob=$(git hash-object -w --stdin <<'{end}'\n{lines}\n{end}\n)",
        f'git notes --ref={note.ref} add --force -C "$blob" {record.tip}',
        shlex.join(["git", "push", "--atomic", note.url, f"{note.ref}:{note.ref}"]),
    )
    return Operation(
        f"Push the record as a note on {record.tip} to {note.remote}",
        commands if note.text else (),
        CLONE,
        _status(note),
        verification=f"{note.ref} read back {note.read_back or 'nowhere'} at {note.at}"
        if note.at
        else "none: not pushed",
    )


def _quoted(message: str) -> str:
    return shlex.quote(message.rstrip("\n"))


def _paths(paths: tuple[str, ...]) -> str:
    return shlex.join(f":(top,literal){path}" for path in paths)


def _encoded(content: bytes) -> str:
    return base64.encodebytes(content).decode().rstrip("\n")
