"""What no repository and no other claim of the record decides: listed, not passed.

The seal covers it: it is as it was written, unless somebody sealed the record anew.
"""

import re
from typing import NamedTuple


class Undecided(NamedTuple):
    """Claims that stay open.

    Attributes:
        name: for the case.
        about: what they are about, and why nothing decides them.
        places: JSON pointers (RFC 6901) of the claims in the record; `*` stands for one key or number, `**` for
            any that follow.
    """

    name: str
    about: str
    places: tuple[str, ...]

    def covers(self, pointer: str) -> bool:
        """Whether a claim of the record, by its JSON pointer, is among them."""
        return any(re.fullmatch(_pattern(place), pointer) for place in self.places)


def _pattern(place: str) -> str:
    return re.escape(place).replace(r"\*\*", ".+").replace(r"\*", "[^/]+")


UNDECIDED = (
    Undecided(
        "outcomes-of-criteria",
        "that the criteria judged as told: judging the branch again needs the plan (pytest --plan PLAN --verify)",
        (),
    ),
    Undecided(
        "ends-of-commands",
        "that build, tests and demo ran and ended as told, in this run or the one named: only running them again tells",
        ("/commands/*/reused", "/gates/*/commands/*/reused"),
    ),
    Undecided(
        "trials",
        "what trials of other trees came to: only running them again tells",
        tuple(f"/gates/*/culprit/trials/*/{key}" for key in ("what", "commit", "outcome", "line", "commands/**")),
    ),
    Undecided(
        "words-of-criteria",
        "what criteria remarked, and what they said beyond their first line",
        ("/criteria/*/message", "/criteria/*/remarks", "/criteria/*/remarks/*"),
    ),
    Undecided(
        "words-of-the-plan",
        "names, titles and reasons that only the plan can give, where no commit and no criterion repeats them",
        (*("/plan/file", "/plan/files/*", "/merges/*/fixes/*/action"),),
    ),
    Undecided(
        "times",
        "when it was, and how long it took",
        (
            *("/started_at", "/seconds", "/criteria/*/seconds", "/stages/*/started_at", "/stages/*/seconds"),
            *("/publication/at", "/note/at", "/attempt/started_at"),
        ),
    ),
    Undecided(
        "retries",
        "what network or machine failed in passing, and was done again",
        ("/retries", "/retries/**"),
    ),
    Undecided(
        "places",
        "at which addresses the branches were found and published, and where the metadata are kept",
        ("/sources/*/url", "/publication/url", "/note/url", "/attempt/file", "/attempt/at"),
    ),
    Undecided(
        "machines",
        "which programs on which machine wrote it, and how commands were shut in there",
        (
            "/environment/*",
            "/attempt/owner/*",
            "/attempt/run",
            "/commands/*/isolation",
            "/gates/*/commands/*/isolation",
        ),
    ),
    Undecided(
        "push",
        "whether this run pushed the branch, or found it there already",
        ("/publication/status", "/note/status"),
    ),
    Undecided(
        "run-before",
        "what the run before this one had come to",
        (
            *(f"/compared/{key}" for key in ("problem", "started_at", "verdict", "tip", "passed_over", "tools")),
            *("/compared/moved/**", "/compared/slower/**", "/compared/tools/*", "/compared/plan_changed"),
            "/merging/*",
        ),
    ),
    Undecided(
        "known-fixes",
        "what the catalogue had for a failure, and what came of trying it: each try has a record of its own",
        ("/gates/*/proposals", "/gates/*/proposals/**", "/healing", "/healing/**"),
    ),
    Undecided(
        "bugs",
        "what the failure of a gate was known as to a run that is not remembered",
        ("/gates/*/bugs/**",),
    ),
    Undecided(
        "other-attempts",
        "what the metadata hold of other attempts and of their limits",
        ("/attempt/forced", "/metadata", "/metadata/**"),
    ),
)
