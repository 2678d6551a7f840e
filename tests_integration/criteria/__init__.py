"""What success means: `test_STAGE.py` holds the criteria of a stage, each a test function whose docstring describes it.

A criterion asks git (`repository`), with the plan beside it; it never asks the engine what it did. The other modules
answer one question each, such as what a merge is to hold (`expected`) or what it took away of earlier work (`kept`).
"""
