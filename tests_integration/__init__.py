"""waveproof: integrates a wave of branches, proves it and leaves the record."""

__version__ = "0.1.0"
