"""What only shows in a whole running installation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.living import LivingSandbox
from tests.journeys.plain import Browser, Login
from tests.support.processes import wait_until


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingSandbox]:
    living = LivingSandbox(tmp_path_factory.mktemp("review"))
    living.start()
    yield living
    living.stop()


@pytest.mark.attack("ATK-145")
def test_a_running_server_seals_its_audit_rows(sandbox: LivingSandbox) -> None:
    Login(Browser(sandbox, "contadora")).consent()
    wait_until(lambda: _report(sandbox)["unsealed"] == 0, "every audit row is sealed")
    assert _report(sandbox)["sealed"] > 0


def _report(sandbox: LivingSandbox) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(sandbox.idp("audit", "verify", "--json").stdout)
    return report
