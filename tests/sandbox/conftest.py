"""One PKI for all tests of this folder: making RSA keys is the slow part."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from idp.sandbox import pki

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> pki.Pki:
    directory = tmp_path_factory.mktemp("sandbox") / "pki"
    pki.create(directory, NOW)
    return pki.Pki(directory)


@pytest.fixture(scope="session")
def made_now(tmp_path_factory: pytest.TempPathFactory) -> pki.Pki:
    """The same, made today: for real TLS connections."""
    directory = tmp_path_factory.mktemp("sandbox-now") / "pki"
    pki.create(directory, datetime.now(UTC))
    return pki.Pki(directory)
