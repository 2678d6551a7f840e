"""Templates are compiled once, and again as soon as anything that they are compiled from is another."""

import sys
from collections.abc import Callable
from pathlib import Path

import jinja2
import pytest
from jinja2 import Environment, FileSystemLoader

from tests_integration.record.compiled import Compiled


class Page:
    """A template in a folder, and the module that has its settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "templates"
        self.folder.mkdir()
        self.template, self.settings = self.folder / "page", folder / "settings.py"
        self.template.write_text("<p>{{ text }}</p>", encoding="utf-8")
        self.settings.write_text("escaped", encoding="utf-8")

    def rendered(self, *, autoescape: bool = True) -> tuple[str, bool]:
        """The page as a new process would give it, and whether the template was compiled for that."""
        loader = FileSystemLoader(self.folder)
        kept = Compiled(self.folder, self.settings)
        made = Environment(loader=loader, autoescape=autoescape, bytecode_cache=kept)  # noqa: S701
        compiled: list[object] = []
        compile_source = made._compile  # noqa: SLF001
        made._compile = lambda *code: compiled.append(code) or compile_source(*code)  # type: ignore[method-assign,func-returns-value]  # noqa: SLF001
        return made.get_template("page").render(text="&"), bool(compiled)

    @property
    def kept(self) -> list[Path]:
        """What is kept."""
        return [file for file in self.folder.rglob("*") if file.is_file() and file != self.template]


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    return Page(tmp_path)


def test_a_template_is_compiled_once(page: Page) -> None:
    assert [page.rendered() for _ in range(3)] == [("<p>&amp;</p>", True), *[("<p>&amp;</p>", False)] * 2]
    assert len(page.kept) == 1


def test_other_settings_have_it_compiled_again(page: Page) -> None:
    assert page.rendered(autoescape=True) == ("<p>&amp;</p>", True)
    page.settings.write_text("not escaped", encoding="utf-8")
    assert page.rendered(autoescape=False) == ("<p>&</p>", True)


@pytest.mark.parametrize(
    "change",
    [
        lambda page, _: page.template.write_text("{{ text }}<p></p>", encoding="utf-8"),
        lambda _, patch: patch.setattr(jinja2, "__version__", "99"),
        lambda page, _: page.kept[0].write_bytes(b""),
        lambda page, _: page.kept[0].write_bytes(page.kept[0].read_bytes()[:-9]),
        lambda page, _: page.kept[0].write_bytes(page.kept[0].read_bytes()[:20]),
    ],
    ids=["another template", "another Jinja2", "empty", "cut in the code", "cut in the head"],
)
def test_what_is_not_the_same_is_compiled_again(
    page: Page, monkeypatch: pytest.MonkeyPatch, change: Callable[[Page, pytest.MonkeyPatch], object]
) -> None:
    page.rendered()
    change(page, monkeypatch)
    told, compiled = page.rendered()
    assert (told.replace("<p>", "").replace("</p>", ""), compiled) == ("&amp;", True)
    assert page.rendered() == (told, False)


def test_nothing_is_kept_where_python_may_keep_nothing(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert [page.rendered()[1] for _ in range(2)] == [True, True]
    assert page.kept == []


def test_a_place_that_cannot_be_written_costs_time_only(page: Page) -> None:
    (page.folder / "__pycache__").touch()
    assert [page.rendered() for _ in range(2)] == [("<p>&amp;</p>", True)] * 2
