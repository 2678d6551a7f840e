"""`work-log.md`: every operation, with command, directory, result, conflicts, resolution and verification (R264)."""

from tests_integration.plan.model import Plan
from tests_integration.record.markdown import escaped
from tests_integration.record.model import Record
from tests_integration.record.operations import Operation, identity

HEAD = """\
# Work log: {heading}

{sentence}

The branch was merged in memory (`git merge-tree`); each command below does the same in a work tree, and
`replay.sh` runs them all. They start from these settings:

```bash
{identity}
```

## Operations
"""


def text(plan: Plan, record: Record, steps: list[Operation]) -> str:
    """The work log as Markdown."""
    head = HEAD.format(
        heading=escaped(record.plan.heading), sentence=escaped(record.sentence), identity="\n".join(identity(plan))
    )
    return head + "".join(_operation(n, step) for n, step in enumerate(steps, 1))


def _operation(number: int, step: Operation) -> str:
    commands = "\n".join(step.commands)
    fence = "`" * max(3, _longest_run_of_backticks(commands) + 1)
    facts = {"Result": step.result, "Conflicts": step.conflicts, "Resolution": step.resolution}
    told = "".join(f"- **{name}**: {escaped(text)}\n" for name, text in facts.items())
    return (
        f"\n### {number}. {escaped(step.title)}\n\n- **Command**\n\n{fence}bash\n{commands}\n{fence}\n\n"
        f"- **Directory**: {step.directory}\n{told}- **Verification**: {step.verification}\n"
    )


def _longest_run_of_backticks(text: str) -> int:
    longest = current = 0
    for character in text:
        current = current + 1 if character == "`" else 0
        longest = max(longest, current)
    return longest
