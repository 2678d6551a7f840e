"""Plans with a value that cannot be, and all that is said of it."""

import json
from collections.abc import Iterable, Iterator

from tests_integration.selftests.bad_plans import Bad

IDS = ("E 2", "-E2", "E/2", ".E2", "É2")
BRANCH_NAMES = (
    "a..b",
    "wave.lock",
    "a.lock/b",
    "a b",
    "-wave",
    "a\tb",
    "a\x7fb",
    "a@{1}",
    "a//b",
    "a/.b",
    "a/",
    "/a",
    "a.",
    "a~1",
    "a^b",
    "a:b",
    "a?",
    "a*b",
    "a[b",
    "a\\b",
)
STRICTER = ("a\0b", "a\u200bb", "@")
"""Names that git takes, or cannot be asked about, and plans do not take."""
OUTSIDE = ("/etc/passwd", "a\\b", "\\a")
FORBIDDEN = ("../twin.txt", "a/../b", "..", ".git", ".git/config", ".GIT/config", "a/.Git/b", "GIT~1/config")
NOT_PLAIN = ("a//b", "./a", "a/", "", ".", "a\nb", "a\0b", "a\u200bb")
DURATIONS = ("10", "0m", "-5s", "10 m", "1d", "1.5h", "", "\u0661m")
DATES = (
    "2025-10-06",
    "2025-10-06T04:20:05+02:00",
    "2025-10-06T04:20:05",
    "2025-02-30T04:20:05Z",
    "2025-10-06T24:00:00Z",
    "12:30",
    "2025-10-06 04:20:05Z",
    "1969-12-31T23:59:59Z",
    "\u0662\u0660\u0662\u0665-10-06T04:20:05Z",
)
PEOPLE = ("Integration", "int@example.org", "<int@example.org>", "Int <a b>", "Int <a> <b>", "In\nt <a>")
VARIABLES = ("1A", "A-B", "A B", "A*", "")
PASSED = ("1A", "A=1", "A-*", "")
COMMITS = ("0123abc", "0123456789ABCDEF0123456789ABCDEF01234567", "0" * 41, "g" * 40, "HEAD", "")
POINTERS = ("wave_integrations", "/a~2b", "/a~", "#/a")


def each(values: Iterable[str], old: str, new: str, mistake: str) -> Iterator[Bad]:
    """A bad plan for each value: `new` and `mistake` have `@` where the value stands."""
    for value in values:
        quoted = json.dumps(value).replace("\x7f", "\\x7f")
        yield Bad(f"{old} {value!r}", old, new.replace("@", quoted, 1), mistake.replace("@", repr(value)))


TABLES = (
    *each(
        IDS,
        "id: E2",
        "id: @",
        "12:9: branches[1].id: @ is not an id: letters, digits, '.', '_' and '-', a letter or digit first",
    ),
    *each(
        (*BRANCH_NAMES, *STRICTER),
        "wave-integration",
        "@",
        "7:14: integration: @ is not a branch name that git allows (git-check-ref-format(1))",
    ),
    *each(
        OUTSIDE,
        "twin.txt]",
        "@]",
        "20:14: fixes[0].delete[0]: @ is not a path inside the repository, relative and with '/'",
    ),
    *each(
        FORBIDDEN,
        "twin.txt]",
        "@]",
        "20:14: fixes[0].delete[0]: @ leaves the repository's own files ('..' and '.git' are not allowed)",
    ),
    *each(
        NOT_PLAIN, "twin.txt]", "@]", "20:14: fixes[0].delete[0]: @ is not the plain path of a file in the repository"
    ),
    *each(DURATIONS, "60s", "@", "23:14: build[0].timeout: @ is not a duration such as 90s, 10m or 4h"),
    *each(
        DATES, "2025-10-06T04:20:05Z", "@", "3:7: date: @ is not a UTC time such as 2025-10-06T04:20:05Z, 1970 or later"
    ),
    *each(PEOPLE, "publish:", "author: @\npublish:", "29:9: author: @ is not of the form Name <mail>"),
    *each(
        PASSED,
        "publish:",
        "pass_environment: [@]\npublish:",
        "29:20: pass_environment[0]: @ is not the name of an environment variable or a glob of such names",
    ),
    *each(
        COMMITS,
        "parent: E1",
        "commit: @",
        "15:13: branches[1].commit: @ is not a full commit id (40 or 64 hexadecimal digits)",
    ),
    *each(
        POINTERS,
        "publish:",
        "metadata: {at: @}\npublish:",
        "29:16: metadata.at: @ is not a JSON pointer such as /wave_integrations/phase1_wave2 (RFC 6901)",
    ),
    *(
        Bad(
            f"variable {name!r}",
            "publish:",
            f"environment: {{'{name}': x}}\npublish:",
            f"29:15: environment.{name}: {name!r} is not the name of an environment variable",
        )
        for name in VARIABLES
    ),
)
VALUES = (
    Bad(
        "remote name with a slash",
        "origin: ../origin.git",
        "origin: ../origin.git\n  team/a: a.git",
        "6:3: remotes.team/a: 'team/a' is not an id: letters, digits, '.', '_' and '-', a letter or digit first",
    ),
    Bad(
        "effort that is no id",
        "parent: E1",
        "effort: E 2",
        "15:13: branches[1].effort: 'E 2' is not an id: letters, digits, '.', '_' and '-', a letter or digit first",
    ),
    Bad("negative split", "parent: E1", "split: -1", "15:12: branches[1].split: must be 0 or more, not -1"),
    Bad(
        "source without branch",
        "from: origin/two",
        "from: origin",
        "14:11: branches[1].from: 'origin' is not of the form remote/branch",
    ),
    Bad(
        "source with an option for a remote",
        "from: origin/two",
        "from: --upload-pack=x/two",
        "14:11: branches[1].from: '--upload-pack=x' is not among the remotes of this plan; known: origin",
        "14:11: branches[1].from: '--upload-pack=x/two' is not of the form remote/branch",
    ),
    Bad(
        "bad branch in a source",
        "from: origin/two",
        "from: origin/two..three",
        "14:11: branches[1].from: 'two..three' is not a branch name that git allows (git-check-ref-format(1))",
    ),
    Bad(
        "path of sides",
        "delete: [twin.txt]",
        "take: {theirs: [../x]}",
        "20:21: fixes[0].take.theirs[0]: '../x' leaves the repository's own files ('..' and '.git' are not allowed)",
    ),
    Bad(
        "path of needs",
        "after: E1",
        "after: E1\n    needs: [/x]",
        "20:13: fixes[0].needs[0]: '/x' is not a path inside the repository, relative and with '/'",
    ),
    Bad(
        "path of the demo's script",
        "script: demos/demo.sh",
        "script: ../demo.sh",
        "27:11: demo.script: '../demo.sh' leaves the repository's own files ('..' and '.git' are not allowed)",
    ),
    Bad(
        "path of the demo's document",
        "document: demos/DEMO.md",
        "document: .git/DEMO.md",
        "28:13: demo.document: '.git/DEMO.md' leaves the repository's own files ('..' and '.git' are not allowed)",
    ),
    Bad(
        "timeout of the demo",
        "  document: demos/DEMO.md",
        "  document: demos/DEMO.md\n  timeout: soon",
        "29:12: demo.timeout: 'soon' is not a duration such as 90s, 10m or 4h",
    ),
    Bad(
        "list for a timeout",
        "timeout: 60s",
        "timeout: [60s]",
        "23:14: build[0].timeout: ['60s'] is not a duration such as 90s, 10m or 4h",
    ),
    Bad(
        "negative changed lines",
        "publish:",
        "limits: {changed_lines: -1}\npublish:",
        "29:25: limits.changed_lines: must be 0 or more, not -1",
    ),
    Bad(
        "no attempts", "publish:", "limits: {attempts: 0}\npublish:", "29:20: limits.attempts: must be 1 or more, not 0"
    ),
    Bad("no hours", "publish:", "limits: {hours: 0}\npublish:", "29:17: limits.hours: must be 1 or more, not 0"),
    Bad("attempt zero", "publish:", "attempt: 0\npublish:", "29:10: attempt: must be 1 or more, not 0"),
    Bad(
        "NUL in a title",
        "title: Selftest Wave",
        'title: "a\\0b"',
        "2:8: title: holds characters that cannot be printed",
    ),
    Bad(
        "terminal escape in a title",
        "title: Selftest Wave",
        'title: "\\e[31mred"',
        "2:8: title: holds characters that cannot be printed",
    ),
    Bad("NUL in a command", "run: make test", 'run: "make\\0test"', "25:10: test[0].run: holds a NUL"),
    Bad("NUL in a variable", "publish:", 'environment: {A: "x\\0"}\npublish:', "29:18: environment.A: holds a NUL"),
    Bad("empty variable", "publish:", "environment: {A: }\npublish:", "29:18: environment.A: is empty"),
    Bad(
        "timeout beyond all measure",
        "timeout: 60s",
        "timeout: 999999999h",
        "23:14: build[0].timeout: '999999999h' is not a duration such as 90s, 10m or 4h",
    ),
    Bad(
        "list for a date",
        "date: 2025-10-06T04:20:05Z",
        "date: [2025, 10, 6]",
        "3:7: date: ['2025', '10', '6'] is not a UTC time such as 2025-10-06T04:20:05Z, 1970 or later",
    ),
)
