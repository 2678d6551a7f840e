"""What success means: one module a stage, each criterion a test function whose docstring is its description.

A criterion asks git (`repository.ask`), with the plan beside it; it never asks the engine what it did.
"""
