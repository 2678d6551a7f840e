"""What a session spends its processor time on: the shares of its parts.

`python -m tests_integration.bench.parts ARGUMENTS` runs pytest with these arguments, looks a few hundred times in each
second of processor time where it is, and tells the shares at the end.
"""

import resource
import runpy
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import FrameType

OFTEN = 0.002
"""Seconds of processor time between two looks; few systems look more often than each 4 ms."""

Where = tuple[str, str]
"""File and name of a function."""

PARTS = {
    "imports": ("_bootstrap>:_find_and_load",),
    "plans are read": ("tests_integration/plan/load.py:give",),
    "pytest makes the cases": ("_pytest/main.py:genitems",),
    "cases are put into plan order": ("tests_integration/running.py:arranged",),
    "cases are listed": ("_pytest/terminal.py:_printcollecteditems",),
    "remotes are asked": ("tests_integration/engine/sources.py:look_up",),
    "branches are fetched": ("tests_integration/engine/mending.py:fetch_whole",),
    "branches are merged": ("tests_integration/engine/integrate.py:integrate",),
    "commands of the plan": ("tests_integration/engine/commands.py:run",),
    "pytest finds fixtures, the stages before not counted": ("_pytest/fixtures.py:_fillfixtures",),
    "criteria": ("_pytest/python.py:pytest_pyfunc_call",),
    "paths_are_portable": ("tests_integration/criteria/portable.py:unportable_paths",),
    "no_conflict_markers": ("tests_integration/repository/ask.py:with_conflict_markers",),
    "pytest-html's hook for reports": ("pytest_html/basereport.py:pytest_runtest_logreport",),
    "the terminal's hook for reports": ("_pytest/terminal.py:pytest_runtest_logreport",),
    "the suite's hooks for cases and reports": (
        "tests_integration/hooks.py:pytest_runtest_setup",
        "tests_integration/hooks.py:pytest_runtest_makereport",
        "tests_integration/hooks.py:pytest_runtest_logreport",
    ),
    "pytest-xdist waits for its workers": ("xdist/dsession.py:loop_once",),
    "pytest-xdist hands reports on": ("xdist/dsession.py:worker_testreport",),
    "records and their pages are written": ("tests_integration/finishing.py:write",),
    "the session's page is written": ("pytest_html/basereport.py:pytest_sessionfinish",),
}
"""Functions by what they do; some are part of others, so shares do not add up to the whole."""

STAGES = ("remotes are asked", "branches are fetched", "branches are merged", "commands of the plan")
FIXTURES = "pytest finds fixtures, the stages before not counted"
OTHERS = "git, and whatever else was started"


class Looks:
    """Looks where this process is.

    Attributes:
        number: how many there were.
        seen: in how many of them a function was being run.
    """

    def __init__(self) -> None:
        self.number = 0
        self.seen: Counter[Where] = Counter()

    def take(self, _number: int, frame: FrameType | None) -> None:
        """Look once; a handler of signals."""
        self.number += 1
        running = set[Where]()
        while frame:
            running.add((frame.f_code.co_filename, frame.f_code.co_name))
            frame = frame.f_back
        self.seen.update(running)


def shares(seen: Mapping[Where, float], whole: float, others: float = 0) -> Iterator[tuple[str, float]]:
    """The parts that took time, and their shares of the whole, the largest first.

    Args:
        seen: in how many looks a function was being run.
        whole: how many looks there were.
        others: how many there would have been in the processes that this one has started.
    """
    taken = {part: sum(_taken(seen, name) for name in names) for part, names in PARTS.items()}
    taken[FIXTURES] -= sum(taken[stage] for stage in STAGES)
    taken[OTHERS] = others
    told = ((part, looks / (whole + others)) for part, looks in taken.items() if looks > 0)
    return iter(sorted(told, key=lambda row: -row[1]))


def _taken(seen: Mapping[Where, float], name: str) -> float:
    file, _, function = name.rpartition(":")
    return sum(looks for (path, called), looks in seen.items() if called == function and path.endswith(file))


def _main(arguments: list[str]) -> None:
    looks, sys.argv[1:] = Looks(), arguments
    signal.signal(signal.SIGPROF, looks.take)
    signal.setitimer(signal.ITIMER_PROF, OFTEN, OFTEN)
    with suppress(SystemExit):
        runpy.run_module("pytest", run_name="__main__")
    signal.setitimer(signal.ITIMER_PROF, 0)
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    took, elsewhere = (used.ru_utime + used.ru_stime for used in (own, others))
    print(f"{took:.1f} s of processor time, and {elsewhere:.1f} s in other processes:")
    for part, share in shares(looks.seen, looks.number, looks.number * elsewhere / took):
        print(f"{share:6.1%}  {part}")


if __name__ == "__main__":
    _main(sys.argv[1:])
