from __future__ import annotations

import pytest

from tests.hostile.seeds import World


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A root, a CA whose key the tests hold, and what it issued."""
    return World(tmp_path_factory.mktemp("hostile"))
