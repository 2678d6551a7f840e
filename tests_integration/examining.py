"""How pytest drives an audit: the hooks and fixtures of `--record`, registered with it only."""

from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests_integration.auditing import read as reading
from tests_integration.auditing.evidence import ClaimError, Evidence, gathered
from tests_integration.auditing.planned import branches_of
from tests_integration.auditing.remake import remake
from tests_integration.auditing.subjects import ORDER, subjects
from tests_integration.criteria.catalogue import description
from tests_integration.plan.parts import Branch
from tests_integration.record.model import Record
from tests_integration.repository.git import GitError, scrubbed_environment
from tests_integration.text import counted, visible, without_password
from tests_integration.url import refusal

FOLDER = Path(reading.__file__).parent


@dataclass
class Examination:
    """One audit.

    Attributes:
        read: the record.
        url: the repository that it is held against.
        branches: of its plan.
        evidence: what the repository says; None until the session starts.
        cases: how many there are in all.
        chosen: how many of them this session runs.
        heard: outcome, name and reason of each that ran.
    """

    read: reading.Read
    url: str
    branches: tuple[Branch, ...]
    evidence: Evidence | None = None
    cases: int = 0
    chosen: int = 0
    heard: list[tuple[str, str, str]] = field(default_factory=list)


EXAMINATION = pytest.StashKey[Examination]()


def take_over(config: pytest.Config) -> None:
    """Read the record that `--record` names, and turn the session to it.

    Raises:
        pytest.UsageError: it cannot be audited, or the options do not fit together.
    """
    option = config.option
    if option.plan:
        raise pytest.UsageError("--record and --plan exclude each other: an auditor has the record, not the plan")
    if not option.repository:
        raise pytest.UsageError("--record needs --repository: a URL, a path or a bundle that has the commits")
    folder = config.invocation_params.dir
    try:
        read = reading.read(folder / option.record)
    except reading.NoRecordError as error:
        raise pytest.UsageError(f"--record {error}") from None
    place = folder / option.repository
    url = str(place.resolve()) if place.exists() else option.repository
    if reason := refusal(url):
        raise pytest.UsageError(f"--repository cannot be read: its URL {reason}")
    config.stash[EXAMINATION] = Examination(read, url, branches_of(read.record))
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [str(FOLDER)]
    if option.reportchars == "fE":  # pytest's default; the closing section names what failed, and comes last
        option.reportchars = ""
    config.pluginmanager.register(Examiner(config.stash[EXAMINATION]), "waveproof-examiner")


def ignored(path: Path, config: pytest.Config) -> bool | None:
    """The cases of an audit are collected in an audit, and no others."""
    inside = path.is_relative_to(FOLDER) or FOLDER.is_relative_to(path)
    return None if inside and EXAMINATION in config.stash else True


class Examiner:
    """Hooks and fixtures of one audit."""

    def __init__(self, examination: Examination) -> None:
        self.examination = examination

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Fetch what the repository has, where cases are run: not for a list of them, nor beside xdist's workers."""
        option = session.config.option
        if option.collectonly or getattr(option, "dist", "no") != "no":
            return
        held = self._gathered()
        try:
            self.examination.evidence = next(held)
        except GitError as error:
            where = visible(without_password(self.examination.url))
            raise pytest.UsageError(f"--repository {where} cannot be read: {error.output}") from None
        session.config.add_cleanup(held.close)

    def _gathered(self) -> Generator[Evidence, None, None]:
        record = self.examination.read.record
        with scrubbed_environment(), gathered(record, self.examination.url) as evidence:
            remake(evidence, record)
            yield evidence

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One case, or one for each merge, source, log and so on of the record."""
        if found := subjects(metafunc.fixturenames, self.examination.read.record):
            name, rows = found
            metafunc.parametrize(name, [pytest.param(value, id=key) for key, value in rows])

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """From the whole to the details; parameters that the record has none of leave no case."""
        kept = [item for item in items if "NOTSET" not in item.name]
        items[:] = sorted(kept, key=lambda item: ORDER.index(item.path.stem.removeprefix("test_")))
        self.examination.cases = len(items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember how many were asked for."""
        self.examination.chosen = len(session.items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """What git or the record itself refuses is a failed claim, in words."""
        report = yield
        if call.excinfo and isinstance(call.excinfo.value, ClaimError | GitError):
            report.longrepr = visible(str(call.excinfo.value))
        vars(report)["waveproof_claim"] = description(item.function)  # type: ignore[attr-defined]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what came of a case."""
        if report.when == "call" or not report.passed:
            name = report.nodeid.rpartition("::")[2].removeprefix("test_")
            self.examination.heard.append((report.outcome, name, _reason(report)))

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The verdict, last."""
        if not terminalreporter.config.option.collectonly:
            terminalreporter.section("record", "=")
            for line, markup in closing(self.examination):
                terminalreporter.line(line, **markup)

    @pytest.fixture
    def record(self) -> Record:
        """The record."""
        return self.examination.read.record

    @pytest.fixture
    def branches(self) -> tuple[Branch, ...]:
        """The branches of its plan."""
        return self.examination.branches

    @pytest.fixture
    def said(self) -> dict[str, Any]:
        """The record's JSON."""
        return self.examination.read.said

    @pytest.fixture
    def folder(self) -> Path:
        """Where the record lies, and the logs beside it."""
        return self.examination.read.file.parent

    @pytest.fixture
    def evidence(self) -> Evidence:
        """What the repository says."""
        if self.examination.evidence is None:
            pytest.skip("cannot be decided: no repository was read")
        return self.examination.evidence


def closing(examination: Examination) -> Iterator[tuple[str, dict[str, bool]]]:
    """The closing section, line by line with its colours: the verdict, then what failed, then what stays open."""
    name = visible(examination.read.record.plan.name)
    count = Counter(outcome for outcome, _, _ in examination.heard)
    failed = [one for one in examination.heard if one[0] == "failed"]
    open_ones = [one for one in examination.heard if one[0] == "skipped"]
    held, left = counted(count["passed"], "claim"), f"{len(open_ones)} cannot be decided by git"
    if failed:
        yield f"the record of {name} does not hold: {counted(len(failed), 'claim')} failed, {held} held, {left}", RED
    elif not count["passed"] or len(examination.heard) < examination.cases:
        yield f"the record of {name} is not judged: {len(examination.heard)} of {examination.cases} cases ran", YELLOW
    else:
        yield f"the record of {name} holds: {held} recomputed, {left}", GREEN
    record = examination.read.record
    yield f"  it says: {record.verdict}  {visible(record.sentence)}", {}
    yield f"  {examination.read.file}, held against {visible(without_password(examination.url))}", {}
    yield from ((f"  failed: {case}: {reason}", {}) for _, case, reason in failed)
    yield from ((f"  open: {case}: {reason}", {}) for _, case, reason in open_ones)


RED, YELLOW, GREEN = {"red": True}, {"yellow": True}, {"green": True}


def _reason(report: pytest.TestReport) -> str:
    if report.passed:
        return ""
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ").removeprefix("cannot be decided: ")
    lines = report.longreprtext.splitlines()
    return lines[0] if len(lines) == 1 else next((line for line in reversed(lines) if line.startswith("E ")), lines[0])
