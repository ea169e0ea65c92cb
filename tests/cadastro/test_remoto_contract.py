"""What the cadastro says, the same suite as for our own tables: its facts come from an authority's service over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from idp.cadastro.https import Service
from idp.cadastro.remoto import RemoteCadastro
from idp.clock import SystemClock
from idp.storage.sql import SqlStore, open_store
from tests.contracts import test_cadastro as suite
from tests.contracts.data import EMPRESA_ACAI, EMPRESA_CASTANHA, FRANCISCA, JOAO, RAIMUNDO, SEED, TEREZA
from tests.support.registry import Certificates, Registry

globals().update({name: test for name, test in vars(suite).items() if name.startswith("test_")})


@pytest.fixture
def store(database_url: str, made: Certificates, registry: Registry) -> Iterator[SqlStore]:
    """Procurações of our own; everything else was fetched when each of these people came."""
    store = open_store(database_url)
    with store.engine.begin() as connection:
        for statement in SEED:
            if statement.startswith("INSERT INTO procuracoes"):
                connection.execute(text(statement))
    clock = SystemClock()
    source = RemoteCadastro(
        Service(registry.url, clock.now, ca=made.ca),
        store.fetched(),
        clock,
        fresh=timedelta(minutes=5),
        age=timedelta(hours=1),
    )
    for holder in (TEREZA, RAIMUNDO, FRANCISCA, JOAO, EMPRESA_ACAI, EMPRESA_CASTANHA):
        assert source.before_choices(holder) is None
    assert set(registry.paths) == {"/v1/contribuinte", "/v1/representante"}
    yield store
    store.close()
