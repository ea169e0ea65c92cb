"""The audit chain: written with the act, sealed in commit order, and no change to it stays unseen."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idp import audit
from idp.audit import Checkpoint, UnknownKind, seal, verify
from idp.ports import AuditEvent
from idp.storage.sql import SqlStore, open_store
from tests.contracts.conftest import database_url, prepare, sqlite_template
from tests.contracts.data import at_once
from tests.support.postgres import Postgres

__all__ = ["database_url", "sqlite_template"]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def check(signature: bytes, signed: bytes) -> bool:
    try:
        KEY.public_key().verify(signature, signed)
    except InvalidSignature:
        return False
    return True


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    store = open_store(database_url)
    yield store
    store.close()


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints.jsonl"


def append(store: SqlStore, *kinds: str) -> None:
    with store.begin() as uow:
        for number, kind in enumerate(kinds):
            uow.audit.append(AuditEvent(kind, NOW, {"cpf": "90000107212", "n": number, "é": [None, True, 1.5]}))


def sealed(store: SqlStore, checkpoints: Path) -> Checkpoint | None:
    return seal(store.audit_log(), KEY.sign, NOW, checkpoints)


def problems(store: SqlStore, checkpoints: Path) -> list[str]:
    return list(verify(store.audit_log(), check, checkpoints).problems)


def change(store: SqlStore, *statements: str) -> None:
    with store.engine.begin() as connection:
        for statement in statements:
            assert connection.exec_driver_sql(statement).rowcount > 0


@pytest.fixture
def chain(store: SqlStore, checkpoints: Path) -> SqlStore:
    """Six sealed rows under two checkpoints, and one unsealed row."""
    append(store, "login.accepted", "code.issued", "token.issued")
    sealed(store, checkpoints)
    append(store, "login.refused", "token.issued", "session.ended")
    sealed(store, checkpoints)
    append(store, "client.created")
    return store


def test_an_intact_chain(chain: SqlStore, checkpoints: Path) -> None:
    report = verify(chain.audit_log(), check, checkpoints)
    assert (report.sealed, report.unsealed, report.erased, report.checkpoints) == (6, 1, 0, 2)
    assert list(report.problems) == []


def test_rows_that_wait_tell_since_when(chain: SqlStore, checkpoints: Path) -> None:
    with chain.begin() as uow:
        for minutes in (3, -2, 5):
            uow.audit.append(AuditEvent("login.accepted", NOW + timedelta(minutes=minutes), {}))
    report = verify(chain.audit_log(), check, checkpoints)
    assert (report.unsealed, report.waiting_since) == (4, NOW - timedelta(minutes=2))
    sealed(chain, checkpoints)
    assert verify(chain.audit_log(), check, checkpoints).waiting_since is None


def test_hashes_recomputed_from_the_description_alone(chain: SqlStore) -> None:
    """SHA-256 over salt and canonical JSON; each link over the hash before it. Nothing of idp.audit is used."""
    head = hashlib.sha256(b"portaria audit chain").hexdigest()
    for row in list(chain.audit_log().rows())[:6]:
        payload = json.loads(row.payload or "")
        committed = json.dumps(
            [row.kind, "2026-11-22T12:00:00.000000+00:00", payload], separators=(",", ":"), ensure_ascii=False
        )
        assert row.commitment == hashlib.sha256(bytes.fromhex(row.salt or "") + committed.encode()).hexdigest()
        link = json.dumps(
            [head, row.sequence, row.kind, "2026-11-22T12:00:00.000000+00:00", row.commitment], separators=(",", ":")
        )
        head = hashlib.sha256(link.encode()).hexdigest()
        assert row.hash == head


def test_equal_payloads_have_different_commitments(store: SqlStore) -> None:
    append(store, "login.accepted")
    append(store, "login.accepted")
    first, second = store.audit_log().rows()
    assert first.payload == second.payload
    assert first.commitment != second.commitment


@pytest.mark.attack("ATK-145")
@pytest.mark.parametrize(
    "tampering",
    [
        ["UPDATE audit SET payload = '{}' WHERE sequence = 2"],
        ["UPDATE audit SET kind = 'login.refused' WHERE sequence = 1"],
        ["UPDATE audit SET at = '2026-11-22 12:00:00.000001' WHERE sequence = 2"],
        ["UPDATE audit SET salt = '00' WHERE sequence = 2"],
        ["UPDATE audit SET salt = NULL, payload = NULL, kind = 'login.refused' WHERE sequence = 1"],
        ["UPDATE audit SET salt = NULL, payload = NULL, commitment = '00' WHERE sequence = 2"],
        ["UPDATE audit SET payload = '{}' WHERE sequence IS NULL"],
        ["DELETE FROM audit WHERE sequence = 2"],
        ["DELETE FROM audit WHERE sequence = 1"],
        ["DELETE FROM audit WHERE sequence = 6"],
        ["DELETE FROM audit WHERE sequence >= 4"],
        ["DELETE FROM audit WHERE sequence IS NOT NULL"],
        ["DELETE FROM audit WHERE sequence = 2", "UPDATE audit SET sequence = 2 WHERE sequence = 6"],
        [
            "UPDATE audit SET sequence = 99 WHERE sequence = 2",
            "UPDATE audit SET sequence = 2 WHERE sequence = 3",
            "UPDATE audit SET sequence = 3 WHERE sequence = 99",
        ],
        ["UPDATE audit SET hash = '00' WHERE sequence = 3"],
        ["UPDATE audit SET sequence = NULL, hash = NULL WHERE sequence = 6"],
    ],
    ids=lambda statements: statements[-1],
)
def test_every_edit_deletion_and_reordering_is_found(chain: SqlStore, checkpoints: Path, tampering: list[str]) -> None:
    change(chain, *tampering)
    assert problems(chain, checkpoints)


@pytest.mark.attack("ATK-145")
def test_a_chain_computed_anew_after_an_edit_differs_from_its_checkpoint(chain: SqlStore, checkpoints: Path) -> None:
    """Who can write the database can make a consistent chain; the checkpoint outside it tells."""
    change(
        chain,
        "DELETE FROM audit WHERE sequence = 2",
        "UPDATE audit SET sequence = NULL, hash = NULL",
    )
    elsewhere = checkpoints.with_name("elsewhere")
    assert seal(chain.audit_log(), KEY.sign, NOW, elsewhere) is not None
    assert problems(chain, elsewhere) == []
    found = problems(chain, checkpoints)
    assert any("sequence 3: differs from its checkpoint" in problem for problem in found)


@pytest.mark.attack("ATK-145")
def test_truncation_is_found_up_to_the_last_checkpoint(chain: SqlStore, checkpoints: Path) -> None:
    change(chain, "DELETE FROM audit WHERE sequence >= 5")
    assert problems(chain, checkpoints) == ["sequence 6: a checkpoint covers it, and it is gone (the chain ends at 4)"]


@pytest.mark.attack("ATK-145")
def test_a_forged_or_damaged_checkpoint_is_found(chain: SqlStore, checkpoints: Path) -> None:
    lines = checkpoints.read_text().splitlines()
    entry = json.loads(lines[1])
    forged = [lines[0], json.dumps({**entry, "sequence": 5}), "not json", json.dumps({"sequence": 1})]
    checkpoints.write_text("\n".join(forged) + "\n")
    assert problems(chain, checkpoints) == [
        "checkpoint 2: its signature is not ours",
        "checkpoint 3: unreadable",
        "checkpoint 4: unreadable",
    ]


def test_erasure_leaves_the_chain_verifying_and_the_payload_gone(chain: SqlStore, checkpoints: Path) -> None:
    assert chain.audit_log().erase([1, 2, 5], AuditEvent("audit.erased", NOW)) == 3
    report = verify(chain.audit_log(), check, checkpoints)
    assert (report.sealed, report.erased, list(report.problems)) == (6, 3, [])
    assert [row.payload is None for row in chain.audit_log().rows()] == [True, True, False, False, True] + [False] * 3


def test_a_checkpoint_whose_root_is_of_other_rows_is_found(chain: SqlStore, checkpoints: Path) -> None:
    """Signed by us, with the right head: a case would rest on rows that are not there."""
    last = Checkpoint.of(json.loads(checkpoints.read_text().splitlines()[-1]))
    assert (last.first, last.sequence) == (4, 6)
    wrong = replace(last, root=hashlib.sha256(b"other rows").hexdigest())
    with checkpoints.open("a") as file:
        file.write(json.dumps(replace(wrong, signature=KEY.sign(wrong.signed)).document()) + "\n")
    (problem,) = problems(chain, checkpoints)
    assert problem.startswith("sequence 6: differs from its checkpoint")


def test_a_checkpoint_of_the_time_before_roots_holds_and_the_next_covers_its_rows(
    store: SqlStore, checkpoints: Path
) -> None:
    append(store, "login.accepted", "code.issued")
    store.audit_log().seal()
    head = list(store.audit_log().rows())[-1].hash or ""
    bare = json.dumps([2, head, "2026-11-22T12:00:00.000000+00:00"], separators=(",", ":"))
    signature = base64.b64encode(KEY.sign(b"portaria audit checkpoint\n" + bare.encode())).decode()
    old = {"sequence": 2, "head": head, "at": "2026-11-22T12:00:00.000000+00:00", "signature": signature}
    checkpoints.write_text(json.dumps(old) + "\n")
    assert problems(store, checkpoints) == []
    append(store, "token.issued")
    new = sealed(store, checkpoints)
    assert new is not None
    assert (new.first, new.sequence) == (1, 3)
    assert problems(store, checkpoints) == []


@pytest.mark.attack("ATK-145")
def test_an_erasure_that_nobody_accounts_for_is_found(chain: SqlStore, checkpoints: Path) -> None:
    assert chain.audit_log().erase([1], AuditEvent("audit.erased", NOW)) == 1
    change(chain, "UPDATE audit SET salt = NULL, payload = NULL WHERE sequence = 2")
    assert problems(chain, checkpoints) == ["2 rows are without their content, and the audit's own rows account for 1"]


def test_nobody_waits_for_a_verification(chain: SqlStore, checkpoints: Path) -> None:
    """It reads one state of the chain for as long as it takes; acts go on being written meanwhile."""
    rows = chain.audit_log().rows()
    next(rows)
    append(chain, "login.accepted")
    sealed(chain, checkpoints)
    assert len(list(rows)) == 6
    assert verify(chain.audit_log(), check, checkpoints).sealed == 8


def test_sealing_goes_on_where_it_was_and_says_when_there_is_nothing(store: SqlStore, checkpoints: Path) -> None:
    assert sealed(store, checkpoints) is None
    assert not checkpoints.exists()
    append(store, "login.accepted", "code.issued")
    first = sealed(store, checkpoints)
    append(store, "token.issued")
    second = sealed(store, checkpoints)
    assert first is not None
    assert second is not None
    assert (first.sequence, second.sequence) == (2, 3)
    assert sealed(store, checkpoints) is None
    assert checkpoints.stat().st_mode & 0o777 == 0o600
    assert check(second.signature, replace(second, signature=b"").signed)
    assert not check(first.signature, second.signed)


def test_more_rows_than_one_batch(store: SqlStore, checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp.storage.sql.audit._BATCH", 3)
    append(store, *["token.issued"] * 7)
    checkpoint = sealed(store, checkpoints)
    assert checkpoint is not None
    assert checkpoint.sequence == 7
    assert problems(store, checkpoints) == []


def test_sixteen_sealers_and_writers_at_once_leave_one_chain(store: SqlStore, checkpoints: Path) -> None:
    def work() -> None:
        append(store, "token.issued", "token.issued")
        sealed(store, checkpoints)

    at_once(16, work)
    sealed(store, checkpoints)
    report = verify(store.audit_log(), check, checkpoints)
    assert (report.sealed, report.unsealed, list(report.problems)) == (32, 0, [])


def test_a_row_committed_late_is_chained_late(postgres: Postgres, checkpoints: Path) -> None:
    """On PostgreSQL a row may get its id before another and be committed after it."""
    store = open_store(postgres.new_database(prepare))
    with store.begin() as slow:
        slow.audit.append(AuditEvent("login.accepted", NOW))
        append(store, "token.issued")
        first = sealed(store, checkpoints)
    second = sealed(store, checkpoints)
    assert first is not None
    assert second is not None
    assert (first.sequence, second.sequence) == (1, 2)
    assert [(row.id, row.sequence) for row in store.audit_log().rows()] == [(2, 1), (1, 2)]
    assert problems(store, checkpoints) == []
    store.close()


def test_no_act_without_its_row_and_no_row_without_its_act(store: SqlStore) -> None:
    def fail_late() -> None:
        with store.begin() as uow:
            uow.audit.append(AuditEvent("login.accepted", NOW))
            uow.audit.append(AuditEvent("login.acepted", NOW))

    with pytest.raises(UnknownKind):
        fail_late()
    assert list(store.audit_log().rows()) == []


def test_the_vocabulary_explains_each_kind_once() -> None:
    kinds = [kind for kind, _ in audit.VOCABULARY]
    assert len(set(kinds)) == len(kinds)
    assert all(meaning.strip() for _, meaning in audit.VOCABULARY)
