"""What the stories share: one running sandbox and one taxpayer's computer for each test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright

from tests.journeys.living import LivingSandbox
from tests.journeys.taxpayer import COMMON_NAMES, Computer


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingSandbox]:
    """A sandbox on free ports under real names. Tests share it: leave what others need as it was."""
    living = LivingSandbox(tmp_path_factory.mktemp("living"))
    living.start()
    yield living
    living.stop()


@pytest.fixture(scope="module")
def computer(sandbox: LivingSandbox, playwright: Playwright) -> Iterator[Computer]:
    """A computer with the personas' certificates installed."""
    everybody = Computer(sandbox, playwright, tuple(COMMON_NAMES))
    yield everybody
    everybody.chromium.remove()
