"""`replay.sh`: the branch made again with nothing but git, to the same commit id."""

import shlex

from tests_integration.plan.model import Plan
from tests_integration.record.model import Record
from tests_integration.record.operations import Operation, building, identity
from tests_integration.text import visible

HEAD = """\
#!/usr/bin/env bash
# Builds {branch} again with plain git
# and ends with the same commit id: {tip}
#
# Usage: bash replay.sh REPOSITORY
# REPOSITORY (path or URL) must hold the base and every branch; it is cloned into a new folder, not changed.
set -euo pipefail
unset "${{!GIT_@}}"
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 LC_ALL=C TZ=UTC
{identity}

folder=$(mktemp -d)
git clone --quiet --no-checkout -- "${{1:?usage: bash replay.sh REPOSITORY}}" "$folder"
cd -- "$folder"
git config merge.renames true
git config merge.renameLimit 7000
git config merge.directoryRenames conflict
git config merge.conflictStyle merge
git config core.autocrlf false
echo '* !merge -text !eol -ident -filter -working-tree-encoding' > .git/info/attributes
for commit in {commits}; do
  git cat-file -e "$commit^{{commit}}" 2>/dev/null ||
    git fetch --quiet origin "$commit" ||
    {{ echo "$1 has no commit $commit; fetch it there first" >&2; exit 1; }}
done
"""

TAIL = """
git rev-parse HEAD
if test "$(git rev-parse HEAD)" != {tip}; then
  echo "this is another commit than the recorded {tip}" >&2
  exit 1
fi
"""


def script(plan: Plan, record: Record, steps: list[Operation]) -> str:
    """The script, for a record whose branch was finished."""
    commits = [str(record.base), *(merge.tip for merge in record.merges)]
    head = HEAD.format(
        branch=record.branch, tip=record.tip, identity="\n".join(identity(plan)), commits=shlex.join(commits)
    )
    body = [f"\n# {visible(step.title).replace(chr(10), ' ')}\n" + "\n".join(step.commands) for step in building(steps)]
    return head + "\n".join(body) + "\n" + TAIL.format(tip=record.tip)
