"""The work log and the summary: complete, short, and nothing in them that a name or title can bend."""

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests_integration.engine.publish import publish
from tests_integration.facts import CommandFact, Gate
from tests_integration.plan.load import Given
from tests_integration.record.gather import gather
from tests_integration.record.ledger import PlanLedger
from tests_integration.record.model import CriterionFact
from tests_integration.record.write import write_forms
from tests_integration.selftests.waves import Built, Wave, every_kind_of_fix, integrated

ODD = "a `code` *b* _c_ [d](e) <script>f</script> | g # h ~~i~~ \\ ![j](k) &lt; //l"
FIELDS = ("Command", "Directory", "Result", "Conflicts", "Resolution", "Verification")


def documents(built: Built, folder: Path, *criteria: CriterionFact) -> tuple[str, str]:
    """Work log and summary of a finished, built and published branch."""
    ledger = PlanLedger(list(criteria))
    command = CommandFact(
        stage="build",
        run="cat <<X\n```\nX",
        exit=0,
        seconds=1,
        timeout=60,
        log="logs/build-1.log",
        size=4,
        sha256="f0",
    )
    ledger.note("integration", built.integration)
    ledger.note("build", Gate(stage="build", commands=(command,)))
    ledger.note("publication", publish(built.plan, built.store, "origin", str(built.integration.tip)))
    given = Given(built.plan.file, built.plan.name, built.plan)
    record = gather(given, ledger, criteria, environment={}, started_at="", seconds=1, metadata={})
    write_forms(folder, built.plan, record)
    return (folder / "work-log.md").read_text(), (folder / "summary.md").read_text()


def failed(name: str, message: str) -> CriterionFact:
    return CriterionFact(
        criterion=name, subject="E1", stage="audit", description="Holds.", outcome="failed", message=message
    )


@pytest.fixture
def log(tmp_path: Path) -> str:
    """The work log of a wave with every kind of fix."""
    with integrated(every_kind_of_fix(tmp_path / "wave")) as built:
        return documents(built, tmp_path / "reports")[0]


def operation(log: str, title: str) -> str:
    """The section of an operation whose title begins so."""
    (section,) = [part for part in log.split("\n### ")[1:] if re.match(rf"\d+\. {re.escape(title)}", part)]
    return section


def test_each_operation_of_the_work_log_is_complete(log: str) -> None:
    sections = log.split("\n### ")[1:]
    titles = [section.splitlines()[0].split(" ")[1] for section in sections]
    assert titles == ["Create", "Merge", "Merge", "Merge", "Merge", "Merge", "Add", "Run", "Push"]
    for section in sections:
        assert re.findall(r"^- \*\*(\w+)\*\*", section, re.MULTILINE) == list(FIELDS)


def test_a_conflict_and_how_it_was_settled_stand_in_the_work_log(log: str) -> None:
    merge = operation(log, "Merge E3,")
    conflicts = "lock.txt (content; theirs taken by BUG-3); twin.txt (modify/delete; deleted by BUG-1)"
    assert f"- **Conflicts**: {conflicts}\n" in merge
    assert "- **Resolution**: BUG-3: take theirs of lock.txt (stale lock); twin.txt stays deleted\n" in merge


def test_a_rule_that_settled_a_conflict_stands_in_the_work_log(wave: Wave, tmp_path: Path) -> None:
    wave.branch("E1", {"shared.txt": "one\n"})
    wave.branch("E2", {"shared.txt": "two\n"})
    wave.document["resolve"] = [{"paths": ["shared.txt"], "take": "union"}]
    with integrated(wave) as built:
        merge = operation(documents(built, tmp_path)[0], "Merge E2,")
    assert "- **Conflicts**: shared.txt (content; union by rule 1)\n" in merge
    assert "- **Resolution**: shared.txt: union by rule 1\n" in merge


def test_a_merge_without_anything_to_settle_says_so(log: str) -> None:
    merge = operation(log, "Merge E2-split-001,")
    assert "- **Conflicts**: none\n- **Resolution**: none needed\n" in merge


def test_gates_and_push_stand_in_the_work_log(log: str) -> None:
    assert "- **Result**: exit 0 after 1.0 s\n" in operation(log, "Run the build")
    assert "- **Verification**: log logs/build-1.log, 4 bytes, SHA-256 f0\n" in operation(log, "Run the build")
    assert "- **Result**: pushed\n" in operation(log, "Push wave-integration to origin")


def test_a_command_with_a_fence_in_it_stays_one_block(log: str) -> None:
    blocks = [token.content for token in MarkdownIt().parse(log) if token.type == "fence"]
    assert "cat <<X\n```\nX\n" in blocks


def test_odd_titles_stay_titles_in_the_work_log(wave: Wave, tmp_path: Path) -> None:
    wave.branch("E1", {"one.txt": "one\n"}, title=ODD)
    with integrated(wave) as built:
        html = MarkdownIt().render(documents(built, tmp_path)[0])
    assert "<script>" not in html
    assert "<img" not in html


def test_the_summary_of_sixty_branches_is_short(wave: Wave, tmp_path: Path) -> None:
    for n in range(60):
        wave.branch(f"E{n}", {f"{n}.txt": "\n"})
    with integrated(wave) as built:
        criteria = [failed(f"criterion_{n}", f"failure {n}\nand more\nand more") for n in range(60)]
        summary = documents(built, tmp_path, *criteria)[1]
    assert len(summary.splitlines()) < 60
    assert "- … and 48 more" in summary
    assert "| … | 48 more | | | |" in summary


def test_nothing_in_the_summary_is_taken_for_markdown(wave: Wave, tmp_path: Path) -> None:
    wave.branch("E1", {"one.txt": "one\n"}, title=ODD)
    wave.document["title"] = ODD
    with integrated(wave) as built:
        html = MarkdownIt("gfm-like", {"linkify": False}).render(documents(built, tmp_path, failed("x", ODD))[1])
    html = html.replace("<code>", "").replace("</code>", "")  # what could be taken for a mention or a link is code
    shown = ODD.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    cells = re.findall(r"<td>(.*)</td>", html)
    assert cells[1] == shown
    assert len(cells) == 5
    assert f"<h2>❌ {shown}, attempt 1: not integrated, {shown}</h2>" in html
    assert f"<strong>x</strong> (E1): {shown}</li>" in html


def test_the_summary_names_tip_and_place(stacked: Wave, tmp_path: Path) -> None:
    with integrated(stacked) as built:
        summary = documents(built, tmp_path)[1]
        assert f"`{built.integration.base}` → `{built.integration.tip}`" in summary
    assert "Published as `refs/heads/wave-integration` on `origin`, read back at " in summary
