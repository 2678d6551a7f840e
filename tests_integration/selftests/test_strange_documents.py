"""Documents as strangers write them: nothing in them is misread, and nothing is passed over, without a word."""

from pathlib import Path

import pytest

from tests_integration.selftests.plan_documents import WHOLE, made, of, shown

TITLE, DATE, BUILT = "# Integration Plan - Phase 1 Wave 2", "2026-05-04T10:00:00Z", "phase1-wave2-integration\n"
CREW, PAY = "1. phase1/wave2/crew (E1.2.1 - who sails)", "4. phase1/wave2/pay (E1.2.3, parent: E1.2.2-split-002)"
MAKEFILE, EXCLUDED = "- `Makefile`: combine both", "### Excluded Branches"
COMMANDS = "Build Command: `make everything`\nTest Command: `make check`\n"
CODE = "## Commands\n```bash\n{}\n```\n\n### Excluded Branches"
FIX = "## BUG-7 Fix\nAfter E1.2.1: {}\n\n### Excluded Branches"
FRONT = '---\ntitle: "The crew"\nattempt: 3\n---\n'


def test_a_byte_order_mark_and_other_line_ends_change_nothing(tmp_path: Path) -> None:
    plain = shown(of(tmp_path, WHOLE + "\n~~- gone~~\n"))
    text = "\ufeff" + (WHOLE + "\n~~- gone~~\n").replace("\n", "\r\n")
    (tmp_path / "wave.md").write_bytes(text.encode())
    assert "crew" in plain
    assert shown(of(tmp_path, text)) == plain


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (TITLE, f"{FRONT}{TITLE}", "attempt: 3 # line 3"),
        (TITLE, f"{FRONT}{TITLE}", "title: The crew # line 2"),
        (TITLE, f"---\ntags:\n  - a\n---\n{TITLE}", ":3:1: plan: '- a' is front matter that is not read: lines of"),
        (TITLE, f"{TITLE} (attempt no. 3)", "attempt: 3 # line 1"),
        (TITLE, f"{TITLE}, second attempt", ":1:1: attempt: 'Integration Plan - Phase 1 Wave 2, second attempt' does"),
        (DATE, "2026-05-04 10:00 CEST", ":2:1: date: '2026-05-04 10:00 CEST' is no date that is understood"),
        ("Date:", "- [x] **Date:**", "date: 2026-05-04T10:00:00Z # line 2"),
        ("Date:", "<!-- old --> Date:", ":2:1: plan: begins a comment that hides more than itself"),
        (
            "Target Branch: main",
            "Target Branch: `main` @ `e6f5cdd`",
            "line 3: '@ e6f5cdd', beside the name of the branch",
        ),
        ("## Conflict", "## Background\nThe sea is deep.\n\n## Conflict", "nothing is taken from lines 15, 18"),
    ],
)
def test_what_is_said_of_the_wave(tmp_path: Path, before: str, after: str, told: str) -> None:
    assert told in made(tmp_path, (before, after))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            CREW,
            "1. ~~phase1/wave2/ship (E1.2.0)~~ (later)\n2. phase1/wave2/crew (E1.2.1)",
            "'phase1/wave2/ship (E1.2.0)' is",
        ),
        (PAY, "4. **E1.2.3** - Pay (`phase1/wave2/pay`)", "from: origin/phase1/wave2/pay # line 12"),
        (PAY, "4. E1.2.3: `phase1/wave2/pay` - Pay", "from: origin/phase1/wave2/pay # line 12"),
        (
            PAY,
            f"{PAY}\n   - Parent: E1.2.1",
            ":12:1: branches[3].parent: line 13 says 'E1.2.1', and this line 'E1.2.2-s",
        ),
        (
            PAY,
            f"{PAY}\n   - Status: blocked by law",
            ":13:1: branches.E1.2.3: E1.2.3 is listed, and 'blocked by law' stands",
        ),
        (
            PAY,
            f"{PAY}\n   - Do not merge before May",
            ":13:1: branches.E1.2.3: E1.2.3 is listed, and 'Do not merge' stands",
        ),
        (PAY, "4. E1.2.3 (`phase1/wave2/pay`) - Pay, parent E1.2.1, 30 lines", "title: Pay # line 12"),
        (PAY, "4. E1.2.3 (`phase1/wave2/pay`), stacked on E1.2.1", "parent: E1.2.1 # line 12"),
        (PAY, f"{PAY}\n   - Reviewer: Mara", "nothing is taken from lines 13, 16"),
        (PAY, f"{PAY}\n   - Branch: `phase1/wave2/pay` (tip `e6f5cdd`)", "commit: e6f5cdd0000"),
        (
            PAY,
            f"3{PAY[1:]}\n2. phase1/wave2/x",
            ":13:1: branches: 3 stands before 2: are branches merged by their numbers",
        ),
        (
            EXCLUDED,
            "## Merge Order\n- phase1/wave2/crew\n- phase1/wave2/pay\n\n### Excluded",
            "line 15: this list has not",
        ),
    ],
)
def test_what_is_said_of_branches(tmp_path: Path, before: str, after: str, told: str) -> None:
    assert told in made(tmp_path, (before, after))


HEADED = """# Integration Plan - Phase 1 Wave 2
Date: 2026-05-04T10:00:00Z
Target Branch: main
Integration Branch: built

## Efforts

### 1. `phase1/conflict-view` — E1.2.1 Conflict view
- Parent: main
- **Tests:** `make only-the-view`

### 2. Effort 1.2.2: Command structure, not for ships
- Branch: `phase1/command`
- Parent: E1.2.1

#### Expected Conflicts
- `go.mod`: theirs

### Excluded
#### Effort 1.2.3: Old
- Branch: `phase1/old`
"""


def test_headings_name_branches_whatever_words_are_in_them(tmp_path: Path) -> None:
    found = of(tmp_path, HEADED)
    assert found.plan, found.refusal
    branches = [(branch.id, branch.source, branch.parent) for branch in found.plan.branches]
    assert branches == [
        ("E1.2.1", "origin/phase1/conflict-view", ("base",)),
        ("1.2.2", "origin/phase1/command", ("E1.2.1",)),
    ]
    assert found.plan.branches[0].title == "Conflict view"
    assert [line.run for line in found.plan.test] == ["make test"]
    assert found.document
    assert "nothing is taken from lines 10, 21" in found.document.remarks
    assert [(rule.paths, rule.merges) for rule in found.plan.resolve] == [(("go.mod",), ("1.2.2",))]


TABLE = """
## Branches to Integrate

| # | Branch | Effort | Parent | Status | Reviewer |
|---|--------|--------|--------|--------|----------|
| 2 | `phase1/b` | E1.2.2 | E1.2.1 | {} | Mara |
| 1 | `phase1/a` | E1.2.1 | main | ✅ ready | Ole |

## Known Issues

| Bug | After | Cure |
|-----|-------|------|
| BUG-7 | E1.2.2 | delete `a/old.go` |

## Expected Conflicts

| File | Between | Resolution |
|------|---------|------------|
| `go.mod` | E1.2.1 / E1.2.2 | theirs |
| `go.sum` | {} | theirs |

## Success Criteria

| Criterion | Done |
|-----------|------|
| All {} branches merged | ☐ |
"""


def test_tables_are_read_with_all_their_columns(tmp_path: Path) -> None:
    before = WHOLE.partition("\n## ")[0]
    found = of(tmp_path, before + TABLE.format("ready", "all", "two"))
    assert found.plan, found.refusal
    assert [branch.id for branch in found.plan.branches] == ["E1.2.1", "E1.2.2"]
    assert [(fix.id, fix.after, fix.delete) for fix in found.plan.fixes] == [("BUG-7", "E1.2.2", ("a/old.go",))]
    assert [rule.merges for rule in found.plan.resolve] == [("E1.2.1", "E1.2.2"), ()]
    assert found.document
    assert "line 10: the column 'Reviewer' is not read" in found.document.remarks
    refusal = of(tmp_path, before + TABLE.format("❌", "the ships", "three")).refusal
    for question in (
        ":12:1: branches.E1.2.2: E1.2.2 is listed, and '❌' stands with it; is it merged?",
        ":26:1: resolve.go.sum: in which merges? 'the ships' names no branch here",
        ":32:1: branches: 'All three branches merged' speaks of 3 branches, and 2 are listed",
    ):
        assert question in refusal


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("- keep ours for `go.sum`", "paths: [go.sum] # line 19\n    take: ours"),
        ("- accept incoming changes in `docs/`", "paths: [docs/] # line 19\n    take: theirs"),
        ("- `a.c`: accept incoming[^1]", "paths: [a.c] # line 19\n    take: theirs"),
        ("\nFor `a.c` keep ours. For `b.c` accept incoming.", "paths: [b.c] # line 20\n    take: theirs"),
        ("- `a.c`: accept incoming, keep ours of `b.c`", "resolve.a.c.b.c: on which side is a.c, b.c to be taken?"),
        ("- `docs/**`: accept incoming except `docs/a.md`", "on which side is docs/**, docs/a.md to be taken?"),
        ("- `a.c`: do not keep ours", "resolve.a.c: on which side is a.c to be taken?"),
        ("- `a.c`: accept incoming unless it is older", "resolve.a.c: on which side is a.c to be taken?"),
        ("- `a.c`: accept incoming (Effort 9.9.9)", "resolve.a.c: in which merges? '9.9.9' names no branch here"),
        ("\n## Conflict Strategy\n- keep ours for `go.sum`", "paths: [go.sum] # line 21\n    take: ours"),
        (
            "- accept incoming for `a.c` (E1.2.3)",
            "paths: [a.c] # line 19\n    take: theirs # line 19\n    in: [E1.2.3]",
        ),
        ("- All others: theirs", "resolve: which files are to be taken?"),
    ],
)
def test_what_is_said_of_conflicts(tmp_path: Path, line: str, told: str) -> None:
    assert told in made(tmp_path, (MAKEFILE, line))


GONE = "this deletes a/b.go, and is part of no fix; strike it out (~~…~~) if no merge does"
OWN = "\n```yaml plan\nfixes: [{{id: FIX-1, problem: twin, after: E1.2.3, delete: [{}]}}]\n```\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("After merging E1.2.3, delete `a/b.go` (BUG-9).", f":14:1: fixes: {GONE}"),
        ("Squash E1.2.1 into one commit.", ":14:1: plan: 'Squash E1.2.1 into one commit.' asks for 'squash'"),
        ("The squash of E1.2.1 was reviewed.", "nothing is taken from lines 14, 17"),
        ("- Merge E1.2.3 before E1.2.1.", ":14:1: branches: E1.2.1 is merged after E1.2.3 here, and before it by"),
        ("- Merge E1.2.1 after E1.2.3.", ":14:1: branches: E1.2.1 is merged after E1.2.3 here, and before it by"),
        ("- Merge E1.2.3 after E1.2.1.", "nothing is taken from line 17"),
        ("After it, apply `x.patch`.", ":14:1: fixes: this applies x.patch, and is part of no fix"),
        ("- In the end:\n  - remove a/b.go", f":15:1: fixes: {GONE}"),
        ("Do not delete `a/b.go`.", "nothing is taken from lines 14, 17"),
        ("~~Delete `a/b.go`.~~", "'Delete a/b.go.' is struck out"),
        ("delete the obsolete parts of `a/b.go`", "nothing is taken from lines 14, 17"),
        ("delete `a/b.go`" + OWN.format("a/b.go"), "delete: [a/b.go] # line 16"),
        ("delete `a/b.go`" + OWN.format("a/c.go"), f":14:1: fixes: {GONE}"),
        ("delete `a/b.go`" + OWN.format("").replace("[]", ""), f":14:1: fixes: {GONE}"),
        ("delete `a/b.go`" + OWN.format("[x], {y: z}"), f":14:1: fixes: {GONE}"),
        ("delete `a/b.go`" + OWN.format("").replace("delete: []", "take: x, patch: [[y]]"), f":14:1: fixes: {GONE}"),
        ("```\ngit rm a/b.go\n```" + OWN.format("a/b.go"), "delete: [a/b.go] # line 18"),
        ("## Rollback\ndelete `a/b.go`", "nothing is taken from lines 15, 18"),
    ],
)
def test_what_is_wanted_anywhere_is_asked_about(tmp_path: Path, line: str, told: str) -> None:
    assert told in made(tmp_path, (EXCLUDED, f"{line}\n\n### Excluded Branches"))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Do not delete `a/b.go`.", "BUG-7 asks for nothing inside a merge"),
        ("Do not delete `a/b.go`. Delete `a/c.go`.", "delete: [a/c.go]"),
        ("delete `a/b.go` since `a/c.go` has it", "delete: [a/b.go] #"),
        ("delete `a/b.go`: `a/c.go` has it", "delete: [a/b.go] #"),
        ("delete `a/b.go`, `a/c.go` and `a/d.go` after the merge", "delete: [a/b.go, a/c.go, a/d.go] #"),
        ("delete `a/b.go`, then remove `a/c.go`", "delete: [a/b.go, a/c.go] #"),
        ("delete `a/b.go`, `a/c.go` replaces it", "fixes.BUG-7: which whole files does BUG-7 delete, or take"),
        ("rename `a/b.go` to `a/c.go`", "fixes.BUG-7: 'After E1.2.1: rename a/b.go to a/c.go' is nothing that a merge"),
        ("`a/b.go` must be split", "fixes.BUG-7: 'After E1.2.1: a/b.go must be split' is nothing that a merge"),
        ("`a/b.go` is slow", "BUG-7 asks for nothing inside a merge"),
        ("remove `fmt` from `a/b.go`", "fixes.BUG-7: which whole files does BUG-7 delete, or take from a side?"),
        ("keep base's version", "fixes.BUG-7: which whole files does BUG-7 delete, or take from a side?"),
        ("keep base's `VERSION`", "ours: [VERSION]"),
        ("apply `a.patch`, delete `b.go`", "BUG-7 does several things: apply a.patch; delete b.go; a fix does one"),
        ("delete `b.go`\n\n## Merge Strategy\n- BUG-7 goes into E1.2.3", "and BUG-7 stands in the merge of E1.2.1"),
    ],
)
def test_what_is_said_of_fixes(tmp_path: Path, line: str, told: str) -> None:
    assert told in made(tmp_path, (EXCLUDED, FIX.format(line)))


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            "git merge -X theirs origin/phase1/wave2/crew",
            ":16:1: plan: `git merge -X theirs origin/phase1/wave2/crew` asks",
        ),
        ("git merge --squash phase1/wave2/crew", "asks for '--squash'; branches are merged one by one"),
        ("git merge phase1/wave2/crew phase1/wave2/pay", "asks for one merge of several branches"),
        ("$ git rm a/b.go && git commit --amend", ":16:1: plan: `git rm a/b.go` leaves more than merges do"),
        ("git checkout --theirs a/b.go", "`git checkout --theirs a/b.go` leaves more than merges do"),
        ("git cherry-pick e6f5cdd", "`git cherry-pick e6f5cdd` leaves more than merges do"),
        ("git push origin HEAD", "publish:\n  remote: origin # line 16"),
        ("git fetch origin", "nothing is taken from lines 16, 20"),
        (
            "git merge phase1/wave2/pay\ngit merge phase1/wave2/crew",
            ":17:1: branches: E1.2.1 is merged after E1.2.3 here",
        ),
    ],
)
def test_commands_are_looked_at_wherever_they_stand(tmp_path: Path, command: str, told: str) -> None:
    assert told in made(tmp_path, (EXCLUDED, CODE.format(command)))


def test_what_undoes_a_wave_is_no_part_of_it(tmp_path: Path) -> None:
    code = CODE.replace("Commands", "Rollback").format("git reset --hard main")
    assert "nothing is taken from lines 16, 20" in made(tmp_path, (EXCLUDED, code))


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("## Build & Test\n```\nmake\nmake check\n```", "run: make # line 7: the line speaks of no tests"),
        ("## Build & Test\n```\nmake\nmake check\n```", "run: make check # line 8: the line speaks of tests"),
        ("## Build\n```sh\n$ cd web\n$ npm ci\n```", "run: cd web && npm ci # line 7"),
        ("## Build\n```sh\nmake \\\n  all\n```", "run: make all # line 7"),
        ("## Build\n```text\nall is built\n```", "nothing is taken from lines 7, 18"),
        ("## Build\n\n    make deep", "run: make deep # line 7"),
        ("## Verify\n1. `go build ./...`\n2. `go test ./...`", "run: go build ./... # line 6: the line speaks of no t"),
        ("## Verify\n1. `go build ./...`\n2. `go test ./...`", "run: go test ./... # line 7: the line speaks of tests"),
        ("## Verify\n```\ngo vet\ngit log\n```", "run: go vet # line 7: the line speaks of tests"),
        ("## Verify\n```\ngo vet\ngit log\n```", "run: make # by the base's Makefile"),
        ("## Verify\n1. `git log` `a b`\n2. `see x`", "run: make test # by the base's Makefile"),
        ("Build Command: skipped", ":5:1: build: 'skipped' is not marked as `code`; is it the command?"),
        ("Build Command: skipped\n```yaml plan\nbuild: [{run: x}]\n```", "run: x # line 7"),
        ("## Demo\n- Script: `demo/run.sh`", "script: demo/run.sh # line 6"),
        (
            "## Demo\n- As `demo/a.sh`, or `demo/b.sh`",
            ":6:1: demo.script: the demo's script is demo/a.sh by line 6, and",
        ),
        ("## How\n| Merge Strategy | squash |\n|---|---|\n| a | b |", ":6:1: plan: 'squash' asks for 'squash'"),
    ],
)
def test_what_is_said_of_gates(tmp_path: Path, section: str, told: str) -> None:
    assert told in made(tmp_path, (COMMANDS, f"{section}\n\n"))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Everything green, branch pushed.", "no criterion proves 'Everything green, branch pushed.'"),
        ("- Push to origin after the review", "no criterion proves push, origin, after of"),
        ("- [X] All four branches merged", "line 23, All four branches merged: branch_merges"),
    ],
)
def test_what_is_said_of_the_outcome(tmp_path: Path, line: str, told: str) -> None:
    found = of(tmp_path, f"{WHOLE}\n## Expected Outcome\n\n{line}\n")
    assert found.plan
    assert found.plan.publish is None
    assert told in shown(found)
