"""Runs a target for so many seconds: `python -m tests_integration.fuzz TARGET SECONDS`."""

import argparse
import importlib
import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

TARGETS = ("documents", "merges", "plans", "texts")
AT_ONCE = 1000
"""Examples between two looks at the clock."""


class Target(Protocol):
    """A module of this room that can be fed with bytes."""

    SEEDS: Sequence[bytes]
    WORDS: Sequence[bytes]
    one: Callable[[bytes], None]


def target(name: str) -> Target:
    """The target of this name."""
    found: Target = importlib.import_module(f"{__package__}.{name}")
    return found


def guided(name: str, seconds: int) -> None:
    """Feed a target with what leads it to lines that no bytes have led it to before; ends the process."""
    import atheris  # noqa: PLC0415 - where it is installed

    with atheris.instrument_imports(include=["tests_integration"]):
        fuzzed = target(name)
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(fuzzed.SEEDS):
            Path(folder, str(number)).write_bytes(seed)
        words = Path(folder, "words.dict")
        words.write_text("".join(f'"{_quoted(word)}"\n' for word in fuzzed.WORDS), encoding="ascii")
        options = [f"-max_total_time={seconds}", f"-dict={words}", f"-artifact_prefix={tempfile.gettempdir()}/"]
        atheris.Setup([sys.argv[0], *options, folder], fuzzed.one)
        atheris.Fuzz()


def _quoted(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def at_random(name: str, seconds: int) -> int:
    """Feed a target with changed seeds; how many."""
    from hypothesis import HealthCheck, given, settings  # noqa: PLC0415 - atheris does without

    from tests_integration.fuzz.mutations import mutated  # noqa: PLC0415

    fuzzed = target(name)
    run = settings(max_examples=AT_ONCE, deadline=None, database=None, suppress_health_check=list(HealthCheck))(
        given(mutated(fuzzed.SEEDS, fuzzed.WORDS))(fuzzed.one)
    )
    end, rounds = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        run()
        rounds += 1
    return rounds * AT_ONCE


def main(arguments: Sequence[str]) -> int:
    """Run a target as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests_integration.fuzz")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("seconds", type=int)
    given = parser.parse_args(arguments)
    if importlib.util.find_spec("atheris"):
        guided(given.target, given.seconds)
    else:
        print(f"{at_random(given.target, given.seconds)} examples of {given.target}, nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
