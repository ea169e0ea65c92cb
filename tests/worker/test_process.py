"""``idp worker`` as a process."""

from __future__ import annotations

import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from idp.audit import AuditEvent
from idp.keyring import KeyRing
from idp.storage.sql import open_store, schema
from tests.certificate.openssl_pki import NOW
from tests.support.processes import Process

ROOT = Path(__file__).resolve().parents[2]


def _sealed(file: Path) -> int:
    connection = sqlite3.connect(file)
    found: int = connection.execute("SELECT count(*) FROM audit WHERE sequence IS NOT NULL").fetchone()[0]
    connection.close()
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_chain_is_sealed_until_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    url = f"sqlite:///{tmp_path}/portaria.sqlite"
    schema.upgrade(url, "sandbox")
    KeyRing.create(tmp_path / "signing", "sandbox", NOW)
    environment = {
        "IDP_REALM": "sandbox",
        "IDP_DATABASE_URL": url,
        "IDP_SIGNING_DIR": str(tmp_path / "signing"),
        "IDP_CHECKPOINT_FILE": str(tmp_path / "checkpoints.jsonl"),
    }
    store = open_store(url)
    with Process([sys.executable, "-m", "idp", "worker"], tmp_path / "log", env=environment, cwd=ROOT) as process:
        for count in (1, 2):
            with store.begin() as uow:
                uow.audit.append(AuditEvent("login.discarded", NOW, {"why": "test"}))
            process.wait_for(lambda n=count: _sealed(tmp_path / "portaria.sqlite") == n, "sealed")  # type: ignore[misc]
        process.signal(number)
        assert process.wait() == 0
    store.close()
    assert len((tmp_path / "checkpoints.jsonl").read_text().splitlines()) == 2


def test_without_a_database_it_says_what_to_do(tmp_path: Path) -> None:
    environment = {"IDP_REALM": "sandbox", "IDP_DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite"}
    with Process([sys.executable, "-m", "idp", "worker"], tmp_path / "log", env=environment, cwd=ROOT) as process:
        assert process.wait() == 3
        assert "idp db upgrade" in process.output()
