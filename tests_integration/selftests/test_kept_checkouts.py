"""What stays of an earlier checkout: nothing by which anybody could tell the next one from a clean one."""

import hashlib
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests_integration.repository import checkout
from tests_integration.repository.checkout import changed_files, check_out
from tests_integration.selftests.waves import Built, Wave, git, integrated

FILL = "_fill"
"""The step after which a checkout is proven to be the commit."""

Portrait = dict[str, tuple[object, ...]]


class Site(NamedTuple):
    """A branch with files of all kinds, and a folder to check it out in."""

    built: Built
    folder: Path

    def check_out(self, folder: Path | None = None, *, tip: str = "") -> Portrait:
        """Check it out, and look at what is there then."""
        folder = folder or self.folder
        check_out(self.built.store, tip or str(self.built.integration.tip), "x", folder)
        return portrait(folder)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A branch with plain files, line ends to convert, a link, a program, a submodule."""
    wave = Wave(tmp_path_factory.mktemp("kept") / "wave")
    wave.switch("effort/E1")
    deep = wave.work / "a" / "b"
    deep.mkdir(parents=True)
    (wave.work / ".gitattributes").write_text("crlf.txt eol=crlf\nid.txt ident\na/** text\n", encoding="utf-8")
    (wave.work / ".gitignore").write_text("*.o\n", encoding="utf-8")
    for name in ("crlf.txt", "id.txt", "a/b/c.txt", "a/b/größe 'x'.txt", "a/tool", "emp.ty"):
        (wave.work / name).write_text("$Id$\nline\n" if name != "emp.ty" else "", encoding="utf-8")
    (wave.work / "a" / "tool").chmod(0o755)
    (wave.work / "a" / "link").symlink_to("b/../b/c.txt")
    git(wave.work, "add", "--all")
    git(wave.work, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    git(wave.work, "commit", "--quiet", "--message", "E1")
    git(wave.work, "push", "--quiet", str(wave.origin), "HEAD:refs/heads/effort/E1")
    wave.plan_for("E1")
    with integrated(wave) as built:
        yield Site(built, wave.folder / "checkout")


@pytest.fixture(scope="module")
def clean(site: Site) -> Portrait:
    """What a checkout is that is made where none was."""
    return site.check_out(site.folder.with_name("clean"))


def portrait(folder: Path) -> Portrait:
    """All that can be told of every file and folder, the repository's too; times and numbers as far as they matter."""
    found = {}
    times = set()
    for place in [folder, *folder.rglob("*")]:
        seen = place.lstat()
        path = place.relative_to(folder).as_posix()
        is_folder = stat.S_ISDIR(seen.st_mode)
        content = os.readlink(place) if place.is_symlink() else "" if is_folder else sha256(place)  # noqa: PTH115 - as it is
        marks = [
            (name, os.getxattr(place, name, follow_symlinks=False))
            for name in os.listxattr(place, follow_symlinks=False)
        ]
        if not is_folder and not path.startswith(".git/"):
            times.add(seen.st_mtime_ns)
        if path != ".git/index" and not path.startswith(".git/logs/"):  # these tell the time
            found[path] = (seen.st_mode, seen.st_uid, seen.st_gid, is_folder or seen.st_nlink, *marks, content)
    told = [
        git(folder, *line.split()) for line in ("ls-files -v --stage", "status --porcelain --ignored -b", "config -l")
    ]
    flags = subprocess.run(["lsattr", "-aR", "."], cwd=folder, capture_output=True, text=True, check=False).stdout
    told.append("\n".join(sorted(flags.splitlines())))
    code = subprocess.run(["git", "diff-index", "--quiet", "HEAD"], cwd=folder, check=False).returncode
    return found | {"git says": (*told, code), "times": (len(times),)}


def sha256(file: Path) -> str:
    """Of its content."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def numbers(folder: Path) -> dict[str, int]:
    """Inode numbers of the files in the work tree."""
    there = (place for place in folder.rglob("*") if place.is_file() and ".git" not in place.parts)
    return {place.relative_to(folder).as_posix(): place.lstat().st_ino for place in there}


def test_files_that_are_as_git_would_write_them_stay(site: Site, clean: Portrait) -> None:
    site.check_out()
    before = numbers(site.folder)
    (site.folder / "base.txt").write_text("else\n", encoding="utf-8")
    assert site.check_out() == clean
    again = {path for path, number in numbers(site.folder).items() if before[path] != number}
    assert again <= {"base.txt", "crlf.txt", "id.txt"}


MISCHIEF = {
    "same size and times": "touch -r base.txt ../t; printf 'esab\\n' > base.txt; touch -r ../t base.txt",
    "times": "touch -d 2001-01-01 a; touch -d 2099-01-01 *.txt a/b/*",
    "modes of files": "chmod 600 base.txt; chmod +x a/b/c.txt; chmod -x a/tool; chmod u+s emp.ty",
    "modes of folders": "chmod 700 a; chmod 2775 a/b; chmod 500 .",
    "folders that are closed": "chmod 000 a/b; chmod 111 a",
    "ignored, untracked, hidden and empty": "touch x.o a/.hidden 'a/ new'; mkdir -p empty a/b/empty/empty .cache/x",
    "removed": "rm -r a/b base.txt .gitattributes",
    "a link in the place of a file": "mv base.txt ../t; ln -s ../t base.txt",
    "a link in the place of a folder": "mv a ../a$$; ln -s ../a$$ a",
    "a link that leads elsewhere": "ln -sfn base.txt a/link",
    "the same link in other words": "ln -sfn b/c.txt a/link; ln -sfn ./b/../b/c.txt a/link",
    "a file in the place of a folder": "rm -r a; touch a",
    "a folder in the place of a file": "rm base.txt; mkdir base.txt; touch base.txt/x",
    "pipe and socket": "rm base.txt; mkfifo base.txt pipe; python3 -c 'import socket as s; s.socket(1).bind(\"s\")'",
    "another name of a file": "ln base.txt ../other; ln emp.ty a/b/other",
    "line ends that git cleans away": "sed -i 's/$/\\r/' a/b/c.txt; sed -i 's/\\r//' crlf.txt",
    "an id that git cleans away": "sed -i 's/[$]Id.*/$Id: x $/' id.txt a/b/c.txt",
    "attributes": "echo '* -text -eol' > .gitattributes; echo '* eol=crlf' > a/.gitattributes; rm crlf.txt",
    "attributes of the repository": "echo '* eol=crlf ident' > .git/info/attributes; rm a/b/c.txt",
    "filters": "echo '* filter=x' > .git/info/attributes; git config filter.x.smudge 'echo y'; rm a/b/c.txt",
    "settings": "git config core.worktree /; git config core.autocrlf true; git config core.hooksPath /x; rm a/tool",
    "hooks and excludes": "echo x > .git/hooks/pre-push; chmod +x .git/hooks/*; echo x > .git/info/exclude",
    "assumed unchanged": "echo else > base.txt; git update-index --assume-unchanged base.txt",
    "skipped": "rm base.txt; git update-index --skip-worktree base.txt",
    "sparse": "git sparse-checkout set --no-cone a; git config index.sparse true",
    "added and committed": "touch n; git add n a; git tag x; git -c user.name=x -c user.email=x@x commit -qam x",
    "another repository": "rm -rf .git; git init -q; git init -q a/b/inner; git init -q module; touch module/x",
    "no repository": "rm -rf .git; echo gitdir: /x > .git",
    "a worktree": "git worktree add -q --detach inner; git -C inner checkout -q --orphan y",
    "one that says it is a link": "rm -rf .git; ln -s /nowhere .git",
    "marks": 'for f in base.txt a; do python3 -c \'import os, sys; os.setxattr(sys.argv[1], "user.x", b"1")\' $f; done',
    "flags": "chattr +d base.txt a || true",
    "deep": "for n in {1..300}; do mkdir -p aaaaaaaaaaaaaaaaaaaa; cd aaaaaaaaaaaaaaaaaaaa; done",
    "all of it": "cd ..; rm -rf checkout",
    "elsewhere": "cd ..; mv checkout away$$; ln -s away$$ checkout",
}


@pytest.mark.parametrize("script", MISCHIEF.values(), ids=MISCHIEF.keys())
def test_whatever_was_done_to_a_checkout_the_next_one_is_clean(site: Site, clean: Portrait, script: str) -> None:
    site.check_out()
    environment = {"PATH": os.environ["PATH"], "HOME": os.devnull}
    done = subprocess.run(["bash", "-c", script], cwd=site.folder, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert site.check_out() == clean
    assert changed_files(site.built.store, str(site.built.integration.tip), site.folder) == ()


def test_one_commit_after_the_other(site: Site, clean: Portrait) -> None:
    tips = [str(site.built.integration.base), *site.built.tips.values(), str(site.built.integration.tip)]
    fresh = site.folder.with_name("fresh")
    for tip in [*tips, *reversed(tips)]:
        shutil.rmtree(fresh, ignore_errors=True)
        assert site.check_out(tip=tip) == site.check_out(fresh, tip=tip)
    assert site.check_out() == clean


def after_filling(what: Callable[[Path], object]) -> Callable[..., None]:
    """The suite's own `_fill`, which something comes after where files were kept."""
    real = vars(checkout)[FILL]

    def _fill(*arguments: object) -> None:
        real(*arguments)
        if arguments[-1]:
            what(arguments[3])  # type: ignore[arg-type]

    return _fill


ODD: dict[str, Callable[[Path], object]] = {
    "a new file": lambda folder: (folder / "a" / "new").touch(),
    "a new folder": lambda folder: (folder / "a" / "new").mkdir(),
    "a file that was just written": lambda folder: (folder / "base.txt").write_text("else\n", encoding="utf-8"),
    "a file less": lambda folder: (folder / "base.txt").unlink(),
    "a folder that is closed": lambda folder: (folder / "a").chmod(0o700),
    "something in a submodule": lambda folder: (folder / "module" / "x").touch(),
    "an error of the machine": lambda folder: (folder / "none").unlink(),
    "no index": lambda folder: (folder / ".git").rename(folder / "git") and None,
}


@pytest.mark.parametrize("what", ODD.values(), ids=ODD.keys())
def test_what_does_not_prove_to_be_the_commit_is_made_afresh(
    site: Site, clean: Portrait, monkeypatch: pytest.MonkeyPatch, what: Callable[[Path], object]
) -> None:
    site.check_out()
    (site.folder / "base.txt").unlink()
    monkeypatch.setattr(checkout, FILL, after_filling(what))
    assert site.check_out() == clean


def test_a_folder_behind_a_link_is_told_as_changed(site: Site) -> None:
    site.check_out()
    (site.folder / "a").rename(site.folder / "elsewhere")
    (site.folder / "a").symlink_to("elsewhere")
    changed = changed_files(site.built.store, str(site.built.integration.tip), site.folder)
    assert changed == ("a/b/c.txt", "a/b/größe 'x'.txt", "a/link", "a/tool")
