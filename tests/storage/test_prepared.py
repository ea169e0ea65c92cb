"""Statements executed past SQLAlchemy's result machinery still fail, and are seen, as SQLAlchemy's do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from idp.errors import StoreUnavailable
from idp.ports import AuditEvent
from idp.storage.sql import SqlStore, tables
from idp.storage.sql.prepared import Prepared
from tests.contracts.data import BINDING, GRANT, NOW, grant
from tests.support.postgres import Postgres


def test_values_go_in_and_come_out_as_python_knows_them(store: SqlStore) -> None:
    with store.begin() as uow:
        uow.grants.add(GRANT, "code", BINDING, "tx")
    columns = (tables.grants.c.created_at, tables.grants.c.explicit_redirect_uri, tables.grants.c.generation)
    since = Prepared(select(*columns).where(tables.grants.c.created_at >= NOW))
    with store.reader.connect() as connection:
        assert since.rows(connection, {}) == [(GRANT.created_at, BINDING.explicit_redirect_uri, 0)]
    with store.begin() as uow:
        assert uow.grants.take_code("code", GRANT.client_id, NOW) == (GRANT, BINDING)
        assert uow.grants.take_code("code", GRANT.client_id, NOW) is None


def test_a_driver_error_is_wrapped(store: SqlStore) -> None:
    with store.begin() as uow:
        uow.grants.add(GRANT, "code", BINDING, "tx")
    with pytest.raises(IntegrityError), store.begin() as uow:
        uow.grants.add(grant("other"), "code", BINDING, "another tx")
    with store.begin() as uow:
        uow.grants.add(grant("other"), "another code", BINDING, "another tx")


def test_events_see_each_execution(store: SqlStore) -> None:
    seen: list[str] = []
    event.listen(store.reader, "before_cursor_execute", lambda _c, _cursor, sql, *_: seen.append(sql))
    store.record(AuditEvent("token.issued", NOW, {}))
    with store.reading() as uow:
        uow.consents.granted("sub", "client", GRANT.choice, NOW + timedelta(days=1))
    assert [sql.split()[0] for sql in seen] == ["INSERT", "SELECT"]


def test_a_lost_connection_is_not_used_again(postgres: Postgres, postgres_store: SqlStore) -> None:
    store = postgres_store
    with store.reading() as uow:
        assert uow.grants.in_use("g1") is None
    with postgres.admin() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = %s",
            (store.reader.url.database,),
        )
    with pytest.raises(StoreUnavailable), store.reading() as uow:
        uow.grants.in_use("g1")
    with store.reading() as uow:
        assert uow.grants.in_use("g1") is None
