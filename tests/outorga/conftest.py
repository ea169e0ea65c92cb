"""The world on SQLite, and on PostgreSQL for what only real concurrency shows."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from idp.storage.sql import open_store, schema
from tests.outorga.world import World
from tests.support.postgres import Postgres


def prepare(url: str) -> None:
    schema.upgrade(url, "sandbox")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("outorga") / "portaria.sqlite"
    prepare(f"sqlite:///{path}")
    return path


@pytest.fixture
def make(template: Path, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes worlds, by their rules and policy."""
    stores = []

    def world(**options: Any) -> World:
        path = tmp_path / f"{len(stores)}.sqlite"
        shutil.copy(template, path)
        stores.append(open_store(f"sqlite:///{path}"))
        return World.seeded(stores[-1], **options)

    yield world
    for store in stores:
        store.close()


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    return make()


@pytest.fixture
def on_postgres(postgres: Postgres) -> Iterator[World]:
    store = open_store(postgres.new_database(prepare))
    yield World.seeded(store)
    store.close()
