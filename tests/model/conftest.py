"""An empty database of the present schema, for each example to begin with."""

from __future__ import annotations

import pytest

from idp.storage.sql import schema
from tests.model.machine import RightsMachine


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> type[RightsMachine]:
    directory = tmp_path_factory.mktemp("model")
    RightsMachine.template = directory / "template.sqlite"
    RightsMachine.place = directory / "example.sqlite"
    schema.upgrade(f"sqlite:///{RightsMachine.template}", "sandbox")
    return RightsMachine
