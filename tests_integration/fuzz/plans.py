"""The plan loader: any bytes are a plan, or are refused in lines that can be read."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests_integration.plan.document import document
from tests_integration.plan.load import give
from tests_integration.plan.markdown.draft import Surroundings
from tests_integration.plan.mistakes import TOLD
from tests_integration.selftests.good_plans import EVERY_KEY, PLAN
from tests_integration.selftests.running_plans import PLANS

LONGEST = 2000
SEEDS = [PLAN.encode(), EVERY_KEY.encode(), *(file.read_bytes() for file in sorted(PLANS.glob("*.yaml")))]
TOKENS = rb"""
: - [ ] { } , " ' # & * ! | > % @ ` ? ~ / \ .. .git/ ../../x /dev/zero -x 0x10 1e9 &a *a <<: base E1 E2-split-001
!!python/object:os.system !!binary "\uD800" "\0" "\e[2J" "\u202e" (a+)+$ [z-a] (?=x) **/ 999999999999999999999999999
"""
WORDS = [*TOKENS.split(), b"\n", b"\t", b"  ", b"---\n", b": ", b"- ", b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\x85"]
WORDS += [b"\xe2\x80\xa8", b"\xe2\x80\xae", b"a" * 300, b"[" * 50, b"- " * 50]
FOLDER = tempfile.TemporaryDirectory(prefix="waveproof-fuzz-")


def one(data: bytes) -> None:
    """Read a plan of these bytes.

    Raises:
        AssertionError: it is neither read whole nor refused in words.
    """
    read_or_refused(data, "wave.yaml")


def read_or_refused(data: bytes, name: str, look: Callable[[Path], Surroundings] | None = None) -> None:
    """Read a file of these bytes as a plan, or a document with what is known of its clone.

    Raises:
        AssertionError: it is neither read whole nor refused in words.
    """
    folder = Path(FOLDER.name)
    (folder / "files").mkdir(exist_ok=True)
    (folder / "file.txt").touch()
    file = folder / name
    file.write_bytes(data)
    given = give(file, folder, look) if look else give(file)
    if given.plan:
        json.dumps(document(given.plan)).encode()
        assert len(given.plan.digest) == 64  # noqa: PLR2004 - SHA-256
        assert set(given.plan.lineage) == {branch.id for branch in given.plan.branches}
        assert all(name.isprintable() for name in (given.plan.title, given.plan.integration, given.plan.base))
        return
    lines = given.refusal.split("\n")
    assert all(line.startswith(f"{file}:") for line in lines[:TOLD])
    assert 0 < len(lines) <= TOLD + 1
    assert all(line.isprintable() and len(line) < LONGEST for line in lines), given.refusal
