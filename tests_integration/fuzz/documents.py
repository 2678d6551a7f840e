"""The reader of Markdown documents: any bytes are a plan, or are refused in lines that can be read."""

from tests_integration.fuzz import plans
from tests_integration.selftests.plan_documents import DOCUMENTS, surroundings
from tests_integration.selftests.running_plans import PLANS

SEEDS = [file.read_bytes() for file in (*sorted(DOCUMENTS.rglob("*.md")), PLANS / "wave2" / "INTEGRATION-PLAN.md")]
TOKENS = rb"""
# ## ### - * 1. 2) | |- ** ` ``` ~~~ > [ ]( ![ < <!-- --> \ & &amp; Branch: Remote: Parent: Base: Target-Branch: Date:
E1.1.1 E1.1.2-split-001 BUG-1 (E1.2.3) (712 (parent: origin/x ../x /srv/x a.c delete take incoming ours after merge none
"""
WORDS = [
    *TOKENS.split(),
    b"\n",
    b"\n\n",
    b"  ",
    b"    ",
    b": ",
    b"\t",
    b"\r\n",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\0",
    b"\x1b",
]
WORDS += [
    b"```yaml plan\n",
    b"\n```\n",
    b"\xe2\x80\xae",
    b"\xe2\x80\x8b",
    b"\xc2\xa0",
    b"\xe2\x9c\x85 ",
    b"a" * 300,
    b"> " * 50,
]


def one(data: bytes) -> None:
    """Read a document of these bytes.

    Raises:
        AssertionError: it is neither read whole nor refused in words.
    """
    plans.read_or_refused(data, "wave.md", surroundings)
