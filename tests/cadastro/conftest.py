"""The stores of the contract suites, here too."""

from tests.contracts.conftest import database_url, sqlite_template, store

__all__ = ["database_url", "sqlite_template", "store"]
