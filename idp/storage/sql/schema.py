"""The schema's version and the database's realm: brought up to date by ``upgrade``, insisted on by ``check``.

Every process checks, and only ``idp db upgrade`` migrates: Alembic is loaded there alone.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, select, text

from idp.errors import ConfigurationError
from idp.paths import MIGRATIONS
from idp.storage.sql.engine import answering, sqlite_file, transactional
from idp.storage.sql.statements import Upsert
from idp.storage.sql.tables import meta

if TYPE_CHECKING:
    from alembic.config import Config

_ONCE = Upsert(lambda insert: insert(meta).on_conflict_do_nothing())
_REALM = select(meta.c.value).where(meta.c.name == "realm")
_MIGRATION_LOCK = 0x4D696772
_REVISION = text("SELECT version_num FROM alembic_version")
_REMEDY = "run: idp db upgrade"


def upgrade(database_url: str, realm: str) -> str:
    """Bring the schema to the newest revision and mark the database as ``realm``'s; the revision.

    One transaction; two at once wait for each other. Raises ConfigurationError if it already belongs to another realm.
    """
    from alembic import command

    if file := sqlite_file(database_url):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)  # it names people; SQLite gives its -wal and -shm the same mode
    engine = transactional(database_url)
    try:
        with answering(), engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.execute(
                _ONCE.on(connection),
                [{"name": "realm", "value": realm}, {"name": "clients_version", "value": secrets.token_hex(8)}],
            )
            _check_realm(connection, realm)
            return _current(connection) or ""
    finally:
        engine.dispose()


def check(engine: Engine, realm: str) -> None:
    """Raises ConfigurationError unless the schema is the newest and the database is ``realm``'s; StoreUnavailable if it
    does not answer."""
    file = sqlite_file(str(engine.url))
    if file is not None and not file.exists():
        raise ConfigurationError(f"there is no database at {file}", _REMEDY)
    with answering(), engine.connect() as connection:
        current, newest = _current(connection), head()
        if current != newest:
            found = f"at revision {current}" if current else "empty"
            raise ConfigurationError(f"the database is {found}; this version needs {newest}", _REMEDY)
        _check_realm(connection, realm)


def current(engine: Engine) -> str | None:
    """The schema's revision; None for an empty database."""
    with answering(), engine.connect() as connection:
        return _current(connection)


def head() -> str:
    """The newest revision this program knows: migrations are numbered, and their files begin with the number."""
    numbers = [file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py")]
    if not numbers:
        raise ConfigurationError("the installed package has no migrations", "reinstall it")
    return max(numbers)


def _check_realm(connection: Connection, realm: str) -> None:
    found = connection.execute(_REALM).scalar()
    if found != realm:
        raise ConfigurationError(
            f"the database belongs to the realm {found}, and IDP_REALM is {realm}",
            "point IDP_DATABASE_URL at this realm's own database; a realm cannot be changed",
        )


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(_REVISION).scalar()
    return revision


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
