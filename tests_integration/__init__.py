"""waveproof: integrates a wave of branches, proves it and leaves the record."""

import os

__version__ = "0.1.0"

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
"""GitPython raises when it is imported where there is no git; `options.require_tools` says so in words instead."""
