"""Every implementation of the storage ports, on real servers, with one small cadastro in literal SQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from idp.ports import Ephemeral
from idp.storage.ephemeral import open_ephemeral
from idp.storage.sql import SqlStore, open_store, schema
from tests.contracts.data import SEED, FixedClock
from tests.support.postgres import Postgres


def prepare(url: str) -> None:
    """An up-to-date database of the sandbox realm."""
    schema.upgrade(url, "sandbox")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "portaria.sqlite"
    prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty, migrated database on each backend."""
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        return postgres.new_database(prepare)
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "portaria.sqlite")
    return f"sqlite:///{tmp_path}/portaria.sqlite"


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """A store with the seed's cadastro."""
    store = open_store(database_url)
    with store.engine.begin() as connection:
        for statement in SEED:
            connection.execute(text(statement))
    yield store
    store.close()


@pytest.fixture
def postgres_store(postgres: Postgres) -> Iterator[SqlStore]:
    """The same, on PostgreSQL only: for what row locks promise."""
    store = open_store(postgres.new_database(prepare))
    with store.engine.begin() as connection:
        for statement in SEED:
            connection.execute(text(statement))
    yield store
    store.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 22, 12, tzinfo=UTC))


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def ephemeral(request: pytest.FixtureRequest, clock: FixedClock, tmp_path: Path) -> Iterator[Ephemeral]:
    """An empty ephemeral store on each backend. Redis keeps time by its own clock, the others by ``clock``."""
    if request.param == "redis":
        store = open_ephemeral(request.getfixturevalue("redis_url"), "", clock)
    elif request.param == "postgresql":
        store = open_ephemeral("sql", request.getfixturevalue("postgres").new_database(prepare), clock)
    else:
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "portaria.sqlite")
        store = open_ephemeral("sql", f"sqlite:///{tmp_path}/portaria.sqlite", clock)
    yield store
    store.close()  # type: ignore[attr-defined]
