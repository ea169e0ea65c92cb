"""One provider a test, over a copy of one SQLite file and one key directory."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.keyring import KeyRing
from tests.oidc.world import Browser, World


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("world")
    World(directory).close()
    return directory


@pytest.fixture(scope="session")
def _keys(_template: Path) -> KeyRing:
    """Opening one is slow; nobody changes this one."""
    return KeyRing.open(_template / "keys", "sandbox")


@pytest.fixture
def world(_template: Path, _keys: KeyRing, tmp_path: Path) -> Iterator[World]:
    directory = tmp_path / "world"
    shutil.copytree(_template, directory)
    world = World(directory, _keys)
    yield world
    world.close()


@pytest.fixture
def warm(_template: Path, _keys: KeyRing, tmp_path: Path) -> Iterator[World]:
    """A world that has its clients cached, as a process has that served before."""
    directory = tmp_path / "world"
    shutil.copytree(_template, directory)
    world = World(directory, _keys, cache_seconds=3600)
    world.clients.get("app")
    yield world
    world.close()


@pytest.fixture
def rotating(_template: Path, tmp_path: Path) -> Iterator[World]:
    """A world with a key ring of its own."""
    directory = tmp_path / "world"
    shutil.copytree(_template, directory)
    world = World(directory)
    yield world
    world.close()


@pytest.fixture
def browser(world: World) -> Browser:
    return world.browser()
