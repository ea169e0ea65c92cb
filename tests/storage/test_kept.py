"""Connections that stay open between units of work: nothing of one is left to the next, and no broken one is kept."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import event

from idp.errors import StoreUnavailable
from idp.storage.sql import SqlStore
from tests.contracts.data import BINDING, GRANT
from tests.support.postgres import Postgres


def checkouts(store: SqlStore) -> list[object]:
    seen: list[object] = []
    for engine in (store.engine, store.reader):
        event.listen(engine, "checkout", lambda connection, *_: seen.append(connection))
    return seen


def test_one_connection_serves_one_after_the_other(store: SqlStore) -> None:
    seen = checkouts(store)
    for _ in range(3):
        with store.begin() as uow:
            uow.audit.append()
    assert len(seen) == 1


def test_two_at_once_have_their_own(store: SqlStore) -> None:
    seen = checkouts(store)
    with store.reading() as one, store.reading() as other:
        assert one is not other
    with store.reading(), store.reading():
        pass
    assert len(seen) == 2


def test_a_failure_undoes_what_was_written_and_gives_the_connection_back(store: SqlStore) -> None:
    seen = checkouts(store)

    def fails() -> None:
        with store.begin() as uow:
            uow.grants.add(GRANT, "code", BINDING, "tx")
            raise LookupError

    with pytest.raises(LookupError):
        fails()
    with store.begin() as uow:
        assert uow.grants.get(GRANT.id) is None
    assert len(seen) == 2


def test_a_read_leaves_no_snapshot_behind(store: SqlStore) -> None:
    """What SQLAlchemy counts as a transaction of the reader ends with its use: the next use sees what came between."""
    with store.reading() as uow:
        assert uow.grants.get(GRANT.id) is None
    with store.begin() as uow:
        uow.grants.add(GRANT, "code", BINDING, "tx")
    with store.reading() as uow:
        assert uow.grants.get(GRANT.id) == GRANT


def test_when_the_database_came_back_one_error_is_all(postgres: Postgres, postgres_store: SqlStore) -> None:
    store = postgres_store
    with store.reading() as one, store.reading() as other:
        assert one.grants.in_use("g") is other.grants.in_use("g") is None
    with postgres.admin() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = %s",
            (store.reader.url.database,),
        )
    with pytest.raises(StoreUnavailable), store.reading() as uow:
        uow.grants.in_use("g")
    with store.reading() as one, store.reading() as other:
        assert one.grants.in_use("g") is other.grants.in_use("g") is None


def test_none_is_open_once_the_store_is_closed(postgres_store: SqlStore) -> None:
    opened: list[psycopg.Connection[object]] = []
    for engine in (postgres_store.engine, postgres_store.reader):
        event.listen(engine, "connect", lambda connection, _: opened.append(connection))
    with postgres_store.reading(), postgres_store.reading(), postgres_store.begin():
        pass
    assert {one.closed for one in opened} == {False}
    postgres_store.close()
    assert {one.closed for one in opened} == {True}
