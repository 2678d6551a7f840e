"""Names the suite `waveproof` in its wheel, since a host may have a folder `tests_integration` of its own.

An editable install is this repository, names and all, and is left as it is. In the wheel, one name stands for the other
in all that is packed: imports, `python -m …` in messages, names of plugins and of packages with templates. So whatever
is said there is true there, and no import looks for a package by the name that it has here.
"""

import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE, THERE = "tests_integration", "waveproof"


class Rename(BuildHookInterface[Any]):
    """Puts renamed copies in place of the files that hatchling has selected (hatchling's `force_include`)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Rename what is in the files, and the plugin; pyproject.toml's `sources` say where they go."""
        if version != "standard":
            return
        self.folder = tempfile.TemporaryDirectory()
        for n, file in enumerate(self.build_config.builder.recurse_selected_project_files()):
            renamed = Path(self.folder.name, str(n))
            renamed.write_bytes(Path(file.path).read_bytes().replace(HERE.encode(), THERE.encode()))
            build_data["force_include"][str(renamed)] = file.distribution_path
        self.metadata.core.entry_points["pytest11"] = {f"{THERE}.plugin": f"{THERE}.plugin"}

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the copies."""
        del build_data, artifact_path
        if version == "standard":
            self.folder.cleanup()
