"""A portal, and two people in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient

from tests.web import people
from tests.web.portal.stage import Stage


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[dict[str, Any]]]:
    """The log lines of the test, before masking and rendering."""
    with structlog.testing.capture_logs() as captured:
        yield captured  # type: ignore[misc]


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def contadora(stage: Stage) -> FlaskClient:
    return stage.browser()


@pytest.fixture
def empresa(stage: Stage) -> FlaskClient:
    return stage.browser(people.EMPRESA, "E")
