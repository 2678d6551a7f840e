"""A wave as a person integrates it, with bash and plain git."""

import os
import subprocess

from tests_integration.selftests.waves import PERSON, QUIET, Built, git

BY_HAND = r"""
merge() { git merge --quiet --no-ff -m "Merge $1" "${@:2}" "origin/effort/$1"; }
amend() { git add --all; git commit --quiet --amend --no-edit; }
save() { git add --all; git commit --quiet --message "$1"; }
E1() { merge E1; git rm --quiet twin.txt; amend; }
E2a() { merge E2-split-001; }
E2b() { merge E2-split-002; git apply ../plans/three.patch; amend; }
E3() { merge E3 --no-commit || git checkout --quiet --theirs lock.txt; rm twin.txt; save "Merge E3"; }
E4() { merge E4; }
files() { cp -Rn ../plans/infrastructure/. .; chmod +x demos/demo.sh; }
demo() { files; save $'Add demo\n\nIntegration-Infrastructure: R291'; }
"""
"""How a person integrates the wave of `every_kind_of_fix`: one function a merge with its fixes, then the demo."""


def by_hand(built: Built, script: str) -> str:
    """The tip of an integration that a person made in a clone, with bash and plain git; see `BY_HAND`.

    Args:
        built: the same wave as the engine integrated it; its store gets the branch too.
        script: lines of bash, run in a work tree that is at the base.
    """
    folder = built.plan.folder.parent
    clone = folder / f"clone-{len(list(folder.glob('clone-*')))}"
    git(folder, "clone", "--quiet", "--shared", "origin.git", str(clone))
    git(clone, "switch", "--quiet", "--create", "integration")
    environment = {"PATH": os.environ["PATH"]} | PERSON | QUIET
    done = subprocess.run(
        ["bash", "-euc", BY_HAND + script], cwd=clone, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
    git(clone, "push", "--quiet", str(built.store.git_dir), f"HEAD:refs/heads/{clone.name}")
    return git(clone, "rev-parse", "HEAD")
