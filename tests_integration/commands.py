"""What the commands beside pytest have in common: they take a plan, its clone, and values for its variables."""

import argparse
from pathlib import Path

from tests_integration.engine.surroundings import look
from tests_integration.options import setting
from tests_integration.plan.load import give
from tests_integration.plan.model import Plan
from tests_integration.plan.variables import Variables


class NoPlanError(Exception):
    """There is no plan; the text says why, with every mistake."""


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """The arguments of `python -m tests_integration.NAME`: a plan, `--repository` and `--set` as pytest has them."""
    parser = argparse.ArgumentParser(prog=f"python -m tests_integration.{name}", description=description)
    parser.add_argument("plan", type=Path, help="the plan's file")
    told = "a clone whose remotes have the branches, or a bundle of them, instead of the plan's own"
    parser.add_argument("--repository", type=Path, metavar="PATH", help=told)
    told = "what the plan takes for ${NAME}, before the environment; may be repeated"
    parser.add_argument("--set", type=setting, action="append", default=[], metavar="NAME=VALUE", help=told)
    return parser


def plan_of(given: argparse.Namespace) -> Plan:
    """The plan that these arguments name.

    Raises:
        NoPlanError: it is refused, or takes no variable of a name that is given.
    """
    variables = Variables(given.set)
    found = give(given.plan, given.repository, look, variables)
    if found.plan is None:
        raise NoPlanError(found.refusal)
    if problem := variables.untaken(found.document.variables if found.document else frozenset()):
        raise NoPlanError(problem)
    return found.plan
