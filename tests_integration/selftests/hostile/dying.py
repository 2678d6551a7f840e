"""A pytest plugin that ends its own process with SIGKILL at one point of a run, as a machine that dies does.

`DYING` in the environment says where: `before STAGE`, `before CRITERION`, `after STAGE`, `file NAME` (when the record's
file of that name is written but not yet in place), or `replaced NAME` (when it has just been put in place). With
`interrupted ` before that, it is SIGINT.
"""

import os
import signal
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest


def die_at(point: str) -> None:
    """End this process at once where it is told to, so that nobody cleans up; or as Ctrl-C does."""
    ends = {point: signal.SIGKILL, f"interrupted {point}": signal.SIGINT}
    if number := ends.get(os.environ.get("DYING", "")):
        os.kill(os.getpid(), number)


def stage_of(item: pytest.Item | None) -> str:
    """The stage that a case is of; empty after the last."""
    return item.path.stem.removeprefix("test_") if item else ""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Die before a criterion, before the first of a stage, or after its last."""
    die_at(f"before {item.name.partition('[')[0].removeprefix('test_')}")
    die_at(f"before {stage_of(item)}")
    result = yield
    if stage_of(nextitem) != stage_of(item):
        die_at(f"after {stage_of(item)}")
    return result


@contextmanager
def dying_at_files() -> Iterator[None]:
    """Die before or after a file of this name is put in place."""
    put = Path.replace

    def replace(self: Path, target: Path) -> Path:
        die_at(f"file {Path(target).name}")
        result = put(self, target)
        die_at(f"replaced {Path(target).name}")
        return result

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        yield


def pytest_configure(config: pytest.Config) -> None:
    """Watch the files that are put in place."""
    held = ExitStack()
    held.enter_context(dying_at_files())
    config.add_cleanup(held.close)
