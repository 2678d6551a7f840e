"""Runs whose reports are looked at: one that succeeds, one that fails, conflicts, and texts of strangers everywhere."""

from pathlib import Path

from tests_integration.selftests.running_plans import Run, run
from tests_integration.selftests.waves import DEMO, Wave, every_kind_of_fix, three_branches

MARKUP = "<script>document.title='owned'</script>\"'><img src=x onerror=\"document.title='owned'\">{{ 7*7 }}</style>]]>"
ESCAPES = "\x1b[31mred\x1b[0m \x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\ \u202eright to left\u202c \u200b zero"
SHOWN_ESCAPES = ("\\x1b[31mred", "\\x1b]8;;https://example.org", "\\u202eright to left\\u202c", "\\u200b")
LONG = 1_000_000


def green(folder: Path) -> Run:
    """The second run of a wave with every kind of fix, a conflict that costs a line, and a note."""
    wave = every_kind_of_fix(folder)
    wave.branch("E8", {"drop.txt": "eight\n"})
    wave.branch("E9", {"drop.txt": "nine\n"})
    wave.document["resolve"] = [{"paths": ["drop.txt"], "take": "theirs", "in": ["E9"], "drops": True}]
    wave.document["publish"]["notes"] = True
    run(wave.folder, "--plan", str(wave.write()))
    return run(wave.folder, "--plan", str(wave.write()))


def red(folder: Path) -> Run:
    """A run whose build changes a file and fails."""
    wave = three_branches(folder)
    wave.document["build"] = [{"run": "echo two >> base.txt; echo one.txt:1: it does not fit >&2; exit 3"}]
    return run(wave.folder, "--plan", str(wave.write()))


def parked(folder: Path) -> Run:
    """A run in which E3 and E6 conflict, and E5 depends on E3."""
    wave = three_branches(folder)
    wave.branch("E3", {"one.txt": "three\n", "two.txt": "a rather long line: " + "three " * 30})
    wave.branch("E5", {"five.txt": "five\n"}, parent="E3")
    wave.branch("E6", {"one.txt": "six\n"})
    return run(wave.folder, "--plan", str(wave.write()))


def many(folder: Path, count: int) -> Run:
    """A run of many branches, half of them in one stack."""
    wave = Wave(folder)
    for n in range(count):
        wave.branch(f"E{n}", {f"{n}.txt": f"{n}\n"}, parent=f"E{n - 1}" if n > count // 2 else "base")
    return run(wave.folder, "--plan", str(wave.write()))


def hostile(folder: Path) -> Run:
    """A run that fails in its demo, with texts of strangers wherever a plan, a branch or a command can put one."""
    wave = Wave(folder)
    path = "<img src=x onerror=alert(1)>\u202e.txt"
    wave.commit("main", {path: "0\n", "twin.txt": "twin\n"})
    wave.branch("E1", {path: f"{MARKUP}\n"}, title=MARKUP, contains=f"{MARKUP} {'x' * 5000}")
    wave.branch("E2", {path: f"{ESCAPES}\n"})
    wave.commit("effort/<b>&amp;", {"b.txt": "b\n"}, message=f"{MARKUP} {ESCAPES}")
    wave.plan_for("E3")
    wave.document["branches"][-1]["from"] = "origin/effort/<b>&amp;"
    wave.document["title"] = MARKUP
    wave.document["resolve"] = [{"paths": ["*.txt"], "take": "theirs", "drops": True}]
    wave.document["fixes"] = [
        {"id": "BUG-1", "problem": MARKUP, "proven": MARKUP, "after": "E1", "delete": ["twin.txt"]},
    ]
    wave.document["environment"] = {"MARKUP": MARKUP, "ESCAPES": ESCAPES.encode("unicode_escape").decode()}
    said = 'printf "%s\\n%b\\n" "$MARKUP" "$ESCAPES"; printf "\\202\\0\\rback\\n"'
    wave.document["build"] = [{"run": said}]
    wave.document["test"] = [{"run": f"head -c {LONG} /dev/zero | tr '\\0' x; echo; echo the last line"}]
    demo = wave.folder / "plans" / "infrastructure" / "demos" / "demo.sh"
    demo.write_text(f"{DEMO}{said}\nexit 1\n", encoding="utf-8")
    return run(wave.folder, "--plan", str(wave.write()))


def page(ran: Run) -> Path:
    """The run's report."""
    return ran.folder / "reports" / "wave" / "report.html"
