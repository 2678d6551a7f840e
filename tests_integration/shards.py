"""Splits plans over jobs of a CI system, and puts together again what these have left.

Run, once every job has ended: `python -m tests_integration.shards reports job-1/reports job-2/reports …`. The first is
the folder of the whole; each of the others was the report folder of one job with `--shard K/N`. Their plans are taken
over, and the list of all plans is written. It names each plan that no job has run, and exits with 1 then.
"""

import argparse
import shutil
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from tests_integration import bounded
from tests_integration.engine.clock import now, stamp
from tests_integration.files import replace
from tests_integration.record import index
from tests_integration.record.earlier import Earlier, UnreadableError, read, runs
from tests_integration.record.write import FORMS, INDEX, RECORD, VERIFIED, report_folder, set_aside, write_index
from tests_integration.text import visible

FILE = "shard-{}-of-{}.json"
PATTERN = "shard-*-of-*.json"


def _name(text: str) -> str:
    if not text or "/" in text or text.startswith(".") or not text.isprintable():
        raise ValueError("is no name of a plan")
    return text


class Shard(BaseModel):
    """What a job with `--shard` tells about itself.

    Attributes:
        number: of the job, from 1.
        split: names of all plans, in one list a job; every job has to say the same.
        started_at: UTC.
        verified: whether it judges branches that others built.
        ended: whether it came to its end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: Annotated[int, Field(ge=1)]
    split: tuple[tuple[Annotated[str, AfterValidator(_name)], ...], ...]
    started_at: str
    verified: bool = False
    ended: bool = False

    @property
    def plans(self) -> tuple[str, ...]:
        """Names of those that it runs."""
        return self.split[self.number - 1]

    @property
    def file(self) -> str:
        """Name of the file in the report folder that holds this."""
        return FILE.format(self.number, len(self.split))

    @property
    def told(self) -> str:
        """Which of how many."""
        return f"shard {self.number}/{len(self.split)}"

    def write(self, reports: Path) -> None:
        """Put it into a report folder.

        Raises:
            OSError: it cannot be written.
        """
        reports.mkdir(parents=True, exist_ok=True)
        replace(reports / self.file, f"{self.model_dump_json(indent=2)}\n".encode())


def choose(names: Iterable[str], share: tuple[int, int], reports: Path, *, verified: bool) -> Shard:
    """The share of one job.

    Args:
        names: of all plans.
        share: number of the job, from 1, and how many there are.
        reports: where the records of earlier runs are, which have to be the same ones for every job.
        verified: whether plans are verified.
    """
    folders = {name: report_folder(reports, name, verified=verified) for name in names}
    number, count = share
    return Shard(number=number, split=split(seconds(folders), count), started_at=stamp(now()), verified=verified)


def begin(shard: Shard, reports: Path) -> None:
    """Say in a report folder which plans this job runs; what jobs of another split have left there is no longer true.

    Raises:
        OSError: it cannot be written.
    """
    for file, other in _found(reports):
        if other is None or other.split != shard.split:
            file.unlink()
    shard.write(reports)


def seconds(folders: Mapping[str, Path]) -> dict[str, float]:
    """How long each plan took the last time that it came to an end; the median for those of which nobody knows.

    Args:
        folders: report folder of each plan, by name.
    """
    known = {name: last.seconds for name, folder in folders.items() if (last := _last(folder))}
    usual = statistics.median(known.values()) if known else 1.0
    return {name: known.get(name, usual) for name in folders}


def split(seconds: Mapping[str, float], count: int) -> tuple[tuple[str, ...], ...]:
    """The plans in so many shares: the longest first, each to the share that has least to do so far.

    It depends on nothing but its arguments, so that jobs that know the same come to the same.
    """
    shares: list[list[str]] = [[] for _ in range(count)]
    loads = [0.0] * count
    for name in sorted(seconds, key=lambda name: (-seconds[name], name)):
        least = min(range(count), key=lambda n: (loads[n], len(shares[n])))
        shares[least].append(name)
        loads[least] += seconds[name]
    return tuple(tuple(sorted(share)) for share in shares)


def _last(folder: Path) -> Earlier | None:
    """The newest run in a report folder that can be read, and was not interrupted."""
    try:
        places = [folder, *reversed(runs(folder))]
    except OSError:
        return None
    for place in places:
        try:
            record = read(place / RECORD)
        except UnreadableError:
            continue
        if not record.interrupted:
            return record
    return None


Job = tuple[Path, Shard]
"""A report folder, and the job that has left it."""


def main(arguments: list[str]) -> int:
    """Put together what the jobs have left; the exit code is 1 where a plan was run by none of them."""
    parser = argparse.ArgumentParser(prog="python -m tests_integration.shards", description=__doc__)
    parser.add_argument("reports", type=Path, help="folder of the whole, which may have records of earlier nights")
    parser.add_argument("jobs", type=Path, nargs="*", help="report folders of the jobs, unless all is in the first")
    given = parser.parse_args(arguments)
    try:
        lines = list(_together(given.reports, given.jobs or [given.reports]))
    except OSError as error:
        lines = [f"cannot be put together: {error}"]
    told = visible("\n".join(lines) or f"{given.reports / INDEX}: every plan was run")
    print(told, file=sys.stderr if lines else sys.stdout)
    return 1 if lines else 0


def _together(reports: Path, folders: Sequence[Path]) -> Iterator[str]:
    """Take over what the jobs have left, and write the list; yields what is wrong with it, a plan a line."""
    left = [(file, shard) for folder in folders for file, shard in _found(folder)]
    jobs = [(file.parent, shard) for file, shard in left if shard]
    yield from (f"{file} is not what a job with --shard leaves" for file, shard in left if shard is None)
    if not jobs:
        yield f"no job with --shard has left anything in {', '.join(map(str, folders))} ({PATTERN})"
        return
    reports.mkdir(parents=True, exist_ok=True)
    jobs.sort(key=lambda job: job[1].started_at)
    of_plan = {name: job for job in jobs for name in job[1].plans}
    for name, (folder, _) in of_plan.items():
        if folder.resolve() != reports.resolve():
            _take_over(folder / name, reports / name)
    names = sorted({name for _, shard in jobs for share in shard.split for name in share})
    missing = {name: why for name in names if (why := _missing(name, of_plan.get(name), jobs, reports))}
    places = {report_folder(reports, name, verified=jobs[-1][1].verified): why for name, why in missing.items()}
    write_index(reports, index.page(reports, {}, stamp(now()), places))
    for file in reports.glob(PATTERN):
        file.unlink()
    yield from (f"{name}: {why}" for name, why in missing.items())


def _missing(name: str, job: Job | None, jobs: Sequence[Job], reports: Path) -> str:
    """Why nobody has run a plan; empty where somebody has."""
    if job is None:
        whose = next(shard.model_copy(update={"number": n}) for _, shard in jobs for n in _number(shard, name))
        if len({shard.split for _, shard in jobs}) > 1:
            return "no job has run it: they did not split the plans alike; give all of them the same earlier records"
        return f"no job has run it: {whose.told} has left nothing"
    shard = job[1]
    try:
        began = read(report_folder(reports, name, verified=shard.verified) / RECORD).started_at
    except UnreadableError as error:
        return f"{shard.told} has left no record of it that can be read: {error}"
    return "" if shard.ended or began >= shard.started_at else f"{shard.told} was ended before it came to this plan"


def _number(shard: Shard, name: str) -> Iterator[int]:
    return (n for n, share in enumerate(shard.split, 1) if name in share)


def _found(folder: Path) -> list[tuple[Path, Shard | None]]:
    return [(file, _shard(file)) for file in sorted(folder.glob(PATTERN))]


def _shard(file: Path) -> Shard | None:
    try:
        shard = Shard.model_validate_json(bounded.content(file, bounded.STATE))
    except (OSError, ValidationError):
        return None
    return shard if file.name == shard.file and shard.number <= len(shard.split) else None


def _take_over(folder: Path, into: Path) -> None:
    """Copy the folder of a plan over another; no record of an earlier run is lost, or mixed with this one."""
    for place in [folder, folder / VERIFIED]:
        theirs = into / place.relative_to(folder)
        record = theirs / RECORD
        if not (place / RECORD).exists() or not record.exists():
            continue
        known = [place / RECORD, *(run / RECORD for run in runs(place))]
        if record.read_bytes() not in (file.read_bytes() for file in known if file.is_file()):
            set_aside(theirs)
        for form in FORMS:
            _remove(theirs / form)
    if folder.is_dir():
        shutil.copytree(folder, into, symlinks=True, dirs_exist_ok=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
