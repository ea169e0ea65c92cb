"""How many statements each act costs, counted at the driver; and how SQLite is set up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event

from idp.domain.certificado import Nivel
from idp.domain.procura import Procura
from idp.domain.representation import Demanda, Modo, RepresentationRef
from idp.errors import StoreUnavailable
from idp.ports import AuditEvent
from idp.storage.sql import SqlStore, engine, open_store
from idp.storage.sql.clients import CachedClients
from tests.contracts.data import (
    ACAI,
    BINDING,
    EMPRESA_ACAI,
    FRANCISCA,
    GRANT,
    JOAO,
    NOW,
    TITULAR,
    grant,
)

Count = Callable[[], int]
EVENT = AuditEvent("token.issued", NOW, {"grant": "g1"})
BY_PROCURACAO = RepresentationRef(ACAI, Modo.PROCURACAO, "p-raiz")
BY_CHAIN = RepresentationRef(ACAI, Modo.PROCURACAO, "p-filho")


@pytest.fixture
def statements(store: SqlStore) -> Iterator[list[str]]:
    """The SQL of both engines, as it passes."""
    seen: list[str] = []

    def record(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        seen.append(sql)

    for each in (store.engine, store.reader):
        event.listen(each, "before_cursor_execute", record)
    yield seen
    for each in (store.engine, store.reader):
        event.remove(each, "before_cursor_execute", record)


def on(store: SqlStore, *, sqlite: int, postgresql: int) -> int:
    return sqlite if store.engine.dialect.name == "sqlite" else postgresql


@pytest.mark.parametrize(
    ("holder", "ref", "sqlite", "postgresql"),
    [
        (GRANT.holder, TITULAR, 1, 1),
        (EMPRESA_ACAI, RepresentationRef(ACAI, Modo.TITULAR), 1, 2),
        (FRANCISCA, BY_PROCURACAO, 1, 2),
        (JOAO, BY_CHAIN, 2, 3),
    ],
    ids=["own name", "company", "procuracao", "substabelecimento"],
)
def test_locked_facts(
    store: SqlStore,
    statements: list[str],
    holder: object,
    ref: RepresentationRef,
    sqlite: int,
    postgresql: int,
) -> None:
    with store.begin() as uow:
        uow.cadastro.facts(holder, ref, lock=True)  # type: ignore[arg-type]
    assert len(statements) == on(store, sqlite=sqlite, postgresql=postgresql)


def test_an_issue_a_redemption_and_a_rotation(store: SqlStore, statements: list[str]) -> None:
    """Issue at most 7 statements; redemption and refresh 4 at most (5 where a chain is read)."""
    with store.begin() as uow:
        uow.consents.granted("sub", "rp", BY_PROCURACAO, NOW)
        uow.cadastro.facts(FRANCISCA, BY_PROCURACAO, lock=True)
        uow.consents.remember("sub", "rp", BY_PROCURACAO, GRANT.scopes, NOW, NOW + timedelta(days=1))
        uow.grants.add(grant("g1", holder=FRANCISCA, choice=BY_PROCURACAO), "code", BINDING, "tx")
        uow.audit.append(EVENT)
    assert len(statements) == on(store, sqlite=5, postgresql=6)
    for spend in (
        lambda uow: uow.grants.take_code("code", "rp", NOW),
        lambda uow: uow.grants.rotate("g1", "rp", 0, NOW),
    ):
        statements.clear()
        with store.begin() as uow:
            assert spend(uow)
            uow.cadastro.facts(FRANCISCA, BY_PROCURACAO, lock=True)
            uow.audit.append(EVENT)
        assert len(statements) == on(store, sqlite=3, postgresql=4)


def test_in_use_is_one_select_whatever_the_basis(store: SqlStore, statements: list[str]) -> None:
    with store.begin() as uow:
        uow.grants.add(GRANT, "c1", BINDING, "t1")
        uow.grants.add(grant("g2", holder=JOAO, choice=BY_CHAIN), "c2", BINDING, "t2")
    for id in ("g1", "g2"):
        statements.clear()
        with store.reading() as uow:
            assert uow.grants.in_use(id)
        assert len(statements) == 1


def test_a_page_of_links_is_one_statement_one_for_a_persons_designacoes_one_for_chains(
    store: SqlStore, statements: list[str]
) -> None:
    for holder, cost in ((EMPRESA_ACAI, 1), (FRANCISCA, 2), (JOAO, 3)):
        statements.clear()
        with store.reading() as uow:
            assert uow.vinculos.page(holder, Procura(Demanda(), Nivel.A3, NOW), limit=20)
        assert len(statements) == cost


def test_a_known_client_costs_nothing(store: SqlStore, statements: list[str]) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql(
            'INSERT INTO clients VALUES (\'rp\', \'{"client_id":"rp","name":"RP","grant_types":[],'
            "\"secret_digest\":\"00\"}', '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000')"
        )
    clients = CachedClients(store.reader, 1.0, lambda: 0.0)
    assert clients.get("rp") is not None
    statements.clear()
    assert clients.get("rp") is not None
    assert statements == []


def test_sqlite_as_it_must_be_on_both_engines(sqlite_template: object) -> None:
    opened = open_store(f"sqlite:///{sqlite_template}")
    for each in (opened.engine, opened.reader):
        with each.connect() as connection:
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
        assert found == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1}
    opened.close()


def test_a_sqlite_transaction_has_the_write_lock_from_its_beginning(
    sqlite_template: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And whoever waits for it too long is told that the store does not answer."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    opened = open_store(f"sqlite:///{sqlite_template}")
    entered: list[str] = []

    def second() -> None:
        try:
            with opened.begin():
                entered.append("second")
        except StoreUnavailable as error:
            entered.append(str(error))

    with opened.begin() as uow:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        uow.audit.append(EVENT)
        with opened.reading() as reader:  # readers are not kept waiting
            assert reader.grants.get("g1") is None
    assert entered == ["database is locked"]
    opened.close()
