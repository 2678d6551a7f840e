"""The signals that end a session before it is done."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import psutil

SOON = 0.05


@contextmanager
def interrupted_once(*numbers: int) -> Iterator[None]:
    """Have these signals end the session as Ctrl-C does: commands ended, metadata closed, and a record of that.

    What runs for the session, such as git, is told to end with it. Further signals do not break the closing off. A
    signal that would be lost is given again: one in a finalizer, or one that another thread gets while this one waits.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    closing = threading.Event()

    def close(_number: int, frame: FrameType | None) -> None:
        if closing.is_set() or _is_finalizing(frame):
            return
        closing.set()
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                child.terminate()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, close) for number in numbers}
    try:
        with _given_again(closing, numbers):
            yield
    finally:
        for number, was in before.items():
            signal.signal(number, was)


@contextmanager
def _given_again(closing: threading.Event, numbers: tuple[int, ...]) -> Iterator[None]:
    """Give signals that have come to this process to its main thread, until they are heard."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)

    def give() -> None:
        while told := os.read(ours, 1):
            while told[0] in numbers and not closing.wait(SOON):
                signal.pthread_kill(threading.main_thread().ident or 0, told[0])

    thread = threading.Thread(target=give, daemon=True)
    before = signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        closing.set()
        os.close(theirs)
        thread.join()
        os.close(ours)


def _is_finalizing(frame: FrameType | None) -> bool:
    """Whether Python would drop an exception that is raised here, since nobody has called what runs."""
    while frame:
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False
