"""WHAT THE RECORD IS WORTH: from the record and any repository that has the commits, claim by claim.

Few-line cases whose docstrings are the claims in words, as in `criteria/`; collected with `--record` only. They know
neither the plan nor the engine: what git or another claim of the record decides is recomputed, and what nothing decides
is listed as such (`undecided`), never passed.
"""
