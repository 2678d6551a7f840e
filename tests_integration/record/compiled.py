"""Templates as Jinja2 has compiled them, kept beside them as Python keeps its compiled modules (PEP 3147)."""

import importlib.util
import pickle
import sys
from contextlib import suppress
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, FileSystemBytecodeCache

BROKEN = (OSError, EOFError, ValueError, pickle.UnpicklingError)


class Compiled(FileSystemBytecodeCache):
    """Compiled templates of one environment; who can write them can write the suite's own code, too.

    Args:
        templates: the folder that they are from.
        settings: the module that says how they are compiled.
    """

    def __init__(self, templates: Path, settings: Path) -> None:
        folder = Path(importlib.util.cache_from_source(str(templates / "templates.py"))).parent
        super().__init__(str(folder), "%s.jinja")
        self.settings = f"{jinja2.__version__}\n{settings.read_text(encoding='utf-8')}"

    def get_source_checksum(self, source: str) -> str:
        """What has to be the same for a compiled template to be the one: the template, its settings, and Jinja2."""
        return super().get_source_checksum(self.settings + source)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read what was compiled; where that cannot be, it is compiled again."""
        try:
            super().load_bytecode(bucket)
        except BROKEN:
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, where Python may keep its modules."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                Path(self.directory).mkdir(parents=True, exist_ok=True)
                super().dump_bytecode(bucket)
