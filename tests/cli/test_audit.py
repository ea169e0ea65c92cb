"""idp audit verify: says what does not agree, and that nothing seals."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result

from idp.clock import SystemClock
from idp.storage.sql import open_store
from tests.audit.world import story
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
    ago(with_rows, seconds=20)
    assert with_rows.json("audit verify")["sealing"] is True
    ago(with_rows, seconds=61)
    document = with_rows.json("audit verify", exit_code=1)
    assert (document["intact"], document["sealing"]) == (True, False)
    assert "start idp worker" in with_rows("audit verify", exit_code=1).stderr
    with_rows("audit seal")
    assert with_rows.json("audit verify")["sealing"] is True


# -- reading -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def told(with_rows: Idp) -> Idp:
    """An installation with a procuração, what befell it and who used it."""
    store = open_store(f"sqlite:///{with_rows.directory / 'keys' / 'portaria.sqlite'}")
    story(store)
    store.close()
    return with_rows


def lines(result: Result) -> list[Any]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_search_finds_by_what_is_asked_and_is_itself_recorded(told: Idp) -> None:
    found = lines(told("audit search --json --person", "181.622.472-38", "--client", "dte"))
    assert [row["kind"] for row in found] == ["code.issued", "token.issued", "audit.read"]
    (line,) = told("audit search --procuracao prc_mae --kind procuracao.revogar").stdout.splitlines()
    assert line.startswith("19  2026-11-30T13:00:00+00:00  procuracao.revogar  {")
    assert lines(told("audit search --json --inscricao AM:040000028 --since 2026-11-29")) != []
    read = [row["payload"] for row in lines(told("audit search --json --kind audit.read"))]
    assert all(row["actor"] for row in read)
    asked = [{name: value for name, value in row.items() if name != "actor"} for row in read]
    assert asked == [
        {"what": "search", "pessoa": "18162247238", "client": "dte"},
        {"what": "search", "procuracao": "prc_mae", "kinds": ["procuracao.revogar"]},
        {"what": "search", "inscricao": "AM:040000028", "since": "2026-11-29T00:00:00+00:00"},
        {"what": "search", "kinds": ["audit.read"]},
    ]
    # Whom it was about finds out who looked.
    assert "audit.read" in [row["kind"] for row in lines(told("audit search --json --person 18162247238"))]


@pytest.mark.parametrize(
    "asked", ["--person 123", "--inscricao 040000028", "--kind nothing", "--since yesterday", "-o file"]
)
def test_what_cannot_be_asked(told: Idp, asked: str) -> None:
    told(f"audit {'export' if '-o' in asked else 'search'} {asked}", exit_code=2)


def test_a_case_verifies_without_the_installation(told: Idp, tmp_path_factory: pytest.TempPathFactory) -> None:
    case = tmp_path_factory.mktemp("elsewhere") / "caso.json"
    jwks = case.with_name("jwks.json")
    assert told.json("audit export --procuracao prc_mae -o", str(case)) == {"file": str(case), "rows": 9}
    assert case.stat().st_mode & 0o777 == 0o600
    document = json.loads(case.read_bytes())["case"]
    assert document["procuracao"]["outorgado_nome"] == "AUGUSTA ADA KING"
    assert [one["id"] for one in document["descendants"]] == ["prc_filha"]
    jwks.write_text(json.dumps({"keys": document["keys"]}))
    shutil.rmtree(told.directory / "keys")

    alone = told("audit verify", str(case), exit_code=4)
    assert "DOES NOT HOLD" not in alone.stdout
    assert "NOT PROVED: that the key" in alone.stdout
    assert "nobody vouches for the key of this file" in alone.stderr
    assert told.json("audit verify", str(case), exit_code=4)["outcome"] == "unvouched"
    said = told("audit verify --jwks", str(jwks), str(case)).stdout
    assert "NOT PROVED" not in said
    assert "9 rows are what was written at the time" in said
    verdict = told.json("audit verify --jwks", str(jwks), str(case))
    assert (verdict["outcome"], verdict["holds"], verdict["key_given"]) == ("proved", True, True)

    case.write_text(case.read_text().replace("prc_filha", "prc_falha"))
    said = told("audit verify --jwks", str(jwks), str(case), exit_code=1).stdout
    assert "DOES NOT HOLD" in said
    assert "Do not rely on this file." in said
    assert told.json("audit verify", str(case), exit_code=1)["outcome"] == "refuted"
    jwks.write_text("{}")
    told("audit verify --jwks", str(jwks), str(case), exit_code=2)
    told("audit verify", str(jwks), exit_code=2)
    told("audit verify --jwks", str(jwks), exit_code=2)


def test_a_case_of_no_procuracao(told: Idp) -> None:
    told("audit export --procuracao none", exit_code=1)


def test_a_persons_own_data(told: Idp) -> None:
    document = json.loads(told("person export 52998224725").stdout)
    assert document["documento"] == "52998224725"
    assert [row["id"] for row in document["tables"]["procuracoes"]] == ["prc_filha"]
    assert [row["kind"] for row in document["tables"]["audit"]][-1] == "audit.read"
    assert told.json("person erase 52998224725") == {"erased": {}}
    told("person export 123", exit_code=2)


def test_erasing_waits_for_the_legal_term(told: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = told("audit erase --person 52998224725", exit_code=1)
    assert "the legal term runs until 2032-12-22: nothing was erased" in refused.stderr

    def later(_: SystemClock) -> datetime:
        return datetime(2033, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(SystemClock, "now", later)
    with sqlite3.connect(told.directory / "keys" / "portaria.sqlite") as connection:
        connection.execute("DELETE FROM procuracoes")
    connection.close()
    assert told.json("audit erase --person 52998224725") == {"erased": 3}
    told("audit seal")
    assert told.json("audit verify")["problems"] == []
    kinds = {row["kind"] for row in lines(told("audit search --json --person 52998224725"))}
    assert kinds == {"audit.read"}
