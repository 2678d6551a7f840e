"""Edits of the good plan that each make a mistake in it, and all that is then said: keys and types."""

from tests_integration.selftests.good_plans import PLAN, block


class Bad:
    """A plan with a mistake.

    Attributes:
        why: names the case.
        text: the plan.
        mistakes: every line of the refusal, without the name of the file.
    """

    def __init__(self, why: str, old: str, new: str, *mistakes: str) -> None:
        assert PLAN.count(old) == 1, f"{why}: not once in the plan: {old}"
        self.why = why
        self.text = PLAN.replace(old, new)
        self.mistakes = mistakes


KEYS = (
    Bad("version is missing", block("version"), "", "1:1: version: is missing"),
    Bad("title is missing", block("title"), "", "1:1: title: is missing"),
    Bad("date is missing", block("date"), "", "1:1: date: is missing"),
    Bad("base is missing", block("base"), "", "1:1: base: is missing"),
    Bad("integration is missing", block("integration"), "", "1:1: integration: is missing"),
    Bad("branches is missing", block("branches"), "", "1:1: branches: is missing"),
    Bad("build is missing", block("build"), "", "1:1: build: is missing"),
    Bad("test is missing", block("test"), "", "1:1: test: is missing"),
    Bad("demo is missing", block("demo"), "", "1:1: demo: is missing"),
    Bad("id of a branch is missing", "- id: E2\n    title", "- title", "12:5: branches[1].id: is missing"),
    Bad("title of a branch is missing", "    title: Two\n", "", "12:5: branches[1].title: is missing"),
    Bad("source of a branch is missing", "    from: origin/two\n", "", "12:5: branches[1].from: is missing"),
    Bad("id of a fix is missing", "- id: BUG-1\n    problem", "- problem", "17:5: fixes[0].id: is missing"),
    Bad(
        "problem of a fix is missing",
        "    problem: twin.txt is there twice\n",
        "",
        "17:5: fixes[0].problem: is missing",
    ),
    Bad("branch of a fix is missing", "    after: E1\n", "", "17:5: fixes[0].after: is missing"),
    Bad("line of a command is missing", "- run: make\n    timeout", "- timeout", "22:5: build[0].run: is missing"),
    Bad("script of the demo is missing", "  script: demos/demo.sh\n", "", "27:3: demo.script: is missing"),
    Bad("document of the demo is missing", "  document: demos/DEMO.md\n", "", "27:3: demo.document: is missing"),
    Bad(
        "remote to publish to is missing",
        "publish:\n  remote: origin\n",
        "publish: {}\n",
        "29:10: publish.remote: is missing",
    ),
    Bad(
        "unknown key of the plan",
        "base: origin/main",
        "base: origin/main\nintegraton: x",
        "7:1: integraton: is not a key here; did you mean 'integration'?",
    ),
    Bad(
        "key with a capital",
        "title: Selftest",
        "Title: Selftest",
        "1:1: title: is missing",
        "2:1: Title: is not a key here; did you mean 'title'?",
    ),
    Bad(
        "unknown key of a branch",
        "parent: E1",
        "parents: E1",
        "15:5: branches[1].parents: is not a key here; did you mean 'parent'?",
    ),
    Bad(
        "unknown key of a fix",
        "after: E1",
        "after: E1\n    signatur: twin",
        "20:5: fixes[0].signatur: is not a key here; did you mean 'signature'?",
    ),
    Bad(
        "unknown key of sides",
        "delete: [twin.txt]",
        "take: {ours: [a], their: [b]}",
        "20:23: fixes[0].take.their: is not a key here; did you mean 'theirs'?",
    ),
    Bad(
        "unknown key of a command",
        "timeout: 60s",
        "time: 60s",
        "23:5: build[0].time: is not a key here; did you mean 'timeout'?",
    ),
    Bad(
        "unknown key of the demo",
        "  script: demos/demo.sh",
        "  scripts: a\n  script: demos/demo.sh",
        "27:3: demo.scripts: is not a key here; did you mean 'script'?",
    ),
    Bad(
        "unknown key of publish",
        "  remote: origin",
        "  remote: origin\n  force: yes",
        "31:3: publish.force: is not a key here; known: healed, notes, remote",
    ),
    Bad(
        "unknown key of limits",
        "publish:",
        "limits: {attempt: 3}\npublish:",
        "29:10: limits.attempt: is not a key here; did you mean 'attempts'?",
    ),
    Bad(
        "unknown key of metadata",
        "publish:",
        "metadata: {files: a.json}\npublish:",
        "29:12: metadata.files: is not a key here; did you mean 'file'?",
    ),
    Bad(
        "unknown key of a remote",
        "origin: ../origin.git",
        "origin: {path: o.git, create: o.bundle}",
        "5:25: remotes.origin.create: is not a key here; did you mean 'create_from'?",
    ),
    Bad(
        "unknown key far from every other",
        "  remote: origin",
        "  remote: origin\n  zzz: 1",
        "31:3: publish.zzz: is not a key here; known: healed, notes, remote",
    ),
)
TYPES = (
    Bad("list for text", "title: Selftest Wave", "title: [Selftest, Wave]", "2:8: title: must be text"),
    Bad("mapping for text", "base: origin/main", "base: {origin: main}", "6:7: base: must be text"),
    Bad("text for branches", block("branches"), "branches: E1\n", "8:11: branches: must be a list"),
    Bad("mapping for branches", block("branches"), "branches: {E1: origin/one}\n", "8:11: branches: must be a list"),
    Bad(
        "text for a branch",
        "  - id: E1\n    title: One\n    from: origin/one\n",
        "  - E1\n",
        "9:5: branches[0]: must be a mapping of keys to values",
        "13:13: branches[1].parent: 'E1' is no branch of this plan; known: base",
        "17:12: fixes[0].after: 'E1' is no branch of this plan; known: E2",
    ),
    Bad(
        "list for a branch",
        "  - id: E1\n    title: One\n    from: origin/one\n",
        "  - [E1]\n",
        "9:5: branches[0]: must be a mapping of keys to values",
        "13:13: branches[1].parent: 'E1' is no branch of this plan; known: base",
        "17:12: fixes[0].after: 'E1' is no branch of this plan; known: E2",
    ),
    Bad("mapping for a parent", "parent: E1", "parent: {E1: E2}", "15:13: branches[1].parent: must be a list"),
    Bad("list in the list of parents", "parent: E1", "parent: [[E1]]", "15:14: branches[1].parent[0]: must be text"),
    Bad("text for files", "delete: [twin.txt]", "delete: twin.txt", "20:13: fixes[0].delete: must be a list"),
    Bad(
        "text for sides",
        "delete: [twin.txt]",
        "take: theirs",
        "20:11: fixes[0].take: must be a mapping of keys to values",
    ),
    Bad("text for commands", block("build"), "build: make\n", "21:8: build: must be a list"),
    Bad("text for a command", "- run: make test", "- make test", "25:5: test[0]: must be a mapping of keys to values"),
    Bad(
        "list for the demo", block("demo"), "demo: [demos/demo.sh]\n", "26:7: demo: must be a mapping of keys to values"
    ),
    Bad(
        "text for publish",
        "publish:\n  remote: origin\n",
        "publish: origin\n",
        "29:10: publish: must be a mapping of keys to values",
    ),
    Bad(
        "list for remotes",
        "  origin: ../origin.git",
        "  - origin",
        "5:3: remotes: must be a mapping of names to values",
    ),
    Bad(
        "list for a remote",
        "origin: ../origin.git",
        "origin: [../origin.git]",
        "5:11: remotes.origin: must be a mapping of keys to values",
    ),
    Bad(
        "list for the environment",
        "publish:",
        "environment: [CGO_ENABLED=0]\npublish:",
        "29:14: environment: must be a mapping of names to values",
    ),
    Bad(
        "list for a variable",
        "publish:",
        "environment: {CGO_ENABLED: [0]}\npublish:",
        "29:28: environment.CGO_ENABLED: must be text",
    ),
    Bad("text for limits", "publish:", "limits: 5\npublish:", "29:9: limits: must be a mapping of keys to values"),
    Bad(
        "garbage for a number",
        "publish:",
        "limits: {attempts: five}\npublish:",
        "29:20: limits.attempts: must be a whole number, not 'five'",
    ),
    Bad("list for a number", "publish:", "attempt: [2]\npublish:", "29:10: attempt: must be a whole number, not ['2']"),
    Bad(
        "fraction for a number",
        "publish:",
        "attempt: 1.5\npublish:",
        "29:10: attempt: must be a whole number, not '1.5'",
    ),
    Bad("other version", "version: 1", "version: 2", "1:10: version: must be 1, not '2'"),
    Bad("empty text", "title: Selftest Wave", "title:", "2:7: title: is empty"),
    Bad("quoted empty text", "title: Selftest Wave", 'title: " "', "2:8: title: is empty"),
    Bad("empty plan of branches", block("branches"), "branches:\n", "8:10: branches: is empty"),
    Bad(
        "no branches",
        block("branches"),
        "branches: []\n",
        "8:11: branches: needs at least one entry",
        "12:12: fixes[0].after: 'E1' is no branch of this plan",
    ),
    Bad("no build", block("build"), "build: []\n", "21:8: build: needs at least one entry"),
    Bad("no test", block("test"), "test: []\n", "24:7: test: needs at least one entry"),
    Bad("empty entry of a list", "- run: make test", "-", "25:4: test[0]: is empty"),
    Bad("empty command", "run: make test", 'run: " "', "25:10: test[0].run: is empty"),
    Bad(
        "empty list of sides",
        "delete: [twin.txt]",
        "take: {ours: []}",
        "20:11: fixes[0].take: names no file: give 'ours' or 'theirs' with a list of paths",
    ),
    Bad("empty remote", "origin: ../origin.git", 'origin: ""', "5:11: remotes.origin.url: is empty"),
    Bad(
        "remote without a place",
        "origin: ../origin.git",
        "origin: {}",
        "5:11: remotes.origin: needs either a URL or path, or a mapping with 'path' (and 'create_from')",
    ),
    Bad(
        "remote in two places",
        "origin: ../origin.git",
        "origin: {path: a.git, url: b.git}",
        "5:11: remotes.origin: needs either a URL or path, or a mapping with 'path' (and 'create_from')",
    ),
    Bad(
        "number of five thousand digits",
        "publish:",
        f"attempt: {'9' * 5000}\npublish:",
        "29:10: attempt: must be a number of fewer digits",
    ),
)
