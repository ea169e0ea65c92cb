"""What connections ask of PostgreSQL is what they get, whatever the database's own default is, and a pooler that leaves
it out is noticed."""

from __future__ import annotations

from sqlalchemy import create_engine, text

from idp.storage.sql import SqlStore
from idp.storage.sql.engine import unheeded


def test_what_is_asked_for_counts_and_its_absence_is_seen(postgres_store: SqlStore) -> None:
    url = postgres_store.reader.url
    with postgres_store.reader.connect() as connection:
        for asked in ("jit = on", "timezone = 'America/Manaus'"):
            connection.execute(text(f'ALTER DATABASE "{url.database}" SET {asked}'))
    postgres_store.reader.dispose()
    assert unheeded(postgres_store.reader) == {}
    straight = create_engine(url)  # as through PgBouncer with ignore_startup_parameters = options
    try:
        assert unheeded(straight) == {
            "timezone": "America/Manaus",
            "jit": "on",
            "lock_timeout": "0",
            "idle_in_transaction_session_timeout": "0",
        }
    finally:
        straight.dispose()
