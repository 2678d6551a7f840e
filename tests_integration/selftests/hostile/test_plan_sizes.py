"""Plans, and files that plans name, that are large, endless or never opened: read in bounded time and memory.

All are read by one process that has so much memory and so many seconds of a processor, and no more.
"""

import json
import os
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from socket import AF_UNIX, socket
from stat import S_IFCHR

import pytest

from tests_integration.plan.load import give
from tests_integration.selftests.good_plans import PLAN, block
from tests_integration.selftests.hostile.told import case, hostile

MEMORY, PROCESSOR, PATIENCE = 1 << 30, 60, 300
"""Bytes and seconds that the process may take; seconds after which it is taken to hang."""

READ = f"""
import json, resource, sys
from pathlib import Path
from tests_integration.plan.load import give
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
resource.setrlimit(resource.RLIMIT_CPU, ({PROCESSOR}, {PROCESSOR}))
print(json.dumps({{file: give(Path(file)).refusal for file in sys.argv[1:]}}))
"""


def branches(count: int, more: str = "") -> str:
    """A plan of so many branches; `more` may name the one before as `{before}`."""
    before = ["base", *(f"E{n}" for n in range(count))]
    keys = (f"id: E{n}, title: t, from: origin/{n}{more.format(before=before[n])}" for n in range(count))
    rows = "".join(f"  - {{{key}}}\n" for key in keys)
    return PLAN.replace(block("branches"), f"branches:\n{rows}")


def fixed(key: str, value: str) -> str:
    """A plan whose fix has this too."""
    return PLAN.replace("    delete: [twin.txt]", f"    delete: [twin.txt]\n    {key}: {value}")


TOO_MANY = "holds more than 20000 values; a plan is written by hand"
TOO_LONG = "holds a text of more than 64 KiB; put it into a file"
TOO_DEEP = "nested deeper than 12 levels"
LARGE = "is larger than 1 MiB"
MORE = "there are more mistakes; mend these first"

TEXTS = {
    "of 10 MB": (PLAN + "#" * 10_000_000, LARGE),
    "with 20,000 branches": (branches(20_000), TOO_MANY),
    "with 1001 branches": (branches(1001), "branches: has more than 1000 entries, the most that a plan may have"),
    "with 1000 branches, in one stack": (
        branches(1000, ", parent: {before}"),
        "",
    ),
    "with 1000 wrong parents": (branches(1000, ", parent: X"), MORE),
    "with 15,000 unknown keys": (PLAN + "".join(f"k{n}: 1\n" for n in range(15_000)), MORE),
    "with a key 15,000 times": (PLAN + "k: 1\n" * 15_000, MORE),
    "with 1001 remotes": (
        PLAN.replace("remotes:\n", "remotes:\n" + "".join(f"  r{n}: x\n" for n in range(1001))),
        "remotes: has more than 1000 entries",
    ),
    "with 100,000 `[`": (f"{PLAN}x: {'[' * 100_000}", TOO_DEEP),
    "with 100,000 `{a: `": (f"{PLAN}x: {'{a: ' * 100_000}", TOO_DEEP),
    "with 100,000 `- ` in a line": (f"{PLAN}x:\n  {'- ' * 100_000}", TOO_DEEP),
    "with 1000 levels in block form": (PLAN + "x:\n" + "".join(" " * n + "-\n" for n in range(1, 1000)), TOO_DEEP),
    "with 300,000 empty lists": (f"{PLAN}x: [{'[],' * 300_000}]", TOO_MANY),
    "with 150,000 anchors": (f"{PLAN}x: [{'&a b,' * 150_000}]", TOO_MANY),
    "with 100,000 documents": ("--- a\n" * 100_000, "holds a second document; one file is one plan"),
    "with a text of a million characters": (f"{PLAN}project: {'a' * 1_000_000}", TOO_LONG),
    "with an id of 60,000 characters": (
        PLAN.replace("id: E2", f"id: {'ab' * 30_000}"),
        "is longer than 100 characters",
    ),
    "with names of 60,000 characters that are nearly alike": (
        PLAN.replace("id: E2", f"id: {'ab' * 30_000}").replace("after: E1", f"after: {'ba' * 30_000}"),
        "is no branch of this plan",
    ),
    "with a number of 5000 digits": (f"{PLAN}attempt: {'9' * 5000}\n", "attempt: must be a number of fewer digits"),
    "with a year of five digits": (PLAN.replace("2025-", "12025-"), "is not a UTC time such as"),
    "with a duration of a million seconds": (PLAN.replace("60s", "1000000s"), "is not a duration such as"),
    "with a pointer of 30,000 levels": (f"{PLAN}metadata: {{at: {'/a' * 30_000}}}\n", "leads deeper than 100 levels"),
    "with 15,000 patterns of paths": (
        f"{PLAN}resolve: [{{take: ours, paths: [{','.join(f'a{n}*b*' for n in range(15_000))}]}}]\n",
        "resolve[0].paths: has more than 1000 entries",
    ),
    "with patterns of paths too large to be held at once": (
        f"{PLAN}resolve: [{{take: ours, paths: [{','.join(f'{n}{chr(63) * 900}' for n in range(100))}]}}]\n",
        "resolve[0].paths: are too many patterns to be held at once",
    ),
    "with a pattern of a range that is none": (
        f'{PLAN}resolve: [{{take: ours, paths: ["[z-a]"]}}]\n',
        "is not a pattern of paths (gitignore(5)): bad character range z-a",
    ),
    "with a signature of 30,000 brackets": (fixed("signature", f"'{'(' * 30_000}'"), "is longer than 1000 characters"),
    "with a signature that repeats for ever": (
        fixed("signature", "'a{9999999}'"),
        "is not a regular expression that RE2 takes: invalid repetition size",
    ),
    "with a signature that looks ahead": (
        fixed("signature", "'(?=a)'"),
        "is not a regular expression that RE2 takes: invalid perl operator: (?=",
    ),
    "with half a character": (
        fixed("signature", '"\\uD800"'),
        "is not YAML: found invalid Unicode character escape code",
    ),
    "with a branch to build whose name is longer than a file's may be": (
        PLAN.replace("wave-integration", "a" * 251),
        "has a part of more than 250 bytes, which git cannot keep as a file",
    ),
    "with a path of 4096 bytes": (PLAN.replace("twin.txt]", f"{'a/' * 2047}ab]"), "is a path that no system takes"),
    "that takes in a file larger than 128 MiB": (
        PLAN.replace("delete: [twin.txt]", "patch: large.patch"),
        "'large.patch' is larger than 128 MiB",
    ),
    "whose patch is a pipe": (
        PLAN.replace("delete: [twin.txt]", "patch: pipe"),
        "'pipe' is not a file beside the plan",
    ),
    "whose folder of files to add holds a pipe": (
        PLAN.replace("  document:", "  create: pipes\n  document:"),
        "'pipes' holds a file that is a pipe or a device, not a file",
    ),
    "whose folder of files to add holds a socket": (
        PLAN.replace("  document:", "  create: sockets\n  document:"),
        "'sockets' holds a file that is a pipe or a device, not a file",
    ),
}

FILES = {
    "a pipe": ("pipe.yaml", "is a pipe or a device, not a file"),
    "a link to an endless device": ("zero.yaml", "is a pipe or a device, not a file"),
    "a link to itself": ("loop.yaml", "cannot be read: Too many levels of symbolic links"),
    "a socket": ("socket.yaml", "is a pipe or a device, not a file"),
}


def hostile_files(folder: Path) -> None:
    """What the plans name, and files that take the place of a plan."""
    for name in ("pipes", "sockets"):
        (folder / name).mkdir()
    for name in ("pipe", "pipe.yaml", "pipes/pipe"):
        os.mkfifo(folder / name)
    for name in ("socket.yaml", "sockets/socket"):
        with socket(AF_UNIX) as made, chdir((folder / name).parent):
            made.bind(Path(name).name)
    (folder / "zero.yaml").symlink_to("/dev/zero")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    with (folder / "large.patch").open("wb") as large:
        large.truncate(200 << 20)


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Lines of the refusal of each plan, by what it is."""
    folder = tmp_path_factory.mktemp("plans")
    hostile_files(folder)
    files = {why: folder / name for why, (name, _) in FILES.items()}
    for n, (why, (text, _)) in enumerate(TEXTS.items()):
        files[why] = folder / f"wave{n}.yaml"
        files[why].write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", READ, *map(str, files.values())], capture_output=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    return {why: told[str(file)].splitlines() for why, file in files.items()}


@pytest.mark.parametrize(
    ("why", "said"),
    [case(__name__, f"plan: {why}", said or "is read", why) for why, (_, said) in (TEXTS | FILES).items()],
)
def test_it_is_read_in_bounded_time_and_memory(refusals: dict[str, list[str]], why: str, said: str) -> None:
    lines = refusals[why]
    assert any(said in line for line in lines) if said != "is read" else lines == []
    assert len(lines) <= 101
    assert max(map(len, lines), default=0) < 1500


PATTERNS = {
    "signature `(a+)+$` on a log of 64 KiB": "Fix(**FIX, signature='(a+)+$').shows_in('a' * 65536 + '!')",
    "signature `(a|aa)*b` on a log of 64 KiB": "Fix(**FIX, signature='(a|aa)*b').shows_in('a' * 65536)",
    "signature `.*.*.*.*.*=` on a log of one line": "Fix(**FIX, signature='.*.*.*.*.*=').shows_in('x' * 65536)",
    "pattern of paths with twelve `*`": "Resolve(paths=['*a' * 12 + 'b'], take='ours').settles(BRANCH, 'a' * 250)",
    "pattern of paths with thirty `**`": "Resolve(paths=['**/a/' * 30 + 'b'], take='ours').settles(BRANCH, 'a/' * 999)",
}

MATCH = f"""
import resource
resource.setrlimit(resource.RLIMIT_CPU, ({PROCESSOR}, {PROCESSOR}))
from tests_integration.plan.parts import Branch, Fix, Resolve
FIX = {{"id": "B", "problem": "x", "after": "E1", "delete": ("x",)}}
BRANCH = Branch.model_validate({{"id": "E1", "title": "x", "from": "a/b"}})
"""


@pytest.mark.parametrize(
    ("expression", "said"),
    [case(__name__, why, "is decided in linear time", text) for why, text in PATTERNS.items()],
)
def test_no_pattern_backtracks_for_ever(expression: str, said: str) -> None:
    script = f"{MATCH}print({expression})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=PATIENCE, check=False)
    assert done.stdout == b"False\n", f"{said}: {done.stderr.decode()}"


@hostile("plan: whose folder of files to add holds a device", "is refused, where one can be made at all")
def test_a_device_is_not_added(tmp_path: Path) -> None:
    folder = tmp_path / "devices"
    folder.mkdir()
    try:
        os.mknod(folder / "zero", S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")
    file = tmp_path / "wave.yaml"
    file.write_text(PLAN.replace("  document:", "  create: devices\n  document:"), encoding="utf-8")
    assert "'devices' holds a file that is a pipe or a device, not a file" in give(file).refusal
