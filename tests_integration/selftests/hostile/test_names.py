"""Names that strangers choose, of branches and in plans: the right result, or a mistake that says what is wrong."""

from pathlib import Path

import pytest

from tests_integration.plan.load import give
from tests_integration.selftests.good_plans import PLAN
from tests_integration.selftests.hostile.told import case, hostile
from tests_integration.selftests.running_plans import run
from tests_integration.selftests.waves import Wave, failures, git, integrated

GIT_FORBIDS = "is not a branch name that git allows (git-check-ref-format(1))"

REFUSED = {
    "`--upload-pack=touch`": ("--upload-pack=touch", GIT_FORBIDS),
    "`-x`": ("-x", GIT_FORBIDS),
    "`a..b`": ("a..b", GIT_FORBIDS),
    "a space": ("a b", GIT_FORBIDS),
    "a line end": ("a\\nb", GIT_FORBIDS),
    "an escape sequence": ("a\\e[31mb", GIT_FORBIDS),
    "right-to-left override": ("a\\u202eb", GIT_FORBIDS),
    "a zero-width space": ("a\\u200bb", GIT_FORBIDS),
    "a zero-width joiner": ("a\\u200db", GIT_FORBIDS),
    "a byte order mark": ("a\\uFEFFb", GIT_FORBIDS),
    "a tag character": ("a\\U000E0041b", GIT_FORBIDS),
    "`@`": ("@", GIT_FORBIDS),
    "`@{-1}`": ("@{-1}", GIT_FORBIDS),
    "`:`": ("main:refs/heads/x", GIT_FORBIDS),
    "`HEAD`": ("HEAD", "'HEAD' is no branch; name the one that it stands for"),
}
"""Names as YAML writes them between quotes, and what is said of them wherever a plan may name a branch."""

NEW = {
    "a full ref": ("refs/heads/x", "is a full ref; a branch is named by what follows `refs/heads/`"),
    "a commit id": ("1" * 40, "is what a commit id looks like; git takes it for one"),
    "more than 250 bytes in a part": ("x/" + "ö" * 126, "has a part of more than 250 bytes"),
    "more than 1000 bytes": ("ab/" * 400 + "c", "is longer than 1000 bytes"),
}
"""Names that a branch may have and that none is given here."""

ALLOWED = {
    "quotes": 'it\'s-"quoted"',
    "backticks and `$(…)`": "`id`-$(touch${IFS}owned)",
    "operators of a shell": "a;b|c&d>e<f!g",
    "markup": "<script>alert(1)</script>",
    "right-to-left letters": "\u05d0\u05d1\u05d2/\u0645\u0631\u062d\u0628\u0627",
    "emoji": "\U0001f389-\u2764\ufe0f",
    "combining characters": "e\u0301\u0323",
    "250 bytes": "x" * 250,
    "percent signs and `#`": "%0A#1-100%,x=1",
    "the name of a ref": "refs/tags/x",
    "a commit id": "1" * 40,
    "a word of git": "FETCH_HEAD",
    "a word of the plan": "base",
}
"""Names that git allows a branch to have."""


@pytest.mark.parametrize("key", ["from", "base", "integration"])
@pytest.mark.parametrize(
    ("name", "said"), [case(__name__, f"branch in a plan: {why}", said, name) for why, (name, said) in REFUSED.items()]
)
def test_a_name_that_no_branch_has_is_refused(key: str, name: str, said: str, tmp_path: Path) -> None:
    old, new = {
        "from": ("from: origin/two", f'from: "origin/{name}"'),
        "base": ("base: origin/main", f'base: "origin/{name}"'),
        "integration": ("integration: wave-integration", f'integration: "{name}"'),
    }[key]
    file = tmp_path / "wave.yaml"
    file.write_text(PLAN.replace(old, new), encoding="utf-8")
    (line,) = give(file).refusal.splitlines()
    assert said in line
    assert line.isprintable()


@pytest.mark.parametrize(
    ("name", "said"), [case(__name__, f"branch to build: {why}", said, name) for why, (name, said) in NEW.items()]
)
def test_a_name_that_would_mislead_is_not_given_to_a_new_branch(name: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "wave.yaml"
    file.write_text(PLAN.replace("wave-integration", f'"{name}"'), encoding="utf-8")
    assert said in give(file).refusal


@pytest.mark.parametrize(
    ("name", "said"),
    [case(__name__, f"branch on a remote: {why}", "is merged like any other", name) for why, name in ALLOWED.items()],
)
def test_a_name_that_git_allows_is_merged(wave: Wave, name: str, said: str) -> None:
    tip = wave.commit("effort", {"one.txt": "one\n"})
    git(wave.origin, "update-ref", f"refs/heads/{name}", tip)
    git(wave.origin, "update-ref", f"refs/tags/{name}", "main")
    wave.plan_for("E1")
    wave.document["branches"][0]["from"] = f"origin/{name}"
    with integrated(wave) as built:
        assert built.sources["E1"].commit == tip, said
        assert built.integration.tip
        assert failures(built, built.integration.tip) == {}
    assert not list(wave.folder.rglob("owned"))


@hostile(
    "base, branch and integration branch of such names, in a whole run", "is green; the replayed commands give the same"
)
def test_a_run_of_such_names_is_green(wave: Wave) -> None:
    name = 'it\'s-"q"-`id`-$(touch${IFS}owned);a|b&c>d<e!f#%0A\u05d0\U0001f389'
    git(wave.origin, "update-ref", f"refs/heads/{name}", "main")
    wave.branch("E1", {"one.txt": "one\n"})
    git(wave.origin, "update-ref", f"refs/heads/{name}-1", "effort/E1")
    wave.document |= {"base": f"origin/{name}", "integration": f"{name}-built"}
    wave.document["branches"][0]["from"] = f"origin/{name}-1"
    done = run(wave.folder, "--plan", str(wave.write()))
    assert done.exit == 0, done.output
    assert git(wave.origin, "rev-parse", f"refs/heads/{name}-built") == done.record("wave")["tip"]
    assert not list(wave.folder.rglob("owned"))


@hostile("branches whose names differ in case only, and ids too", "are told apart")
def test_names_that_differ_in_case_only_are_told_apart(wave: Wave) -> None:
    tips = [wave.branch("E1", {"one.txt": "one\n"}), wave.branch("e1", {"two.txt": "two\n"})]
    with integrated(wave) as built:
        assert [merge.tip for merge in built.integration.merges] == tips
        assert failures(built, str(built.integration.tip)) == {}


@hostile("a wanted branch beside others of every such name", "is found; the others are not fetched")
def test_names_beside_the_wanted_one_are_let_be(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    commit = git(wave.origin, "rev-parse", "main")
    names = ["--upload-pack=touch", "-x", "HEAD", "@", "a\u202eb", "a\u200bb", "y" * 3000, "E1", *ALLOWED.values()]
    rows = sorted(f"{commit} refs/heads/{name}\n" for name in names)
    (wave.origin / "packed-refs").write_text("# pack-refs with: sorted\n" + "".join(rows), encoding="utf-8")
    with integrated(wave) as built:
        assert built.integration.tip
        assert failures(built, built.integration.tip) == {}


@hostile("a missing branch among others with right-to-left and zero-width characters", "is told; the others visibly")
def test_names_of_others_are_listed_visibly(wave: Wave) -> None:
    wave.branch("E1", {"one.txt": "one\n"})
    commit = git(wave.origin, "rev-parse", "main")
    rows = sorted(f"{commit} refs/heads/{name}\n" for name in ("a\u202eb", "a\u200bb"))
    (wave.origin / "packed-refs").write_text("# pack-refs with: sorted\n" + "".join(rows), encoding="utf-8")
    wave.document["branches"][0]["from"] = "origin/zzz"
    with integrated(wave) as built:
        problem = built.sources["E1"].problem
    assert "'a\\u202eb'" in problem
    assert problem.isprintable()


@hostile(
    "a tag, a note, a replace ref, `refs/NAME` and `refs/heads/refs/heads/NAME` beside the branch",
    "the branch is merged",
)
def test_nothing_shadows_a_branch(wave: Wave) -> None:
    tip = wave.branch("E1", {"one.txt": "one\n"})
    false = wave.commit("false", {"false.txt": "false\n"})
    for ref in ("tags/effort/E1", "notes/effort/E1", "effort/E1", "heads/refs/heads/effort/E1", f"replace/{tip}"):
        git(wave.origin, "update-ref", f"refs/{ref}", false)
    with integrated(wave) as built:
        assert [merge.tip for merge in built.integration.merges] == [tip]
        assert "false.txt" not in git(Path(built.store.git_dir), "ls-tree", "--name-only", str(built.integration.tip))


@hostile("a branch that is called like the id of another commit", "is merged, not the commit")
def test_a_branch_called_like_a_commit_is_the_branch(wave: Wave) -> None:
    tip = wave.branch("E1", {"one.txt": "one\n"})
    other = wave.commit("other", {"other.txt": "other\n"})
    git(wave.origin, "update-ref", f"refs/heads/{other}", tip)
    wave.document["branches"][0]["from"] = f"origin/{other}"
    with integrated(wave) as built:
        assert built.sources["E1"].commit == tip
        assert [merge.tip for merge in built.integration.merges] == [tip]


TEXTS = {
    "right-to-left override": "\\u202e",
    "a zero-width space": "\\u200b",
    "an escape sequence": "\\e[2J",
    "half of nothing (a tag character)": "\\U000E0041",
    "a character of private use": "\\uE000",
}
PLACES = {
    "a title": ("title: One", 'title: "O@ne"', "holds characters that cannot be printed"),
    "an id": ("- id: E2", '- id: "E@2"', "is not an id"),
    "a path": ("[twin.txt]", '["twin@.txt"]', "is not the plain path of a file in the repository"),
    "a remote": ("  origin: ../origin.git", '  "ori@gin": ../origin.git', "is not an id"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        case(__name__, f"title, id, path or remote with {why}", "is refused, and shown written out", text)
        for why, text in TEXTS.items()
    ],
)
def test_what_cannot_be_seen_is_refused(place: str, text: str, said: str, tmp_path: Path) -> None:
    old, new, wrong = PLACES[place]
    file = tmp_path / "wave.yaml"
    file.write_text(PLAN.replace(old, new.replace("@", text)), encoding="utf-8")
    refusal = give(file).refusal
    assert wrong in refusal, said
    assert refusal.replace("\n", "").isprintable()
