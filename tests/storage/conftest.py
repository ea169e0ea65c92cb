"""The stores of the contract suites, here too."""

from tests.contracts.conftest import database_url, postgres_store, sqlite_template, store

__all__ = ["database_url", "postgres_store", "sqlite_template", "store"]
