"""Hands pytest over to the suite."""

pytest_plugins = ["tests_integration.plugin"]
