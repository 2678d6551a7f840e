"""Plans whose values do not fit each other, or lead to no file, and all that is said of them."""

from tests_integration.selftests.bad_plans import Bad
from tests_integration.selftests.good_plans import block

BRANCHES_AND_FIXES = block("branches") + block("fixes")
LONG = "x" * 300
"""A name longer than file systems allow."""


def stacked(*branches: str) -> str:
    """Branches in this order, each given as `id` or `id on parent`."""
    lines = ["branches:"]
    for branch in branches:
        name, _, parent = branch.partition(" on ")
        lines.append(f"  - {{id: {name}, title: T, from: origin/{name}, parent: {parent or 'base'}}}")
    return "\n".join([*lines, ""])


REFERENCES = (
    Bad("branch id given twice", "id: E2\n", "id: E1\n", "12:9: branches[1].id: 'E1' is the id of branches[0] already"),
    Bad(
        "reuse of a part of a stage",
        block("test"),
        "test: [{run: a}, {run: b, reuse: true}]\n",
        "24:8: test[0]: lacks `reuse: true`, which test[1] has: a stage is run again whole or not at all",
    ),
    Bad(
        "reuse of what came from the network",
        block("test"),
        "network: true\ntest: [{run: a, reuse: true}]\n",
        "25:24: test[0].reuse: needs `network: false`: nobody knows what has changed in the network since",
    ),
    Bad(
        "fix id given twice",
        "    delete: [twin.txt]\n",
        "    delete: [twin.txt]\n  - {id: BUG-1, problem: p, after: E2, delete: [a]}\n",
        "21:10: fixes[1].id: 'BUG-1' is the id of fixes[0] already",
    ),
    Bad(
        "base as an id",
        "id: E2\n",
        "id: base\n",
        "12:9: branches[1].id: 'base' means the branch that the wave starts from; take another id",
    ),
    Bad(
        "plan as an id",
        "id: E2\n",
        "id: plan\n",
        "12:9: branches[1].id: 'plan' means the plan among what an attempt depends on; take another id",
    ),
    Bad(
        "parent unknown",
        "parent: E1",
        "parent: E3",
        "15:13: branches[1].parent: 'E3' is no branch of this plan; known: E1, base",
    ),
    Bad(
        "parent unknown and near to none",
        "parent: E1",
        "parent: zzzzzz",
        "15:13: branches[1].parent: 'zzzzzz' is no branch of this plan; known: E1, base",
    ),
    Bad(
        "one parent of two unknown",
        "parent: E1",
        "parent: [E1, E9]",
        "15:13: branches[1].parent: 'E9' is no branch of this plan; known: E1, base",
    ),
    Bad(
        "parent merged later",
        BRANCHES_AND_FIXES,
        stacked("E2 on E1", "E1"),
        "9:5: branches[0]: E2 depends on effort E1, but E1 is merged after it (R306)",
        "9:49: branches[0].parent: 'E1' is merged later; a parent comes before what is stacked on it (R306)",
    ),
    Bad("own parent", "parent: E1", "parent: E2", "15:13: branches[1].parent: the parents form a circle: E2 -> E2"),
    Bad(
        "circle of two",
        BRANCHES_AND_FIXES,
        stacked("E1 on E2", "E2 on E1"),
        "9:49: branches[0].parent: the parents form a circle: E1 -> E2 -> E1",
    ),
    Bad(
        "circle of three",
        BRANCHES_AND_FIXES,
        stacked("E1 on E3", "E2 on E1", "E3 on E2"),
        "9:49: branches[0].parent: the parents form a circle: E1 -> E3 -> E2 -> E1",
    ),
    Bad(
        "needed split merged too late",
        BRANCHES_AND_FIXES,
        stacked("E1-split-001", "E2 on E1-split-001", "E1-split-002 on E1-split-001"),
        "10:5: branches[1]: E2 depends on effort E1, but E1-split-002 is merged after it (R306)",
    ),
    Bad(
        "two needed splits merged too late",
        BRANCHES_AND_FIXES,
        stacked("E1-split-001", "E2 on E1-split-001", "E1-split-002 on E1-split-001", "E1-split-003 on E1-split-002"),
        "10:5: branches[1]: E2 depends on effort E1, but E1-split-002 and E1-split-003 are merged after it (R306)",
    ),
    Bad(
        "splits in the wrong order",
        BRANCHES_AND_FIXES,
        stacked("E1-split-002", "E1-split-001"),
        "9:5: branches[0]: E1-split-002 is merged before E1-split-001 of its own effort E1 (R306)",
    ),
    Bad(
        "same split twice",
        BRANCHES_AND_FIXES,
        stacked("E1-split-001", "E1-split-1"),
        "10:10: branches[1].id: is split 1 of effort E1, which branches[0] is already",
    ),
    Bad(
        "same split twice, once told",
        "    parent: E1\n",
        "    effort: E1\n    split: 0\n",
        "12:9: branches[1].id: is split 0 of effort E1, which branches[0] is already",
    ),
    Bad(
        "unknown remote of the base",
        "base: origin/main",
        "base: upstream/main",
        "6:7: base: 'upstream' is not among the remotes of this plan; known: origin",
    ),
    Bad(
        "misspelt remote of the base",
        "base: origin/main",
        "base: orign/main",
        "6:7: base: 'orign' is not among the remotes of this plan; did you mean 'origin'?",
    ),
    Bad(
        "misspelt remote of a branch",
        "from: origin/two",
        "from: orgin/two",
        "14:11: branches[1].from: 'orgin' is not among the remotes of this plan; did you mean 'origin'?",
    ),
    Bad(
        "misspelt remote to publish to",
        "  remote: origin",
        "  remote: orign",
        "30:11: publish.remote: 'orign' is not among the remotes of this plan; did you mean 'origin'?",
    ),
    Bad(
        "no remotes at all",
        block("remotes"),
        "",
        "4:7: base: 'origin' is not among the remotes of this plan",
        "9:11: branches[0].from: 'origin' is not among the remotes of this plan",
        "12:11: branches[1].from: 'origin' is not among the remotes of this plan",
        "28:11: publish.remote: 'origin' is not among the remotes of this plan",
    ),
    Bad(
        "integration is the base",
        "integration: wave-integration",
        "integration: main",
        "7:14: integration: is the base itself; an integration is built on a branch of its own",
    ),
    Bad(
        "integration as a source",
        "from: origin/two",
        "from: origin/wave-integration",
        "14:11: branches[1].from: is the integration branch; it is never a source (R270)",
    ),
    Bad(
        "base as a source",
        "from: origin/two",
        "from: origin/main",
        "14:11: branches[1].from: is the base; there is nothing to merge",
    ),
    Bad(
        "same source twice",
        "from: origin/two",
        "from: origin/one",
        "14:11: branches[1].from: 'origin/one' is merged already by branches[0]",
    ),
    Bad(
        "fix without an action",
        "    delete: [twin.txt]\n",
        "",
        "17:5: fixes[0]: needs exactly one of 'delete', 'take' and 'patch'",
    ),
    Bad(
        "fix that deletes nothing",
        "delete: [twin.txt]",
        "delete: []",
        "17:5: fixes[0]: needs exactly one of 'delete', 'take' and 'patch'",
    ),
    Bad(
        "fix with two actions",
        "delete: [twin.txt]",
        "delete: [twin.txt]\n    take: {ours: [a]}",
        "17:5: fixes[0]: needs exactly one of 'delete', 'take' and 'patch'",
    ),
    Bad(
        "fix after no branch",
        "after: E1",
        "after: E3",
        "19:12: fixes[0].after: 'E3' is no branch of this plan; known: E1, E2",
    ),
    Bad(
        "fix after the base",
        "after: E1",
        "after: base",
        "19:12: fixes[0].after: 'base' is no branch of this plan; known: E1, E2",
    ),
    Bad(
        "fix that needs what it deletes",
        "    after: E1",
        "    needs: [a, twin.txt]\n    after: E1",
        "19:12: fixes[0].needs: 'twin.txt' is deleted by this very fix",
    ),
    Bad(
        "patch that is not there",
        "delete: [twin.txt]",
        "patch: wave/fix.patch",
        "20:12: fixes[0].patch: 'wave/fix.patch' is not a file beside the plan",
    ),
    Bad(
        "patch that is a folder",
        "delete: [twin.txt]",
        "patch: files",
        "20:12: fixes[0].patch: 'files' is not a file beside the plan",
    ),
    Bad(
        "patch out of the folder",
        "delete: [twin.txt]",
        "patch: ../outside",
        "20:12: fixes[0].patch: '../outside' leads out of the plan's folder",
    ),
    Bad(
        "patch at an absolute path",
        "delete: [twin.txt]",
        "patch: /etc/passwd",
        "20:12: fixes[0].patch: '/etc/passwd' leads out of the plan's folder",
    ),
    Bad(
        "patch that links out of the folder",
        "delete: [twin.txt]",
        "patch: link",
        "20:12: fixes[0].patch: 'link' leads out of the plan's folder",
    ),
    Bad(
        "patch that links to itself",
        "delete: [twin.txt]",
        "patch: loop",
        "20:12: fixes[0].patch: 'loop' is not a file beside the plan",
    ),
    Bad(
        "patch with a name too long to look up",
        "delete: [twin.txt]",
        f"patch: {LONG}",
        f"20:12: fixes[0].patch: '{LONG}' is not a file beside the plan",
    ),
    Bad(
        "folder to create from that is not there",
        "publish:\n",
        "  create: infrastructure\npublish:\n",
        "29:11: demo.create: 'infrastructure' is not a folder beside the plan",
    ),
    Bad(
        "folder to create from that is a file",
        "publish:\n",
        "  create: file.txt\npublish:\n",
        "29:11: demo.create: 'file.txt' is not a folder beside the plan",
    ),
    Bad(
        "folder to create from out of the folder",
        "publish:\n",
        "  create: ../outside\npublish:\n",
        "29:11: demo.create: '../outside' leads out of the plan's folder",
    ),
    Bad(
        "folder to create from that holds a symbolic link",
        "publish:\n",
        "  create: linked\npublish:\n",
        "29:11: demo.create: 'linked' holds a symbolic link; only files are added",
    ),
    Bad(
        "folder to create from with a name too long to look up",
        "publish:\n",
        f"  create: {LONG}\npublish:\n",
        f"29:11: demo.create: '{LONG}' is not a folder beside the plan",
    ),
    Bad(
        "bundle that is not there",
        "origin: ../origin.git",
        "origin: {path: o.git, create_from: o.bundle}",
        "5:38: remotes.origin.create_from: 'o.bundle' is not there",
    ),
    Bad(
        "bundle with a name too long to look up",
        "origin: ../origin.git",
        f"origin: {{path: o.git, create_from: {LONG}}}",
        f"5:38: remotes.origin.create_from: '{LONG}' is not there",
    ),
)
