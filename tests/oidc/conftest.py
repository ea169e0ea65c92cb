"""One provider a test, over a copy of one SQLite file and one key directory."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oidc.world import Browser, World


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("world")
    World(directory).close()
    return directory


@pytest.fixture
def world(_template: Path, tmp_path: Path) -> Iterator[World]:
    directory = tmp_path / "world"
    shutil.copytree(_template, directory)
    world = World(directory)
    yield world
    world.close()


@pytest.fixture
def browser(world: World) -> Browser:
    return world.browser()
