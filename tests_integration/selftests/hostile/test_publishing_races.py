"""Remotes that move, refuse or fall silent while the integration is published: the truth is read back and told."""

import os
import select
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests_integration.engine.publish import publish
from tests_integration.facts import Publication
from tests_integration.selftests.hostile.serving import Site, served
from tests_integration.selftests.hostile.told import hostile
from tests_integration.selftests.test_publishing import REF, hook, published, refs, tip_of
from tests_integration.selftests.waves import Built, Wave, git, integrated

GENEROUS = 120
"""Seconds to wait for what has to happen on a machine of any speed."""


@pytest.fixture
def built(stacked: Wave) -> Iterator[Built]:
    """A finished integration."""
    with integrated(stacked) as built:
        yield built


@hostile("a remote that takes the push and drops the connection", "is read back; the branch counts as pushed")
def test_a_push_that_was_taken_counts_though_the_connection_is_lost(stacked: Wave, built: Built) -> None:
    hook(stacked, "post-receive", "kill -9 $PPID")
    publication = published(built)
    assert (publication.status, publication.problem, publication.read_back) == ("pushed", "", tip_of(built))
    assert refs(stacked.origin)[REF] == tip_of(built)


@hostile("a remote that drops the connection before it takes the push", "is read back; the branch counts as not pushed")
def test_a_push_that_was_not_taken_does_not_count(stacked: Wave, built: Built) -> None:
    hook(stacked, "pre-receive", "kill -9 $PPID; exit 1")
    publication = published(built)
    assert (publication.status, publication.read_back) == ("failed", None)
    assert publication.problem.startswith("the remote did not take the branch: ")
    assert REF not in refs(stacked.origin)


@pytest.mark.parametrize("then", ["", "; kill -9 $PPID"], ids=["after its answer", "before its answer"])
@hostile("a remote that is gone once it has taken the push", "no green: nobody knows; how to look is told")
def test_nobody_knows_what_cannot_be_read_back(stacked: Wave, built: Built, then: str) -> None:
    hook(stacked, "post-receive", f"mv ../origin.git ../gone.git{then}")
    publication = published(built)
    assert (publication.status, publication.read_back) == ("failed", None)
    assert publication.problem.startswith(
        "nobody knows whether the branch is published: it was pushed, but the remote cannot be read back: fatal: "
    )
    assert f"`git ls-remote {stacked.origin} {REF}` tells {tip_of(built)} if it is there." in publication.problem
    (stacked.folder / "gone.git").rename(stacked.origin)
    assert published(built).status == "unchanged"


@hostile("a hook that rejects with terminal escapes and text from right to left", "is quoted with these written out")
def test_the_words_of_a_hook_do_not_act(stacked: Wave, built: Built) -> None:
    hook(stacked, "pre-receive", "printf '\\033[2J no \\342\\200\\256 ticket\\n' >&2; exit 1")
    problem = published(built).problem
    assert "\\x1b[2J no \\u202e ticket" in problem
    assert "\x1b" not in problem
    assert "\u202e" not in problem


@hostile("a remote that this user may only read", "is told, with what the user may not do")
def test_a_remote_that_may_only_be_read_is_told(stacked: Wave) -> None:
    git(stacked.origin, "config", "http.receivepack", "false")
    with served(Site(stacked.folder)) as site:
        stacked.document["remotes"]["origin"] = site.url("origin.git")
        with integrated(stacked) as built:
            publication = published(built)
    assert publication.status == "failed"
    assert publication.problem.endswith("This user may read there, but not write.")
    assert REF not in refs(stacked.origin)


@hostile("two machines that publish one branch at once", "one wins; the other says who won, and what to do")
def test_of_two_machines_one_wins(stacked: Wave) -> None:
    hook(stacked, "pre-receive", "printf x > ../arrived; head -c 1 ../go > /dev/null")
    stacked.document["author"] = "One <one@example.org>"
    with integrated(stacked, "one") as one:
        stacked.document["author"] = "Two <two@example.org>"
        with integrated(stacked, "two") as two, both_at_once(stacked.folder) as pool:
            done = dict(zip(("One", "Two"), pool.map(published, (one, two)), strict=True))
    (winner, won), (_, lost) = sorted(done.items(), key=lambda item: item[1].status)
    assert (won.status, lost.status) == ("pushed", "refused")
    assert won.commit == lost.read_back == refs(stacked.origin)[REF]
    assert lost.commit != won.commit
    assert_says_who_won(lost, winner)


def assert_says_who_won(lost: Publication, winner: str) -> None:
    assert lost.problem.startswith(
        f"wave-integration is there already, at {lost.read_back}, and that is not this integration ({lost.commit}).\n"
        f"What is there was committed by {winner} <{winner.lower()}@example.org> at 2025-10-06T04:20:05+00:00: Add "
    )
    assert "integrate on a fresh branch (raise `attempt` and name another `integration` in the plan)" in lost.problem


@contextmanager
def both_at_once(folder: Path) -> Iterator[ThreadPoolExecutor]:
    """Two threads whose pushes wait for each other in the remote's hook."""
    for name in ("arrived", "go"):
        os.mkfifo(folder / name)
    with (folder / "arrived").open("r+b", 0) as arrived, (folder / "go").open("r+b", 0) as go:

        def let_both_go() -> int:
            came = 0
            while came < 2 and select.select([arrived], [], [], GENEROUS)[0]:
                came += len(arrived.read(1))
            go.write(b"xx")
            return came

        with ThreadPoolExecutor(3) as pool:
            barrier = pool.submit(let_both_go)
            yield pool
        assert barrier.result() == 2


@hostile("a branch that is there and cannot be read", "is left as it is; who made it stays unsaid")
def test_a_winner_that_cannot_be_read_is_told_by_its_id(stacked: Wave, built: Built) -> None:
    (stacked.origin / "refs" / "heads" / "wave-integration").write_text("1" * 40 + "\n")
    publication = publish(built.plan, built.store, "origin", tip_of(built))
    assert (publication.status, publication.read_back) == ("refused", "1" * 40)
    assert "What is there was" not in publication.problem
