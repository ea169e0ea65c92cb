"""The five verbs on the SQL database, so that several processes of one machine agree without another server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Engine, bindparam, delete, select

from idp.ports import Clock
from idp.storage.sql.engine import autocommit
from idp.storage.sql.kept import Kept
from idp.storage.sql.prepared import Prepared
from idp.storage.sql.statements import Upsert
from idp.storage.sql.tables import ephemeral

PURGE_EVERY = timedelta(minutes=1)
"""How often a process that writes also clears away what has expired."""

_KEY: BindParameter[str] = bindparam("at_key")
_NOW: BindParameter[datetime] = bindparam("now")
_ALIVE = (ephemeral.c.key == _KEY, ephemeral.c.expires_at > _NOW)


def _put(insert: Callable[..., Any], where: ColumnElement[bool] | None = None) -> Any:
    statement = insert(ephemeral)
    new = {"value": statement.excluded.value, "expires_at": statement.excluded.expires_at}
    return statement.on_conflict_do_update(index_elements=[ephemeral.c.key], set_=new, where=where)


_PUT = Prepared(Upsert(_put))
_ADD = Prepared(Upsert(lambda insert: _put(insert, ephemeral.c.expires_at <= _NOW).returning(ephemeral.c.key)))
_GET = Prepared(select(ephemeral.c.value).where(*_ALIVE))
_TAKE = Prepared(delete(ephemeral).where(*_ALIVE).returning(ephemeral.c.value))
_DELETE = Prepared(delete(ephemeral).where(ephemeral.c.key == _KEY))
_PURGE = delete(ephemeral).where(ephemeral.c.expires_at <= _NOW)


class SqlEphemeral:
    """Implements :class:`idp.ports.Ephemeral`. Every verb is one statement, committed by itself."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """``engine`` is in autocommit (``idp.storage.sql.engine.autocommit``)."""
        self._engine = engine
        self._connections = Kept(engine, lambda connection: connection)
        self._clock = clock
        self._purged = clock.now()

    @classmethod
    def open(cls, database_url: str, clock: Clock) -> SqlEphemeral:
        """On a database of its own connections. Raises ConfigurationError."""
        return cls(autocommit(database_url), clock)

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        now = self._clock.now()
        with self._connections.connect() as connection:
            _PUT.rows(connection, {"key": key, "value": value, "expires_at": now + lifetime})
        self._purge_when_due(now)

    def get(self, key: str) -> bytes | None:
        with self._connections.connect() as connection:
            row = _GET.first(connection, {"at_key": key, "now": self._clock.now()})
        return row[0] if row else None

    def take(self, key: str) -> bytes | None:
        with self._connections.connect() as connection:
            row = _TAKE.first(connection, {"at_key": key, "now": self._clock.now()})
        return row[0] if row else None

    def add_if_absent(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        now = self._clock.now()
        values = {"key": key, "value": value, "expires_at": now + lifetime, "now": now}
        with self._connections.connect() as connection:
            return _ADD.first(connection, values) is not None

    def delete(self, key: str) -> None:
        with self._connections.connect() as connection:
            _DELETE.rows(connection, {"at_key": key})

    def purge(self) -> int:
        """Delete what has expired; how many. Expired values are never returned, purged or not."""
        with self._connections.connect() as connection:
            return connection.execute(_PURGE, {"now": self._clock.now()}).rowcount

    def close(self) -> None:
        self._engine.dispose()

    def _purge_when_due(self, now: datetime) -> None:
        if now - self._purged >= PURGE_EVERY:
            self._purged = now
            self.purge()
