"""Does what an explanation says: its plan lines are pasted into the plan, as text."""

import re
from collections.abc import Callable
from pathlib import Path

from tests_integration.selftests.waves import Wave, integrated

ITEM = re.compile(r"^(?P<path>\S.*) \((?P<kind>[^()]+)\): ")
LINE = re.compile(r"^    (- \{.* take: (?P<take>\w+), .*)$")


class TextWave(Wave):
    """A wave to whose plan text can be added as an editor would.

    Attributes:
        text: what stands at the end of the plan.
    """

    def __init__(self, folder: Path, make: Callable[[Wave], None]) -> None:
        super().__init__(folder)
        self.text = ""
        make(self)

    def write(self, name: str = "wave") -> Path:
        """Write the plan."""
        file = super().write(name)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(self.text)
        return file

    def paste(self, *lines: str) -> None:
        """Paste lines under `resolve:`."""
        self.text = self.text or "resolve:\n"
        self.text += "".join(f"{line}\n" for line in lines)


def explanation(wave: Wave) -> str:
    """What is said of the one branch that does not merge."""
    with integrated(wave) as built:
        (parked,) = [parked for parked in built.integration.parked if not parked.waits_for]
        return parked.problem


def offered(problem: str) -> dict[str, dict[str, str]]:
    """The plan lines of an explanation, by path and by `take`."""
    found: dict[str, dict[str, str]] = {}
    for line in problem.splitlines():
        if item := ITEM.match(line):
            lines = found.setdefault(item["path"], {})
        elif rule := LINE.match(line):
            lines[rule["take"]] = line
    return found


def paste(wave: TextWave, take: str) -> dict[str, dict[str, str]]:
    """Paste the line of this `take` for each file in conflict, or the only one that there is; what was offered."""
    lines = offered(explanation(wave))
    wave.paste(*(of_file.get(take) or next(iter(of_file.values())) for of_file in lines.values()))
    return lines
