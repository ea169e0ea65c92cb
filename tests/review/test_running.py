"""Findings that only show in a whole running installation."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.journeys.living import LivingSandbox
from tests.journeys.plain import Browser, Login


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingSandbox]:
    living = LivingSandbox(tmp_path_factory.mktemp("review"))
    living.start()
    yield living
    living.stop()


@pytest.mark.attack("ATK-145")
@pytest.mark.xfail(strict=True, reason="nothing starts idp.worker: not idp serve, not the units, not the sandbox")
def test_a_running_server_seals_its_audit_rows(sandbox: LivingSandbox) -> None:
    Login(Browser(sandbox, "contadora")).consent()
    time.sleep(4)  # "within a second a sealer …" (idp/audit.py)
    report = json.loads(sandbox.idp("audit", "verify", "--json").stdout)
    assert report["unsealed"] == 0, report
