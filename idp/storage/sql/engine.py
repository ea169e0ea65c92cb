"""Database engines: one that begins transactions, and one on which each statement stands alone.

SQLite runs in WAL mode and takes its write lock at BEGIN, so that a transaction that has read can always write.
PostgreSQL runs at READ COMMITTED: what must not change is locked row by row, what is spent once is spent by a
conditional UPDATE or a unique INSERT.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from idp.errors import ConfigurationError, StoreUnavailable
from idp.storage.sql import waiting

BUSY_SECONDS = 10
"""How long a statement waits for SQLite's single writer, or for a row lock on PostgreSQL."""
WAL_PAGES = 4000
"""Pages (of 4 KiB) in SQLite's log before they are copied into the database, which waits for the disk. A page written
again meanwhile is copied once."""
SESSION = {
    "timezone": "UTC",
    "jit": "off",
    "lock_timeout": f"{BUSY_SECONDS}s",
    "idle_in_transaction_session_timeout": "1min",
}
"""What each connection asks of PostgreSQL. Compiling a statement (``jit``) is for those that run for seconds; where
statistics are missing it took the selector's list, of 5 ms, ten times as long."""
_POOL = {"pool_size": 4, "max_overflow": 28, "pool_timeout": BUSY_SECONDS}


def transactional(database_url: str) -> Engine:
    """The engine for what becomes durable together. Raises ConfigurationError for an unusable URL."""
    url = _url(database_url)
    engine = create_engine(url, **_POOL, **_driver(url))
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def autocommit(database_url: str) -> Engine:
    """The engine whose statements commit one by one: a read costs one round trip and nothing before or after it."""
    url = _url(database_url)
    options = _driver(url)
    engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None, **_POOL, **options)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


@contextmanager
def snapshot(reader: Engine) -> Iterator[Connection]:
    """A connection of the autocommit engine whose reads all see one state of the database and may be streamed. Nobody
    waits for it, however long it lasts: on SQLite it holds no write lock."""
    with reader.connect() as connection:
        if connection.dialect.name == "postgresql":
            with connection.execution_options(isolation_level="REPEATABLE READ").begin():
                yield connection
            return
        connection.exec_driver_sql("BEGIN")
        try:
            yield connection
        finally:
            connection.exec_driver_sql("ROLLBACK")


def unheeded(engine: Engine) -> dict[str, str]:
    """Of :data:`SESSION` what PostgreSQL has otherwise: a pooler between may leave out what a client asks for. Empty
    on SQLite. Raises StoreUnavailable."""
    if engine.dialect.name != "postgresql":
        return {}
    with answering(), engine.connect() as connection:
        found = {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in SESSION}
    return {name: value for name, value in found.items() if value != SESSION[name]}


def sqlite_file(database_url: str) -> Path | None:
    """The file of a SQLite URL; None for another database."""
    url = _url(database_url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


@contextmanager
def answering() -> Iterator[None]:
    """Turn "the database does not answer" (gone, locked for too long, no free connection) into StoreUnavailable."""
    try:
        yield
    # BEGIN IMMEDIATE is said to the driver itself, whose error nobody wraps.
    except (OperationalError, InterfaceError, PoolTimeout, sqlite3.OperationalError) as error:
        raise StoreUnavailable(_cause(error)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailable(_cause(error)) from error
        raise


def _cause(error: Exception) -> str:
    """The driver's words without SQLAlchemy's echo of the statement and its parameters, which may name people."""
    return str(getattr(error, "orig", None) or error).strip()


def _url(database_url: str) -> URL:
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise ConfigurationError(
            "database_url is not a database URL", "use sqlite:///file or postgresql+psycopg://…"
        ) from error
    if url.drivername == "sqlite" and url.database not in (None, "", ":memory:"):
        return url
    if url.drivername == "postgresql+psycopg":
        return url
    raise ConfigurationError(
        f"database_url: {url.drivername} is not supported", "use sqlite:///file or postgresql+psycopg://…"
    )


def _driver(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"factory": waiting.connections(lambda: BUSY_SECONDS)}}
    options = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
    return {"connect_args": {"connect_timeout": 5, "options": options}}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; the driver would say it late, and without IMMEDIATE
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"wal_autocheckpoint={WAL_PAGES}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Any) -> None:
    connection.connection.dbapi_connection.execute("BEGIN IMMEDIATE")
