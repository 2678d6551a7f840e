"""What pytest loads in every session: the options, and with one of them that begins something, the hooks."""

import copy
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests_integration import options
from tests_integration.lasting import kept

HOOKS = "tests_integration.hooks"

CRITERIA, AUDITING = (Path(__file__).parent / name for name in ("criteria", "auditing"))
"""Folders of cases that are for a plan or a record."""

options.open_streams()  # before pytest captures what is said there


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Leave options until all other plugins have theirs; a conftest that loads this plugin is too late for that."""
    if any(name.endswith("conftest.py") for name, _ in pluginmanager.list_name_plugin()):
        options.add_options(parser)
        _import_hooks(pluginmanager)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, args: list[str], parser: pytest.Parser
) -> Generator[None, object, object]:
    """Begin where that is asked for, without a conftest; else leave everything to the host, its options first."""
    early_config.stash[options.ARGUMENTS] = tuple(args)
    if options.begins(args, early_config.option):
        options.add_options(parser)
        with _as_written():
            known = parser.parse_known_args(args, namespace=copy.copy(early_config.option))
            _import_hooks(early_config.pluginmanager)
        early_config.known_args_namespace = known
        known.noconftest, known.confcutdir = True, str(AUDITING if known.record and not known.plan else CRITERIA)
        early_config.option.waveproof = True
        return (yield)
    result = yield
    if options.are_named(args, options.add_free_options(parser)):
        _import_hooks(early_config.pluginmanager)
    return result


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """No case of this suite is a host's."""
    inside = not config.pluginmanager.has_plugin(HOOKS) and any(
        map(collection_path.is_relative_to, (CRITERIA, AUDITING))
    )
    return True if inside else None


@contextmanager
def _as_written() -> Iterator[None]:
    """Import modules as Python does: pytest takes longer, to rewrite assertions, and nobody is shown one of theirs."""
    rewriting = [finder for finder in sys.meta_path if type(finder).__module__ == "_pytest.assertion.rewrite"]
    for finder in rewriting:
        sys.meta_path.remove(finder)
    try:
        yield
    finally:
        sys.meta_path[:0] = rewriting


def _import_hooks(pluginmanager: pytest.PytestPluginManager) -> None:
    with kept():
        pluginmanager.import_plugin(HOOKS)
