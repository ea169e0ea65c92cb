"""A database of the present schema, for histories to begin in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from idp.storage.sql import open_store, schema
from tests.model.machine import RightsMachine


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[type[RightsMachine]]:
    url = f"sqlite:///{tmp_path_factory.mktemp('model')}/portaria.sqlite"
    schema.upgrade(url, "sandbox")
    RightsMachine.store = open_store(url)
    yield RightsMachine
    RightsMachine.store.close()
