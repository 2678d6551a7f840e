"""Fuzz targets: what reads or repeats the bytes of strangers, fed with any bytes.

Run: `python -m tests_integration.fuzz TARGET SECONDS`, TARGET being `plans`, `documents`, `merges` or `texts`. It is
guided by coverage where atheris is installed (`pip install atheris`), and tries at random (hypothesis) where it is not.
What it finds ends it, with the bytes. The selftests run each target for a moment, the same way every time.

A target is a module with `one(data)`, which raises where something is wrong, and `SEEDS`, which are changed to get
more like them; `WORDS` are put into them.
"""
