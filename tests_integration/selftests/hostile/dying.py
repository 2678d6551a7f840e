"""A pytest plugin that ends its own process with SIGKILL at one point of a run, as a machine that dies does.

`DYING` in the environment says where: `before STAGE`, `after STAGE`, `file NAME` (when the record's file of that name
is written but not yet in place), or `replaced NAME` (when it has just been put in place).
"""

import os
import signal
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

DYING = os.environ.get("DYING", "")


def die() -> None:
    """End this process at once; nobody cleans up."""
    os.kill(os.getpid(), signal.SIGKILL)


def stage_of(item: pytest.Item | None) -> str:
    """The stage that a case is of; empty after the last."""
    return item.path.stem.removeprefix("test_") if item else ""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Die before the first criterion of a stage, or after its last."""
    if f"before {stage_of(item)}" == DYING:
        die()
    result = yield
    if f"after {stage_of(item)}" == DYING and stage_of(nextitem) != stage_of(item):
        die()
    return result


@contextmanager
def dying_at_files() -> Iterator[None]:
    """Die before or after a file of this name is put in place."""
    put = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if f"file {Path(target).name}" == DYING:
            die()
        result = put(self, target)
        if f"replaced {Path(target).name}" == DYING:
            die()
        return result

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        yield


def pytest_configure(config: pytest.Config) -> None:
    """Watch the files that are put in place."""
    held = ExitStack()
    held.enter_context(dying_at_files())
    config.add_cleanup(held.close)
