"""idp audit verify: says what does not agree, and that nothing seals."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import Idp


@pytest.fixture
def with_rows(installed: Idp) -> Idp:
    installed("keys create")
    return installed


def ago(idp: Idp, **since: float) -> None:
    """Move the unsealed rows back, and their commitments with them."""
    at = datetime.now(UTC) - timedelta(**since)
    with sqlite3.connect(idp.directory / "keys" / "portaria.sqlite") as connection:
        rows = connection.execute("SELECT id, kind, salt, payload FROM audit WHERE sequence IS NULL").fetchall()
        for id, kind, salt, payload in rows:
            committed = f'["{kind}","{at.isoformat(timespec="microseconds")}",{payload}]'
            digest = hashlib.sha256(bytes.fromhex(salt) + committed.encode()).hexdigest()
            moment = at.strftime("%Y-%m-%d %H:%M:%S.%f")
            connection.execute("UPDATE audit SET at = ?, commitment = ? WHERE id = ?", [moment, digest, id])
    connection.close()


def test_rows_of_this_second_wait_for_the_worker(with_rows: Idp) -> None:
    document = with_rows.json("audit verify")
    assert (document["intact"], document["sealing"], document["unsealed"]) == (True, True, 4)


def test_rows_that_wait_for_a_minute_have_no_worker(with_rows: Idp) -> None:
    ago(with_rows, seconds=50)
    assert with_rows.json("audit verify")["sealing"] is True
    ago(with_rows, seconds=61)
    document = with_rows.json("audit verify", exit_code=1)
    assert (document["intact"], document["sealing"]) == (True, False)
    assert "start idp worker" in with_rows("audit verify", exit_code=1).stderr
    with_rows("audit seal")
    assert with_rows.json("audit verify")["sealing"] is True
