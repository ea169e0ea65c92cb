"""What the examples share: one running sandbox for each test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.living import LivingSandbox


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingSandbox]:
    """A sandbox on free ports under real names."""
    living = LivingSandbox(tmp_path_factory.mktemp("examples"))
    living.start()
    yield living
    living.stop()
