"""Durable facts on SQLite or PostgreSQL, in SQLAlchemy Core. ``store.open_store`` is the way in.

Owns tables, statements and locks. What is spent once is spent here, in the transaction of what it produces.
"""

from idp.storage.sql.store import SqlStore, open_store

__all__ = ["SqlStore", "open_store"]
