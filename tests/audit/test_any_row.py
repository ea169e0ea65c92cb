"""Deletion, edit, insertion or reordering of any row is found: among two thousand, among a million."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import bindparam, delete, insert, select, update

from idp.audit import seal, sealed_event, verify
from idp.ports import AuditEvent
from idp.storage.sql import SqlStore, open_store
from idp.storage.sql.tables import audit
from tests.contracts.conftest import prepare
from tests.support.postgres import Postgres

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
UNSEALED = 20


def check(signature: bytes, signed: bytes) -> bool:
    try:
        KEY.public_key().verify(signature, signed)
    except InvalidSignature:
        return False
    return True


@dataclass
class Chain:
    """``size`` rows under some checkpoints, the last UNSEALED of them not sealed yet."""

    store: SqlStore
    checkpoints: Path
    size: int

    def fill(self, parts: int) -> None:
        sealed = self.size - UNSEALED
        steps = [sealed * part // parts for part in range(parts + 1)]
        for start, end in pairwise(steps):
            self.write(start, end)
            assert seal(self.store.audit_log(), KEY.sign, NOW, self.checkpoints) is not None
        self.write(sealed, self.size)

    def write(self, start: int, end: int) -> None:
        for first in range(start, end, 20_000):
            events = (
                AuditEvent("token.issued", NOW + timedelta(seconds=n), {"n": n})
                for n in range(first, min(end, first + 20_000))
            )
            with self.store.engine.begin() as connection:
                connection.execute(insert(audit), [sealed_event(event) for event in events])

    def problems(self) -> Sequence[str]:
        return verify(self.store.audit_log(), check, self.checkpoints).problems

    def ids(self, *sequences: int) -> list[int]:
        with self.store.reader.connect() as connection:
            found = connection.execute(select(audit.c.sequence, audit.c.id).where(audit.c.sequence.in_(sequences)))
            by_sequence = {row.sequence: row.id for row in found}
        return [by_sequence[sequence] for sequence in sequences]

    def found(self, ids: Sequence[int], tamper: Callable[[Any, list[dict[str, Any]]], object]) -> bool:
        """Whether the verification tells of ``tamper``, which is undone afterwards. It may change the rows ``ids``, of
        which it is given the contents, and add one with the id 0."""
        with self.store.engine.begin() as connection:
            rows = [dict(row._mapping) for row in connection.execute(select(audit).where(audit.c.id.in_(ids)))]
            rows.sort(key=lambda row: ids.index(row["id"]))
            tamper(connection, [dict(row) for row in rows])
        told = self.problems()
        with self.store.engine.begin() as connection:
            connection.execute(delete(audit).where(audit.c.id.in_([0, *ids])))
            connection.execute(insert(audit), rows)
        return bool(told)


def put(connection: Any, id: int, **changes: Any) -> None:
    connection.execute(update(audit).where(audit.c.id == bindparam("key")).values(**changes), {"key": id})


def drop(connection: Any, id: int) -> None:
    connection.execute(delete(audit).where(audit.c.id == id))


def exchange(connection: Any, rows: list[dict[str, Any]], *columns: str) -> None:
    one, other = rows
    put(connection, one["id"], sequence=None)
    put(connection, other["id"], **{name: one[name] for name in columns})
    put(connection, one["id"], **{name: other[name] for name in columns})


def attempts(chain: Chain, rng: random.Random) -> Iterator[tuple[str, bool]]:
    last = chain.size - UNSEALED
    anywhere = sorted(rng.sample(range(2, last), 3))
    for sequence in (1, last, *anywhere):
        (id,) = chain.ids(sequence)
        yield f"delete {sequence}", chain.found([id], lambda c, rows: drop(c, rows[0]["id"]))
    sequence = rng.randrange(1, last)
    (id,) = chain.ids(sequence)
    edits: list[dict[str, Any]] = [
        {"payload": '{"n":-1}'},
        {"kind": "login.accepted"},
        {"at": NOW - timedelta(days=1)},
        {"salt": "00" * 16},
        {"commitment": "00" * 32},
        {"hash": "00" * 32},
        {"salt": None, "payload": None},
        sealed_event(AuditEvent("token.issued", NOW, {"n": "another, with a commitment of its own"})),
    ]
    for edit in edits:
        yield f"edit {sorted(edit)} of {sequence}", chain.found([id], lambda c, rows, edit=edit: put(c, id, **edit))
    a, b = chain.ids(*rng.sample(range(1, last), 2))
    content = ("kind", "at", "commitment", "salt", "payload")
    yield "exchange of contents", chain.found([a, b], lambda c, rows: exchange(c, rows, "sequence", *content))
    yield "exchange of places", chain.found([a, b], lambda c, rows: exchange(c, rows, "sequence", "hash"))
    near = rng.randrange(1, last)
    pair = chain.ids(near, near + 1)
    yield "neighbours exchanged", chain.found(pair, lambda c, rows: exchange(c, rows, "sequence", "hash"))
    new = {"id": 0, **sealed_event(AuditEvent("token.issued", NOW, {}))}
    extra = {**new, "sequence": last + 1, "hash": "00" * 32}
    yield "a row put in after the end", chain.found([a], lambda c, rows: c.execute(insert(audit), extra))

    def in_place(connection: Any, rows: list[dict[str, Any]]) -> None:
        drop(connection, a)
        connection.execute(insert(audit), {**new, "sequence": rows[0]["sequence"], "hash": rows[0]["hash"]})

    yield "a row put in the place of another", chain.found([a], in_place)
    end = chain.ids(*range(last - 4, last + 1))
    whole = audit.c.id.in_(end)
    yield "the end cut off", chain.found(end, lambda c, rows: c.execute(delete(audit).where(whole)))
    with chain.store.reader.connect() as connection:
        tail = connection.execute(select(audit.c.id).where(audit.c.sequence.is_(None)).limit(1)).scalar_one()
    for edit in ({"payload": "{}"}, {"kind": "login.accepted"}, {"salt": None, "payload": None}):
        yield f"edit {edit} not sealed yet", chain.found([tail], lambda c, rows, edit=edit: put(c, tail, **edit))


def judged(chain: Chain) -> None:
    assert chain.problems() == ()
    missed = [what for what, found in attempts(chain, random.Random(2026)) if not found]
    assert missed == []
    assert chain.problems() == ()  # everything was undone: it was the tampering that was found


@pytest.mark.attack("ATK-145")
def test_among_two_thousand(tmp_path: Path) -> None:
    prepare(url := f"sqlite:///{tmp_path / 'db.sqlite'}")
    store = open_store(url)
    chain = Chain(store, tmp_path / "checkpoints", 2_000)
    chain.fill(parts=7)
    judged(chain)
    store.close()


@pytest.mark.deep
@pytest.mark.attack("ATK-145")
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_among_a_million(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if database == "sqlite":
        prepare(url := f"sqlite:///{tmp_path / 'db.sqlite'}")
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.new_database(prepare)
    store = open_store(url)
    chain = Chain(store, tmp_path / "checkpoints", 1_000_000)
    chain.fill(parts=50)
    judged(chain)
    store.close()
