"""How fast: the suite beside what a person would do by hand, in one run of pytest-benchmark. Not run by the tests."""
