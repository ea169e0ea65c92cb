"""The stores of the contract suites, here too, and an authority's service over TLS."""

from collections.abc import Iterator

import pytest

from tests.cadastro.seed import contribuintes
from tests.contracts.conftest import database_url, postgres_store, sqlite_template, store
from tests.support.registry import Certificates, Registry, certificates, serving

__all__ = ["database_url", "postgres_store", "sqlite_template", "store"]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("registry"))


@pytest.fixture
def registry(made: Certificates) -> Iterator[Registry]:
    """The service, with the small cadastro of tests/contracts."""
    with serving(made) as registry:
        registry.contribuintes = contribuintes()
        yield registry
