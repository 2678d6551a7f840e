"""Make the bundles of the sample wave from the folders in source/, with the same commit ids on any machine.

Usage: python plans/wave2/make_bundles.py [FOLDER]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
WAVE = "refs/heads/idpbuilder-push-oci/phase1/wave2/"
AUTHENTICATION, OPERATIONS = WAVE + "registry-authentication-split-", WAVE + "image-push-operations-split-"

# A branch a line, each on top of the one before: folder in source/, ref, date, subject, body.
BRANCHES = (
    ("base", "refs/heads/idpbuilder-push-oci/phase1-wave1-integration", "1759485600", "Integrate phase 1, wave 1",
     "The program, its frame for subcommands, and a push command with a seam\nfor the work that is still to come."),
    ("E1.2.1", WAVE + "command-structure", "1759572000", "Add the structure of the push command",
     "Flags, options and their validation, and the command that uses them."),
    ("E1.2.2-split-001", AUTHENTICATION + "001", "1759579200", "Add authentication",
     "Credentials from flags or the environment, and answers to basic and\nbearer challenges."),
    ("E1.2.2-split-002", AUTHENTICATION + "002", "1759586400", "Add retries",
     "Bounded exponential back-off that heeds Retry-After and the context."),
    ("E1.2.3-split-001", OPERATIONS + "001", "1759651200", "Add the registry client",
     "Look for blobs, upload them and put manifests, authorized and retried."),
    ("E1.2.3-split-002", OPERATIONS + "002", "1759665600", "Discover images and push them",
     "Read OCI image layouts, and bring the pusher in behind the push command."),
    ("E1.2.3-split-003", OPERATIONS + "003", "1759680000", "Test a whole push against a local registry",
     "An in-process registry that wants authentication and can fail, and the\ncommands that try a push out on it."),
)  # fmt: skip
BUNDLES = {"wave2.bundle": {}, "wave2-as-it-went.bundle": {"E1.2.1": "E1.2.1-as-it-went"}}
LEFT_OUT = {"E1.2.1-as-it-went": {"pkg/cmd/push/options.go"}}  # its push.go defines PushOptions itself


def git(repository: Path, *arguments: str, stdin: bytes = b"") -> None:
    """Run git with nothing of the caller's configuration."""
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "TZ": "UTC"}
    command = ["git", "-c", "pack.threads=1", *arguments]
    done = subprocess.run(command, cwd=repository, env=environment, input=stdin, capture_output=True, check=False)
    if done.returncode:
        message = f"{' '.join(command)}: exit {done.returncode}\n{done.stderr.decode(errors='replace')}"
        raise RuntimeError(message)


def data(content: bytes) -> bytes:
    """Write content in the form that git fast-import reads."""
    return b"data %d\n%s\n" % (len(content), content)


def files_of(name: str, over: str) -> dict[str, Path]:
    """The files of a branch by their path in the repository, those of the folder `over` in place of its own."""
    folders = [HERE / "source" / folder for folder in dict.fromkeys((name, over))]
    files = {path.relative_to(folder).as_posix(): path for folder in folders for path in folder.rglob("*")}
    return {name: path for name, path in files.items() if path.is_file() and name not in LEFT_OUT.get(over, set())}


def history(variants: dict[str, str]) -> bytes:
    """Write the branches as a stream for git fast-import; `variants` names folders that go over those of some."""
    stream = b"feature done\n"
    for number, (name, ref, date, subject, body) in enumerate(BRANCHES):
        who = f"{name} <effort-{name}@example.org>" if number else "Phase 1 Wave 1 <integration@example.org>"
        stamp = f"{who} {date} +0000"
        stream += f"commit {ref}\nmark :{number + 1}\nauthor {stamp}\ncommitter {stamp}\n".encode()
        stream += data(f"{subject}\n\n{body}\n".encode())
        if number:
            stream += b"from :%d\n" % number
        for target, path in sorted(files_of(name, variants.get(name, name)).items()):
            mode = "100755" if path.stat().st_mode & 0o100 else "100644"
            stream += f"M {mode} inline {target}\n".encode() + data(path.read_bytes())
    return stream + b"done\n"


def make_bundles(folder: Path) -> list[Path]:
    """Write the bundles into the folder and return their paths."""
    bundles = [folder.resolve() / name for name in BUNDLES]
    folder.mkdir(parents=True, exist_ok=True)
    for bundle in bundles:
        with tempfile.TemporaryDirectory() as scratch:
            repository = Path(scratch)
            git(repository, "init", "--quiet", "--bare", "--template=", "--object-format=sha1")
            git(repository, "fast-import", "--quiet", stdin=history(BUNDLES[bundle.name]))
            git(repository, "bundle", "create", "--quiet", str(bundle), *(ref for _, ref, *_ in BRANCHES))
    return bundles


if __name__ == "__main__":
    for made in make_bundles(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE):
        print(made)
